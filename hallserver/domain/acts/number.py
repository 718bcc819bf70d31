"""Giving a number: who may hold how many, and the next of its series. Asks nothing about hours."""

from dataclasses import dataclass

from hallserver.domain import events as ev
from hallserver.domain import token as tokens
from hallserver.domain.acts.appointments import reopened
from hallserver.domain.acts.base import Decision, Room, refuse
from hallserver.domain.calendar import HalfDay
from hallserver.domain.come_again import valid_from_text
from hallserver.domain.instant import Now
from hallserver.domain.plan import Service
from hallserver.domain.ticket import Ticket
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.ids import BusinessDay, ItemId, PersonKey, PriorityId
from hallserver.protocol.replies import Reservation
from hallserver.protocol.states import TicketState

SUPERSEDE_AFTER_MS = 60_000
"""A reserved number without paper stops holding its person's place after this."""

NO_MORE_FOR_OTHERS = Text(
    "您代他人取的此事项的号已达上限。",
    "You hold as many numbers of this service for others as one person may.",
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a visitor brings along: who it is, how many come along, which class, on whose behalf."""

    person: PersonKey | None = None
    companions: int = 0
    is_proxy: bool = False
    priority: PriorityId | None = None
    no_card: c.NoCardReason | None = None
    item: ItemId | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a number is for. `half` is what a quota counts it for; `valid_from_ms`, in Unix
    milliseconds, the opening that it is taken for after hours."""

    day: BusinessDay
    half: HalfDay | None = None
    valid_from_ms: int | None = None


def without_paper(
    room: Room, service: Service, claim: Claim, now: Now
) -> tuple[Ticket, ...] | Decision:
    """Return the person's numbers that never reached paper, which give way to a new one.

    Or the refusal, when the person holds as many of the service as one may.
    """
    if claim.person is None:
        return ()
    held = [
        ticket
        for ticket in room.state.held_tickets(claim.person, service.id)
        if ticket.is_proxy is claim.is_proxy
    ]
    stale = tuple(ticket for ticket in held if is_without_paper(ticket, now))
    rules = room.plan.rules
    if claim.is_proxy:
        limit, text = rules.proxy_tickets_per_person_and_service, NO_MORE_FOR_OTHERS
    else:
        limit, text = rules.open_tickets_per_person_and_service, None
    if len(held) - len(stale) >= limit:
        return refuse(RejectionCode.ALREADY_WAITING, text)
    return stale


def give_number(
    room: Room, service: Service, claim: Claim, now: Now, turn: Turn | None = None
) -> Decision:
    """Reserve the next number: of the open business day, unless `turn` says otherwise.

    Neither hours nor quotas nor closed kiosks are asked; without a `turn` no quota counts it.
    """
    state = room.state
    turn = turn or Turn(state.numbering.day)
    stale = without_paper(room, service, claim, now)
    if isinstance(stale, Decision):
        return stale
    is_tonight = turn.day == state.night.day
    numbering = state.night.numbering if is_tonight else state.numbering
    numbered = numbering.next_number(service)
    if numbered is None:
        return refuse(RejectionCode.NUMBERS_USED_UP)
    waiting = state.night.waiting if is_tonight else state.lines.length
    reply = Reservation(
        ticket=numbered.ticket,
        number=numbered.number,
        token=tokens.sign(numbered.ticket, room.key),
        service=service.id,
        day=numbering.day,
        people_ahead=waiting(service.id),
        issued_at_ms=now.wall_ms,
        valid_from_ms=turn.valid_from_ms,
        note=None
        if turn.valid_from_ms is None
        else valid_from_text(room.state, turn.valid_from_ms),
    )
    reserved = ev.TicketReserved(
        ticket=numbered.ticket,
        number=numbered.number,
        service=service.id,
        series=numbered.series,
        ordinal=numbered.ordinal,
        person=claim.person,
        half=turn.half,
        valid_from_ms=turn.valid_from_ms,
        companions=claim.companions,
        is_proxy=claim.is_proxy,
        priority=claim.priority,
        no_card=claim.no_card,
        item=claim.item,
    )
    superseded = (
        event
        for ticket in stale
        for event in (
            ev.TicketVoided(ticket.id, ev.VoidCause.SUPERSEDED),
            *reopened(room, ticket.id),
        )
    )
    return Decision(reply, (*superseded, reserved))


def is_without_paper(ticket: Ticket, now: Now) -> bool:
    """Whether a number never reached paper, as far as anybody can still hope."""
    age_ms = now.elapsed_ms - ticket.reserved_ms
    return ticket.state is TicketState.RESERVED and age_ms >= SUPERSEDE_AFTER_MS
