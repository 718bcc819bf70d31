"""The visits as a fold of the journal: one row a ticket, one function an event.

What can be told of each stint is told there first (`stints`); a visit's durations are their sums.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, ScalarSelect, bindparam, func, insert, select, update

from hallserver.domain import events as ev
from hallserver.domain.token import day_of
from hallserver.journal import stints
from hallserver.journal.change import Change
from hallserver.journal.tables import stint, visit
from hallserver.protocol.ids import ServiceId, TicketId
from hallserver.protocol.states import TicketState

_now = bindparam("now_ms", type_=BigInteger)
_wall = bindparam("now_wall_ms", type_=BigInteger)
_its_visit = update(visit).where(visit.c.ticket == bindparam("of_ticket"))


def _sum(column: str) -> ScalarSelect[Any]:
    """Add up over a ticket's stints; NULL while there is nothing to add."""
    total = select(func.sum(stint.c[column]))
    return total.where(stint.c.ticket == visit.c.ticket).scalar_subquery()


_IN_LINE = {
    "state": TicketState.WAITING.value,
    "counter": None,
    "clerk": None,
    "recalls": 0,
    "called_ms": None,
    "called_wall_ms": None,
    "arrived_ms": None,
    "arrived_wall_ms": None,
}

ISSUE = insert(visit).values(
    ticket=bindparam("ticket"),
    day=bindparam("day"),
    number=bindparam("number"),
    service=bindparam("service"),
    item=bindparam("item"),
    step=0,
    kiosk=bindparam("kiosk"),
    state=TicketState.RESERVED.value,
    recalls=0,
    issued_ms=_now,
    issued_wall_ms=_wall,
)
PRINT = _its_visit.values(state=TicketState.WAITING.value, printed_ms=_now, printed_wall_ms=_wall)
CALL = _its_visit.values(
    state=TicketState.CALLED.value,
    counter=bindparam("by_counter"),
    clerk=bindparam("by_clerk"),
    recalls=0,
    called_ms=_now,
    called_wall_ms=_wall,
    waiting_ms=_sum("waiting_ms"),
)
RECALL = _its_visit.values(recalls=visit.c.recalls + 1)
RELEASE = _its_visit.values(**_IN_LINE, waiting_ms=_sum("waiting_ms"))
REINSTATE = _its_visit.values(**_IN_LINE)
ARRIVE = _its_visit.values(
    state=TicketState.SERVING.value,
    arrived_ms=_now,
    arrived_wall_ms=_wall,
    way_ms=_sum("way_ms"),
)
PARK = _its_visit.values(state=TicketState.PARKED.value, serving_ms=_sum("serving_ms"))
RESUME = _its_visit.values(
    state=TicketState.SERVING.value,
    counter=bindparam("by_counter"),
    clerk=bindparam("by_clerk"),
)
GO_ON = _its_visit.values(
    **_IN_LINE, service=bindparam("next_service"), serving_ms=_sum("serving_ms")
)
END_STEP = _its_visit.values(
    **_IN_LINE,
    service=bindparam("next_service"),
    step=bindparam("steps_done"),
    serving_ms=_sum("serving_ms"),
)
COMPLETE = _its_visit.values(
    state=TicketState.COMPLETED.value,
    completed_ms=_now,
    completed_wall_ms=_wall,
    serving_ms=_sum("serving_ms"),
)
END = _its_visit.values(state=bindparam("new_state"))

STATEMENTS = (
    ISSUE,
    PRINT,
    CALL,
    RECALL,
    RELEASE,
    REINSTATE,
    ARRIVE,
    PARK,
    RESUME,
    GO_ON,
    END_STEP,
    COMPLETE,
    END,
    *stints.STATEMENTS,
)

Changes = tuple[Change, ...]


def _issue(recorded: ev.Recorded, event: ev.TicketReserved) -> Changes:
    values = {
        "ticket": event.ticket,
        "day": day_of(event.ticket),  # after hours it may be the next
        "number": event.number,
        "service": event.service,
        "item": event.item,
        "kiosk": recorded.client,
        "now_ms": recorded.elapsed_ms,
        "now_wall_ms": recorded.wall_ms,
    }
    return (Change(ISSUE, event.ticket, values),)


def _print(recorded: ev.Recorded, event: ev.TicketPrinted) -> Changes:
    values = _moment(recorded, event.ticket)
    return (Change(PRINT, event.ticket, values), stints.begin(recorded, event.ticket))


def _call(recorded: ev.Recorded, event: ev.TicketCalled) -> Changes:
    by = {"by_counter": event.counter, "by_clerk": event.clerk}
    values = {**_moment(recorded, event.ticket), **by}
    return (stints.call(recorded, event), Change(CALL, event.ticket, values))


def _recall(recorded: ev.Recorded, event: ev.TicketRecalled) -> Changes:
    recalled = Change(RECALL, event.ticket, {"of_ticket": event.ticket})
    return (stints.recall(recorded, event), recalled)


def _release(recorded: ev.Recorded, event: ev.TicketReleased) -> Changes:
    released = Change(RELEASE, event.ticket, {"of_ticket": event.ticket})
    return (stints.release(recorded, event), released)


def _arrive(recorded: ev.Recorded, event: ev.TicketArrived) -> Changes:
    arrived = Change(ARRIVE, event.ticket, _moment(recorded, event.ticket))
    return (stints.arrive(recorded, event), arrived)


def _park(recorded: ev.Recorded, event: ev.TicketParked) -> Changes:
    parked = Change(PARK, event.ticket, {"of_ticket": event.ticket})
    return (stints.park(recorded, event), parked)


def _resume(recorded: ev.Recorded, event: ev.TicketResumed) -> Changes:
    by = {"by_counter": event.counter, "by_clerk": event.clerk}
    resumed = Change(RESUME, event.ticket, {"of_ticket": event.ticket, **by})
    return (stints.resume(recorded, event), resumed)


def _transfer(recorded: ev.Recorded, event: ev.TicketTransferred) -> Changes:
    return _go_on(recorded, event.ticket, "transferred", (), event.service)


def _return(recorded: ev.Recorded, event: ev.TicketReturned) -> Changes:
    return _go_on(recorded, event.ticket, "returned", event.services, event.service)


def _go_on(
    recorded: ev.Recorded,
    ticket: TicketId,
    ended_as: str,
    given: tuple[ServiceId, ...],
    service: ServiceId,
) -> Changes:
    return (
        stints.end_served(recorded, ticket, ended_as, given),
        Change(GO_ON, ticket, {"of_ticket": ticket, "next_service": service}),
        stints.begin(recorded, ticket),
    )


def _end_step(recorded: ev.Recorded, event: ev.StepCompleted) -> Changes:
    values = {
        "of_ticket": event.ticket,
        "next_service": event.service,
        "steps_done": event.step,
    }
    return (
        stints.end_served(recorded, event.ticket, "step_completed", event.services),
        Change(END_STEP, event.ticket, values),
        stints.begin(recorded, event.ticket),
    )


def _reinstate(recorded: ev.Recorded, event: ev.TicketReinstated) -> Changes:
    reinstated = Change(REINSTATE, event.ticket, {"of_ticket": event.ticket})
    return (reinstated, stints.begin(recorded, event.ticket))


def _complete(recorded: ev.Recorded, event: ev.TicketCompleted) -> Changes:
    state = TicketState.COMPLETED.value
    completed = Change(COMPLETE, event.ticket, _moment(recorded, event.ticket))
    return (stints.end_served(recorded, event.ticket, state, event.services), completed)


def _void(_: ev.Recorded, event: ev.TicketVoided) -> Changes:
    return (_end(event.ticket, TicketState.VOIDED),)


_Unserved = ev.TicketMissed | ev.TicketExpired | ev.TicketCancelled


def _ends_as(state: TicketState) -> Callable[[ev.Recorded, _Unserved], Changes]:
    def end(recorded: ev.Recorded, event: _Unserved) -> Changes:
        left = stints.end_unserved(recorded, event.ticket, state.value)
        return (left, _end(event.ticket, state))

    return end


def _end(ticket: TicketId, state: TicketState) -> Change:
    return Change(END, ticket, {"of_ticket": ticket, "new_state": state.value})


def _moment(recorded: ev.Recorded, ticket: TicketId) -> dict[str, Any]:
    return {
        "of_ticket": ticket,
        "now_ms": recorded.elapsed_ms,
        "now_wall_ms": recorded.wall_ms,
    }


PROJECT: dict[type[Any], Callable[[ev.Recorded, Any], Changes]] = {
    ev.TicketReserved: _issue,
    ev.TicketPrinted: _print,
    ev.TicketVoided: _void,
    ev.TicketCancelled: _ends_as(TicketState.CANCELLED),
    ev.TicketCalled: _call,
    ev.TicketRecalled: _recall,
    ev.TicketReleased: _release,
    ev.TicketArrived: _arrive,
    ev.TicketParked: _park,
    ev.TicketResumed: _resume,
    ev.TicketTransferred: _transfer,
    ev.TicketReturned: _return,
    ev.StepCompleted: _end_step,
    ev.TicketReinstated: _reinstate,
    ev.TicketCompleted: _complete,
    ev.TicketMissed: _ends_as(TicketState.NO_SHOW),
    ev.TicketExpired: _ends_as(TicketState.EXPIRED),
}
