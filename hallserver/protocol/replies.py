"""What the hall answers. One reply a command id, stored with it for ever after."""

import msgspec

from hallserver.protocol.commands import WireCommandId
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    CounterId,
    Epoch,
    ServiceId,
    TicketId,
    TicketNumber,
    TicketToken,
)
from hallserver.protocol.states import TicketState


class _Reply(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of all replies: frozen, tagged; readers ignore fields that they do not know."""


class Reservation(_Reply, frozen=True, tag=True):
    """A number is reserved: all that the paper needs. `people_ahead` counts waiting tickets."""

    ticket: TicketId
    number: TicketNumber
    token: TicketToken
    service: ServiceId
    day: BusinessDay
    people_ahead: int
    issued_at_ms: int


class Done(_Reply, frozen=True, tag=True):
    """The command was obeyed and there is nothing more to say."""


class TicketStatus(_Reply, frozen=True, tag=True):
    """Where a shown ticket stands. `people_ahead` while it waits, `counter` once it is called."""

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    state: TicketState
    people_ahead: int | None
    counter: CounterId | None
    is_rateable: bool
    is_rated: bool


class SignedIn(_Reply, frozen=True, tag=True):
    """A shift has begun."""

    clerk: ClerkId
    name: Text


class TicketAtCounter(_Reply, frozen=True, tag=True):
    """The ticket that a counter's command was about, after it."""

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    state: TicketState
    recalls: int


class Explanation(_Reply, frozen=True, tag=True):
    """Why one number was called before another: a sentence for whoever asks."""

    text: Text


class Rejected(_Reply, frozen=True, tag=True):
    """Refused by a rule: nothing changed. `text` is the sentence for the person in front."""

    code: RejectionCode
    text: Text


Reply = Reservation | Done | TicketStatus | SignedIn | TicketAtCounter | Explanation | Rejected


def reject(code: RejectionCode, text: Text | None = None) -> Rejected:
    """Refuse with the sentence that belongs to the code, or with one that says it more exactly."""
    return Rejected(code=code, text=text or SENTENCES[code])


class ReplyMessage(msgspec.Struct, frozen=True):
    """A reply on its way: to which command, from which start of the server."""

    schema: int
    id: WireCommandId
    epoch: Epoch
    reply: Reply
