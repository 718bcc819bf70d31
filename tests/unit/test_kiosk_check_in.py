"""A booking's code at a kiosk: it becomes a number on paper, like any other, or a sentence."""

import pytest

from devices.faults import FaultCode
from devices.scan.classify import classify
from hallserver.protocol.commands import CheckIn, ConfirmPrinted, VoidReason, VoidTicket
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import AppointmentToken
from hallserver.protocol.replies import reject
from kiosk.flow import events as ev
from kiosk.flow.effects import PrintTicket
from kiosk.flow.events import Device
from kiosk.flow.pages import Broken, CheckingIn, Printing, Refused, TicketOut
from kiosk.flow.state import REPLY_S
from kiosk.workers import event_of
from tests.helpers.kiosk_visits import PERSON, TICKET, commands, tag_of
from tests.helpers.kiosks import FlowWorld, reservation

TOKEN = AppointmentToken("JA1.20261123-0042.ABCDEFGHIJKLMNOP")
ASKED = CheckIn(token=TOKEN)


def test_the_code_of_a_booking_is_told_from_a_tickets() -> None:
    assert event_of(classify(TOKEN)) == ev.AppointmentScanned(TOKEN)


def test_a_scanned_booking_is_checked_in_printed_and_confirmed() -> None:
    world = FlowWorld()
    assert commands(world.happens(ev.AppointmentScanned(TOKEN))) == [ASKED]
    assert isinstance(world.state.page, CheckingIn)
    effects = world.happens(ev.Answered(tag_of(world), ASKED, reservation()))
    assert [type(effect) for effect in effects if isinstance(effect, PrintTicket)] == [PrintTicket]
    assert isinstance(world.state.page, Printing)
    told = commands(world.happens(ev.PrintFinished(TICKET, ev.Paper.PRINTED)))
    assert told == [ConfirmPrinted(TICKET)]
    assert isinstance(world.state.page, TicketOut)


def test_one_code_before_the_scanner_is_one_command() -> None:
    world = FlowWorld()
    world.happens(ev.AppointmentScanned(TOKEN))
    assert commands(world.happens(ev.AppointmentScanned(TOKEN))) == []


def test_a_card_that_was_read_before_is_forgotten() -> None:
    world = FlowWorld()
    world.happens(ev.CardRead(PERSON), ev.AppointmentScanned(TOKEN))
    assert world.state.person is None


@pytest.mark.parametrize(
    "code", [RejectionCode.APPOINTMENT_TOO_EARLY, RejectionCode.ALREADY_CHECKED_IN]
)
def test_a_refusal_is_shown_in_the_halls_words_and_the_same_code_asks_nothing_anew(
    code: RejectionCode,
) -> None:
    world = FlowWorld()
    world.happens(ev.AppointmentScanned(TOKEN))
    world.happens(ev.Answered(tag_of(world), ASKED, reject(code)))
    assert isinstance(world.state.page, Refused)
    assert world.state.page.title == reject(code).text
    assert world.happens(ev.AppointmentScanned(TOKEN)) == []
    other = AppointmentToken("JA1.20261123-0043.ABCDEFGHIJKLMNOP")
    assert commands(world.happens(ev.AppointmentScanned(other))) == [CheckIn(token=other)]


def test_without_paper_nothing_is_asked_and_nothing_of_the_appointment_is_lost() -> None:
    world = FlowWorld()
    world.happens(ev.DeviceChanged(Device.PRINTER, FaultCode.PAPER_END))
    assert commands(world.happens(ev.AppointmentScanned(TOKEN))) == []
    assert isinstance(world.state.page, Broken)


def test_paper_that_did_not_come_voids_the_number() -> None:
    world = FlowWorld()
    world.happens(ev.AppointmentScanned(TOKEN))
    world.happens(ev.Answered(tag_of(world), ASKED, reservation()))
    jammed = ev.PrintFinished(TICKET, ev.Paper.NOT_PRINTED, FaultCode.PAPER_JAM)
    assert commands(world.happens(jammed)) == [VoidTicket(TICKET, VoidReason.NOT_PRINTED)]


def test_an_answer_that_comes_too_late_is_taken_back() -> None:
    world = FlowWorld()
    world.happens(ev.AppointmentScanned(TOKEN))
    tag = tag_of(world)
    world.waits(REPLY_S + 1)
    assert isinstance(world.state.page, Refused)
    told = commands(world.happens(ev.Answered(tag, ASKED, reservation())))
    assert told == [VoidTicket(TICKET, VoidReason.LEFT)]


def test_an_outbox_without_room_says_so() -> None:
    world = FlowWorld()
    world.happens(ev.AppointmentScanned(TOKEN))
    world.happens(ev.SubmitRefused(tag_of(world), ASKED))
    assert isinstance(world.state.page, Refused)
