"""The load of the hall as it was shown last: it changes by events, and by time alone.

What neither has touched is not worked out again: with a hundred services that is most of it.
"""

from collections.abc import Iterable

from msgspec import structs

from hallserver.domain import views
from hallserver.domain.availability import availability, steady_span
from hallserver.domain.hours import Span
from hallserver.domain.instant import Now
from hallserver.domain.plan import HallPlan, Service
from hallserver.domain.state import HallState
from hallserver.protocol.ids import BusinessDay, Epoch, ServiceId
from hallserver.protocol.snapshots import HallLoad, ServiceLoad

LOOK_EVERY_MS = 1_000
NEVER = (BusinessDay(""), (0, 0))


class ShownLoad:
    """Knows what was shown last, and so whether there is something new to show."""

    def __init__(self, state: HallState) -> None:
        self._state = state
        self._shown: HallLoad | None = None
        self._looks_at_ms = 0
        self._has_news = False
        self._services: dict[ServiceId, ServiceLoad] = {}
        self._steady: tuple[BusinessDay, Span] = NEVER
        """The day and the wall time in which the clock alone changes nothing of that."""
        self._in_series = _in_series(state.plan)

    @property
    def has_news(self) -> bool:
        """Whether something has changed that nobody waits for: an hour, a closure."""
        return self._has_news or (
            self._shown is not None and self._shown.notice != self._state.notice
        )

    def look(self, now: Now) -> None:
        """Look at the clock; compare with it at most once in `LOOK_EVERY_MS`."""
        state, shown = self._state, self._shown
        state.wall_ms = now.wall_ms
        if shown is None or now.elapsed_ms < self._looks_at_ms:
            return
        self._looks_at_ms = now.elapsed_ms + LOOK_EVERY_MS
        for service in self._to_look_at():
            found = availability(state, service, now.wall_ms)
            load = shown.services[service.id]
            if (load.status, load.again_at_ms) != (found.status, found.again_ms):
                self._has_news = True
                return
        self._has_looked()

    def show(self, epoch: Epoch, touched: Iterable[ServiceId]) -> HallLoad:
        """Return the load as it is now, with a version that rises with whatever changed.

        `touched` are the services of which the lines or the counters have changed.
        """
        state = self._state
        stale = {service.id: service for service in self._to_look_at()}
        stale |= {service: state.plan.service(service) for service in touched}
        for service in stale.values():
            self._services[service.id] = views.service_load(state, service)
        self._has_looked()
        load, shown = views.load_with(state, self._services, epoch), self._shown
        if shown is not None:
            is_same = structs.replace(load, epoch=shown.epoch, version=shown.version) == shown
            least = shown.version if is_same else shown.version + 1
            load = structs.replace(load, version=max(load.version, least))
        self._shown, self._has_news = load, False
        return load

    def _to_look_at(self) -> Iterable[Service]:
        """Give the services of which numbers may be given otherwise than was worked out last."""
        state = self._state
        if not self._is_steady:
            return state.plan.services
        series = {state.plan.service(service).prefix for service in state.touched_numbers}
        return [service for each in series for service in self._in_series[each]]

    @property
    def _is_steady(self) -> bool:
        day, (begins_ms, ends_ms) = self._steady
        return day == self._state.numbering.day and begins_ms <= self._state.wall_ms < ends_ms

    def _has_looked(self) -> None:
        state = self._state
        if not self._is_steady:
            self._steady = (state.numbering.day, steady_span(state))
        state.touched_numbers.clear()


def _in_series(plan: HallPlan) -> dict[str, list[Service]]:
    """Part the services by the series of numbers that they draw from."""
    found: dict[str, list[Service]] = {}
    for service in plan.services:
        found.setdefault(service.prefix, []).append(service)
    return found
