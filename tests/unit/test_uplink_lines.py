"""What leaves the hall: no visitor, no clerk, no free words; and each field is decided on."""

from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from hallserver.domain import events as ev
from hallserver.protocol.bounds import MAX_LINES_BYTES, MAX_LINES_IN_A_MESSAGE
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import ClerkId, PersonKey
from hallserver.protocol.region import JournalLines, encode_lines
from hallserver.region.intake import NEVER_STORED
from hallserver.uplink.lines import GOES_UP, STAYS_HOME, Row, fitting, line_of

EVENTS = get_args(ev.Event)
PERSON = "00112233445566778899aabbccddeeff"


def row(body: str, seq: int = 1) -> Row:
    return Row(seq, 1, "20261123", 1_795_392_000_000, 17, "kiosk-01", "TicketReserved", body)


def hints(hint: object) -> set[object]:
    """All types inside a hint."""
    if get_origin(hint) in (Union, UnionType, tuple):
        return set().union(*(hints(part) for part in get_args(hint)))
    return {hint}


def test_of_each_field_of_each_event_it_is_decided_whether_it_leaves_the_hall():
    names = {field.name for kind in EVENTS for field in msgspec.structs.fields(kind)} | {"type"}
    assert names == GOES_UP | STAYS_HOME
    assert not GOES_UP & STAYS_HOME


def test_no_field_that_holds_a_person_a_clerk_or_free_words_leaves_the_hall():
    telling = {
        name
        for kind in EVENTS
        for name, hint in get_type_hints(kind).items()
        if hints(hint) & {PersonKey, ClerkId, Text}
    }
    assert telling == STAYS_HOME


def test_the_region_refuses_what_the_hall_keeps():
    assert NEVER_STORED == STAYS_HOME


def test_a_line_is_what_the_journal_says_without_its_visitor():
    body = f'{{"type":"TicketReserved","ticket":"20261123-A001","person":"{PERSON}","ordinal":1}}'
    line = line_of(row(body))
    assert line.body == '{"type":"TicketReserved","ticket":"20261123-A001","ordinal":1}'
    assert (line.seq, line.epoch, line.day, line.client) == (1, 1, "20261123", "kiosk-01")
    assert PERSON not in msgspec.json.encode(line).decode()


def test_a_field_that_nobody_decided_on_stays_at_home():
    assert line_of(row('{"type":"X","added_later":"张三"}')).body == '{"type":"X"}'


@pytest.mark.parametrize("size", [2, 200, 20_000])
def test_a_message_holds_what_it_may_and_no_more(size):
    body = msgspec.json.encode({"type": "x" * size}).decode()
    lines = [line_of(row(body, seq)) for seq in range(1, 1_001)]
    taken = fitting(lines)
    assert taken == lines[: len(taken)]
    encoded = encode_lines(JournalLines(1, 2**53, 2**53, tuple(taken)))
    one_more = encode_lines(JournalLines(1, 2**53, 2**53, tuple(lines[: len(taken) + 1])))
    assert len(encoded) <= MAX_LINES_BYTES
    assert len(taken) == MAX_LINES_IN_A_MESSAGE or len(one_more) > MAX_LINES_BYTES - 512


def test_a_line_alone_always_has_a_message():
    assert len(fitting([line_of(row('{"type":"' + "x" * 30_000 + '"}'))])) == 1
    assert fitting([]) == []
