"""What the clock brings."""

from collections.abc import Callable, Iterable

from hallserver.domain import events as ev
from hallserver.domain.acts import counter, supervise, voice
from hallserver.domain.acts.base import Room
from hallserver.domain.calendar import business_day
from hallserver.domain.instant import Now
from hallserver.domain.ticket import TERMINAL
from hallserver.protocol.ids import BusinessDay

_DUE: tuple[Callable[[Room, Now], Iterable[ev.Event]], ...] = (
    voice.due,
    counter.remind,
    supervise.due,
)
"""What falls due within a day. Each is asked several times a second and costs next to nothing when
nothing is due; it reads the state as it was before the tick."""


def tick(room: Room, now: Now) -> tuple[ev.Event, ...]:
    """Say what the clock brings: the business day opens, or changes, forward only."""
    state = room.state
    today = business_day(now.wall_ms, room.plan.rules)
    if state.day is None:
        return (ev.DayOpened(today),)
    if today > state.day:
        return _new_day(room, state.day, today)
    return tuple(event for due in _DUE for event in due(room, now))


def _new_day(room: Room, yesterday: BusinessDay, today: BusinessDay) -> tuple[ev.Event, ...]:
    expired = tuple(
        ev.TicketExpired(ticket.id)
        for ticket in room.state.tickets.values()
        if ticket.state not in TERMINAL
    )
    signed_out = tuple(
        ev.ClerkSignedOut(counter, clerk) for clerk, counter in room.state.desk_of_clerk.items()
    )
    left = tuple(ev.StaffSignedOut(client, clerk) for client, clerk in room.state.staff.items())
    unanswered = supervise.end_of_day(room)
    return (*expired, *unanswered, *signed_out, *left, ev.DayClosed(yesterday), ev.DayOpened(today))
