"""What the hall publishes of its state: one pure function a snapshot."""

from collections.abc import Mapping

from msgspec import structs

from hallserver.domain.announcements import sentences
from hallserver.domain.availability import availability
from hallserver.domain.plan import HallPlan, Service
from hallserver.domain.state import HallState
from hallserver.protocol.ids import Epoch, ServiceId, ZoneId
from hallserver.protocol.snapshots import (
    BoardSnapshot,
    Catalog,
    CatalogCounter,
    CatalogDepartment,
    CatalogPriority,
    CatalogService,
    CatalogZone,
    ConsoleSnapshot,
    CounterServices,
    HallLoad,
    ServiceLoad,
    SpokenCall,
    Utterance,
    VoiceSnapshot,
)


def catalog(plan: HallPlan, epoch: Epoch) -> Catalog:
    """Show the hall as configured, before anything was moved in it."""
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
                is_for_visitors=plan.is_for_visitors(service.id),
            )
            for service in plan.services
        ),
        counters=tuple(CatalogCounter(c.id, c.label, c.zone, c.floor) for c in plan.counters),
        priorities=tuple(CatalogPriority(p.id, p.name, p.min_age) for p in plan.priorities),
    )


def catalog_today(state: HallState, epoch: Epoch) -> Catalog:
    """Show the hall as configured, and where services are served today."""
    configured = catalog(state.plan, epoch)
    where = state.assignments.where_to_go
    services = tuple(
        structs.replace(service, where=where(service.id)) for service in configured.services
    )
    return structs.replace(configured, version=state.assigned_seq, services=services)


def hall_load(state: HallState, epoch: Epoch) -> HallLoad:
    """Show how many wait for each service, and whether numbers are given."""

    services = {service.id: service_load(state, service) for service in state.plan.services}
    return load_with(state, services, epoch)


def service_load(state: HallState, service: Service) -> ServiceLoad:
    """Show how many wait for one service, and whether its numbers are given."""
    found = availability(state, service, state.wall_ms)
    return ServiceLoad(
        waiting=state.lines.length(service.id),
        open_counters=state.open_counters(service.id),
        status=found.status,
        again_at_ms=found.again_ms,
    )


def load_with(
    state: HallState, services: Mapping[ServiceId, ServiceLoad], epoch: Epoch
) -> HallLoad:
    """Show the load of the hall, of which that of its services is known."""
    return HallLoad(
        epoch=epoch,
        version=state.seq,
        services=dict(services),
        notice=state.notice,
        day=state.numbering.day or None,
    )


def board(state: HallState, zone: ZoneId, epoch: Epoch) -> BoardSnapshot:
    """Show the calls of a zone."""
    return BoardSnapshot(epoch=epoch, version=state.seq, zone=zone, calls=state.boards.calls(zone))


def voice(state: HallState, zone: ZoneId, epoch: Epoch) -> VoiceSnapshot:
    """Show what the voice of a zone has to say."""
    said = (
        Utterance(
            calls=tuple(
                SpokenCall(
                    number=calls[0].number,
                    counter=calls[0].counter,
                    call_seqs=tuple(each.call_seq for each in calls),
                )
                for calls in sentence.calls
            ),
            times=sentence.times,
            age_ms=state.now_ms - max(calls[-1].called_ms for calls in sentence.calls),
        )
        for sentence in sentences(state.voices.pending(zone))
    )
    return VoiceSnapshot(epoch=epoch, version=state.seq, zone=zone, pending=tuple(said))


def console(state: HallState, epoch: Epoch) -> ConsoleSnapshot:
    """Show supervisors what they have to decide on, and what they have moved."""
    moved = tuple(
        CounterServices(counter_id, state.services_of(counter_id))
        for counter_id in state.assignments.moved()
    )
    return ConsoleSnapshot(
        epoch=epoch, version=state.seq, proposals=state.tides.open(), moved=moved
    )
