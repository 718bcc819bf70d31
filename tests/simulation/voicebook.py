"""The auditor's own book of what has to be said aloud, and how that ended: once for each call."""

from collections.abc import Iterable

from hallserver.domain import events as ev
from hallserver.protocol.ids import TicketId, ZoneId
from hallserver.protocol.snapshots import MAX_VOICE_CALLS
from tests.simulation.world import demand

OLD_MS = 60_000


class VoiceBook:
    """Fed by the ledger. `zones` are those with a call screen."""

    def __init__(self, zones: Iterable[ZoneId]) -> None:
        self._pending: dict[ZoneId, dict[int, tuple[TicketId, int]]] = {zone: {} for zone in zones}
        self.outcomes: dict[int, str] = {}

    def called(self, seq: int, zone: ZoneId, ticket: TicketId, now_ms: int) -> None:
        """A call or recall is to be said; when there are too many, the oldest is not."""
        pending = self._pending.get(zone)
        if pending is None:
            return
        if len(pending) >= MAX_VOICE_CALLS:
            self._end(zone, min(pending), "dropped")
        pending[seq] = (ticket, now_ms)

    def over(self, zone: ZoneId, ticket: TicketId) -> None:
        """A visitor need not be called any more."""
        pending = self._pending.get(zone, {})
        for seq in [seq for seq, (whose, _) in pending.items() if whose == ticket]:
            self._end(zone, seq, "withdrawn")

    def hold_ages(self, now_ms: int) -> None:
        """Whoever acts finds nothing left to be said that is too old for it."""
        for pending in filter(None, self._pending.values()):
            old = [seq for seq, (_, since_ms) in pending.items() if now_ms - since_ms >= OLD_MS]
            demand(not old, "no old call waits to be said", old)

    def ended(self, event: ev.AnnouncementEnded) -> None:
        """The hall says how one ended."""
        self._end(event.zone, event.call_seq, event.outcome.value)

    def _end(self, zone: ZoneId, seq: int, outcome: str) -> None:
        demand(seq in self._pending[zone], "an announcement ends once", (zone, seq, outcome))
        del self._pending[zone][seq]
        self.outcomes[seq] = outcome

    @property
    def pending(self) -> list[int]:
        """The calls that are still to be said."""
        return [seq for pending in self._pending.values() for seq in pending]
