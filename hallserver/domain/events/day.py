"""The business day as events."""

from hallserver.domain.events.base import EventBase
from hallserver.protocol.ids import BusinessDay


class DayOpened(EventBase, frozen=True, tag=True):
    """A business day begins: every series starts again, nobody waits."""

    day: BusinessDay


class DayClosed(EventBase, frozen=True, tag=True):
    """A business day ends. Nothing is open after it."""

    day: BusinessDay
