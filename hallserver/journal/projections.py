"""The reporting tables as folds of the journal: one small function an event.

They are written in the transaction of the events themselves, so no figure is ever behind or ahead.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ClauseElement, bindparam, insert, update

from hallserver.domain import events as ev
from hallserver.journal import appointments
from hallserver.journal.change import Change
from hallserver.journal.tables import business_day, rating, visit
from hallserver.protocol.states import TicketState

_now = bindparam("now_ms", type_=BigInteger)
_wall = bindparam("now_wall_ms", type_=BigInteger)
_its_visit = update(visit).where(visit.c.ticket == bindparam("of_ticket"))

OPEN_DAY = insert(business_day).values(
    day=bindparam("day"), opened_seq=bindparam("seq"), opened_wall_ms=_wall
)
CLOSE_DAY = (
    update(business_day)
    .where(business_day.c.day == bindparam("of_day"))
    .values(closed_seq=bindparam("seq"), closed_wall_ms=_wall)
)
ISSUE = insert(visit).values(
    ticket=bindparam("ticket"),
    day=bindparam("day"),
    number=bindparam("number"),
    service=bindparam("service"),
    kiosk=bindparam("kiosk"),
    state=TicketState.RESERVED.value,
    recalls=0,
    issued_ms=_now,
    issued_wall_ms=_wall,
)
PRINT = _its_visit.values(state=TicketState.WAITING.value, printed_ms=_now, printed_wall_ms=_wall)
CALL = _its_visit.values(
    state=TicketState.CALLED.value,
    counter=bindparam("counter"),
    clerk=bindparam("clerk"),
    recalls=0,
    called_ms=_now,
    called_wall_ms=_wall,
    waiting_ms=_now - visit.c.printed_ms,
)
RECALL = _its_visit.values(recalls=visit.c.recalls + 1)
RELEASE = _its_visit.values(
    state=TicketState.WAITING.value,
    counter=None,
    clerk=None,
    recalls=0,
    called_ms=None,
    called_wall_ms=None,
    waiting_ms=None,
)
ARRIVE = _its_visit.values(
    state=TicketState.SERVING.value,
    arrived_ms=_now,
    arrived_wall_ms=_wall,
    way_ms=_now - visit.c.called_ms,
)
COMPLETE = _its_visit.values(
    state=TicketState.COMPLETED.value,
    completed_ms=_now,
    completed_wall_ms=_wall,
    serving_ms=_now - visit.c.arrived_ms,
)
END = _its_visit.values(state=bindparam("new_state"))
RATE = insert(rating).values(
    ticket=bindparam("ticket"),
    day=bindparam("day"),
    rated_wall_ms=_wall,
    service=bindparam("service"),
    counter=bindparam("counter"),
    clerk=bindparam("clerk"),
    stars=bindparam("stars"),
    tags=bindparam("tags"),
    channel=bindparam("channel"),
)

STATEMENTS = (
    OPEN_DAY,
    CLOSE_DAY,
    ISSUE,
    PRINT,
    CALL,
    RECALL,
    RELEASE,
    ARRIVE,
    COMPLETE,
    END,
    RATE,
    *appointments.STATEMENTS,
)


def project(recorded: ev.Recorded) -> Change | None:
    """Say what an event changes in the reporting tables; None when nothing."""
    return _PROJECT[type(recorded.event)](recorded, recorded.event)


def in_rounds(changes: Iterable[Change]) -> list[tuple[ClauseElement, list[dict[str, Any]]]]:
    """Group changes into few executions that leave each key's own changes in their order.

    The n-th change of a key goes into the n-th round; within a round the order is free.
    """
    seen: dict[str, int] = {}
    rounds: list[dict[int, tuple[ClauseElement, list[dict[str, Any]]]]] = []
    for change in changes:
        number = seen[change.key] = seen.get(change.key, -1) + 1
        if number == len(rounds):
            rounds.append({})
        group = rounds[number].setdefault(id(change.statement), (change.statement, []))
        group[1].append(change.values)
    return [group for groups in rounds for group in groups.values()]


def _moment(recorded: ev.Recorded, **more: Any) -> dict[str, Any]:
    return {"now_ms": recorded.elapsed_ms, "now_wall_ms": recorded.wall_ms, **more}


def _open_day(recorded: ev.Recorded, event: ev.DayOpened) -> Change:
    values = {"day": event.day, "seq": recorded.seq, "now_wall_ms": recorded.wall_ms}
    return Change(OPEN_DAY, event.day, values)


def _close_day(recorded: ev.Recorded, event: ev.DayClosed) -> Change:
    values = {"of_day": event.day, "seq": recorded.seq, "now_wall_ms": recorded.wall_ms}
    return Change(CLOSE_DAY, event.day, values)


def _issue(recorded: ev.Recorded, event: ev.TicketReserved) -> Change:
    values = _moment(
        recorded,
        ticket=event.ticket,
        day=recorded.day,
        number=event.number,
        service=event.service,
        kiosk=recorded.client,
    )
    return Change(ISSUE, event.ticket, values)


def _print(recorded: ev.Recorded, event: ev.TicketPrinted) -> Change:
    return Change(PRINT, event.ticket, _moment(recorded, of_ticket=event.ticket))


def _call(recorded: ev.Recorded, event: ev.TicketCalled) -> Change:
    values = _moment(recorded, of_ticket=event.ticket, counter=event.counter, clerk=event.clerk)
    return Change(CALL, event.ticket, values)


def _recall(_: ev.Recorded, event: ev.TicketRecalled) -> Change:
    return Change(RECALL, event.ticket, {"of_ticket": event.ticket})


def _release(_: ev.Recorded, event: ev.TicketReleased) -> Change:
    return Change(RELEASE, event.ticket, {"of_ticket": event.ticket})


def _arrive(recorded: ev.Recorded, event: ev.TicketArrived) -> Change:
    return Change(ARRIVE, event.ticket, _moment(recorded, of_ticket=event.ticket))


def _complete(recorded: ev.Recorded, event: ev.TicketCompleted) -> Change:
    return Change(COMPLETE, event.ticket, _moment(recorded, of_ticket=event.ticket))


def _rate(recorded: ev.Recorded, event: ev.ServiceRated) -> Change:
    values = {
        "ticket": event.ticket,
        "day": recorded.day,
        "now_wall_ms": recorded.wall_ms,
        "service": event.service,
        "counter": event.counter,
        "clerk": event.clerk,
        "stars": event.stars,
        "tags": msgspec.json.encode(event.tags).decode(),
        "channel": event.channel.value,
    }
    return Change(RATE, event.ticket, values)


def _ends_as(
    state: TicketState,
) -> Callable[[ev.Recorded, ev.TicketVoided | ev.TicketMissed | ev.TicketExpired], Change]:
    def end(_: ev.Recorded, event: ev.TicketVoided | ev.TicketMissed | ev.TicketExpired) -> Change:
        return Change(END, event.ticket, {"of_ticket": event.ticket, "new_state": state.value})

    return end


def _nothing(_: ev.Recorded, __: ev.Event) -> None:
    """Shifts have no table of their own yet: they are in `event`."""


_PROJECT: dict[type[Any], Callable[[ev.Recorded, Any], Change | None]] = {
    ev.DayOpened: _open_day,
    ev.DayClosed: _close_day,
    ev.MorningReportDue: _nothing,
    ev.KiosksClosed: _nothing,
    ev.KiosksOpened: _nothing,
    ev.TicketReserved: _issue,
    ev.TicketCarriedOver: _nothing,
    ev.TicketCancelled: _ends_as(TicketState.CANCELLED),
    ev.TicketPrinted: _print,
    ev.TicketVoided: _ends_as(TicketState.VOIDED),
    ev.TicketCalled: _call,
    ev.TicketRecalled: _recall,
    ev.TicketReleased: _release,
    ev.TicketArrived: _arrive,
    ev.TicketCompleted: _complete,
    ev.TicketMissed: _ends_as(TicketState.NO_SHOW),
    ev.TicketExpired: _ends_as(TicketState.EXPIRED),
    ev.ClerkSignedIn: _nothing,
    ev.ClerkSignedOut: _nothing,
    ev.StaffSignedIn: _nothing,
    ev.StaffSignedOut: _nothing,
    ev.PriorityGranted: _nothing,
    ev.AnnouncementEnded: _nothing,
    ev.ServicesAssigned: _nothing,
    ev.ProposalMade: _nothing,
    ev.ProposalWithdrawn: _nothing,
    ev.ProposalApproved: _nothing,
    ev.ProposalDeclined: _nothing,
    ev.RushTurned: _nothing,
    ev.ServiceRated: _rate,
    **appointments.PROJECT,
}
