"""What is known of a counter: the snapshot's word, and what replies said before it. Pure."""

from dataclasses import dataclass

import msgspec

from hallserver.protocol.replies import TicketAtCounter
from hallserver.protocol.snapshots import ActiveTicket, ClerkAtCounter, CounterSnapshot
from hallserver.protocol.states import TicketState

_AT_COUNTER = (TicketState.CALLED, TicketState.SERVING)

MAX_PASSED_DESKS = 16
"""Presses answered while not one snapshot came; in practice each is followed by one."""


class Desk(msgspec.Struct, frozen=True):
    """Who works at the counter and on which ticket."""

    clerk: ClerkAtCounter | None = None
    active: ActiveTicket | None = None

    def is_same(self, other: "Desk") -> bool:
        """Compare what the hall's rules know of; a reply lacks the rest (times, staff number)."""
        return self._key() == other._key()

    def _key(self) -> tuple[object, ...]:
        active = self.active
        about = (active.ticket, active.state, active.recalls) if active else ()
        return (self.clerk.clerk if self.clerk else None, *about)


@dataclass(frozen=True)
class Ahead:
    """What replies said of a ticket that no snapshot has said yet.

    `passed` are the desks that the replies left behind. A snapshot of one of them is from before
    the reply, though it may come after it. Any other is at least as new as the reply: within a
    shift nothing but this terminal moves a ticket here, and others can only end the shift. Where a
    desk is again as it was before (a call undone, a ticket parked), a snapshot of it changes
    nothing: the replies have told as much, if each of them was taken.

    Shifts begin and end by snapshots alone. A desk without a clerk looks the same before a shift
    and after it, so a reply could not be told from being long past.
    """

    desk: Desk
    passed: tuple[Desk, ...]

    def has_passed(self, desk: Desk) -> bool:
        """Say whether a snapshot of this desk is older than what is shown."""
        return any(desk.is_same(left) for left in self.passed)


def desk_of(counter: CounterSnapshot | None) -> Desk:
    """Read a snapshot; before the first one nobody is known to be there."""
    return Desk(counter.clerk, counter.active) if counter else Desk()


def go_ahead(ahead: Ahead | None, shown: Desk, desk: Desk) -> Ahead:
    """Show `desk`, which a reply has told of, instead of `shown`."""
    passed = (*(ahead.passed if ahead else ()), shown)
    return Ahead(desk, passed[-MAX_PASSED_DESKS:])


def desk_after(shown: Desk, reply: TicketAtCounter) -> Desk:
    """Say what a desk is like after a command about a ticket that the hall obeyed."""
    known = shown.active
    is_known = known is not None and known.ticket == reply.ticket
    if reply.state not in _AT_COUNTER:
        return Desk(shown.clerk, None) if is_known else shown
    active = ActiveTicket(
        ticket=reply.ticket,
        number=reply.number,
        service=reply.service,
        state=reply.state,
        recalls=reply.recalls,
        called_at_ms=known.called_at_ms if known and is_known else 0,
    )
    return Desk(shown.clerk, active)
