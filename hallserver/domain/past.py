"""What each ticket has been through today, and every call: so that a call can be explained later.

Bounded by the day: one entry for every move of a ticket.
"""

from bisect import bisect_left

import msgspec

from hallserver.domain.policy import CallReason
from hallserver.domain.rules import Policy
from hallserver.domain.ticket import Move, Ticket
from hallserver.protocol.commands import CallWish
from hallserver.protocol.ids import ClerkId, CounterId, ServiceId, TicketId


class Version(msgspec.Struct, frozen=True):
    """A ticket as it was from event `seq` on. `move` brought it there; None: it was altered."""

    seq: int
    elapsed_ms: int
    move: Move | None
    ticket: Ticket


class CallMade(msgspec.Struct, frozen=True):
    """One call: the journal's number of it, who called whom and by which rule.

    `services` are those that the counter served at that moment.
    """

    seq: int
    elapsed_ms: int
    ticket: TicketId
    counter: CounterId
    clerk: ClerkId
    services: tuple[ServiceId, ...]
    reason: CallReason
    policy: Policy
    wish: CallWish | None


class Past:
    """The versions of every ticket of the day, and its calls, in their order."""

    def __init__(self) -> None:
        self._versions: dict[TicketId, list[Version]] = {}
        self._calls: dict[TicketId, list[CallMade]] = {}

    # What the state and the fold note.

    def begin(self, seq: int, ticket: Ticket) -> None:
        """Note a new ticket."""
        self._versions[ticket.id] = [Version(seq, ticket.reserved_ms, None, ticket)]

    def go_on(self, seq: int, elapsed_ms: int, move: Move | None, ticket: Ticket) -> None:
        """Note what has become of a ticket."""
        self._versions[ticket.id].append(Version(seq, elapsed_ms, move, ticket))

    def note_call(self, call: CallMade) -> None:
        """Note a call."""
        self._calls.setdefault(call.ticket, []).append(call)

    # What others ask.

    def versions(self, ticket: TicketId) -> tuple[Version, ...]:
        """Return all that a ticket was, in order."""
        return tuple(self._versions.get(ticket, ()))

    def before(self, ticket: TicketId, seq: int) -> tuple[Version, ...]:
        """Return what a ticket was until before event `seq`, in order; empty: not there yet."""
        versions = self._versions[ticket]
        return tuple(versions[: bisect_left(versions, seq, key=_seq)])

    def calls(self, ticket: TicketId) -> tuple[CallMade, ...]:
        """Return the calls of a ticket, in order."""
        return tuple(self._calls.get(ticket, ()))


def _seq(version: Version) -> int:
    return version.seq
