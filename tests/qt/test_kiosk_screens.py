"""The kiosk's pages, drawn: nothing is cut off, nothing overlaps, everything is large enough."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtQuick import QQuickItem, QQuickWindow

from kiosk.flow import events as ev
from kiosk.flow.state import KioskState
from kiosk.screen import KioskScreen
from kiosk.sizes import kiosk_sizes
from tests.helpers.kiosk_pages import example_catalog, pages
from tests.helpers.screens import (
    colours_of,
    draw,
    ill_fitting_texts,
    no_qt_messages,
    visible_items,
    wait_until,
)
from ui.kit.app import KitSettings, make_app, prepare_environment
from ui.kit.finger import items_below
from ui.kit.i18n import Language
from ui.kit.sizes import KIOSK_PANEL, MIN_TOUCH_MM, Panel, panel_of_inches

ACROSS = panel_of_inches(1920, 1080, 21.5)
LARGE = panel_of_inches(1080, 1920, 43)
LARGE_ACROSS = panel_of_inches(1920, 1080, 43)


@contextmanager
def opened(
    panel: Panel, state: KioskState, touched: list[ev.Touch], shots: Path | None = None
) -> Iterator[KioskScreen]:
    """Open the kiosk's window."""
    prepare_environment()
    settings = KitSettings(panel, Language.ZH, is_windowed=True, shots=shots)
    kit = make_app("test", settings, sizes=kiosk_sizes)
    try:
        with no_qt_messages():
            yield KioskScreen(kit, state, touched.append, name="kiosk-01")
    finally:
        kit.close()


def place(item: QQuickItem) -> QRectF:
    return item.mapRectToScene(QRectF(0, 0, item.width(), item.height()))


def buttons(window: QQuickWindow) -> list[QQuickItem]:
    """Everything that reacts to a finger."""
    return [
        item
        for item in visible_items(window)
        if item.objectName() and item.metaObject().indexOfSignal("tapped()") >= 0
    ]


def texts_outside_their_button(window: QQuickWindow) -> list[str]:
    """A tile's words stay within the tile: beyond it they would run into the next one."""
    odd = []
    for button in buttons(window):
        room = place(button).adjusted(-1, -1, 1, 1)
        for item in items_below(button):
            if item.inherits("QQuickText") and item.isVisible() and item.property("text"):
                words = place(item)
                # The font's line box is higher than what is drawn in it.
                spare = 0.24 * item.property("font").pixelSize()
                if not room.contains(words.adjusted(0, spare, 0, -spare)):
                    odd.append(f"{button.objectName()}: {item.property('text')}")
    return odd


def overlapping_buttons(window: QQuickWindow) -> list[str]:
    """No finger can mean two things."""
    found = [(item.objectName(), place(item)) for item in buttons(window)]
    return [
        f"{one} and {other}"
        for index, (one, here) in enumerate(found)
        for other, there in found[index + 1 :]
        if here.adjusted(1, 1, -1, -1).intersects(there.adjusted(1, 1, -1, -1))
        and "still_here" not in (one, other)  # it covers the page on purpose
    ]


def complaints(screen: KioskScreen, states: dict[str, KioskState]) -> list[str]:
    """Draw every state, and list what is wrong with it."""
    odd = []
    for name, state in states.items():
        screen.show(state)
        draw(screen.window)
        odd += [f"{name}: does not fit: {text}" for text in ill_fitting_texts(screen.window)]
        odd += [f"{name}: out of {text}" for text in texts_outside_their_button(screen.window)]
        odd += [f"{name}: overlap: {text}" for text in overlapping_buttons(screen.window)]
        if colours_of(screen.window) < 4:
            odd.append(f"{name}: blank")
    return odd


@pytest.mark.parametrize(
    "panel", [KIOSK_PANEL, ACROSS, LARGE_ACROSS], ids=["upright", "across", "large across"]
)
@pytest.mark.parametrize("language", list(Language))
def test_every_page_of_the_example_hall_fits(panel: Panel, language: Language):
    before = [ev.LanguageTouched()] if language is Language.EN else []
    states = pages(example_catalog(), *before)
    with opened(panel, states["home"], []) as screen:
        assert complaints(screen, states) == []


@pytest.mark.parametrize("panel", [KIOSK_PANEL, ACROSS, LARGE], ids=["upright", "across", "large"])
def test_what_a_finger_meets_is_at_least_twenty_millimetres(panel: Panel):
    states = pages(example_catalog())
    least_px = MIN_TOUCH_MM * panel.px_per_mm
    small = []
    with opened(panel, states["home"], []) as screen:
        for name in ("home", "services-of-zone", "departments", "search", "privacy", "ticketout"):
            screen.show(states[name])
            draw(screen.window)
            small += [
                f"{name}: {item.objectName()} {item.width():.0f} x {item.height():.0f}"
                for item in buttons(screen.window)
                if min(item.width(), item.height()) < least_px - 1
            ]
    assert small == []


def test_a_change_of_the_load_keeps_the_tile_under_the_finger():
    states = pages(example_catalog())
    touched: list[ev.Touch] = []
    with opened(KIOSK_PANEL, states["home"], touched) as screen:
        draw(screen.window)
        before = {item.objectName(): item for item in buttons(screen.window)}
        home = states["home"]
        assert home.load is not None
        emptier = dict.fromkeys(home.load.services, next(iter(home.load.services.values())))
        load = msgspec.structs.replace(home.load, services=emptier, version=9)
        screen.show(replace(home, load=load))
        draw(screen.window)
        after = {item.objectName(): item for item in buttons(screen.window)}
        assert after == before


def test_a_picture_of_each_page_is_saved_once(tmp_path: Path):
    states = pages(example_catalog())
    with opened(KIOSK_PANEL, states["home"], [], shots=tmp_path) as screen:
        screen.show(states["home"])
        assert wait_until((tmp_path / "kiosk-home.png").exists)
        screen.show(states["ticketout"])
        screen.show(states["ticketout"])
        assert wait_until((tmp_path / "kiosk-ticketout.png").exists)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "kiosk-home.png",
        "kiosk-ticketout.png",
    ]
