"""What the hall answers. One reply a command id, stored with it for ever after."""

import msgspec

from hallserver.protocol.commands import WireCommandId
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text
from hallserver.protocol.ids import (
    AppointmentId,
    AppointmentToken,
    BusinessDay,
    ClerkId,
    CounterId,
    Epoch,
    ServiceId,
    TicketId,
    TicketNumber,
    TicketToken,
)
from hallserver.protocol.items import ItemStep
from hallserver.protocol.states import TicketState


class _Reply(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of all replies: frozen, tagged; readers ignore fields that they do not know."""


class Reservation(_Reply, frozen=True, tag=True):
    """A number is reserved: all that the paper needs. `people_ahead` counts waiting tickets.

    One that was taken after hours is for the next opening: `day` is its business day, which may
    be the next, and `valid_from_ms` the moment from which on it is called; `note` says so to its
    visitor, on paper and on the screen.
    """

    ticket: TicketId
    number: TicketNumber
    token: TicketToken
    service: ServiceId
    day: BusinessDay
    people_ahead: int
    issued_at_ms: int
    valid_from_ms: int | None = None
    note: Text | None = None


class Done(_Reply, frozen=True, tag=True):
    """The command was obeyed and there is nothing more to say."""


class TicketStatus(_Reply, frozen=True, tag=True):
    """Where a shown ticket stands. `people_ahead` while it waits, `counter` once it is called.

    `day` is the business day that it is for; a ticket that was taken after hours is called from
    `valid_from_ms` on. `step` is how far its item has come.
    """

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    state: TicketState
    people_ahead: int | None
    counter: CounterId | None
    is_rateable: bool
    is_rated: bool
    day: BusinessDay | None = None
    valid_from_ms: int | None = None
    step: ItemStep | None = None


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


class Booked(_Reply, frozen=True, tag=True):
    """A slot is booked. `token` is for the QR code that its person brings along."""

    appointment: AppointmentId
    token: AppointmentToken
    service: ServiceId
    day: BusinessDay
    slot: str
    from_ms: int
    until_ms: int


class AppointmentShown(msgspec.Struct, frozen=True):
    """One appointment. It may be checked in from `opens_ms` on its day while `is_open`; `number`
    is the one that it was turned into."""

    appointment: AppointmentId
    service: ServiceId
    day: BusinessDay
    from_ms: int
    until_ms: int
    opens_ms: int
    is_open: bool
    number: TicketNumber | None


class Appointments(_Reply, frozen=True, tag=True):
    """What a person has booked for today and later, the earliest first."""

    appointments: tuple[AppointmentShown, ...]


class Rejected(_Reply, frozen=True, tag=True):
    """Refused by a rule: nothing changed. `text` is the sentence for the person in front."""

    code: RejectionCode
    text: Text


Reply = (
    Reservation
    | Done
    | TicketStatus
    | SignedIn
    | TicketAtCounter
    | Explanation
    | Booked
    | Appointments
    | Rejected
)


def reject(code: RejectionCode, text: Text | None = None) -> Rejected:
    """Refuse with the sentence that belongs to the code, or with one that says it more exactly."""
    return Rejected(code=code, text=text or SENTENCES[code])


class ReplyMessage(msgspec.Struct, frozen=True):
    """A reply on its way: to which command, from which start of the server."""

    schema: int
    id: WireCommandId
    epoch: Epoch
    reply: Reply
