"""What the hall publishes of its state: one pure function a snapshot."""

from hallserver.domain.plan import HallPlan
from hallserver.domain.state import HallState
from hallserver.domain.ticket import Ticket
from hallserver.protocol.ids import CounterId, Epoch, TicketId, ZoneId
from hallserver.protocol.snapshots import (
    ActiveTicket,
    BoardSnapshot,
    Catalog,
    CatalogCounter,
    CatalogDepartment,
    CatalogService,
    CatalogZone,
    ClerkAtCounter,
    CounterSnapshot,
    HallLoad,
    ServiceLoad,
)

UPCOMING_SHOWN = 5


def catalog(plan: HallPlan, epoch: Epoch) -> Catalog:
    """Show the hall as configured. Its version is the epoch: it changes at a restart only."""
    return Catalog(
        epoch=epoch,
        version=0,
        title=plan.title,
        zones=tuple(CatalogZone(zone.id, zone.name, zone.floor) for zone in plan.zones),
        departments=tuple(CatalogDepartment(d.id, d.name) for d in plan.departments),
        services=tuple(
            CatalogService(
                id=service.id,
                name=service.name,
                department=service.department,
                zone=service.zone,
                initials=service.initials,
                where=plan.where_to_go(service.id),
            )
            for service in plan.services
        ),
        counters=tuple(CatalogCounter(c.id, c.label, c.zone, c.floor) for c in plan.counters),
    )


def hall_load(state: HallState, epoch: Epoch) -> HallLoad:
    """Show how many wait for each service."""

    # One look at each counter, not one at each counter of each service: this is asked for often.
    open_counters = {service.id: 0 for service in state.plan.services}
    for counter in state.plan.counters:
        if state.desks[counter.id].clerk is not None:
            for service_id in counter.services:
                open_counters[service_id] += 1
    length = state.lines.length
    services = {
        service_id: ServiceLoad(length(service_id), count)
        for service_id, count in open_counters.items()
    }
    return HallLoad(epoch=epoch, version=state.seq, services=services)


def board(state: HallState, zone: ZoneId, epoch: Epoch) -> BoardSnapshot:
    """Show the calls of a zone."""
    return BoardSnapshot(epoch=epoch, version=state.seq, zone=zone, calls=state.boards.calls(zone))


def counter(state: HallState, counter_id: CounterId, epoch: Epoch) -> CounterSnapshot:
    """Show one counter to its terminal and its pad."""
    desk = state.desks[counter_id]
    services = state.plan.counter(counter_id).services
    upcoming = state.lines.upcoming(services, UPCOMING_SHOWN)
    return CounterSnapshot(
        epoch=epoch,
        version=state.seq,
        counter=counter_id,
        clerk=_clerk(state, counter_id),
        active=_active(state, desk.active),
        waiting=sum(map(state.lines.length, services)),
        next_numbers=tuple(state.tickets[ticket].number for ticket in upcoming),
        rateable=_rateable(state, desk.completed),
    )


def _clerk(state: HallState, counter_id: CounterId) -> ClerkAtCounter | None:
    account = state.desks[counter_id].clerk
    if account is None:
        return None
    clerk = state.plan.find_clerk(account)
    if clerk is None:  # the account was taken out of the hall file during the shift
        return None
    return ClerkAtCounter(clerk.id, clerk.name, clerk.staff_number)


def _active(state: HallState, ticket_id: TicketId | None) -> ActiveTicket | None:
    return None if ticket_id is None else _shown(state.tickets[ticket_id])


def _rateable(state: HallState, ticket_id: TicketId | None) -> ActiveTicket | None:
    if ticket_id is None or state.tickets[ticket_id].is_rated:
        return None
    return _shown(state.tickets[ticket_id])


def _shown(ticket: Ticket) -> ActiveTicket:
    return ActiveTicket(
        ticket=ticket.id,
        number=ticket.number,
        service=ticket.service,
        state=ticket.state,
        recalls=ticket.recalls,
        called_at_ms=ticket.called_wall_ms,
    )
