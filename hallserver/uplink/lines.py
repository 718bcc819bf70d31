"""What of the journal goes up, and what stays in the hall. Pure.

A region counts and compares halls. For that it needs nobody: neither the keyed hash of a visitor
nor the account of a clerk leaves the hall, and no words that somebody wrote freely.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from hallserver.protocol.bounds import MAX_LINES_BYTES, MAX_LINES_IN_A_MESSAGE
from hallserver.protocol.region import JournalLine

GOES_UP = frozenset(
    (
        *("appointment", "call_seq", "cause", "channel", "client", "closed", "closes_ms"),
        *("companions", "counter", "day", "due_ms", "due_wall_ms", "for_counter", "from_ms"),
        *(
            "count",
            "lost_until_ms",
            "half",
            "is_by_showing",
            "is_over",
            "is_proxy",
            "is_silent",
            "item",
            "kind",
            "kiosk",
        ),
        *("last", "longest_s", "no_card", "number", "opens_ms", "ordinal", "outcome", "place"),
        *("policy", "priority", "proposal", "reason", "reserved_ms", "returns_as", "returns_to"),
        *("rule", "series", "service", "services", "since_ms", "slot", "stars", "state", "step"),
        *("tags", "ticket", "turn", "type", "until_ms", "valid_from_ms", "waiting", "wish", "zone"),
    )
)
"""Fields of events that may leave the hall. A field that is not named here does not."""

STAYS_HOME = frozenset(("person", "clerk", "by", "message"))
"""Fields of events that may not: a visitor's keyed hash, a clerk's account, free words."""

_ENVELOPE_BYTES = 256


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the journal's table `event`, as far as it is looked at here."""

    seq: int
    epoch: int
    day: str
    wall_ms: int
    elapsed_ms: int
    client: str
    type: str
    body: str
    checksum: str = ""


_decode = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode


def line_of(row: Row) -> JournalLine:
    """Make the line that goes up. Raises msgspec.DecodeError for a row that is damaged."""
    event = _decode(row.body)
    kept = {name: value for name, value in event.items() if name in GOES_UP}
    return JournalLine(
        seq=row.seq,
        epoch=row.epoch,
        day=row.day,
        wall_ms=row.wall_ms,
        elapsed_ms=row.elapsed_ms,
        client=row.client,
        type=row.type,
        body=_encode(kept).decode("utf-8"),
        checksum=row.checksum,
    )


def fitting(lines: Iterable[JournalLine]) -> Sequence[JournalLine]:
    """Take as many of the first lines as one message holds; at least one where there is one."""
    taken: list[JournalLine] = []
    size = _ENVELOPE_BYTES
    for line in lines:
        size += len(_encode(line)) + 1
        if taken and (size > MAX_LINES_BYTES or len(taken) >= MAX_LINES_IN_A_MESSAGE):
            break
        taken.append(line)
    return taken
