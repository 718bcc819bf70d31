"""Opening hours: when a service is open, until when numbers are given, when it opens next.

What a schedule says is said in local time: it is open while the clock on the wall of the hall shows
a minute of one of its periods. When the clocks are set back, that minute comes twice; when they are
set forward, some minutes never come.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hallserver.domain.rules import Holidays, Period, Schedule

MINUTE_MS = 60_000
DAY_MS = 86_400_000
SEARCH_DAYS = 60
"""So far ahead the next opening is looked for."""

_STEP_MS = 3_600_000
_MAX_CACHED_DAYS = 2_048
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _UNIX.toordinal()

Span = tuple[int, int]
"""From a moment until before another, in Unix milliseconds."""


@dataclass(frozen=True, slots=True)
class _Spans:
    """One day of UTC: when a schedule is open, and when it gives numbers. Sorted, apart."""

    open: tuple[Span, ...]
    taking: tuple[Span, ...]


def periods_on(schedule: Schedule, holidays: Holidays, day: date) -> tuple[Period, ...]:
    """Return the hours of one date: of its weekday, none on a day off, Monday's on a make-up day.

    A make-up working day (调休) goes before a day off of the same date.
    """
    if schedule.keeps_holidays:
        if day in holidays.working_days:
            return schedule.week[0]
        if day in holidays.days_off:
            return ()
    return schedule.week[day.weekday()]


class Hours:
    """The opening hours of a hall, by wall time in Unix milliseconds.

    Nothing here remembers a moment, so a clock that jumps does no harm. What is kept is worked out
    once for each day: after that a question is a look-up.
    """

    def __init__(self, timezone: str, holidays: Holidays) -> None:
        """`timezone` is an IANA name."""
        self._zone = ZoneInfo(timezone)
        self._holidays = holidays
        self._offsets: dict[int, tuple[tuple[Span, int], ...]] = {}
        self._spans: dict[tuple[str, int], _Spans] = {}

    def is_open(self, schedule: Schedule, wall_ms: int) -> bool:
        """Whether the schedule has this moment."""
        return _has(self._on(schedule, wall_ms // DAY_MS).open, wall_ms)

    def may_take(self, schedule: Schedule, wall_ms: int) -> bool:
        """Whether a number may be taken: it is open, and the last number's time has not come."""
        return _has(self._on(schedule, wall_ms // DAY_MS).taking, wall_ms)

    def next_open_ms(self, schedule: Schedule, wall_ms: int) -> int | None:
        """Return the first open moment from `wall_ms` on, itself included; None when it is never.

        Looks `SEARCH_DAYS` ahead.
        """
        for day in range(wall_ms // DAY_MS, wall_ms // DAY_MS + SEARCH_DAYS + 1):
            found = _next(self._on(schedule, day).open, wall_ms)
            if found is not None:
                return found
        return None

    def next_taking_ms(self, schedule: Schedule, wall_ms: int) -> int | None:
        """Return the first moment from `wall_ms` on at which a number may be taken; None: never."""
        for day in range(wall_ms // DAY_MS, wall_ms // DAY_MS + SEARCH_DAYS + 1):
            found = _next(self._on(schedule, day).taking, wall_ms)
            if found is not None:
                return found
        return None

    def steady(self, schedule: Schedule, wall_ms: int) -> Span:
        """Return a stretch around a moment in which `may_take` and `next_taking_ms` say the same.

        But for the moments at which a number may be taken: of those each is its own next one.
        """
        begins_ms = wall_ms // DAY_MS * DAY_MS
        ends_ms = begins_ms + DAY_MS
        for span in self._on(schedule, wall_ms // DAY_MS).taking:
            for edge_ms in span:
                if edge_ms <= wall_ms:
                    begins_ms = max(begins_ms, edge_ms)
                else:
                    ends_ms = min(ends_ms, edge_ms)
        return begins_ms, ends_ms

    def is_open_on(self, schedule: Schedule, day: date) -> bool:
        """Whether the schedule has any hours on a date."""
        return bool(periods_on(schedule, self._holidays, day))

    def local(self, wall_ms: int) -> datetime:
        """Return what clock and calendar of the hall show."""
        return (_UNIX + timedelta(milliseconds=wall_ms)).astimezone(self._zone)

    def _on(self, schedule: Schedule, day: int) -> _Spans:
        found = self._spans.get((schedule.id, day))
        if found is None:
            if len(self._spans) >= _MAX_CACHED_DAYS:
                self._spans.clear()
            found = self._spans[schedule.id, day] = self._worked_out(schedule, day)
        return found

    def _worked_out(self, schedule: Schedule, day: int) -> _Spans:
        is_open: list[Span] = []
        taking: list[Span] = []
        for span, offset_ms in self._offsets_on(day):
            # Within such a span local time is UTC and a constant.
            first = (span[0] + offset_ms) // DAY_MS
            last = (span[1] - 1 + offset_ms) // DAY_MS
            for local_day in range(first, last + 1):
                midnight_ms = local_day * DAY_MS - offset_ms
                on = date.fromordinal(_EPOCH_DAY + local_day)
                periods = periods_on(schedule, self._holidays, on)
                until = max((p.ends for p in periods), default=0) - schedule.last_ticket_min
                for period in sorted(periods, key=lambda p: p.begins):
                    begins_ms = midnight_ms + period.begins * MINUTE_MS
                    ends_ms = midnight_ms + period.ends * MINUTE_MS
                    last_ms = min(ends_ms, midnight_ms + until * MINUTE_MS)
                    _join(is_open, max(begins_ms, span[0]), min(ends_ms, span[1]))
                    _join(taking, max(begins_ms, span[0]), min(last_ms, span[1]))
        return _Spans(tuple(is_open), tuple(taking))

    def _offsets_on(self, day: int) -> tuple[tuple[Span, int], ...]:
        """Cut a day of UTC where the clocks are set, and say by how much local time is ahead."""
        found = self._offsets.get(day)
        if found is None:
            if len(self._offsets) >= _MAX_CACHED_DAYS:
                self._offsets.clear()
            found = self._offsets[day] = self._cut(day * DAY_MS, (day + 1) * DAY_MS)
        return found

    def _cut(self, begins_ms: int, ends_ms: int) -> tuple[tuple[Span, int], ...]:
        cuts = [begins_ms]
        for at_ms in range(begins_ms, ends_ms, _STEP_MS):
            if self._offset_ms(at_ms) != self._offset_ms(at_ms + _STEP_MS):
                cuts.append(self._transition_ms(at_ms, at_ms + _STEP_MS))
        pairs = zip(cuts, [*cuts[1:], ends_ms], strict=True)
        return tuple((pair, self._offset_ms(pair[0])) for pair in pairs if pair[0] < pair[1])

    def _transition_ms(self, before_ms: int, after_ms: int) -> int:
        old_ms = self._offset_ms(before_ms)
        while after_ms - before_ms > 1:
            middle_ms = (before_ms + after_ms) // 2
            if self._offset_ms(middle_ms) == old_ms:
                before_ms = middle_ms
            else:
                after_ms = middle_ms
        return after_ms

    def _offset_ms(self, wall_ms: int) -> int:
        offset = self.local(wall_ms).utcoffset()
        return 0 if offset is None else offset // timedelta(milliseconds=1)


def _join(spans: list[Span], begins_ms: int, ends_ms: int) -> None:
    """Add a span behind the others; where it touches the last one the two are one."""
    if begins_ms >= ends_ms:
        return
    if spans and spans[-1][1] >= begins_ms:
        spans[-1] = (spans[-1][0], max(spans[-1][1], ends_ms))
    else:
        spans.append((begins_ms, ends_ms))


def _has(spans: Sequence[Span], wall_ms: int) -> bool:
    at = bisect_right(spans, wall_ms, key=_begin) - 1
    return at >= 0 and wall_ms < spans[at][1]


def _next(spans: Sequence[Span], wall_ms: int) -> int | None:
    for begins_ms, ends_ms in spans:
        if wall_ms < ends_ms:
            return max(begins_ms, wall_ms)
    return None


def _begin(span: Span) -> int:
    return span[0]
