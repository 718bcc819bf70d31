"""From a finger to paper: one tap, one command, one number, one piece of paper."""

from devices.faults import FaultCode
from hallserver.protocol.commands import (
    CheckIn,
    ConfirmPrinted,
    ReserveTicket,
    VoidReason,
    VoidTicket,
)
from hallserver.protocol.ids import AppointmentToken, ServiceId
from hallserver.protocol.replies import Rejected, Reservation
from kiosk.flow import choices
from kiosk.flow.effects import PrintTicket
from kiosk.flow.events import Answered, Device, Paper, PrintFinished
from kiosk.flow.moves import Moved, go, stay, submit, tell
from kiosk.flow.pages import Broken, CheckingIn, Printing, Refused, Reserving, TicketOut
from kiosk.flow.sentences import (
    ASK_AT_DESK,
    REFUSAL_ADVICE,
    TOOK_TOO_LONG,
    TOOK_TOO_LONG_ADVICE,
    fault_text,
)
from kiosk.flow.state import KioskState
from ui.kit.i18n import Language
from ui.kit.values import replace

MENDED_BY_PRINTING = frozenset({FaultCode.CUTTER, FaultCode.PAPER_JAM})
"""A stuck mechanism stays stuck until the next job tells it to try again; the driver does that
before it prints. Every other fault of the printer refuses a number before it is promised."""


def reserve(state: KioskState, service: ServiceId) -> Moved:
    """Ask for a number, unless the printer is known to be in trouble.

    From here on the person's key is in the command only.
    """
    if state.catalog is None or choices.find_service(state.catalog, service) is None:
        return stay(state)
    fault = _printer_fault(state)
    if fault is not None:
        return go(state, Broken(fault, fault_text(Device.PRINTER, fault)))
    command = ReserveTicket(service, state.person, priority=state.priority)
    state, tag, asked = submit(replace(state, person=None, priority=None), command)
    state, _ = go(state, Reserving(tag, service))
    return state, asked


def check_in(state: KioskState, token: AppointmentToken) -> Moved:
    """Ask for the number of an appointment, unless it is the one that was just refused here."""
    page = state.page
    if isinstance(page, Refused) and page.token == token:
        return stay(state)
    fault = _printer_fault(state)
    if fault is not None:
        return go(state, Broken(fault, fault_text(Device.PRINTER, fault)))
    state, tag, asked = submit(replace(state, person=None, priority=None), CheckIn(token=token))
    state, _ = go(state, CheckingIn(tag, token))
    return state, asked


def _printer_fault(state: KioskState) -> FaultCode | None:
    """Return why no number may be promised here."""
    fault = state.fault_of(Device.PRINTER)
    return None if fault in MENDED_BY_PRINTING else fault


def reserved(state: KioskState, event: Answered, reservation: Reservation) -> Moved:
    """Print the number that this visit waits for; void one whose visitor is gone."""
    page, catalog = state.page, state.catalog
    if isinstance(page, Reserving | CheckingIn) and event.tag == page.tag and catalog is not None:
        state, _ = go(state, Printing(reservation))
        return state, (PrintTicket(reservation, catalog, state.language is Language.EN),)
    if isinstance(page, Printing) and page.reservation.ticket == reservation.ticket:
        return stay(state)
    return tell(state, VoidTicket(reservation.ticket, VoidReason.LEFT))


def reservation_rejected(state: KioskState, event: Answered, reply: Rejected) -> Moved:
    """Say why there is no number, in the hall's own words."""
    page = state.page
    if not isinstance(page, Reserving | CheckingIn) or event.tag != page.tag:
        return stay(state)
    token = page.token if isinstance(page, CheckingIn) else None
    return go(state, Refused(reply.text, REFUSAL_ADVICE.get(reply.code, ASK_AT_DESK), token))


def reservation_timed_out(state: KioskState) -> Moved:
    """Give up waiting; should the number still come, it is voided (`reserved`)."""
    return go(state, Refused(TOOK_TOO_LONG, TOOK_TOO_LONG_ADVICE))


def print_finished(state: KioskState, event: PrintFinished) -> Moved:
    """Say what became of the paper; nothing is ever printed a second time."""
    if not isinstance(state.page, Printing) or event.ticket != state.page.reservation.ticket:
        return stay(state)
    if event.paper is Paper.NOT_PRINTED:
        return _void(state, state.page.reservation, event.fault or FaultCode.PRINTER_OFFLINE)
    return _confirm(state, state.page.reservation, is_on_paper=event.paper is Paper.PRINTED)


def print_timed_out(state: KioskState) -> Moved:
    """Nobody knows whether there is paper: the number stays good and is shown."""
    if not isinstance(state.page, Printing):
        return stay(state)
    return _confirm(state, state.page.reservation, is_on_paper=False)


def _confirm(state: KioskState, reservation: Reservation, *, is_on_paper: bool) -> Moved:
    state, told = tell(state, ConfirmPrinted(reservation.ticket))
    state, _ = go(
        state,
        TicketOut(
            number=reservation.number,
            service=reservation.service,
            people_ahead=reservation.people_ahead,
            is_on_paper=is_on_paper,
            note=reservation.note,
        ),
    )
    return state, told


def _void(state: KioskState, reservation: Reservation, fault: FaultCode) -> Moved:
    state, told = tell(state, VoidTicket(reservation.ticket, VoidReason.NOT_PRINTED))
    state, _ = go(state, Broken(fault, fault_text(Device.PRINTER, fault), reservation.number))
    return state, told
