"""What a clerk does at a counter."""

from typing import Annotated

from msgspec import Meta

from hallserver.protocol.bounds import MAX_COUNTER, MAX_PARKED_S, MAX_PASSWORD_CHARS, MAX_SERVICES
from hallserver.protocol.commands.base import (
    CommandBase,
    WireClerkId,
    WireServiceId,
    WireTicketId,
    WireTicketNumber,
)
from hallserver.protocol.ids import CounterId
from hallserver.protocol.states import PauseReason

WireCounterId = Annotated[CounterId, Meta(ge=1, le=MAX_COUNTER)]
Services = Annotated[tuple[WireServiceId, ...], Meta(max_length=MAX_SERVICES)]


class SignIn(CommandBase, frozen=True, tag=True):
    """A clerk begins a shift at the counter of the sending terminal."""

    clerk: WireClerkId
    password: Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD_CHARS)]

    def __repr__(self) -> str:
        """Show the account only: a password has no place in a log."""
        return f"SignIn(clerk={self.clerk!r})"


class SignOut(CommandBase, frozen=True, tag=True):
    """The shift ends; a called ticket goes back to its place."""


class CallNext(CommandBase, frozen=True, tag=True):
    """Call the next ticket by the hall's rule."""


class Recall(CommandBase, frozen=True, tag=True):
    """Call the called ticket once more, up to the hall's limit."""

    ticket: WireTicketId


class Arrive(CommandBase, frozen=True, tag=True):
    """The called visitor stands at the counter: service begins."""

    ticket: WireTicketId


class UndoCall(CommandBase, frozen=True, tag=True):
    """Take a call back that was a slip; soon after it, and before the visitor has arrived."""

    ticket: WireTicketId


class Complete(CommandBase, frozen=True, tag=True):
    """The service is done; it can be rated from now on.

    `services` are those really given, when they are not just the ticket's own. A ticket that has
    to come back to another counter, or has further steps to go, waits for those from now on.
    """

    ticket: WireTicketId
    services: Services = ()


class MarkNoShow(CommandBase, frozen=True, tag=True):
    """The called visitor did not come."""

    ticket: WireTicketId


class Reinstate(CommandBase, frozen=True, tag=True):
    """Somebody who missed the call is here after all: wait again, at the place of the hall's rule.

    `number` is what is printed on the ticket.
    """

    number: WireTicketNumber


class Transfer(CommandBase, frozen=True, tag=True):
    """Send the visitor on, with the same number: to another service, to one counter, or both.

    With `is_returning` the visitor comes back to this counter once that is completed.
    """

    ticket: WireTicketId
    service: WireServiceId | None = None
    counter: WireCounterId | None = None
    is_returning: bool = False


class Park(CommandBase, frozen=True, tag=True):
    """Set the visitor aside and serve others; `resume_after_s` is when to be reminded."""

    ticket: WireTicketId
    resume_after_s: Annotated[int, Meta(ge=1, le=MAX_PARKED_S)] | None = None


class Resume(CommandBase, frozen=True, tag=True):
    """Go on with a parked visitor. A counter whose clerk has left may be stood in for."""

    ticket: WireTicketId


class PauseCounter(CommandBase, frozen=True, tag=True):
    """Call nobody here for a while. What is being served is finished."""

    reason: PauseReason


class ResumeCounter(CommandBase, frozen=True, tag=True):
    """The pause is over."""
