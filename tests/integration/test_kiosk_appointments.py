"""An appointment at a kiosk with real drivers and the real hall: from the code or card to paper."""

from pathlib import Path
from random import Random

from devices.idcard.synthetic import synthetic_card
from devices.printer.simulator import PrinterFault
from hallserver.client.person import person_key
from hallserver.domain.appointments import Booking
from hallserver.protocol.commands import BookAppointment, CheckIn, ConfirmPrinted
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ServiceId, TicketId
from hallserver.protocol.replies import Booked
from hallserver.protocol.states import TicketState
from kiosk.flow import events as ev
from kiosk.flow import pages as p
from kiosk.spool import MemorySpool
from tests.helpers.bookings import TODAY, Bookings
from tests.helpers.kiosk_world import HALL_KEY, KioskWorld

SERVICE = ServiceId("a")


class WatchedSpool(MemorySpool):
    """Remembers what was noted, though it is dropped later."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[TicketId] = []

    def begin(self, ticket: TicketId) -> None:
        self.begun.append(ticket)
        super().begin(ticket)


def hall_at_half_past_nine() -> tuple[Bookings, Booked]:
    hall = Bookings()
    booked = hall.book(1, "09:30")
    hall.at("09:30")
    return hall, booked


def test_a_scanned_booking_comes_out_as_paper_and_is_noted_on_the_way(tmp_path: Path) -> None:
    hall, booked = hall_at_half_past_nine()
    spool = WatchedSpool()
    with KioskWorld(tmp_path, hall=hall, spool=spool) as world:
        world.show_until(booked.token, lambda state: isinstance(state.page, p.TicketOut))
        ticket = TicketId("20261123-A001")
        assert world.link.sent == [CheckIn(token=booked.token), ConfirmPrinted(ticket)]
        paper = world.take_paper()
        assert paper is not None
        assert paper.startswith(f"JH1.{ticket}.")
        assert world.ticket_states() == [TicketState.WAITING]
        assert spool.begun == [ticket]
        assert spool.leftovers() == ()
    assert booked.token not in (tmp_path / "record.jsonl").read_text("utf-8")


def test_a_card_with_an_appointment_is_checked_in_by_touching_its_service(tmp_path: Path) -> None:
    hall = Bookings()
    card = synthetic_card(Random(7))
    person = person_key(card.id_number, HALL_KEY)
    wish = BookAppointment(SERVICE, TODAY, "09:30", person)
    booked = hall.answer(Booked, "gateway-01", wish)
    hall.at("09:30")
    with KioskWorld(tmp_path, hall=hall) as world:
        world.devices.put_card(card)
        world.until(lambda state: state.person is not None)
        world.touch(ev.ServiceTouched(SERVICE))
        world.until_page(p.TicketOut)
    assert hall.known(booked).state is Booking.CHECKED_IN


def test_a_printer_that_fails_leaves_the_appointment_to_the_next_kiosk(tmp_path: Path) -> None:
    hall, booked = hall_at_half_past_nine()
    with KioskWorld(tmp_path, hall=hall) as world:
        world.devices.printer_simulator.inject(PrinterFault.PAPER_JAM)
        world.show_until(booked.token, lambda state: isinstance(state.page, p.Broken))
    assert hall.known(booked).is_open
    again = hall.check_in(kiosk="kiosk-02")
    assert hall.known(booked).ticket == again.ticket


def test_who_comes_too_early_reads_when_to_come_back(tmp_path: Path) -> None:
    hall = Bookings()
    booked = hall.book(1, "14:00")
    with KioskWorld(tmp_path, hall=hall) as world:
        world.show_until(booked.token, lambda state: isinstance(state.page, p.Refused))
        page = world.state.page
        assert isinstance(page, p.Refused)
        assert "13:45" in page.title.zh
    assert hall.refused("kiosk-02", CheckIn(token=booked.token)) is (
        RejectionCode.APPOINTMENT_TOO_EARLY
    )
