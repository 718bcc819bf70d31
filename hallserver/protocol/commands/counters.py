"""What a clerk does at a counter."""

from typing import Annotated

from msgspec import Meta

from hallserver.protocol.bounds import MAX_PASSWORD_CHARS
from hallserver.protocol.commands.base import CommandBase, WireClerkId, WireTicketId


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


class Complete(CommandBase, frozen=True, tag=True):
    """The service is done; it can be rated from now on."""

    ticket: WireTicketId


class MarkNoShow(CommandBase, frozen=True, tag=True):
    """The called visitor did not come."""

    ticket: WireTicketId
