"""The intake: lines are stored in their order, each once, and a gap is never confirmed."""

import msgspec
import pytest

from hallserver.protocol.region import (
    REGION_SCHEMA,
    JournalLine,
    JournalLines,
    LinesRefused,
    RegionHall,
    encode_lines,
)
from hallserver.region.intake import Cursor, Incoming, read_message, take

HALL = RegionHall("shaoyang")


def line(seq: int, epoch: int = 1, body: str = '{"type":"DayClosed"}') -> JournalLine:
    return JournalLine(seq, epoch, "20261123", 1_000 + seq, seq, "kiosk-01", "DayClosed", body)


def message(*seqs: int, number: int = 1, epoch: int = 1) -> Incoming:
    return Incoming(HALL, number, tuple(line(seq, epoch) for seq in seqs), head=99)


def at(seq: int, epoch: int = 1) -> Cursor:
    return Cursor(HALL, epoch, seq, 1_000 + seq)


def test_lines_that_follow_are_stored_and_confirmed():
    taken = take(at(0), [message(1, 2, number=1), message(3, number=2)])
    assert [each.seq for each in taken.lines] == [1, 2, 3]
    assert (taken.answer.number, taken.answer.seq, taken.answer.wall_ms) == (2, 3, 1_003)
    assert (taken.cursor.seq, taken.cursor.stored, taken.cursor.head) == (3, 3, 99)


def test_lines_that_came_before_are_counted_and_not_stored_again():
    taken = take(at(2), [message(1, 2, 3), message(3)])
    assert [each.seq for each in taken.lines] == [3]
    assert taken.cursor.repeated == 3
    assert taken.answer.refused is None


def test_a_gap_is_not_confirmed():
    taken = take(at(2), [message(4, 5)])
    assert taken.lines == []
    assert (taken.answer.seq, taken.answer.refused) == (2, LinesRefused.GAP)
    assert taken.cursor.gaps == 1


def test_what_follows_a_gap_is_stored_when_the_gap_is_filled():
    taken = take(at(2), [message(4, 5, number=1), message(3, 4, 5, number=2)])
    assert [each.seq for each in taken.lines] == [3, 4, 5]
    assert (taken.answer.number, taken.answer.refused) == (2, None)


def test_a_question_is_answered_with_what_is_stored():
    taken = take(at(7), [message(number=9)])
    assert (taken.answer.number, taken.answer.seq) == (9, 7)


def test_lines_of_an_earlier_start_are_another_journal():
    taken = take(at(2, epoch=5), [message(3, epoch=4)])
    assert taken.lines == []
    assert taken.answer.refused is LinesRefused.FORKED
    assert taken.cursor.trouble == "forked"


def test_trouble_is_forgotten_with_the_next_right_message():
    troubled = take(at(2, epoch=5), [message(3, epoch=4)]).cursor
    assert take(troubled, [message(3, epoch=5)]).cursor.trouble == ""


def encoded(*lines: JournalLine, schema: int = REGION_SCHEMA) -> bytes:
    return encode_lines(JournalLines(schema, 17, 99, lines))


def test_a_message_is_read_as_it_was_written():
    read = read_message(HALL, encoded(line(1), line(2, epoch=2)))
    assert read == Incoming(HALL, 17, (line(1), line(2, epoch=2)), 99)


@pytest.mark.parametrize(
    "payload",
    [
        encoded(line(1), line(3)),
        encoded(line(2), line(1)),
        encoded(line(1, epoch=2), line(2, epoch=1)),
        encoded(line(1, body="{")),
        encoded(line(1, body="[]")),
        encoded(line(1, body='{"type":"a\\u0000b"}')),
        encoded(line(0)),
        encoded(line(1)).replace(b"20261123", b"20261323"),
        encoded(line(1)).replace(b'"lines":[', b'"lines":[7,'),
    ],
)
def test_a_message_that_cannot_be_stored_is_refused_whole(payload):
    assert read_message(HALL, payload) == Incoming(HALL, 17, refused=LinesRefused.MALFORMED)


@pytest.mark.parametrize("name", ["person", "clerk", "by", "message"])
def test_a_message_that_tells_of_a_person_is_refused_whole(name):
    body = msgspec.json.encode({"type": "DayClosed", name: "somebody"}).decode()
    read = read_message(HALL, encoded(line(1, body=body)))
    assert read == Incoming(HALL, 17, refused=LinesRefused.MALFORMED)


def test_a_newer_schema_is_refused_by_its_name():
    newer = encoded(line(1), schema=REGION_SCHEMA + 1).replace(b"lines", b"leaves")
    assert read_message(HALL, newer) == Incoming(HALL, 17, refused=LinesRefused.TOO_NEW)


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b'{"schema":1}', b"[" * 100_000])
def test_what_cannot_be_answered_is_dropped(payload):
    assert read_message(HALL, payload) is None
