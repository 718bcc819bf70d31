"""The call screen, drawn: what it marks, what it says when cut off, and that everything fits."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPointF
from PySide6.QtGui import QFontMetricsF

from hallserver.client.record import NullRecord, Record
from hallserver.client.updates import LinkChanged, LinkState, SnapshotArrived
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId, Epoch, TicketNumber, ZoneId
from hallserver.protocol.snapshots import (
    BoardCall,
    BoardSnapshot,
    Catalog,
    CatalogCounter,
    CatalogZone,
)
from hallserver.protocol.states import TicketState
from tests.helpers.screens import (
    colours_of,
    draw,
    ill_fitting_texts,
    no_qt_messages,
    open_kit,
    visible_items,
    wait_until,
)
from ui.callscreen.app import CallScreen
from ui.callscreen.layout import farthest_m, plan_board
from ui.callscreen.texts import TEXTS
from ui.kit.i18n import Language
from ui.kit.sizes import TALL_PANEL, WIDE_PANEL, Panel
from ui.kit.tokens import BOARD

CIVIL, PUBLIC = ZoneId("civil"), ZoneId("public")
LIVE, STALE = LinkChanged(LinkState.LIVE), LinkChanged(LinkState.STALE)
WIDEST = "WW888"
"""No number of two letters and three digits is wider."""


def a_catalog() -> SnapshotArrived:
    zones = (
        CatalogZone(CIVIL, Text("民生事务", "Civil affairs"), 1),
        CatalogZone(PUBLIC, Text("公共服务", "Public utilities"), 1),
    )
    counters = tuple(
        CatalogCounter(
            CounterId(n),
            Text(f"{n}号综合窗口", f"Window {n} (comprehensive)"),
            CIVIL,
            2 if n == 88 else 1,
        )
        for n in range(1, 93)
    )
    return SnapshotArrived(Catalog(Epoch(1), 1, Text("大厅", "Hall"), zones, (), (), counters))


def a_board(version: int, *calls: tuple[int, str, int], zone: ZoneId = CIVIL) -> SnapshotArrived:
    states = list(TicketState)
    board = tuple(
        BoardCall(
            call_seq,
            TicketNumber(number),
            CounterId(counter),
            call_seq % 2,
            states[call_seq % len(states)] if call_seq < 100 else TicketState.CALLED,
            0,
        )
        for call_seq, number, counter in sorted(calls, reverse=True)
    )
    return SnapshotArrived(BoardSnapshot(Epoch(1), version, zone, board))


@contextmanager
def callscreen(
    tmp_path: Path,
    panel: Panel = WIDE_PANEL,
    language: Language = Language.ZH,
    clock: str = "09:41",
    zones: tuple[ZoneId, ...] = (CIVIL, PUBLIC),
) -> Iterator[CallScreen]:
    kit = open_kit(panel, TEXTS, palette=BOARD, language=language, shots=tmp_path / "shots")
    layout = plan_board(panel, farthest_m(panel))
    record = Record(tmp_path / "record.jsonl")
    try:
        yield CallScreen(kit, zones, layout, record, name="callscreen-1", clock=lambda: clock)
    finally:
        kit.close()
        record.close()


def noted(tmp_path: Path, *kinds: str) -> list[dict[str, object]]:
    lines = (tmp_path / "record.jsonl").read_text("utf-8").splitlines()
    return [line for line in map(json.loads, lines) if line["kind"] in kinds]


def texts_on(screen: CallScreen) -> list[str]:
    return [
        str(item.property("text"))
        for item in visible_items(screen.window)
        if item.inherits("QQuickText") and item.property("text")
    ]


def pixel_at(screen: CallScreen, name: str) -> str:
    """Read the colour just left of the first item of a name, on the ground of its call."""
    item = next(item for item in visible_items(screen.window) if item.objectName() == name)
    corner = item.mapToScene(QPointF(0, 0))
    image = screen.window.grabWindow()
    return image.pixelColor(int(corner.x()) - 8, int(corner.y()) + 4).name()


def shrunk_numbers(screen: CallScreen) -> list[str]:
    """Name the numbers that their place makes smaller than the viewing distance asks."""
    return [
        str(item.property("text"))
        for item in visible_items(screen.window)
        if item.objectName() in ("largeNumber", "listedNumber")
        and QFontMetricsF(item.property("font")).horizontalAdvance(item.property("text"))
        > item.width()
    ]


FULL_BOARD = tuple((n, WIDEST, 88 if n % 2 else 23) for n in range(1, 17))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("panel", [WIDE_PANEL, TALL_PANEL], ids=["wide", "tall"])
def test_the_longest_numbers_and_words_fit_in_every_state(
    qapp: QObject, tmp_path: Path, panel: Panel, language: Language
) -> None:
    with no_qt_messages(), callscreen(tmp_path, panel, language, clock="23:58") as screen:
        for update in (
            LIVE,
            a_catalog(),
            a_board(1, *FULL_BOARD),
            a_board(2, *FULL_BOARD, (101, WIDEST, 88), (102, WIDEST, 23)),
            STALE,
            LinkChanged(LinkState.UPDATE_CLIENT),
        ):
            screen.take(update)
            draw(screen.window)
            assert ill_fitting_texts(screen.window) == []
            assert colours_of(screen.window) > 3
            assert shrunk_numbers(screen) == []
        assert len(screen.state.calls) == 18


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_head_names_the_zones_or_the_hall_when_they_are_many(
    qapp: QObject, tmp_path: Path, count: int
) -> None:
    zones = tuple(ZoneId(f"zone{n}") for n in range(count))
    name = Text("二十四小时自助服务", "Round the clock")
    named = tuple(CatalogZone(zone, name, 1) for zone in zones)
    hall = Text("邵阳市政务服务中心", "Government Service Centre")
    catalog = Catalog(Epoch(1), 1, hall, named, (), (), ())
    with callscreen(tmp_path, TALL_PANEL, zones=zones) as screen:
        screen.take(LIVE)
        screen.take(SnapshotArrived(catalog))
        draw(screen.window)
        assert ill_fitting_texts(screen.window) == []
        head = {1: name.zh, 2: f"{name.zh} · {name.zh}", 5: hall.zh}[count]
        assert head in texts_on(screen)


def test_a_new_call_is_marked_and_a_stale_one_never(qapp: QObject, tmp_path: Path) -> None:
    with no_qt_messages(), callscreen(tmp_path) as screen:
        screen.take(a_board(1, (107, "A007", 7)))
        screen.take(LIVE)
        draw(screen.window)
        assert pixel_at(screen, "largeNumber") == BOARD.surface
        screen.take(a_board(2, (107, "A007", 7), (108, "A008", 8)))
        is_marked = wait_until(lambda: pixel_at(screen, "largeNumber").startswith("#ff"))
        assert is_marked
        assert texts_on(screen).index("A008") < texts_on(screen).index("A007")
        screen.take(STALE)
        assert wait_until(lambda: pixel_at(screen, "largeNumber") == BOARD.surface)
        assert "连接中断，信息停在 09:41" in texts_on(screen)


def test_the_mark_moves_slower_than_twice_a_second(qapp: QObject, tmp_path: Path) -> None:
    with callscreen(tmp_path) as screen:
        screen.take(a_board(1))
        screen.take(LIVE)
        screen.take(a_board(2, (108, "A008", 8)))
        seen: list[str] = []

        def look() -> bool:
            colour = pixel_at(screen, "largeNumber")
            if colour.startswith("#ff") and (not seen or seen[-1] != colour):
                seen.append(colour)
            return False

        wait_until(look, timeout_ms=2_200)
        # Each half of the pulse is one turn of direction; at 1 Hz there are five in 2.2 s.
        blues = [int(colour[5:7], 16) for colour in seen]
        turns = sum(
            (b - a) * (c - b) < 0 for a, b, c in zip(blues, blues[1:], blues[2:], strict=False)
        )
        assert len(seen) >= 2
        assert turns / 2 <= 2 * 2.2


def test_a_call_is_noted_when_its_frame_was_drawn_and_history_is_not(
    qapp: QObject, tmp_path: Path
) -> None:
    with callscreen(tmp_path) as screen:
        screen.take(a_board(1, (7, "A007", 7)))
        screen.take(LIVE)
        assert noted(tmp_path, "live", "shown") == []
        screen.take(a_board(2, (7, "A007", 7), (8, "A008", 9)))
        assert noted(tmp_path, "live", "shown") == [], "nothing is drawn yet"
        assert wait_until(lambda: len(noted(tmp_path, "shown")) == 1)
        screen.take(STALE)
        assert wait_until(lambda: len(noted(tmp_path, "stale")) == 1)
        lines = noted(tmp_path, "live", "shown", "stale")
    assert [line["kind"] for line in lines] == ["live", "shown", "stale"]
    shown = lines[1]
    assert (shown["number"], shown["counter"], shown["call_seq"]) == ("A008", 9, 8)
    told = [line for line in noted(tmp_path, "snapshot") if line["of"] == "BoardSnapshot"]
    assert 0 < int(str(shown["t_ns"])) - int(str(told[1]["t_ns"])) < 1_000_000_000


def test_each_state_leaves_one_picture(qapp: QObject, tmp_path: Path) -> None:
    with callscreen(tmp_path) as screen:
        for update in (a_catalog(), a_board(1), LIVE, a_board(2, (8, "A008", 9)), STALE):
            screen.take(update)
            draw(screen.window)
        names = ("live", "new-call", "stale")
        pictures = [tmp_path / "shots" / f"callscreen-1-{name}.png" for name in names]
        assert wait_until(lambda: all(picture.exists() for picture in pictures))


def test_its_own_clock_shows_hours_and_minutes(qapp: QObject, tmp_path: Path) -> None:
    kit = open_kit(WIDE_PANEL, TEXTS, palette=BOARD)
    screen = CallScreen(kit, (CIVIL,), plan_board(WIDE_PANEL, 8), NullRecord(), name="callscreen-1")
    draw(screen.window)
    assert any(re.fullmatch(r"[012]\d:[0-5]\d", text) for text in texts_on(screen))
    kit.close()
