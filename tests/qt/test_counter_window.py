"""The clerk's window, touched as a clerk touches it, beside a real hall in memory."""

import re
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from hallserver.client.updates import LinkChanged, LinkState
from hallserver.protocol import commands as c
from hallserver.protocol.ids import CounterId
from hallserver.protocol.states import TicketState
from tests.helpers.counter_desk import KEYS, Desk
from tests.helpers.counters import HallForTerminals
from tests.helpers.halls import PASSWORD
from tests.helpers.screens import wait_until
from ui.counter.flow import Act, State
from ui.counter.view import Elapsed, Stopwatch, show
from ui.kit.tokens import DAY

FEEDBACK_S = 0.05


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
    # Time of the processor, not of the clock on the wall: a busy machine is not the window's fault.
    began_s = time.process_time()
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    assert colour() == DAY.highlight
    assert time.process_time() - began_s < FEEDBACK_S
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert at.state.pending is not None
    assert colour() == DAY.highlight
    assert button.en.text() == "发送中…"
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
    state = replace(State(link=LinkState.LIVE), counter=hall.snapshot_of(1))
    assert watch.look(state, 10.0) == Elapsed(0, is_exact=False)
    assert watch.look(state, 15.0) == Elapsed(5, is_exact=False)
    assert "≥" in show(state, CounterId(1), Elapsed(5, is_exact=False)).elapsed
