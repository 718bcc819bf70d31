"""The reporting tables as folds of the journal: one small function an event.

They are written in the transaction of the events themselves, so no figure is ever behind or ahead.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ClauseElement, bindparam, insert, update

from hallserver.domain import events as ev
from hallserver.journal import appointments, stints, visits
from hallserver.journal.change import Change
from hallserver.journal.tables import business_day, rating

_now = bindparam("now_ms", type_=BigInteger)
_wall = bindparam("now_wall_ms", type_=BigInteger)

OPEN_DAY = insert(business_day).values(
    day=bindparam("day"), opened_seq=bindparam("seq"), opened_wall_ms=_wall
)
CLOSE_DAY = (
    update(business_day)
    .where(business_day.c.day == bindparam("of_day"))
    .values(closed_seq=bindparam("seq"), closed_wall_ms=_wall)
)
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
    RATE,
    *visits.STATEMENTS,
    *appointments.STATEMENTS,
)


MAY_FIND_NOTHING = stints.MAY_FIND_NOTHING
"""Every other statement about a row that is there finds it."""


def project(recorded: ev.Recorded) -> tuple[Change, ...]:
    """Say what an event changes in the reporting tables, in this order."""
    changes = _PROJECT[type(recorded.event)](recorded, recorded.event)
    if changes is None:
        return ()
    return (changes,) if isinstance(changes, Change) else changes


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


def _open_day(recorded: ev.Recorded, event: ev.DayOpened) -> Change:
    values = {"day": event.day, "seq": recorded.seq, "now_wall_ms": recorded.wall_ms}
    return Change(OPEN_DAY, event.day, values)


def _close_day(recorded: ev.Recorded, event: ev.DayClosed) -> Change:
    values = {"of_day": event.day, "seq": recorded.seq, "now_wall_ms": recorded.wall_ms}
    return Change(CLOSE_DAY, event.day, values)


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


def _nothing(_: ev.Recorded, __: ev.Event) -> None:
    """Shifts and pauses have no table of their own yet: they are in `event`."""


_PROJECT: dict[type[Any], Callable[[ev.Recorded, Any], Change | tuple[Change, ...] | None]] = {
    ev.DayOpened: _open_day,
    ev.DayClosed: _close_day,
    ev.MorningReportDue: _nothing,
    ev.NumbersSkipped: _nothing,
    ev.KiosksClosed: _nothing,
    ev.KiosksOpened: _nothing,
    ev.TicketCarriedOver: _nothing,
    ev.TicketReaddressed: _nothing,
    ev.ParkedDue: _nothing,
    ev.CounterPaused: _nothing,
    ev.CounterResumed: _nothing,
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
    **visits.PROJECT,
    **appointments.PROJECT,
}
