"""What goes up from a hall to its region, and what comes back: two messages, two topics.

They travel by a broker of the hall's own that does nothing else (`UPLINK_*`), which bridges them to
the region's broker (`REGION_*`). At the region a hall's name stands in the topic, and the broker
lets each hall use its own topics only: who sent lines is known from the topic, never from them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Annotated, NewType

import msgspec
from msgspec import Meta

from hallserver.protocol.bounds import (
    MAX_EVENT_CHARS,
    MAX_ID_CHARS,
    MAX_LINES_BYTES,
    MAX_LINES_IN_A_MESSAGE,
)

REGION_SCHEMA = 1
"""The schema of these two messages. The region understands halls that are older, not newer."""

RegionHall = NewType("RegionHall", str)
"""A hall as its region knows it: lower-case letters, digits and hyphens."""

_HALL = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_SEQ = Meta(ge=1, le=2**53)
_MS = Meta(ge=-(2**53), le=2**53)


class JournalLine(msgspec.Struct, frozen=True):
    """A line of a hall's journal, without what tells of a person.

    `body` is the event as JSON text. `checksum` is the line's own in the hall's chain, as 32 hex
    digits, or empty where the hall's journal has none.
    """

    seq: Annotated[int, _SEQ]
    epoch: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    day: Annotated[str, Meta(pattern=r"^[0-9]{8}\Z")]
    wall_ms: Annotated[int, _MS]
    elapsed_ms: Annotated[int, _MS]
    client: Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARS)]
    type: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,32}\Z")]
    body: Annotated[str, Meta(min_length=2, max_length=MAX_EVENT_CHARS)]
    checksum: Annotated[str, Meta(pattern=r"^[0-9a-f]{0,32}\Z")] = ""


class JournalLines(msgspec.Struct, frozen=True):
    """Lines of a hall's journal that follow each other. Without any it only asks how far they are.

    `number` rises with each message of a hall; `head` is the last line of its journal.
    """

    schema: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    number: Annotated[int, Meta(ge=1, le=2**53)]
    head: Annotated[int, Meta(ge=0, le=2**53)]
    lines: Annotated[tuple[JournalLine, ...], Meta(max_length=MAX_LINES_IN_A_MESSAGE)]


@unique
class LinesRefused(StrEnum):
    """Why lines were not stored."""

    GAP = "gap"
    """They do not follow what is stored."""
    FORKED = "forked"
    """They are of an earlier start of the server than what is stored."""
    MALFORMED = "malformed"
    TOO_NEW = "too_new"
    """Their schema is newer than the region's."""


class JournalConfirmed(msgspec.Struct, frozen=True):
    """The answer to lines, retained: every line up to `seq` is committed at the region.

    `number` is that of the message answered. `epoch` and `wall_ms` are those of line `seq`, so that
    the hall can tell whether it is a line of the same journal. All are 0 where nothing is stored.
    """

    schema: int
    number: int
    epoch: int
    seq: int
    wall_ms: int
    refused: LinesRefused | None = None


@dataclass(frozen=True)
class RegionRoute:
    """One topic: `uplink` at the hall's own broker, `region` at the region's, for each hall."""

    name: str
    uplink: str
    region: str
    message: type
    is_up: bool
    is_retained: bool
    why: str


QOS = 1

LINES = RegionRoute(
    "lines",
    "jiaohao/journal/lines",
    "region/{hall}/lines",
    JournalLines,
    is_up=True,
    is_retained=False,
    why="A hall's journal, line by line.",
)
CONFIRMED = RegionRoute(
    "confirmed",
    "jiaohao/journal/confirmed",
    "region/{hall}/confirmed",
    JournalConfirmed,
    is_up=False,
    is_retained=True,
    why="How far the region has stored it.",
)
REGION_ROUTES = (LINES, CONFIRMED)


def is_hall(text: str) -> bool:
    """Whether this may be a hall's name in a region; then it may also stand in a topic."""
    return _HALL.fullmatch(text) is not None


def region_topic(route: RegionRoute, hall: RegionHall) -> str:
    """Name the topic of one hall at the region. Raises ValueError for a name that may be none."""
    if not is_hall(hall):
        raise ValueError("a hall's name is 1 to 40 lower-case letters, digits and hyphens")
    return route.region.format(hall=hall)


def region_filter(route: RegionRoute) -> str:
    """Return the filter that matches this topic of all halls."""
    return route.region.format(hall="+")


def hall_of(route: RegionRoute, topic: str) -> RegionHall | None:
    """Read the hall off a topic of this route; None when it is none."""
    before, _, after = route.region.partition("{hall}")
    hall = topic.removeprefix(before).removesuffix(after)
    return RegionHall(hall) if is_hall(hall) and topic == f"{before}{hall}{after}" else None


class LinesUnreadableError(ValueError):
    """A payload is no message of its topic."""


_encoder = msgspec.json.Encoder()
_lines_decoder = msgspec.json.Decoder(JournalLines)
_confirmed_decoder = msgspec.json.Decoder(JournalConfirmed)


class _Outside(msgspec.Struct):
    """The outside of lines, read leniently to be able to answer their sender."""

    schema: int
    number: int


_outside_decoder = msgspec.json.Decoder(_Outside)


def encode_lines(message: JournalLines) -> bytes:
    """Encode for `LINES`."""
    return _encoder.encode(message)


def decode_lines(payload: bytes) -> JournalLines:
    """Decode what arrived on `LINES`. Raises LinesUnreadableError, on any bytes nothing else."""
    if len(payload) > MAX_LINES_BYTES:
        raise LinesUnreadableError(f"{len(payload)} bytes, at most {MAX_LINES_BYTES}")
    try:
        return _lines_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LinesUnreadableError(type(error).__name__) from None  # it could quote a stranger


def outside_of_lines(payload: bytes) -> tuple[int, int] | None:
    """Return schema and number of lines that cannot be decoded; None where they are not there."""
    try:
        outside = _outside_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return outside.schema, outside.number


def encode_confirmed(message: JournalConfirmed) -> bytes:
    """Encode for `CONFIRMED`."""
    return _encoder.encode(message)


def decode_confirmed(payload: bytes) -> JournalConfirmed:
    """Decode what arrived on `CONFIRMED`. Raises LinesUnreadableError."""
    try:
        return _confirmed_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LinesUnreadableError(type(error).__name__) from None
