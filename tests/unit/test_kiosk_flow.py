"""What a visitor meets at the kiosk, page by page."""

from dataclasses import replace

import pytest

from devices.faults import FaultCode
from hallserver.client.updates import LinkState
from hallserver.config import load_plan
from hallserver.domain import views
from hallserver.protocol.commands import (
    ConfirmPrinted,
    ReserveTicket,
    VoidReason,
    VoidTicket,
)
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import (
    DepartmentId,
    Epoch,
    ServiceId,
    ZoneId,
)
from hallserver.protocol.replies import Done, reject
from kiosk.flow import choices
from kiosk.flow import events as ev
from kiosk.flow.effects import Listen, PrintTicket, Submit
from kiosk.flow.events import Device
from kiosk.flow.pages import (
    Broken,
    Departments,
    Home,
    OutOfService,
    Printing,
    Privacy,
    Refused,
    Search,
    ServiceChosen,
    Services,
    TicketOut,
)
from kiosk.flow.sentences import FOREIGN_CODES, fault_text
from kiosk.flow.state import IDLE_S, PRINT_S, REPLY_S, WARNING_S
from tests.helpers.hall_files import EXAMPLE
from tests.helpers.kiosk_visits import (
    ID_CARD,
    PERSON,
    TICKET,
    TOKEN,
    commands,
    reserved,
    tag_of,
)
from tests.helpers.kiosks import FlowWorld, reservation, small_catalog
from ui.kit.i18n import Language

# From a finger to paper.


def test_one_touch_on_a_service_reserves_prints_and_confirms():
    world = FlowWorld()
    assert commands(world.happens(ev.ServiceTouched(ID_CARD))) == [ReserveTicket(ID_CARD)]
    answer = ev.Answered(tag_of(world), ReserveTicket(ID_CARD), reservation())
    printed = [e for e in world.happens(answer) if isinstance(e, PrintTicket)]
    assert [e.reservation for e in printed] == [reservation()]
    assert commands(world.happens(ev.PrintFinished(TICKET, ev.Paper.PRINTED))) == [
        ConfirmPrinted(TICKET)
    ]
    page = world.state.page
    assert isinstance(page, TicketOut)
    assert (page.number, page.people_ahead, page.is_on_paper) == ("A023", 5, True)


def test_nothing_is_confirmed_before_the_printer_has_spoken():
    world = FlowWorld()
    assert commands(reserved(world)) == []
    assert isinstance(world.state.page, Printing)
    assert commands(world.waits(PRINT_S - 2)) == []


def test_the_second_tap_of_a_double_tap_takes_no_second_number():
    world = FlowWorld()
    world.happens(ev.ServiceTouched(ID_CARD))
    assert commands(world.happens(ev.ServiceTouched(ID_CARD), after_s=0.1)) == []


def test_a_double_tap_on_a_zone_does_not_choose_the_service_that_comes_up_under_the_finger():
    world = FlowWorld()
    world.happens(ev.ZoneTouched(ZoneId("civil")))
    assert commands(world.happens(ev.ServiceTouched(ID_CARD), after_s=0.15)) == []
    assert isinstance(world.state.page, Services)
    assert commands(world.happens(ev.ServiceTouched(ID_CARD), after_s=1.0)) != []


def test_ten_taps_a_second_for_two_minutes_take_one_number():
    world = FlowWorld()
    taken = []
    for _ in range(1200):
        effects = world.happens(ev.ServiceTouched(ID_CARD), after_s=0.1)
        for command in commands(effects):
            taken.append(command)
            if isinstance(command, ReserveTicket):
                world.happens(ev.Answered(tag_of(world), command, reservation()), after_s=0.0)
                done = ev.PrintFinished(TICKET, ev.Paper.PRINTED)
                taken += commands(world.happens(done, after_s=0.0))
        world.happens(ev.Tick(), after_s=0.0)
    assert taken == [ReserveTicket(ID_CARD), ConfirmPrinted(TICKET)]


def test_a_failed_print_voids_the_number_and_says_so():
    world = FlowWorld()
    reserved(world)
    fault = ev.PrintFinished(TICKET, ev.Paper.NOT_PRINTED, FaultCode.PAPER_END)
    assert commands(world.happens(fault)) == [VoidTicket(TICKET, VoidReason.NOT_PRINTED)]
    page = world.state.page
    assert isinstance(page, Broken)
    assert page.void_number == "A023"
    assert page.text == fault_text(Device.PRINTER, FaultCode.PAPER_END)


def test_an_uncertain_print_keeps_the_number_valid_shows_it_and_prints_nothing_again():
    world = FlowWorld()
    reserved(world)
    fault = ev.PrintFinished(TICKET, ev.Paper.UNCERTAIN, FaultCode.NO_ANSWER)
    effects = world.happens(fault)
    assert commands(effects) == [ConfirmPrinted(TICKET)]
    assert not any(isinstance(effect, PrintTicket) for effect in effects)
    page = world.state.page
    assert isinstance(page, TicketOut)
    assert (page.number, page.is_on_paper) == ("A023", False)


def test_a_printer_worker_that_never_answers_ends_as_an_uncertain_print():
    world = FlowWorld()
    reserved(world)
    assert commands(world.waits(PRINT_S)) == [ConfirmPrinted(TICKET)]
    late = ev.PrintFinished(TICKET, ev.Paper.NOT_PRINTED, FaultCode.PAPER_END)
    assert commands(world.happens(late)) == []


def test_a_number_that_comes_after_its_visitor_gave_up_is_voided():
    world = FlowWorld()
    world.happens(ev.ServiceTouched(ID_CARD))
    tag = tag_of(world)
    world.waits(REPLY_S)
    assert isinstance(world.state.page, Refused)
    late = ev.Answered(tag, ReserveTicket(ID_CARD), reservation())
    assert commands(world.happens(late)) == [VoidTicket(TICKET, VoidReason.LEFT)]
    assert isinstance(world.state.page, Refused)


def test_a_number_asked_for_before_a_restart_is_voided():
    world = FlowWorld()
    answer = ev.Answered(None, ReserveTicket(ID_CARD), reservation())
    assert commands(world.happens(answer)) == [VoidTicket(TICKET, VoidReason.LEFT)]


def test_an_answer_that_comes_twice_does_not_void_the_number_in_the_printer():
    world = FlowWorld()
    world.happens(ev.ServiceTouched(ID_CARD))
    answer = ev.Answered(tag_of(world), ReserveTicket(ID_CARD), reservation())
    world.happens(answer)
    assert world.happens(answer, replace(answer, tag=None)) == []


def test_a_known_printer_fault_refuses_before_a_number_is_promised():
    world = FlowWorld()
    world.happens(ev.DeviceChanged(Device.PRINTER, FaultCode.PAPER_END))
    assert commands(world.happens(ev.ServiceTouched(ID_CARD))) == []
    assert isinstance(world.state.page, Broken)
    assert world.state.page.void_number is None
    world.happens(ev.DeviceChanged(Device.PRINTER, None), ev.HomeTouched())
    assert commands(world.happens(ev.ServiceTouched(ID_CARD))) == [ReserveTicket(ID_CARD)]


def test_a_stuck_cutter_is_tried_because_only_printing_can_free_it():
    world = FlowWorld()
    world.happens(ev.DeviceChanged(Device.PRINTER, FaultCode.CUTTER))
    assert commands(world.happens(ev.ServiceTouched(ID_CARD))) == [ReserveTicket(ID_CARD)]


@pytest.mark.parametrize("code", list(RejectionCode))
def test_every_refusal_is_said_in_the_words_of_the_hall(code: RejectionCode):
    world = FlowWorld()
    world.happens(ev.ServiceTouched(ID_CARD))
    world.happens(ev.Answered(tag_of(world), ReserveTicket(ID_CARD), reject(code)))
    page = world.state.page
    assert isinstance(page, Refused)
    assert page.title == reject(code).text


def test_a_full_outbox_owes_the_confirmation_and_pays_it_at_the_next_tick():
    world = FlowWorld()
    reserved(world)
    (told,) = world.happens(ev.PrintFinished(TICKET, ev.Paper.PRINTED))
    assert isinstance(told, Submit)
    world.happens(ev.SubmitRefused(told.tag, told.command))
    assert commands(world.happens(ev.Tick())) == [ConfirmPrinted(TICKET)]
    assert commands(world.happens(ev.Tick())) == []


def test_a_full_outbox_is_said_to_who_asks_for_a_number():
    world = FlowWorld()
    world.happens(ev.ServiceTouched(ID_CARD))
    world.happens(ev.SubmitRefused(tag_of(world), ReserveTicket(ID_CARD)))
    assert isinstance(world.state.page, Refused)


# With a card.


def test_with_a_card_one_touch_takes_a_number_for_the_person():
    world = FlowWorld()
    world.happens(ev.CardRead(PERSON))
    assert commands(world.happens(ev.ServiceTouched(ID_CARD))) == [ReserveTicket(ID_CARD, PERSON)]
    assert world.state.person is None


def test_a_card_on_a_service_chosen_by_its_code_takes_the_number_without_a_touch():
    world = FlowWorld()
    world.happens(ev.ServiceScanned(ID_CARD))
    assert world.state.page == ServiceChosen(ID_CARD)
    assert commands(world.happens(ev.CardRead(PERSON))) == [ReserveTicket(ID_CARD, PERSON)]


def test_a_second_number_for_the_same_person_is_refused_with_what_to_do():
    world = FlowWorld()
    world.happens(ev.CardRead(PERSON), ev.ServiceTouched(ID_CARD))
    refusal = reject(RejectionCode.ALREADY_WAITING)
    world.happens(ev.Answered(tag_of(world), ReserveTicket(ID_CARD, PERSON), refusal))
    assert isinstance(world.state.page, Refused)
    assert "扫码口" in world.state.page.text.zh


@pytest.mark.parametrize(
    "code", [code for code in FaultCode if code.value.startswith(("card.", "port."))]
)
def test_a_card_that_cannot_be_read_is_said_above_the_page_and_loses_nothing(code: FaultCode):
    world = FlowWorld()
    world.happens(ev.ZoneTouched(ZoneId("civil")), ev.CardFault(code))
    assert isinstance(world.state.page, Services)
    assert world.state.notice is not None
    assert world.state.notice.text == fault_text(Device.READER, code)
    assert commands(world.happens(ev.ServiceTouched(ID_CARD))) == [ReserveTicket(ID_CARD)]


def test_the_card_can_be_taken_back():
    world = FlowWorld()
    world.happens(ev.CardRead(PERSON), ev.ForgetCardTouched())
    assert world.state.person is None
    assert commands(world.happens(ev.ServiceTouched(ID_CARD))) == [ReserveTicket(ID_CARD)]


@pytest.mark.parametrize("leave", [ev.HomeTouched(), None], ids=["home is touched", "nobody left"])
def test_after_the_visit_nothing_personal_is_left(leave: ev.Event | None):
    world = FlowWorld()
    world.happens(ev.LanguageTouched(), ev.CardRead(PERSON))
    assert world.state.person == PERSON
    if leave is None:
        world.waits(IDLE_S + WARNING_S + 1)
    else:
        world.happens(leave)
    assert world.state.is_fresh
    assert world.state.language is Language.ZH


def test_no_person_and_no_token_is_in_any_repr():
    world = FlowWorld()
    seen = [repr(world.happens(ev.CardRead(PERSON))), repr(ev.CardRead(PERSON)), repr(world.state)]
    seen.append(repr(world.happens(ev.ServiceTouched(ID_CARD))) + repr(world.state))
    command = ReserveTicket(ID_CARD, PERSON)
    answer = ev.Answered(tag_of(world), command, reservation())
    seen.append(repr(replace(answer, reply=Done())))
    seen.append(repr(world.happens(answer)) + repr(world.state))
    seen.append(repr(ev.TicketScanned(TOKEN)))
    assert [text for text in seen if PERSON in text or "ABCDEFGHIJKLMNOP" in text] == []


# Looking for a service.


def test_the_reader_and_the_scanner_listen_only_while_it_means_something():
    world = FlowWorld()
    off = world.happens(ev.ServiceTouched(ID_CARD))
    assert Listen(Device.READER, is_on=False) in off
    assert Listen(Device.SCANNER, is_on=False) in off
    refusal = reject(RejectionCode.NUMBERS_USED_UP)
    answer = ev.Answered(tag_of(world), ReserveTicket(ID_CARD), refusal)
    assert Listen(Device.SCANNER, is_on=True) in world.happens(answer)
    assert Listen(Device.READER, is_on=True) in world.happens(ev.HomeTouched())


def test_every_service_of_the_example_hall_is_within_four_taps_and_every_page_leads_back():
    catalog = views.catalog(load_plan(EXAMPLE), Epoch(1))
    by_zone = [choices.services_of(catalog, zone.id, is_zone=True) for zone in catalog.zones]
    for services in by_zone:
        sheets = choices.sheets(len(services), choices.SERVICES_A_SHEET)
        assert 1 + (sheets - 1) + 1 <= 4


def test_a_department_leads_to_its_services_and_back_to_its_sheet():
    world = FlowWorld()
    world.happens(ev.DepartmentsTouched(), ev.DepartmentTouched(DepartmentId("police")))
    assert world.state.page == Services(DepartmentId("police"), is_zone=False)
    world.happens(ev.BackTouched())
    assert world.state.page == Departments(0)
    world.happens(ev.BackTouched())
    assert world.state.page == Home()


def test_sheets_turn_within_their_bounds():
    world = FlowWorld(small_catalog(extra_services=choices.SERVICES_A_SHEET))
    world.happens(ev.ZoneTouched(ZoneId("civil")), ev.SheetTouched(-1))
    assert world.state.page == Services(ZoneId("civil"), is_zone=True, sheet=0)
    world.happens(ev.SheetTouched(1), ev.SheetTouched(1), ev.SheetTouched(1))
    assert world.state.page == Services(ZoneId("civil"), is_zone=True, sheet=1)


def test_two_letters_of_its_pinyin_find_a_service():
    world = FlowWorld()
    world.happens(ev.SearchTouched())
    world.happens(ev.LetterTouched("j"), ev.LetterTouched("m"), after_s=0.5)
    assert world.state.page == Search("jm")
    assert [service.id for service in choices.search(small_catalog(), "jm")] == ["id-card"]
    assert commands(world.happens(ev.ServiceTouched(ID_CARD))) == [ReserveTicket(ID_CARD)]


def test_a_letter_that_finds_nothing_is_not_taken():
    world = FlowWorld()
    world.happens(ev.SearchTouched(), ev.LetterTouched("v"))
    assert world.state.page == Search("")


def test_letters_can_be_erased():
    world = FlowWorld()
    world.happens(ev.SearchTouched(), ev.LetterTouched("j"), ev.LetterErased(), ev.LetterErased())
    assert world.state.page == Search("")


def test_the_notice_about_card_data_is_one_touch_away_and_leads_back():
    world = FlowWorld()
    world.happens(ev.ZoneTouched(ZoneId("civil")), ev.PrivacyTouched())
    assert isinstance(world.state.page, Privacy)
    world.happens(ev.BackTouched())
    assert world.state.page == Services(ZoneId("civil"), is_zone=True)


def test_a_service_that_the_hall_does_not_have_is_said_and_changes_nothing():
    world = FlowWorld()
    assert commands(world.happens(ev.ServiceScanned(ServiceId("no-such")))) == []
    assert world.state.page == Home()
    assert world.state.notice is not None


@pytest.mark.parametrize("kind", list(ev.ForeignCode))
def test_a_foreign_code_is_said_in_a_clear_sentence(kind: ev.ForeignCode):
    world = FlowWorld()
    assert commands(world.happens(ev.ForeignScanned(kind))) == []
    assert world.state.notice is not None
    assert world.state.notice.text == FOREIGN_CODES[kind]
    world.waits(9)
    assert world.state.notice is None


def test_a_service_code_left_before_the_scanner_takes_no_number_by_itself():
    world = FlowWorld()
    taken = [commands(world.happens(ev.ServiceScanned(ID_CARD))) for _ in range(20)]
    assert taken == [[]] * 20


# Nobody there.


def test_after_a_minute_the_kiosk_asks_and_any_touch_answers_without_choosing():
    world = FlowWorld()
    world.happens(ev.ZoneTouched(ZoneId("civil")))
    world.waits(IDLE_S + 1)
    assert world.state.warning_left_s is not None
    assert commands(world.happens(ev.ServiceTouched(ID_CARD))) == []
    assert world.state.warning_left_s is None
    assert isinstance(world.state.page, Services)


def test_without_an_answer_the_kiosk_goes_home():
    world = FlowWorld()
    world.happens(ev.ZoneTouched(ZoneId("civil")))
    world.waits(IDLE_S + WARNING_S + 1)
    assert world.state.page == Home()


def test_a_kiosk_that_waits_for_the_next_person_never_asks():
    world = FlowWorld()
    world.waits(IDLE_S * 3)
    assert world.state.warning_left_s is None


# The hall is away.


@pytest.mark.parametrize("link", [link for link in LinkState if link is not LinkState.LIVE])
def test_without_the_hall_nothing_can_be_chosen_and_service_resumes_by_itself(link: LinkState):
    world = FlowWorld()
    world.happens(ev.CardRead(PERSON), ev.LinkIs(link))
    assert world.state.page == OutOfService()
    assert world.state.person is None
    assert commands(world.happens(ev.ServiceTouched(ID_CARD), ev.HomeTouched())) == []
    world.happens(ev.LinkIs(LinkState.LIVE))
    assert world.state.page == Home()


def test_a_ticket_in_the_printer_is_finished_though_the_hall_is_away():
    world = FlowWorld()
    reserved(world)
    world.happens(ev.LinkIs(LinkState.STALE))
    assert isinstance(world.state.page, Printing)
    done = ev.PrintFinished(TICKET, ev.Paper.PRINTED)
    assert commands(world.happens(done)) == [ConfirmPrinted(TICKET)]
    world.waits(12)
    assert world.state.page == OutOfService()


def test_a_kiosk_that_was_never_connected_offers_nothing():
    world = FlowWorld()
    world.happens(ev.LinkIs(LinkState.CONNECTING))
    assert world.state.page == OutOfService()
