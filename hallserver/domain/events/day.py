"""The business day as events."""

from hallserver.domain.events.base import EventBase
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import BusinessDay, ClerkId


class DayOpened(EventBase, frozen=True, tag=True):
    """A business day begins: every series starts again, nobody waits.

    `closed` is the day that closed before it, whose morning report is to come.
    """

    day: BusinessDay
    closed: BusinessDay | None = None


class DayClosed(EventBase, frozen=True, tag=True):
    """A business day ends. Nothing of it is open after it."""

    day: BusinessDay


class NumbersSkipped(EventBase, frozen=True, tag=True):
    """A journal was restored whose end is lost: numbers of it may be on paper in people's hands.

    `count` is at least as many as any series can have given that nobody knows of. Every series of
    the open business day and of the night after it goes on so many numbers later. `lost_until_ms`,
    in Unix milliseconds, is when the last of them can have been given.
    """

    count: int
    lost_until_ms: int


class MorningReportDue(EventBase, frozen=True, tag=True):
    """It is time for the report on a business day that has closed. Once for each of them."""

    day: BusinessDay


class KiosksClosed(EventBase, frozen=True, tag=True):
    """A supervisor has the kiosks give no more numbers, at most until the business day ends."""

    message: Text
    clerk: ClerkId


class KiosksOpened(EventBase, frozen=True, tag=True):
    """The kiosks give numbers again."""

    clerk: ClerkId
