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
