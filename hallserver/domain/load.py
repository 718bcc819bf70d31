"""The load of the hall as it was shown last: it changes by events, and by time alone."""

from msgspec import structs

from hallserver.domain import views
from hallserver.domain.availability import availability
from hallserver.domain.instant import Now
from hallserver.domain.state import HallState
from hallserver.protocol.ids import Epoch
from hallserver.protocol.snapshots import HallLoad

LOOK_EVERY_MS = 1_000


class ShownLoad:
    """Knows what was shown last, and so whether there is something new to show."""

    def __init__(self, state: HallState) -> None:
        self._state = state
        self._shown: HallLoad | None = None
        self._looks_at_ms = 0
        self._has_news = False

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
        for service in state.plan.services:
            found = availability(state, service, now.wall_ms)
            load = shown.services[service.id]
            if (load.status, load.again_at_ms) != (found.status, found.again_ms):
                self._has_news = True
                return

    def show(self, epoch: Epoch) -> HallLoad:
        """Return the load as it is now, with a version that rises with whatever changed."""
        load, shown = views.hall_load(self._state, epoch), self._shown
        if shown is not None:
            is_same = structs.replace(load, epoch=shown.epoch, version=shown.version) == shown
            least = shown.version if is_same else shown.version + 1
            load = structs.replace(load, version=max(load.version, least))
        self._shown, self._has_news = load, False
        return load
