"""A finger on the real screen: what it touches is what happens, once."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from devices.scan.classify import classify
from hallserver.protocol.commands import (
    Command,
    ConfirmPrinted,
    RateService,
    ReserveTicket,
    ShowTicket,
)
from hallserver.protocol.ids import PersonKey, ServiceId
from hallserver.protocol.replies import Done, Reply
from hallserver.protocol.states import TicketState
from kiosk.autopilot import STEP_BACK_S, Autopilot
from kiosk.flow import events as ev
from kiosk.flow import pages as p
from kiosk.flow.effects import PrintTicket, Submit
from kiosk.flow.state import KioskState
from kiosk.flow.step import step
from kiosk.screen import KioskScreen
from kiosk.sizes import kiosk_sizes
from kiosk.workers import event_of
from tests.helpers.kiosk_pages import example_catalog
from tests.helpers.kiosks import FlowWorld, reservation, status
from tests.helpers.screens import draw, no_qt_messages
from ui.kit.app import KitSettings, make_app, prepare_environment
from ui.kit.finger import Finger
from ui.kit.i18n import Language
from ui.kit.sizes import KIOSK_PANEL


class Desk:
    """A screen whose flow has a hall and a printer that answer at once; time is ours."""

    def __init__(self) -> None:
        world = FlowWorld(example_catalog())
        self.state: KioskState = world.state
        self.now_s = world.now_s
        self.sent: list[Command] = []
        self.papers: list[str] = []
        self.pages: list[str] = []
        self.card: PersonKey | None = None
        self.is_completed = False
        prepare_environment()
        settings = KitSettings(KIOSK_PANEL, Language.ZH, is_windowed=True, shots=None)
        self.kit = make_app("test", settings, sizes=kiosk_sizes)
        self.screen = KioskScreen(self.kit, self.state, self.touched, name="kiosk-01")
        self.noticed: Callable[[float], None] = lambda _: None
        draw(self.screen.window)

    def close(self) -> None:
        self.kit.close()

    def touched(self, touch: ev.Touch) -> None:
        self.noticed(self.now_s)
        self.happens(touch)

    def happens(self, event: ev.Event) -> None:
        self.state, effects = step(self.state, event, self.now_s)
        name = type(self.state.page).__name__
        if not self.pages or self.pages[-1] != name:
            self.pages.append(name)
        self.screen.show(self.state)
        for effect in effects:
            match effect:
                case Submit(tag, command):
                    self.sent.append(command)
                    self.happens(ev.Answered(tag, command, self.answer(command)))
                case PrintTicket(made):
                    self.papers.append(made.token)
                    self.happens(ev.PrintFinished(made.ticket, ev.Paper.PRINTED))

    def answer(self, command: Command) -> Reply:
        match command:
            case ReserveTicket(service=service):
                return reservation(len(self.sent), service, ahead=3)
            case ShowTicket():
                if self.is_completed:
                    return status(TicketState.COMPLETED, is_rateable=True)
                return status(TicketState.WAITING, ahead=2)
        return Done()

    def passes(self, seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            self.now_s += 0.25
            self.happens(ev.Tick())

    # A hand, as the autopilot moves it.

    def put_card(self, card: object) -> None:
        self.happens(ev.CardRead(PersonKey("ab" * 16)))

    def lift_card(self) -> None:
        """Nothing lies there any more."""

    def show_code(self, text: str) -> None:
        self.happens(event_of(classify(text)))

    def hide_code(self) -> None:
        """Nothing is held up any more."""

    def take_paper(self) -> str | None:
        return self.papers.pop(0) if self.papers else None


@pytest.fixture
def desk():
    with no_qt_messages():
        made = Desk()
        yield made
        made.close()


def tap(desk: Desk, *names: str) -> None:
    """Touch named items one after the other, a second between them."""
    finger = Finger(desk.screen.window)
    for name in names:
        desk.passes(1)
        draw(desk.screen.window)
        assert finger.tap(name), f"{name} cannot be touched"


def test_a_finger_takes_a_ticket_in_two_taps(desk: Desk):
    tap(desk, "zone_civil", "service_identity-card")
    assert desk.sent == [
        ReserveTicket(ServiceId("identity-card")),
        ConfirmPrinted(reservation(1).ticket),
    ]
    assert isinstance(desk.state.page, p.TicketOut)


def test_a_frequent_service_takes_one_tap(desk: Desk):
    tap(desk, "service_identity-card")
    assert isinstance(desk.state.page, p.TicketOut)


def test_a_double_tap_on_an_area_takes_nothing(desk: Desk):
    desk.passes(1)
    draw(desk.screen.window)
    finger = Finger(desk.screen.window)
    at = finger.place_of("zone_civil")
    assert at is not None
    assert finger.tap("zone_civil")
    draw(desk.screen.window)
    for _ in range(10):
        desk.now_s += 0.1
        QTest.mouseClick(desk.screen.window, Qt.MouseButton.LeftButton, pos=at)
    assert desk.sent == []
    assert isinstance(desk.state.page, p.Services)


def test_a_finger_turns_sheets_and_finds_a_service_on_the_last_one(desk: Desk):
    tap(desk, "zone_civil", "next_sheet", "next_sheet")
    page = desk.state.page
    assert isinstance(page, p.Services)
    assert page.sheet == 2
    draw(desk.screen.window)
    offered = (s for s in example_catalog().services if s.is_for_visitors)
    shown = [s.id for s in offered if s.zone == "civil"][20:]
    tap(desk, f"service_{shown[-1]}")
    assert desk.sent[0] == ReserveTicket(shown[-1])


def test_a_finger_finds_a_service_by_its_department_and_by_its_letters(desk: Desk):
    tap(desk, "departments", "next_sheet", "department_civil-affairs")
    assert isinstance(desk.state.page, p.Services)
    tap(desk, "back", "back", "search", "letter_j", "letter_m", "letter_s", "erase")
    assert desk.state.page == p.Search("jm")
    tap(desk, "service_identity-card")
    assert desk.sent[0] == ReserveTicket(ServiceId("identity-card"))


def test_a_mouse_does_what_a_finger_does(desk: Desk):
    desk.passes(1)
    at = Finger(desk.screen.window).place_of("service_identity-card")
    assert at is not None
    QTest.mouseClick(desk.screen.window, Qt.MouseButton.LeftButton, pos=at)
    assert isinstance(desk.state.page, p.TicketOut)


def test_a_touch_beside_everything_shows_that_somebody_is_there(desk: Desk):
    tap(desk, "zone_civil")
    desk.passes(62)
    assert desk.state.warning_left_s is not None
    QTest.mouseClick(desk.screen.window, Qt.MouseButton.LeftButton, pos=QPoint(5, 1900))
    assert desk.state.warning_left_s is None
    assert isinstance(desk.state.page, p.Services)


def test_the_other_language_is_one_touch_away(desk: Desk):
    tap(desk, "language")
    assert desk.state.language is Language.EN
    tap(desk, "language")
    assert desk.state.language is Language.ZH


@pytest.mark.parametrize("stars", [1, 2, 3, 4, 5])
def test_a_finger_rates_with_every_number_of_stars(desk: Desk, stars: int):
    desk.is_completed = True
    desk.happens(ev.TicketScanned(reservation().token))
    tap(desk, f"star{stars}")
    draw(desk.screen.window)
    reason = desk.state.tags.of(stars)[0].code
    tap(desk, f"tag_{reason}", "rate")
    assert desk.sent[-1] == RateService(reservation().token, stars, (reason,))
    assert isinstance(desk.state.page, p.RatingThanks)


def test_a_bad_rating_cannot_be_handed_in_without_a_reason(desk: Desk):
    desk.is_completed = True
    desk.happens(ev.TicketScanned(reservation().token))
    tap(desk, "star1")
    draw(desk.screen.window)
    assert not Finger(desk.screen.window).tap("rate")


# The simulated visitor.


def test_the_simulated_visitor_takes_tickets_in_every_way_and_rates(desk: Desk):
    pilot = Autopilot(Finger(desk.screen.window), desk, seed=3)
    desk.noticed = pilot.noticed_touch
    for turn in range(1800):
        desk.is_completed = turn > 900
        desk.passes(0.25)
        pilot.look(desk.state)
    reserved = [c for c in desk.sent if isinstance(c, ReserveTicket)]
    confirmed = [c for c in desk.sent if isinstance(c, ConfirmPrinted)]
    assert len(reserved) == len(confirmed) > 20
    assert any(c.person for c in reserved)
    assert any(isinstance(c, RateService) for c in desk.sent)
    seen = {"Departments", "Services", "Search", "ServiceChosen", "Privacy", "TicketShown"}
    assert seen <= set(desk.pages)


def test_the_simulated_visitor_steps_back_for_a_minute_when_a_person_touches(desk: Desk):
    pilot = Autopilot(Finger(desk.screen.window), desk, seed=3)
    desk.noticed = pilot.noticed_touch
    QTest.mouseClick(desk.screen.window, Qt.MouseButton.LeftButton, pos=QPoint(5, 1900))
    began_s = desk.now_s
    while not desk.sent and desk.now_s < began_s + 200:
        desk.passes(0.25)
        pilot.look(desk.state)
    assert desk.sent
    assert desk.now_s - began_s >= STEP_BACK_S
