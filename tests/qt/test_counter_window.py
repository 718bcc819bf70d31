"""The clerk's window, touched as a clerk touches it, beside a real hall in memory."""

import re
from dataclasses import replace

import pytest
from PySide6.QtCore import QElapsedTimer, QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from hallserver.client.record import NullRecord
from hallserver.client.updates import LinkChanged, LinkState
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, Text
from hallserver.protocol.ids import CounterId, TicketNumber
from hallserver.protocol.states import TicketState
from tests.helpers.counters import HallForTerminals, MemoryLink
from tests.helpers.halls import PASSWORD, small_plan
from tests.helpers.screens import wait_until
from ui.counter.app import CounterApp, OptionsError, make_app, read_account, window_size
from ui.counter.autopilot import PERSON_AWAY_S, Autopilot
from ui.counter.clerk import Habits, Range
from ui.counter.flow import Act
from ui.counter.look import MIN_HEIGHT, MIN_WIDTH, scale_for, style_sheet
from ui.counter.parts import ActButton, TypeLabel
from ui.counter.shots import Shots
from ui.counter.view import Elapsed, Stopwatch, show
from ui.counter.window import ACT_OF_KEY, CounterWindow
from ui.kit.tokens import DAY, contrast

KEYS = {act: Qt.Key(key) for key, act in ACT_OF_KEY.items()}
SIZES = [(960, 600), (MIN_WIDTH, MIN_HEIGHT), (1280, 800), (720, 700)]


class Desk:
    """A window at counter 1 of a small hall; `hear` lets the hall answer."""

    def __init__(self, *, size=(960, 600), numbers=3, account=None):
        self.app = make_app()
        self.hall = HallForTerminals(small_plan())
        self.link = MemoryLink(self.hall, "counter-1")
        self.now_s = 100.0
        self.window = CounterWindow()
        self.window.resize(*size)
        self.counter = CounterApp(
            self.window,
            CounterId(1),
            self.link,
            NullRecord(),
            account=account,
            clock_s=lambda: self.now_s,
        )
        self.window.show()
        self.window.activateWindow()
        assert wait_until(self.window.isActiveWindow)
        self.hall.greet(["counter-1"])
        for _ in range(numbers):
            self.hall.take_number("a")
        self.hear()

    def hear(self):
        self.hall.hear()
        while self.hall.outbox:
            client, update = self.hall.outbox.popleft()
            if client == "counter-1":
                self.counter.take(update)

    def signed_in(self):
        self.hall.played.send("counter-1", c.SignIn("clerk-1", PASSWORD))
        self.hall.publish()
        self.hear()
        return self

    def with_ticket(self, state):
        """Let the counter have a ticket in this state, by keys that rested long enough."""
        self.signed_in()
        steps = {None: [], TicketState.CALLED: [Act.NEXT]}
        for act in steps.get(state, [Act.NEXT, Act.ARRIVE]):
            self.key(act)
            self.hear()
        self.link.submitted.clear()
        return self

    def key(self, act):
        self.now_s += 1.0
        QTest.keyClick(self.window, KEYS[act])

    def click(self, act):
        self.now_s += 1.0
        QTest.mouseClick(self.window.buttons[act], Qt.MouseButton.LeftButton)

    @property
    def state(self):
        return self.counter.state

    @property
    def submitted(self):
        return [type(command) for command in self.link.submitted]


@pytest.fixture
def desk():
    """Make desks, and close their windows afterwards."""
    made = []

    def make(**options):
        made.append(Desk(**options))
        return made[-1]

    yield make
    for each in made:
        each.window.close()
        each.window.deleteLater()


COMMANDS = [
    (None, Act.NEXT, c.CallNext),
    (None, Act.SIGN_OUT, c.SignOut),
    (TicketState.CALLED, Act.RECALL, c.Recall),
    (TicketState.CALLED, Act.ARRIVE, c.Arrive),
    (TicketState.CALLED, Act.NO_SHOW, c.MarkNoShow),
    (TicketState.CALLED, Act.SIGN_OUT, c.SignOut),
    (TicketState.SERVING, Act.COMPLETE, c.Complete),
]


@pytest.mark.parametrize(("state", "act", "command"), COMMANDS)
def test_each_function_key_and_each_button_submits_its_command(desk, state, act, command):
    by_key, by_mouse = desk().with_ticket(state), desk().with_ticket(state)
    by_key.window.activateWindow()
    assert wait_until(by_key.window.isActiveWindow)
    by_key.key(act)
    by_mouse.click(act)
    assert by_key.submitted == by_mouse.submitted == [command]


@pytest.mark.parametrize("state", [None, TicketState.CALLED, TicketState.SERVING])
def test_what_is_not_allowed_is_disabled_and_does_nothing(desk, state):
    at = desk().with_ticket(state)
    allowed = {act for its_state, act, _ in COMMANDS if its_state is state}
    for act, button in at.window.buttons.items():
        assert button.isEnabled() == (act in allowed), act
        if act not in allowed:
            at.key(act)
            at.click(act)
    assert at.submitted == []


def test_a_double_click_submits_once_although_the_hall_answers_in_between(desk):
    at = desk().with_ticket(TicketState.CALLED)
    at.now_s += 1
    button = at.window.buttons[Act.RECALL]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    at.hear()
    at.now_s += 0.15
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton)
    assert at.submitted == [c.Recall]
    assert at.state.active.recalls == 1


def test_a_key_that_is_held_down_is_pressed_once(desk):
    at = desk().with_ticket(TicketState.CALLED)
    QTest.keyPress(at.window, KEYS[Act.RECALL])
    at.hear()
    for _ in range(10):
        at.now_s += 1
        none = Qt.KeyboardModifier.NoModifier
        again = QKeyEvent(QEvent.Type.KeyPress, KEYS[Act.RECALL], none, "", True)
        QApplication.sendEvent(at.window, again)
        at.hear()
    assert at.submitted == [c.Recall]


def test_a_function_key_with_a_modifier_belongs_to_others(desk):
    at = desk().with_ticket(None)
    QTest.keyClick(at.window, KEYS[Act.NEXT], Qt.KeyboardModifier.AltModifier)
    assert at.submitted == []


def test_the_space_bar_pressed_twice_on_a_button_does_not_press_the_next_one(desk):
    at = desk().with_ticket(TicketState.SERVING)
    button = at.window.buttons[Act.COMPLETE]
    button.setFocus()
    for _ in range(2):
        at.now_s += 1
        QTest.keyClick(at.window.focusWidget(), Qt.Key.Key_Space)
        at.hear()
    assert at.submitted == [c.Complete]
    assert at.window.focusWidget() is at.window.desk.number_card


def test_every_key_counts_from_the_first_second_of_the_day(desk):
    """A whole visit by keyboard alone, from signing in to signing out."""
    at = desk(numbers=2)
    form = at.window.sign_in
    assert at.window.focusWidget() is form.account
    QTest.keyClicks(at.window.focusWidget(), "clerk-1")
    QTest.keyClick(at.window.focusWidget(), Qt.Key.Key_Return)
    assert at.window.focusWidget() is form.password
    QTest.keyClicks(at.window.focusWidget(), PASSWORD)
    QTest.keyClick(at.window.focusWidget(), Qt.Key.Key_Return)
    at.hear()
    assert at.state.is_signed_in
    for act in (Act.NEXT, Act.RECALL, Act.ARRIVE, Act.COMPLETE, Act.NEXT, Act.NO_SHOW):
        at.key(act)
        at.hear()
    at.key(Act.SIGN_OUT)
    at.hear()
    assert at.submitted == [
        c.SignIn,
        c.CallNext,
        c.Recall,
        c.Arrive,
        c.Complete,
        c.CallNext,
        c.MarkNoShow,
        c.SignOut,
    ]
    assert not at.state.is_signed_in
    assert at.window.focusWidget() is form.account


def test_a_wrong_password_is_said_and_the_account_stays_to_try_again(desk):
    at = desk()
    at.window.sign_in.account.setText("clerk-1")
    at.window.sign_in.password.setText("wrong")
    QTest.mouseClick(at.window.sign_in.button, Qt.MouseButton.LeftButton)
    at.hear()
    assert "账号或密码不正确" in at.window.sign_in.said.words.zh.text()
    assert at.window.sign_in.account.text() == "clerk-1"


def test_after_signing_in_no_widget_holds_the_password(desk):
    at = desk()
    at.window.sign_in.account.setText("clerk-1")
    at.window.sign_in.password.setText(PASSWORD)
    QTest.keyClick(at.window.sign_in.password, Qt.Key.Key_Return)
    at.hear()
    assert at.state.is_signed_in
    assert all(PASSWORD not in field.text() for field in at.window.findChildren(QLineEdit))


def test_an_automatic_sign_in_is_tried_once(desk):
    at = desk(account=("clerk-1", "wrong"))
    assert wait_until(lambda: at.submitted == [c.SignIn])
    at.hear()
    at.now_s += 60
    at.counter.take(LinkChanged(LinkState.STALE))
    at.counter.take(LinkChanged(LinkState.LIVE))
    assert not wait_until(lambda: len(at.submitted) > 1, 600)


def test_a_press_is_painted_as_taken_within_50_ms(desk):
    at = desk().with_ticket(TicketState.CALLED)
    button = at.window.buttons[Act.ARRIVE]
    corner = QPoint(20, button.height() // 2)

    def colour():
        return button.grab().toImage().pixelColor(corner).name()

    assert colour() == DAY.accent
    clock = QElapsedTimer()
    clock.start()
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    assert colour() == DAY.highlight
    held_ms = clock.restart()
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert at.state.pending is not None
    assert colour() == DAY.highlight
    assert button.en.text() == "发送中…"
    assert held_ms + clock.elapsed() < 100  # two presses, two grabs, on a busy machine
    at.hear()
    # The answer came at once; the press is still to be seen for a moment, then the new state.
    assert colour() == DAY.highlight
    assert wait_until(lambda: colour() == DAY.sunken)


def test_a_function_key_is_painted_as_taken_too(desk):
    at = desk().with_ticket(None)
    at.key(Act.NEXT)
    assert at.window.buttons[Act.NEXT].property("look") == "pending"


def test_without_the_server_the_last_picture_stays_grey_below_a_banner(desk):
    at = desk().with_ticket(TicketState.SERVING)
    number = at.window.desk.number_card.number.text()
    assert at.window.banner.isHidden()
    at.counter.take(LinkChanged(LinkState.STALE))
    assert at.window.banner.isVisible()
    assert "过时" in at.window.banner.words.zh.text()
    assert at.window.desk.number_card.number.text() == number
    assert at.window.desk.number_card.property("stale") == "true"
    assert not any(button.isEnabled() for button in at.window.buttons.values())
    for act in Act:
        at.key(act)
        at.click(act)
    assert at.submitted == []
    assert "未执行" in at.window.desk.said.words.zh.text()
    at.counter.take(LinkChanged(LinkState.LIVE))
    assert at.window.banner.isHidden()
    assert at.window.desk.number_card.property("stale") == "false"
    assert at.window.desk.said.words.zh.text() == ""
    assert at.window.buttons[Act.COMPLETE].isEnabled()


def test_signing_in_without_the_server_says_so(desk):
    at = desk()
    at.counter.take(LinkChanged(LinkState.STALE))
    assert at.window.banner.isVisible()
    at.window.sign_in.account.setText("clerk-1")
    at.window.sign_in.password.setText(PASSWORD)
    QTest.keyClick(at.window.sign_in.password, Qt.Key.Key_Return)
    assert at.submitted == []
    assert "未执行" in at.window.sign_in.said.words.zh.text()


def test_tab_goes_through_what_can_be_pressed_in_the_order_of_the_keys(desk):
    at = desk().with_ticket(TicketState.CALLED)
    at.window.desk.number_card.setFocus()
    order = []
    for _ in range(5):
        QTest.keyClick(at.window.focusWidget(), Qt.Key.Key_Tab)
        order.append(at.window.focusWidget().objectName())
    assert order[:4] == [Act.RECALL, Act.ARRIVE, Act.NO_SHOW, Act.SIGN_OUT]
    assert at.window.focusWidget() is at.window.desk.number_card
    assert at.window.desk.number_card.property("ring") == "true"


def test_tab_goes_through_the_sign_in_form(desk):
    at = desk()
    form = at.window.sign_in
    order = [at.window.focusWidget()]
    for _ in range(3):
        QTest.keyClick(at.window.focusWidget(), Qt.Key.Key_Tab)
        order.append(at.window.focusWidget())
    assert order == [form.account, form.password, form.button, form.account]


def test_a_click_leaves_the_focus_where_it_was(desk):
    at = desk().with_ticket(TicketState.CALLED)
    at.click(Act.RECALL)
    assert at.window.focusWidget() is at.window.desk.number_card


def test_a_screen_reader_finds_a_name_on_everything(desk):
    at = desk().with_ticket(TicketState.CALLED)
    card = at.window.desk.number_card
    assert card.accessibleName() == "当前号码 A001，已呼叫，a"
    assert "等候人数 2" in at.window.desk.waiting_card.accessibleName()
    for act, button in at.window.buttons.items():
        assert re.search(r"\S+ .+ F\d+$", button.accessibleName()), act
    for field in (at.window.sign_in.account, at.window.sign_in.password):
        assert field.accessibleName()
    at.key(Act.RECALL)
    at.hear()
    assert at.window.desk.said.accessibleName().startswith("已重呼 A001")
    assert "重呼 1 次" in card.accessibleName()


def test_nothing_is_ever_asked_in_a_dialog(desk):
    at = desk().with_ticket(TicketState.CALLED)
    for act in (Act.NO_SHOW, Act.NEXT, Act.SIGN_OUT):
        at.key(act)
        at.hear()
        shown = [each for each in QApplication.topLevelWidgets() if each.isVisible()]
        assert shown == [at.window]


def test_the_clock_counts_from_the_call_and_anew_from_the_arrival(desk):
    at = desk().with_ticket(None)
    at.key(Act.NEXT)
    at.hear()
    elapsed = at.window.desk.number_card.elapsed
    at.now_s += 75
    assert wait_until(lambda: elapsed.text() == "01:15")
    at.key(Act.ARRIVE)
    at.hear()
    assert elapsed.text() == "00:00"
    at.now_s += 3_700
    assert wait_until(lambda: elapsed.text() == "1:01:40")


def test_a_ticket_that_was_there_before_the_terminal_has_a_time_of_at_least():
    watch = Stopwatch()
    hall = HallForTerminals()
    hall.take_number("a")
    hall.played.send("counter-1", c.SignIn("clerk-1", PASSWORD))
    hall.played.send("counter-1", c.CallNext())
    state = replace(make_state(), counter=hall.snapshot_of(1))
    assert watch.look(state, 10.0) == Elapsed(0, is_exact=False)
    assert watch.look(state, 15.0) == Elapsed(5, is_exact=False)
    assert "≥" in show(state, CounterId(1), Elapsed(5, is_exact=False)).elapsed


def make_state():
    from ui.counter.flow import State

    return State(link=LinkState.LIVE)


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
    base = replace(make_state(), counter=hall.snapshot_of(1))
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
