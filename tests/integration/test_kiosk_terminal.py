"""A kiosk with real drivers on ptys: what each person gets, whatever goes wrong."""

import json
import logging
import threading
from pathlib import Path
from random import Random

import pytest

from devices.faults import FaultCode
from devices.idcard.card import CardKind
from devices.idcard.simulator import ReaderFault
from devices.idcard.synthetic import synthetic_card
from devices.printer.simulator import PrinterFault
from hallserver.client.ids import new_command_id
from hallserver.client.person import person_key
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived
from hallserver.protocol.commands import (
    Arrive,
    CallNext,
    Complete,
    ConfirmPrinted,
    RateService,
    ReserveTicket,
    SignIn,
    VoidReason,
    VoidTicket,
)
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, ServiceId, TicketId
from hallserver.protocol.replies import Reservation, TicketAtCounter, reject
from hallserver.protocol.states import TicketState
from kiosk.flow import events as ev
from kiosk.flow import pages as p
from kiosk.flow.events import Device
from kiosk.flow.sentences import FOREIGN_CODES, fault_text
from kiosk.simulated import ScanKind
from kiosk.spool import MemorySpool, PrintStage
from tests.helpers.halls import PASSWORD, Played
from tests.helpers.kiosk_world import HALL_KEY, KioskWorld
from ui.kit.i18n import Language

SERVICE = ServiceId("a")
FEED_ROWS = 180
"""ESC d 6 before the cut: six lines of thirty dots."""


def serve(hall: Played) -> None:
    """Let a clerk serve the one who waits."""
    hall.send("counter-1", SignIn(ClerkId("clerk-1"), PASSWORD))
    called = hall.send("counter-1", CallNext())
    assert isinstance(called, TicketAtCounter)
    hall.send("counter-1", Arrive(called.ticket))
    hall.send("counter-1", Complete(called.ticket))


def ticket_by_touch(world: KioskWorld) -> str:
    world.touch(ev.ServiceTouched(SERVICE))
    page = world.until_page(p.TicketOut)
    assert isinstance(page, p.TicketOut)
    assert page.is_on_paper
    paper = world.take_paper()
    assert paper is not None
    assert f"-{page.number}." in paper
    world.touch(ev.HomeTouched())
    world.until(lambda state: state.is_fresh)
    return paper


def test_a_touch_becomes_a_paper_whose_code_is_the_tickets_own(tmp_path: Path):
    with KioskWorld(tmp_path) as world:
        paper = ticket_by_touch(world)
        world.show_until(paper, lambda state: isinstance(state.page, p.TicketShown))
        page = world.state.page
        assert isinstance(page, p.TicketShown)
        assert page.status.state is TicketState.WAITING
        assert world.ticket_states() == [TicketState.WAITING]
        assert world.spool.leftovers() == ()


@pytest.mark.parametrize("kind", list(CardKind))
def test_a_card_of_each_kind_takes_one_number_and_no_second_one(tmp_path: Path, kind: CardKind):
    card = synthetic_card(Random(7), kind)
    with KioskWorld(tmp_path) as world:
        world.devices.put_card(card)
        world.until(lambda state: state.person is not None)
        world.devices.lift_card()
        world.touch(ev.ServiceTouched(SERVICE))
        world.until_page(p.TicketOut)
        person = person_key(card.id_number, HALL_KEY)
        assert world.link.sent[0] == ReserveTicket(SERVICE, person)
        world.touch(ev.HomeTouched())
        world.until(lambda state: state.is_fresh)
        world.devices.put_card(card)
        world.until(lambda state: state.person is not None)
        world.touch(ev.ServiceTouched(SERVICE))
        page = world.until_page(p.Refused)
        assert isinstance(page, p.Refused)
        assert page.title == reject(RejectionCode.ALREADY_WAITING).text
        assert world.ticket_states() == [TicketState.WAITING]


@pytest.mark.parametrize("at_byte", [0, 13, 1294])
def test_a_card_lifted_mid_read_is_said_and_can_be_laid_down_again(tmp_path: Path, at_byte: int):
    card = synthetic_card(Random(8))
    with KioskWorld(tmp_path) as world:
        world.devices.reader_simulator.fail(ReaderFault.LIFTED_MID_READ, times=1, at_byte=at_byte)
        world.devices.put_card(card)
        state = world.until(lambda state: state.notice is not None)
        assert state.notice is not None
        assert state.notice.text == fault_text(Device.READER, FaultCode.CARD_LIFTED)
        assert state.person is None
        world.devices.put_card(card)
        world.until(lambda state: state.person is not None)


def test_an_empty_printer_is_said_before_a_number_is_promised(tmp_path: Path):
    with KioskWorld(tmp_path) as world:
        world.devices.printer_simulator.inject(PrinterFault.PAPER_END)
        world.until(lambda state: state.fault_of(Device.PRINTER) is FaultCode.PAPER_END)
        world.touch(ev.ServiceTouched(SERVICE))
        page = world.until_page(p.Broken)
        assert isinstance(page, p.Broken)
        assert page.void_number is None
        assert world.link.sent == []
        world.devices.printer_simulator.refill()
        world.until(lambda state: state.fault_of(Device.PRINTER) is None)
        world.touch(ev.HomeTouched())
        world.until(lambda state: state.is_fresh)
        ticket_by_touch(world)


def test_paper_that_ends_in_the_middle_voids_the_number_and_nothing_prints_after_the_refill(
    tmp_path: Path,
):
    with KioskWorld(tmp_path) as world:
        world.devices.printer_simulator.inject(PrinterFault.PAPER_END, after_rows=300)
        world.touch(ev.ServiceTouched(SERVICE))
        page = world.until_page(p.Broken)
        assert isinstance(page, p.Broken)
        assert page.void_number == "A001"
        ticket = TicketId("20261123-A001")
        assert world.link.sent[1:] == [VoidTicket(ticket, VoidReason.NOT_PRINTED)]
        world.devices.printer_simulator.refill()
        assert world.devices.printer_simulator.settle(5.0)
        assert world.devices.take_paper() is None
        world.until(lambda state: state.fault_of(Device.PRINTER) is None)
        world.touch(ev.HomeTouched())
        world.until(lambda state: state.is_fresh)
        assert "-A002." in ticket_by_touch(world)
        assert world.ticket_states() == [TicketState.VOIDED, TicketState.WAITING]
        assert world.take_paper() is None


def test_a_printer_that_falls_silent_leaves_a_valid_number_on_the_screen(tmp_path: Path):
    with KioskWorld(tmp_path, print_deadline_s=1.5) as world:
        ticket_by_touch(world)
        picture = len(world.devices.printer_simulator.slips[0].rows) - FEED_ROWS
        # All of the picture has been sent, and all but its end answered for.
        world.devices.printer_simulator.inject(PrinterFault.SILENT, after_rows=picture - 20)
        world.touch(ev.ServiceTouched(SERVICE))
        page = world.until(lambda s: isinstance(s.page, p.TicketOut | p.Broken)).page
        assert isinstance(page, p.TicketOut)
        assert (page.number, page.is_on_paper) == ("A002", False)
        world.until(lambda _: world.ticket_states() == [TicketState.WAITING] * 2)
        assert world.link.sent[-1] == ConfirmPrinted(TicketId("20261123-A002"))
        assert len(world.devices.printer_simulator.slips) == 1


@pytest.mark.parametrize("scan", list(ScanKind))
def test_the_code_of_a_service_takes_its_number_with_one_touch(tmp_path: Path, scan: ScanKind):
    with KioskWorld(tmp_path, scan=scan) as world:
        world.show_until("JHS1.b", lambda state: state.page == p.ServiceChosen(ServiceId("b")))
        world.touch(ev.TakeNumberTouched())
        world.until_page(p.TicketOut)
        assert world.link.sent[0] == ReserveTicket(ServiceId("b"))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("https://example.invalid/x?y=1", ev.ForeignCode.LINK),
        (
            "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
            ev.ForeignCode.CERTIFICATE,
        ),
        ("6901234567892", ev.ForeignCode.OTHER),
        ("张三，男，430511199001011234", ev.ForeignCode.OTHER),
    ],
)
def test_a_foreign_code_is_refused_in_words_and_never_kept(
    tmp_path: Path, code: str, kind: ev.ForeignCode
):
    with KioskWorld(tmp_path) as world:
        state = world.show_until(code, lambda state: state.notice is not None)
        assert state.notice is not None
        assert state.notice.text == FOREIGN_CODES[kind]
        assert world.link.sent == []
    assert code not in world.record_path.read_text()


def test_a_code_that_has_our_form_but_is_not_genuine_is_refused_by_the_hall(tmp_path: Path):
    with KioskWorld(tmp_path) as world:
        forged = "JH1.20261123-A001.AAAAAAAAAAAAAAAA"
        world.show_until(forged, lambda state: isinstance(state.page, p.Refused))
        page = world.state.page
        assert isinstance(page, p.Refused)
        assert page.title == reject(RejectionCode.FORGED_TICKET).text


def test_a_served_visitor_rates_once_with_the_paper(tmp_path: Path):
    with KioskWorld(tmp_path) as world:
        paper = ticket_by_touch(world)
        serve(world.hall)
        world.show_until(paper, lambda state: isinstance(state.page, p.Rating))
        world.touch(ev.StarsTouched(2))
        world.until(lambda s: isinstance(s.page, p.Rating) and s.page.stars == 2)
        world.touch(ev.TagTouched("207"))
        world.until(lambda s: isinstance(s.page, p.Rating) and s.page.tags == ("207",))
        world.touch(ev.RateTouched())
        world.until_page(p.RatingThanks)
        assert world.link.sent[-1] == RateService(paper, 2, ("207",))  # type: ignore[arg-type]
        world.touch(ev.HomeTouched())
        world.until(lambda state: state.is_fresh)
        world.show_until(paper, lambda state: isinstance(state.page, p.Refused))
        page = world.state.page
        assert isinstance(page, p.Refused)
        assert page.title == reject(RejectionCode.ALREADY_RATED).text


# Crashes and the hall away.


def test_after_a_crash_nothing_is_reprinted_and_nothing_is_confirmed_by_guess(tmp_path: Path):
    hall, spool = Played(), MemorySpool()
    made = [hall.send("kiosk-01", ReserveTicket(SERVICE)) for _ in range(3)]
    tickets = [reply.ticket for reply in made if isinstance(reply, Reservation)]
    tokens = [reply.token for reply in made if isinstance(reply, Reservation)]
    for ticket, stage in zip(tickets, PrintStage, strict=True):
        spool.begin(ticket)
        spool.advance(ticket, stage)
    with KioskWorld(tmp_path, spool=spool, hall=hall) as world:
        world.until(lambda _: world.spool.leftovers() == ())
        assert world.ticket_states() == [
            TicketState.VOIDED,  # it had not gone to the printer
            TicketState.RESERVED,  # nobody knows
            TicketState.WAITING,  # the printer had said so
        ]
        assert world.take_paper() is None
        # Somebody does hold the paper of the second one.
        world.show_until(tokens[1], lambda state: isinstance(state.page, p.TicketShown))
        assert world.ticket_states()[1] is TicketState.WAITING


def test_a_number_that_was_asked_for_before_the_restart_is_voided(tmp_path: Path):
    with KioskWorld(tmp_path) as world:
        command = ReserveTicket(SERVICE)
        reply = world.hall.send("kiosk-01", command)
        world.terminal.updated(ReplyArrived(new_command_id(), command, reply))
        world.until(lambda _: world.ticket_states() == [TicketState.VOIDED])
        assert world.take_paper() is None


def test_a_hall_that_is_away_is_said_and_a_number_on_its_way_is_not_lost(tmp_path: Path):
    with KioskWorld(tmp_path) as world:
        world.link.is_away = True
        world.touch(ev.ServiceTouched(SERVICE))
        world.until_page(p.Reserving)
        world.terminal.updated(LinkChanged(LinkState.STALE))
        world.loop.post(world.link.come_back)
        world.until_page(p.TicketOut)
        world.touch(ev.HomeTouched())
        world.until_page(p.OutOfService)
        world.terminal.updated(LinkChanged(LinkState.LIVE))
        world.until_page(p.Home)
        assert world.ticket_states() == [TicketState.WAITING]


def test_a_full_outbox_confirms_as_soon_as_there_is_room(tmp_path: Path):
    with KioskWorld(tmp_path) as world:
        world.link.is_away = True
        world.touch(ev.ServiceTouched(SERVICE))
        world.until_page(p.Reserving)
        world.link.is_full = True
        world.loop.post(world.link.come_back)
        world.until_page(p.TicketOut)
        world.until(lambda state: state.owed != ())
        world.link.is_full = False
        world.until(lambda _: world.ticket_states() == [TicketState.WAITING])


# The screen never waits for a device.


@pytest.mark.parametrize("fault", [PrinterFault.HANG, PrinterFault.SILENT])
def test_a_printer_that_hangs_never_holds_up_the_screen(tmp_path: Path, fault: PrinterFault):
    with KioskWorld(tmp_path, print_deadline_s=1.5) as world:
        world.devices.printer_simulator.inject(fault, after_rows=200)
        world.touch(ev.ServiceTouched(SERVICE))
        world.until_page(p.Printing)
        world.touch(ev.LanguageTouched())
        state = world.until(lambda state: state.language is Language.EN)
        assert isinstance(state.page, p.Printing)
        page = world.until(lambda s: isinstance(s.page, p.TicketOut | p.Broken)).page
        assert not (isinstance(page, p.TicketOut) and page.is_on_paper)
        world.until(lambda state: state.fault_of(Device.PRINTER) is not None)


def test_an_unplugged_reader_is_said_and_numbers_go_on_by_touch(tmp_path: Path):
    with KioskWorld(tmp_path) as world:
        world.devices.reader_simulator.port.unplug()
        world.until(lambda state: state.fault_of(Device.READER) is not None)
        ticket_by_touch(world)
        world.devices.reader_simulator.port.replug()
        world.until(lambda state: state.fault_of(Device.READER) is None)


def test_stopping_ends_every_thread(tmp_path: Path):
    before = set(threading.enumerate())
    with KioskWorld(tmp_path) as world:
        ticket_by_touch(world)
    left = [thread for thread in threading.enumerate() if thread not in before]
    assert left == []


# Privacy.


def test_a_planted_name_and_number_appear_in_no_record_state_log_or_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    cards = [synthetic_card(Random(seed), kind) for seed, kind in enumerate(CardKind)]
    shown: list[str] = []
    with KioskWorld(tmp_path) as world:
        for card in cards:
            world.devices.put_card(card)
            world.until(lambda state: state.person is not None)
            world.devices.lift_card()
            world.touch(ev.ServiceTouched(SERVICE))
            world.until_page(p.TicketOut)
            world.touch(ev.HomeTouched())
            world.until(lambda state: state.is_fresh)
        shown += [repr(state) for state in world.history]
        shown += [repr(event) for event in world.hall.journal]
    keys = [person_key(card.id_number, HALL_KEY) for card in cards]
    planted = [text for c in cards for text in (c.name, c.latin_name, c.id_number, c.address)]
    planted = [text for text in planted if text]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert world.record_path in files
    places = {str(path): path.read_bytes().decode("utf-8", "replace") for path in files}
    places["logs"] = caplog.text
    places["states and journal"] = "\n".join(shown)
    assert [(name, text) for name, said in places.items() for text in planted if text in said] == []
    record = places[str(world.record_path)]
    assert [key for key in keys if key in record] == []
    assert (
        len([line for line in record.splitlines() if json.loads(line)["kind"] == "confirmed"]) == 4
    )


def test_one_second_after_the_visit_the_state_holds_nothing_of_the_person(tmp_path: Path):
    card = synthetic_card(Random(11))
    with KioskWorld(tmp_path) as world:
        world.devices.put_card(card)
        world.until(lambda state: state.person is not None)
        world.touch(ev.HomeTouched())
        state = world.until(lambda state: state.is_fresh)
        held = [getattr(state, name) for name in state.__dataclass_fields__]
        assert person_key(card.id_number, HALL_KEY) not in map(str, held)
