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
    ProposalId,
    ServiceId,
    TicketId,
    TicketNumber,
    ZoneId,
)
from hallserver.protocol.states import TicketState


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
    """A service as people are shown it. `where` is the line "where to go" of the ticket."""

    id: ServiceId
    name: Text
    department: DepartmentId
    zone: ZoneId
    initials: str
    where: Text


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


class ServiceLoad(msgspec.Struct, frozen=True):
    """How many wait for a service, and how many counters with a clerk serve it."""

    waiting: int
    open_counters: int


class HallLoad(msgspec.Struct, frozen=True):
    """The load of every service."""

    epoch: Epoch
    version: int
    services: dict[ServiceId, ServiceLoad]


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
    """The ticket that a counter works on."""

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    state: TicketState
    recalls: int
    called_at_ms: int


class CounterSnapshot(msgspec.Struct, frozen=True):
    """One counter, for its terminal and its rating pad.

    `waiting` counts the tickets that this counter may call; `next_numbers` are the first of them
    in the order in which they would be called. `rateable` is the service completed here last,
    while it is unrated and the next visitor has not arrived.
    """

    epoch: Epoch
    version: int
    counter: CounterId
    clerk: ClerkAtCounter | None
    active: ActiveTicket | None
    waiting: int
    next_numbers: tuple[TicketNumber, ...]
    rateable: ActiveTicket | None


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
