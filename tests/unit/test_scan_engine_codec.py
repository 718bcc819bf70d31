"""The register protocol of scan engines, against documented bytes."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.scan.engine_codec import (
    STOP,
    TRIGGER,
    Acknowledged,
    CodeRead,
    EngineDecoder,
    EngineEvent,
    Refused,
    command,
    crc_ccitt,
    encode_answer,
)

ACK = bytes.fromhex("02 00 00 01 00 33 31")
ACKED = Acknowledged()


def read(text: str) -> CodeRead:
    return CodeRead(text)


@pytest.mark.parametrize(
    ("frame", "documented"),
    [
        (TRIGGER, "7E 00 08 01 00 02 01 02 DA"),
        (STOP, "7E 00 08 01 00 02 00 12 FB"),
        (command(0x08, 0x0002, b"\x02"), "7E 00 08 01 00 02 02 32 B9"),
        (command(0x09, 0x0000, b"\x00"), "7E 00 09 01 00 00 00 DE C8"),
        (encode_answer(0), "02 00 00 01 00 33 31"),
        (encode_answer(1), "02 00 01 01 00 04 01"),
        (encode_answer(3), "02 00 03 01 00 6A 61"),
    ],
)
def test_frames_are_the_documented_bytes(frame: bytes, documented: str) -> None:
    assert frame == bytes.fromhex(documented)


def test_the_crc_gives_the_published_check_value() -> None:
    assert crc_ccitt(b"123456789") == b"\x31\xc3"


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (ACK, [ACKED]),
        (b"JH1.x\r", [read("JH1.x")]),
        (b"JH1.x\r\n", [read("JH1.x")]),
        (b"JH1.x\n", [read("JH1.x")]),
        (ACK + b"JH1.x\r", [ACKED, read("JH1.x")]),  # glued before
        (b"JH1.x\r" + ACK, [read("JH1.x"), ACKED]),  # glued behind
        (b"JH1" + ACK + b".x\r", [ACKED, read("JH1.x")]),  # in the middle
        (ACK + ACK + b"a\rb\r" + ACK, [ACKED, ACKED, read("a"), read("b"), ACKED]),
        (encode_answer(1), [Refused(1)]),
        (encode_answer(3) + b"a\r", [Refused(3), read("a")]),
        (encode_answer(0, b"\x0d\x0a"), [ACKED]),  # a register's content is no suffix
        ("票号\r".encode(), [read("票号")]),
        ("票号\r".encode("gb18030"), [read("票号")]),
        (b"\r\n\r\n", []),
        (b"\x02\x00\x00\x01\x00\x33\x32a\r", []),  # an answer with a wrong CRC hides no code
    ],
)
def test_a_stream_gives_the_same_events_whole_and_cut_anywhere(
    stream: bytes, events: list[EngineEvent]
) -> None:
    assert EngineDecoder().feed(stream) == events
    for cut in range(len(stream)):
        decoder = EngineDecoder()
        assert decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) == events, cut
    decoder = EngineDecoder()
    assert [event for byte in stream for event in decoder.feed(bytes([byte]))] == events


def test_a_pause_ends_a_code_without_a_suffix() -> None:
    decoder = EngineDecoder()
    assert decoder.feed(ACK + b"JH1.x") == [ACKED]
    assert decoder.is_mid_code
    assert decoder.idle() == [read("JH1.x")]
    assert not decoder.is_mid_code
    assert decoder.idle() == []


def test_a_pause_inside_an_answer_gives_nothing_and_the_next_is_read() -> None:
    for cut in range(1, len(ACK)):
        decoder = EngineDecoder()
        assert decoder.feed(ACK[:cut]) == []
        assert decoder.idle() == []
        assert decoder.feed(ACK) == [ACKED]


def test_an_overlong_code_is_dropped_whole_and_the_next_is_read() -> None:
    for size in (4097, 5000, 100_000):
        decoder = EngineDecoder()
        assert decoder.feed(b"9" * size) == []
        assert len(decoder._buffer) <= 4096
        assert decoder.feed(b"tail\rJH1.x\r") == [read("JH1.x")]
        assert decoder.overlong_codes == 1
        assert decoder.feed(b"9" * size) == []
        assert decoder.idle() == []
        assert decoder.feed(b"JH1.y\r") == [read("JH1.y")]


def test_the_longest_allowed_code_is_read() -> None:
    assert EngineDecoder().feed(b"9" * 4096 + b"\r") == [read("9" * 4096)]


def test_a_code_that_is_no_text_is_counted() -> None:
    decoder = EngineDecoder()
    assert decoder.feed(b"\xff\xff\r") == []
    assert decoder.unreadable_codes == 1


def test_an_event_shows_nothing_of_a_code() -> None:
    assert repr(read("JH1.secret")) == "<CodeRead, 10 characters>"


@settings(max_examples=800, deadline=None)
@given(st.binary(max_size=600), st.lists(st.integers(0, 600), max_size=6))
def test_any_bytes_are_survived_and_what_follows_a_pause_is_read(
    data: bytes, cuts: list[int]
) -> None:
    decoder = EngineDecoder()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        decoder.feed(data[start:end])
    decoder.idle()
    assert not decoder.is_mid_code
    assert decoder.feed(ACK + b"JH1.x\r") == [ACKED, read("JH1.x")]


@settings(max_examples=800, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.just(None),
            st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1),
        ),
        max_size=12,
    ),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_answers_and_codes_in_any_order_and_any_cuts_come_out_in_order(
    parts: list[str | None], cuts: list[int]
) -> None:
    stream = b"".join(ACK if part is None else part.encode() + b"\r" for part in parts)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    decoder = EngineDecoder()
    events = [e for start, end in pairwise(edges) for e in decoder.feed(stream[start:end])]
    assert events == [ACKED if part is None else read(part) for part in parts]
