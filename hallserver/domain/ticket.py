"""The life of a ticket: one table. What is not in it raises and changes nothing."""

from enum import StrEnum, unique
from typing import Any

import msgspec
from msgspec.structs import replace

from hallserver.domain.place import Place
from hallserver.domain.quota import Quota
from hallserver.domain.waiting import Lane, Waiting
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CounterId,
    ItemId,
    PersonKey,
    PriorityId,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.states import TicketState


@unique
class Move(StrEnum):
    """What can happen to a ticket."""

    PRINTED = "printed"
    VOIDED = "voided"
    CALLED = "called"
    CANCELLED = "cancelled"
    ARRIVED = "arrived"
    RECALLED = "recalled"
    MISSED = "missed"
    RELEASED = "released"
    REINSTATED = "reinstated"
    COMPLETED = "completed"
    TRANSFERRED = "transferred"
    PARKED = "parked"
    RESUMED = "resumed"
    EXPIRED = "expired"


_S = TicketState
_M = Move

MOVES: dict[tuple[TicketState, Move], TicketState] = {
    (_S.RESERVED, _M.PRINTED): _S.WAITING,
    (_S.RESERVED, _M.VOIDED): _S.VOIDED,
    (_S.WAITING, _M.CALLED): _S.CALLED,
    (_S.WAITING, _M.CANCELLED): _S.CANCELLED,
    (_S.CALLED, _M.ARRIVED): _S.SERVING,
    (_S.CALLED, _M.RECALLED): _S.CALLED,
    (_S.CALLED, _M.MISSED): _S.NO_SHOW,
    (_S.CALLED, _M.RELEASED): _S.WAITING,
    (_S.NO_SHOW, _M.REINSTATED): _S.WAITING,
    (_S.SERVING, _M.COMPLETED): _S.COMPLETED,
    (_S.SERVING, _M.TRANSFERRED): _S.WAITING,
    (_S.SERVING, _M.PARKED): _S.PARKED,
    (_S.PARKED, _M.RESUMED): _S.SERVING,
    (_S.RESERVED, _M.EXPIRED): _S.EXPIRED,
    (_S.WAITING, _M.EXPIRED): _S.EXPIRED,
    (_S.CALLED, _M.EXPIRED): _S.EXPIRED,
    (_S.SERVING, _M.EXPIRED): _S.EXPIRED,
    (_S.PARKED, _M.EXPIRED): _S.EXPIRED,
    (_S.NO_SHOW, _M.EXPIRED): _S.EXPIRED,
}

INITIAL = TicketState.RESERVED
TERMINAL = frozenset({_S.COMPLETED, _S.VOIDED, _S.CANCELLED, _S.EXPIRED})
"""Nothing happens to a ticket after these."""
AT_COUNTER = frozenset({_S.CALLED, _S.SERVING})
"""The ticket occupies the counter that called it."""
HOLDS_PLACE = frozenset({_S.RESERVED, _S.WAITING, _S.CALLED, _S.SERVING, _S.PARKED})
"""Its person may not take a second number of the same service."""


class IllegalMoveError(Exception):
    """A move that the table does not have."""


def next_state(state: TicketState, move: Move) -> TicketState:
    """Look the move up. Raises IllegalMoveError when the table does not have it."""
    try:
        return MOVES[state, move]
    except KeyError:
        raise IllegalMoveError(f"a ticket that is {state} cannot be {move}") from None


def may(state: TicketState, move: Move) -> bool:
    """Say whether the table has the move."""
    return (state, move) in MOVES


class Parking(msgspec.Struct, frozen=True):
    """Since when a visitor is set aside, and when its counter wants to be reminded.

    `due_ms` is on the hall's own clock, what ends in `_wall_ms` is for people.
    """

    since_wall_ms: int
    due_ms: int | None = None
    due_wall_ms: int | None = None


class Ticket(msgspec.Struct, frozen=True):
    """One place in line.

    `place` orders the waiting; `*_ms` are on the hall's own clock: `since_ms` is since when it
    waits (at first since it was taken), `due_ms` the beginning of its appointment. `counter` and
    `clerk` are those of the last call; `for_counter` is set while only that counter may call it,
    `returns_to` and `returns_as` while it comes back there by itself, for that service. `step`
    counts the steps of `item` that are done. `first_place` is None while it has the place that it
    was given first. `is_due` once the time is over for which it was parked. `quota` is what it
    counts for; `valid_from_ms`, in Unix milliseconds, is the opening for which it was taken after
    hours.
    """

    id: TicketId
    number: TicketNumber
    service: ServiceId
    person: PersonKey | None
    kiosk: ClientId
    place: Place
    reserved_ms: int
    state: TicketState = INITIAL
    recalls: int = 0
    counter: CounterId | None = None
    clerk: ClerkId | None = None
    called_wall_ms: int = 0
    called_ms: int = 0
    since_ms: int = 0
    due_ms: int | None = None
    priority: PriorityId | None = None
    companions: int = 0
    for_counter: CounterId | None = None
    returns_to: CounterId | None = None
    returns_as: ServiceId | None = None
    first_place: Place | None = None
    reinstated: int = 0
    parking: Parking | None = None
    is_due: bool = False
    item: ItemId | None = None
    step: int = 0
    is_rated: bool = False
    is_proxy: bool = False
    quota: Quota | None = None
    valid_from_ms: int | None = None

    @property
    def kept_place(self) -> Place:
        """The place that it was given first."""
        return self.place if self.first_place is None else self.first_place

    @property
    def lane(self) -> Lane:
        """The line that it waits in, or would."""
        return Lane(self.service, self.priority, self.for_counter, self._is_booked)

    @property
    def waiting(self) -> Waiting:
        """How it stands in that line."""
        return Waiting(self.place, self.id, self.since_ms, self.due_ms if self._is_booked else None)

    @property
    def _is_booked(self) -> bool:
        # Sent to a counter: its appointment has been kept, it stands there by its place.
        return self.due_ms is not None and self.for_counter is None

    def moved(self, move: Move, **changes: Any) -> "Ticket":
        """Return the ticket after a move, changed so. Raises IllegalMoveError."""
        return replace(self, state=next_state(self.state, move), **changes)


def diagram() -> str:
    """Draw the table as a Mermaid state diagram, for ARCHITECTURE.md."""
    lines = ["stateDiagram-v2", f"    [*] --> {INITIAL.name}"]
    lines += [
        f"    {before.name} --> {after.name}: {move}" for (before, move), after in MOVES.items()
    ]
    lines += [f"    {state.name} --> [*]" for state in TicketState if state in TERMINAL]
    return "\n".join(lines) + "\n"
