"""The lines of a journal, read and checked: by who writes it, and by who waits to."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from hallserver.domain.events import Recorded, decode_event
from hallserver.journal.chain import BEFORE_THE_FIRST, line_checksum
from hallserver.journal.errors import JournalError, explained
from hallserver.journal.tables import business_day, event
from hallserver.protocol.ids import BusinessDay, ClientId, CommandId, Epoch

_WHAT_TO_DO = (
    "nothing is answered from it; `jiaohao journal verify` says what is wrong, and "
    "`jiaohao journal restore` mends it"
)


class OpenDay:
    """The lines from the last opening of a business day on, each checked by the chain.

    May be read again while another server writes. Each line comes once.
    """

    def __init__(self, name: str, reader: Connection) -> None:
        """`name` is the journal's, for people."""
        self._name = name
        self._reader = reader
        self._checksum: bytes | None = None
        self.last_seq = 0
        """The last line that was read; 0 before the first."""

    def read(self) -> Iterator[Recorded]:
        """Yield the lines that came since. Raises JournalError when one is not what was written."""
        with explained(self._name):
            if self._checksum is None and not self._find_opening():
                return
            lines = select(event).where(event.c.seq > self.last_seq).order_by(event.c.seq)
            for row in self._reader.execute(lines):
                yield self._check(row)

    def _find_opening(self) -> bool:
        opened = self._reader.scalar(select(func.max(business_day.c.opened_seq)))
        if opened is None:
            return False
        self.last_seq = opened - 1
        self._checksum = checksum_of(self._name, self._reader, self.last_seq)
        return True

    def _check(self, row: Sequence[Any]) -> Recorded:
        *told, found = row
        seq = self.last_seq + 1
        checksum = line_checksum(self._checksum or b"", (*told,))
        demand(self._name, told[0] == seq, f"line {seq} is missing")
        demand(
            self._name, found == checksum, f"line {seq} is not what was written, or one before it"
        )
        self.last_seq, self._checksum = seq, checksum
        return read_line(told, self._name)


def checksum_of(name: str, reader: Connection, seq: int) -> bytes:
    """Return the checksum of a line that has to be there. Raises JournalError."""
    if seq == 0:
        return BEFORE_THE_FIRST
    found: bytes | None = reader.scalar(select(event.c.checksum).where(event.c.seq == seq))
    demand(name, found is not None, f"line {seq} is missing")
    return found or b""


def demand(name: str, is_sound: bool, why_not: str) -> None:  # noqa: FBT001 - as `invariant` has it
    """Raise JournalError, with what to do, unless the journal `name` `is_sound`."""
    if not is_sound:
        raise JournalError(f"journal {name}: {why_not}; {_WHAT_TO_DO}")


def read_line(row: Any, name: str) -> Recorded:
    """Read a row of the table `event` of the journal `name`.

    Raises JournalError when this software cannot.
    """
    seq, epoch, day, wall_ms, elapsed_ms, client, command_id, _, body = row
    try:
        happened = decode_event(body)
    except msgspec.DecodeError as error:
        raise JournalError(
            f"journal {name}: line {seq} cannot be read; it is damaged or was written "
            "by a newer version of this software"
        ) from error
    return Recorded(
        seq=seq,
        epoch=Epoch(epoch),
        day=BusinessDay(day),
        wall_ms=wall_ms,
        elapsed_ms=elapsed_ms,
        client=ClientId(client),
        command=None if command_id is None else CommandId(command_id),
        event=happened,
    )
