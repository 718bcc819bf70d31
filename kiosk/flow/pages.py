"""The pages that a kiosk can show, each with all that it needs to be drawn and left again."""

from dataclasses import dataclass, field

from devices.faults import FaultCode
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import (
    AppointmentToken,
    DepartmentId,
    ServiceId,
    TicketNumber,
    TicketToken,
    ZoneId,
)
from hallserver.protocol.replies import Reservation, TicketStatus
from kiosk.flow.events import Tag


@dataclass(frozen=True)
class Home:
    """What would you like to do?"""


@dataclass(frozen=True)
class Departments:
    """Which department? One sheet of them."""

    sheet: int = 0


@dataclass(frozen=True)
class Services:
    """Which service, of a zone or of a department? One sheet of them."""

    of: ZoneId | DepartmentId
    is_zone: bool
    sheet: int = 0


@dataclass(frozen=True)
class Search:
    """Which service, by the initials of its pinyin?"""

    typed: str = ""


@dataclass(frozen=True)
class ServiceChosen:
    """A service that was chosen by its code: take its number, by touch or by card."""

    service: ServiceId


@dataclass(frozen=True)
class Privacy:
    """What happens to a card's data; then back to `behind`."""

    behind: "Browsing"


Browsing = Home | Departments | Services | Search | ServiceChosen | Privacy
"""Pages on which a person looks for something and nothing has been asked of the hall yet."""


@dataclass(frozen=True)
class Reserving:
    """The hall was asked for a number."""

    tag: Tag
    service: ServiceId


@dataclass(frozen=True)
class CheckingIn:
    """The hall was asked to turn an appointment into a number."""

    tag: Tag
    token: AppointmentToken = field(repr=False)


@dataclass(frozen=True)
class Printing:
    """The number exists and goes to paper. It is not callable yet."""

    reservation: Reservation = field(repr=False)


@dataclass(frozen=True)
class TicketOut:
    """The number is the visitor's. Without sure paper it is shown very large, to be remembered."""

    number: TicketNumber
    service: ServiceId
    people_ahead: int
    is_on_paper: bool
    note: Text | None = None


@dataclass(frozen=True)
class Looking:
    """The hall was asked about a ticket that somebody shows."""

    tag: Tag
    token: TicketToken = field(repr=False)


@dataclass(frozen=True)
class TicketShown:
    """How a shown ticket stands."""

    status: TicketStatus
    token: TicketToken = field(repr=False)


@dataclass(frozen=True)
class Rating:
    """How was it? No star is chosen beforehand."""

    number: TicketNumber
    service: ServiceId
    token: TicketToken = field(repr=False)
    stars: int = 0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class RatingSending:
    """The rating is on its way."""

    tag: Tag
    stars: int


@dataclass(frozen=True)
class RatingThanks:
    """The rating is in."""


@dataclass(frozen=True)
class Refused:
    """The hall says no, or something took too long: what, and what to do instead."""

    title: Text
    text: Text
    token: TicketToken | AppointmentToken | None = field(default=None, repr=False)
    """What it is about: the same code, still before the scanner, asks nothing anew."""


@dataclass(frozen=True)
class Broken:
    """A device of this kiosk cannot do it."""

    fault: FaultCode
    text: Text
    void_number: TicketNumber | None = None
    """A number that came to nothing and will not be called."""


@dataclass(frozen=True)
class OutOfService:
    """No number can be taken here now; why is in the link's state."""


Page = (
    Browsing
    | Reserving
    | CheckingIn
    | Printing
    | TicketOut
    | Looking
    | TicketShown
    | Rating
    | RatingSending
    | RatingThanks
    | Refused
    | Broken
    | OutOfService
)
