"""What of a hall's messages is stored, and what it is told. Pure.

Lines are stored in their order only, and a gap is never confirmed: what is stored of a hall is
always the beginning of its journal, without a hole.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from hallserver.protocol.region import (
    REGION_SCHEMA,
    JournalConfirmed,
    JournalLine,
    JournalLines,
    LinesRefused,
    LinesUnreadableError,
    RegionHall,
    decode_lines,
    outside_of_lines,
)

NEVER_STORED = frozenset(("person", "clerk", "by", "message"))
"""Fields of events that tell of a person. A hall does not send them, and if it does, they stay out
with the whole message: nothing of the kind may stand in the region's database."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one hall is stored. `wall_ms` is the last line's; `head` its journal's last line."""

    hall: RegionHall
    epoch: int = 0
    seq: int = 0
    wall_ms: int = 0
    head: int = 0
    stored: int = 0
    """Lines, ever."""
    repeated: int = 0
    """Lines that came once more and changed nothing."""
    gaps: int = 0
    """Messages that did not follow what is stored; they were asked for again."""
    refused: int = 0
    """Messages that could not be used."""
    trouble: str = ""
    """What was wrong with the last message; empty when it was right."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message of a hall, read or unreadable."""

    hall: RegionHall
    number: int
    lines: tuple[JournalLine, ...] = ()
    head: int = 0
    refused: LinesRefused | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What becomes of some messages of one hall."""

    cursor: Cursor
    lines: Sequence[JournalLine]
    answer: JournalConfirmed


def read_message(hall: RegionHall, payload: bytes) -> Incoming | None:
    """Read a message; None for what cannot even be answered. Never raises."""
    outside = outside_of_lines(payload)
    if outside is not None and outside[0] > REGION_SCHEMA:
        return Incoming(hall, outside[1], refused=LinesRefused.TOO_NEW)
    try:
        message = decode_lines(payload)
    except LinesUnreadableError:
        if outside is None:
            return None
        return Incoming(hall, outside[1], refused=LinesRefused.MALFORMED)
    if not _is_sound(message):
        return Incoming(hall, message.number, refused=LinesRefused.MALFORMED)
    return Incoming(hall, message.number, message.lines, message.head)


# Each month has a partition (`schema`): only years that a hall's clock can show make any.
_DAY = re.compile(r"(19[7-9]|20[0-9])[0-9](0[1-9]|1[0-2])[0-3][0-9]", re.ASCII)
_decode_body = msgspec.json.Decoder(dict[str, object]).decode


def _is_sound(message: JournalLines) -> bool:
    """Whether lines follow each other, and each body can be stored as JSON and tells of nobody."""
    for before, line in zip(message.lines, message.lines[1:], strict=False):
        if line.seq != before.seq + 1 or line.epoch < before.epoch:
            return False
    for line in message.lines:
        if not _DAY.fullmatch(line.day) or len(line.checksum) not in (0, 32):
            return False
        # PostgreSQL's text has no NUL, and its jsonb neither (datatype-json.html).
        if "\\u0000" in line.body or "\0" in line.body or "\0" in line.client:
            return False
        try:
            event = _decode_body(line.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if not NEVER_STORED.isdisjoint(event):
            return False
    return True


def take(cursor: Cursor, messages: Iterable[Incoming]) -> Taken:
    """Take a hall's messages in their order; the answer is to the last of them."""
    stored: list[JournalLine] = []
    number, refused = 0, None
    for message in messages:
        number = message.number
        cursor, refused = _take_one(cursor, message, stored)
    answer = JournalConfirmed(
        REGION_SCHEMA, number, cursor.epoch, cursor.seq, cursor.wall_ms, refused
    )
    return Taken(cursor, stored, answer)


def _take_one(
    cursor: Cursor, message: Incoming, stored: list[JournalLine]
) -> tuple[Cursor, LinesRefused | None]:
    if message.refused is not None:
        return _refuse(cursor, message.refused)
    new = [line for line in message.lines if line.seq > cursor.seq]
    cursor = replace(
        cursor,
        head=message.head,
        trouble="",
        repeated=cursor.repeated + len(message.lines) - len(new),
    )
    if not new:
        return cursor, None
    first, last = new[0], new[-1]
    if first.seq > cursor.seq + 1:
        return replace(cursor, gaps=cursor.gaps + 1), LinesRefused.GAP
    if first.epoch < cursor.epoch:
        return _refuse(cursor, LinesRefused.FORKED)
    stored += new
    cursor = replace(
        cursor,
        epoch=last.epoch,
        seq=last.seq,
        wall_ms=last.wall_ms,
        head=max(message.head, last.seq),
        stored=cursor.stored + len(new),
    )
    return cursor, None


def _refuse(cursor: Cursor, why: LinesRefused) -> tuple[Cursor, LinesRefused]:
    return replace(cursor, refused=cursor.refused + 1, trouble=why.value), why
