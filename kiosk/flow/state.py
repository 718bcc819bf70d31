"""The state of a kiosk. After a visit ends nothing of the person is left in it."""

from dataclasses import dataclass, field

from devices.faults import FaultCode
from hallserver.client.updates import LinkState
from hallserver.protocol.commands import Command
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import PersonKey, PriorityId
from hallserver.protocol.snapshots import Catalog, HallLoad
from kiosk.flow.events import Device, Tag
from kiosk.flow.pages import (
    Broken,
    Departments,
    Home,
    OutOfService,
    Page,
    Privacy,
    Rating,
    Refused,
    Search,
    ServiceChosen,
    Services,
    TicketShown,
)
from ui.kit.i18n import Language
from ui.kit.rating_tags import RatingTags

IDLE_S = 60.0
"""Without a touch for so long the kiosk asks whether somebody is there (WCAG 2.2.1)."""

WARNING_S = 30.0
"""So long it asks, then it goes home."""

DEAF_S = 0.4
"""After a page has changed, and after each touch in that time, touches choose nothing for so
long: the second tap of a double tap must not choose what the first one brought under the finger.
"""

REPLY_S = 15.0
PRINT_S = 40.0
"""The printer's own deadline is far shorter; this one holds if its worker hangs."""

TICKET_S = 10.0
NUMBER_WITHOUT_PAPER_S = 60.0
MESSAGE_S = 20.0
THANKS_S = 5.0
NOTICE_S = 8.0

MAX_OWED = 64
FIRST_TAG = Tag(1)
NO_TAGS = RatingTags("", {})

_BROWSING = (Home, Departments, Services, Search, ServiceChosen, Privacy)
_MAY_SCAN = (*_BROWSING, TicketShown, Refused, Broken)
_WAITING = (*_BROWSING, TicketShown, Rating)
"""Pages that wait for a person, who may have left."""


@dataclass(frozen=True)
class Notice:
    """A sentence above the page, for some seconds. `is_good` or something to put right."""

    text: Text
    is_good: bool
    until_s: float


@dataclass(frozen=True)
class KioskState:
    """Everything that a kiosk knows. Times are seconds of a clock that only goes forward."""

    tags: RatingTags = field(default=NO_TAGS, repr=False)
    page: Page = field(default_factory=OutOfService)
    page_since_s: float = 0.0
    touched_s: float = 0.0
    deaf_until_s: float = 0.0
    now_s: float = 0.0
    language: Language = Language.ZH
    house_language: Language = Language.ZH
    person: PersonKey | None = field(default=None, repr=False)
    priority: PriorityId | None = field(default=None, repr=False)
    notice: Notice | None = None
    link: LinkState = LinkState.CONNECTING
    catalog: Catalog | None = field(default=None, repr=False)
    load: HallLoad | None = field(default=None, repr=False)
    faults: tuple[tuple[Device, FaultCode], ...] = ()
    next_tag: Tag = FIRST_TAG
    owed: tuple[Command, ...] = field(default=(), repr=False)
    """Confirmations and voids that the full outbox did not take; they are tried again."""

    listening: tuple[tuple[Device, bool], ...] = (
        (Device.READER, False),
        (Device.SCANNER, False),
    )

    def fault_of(self, device: Device) -> FaultCode | None:
        """Return what is wrong with a device; None while it is well."""
        return dict(self.faults).get(device)

    @property
    def is_browsing(self) -> bool:
        """Whether somebody may look for something: nothing has been asked of the hall yet."""
        return isinstance(self.page, _BROWSING)

    @property
    def may_scan(self) -> bool:
        """Whether a code that is shown now means something."""
        return isinstance(self.page, _MAY_SCAN)

    @property
    def is_fresh(self) -> bool:
        """Whether the kiosk waits for the next person and holds nothing of the last one."""
        return (
            isinstance(self.page, Home)
            and self.person is None
            and self.language is self.house_language
        )

    @property
    def has_idle_limit(self) -> bool:
        """Whether this page waits for a person, who may have left."""
        return isinstance(self.page, _WAITING) and not self.is_fresh

    @property
    def warning_left_s(self) -> float | None:
        """Seconds until the kiosk goes home; None while nobody has to be asked."""
        if not self.has_idle_limit or self.now_s - self.touched_s < IDLE_S:
            return None
        return max(0.0, self.touched_s + IDLE_S + WARNING_S - self.now_s)
