"""What the clock brings."""

from collections.abc import Callable, Iterable

from hallserver.domain import events as ev
from hallserver.domain.acts import appointments, counter, supervise, voice
from hallserver.domain.acts.base import Room
from hallserver.domain.calendar import business_day, day_after, moment_ms
from hallserver.domain.instant import Now
from hallserver.domain.ticket import TERMINAL, Ticket
from hallserver.protocol.ids import BusinessDay


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
    night = room.state.night
    opened: tuple[ev.Event, ...] = (ev.DayOpened(today, closed=yesterday),)
    if today == night.day:
        opened += tuple(_carried(room, ticket) for ticket in night.tickets.values())
    elif any(ticket.state not in TERMINAL for ticket in night.tickets.values()):
        opened = (*_slept_through(room, yesterday), ev.DayOpened(today, closed=night.day))
    opened += _skipped(room, today)
    settled = appointments.settle(room, today)
    return (*settled, *_close(room, yesterday), *opened, *appointments.carry_over(room, today))


def _skipped(room: Room, today: BusinessDay) -> tuple[ev.Event, ...]:
    """Say again what was lost, while its numbers may be of today: night tickets are given ahead."""
    lost = room.state.skipped
    if lost is None or today > day_after(business_day(lost.lost_until_ms, room.plan.rules)):
        return ()
    return (lost,)


def _close(room: Room, day: BusinessDay) -> tuple[ev.Event, ...]:
    """Say how the open business day ends."""
    state = room.state
    overdue = () if state.unreported is None else (ev.MorningReportDue(state.unreported),)
    signed_out = tuple(
        ev.ClerkSignedOut(counter, clerk) for clerk, counter in state.desk_of_clerk.items()
    )
    left = tuple(ev.StaffSignedOut(client, clerk) for client, clerk in state.staff.items())
    unanswered = supervise.end_of_day(room)
    expired = _expired(state.tickets.values())
    return (*overdue, *expired, *unanswered, *signed_out, *left, ev.DayClosed(day))


def _expired(tickets: Iterable[Ticket]) -> tuple[ev.Event, ...]:
    return tuple(ev.TicketExpired(each.id) for each in tickets if each.state not in TERMINAL)


def _slept_through(room: Room, yesterday: BusinessDay) -> tuple[ev.Event, ...]:
    """Say how the day of the night's tickets begins and ends, when no server ran on it."""
    night = room.state.night
    return (
        ev.DayOpened(night.day, closed=yesterday),
        *(_carried(room, ticket) for ticket in night.tickets.values()),
        ev.MorningReportDue(yesterday),
        *_expired(night.tickets.values()),
        ev.DayClosed(night.day),
    )


def _carried(room: Room, ticket: Ticket) -> ev.TicketCarriedOver:
    series = room.plan.service(ticket.service).prefix
    return ev.TicketCarriedOver(
        ticket=ticket.id,
        number=ticket.number,
        service=ticket.service,
        series=series,
        ordinal=int(ticket.number.removeprefix(series)),
        person=ticket.person,
        kiosk=ticket.kiosk,
        state=ticket.state,
        place=ticket.place,
        reserved_ms=ticket.reserved_ms,
        since_ms=ticket.since_ms,
        half=None if ticket.quota is None else ticket.quota.half,
        valid_from_ms=ticket.valid_from_ms,
        companions=ticket.companions,
        is_proxy=ticket.is_proxy,
        priority=ticket.priority,
        item=ticket.item,
    )


def _morning_report(room: Room, now: Now) -> Iterable[ev.Event]:
    """Say once a business day that the report on the one that closed last is due."""
    state, rules = room.state, room.plan.rules
    if state.unreported is None or state.day is None:
        return ()
    if now.wall_ms < moment_ms(state.day, rules.morning_report, rules):
        return ()
    return (ev.MorningReportDue(state.unreported),)


_DUE: tuple[Callable[[Room, Now], Iterable[ev.Event]], ...] = (
    voice.due,
    _morning_report,
    counter.remind,
    appointments.missed,
    supervise.due,
)
"""What falls due within a day. Each is asked several times a second and costs next to nothing when
nothing is due; it reads the state as it was before the tick."""
