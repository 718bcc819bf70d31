"""The boards of the zones: which calls people look at, newest first."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from hallserver.protocol.ids import CounterId, TicketId, TicketNumber, ZoneId
from hallserver.protocol.snapshots import MAX_BOARD_CALLS, BoardCall
from hallserver.protocol.states import TicketState


class BoardEntry(msgspec.Struct, frozen=True):
    """One call as a board keeps it."""

    ticket: TicketId
    number: TicketNumber
    counter: CounterId
    call_seq: int
    called_wall_ms: int
    recalls: int
    state: TicketState


class Boards:
    """The last calls of each zone, at most `MAX_BOARD_CALLS` each."""

    def __init__(self, zones: Iterable[ZoneId]) -> None:
        self._entries: dict[ZoneId, list[BoardEntry]] = {zone: [] for zone in zones}

    def call(self, zone: ZoneId, entry: BoardEntry) -> None:
        """Put a call or recall on top; an older call of the same ticket goes."""
        rest = [other for other in self._entries[zone] if other.ticket != entry.ticket]
        self._entries[zone] = [entry, *rest][:MAX_BOARD_CALLS]

    def change(self, zone: ZoneId, ticket: TicketId, state: TicketState) -> None:
        """Note what became of a called ticket, where it is still on the board."""
        self._entries[zone] = [
            replace(entry, state=state) if entry.ticket == ticket else entry
            for entry in self._entries[zone]
        ]

    def withdraw(self, zone: ZoneId, ticket: TicketId) -> None:
        """Take a call off that holds no longer: nobody should walk to that counter."""
        self._entries[zone] = [entry for entry in self._entries[zone] if entry.ticket != ticket]

    def calls(self, zone: ZoneId) -> tuple[BoardCall, ...]:
        """Return what a screen shows, newest first."""
        return tuple(
            BoardCall(
                call_seq=entry.call_seq,
                number=entry.number,
                counter=entry.counter,
                recalls=entry.recalls,
                state=entry.state,
                called_at_ms=entry.called_wall_ms,
            )
            for entry in self._entries[zone]
        )
