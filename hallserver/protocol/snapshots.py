"""What the hall publishes: whole states, never differences, each with a version that only rises.

A version is `(epoch, version)`: the count of server starts and the journal's sequence number. A
screen that was unplugged is right after one message. Fields that a reader does not know are
ignored.
"""

import msgspec

from hallserver.protocol.errors import Text
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    CounterId,
    DepartmentId,
    Epoch,
    HallId,
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
    """The hall as configured: what kiosks and screens need to draw themselves."""

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


Published = ServerInfo | Heartbeat | Catalog | HallLoad | BoardSnapshot | CounterSnapshot
