"""The stints of each ticket as a fold of the journal: one row for each time that it waited.

A stint begins when a ticket joins a line and ends there: completed, missed, sent on.
At most one stint of a ticket is open, so an event finds its row by the ticket alone.
"""

from typing import Any

import msgspec
from sqlalchemy import BigInteger, bindparam, func, insert, literal_column, select, update

from hallserver.domain import events as ev
from hallserver.journal.change import Change
from hallserver.journal.tables import stint, visit
from hallserver.protocol.ids import ServiceId, TicketId

_now = bindparam("now_ms", type_=BigInteger)
_wall = bindparam("now_wall_ms", type_=BigInteger)
_open = update(stint).where(stint.c.ticket == bindparam("of_ticket"), stint.c.ended_ms.is_(None))
_served = func.coalesce(stint.c.serving_ms, 0) + _now - stint.c.serving_from_ms

BEGIN = insert(stint).from_select(
    [
        "ticket",
        "began_seq",
        "day",
        "service",
        "item",
        "step",
        "recalls",
        "began_ms",
        "began_wall_ms",
    ],
    select(
        visit.c.ticket,
        bindparam("seq", type_=BigInteger),
        visit.c.day,
        visit.c.service,
        visit.c.item,
        visit.c.step,
        literal_column("0"),
        _now,
        _wall,
    ).where(visit.c.ticket == bindparam("of_ticket")),
)
CALL = _open.values(
    counter=bindparam("by_counter"),
    clerk=bindparam("by_clerk"),
    called_ms=_now,
    called_wall_ms=_wall,
    waiting_ms=_now - stint.c.began_ms,
)
RECALL = _open.values(recalls=stint.c.recalls + 1)
RELEASE = _open.values(
    counter=None, clerk=None, recalls=0, called_ms=None, called_wall_ms=None, waiting_ms=None
)
ARRIVE = _open.values(
    arrived_ms=_now,
    arrived_wall_ms=_wall,
    way_ms=_now - stint.c.called_ms,
    serving_from_ms=_now,
)
PARK = _open.values(serving_ms=_served, serving_from_ms=None)
RESUME = _open.values(
    counter=bindparam("by_counter"), clerk=bindparam("by_clerk"), serving_from_ms=_now
)
END_SERVED = _open.values(
    ended_ms=_now,
    ended_wall_ms=_wall,
    ended_as=bindparam("new_end"),
    services=bindparam("given"),
    serving_ms=_served,
    serving_from_ms=None,
)
# What nobody served to its end: the clock that still runs says nothing about a service.
END_UNSERVED = _open.values(
    ended_ms=_now, ended_wall_ms=_wall, ended_as=bindparam("new_end"), serving_from_ms=None
)

STATEMENTS = (
    BEGIN,
    CALL,
    RECALL,
    RELEASE,
    ARRIVE,
    PARK,
    RESUME,
    END_SERVED,
    END_UNSERVED,
)

MAY_FIND_NOTHING = frozenset({END_UNSERVED})
"""The ticket of an expired reservation waits in no line, and a missed call has ended its stint."""


def begin(recorded: ev.Recorded, ticket: TicketId) -> Change:
    """Join a line: that of the visit's service."""
    return _change(BEGIN, recorded, ticket, seq=recorded.seq)


def call(recorded: ev.Recorded, event: ev.TicketCalled) -> Change:
    """Be called."""
    return _change(CALL, recorded, event.ticket, by_counter=event.counter, by_clerk=event.clerk)


def recall(_: ev.Recorded, event: ev.TicketRecalled) -> Change:
    """Be called once more."""
    return Change(RECALL, event.ticket, {"of_ticket": event.ticket})


def release(_: ev.Recorded, event: ev.TicketReleased) -> Change:
    """Wait on as if there had been no call."""
    return Change(RELEASE, event.ticket, {"of_ticket": event.ticket})


def arrive(recorded: ev.Recorded, event: ev.TicketArrived) -> Change:
    """Begin to be served."""
    return _change(ARRIVE, recorded, event.ticket)


def park(recorded: ev.Recorded, event: ev.TicketParked) -> Change:
    """Be set aside: this time is no serving."""
    return Change(PARK, event.ticket, {"of_ticket": event.ticket, "now_ms": recorded.elapsed_ms})


def resume(recorded: ev.Recorded, event: ev.TicketResumed) -> Change:
    """Be served again."""
    values = {
        "of_ticket": event.ticket,
        "now_ms": recorded.elapsed_ms,
        "by_counter": event.counter,
        "by_clerk": event.clerk,
    }
    return Change(RESUME, event.ticket, values)


def end_served(
    recorded: ev.Recorded, ticket: TicketId, ended_as: str, services: tuple[ServiceId, ...]
) -> Change:
    """Be done at a counter."""
    given = msgspec.json.encode(services).decode()
    return _change(END_SERVED, recorded, ticket, new_end=ended_as, given=given)


def end_unserved(recorded: ev.Recorded, ticket: TicketId, ended_as: str) -> Change:
    """Leave the line, or the counter, without having been served to the end."""
    return _change(END_UNSERVED, recorded, ticket, new_end=ended_as)


def _change(statement: Any, recorded: ev.Recorded, ticket: TicketId, **more: Any) -> Change:
    moment = {"now_ms": recorded.elapsed_ms, "now_wall_ms": recorded.wall_ms}
    return Change(statement, ticket, {"of_ticket": ticket, **moment, **more})
