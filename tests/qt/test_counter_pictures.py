"""How the clerk's window looks, and how it flies by itself."""

import re
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hallserver.client.updates import LinkChanged, LinkState
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, Text
from hallserver.protocol.ids import CounterId, TicketNumber
from hallserver.protocol.states import TicketState
from tests.helpers.counter_desk import Desk
from tests.helpers.counters import HallForTerminals
from tests.helpers.halls import PASSWORD
from tests.helpers.screens import wait_until
from ui.counter.app import OptionsError, read_account, window_size
from ui.counter.autopilot import PERSON_AWAY_S, Autopilot
from ui.counter.clerk import Habits, Range
from ui.counter.flow import Act, State
from ui.counter.look import MIN_HEIGHT, MIN_WIDTH, scale_for, style_sheet
from ui.counter.parts import ActButton, TypeLabel
from ui.counter.shots import Shots
from ui.counter.view import Elapsed, show
from ui.kit.tokens import DAY, contrast

SIZES = [(960, 600), (MIN_WIDTH, MIN_HEIGHT), (1280, 800), (720, 700)]


@pytest.fixture
def desk():
    """Make desks, and close their windows afterwards."""
    made = []

    def make(**options):
        made.append(Desk(**options))
        return made[-1]

    yield make
    for each in made:
        each.close()


# What is seen.


def ill_fitting(window):
    """Name each text that is cut or lies outside the window."""
    odd = []
    for label in window.findChildren(TypeLabel):
        if not label.isVisible() or not label.text():
            continue
        place = label.rect().translated(label.mapTo(window, QPoint(0, 0)))
        if not label.fits() or not window.rect().contains(place):
            odd.append(label.text())
    for button in window.findChildren(ActButton):
        if button.isVisible() and not button.rect().contains(button.childrenRect()):
            odd.append(button.objectName())
    return odd


LONG = Text("固定资产投资项目节能审查", "Pesticide and veterinary drug licence")


def every_picture():
    """Yield each kind of state with the longest words of a real hall."""
    hall = HallForTerminals()
    for _ in range(3):
        hall.take_number("a")
    base = replace(State(link=LinkState.LIVE), counter=hall.snapshot_of(1))
    yield base
    yield replace(base, link=LinkState.CONNECTING)
    hall.played.send("counter-1", c.SignIn("clerk-1", PASSWORD))
    for command in (None, c.CallNext, c.Recall, c.Arrive):
        active = hall.snapshot_of(1).active
        if command is not None:
            hall.played.send("counter-1", command(active.ticket) if active else command())
        snapshot = hall.snapshot_of(1)
        yield replace(base, counter=snapshot, last=TicketNumber("AB1234"))
        for link in LinkState:
            yield replace(base, counter=snapshot, link=link)


@pytest.mark.parametrize("size", SIZES)
def test_no_text_is_cut_in_any_state_at_any_size(desk, size):
    at = desk(size=size)
    odd = {}
    sentences = [*SENTENCES.values(), Text("", "")]
    for number, state in enumerate(every_picture()):
        for said in sentences if number in (0, 2) else sentences[:1]:
            shown = show(replace(state, said=said), CounterId(1), Elapsed(12_345, is_exact=False))
            worst = replace(
                shown,
                number="AB1234" if state.active else shown.number,
                service=LONG if state.active else shown.service,
                waiting="128",
                next_numbers=("AB1234", "AB1235", "AB1236"),
                hall=Text("邵阳市政务服务中心", "Shaoyang Government Service Centre"),
                counter=Text("75号综合窗口", "Window 75 (comprehensive)"),
                clerk=Text("欧阳文静", "Ouyang Wenjing") if state.is_signed_in else Text("", ""),
            )
            at.window.show_state(worst)
            QApplication.processEvents()
            QApplication.processEvents()
            found = ill_fitting(at.window)
            if found:
                odd[number, said.en] = found
    assert odd == {}


def test_all_colours_of_the_style_sheet_are_tokens_and_can_be_read():
    used = set(re.findall(r"#[0-9a-f]{6}\b", style_sheet(DAY, scale_for(960, 600))))
    assert used
    assert used <= {getattr(DAY, name) for name in DAY.__dataclass_fields__}
    # What is off and what is stale can still be read; it is large or not needed for a decision.
    assert contrast(DAY.star_empty, DAY.sunken) >= 3.0
    assert contrast(DAY.ink_soft, DAY.sunken) >= 4.5
    assert contrast(DAY.line, DAY.accent) >= 4.5


def test_each_page_and_state_is_pictured_once(desk, tmp_path):
    at = desk()
    Shots(at.window, tmp_path, "counter-12")
    at.counter.take(LinkChanged(LinkState.CONNECTING))

    def names():
        return {path.stem for path in tmp_path.glob("*.png")}

    at.counter.take(LinkChanged(LinkState.LIVE))
    assert wait_until(lambda: "counter-12-sign-in" in names())
    at.signed_in()
    assert wait_until(lambda: "counter-12-idle" in names())
    at.key(Act.NEXT)
    at.hear()
    assert wait_until(lambda: "counter-12-called" in names())
    at.key(Act.ARRIVE)
    at.hear()
    assert wait_until(lambda: "counter-12-serving" in names())
    at.counter.take(LinkChanged(LinkState.STALE))
    assert wait_until(lambda: "counter-12-stale" in names())
    assert not list(tmp_path.glob(".*"))


# The autopilot.

BRISK = Habits(
    sign_in=Range(0.0, 0.0, 0.01),
    pause=Range(0.0, 0.0, 0.01),
    way=Range(0.0, 0.0, 0.01),
    patience=Range(0.55, 0.55, 0.6),
    serving=Range(0.0, 0.0, 0.01),
    no_show_rate=0.3,
)


def fly(at, seed=4):
    autopilot = Autopilot(
        at.window,
        lambda: at.state,
        lambda: at.now_s,
        seed=seed,
        speed=50.0,
        account=("clerk-1", PASSWORD),
        habits=BRISK,
    )
    at.counter.after_change(autopilot.look)
    autopilot.look()
    return autopilot


def test_the_autopilot_serves_visitors_through_the_real_buttons(desk):
    at = desk(numbers=6)
    fly(at)
    seen = []

    def all_served():
        at.now_s += 0.02
        at.hear()
        seen.append(at.state.active)
        states = [ticket.state for ticket in at.hall.played.hall.state.tickets.values()]
        return set(states) <= {TicketState.COMPLETED, TicketState.NO_SHOW}

    assert wait_until(all_served, 15_000)
    assert at.submitted.count(c.SignIn) == 1
    assert at.submitted.count(c.CallNext) == 6


@pytest.mark.parametrize("how", ["key", "mouse"])
def test_the_autopilot_leaves_the_window_to_a_person_for_a_minute(desk, how):
    at = desk(numbers=3)
    autopilot = fly(at)
    if how == "key":
        QTest.keyClick(at.window, Qt.Key.Key_Shift)
    else:
        QTest.mouseClick(at.window.desk, Qt.MouseButton.LeftButton)
    assert autopilot._person_stays_s == pytest.approx(PERSON_AWAY_S)
    assert not wait_until(lambda: bool(at.submitted), 400)
    at.now_s += PERSON_AWAY_S + 1
    autopilot._act()
    assert wait_until(lambda: bool(at.submitted))


# Options.


@pytest.mark.parametrize("text", ["", "960", "960x", "axb", "320x200", "-960x600"])
def test_an_odd_size_is_refused(text):
    with pytest.raises(OptionsError):
        window_size(text)


def test_an_account_needs_its_password_file_and_the_file_is_not_quoted(tmp_path):
    file = tmp_path / "clerk.password"
    file.write_text("s3cret\n", encoding="utf-8")
    assert read_account("wang", file) == ("wang", "s3cret")
    assert read_account(None, None) is None
    file.write_bytes(b"\xff\xfes3cret")
    for name, path in (("wang", None), (None, file), ("wang", file), ("wang", tmp_path / "no")):
        with pytest.raises(OptionsError) as refused:
            read_account(name, path)
        assert "s3cret" not in str(refused.value)
