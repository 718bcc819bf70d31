"""Numbers: each series counts up within a business day and never gives one twice."""

from dataclasses import dataclass, field

from hallserver.domain.plan import Service
from hallserver.protocol.ids import BusinessDay, TicketId, TicketNumber


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number that a series would give next. `ordinal` is its running number."""

    ticket: TicketId
    number: TicketNumber
    series: str
    ordinal: int


@dataclass(slots=True)
class Numbering:
    """All series of a business day. Services of one prefix share one series."""

    day: BusinessDay
    _last: dict[str, int] = field(default_factory=dict)
    _skipped: int = 0
    _skipped_of: dict[str, int] = field(default_factory=dict)

    def next_number(self, service: Service) -> Numbered | None:
        """Say which number comes next, without taking it; None when the series is used up."""
        ordinal = self._next(service)
        if ordinal > service.last:
            return None
        number = TicketNumber(f"{service.prefix}{ordinal:0{service.width}d}")
        return Numbered(TicketId(f"{self.day}-{number}"), number, service.prefix, ordinal)

    def has_next(self, service: Service) -> bool:
        """Whether the series has a number left for a service."""
        return self._next(service) <= service.last

    def _next(self, service: Service) -> int:
        skipped = self._skipped_of.get(service.prefix, self._skipped)
        return max(self._last.get(service.prefix, 0) + 1, service.start) + skipped

    def take(self, series: str, ordinal: int) -> None:
        """Take a number for good. Raises ValueError for one that was given before."""
        if ordinal <= self._last.get(series, 0):
            raise ValueError(f"series {series} has given {ordinal} on {self.day} already")
        self._last[series] = ordinal
        self._skipped_of[series] = 0

    def skip(self, count: int) -> None:
        """Have every series go on so many numbers later: they may have been given."""
        self._skipped += count
        self._skipped_of = {each: skipped + count for each, skipped in self._skipped_of.items()}
