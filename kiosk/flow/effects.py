"""What the flow wants done. Nothing here says how."""

from dataclasses import dataclass, field

from hallserver.protocol.commands import Command
from hallserver.protocol.replies import Reservation
from hallserver.protocol.snapshots import Catalog
from kiosk.flow.events import Device, Tag


@dataclass(frozen=True)
class Submit:
    """Hand a command to the outbox; `Answered` or `SubmitRefused` comes back with the tag."""

    tag: Tag
    command: Command = field(repr=False)


@dataclass(frozen=True)
class PrintTicket:
    """Put a reserved number on paper; exactly one `PrintFinished` comes back."""

    reservation: Reservation = field(repr=False)
    catalog: Catalog = field(repr=False)
    is_english: bool


@dataclass(frozen=True)
class Listen:
    """Switch a device's listening on or off: the reader, the scanner."""

    device: Device
    is_on: bool


Effect = Submit | PrintTicket | Listen
