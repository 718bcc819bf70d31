"""Everything that can happen to a kiosk: fingers, cards, codes, paper, the hall, time."""

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import NewType

from devices.faults import FaultCode
from hallserver.client.updates import LinkState
from hallserver.protocol.commands import Command
from hallserver.protocol.ids import (
    AppointmentToken,
    DepartmentId,
    PersonKey,
    PriorityId,
    ServiceId,
    TicketId,
    TicketToken,
    ZoneId,
)
from hallserver.protocol.replies import Reply
from hallserver.protocol.snapshots import Catalog, HallLoad

Tag = NewType("Tag", int)
"""Names one submitted command inside one life of the kiosk; the client layer makes the real id."""


# What a finger does. Every one of them shows that somebody is there.


@dataclass(frozen=True)
class Touch:
    """Somebody touched the screen; by itself, where there is nothing to choose."""


@dataclass(frozen=True)
class ZoneTouched(Touch):
    """A zone's tile."""

    zone: ZoneId


@dataclass(frozen=True)
class DepartmentsTouched(Touch):
    """Look for a service by department."""


@dataclass(frozen=True)
class DepartmentTouched(Touch):
    """A department's tile."""

    department: DepartmentId


@dataclass(frozen=True)
class ServiceTouched(Touch):
    """A service's tile: take a number for it."""

    service: ServiceId


@dataclass(frozen=True)
class TakeNumberTouched(Touch):
    """Take the number of the service that was chosen by its code."""


@dataclass(frozen=True)
class SearchTouched(Touch):
    """Look for a service by the initials of its pinyin."""


@dataclass(frozen=True)
class LetterTouched(Touch):
    """One letter `a` to `z` of the search."""

    letter: str


@dataclass(frozen=True)
class LetterErased(Touch):
    """Take the last letter back."""


@dataclass(frozen=True)
class SheetTouched(Touch):
    """Turn to the next sheet (+1) or the one before (-1)."""

    by: int


@dataclass(frozen=True)
class BackTouched(Touch):
    """One page back."""


@dataclass(frozen=True)
class HomeTouched(Touch):
    """The visit is over; the next person begins afresh."""


@dataclass(frozen=True)
class LanguageTouched(Touch):
    """The other language leads."""


@dataclass(frozen=True)
class PrivacyTouched(Touch):
    """What happens to my card?"""


@dataclass(frozen=True)
class ForgetCardTouched(Touch):
    """Go on without the card that was read."""


@dataclass(frozen=True)
class StarsTouched(Touch):
    """A star of a rating, 1 to 5."""

    stars: int


@dataclass(frozen=True)
class TagTouched(Touch):
    """A reason of a rating, on or off."""

    code: str


@dataclass(frozen=True)
class RateTouched(Touch):
    """Hand the rating in."""


# What devices report.


@dataclass(frozen=True)
class CardRead:
    """A card was read; all that is left of it is the keyed hash, and a class by age if any."""

    person: PersonKey = field(repr=False)
    priority: PriorityId | None = field(default=None, repr=False)


@dataclass(frozen=True)
class CardFault:
    """A card could not be read."""

    code: FaultCode


@unique
class Device(StrEnum):
    """What hangs on a kiosk."""

    READER = "reader"
    SCANNER = "scanner"
    PRINTER = "printer"


@dataclass(frozen=True)
class DeviceChanged:
    """A device began to fail (`fault`), or is well again (None)."""

    device: Device
    fault: FaultCode | None


@dataclass(frozen=True)
class TicketScanned:
    """Somebody shows the code of a ticket that looks like one of ours."""

    token: TicketToken = field(repr=False)


@dataclass(frozen=True)
class AppointmentScanned:
    """Somebody shows the code of a booking that looks like one of ours."""

    token: AppointmentToken = field(repr=False)


@dataclass(frozen=True)
class ServiceScanned:
    """Somebody shows the code of one of our services."""

    service: ServiceId


@unique
class ForeignCode(StrEnum):
    """Codes that people show and that are not ours."""

    CERTIFICATE = "certificate"  # an electronic certificate
    LINK = "link"  # an address of a web page
    OTHER = "other"


@dataclass(frozen=True)
class ForeignScanned:
    """Somebody shows a code that is not ours. What it says is not kept."""

    kind: ForeignCode


@unique
class Paper(StrEnum):
    """What the printer knows about one ticket's paper."""

    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class PrintFinished:
    """The printer has ended its work on a ticket."""

    ticket: TicketId
    paper: Paper
    fault: FaultCode | None = None


# What the hall says.


@dataclass(frozen=True)
class Answered:
    """The answer to a command; `tag` is None for one from before the last start."""

    tag: Tag | None
    command: Command = field(repr=False)
    reply: Reply


@dataclass(frozen=True)
class SubmitRefused:
    """The outbox had no room for a command; it was not taken."""

    tag: Tag
    command: Command = field(repr=False)


@dataclass(frozen=True)
class LinkIs:
    """The state of the line to the hall server."""

    link: LinkState


@dataclass(frozen=True)
class CatalogArrived:
    """The hall as configured."""

    catalog: Catalog = field(repr=False)


@dataclass(frozen=True)
class LoadArrived:
    """How many wait."""

    load: HallLoad = field(repr=False)


@dataclass(frozen=True)
class Tick:
    """Time has passed; comes a few times a second."""


Event = (
    Touch
    | CardRead
    | CardFault
    | DeviceChanged
    | TicketScanned
    | AppointmentScanned
    | ServiceScanned
    | ForeignScanned
    | PrintFinished
    | Answered
    | SubmitRefused
    | LinkIs
    | CatalogArrived
    | LoadArrived
    | Tick
)
