"""What the hall publishes: whole states, never differences, each with a version that only rises.

A version is `(epoch, version)`: the count of server starts and the journal's sequence number. A
screen that was unplugged is right after one message. Fields that a reader does not know are
ignored.
"""

from enum import StrEnum, unique

import msgspec

from hallserver.protocol.errors import Text
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    CounterId,
    DepartmentId,
    Epoch,
    HallId,
    PriorityId,
    ProposalId,
    ServiceId,
    TicketId,
    TicketNumber,
    ZoneId,
)
from hallserver.protocol.items import ItemStep
from hallserver.protocol.states import PauseReason, ServiceStatus, TicketState


class ServerInfo(msgspec.Struct, frozen=True):
    """The greeting, retained: who serves here, since when, and which schemas it understands."""

    schema_version: int
    min_schema_version: int
    hall: HallId
    epoch: Epoch
    day: BusinessDay
    server_version: str


class Heartbeat(msgspec.Struct, frozen=True):
    """Sent every second, never retained: without it for 4 s a screen says that it is stale."""

    epoch: Epoch
    version: int


class CatalogZone(msgspec.Struct, frozen=True):
    """A zone as people are shown it."""

    id: ZoneId
    name: Text
    floor: int


class CatalogDepartment(msgspec.Struct, frozen=True):
    """A department as people are shown it."""

    id: DepartmentId
    name: Text


class CatalogService(msgspec.Struct, frozen=True):
    """A service as people are shown it. `where` is the line "where to go" of the ticket.

    One that back offices alone serve is not `is_for_visitors`: nobody takes a number for it.
    """

    id: ServiceId
    name: Text
    department: DepartmentId
    zone: ZoneId
    initials: str
    where: Text
    is_for_visitors: bool = True


class CatalogPriority(msgspec.Struct, frozen=True):
    """A class of visitors who are called sooner; from `min_age` whole years on by age alone."""

    id: PriorityId
    name: Text
    min_age: int | None = None


class CatalogCounter(msgspec.Struct, frozen=True):
    """A counter as people are shown it."""

    id: CounterId
    label: Text
    zone: ZoneId
    floor: int


class Catalog(msgspec.Struct, frozen=True):
    """The hall as configured: what kiosks and screens need to draw themselves.

    `where` of the services is what it is today, after services were moved between counters.
    """

    epoch: Epoch
    version: int
    title: Text
    zones: tuple[CatalogZone, ...]
    departments: tuple[CatalogDepartment, ...]
    services: tuple[CatalogService, ...]
    counters: tuple[CatalogCounter, ...]
    priorities: tuple[CatalogPriority, ...] = ()

    @property
    def offered(self) -> tuple[CatalogService, ...]:
        """The services that visitors may take a number for."""
        return tuple(service for service in self.services if service.is_for_visitors)


class ServiceLoad(msgspec.Struct, frozen=True):
    """How many wait for a service, and how many counters with a clerk serve it.

    `again_at_ms` is when a number can be had again; while a number is for the next opening
    (`night`), when that is. None where nobody knows.
    """

    waiting: int
    open_counters: int
    status: ServiceStatus = ServiceStatus.OPEN
    again_at_ms: int | None = None


class HallLoad(msgspec.Struct, frozen=True):
    """The load of every service on the open business day `day`. `notice` is what kiosks say while
    a supervisor has closed them.

    It also changes by time alone, so its version may run a little ahead of the journal.
    """

    epoch: Epoch
    version: int
    services: dict[ServiceId, ServiceLoad]
    notice: Text | None = None
    day: BusinessDay | None = None


class BoardCall(msgspec.Struct, frozen=True):
    """One call on a board. `call_seq` rises with every call and recall: the newest has the most."""

    call_seq: int
    number: TicketNumber
    counter: CounterId
    recalls: int
    state: TicketState
    called_at_ms: int


class BoardSnapshot(msgspec.Struct, frozen=True):
    """The board of a zone: the last calls, newest first, at most `MAX_BOARD_CALLS`."""

    epoch: Epoch
    version: int
    zone: ZoneId
    calls: tuple[BoardCall, ...]


MAX_BOARD_CALLS = 16


class SpokenCall(msgspec.Struct, frozen=True):
    """One number in what a voice says: its call, and the recalls since, named by `call_seqs`."""

    number: TicketNumber
    counter: CounterId
    call_seqs: tuple[int, ...]


class Utterance(msgspec.Struct, frozen=True):
    """What a voice says in one go, `times` times, before it acknowledges all of its `call_seqs`.

    `age_ms` is the age of its newest call when the snapshot was made.
    """

    calls: tuple[SpokenCall, ...]
    times: int
    age_ms: int


class VoiceSnapshot(msgspec.Struct, frozen=True):
    """What the voice of a zone has to say, in order; at most `MAX_VOICE_CALLS` calls and recalls.

    What is not in it any more is not to be said any more.
    """

    epoch: Epoch
    version: int
    zone: ZoneId
    pending: tuple[Utterance, ...]


MAX_VOICE_CALLS = 24
"""More than this takes over a minute to say, and what is a minute old is not said any more."""


class ClerkAtCounter(msgspec.Struct, frozen=True):
    """Who is signed in at a counter."""

    clerk: ClerkId
    name: Text
    staff_number: str


class ActiveTicket(msgspec.Struct, frozen=True):
    """The ticket that a counter works on.

    `undo_until_ms` is how long its call can be taken back, while it can. `returns_to` is the
    counter that it goes back to when it is completed here, `step` how far its item has come.
    """

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    state: TicketState
    recalls: int
    called_at_ms: int
    undo_until_ms: int | None = None
    priority: PriorityId | None = None
    companions: int = 0
    returns_to: CounterId | None = None
    step: ItemStep | None = None


class ParkedTicket(msgspec.Struct, frozen=True):
    """A ticket that a counter has set aside; `is_due` when `resume_at_ms` has passed."""

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    parked_at_ms: int
    resume_at_ms: int | None
    is_due: bool


class CounterPause(msgspec.Struct, frozen=True):
    """Why nobody is called at a staffed counter, and since when."""

    reason: PauseReason
    since_ms: int


class CounterSnapshot(msgspec.Struct, frozen=True):
    """One counter, for its terminal and its rating pad.

    `waiting` counts the tickets that this counter may call; `next_numbers` are the first of them
    in the order in which they would be called. `rateable` is the service completed here last,
    while it is unrated and the next visitor has not arrived. `parked` tickets stay when a clerk
    leaves; `services` are those served here now, in their order.
    """

    epoch: Epoch
    version: int
    counter: CounterId
    clerk: ClerkAtCounter | None
    active: ActiveTicket | None
    waiting: int
    next_numbers: tuple[TicketNumber, ...]
    rateable: ActiveTicket | None
    paused: CounterPause | None = None
    parked: tuple[ParkedTicket, ...] = ()
    services: tuple[ServiceId, ...] = ()


@unique
class ProposalKind(StrEnum):
    """What the hall proposes to its supervisor."""

    OPEN = "open"
    """Have a clerk sit down at the counter, and serve the services there too."""

    MOVE = "move"
    """Serve the services at the counter too."""

    BACK = "back"
    """Serve them there no longer: the rush is over."""


class Proposal(msgspec.Struct, frozen=True):
    """What a tidal rule (`rule`) of the hall proposes and nobody has answered yet.

    `waiting` and `longest_s` are how many waited for the rule's services, and how long the one who
    had waited longest, when it was made.
    """

    id: ProposalId
    rule: str
    kind: ProposalKind
    counter: CounterId
    services: tuple[ServiceId, ...]
    waiting: int
    longest_s: int
    made_at_ms: int


class CounterServices(msgspec.Struct, frozen=True):
    """What a counter serves today, where that is not what the hall file gives it."""

    counter: CounterId
    services: tuple[ServiceId, ...]


class ConsoleSnapshot(msgspec.Struct, frozen=True):
    """What supervisors decide on: open proposals, oldest first, and who serves what meanwhile."""

    epoch: Epoch
    version: int
    proposals: tuple[Proposal, ...]
    moved: tuple[CounterServices, ...]


Published = (
    ServerInfo
    | Heartbeat
    | Catalog
    | HallLoad
    | BoardSnapshot
    | VoiceSnapshot
    | CounterSnapshot
    | ConsoleSnapshot
)
