"""Frames of the SAM_V protocol, against documented bytes."""

from datetime import date
from hashlib import sha256

import pytest

from devices.faults import FaultCode
from devices.idcard import codec
from devices.idcard.card import CardKind, IdentityCard, Sex
from devices.idcard.codec import Answer, FrameDecoder
from devices.idcard.encode import (
    CardContents,
    encode_answer,
    encode_read_answer,
    encode_text_block,
)
from devices.idcard.layout import decode_text_block

DOCUMENTED = CardContents(
    kind=CardKind.CITIZEN,
    name="张三",
    id_number="11010519491231002X",
    sex=Sex.MALE,
    birth=date(1949, 12, 31),
    valid_from=date(2020, 1, 1),
    valid_until=None,
    address="湖南省邵阳市大祥区测试路1号",
    issuer="邵阳市公安局大祥分局",
)
TEXT = encode_text_block(DOCUMENTED)
READ_ANSWER = encode_read_answer(TEXT)


def h(text: str) -> bytes:
    return bytes.fromhex("AA AA AA 96 69 " + text)


def as_pairs(answers: list[Answer]) -> list[tuple[int, bytes]]:
    return [(answer.status, bytes(answer.payload)) for answer in answers]


def test_the_documented_card_answer_comes_out_byte_for_byte() -> None:
    assert len(READ_ANSWER) == 1295
    assert READ_ANSWER[-1] == 0x5B
    assert READ_ANSWER[:14] == h("05 08 00 00 90 01 00 04 00")
    assert (
        sha256(READ_ANSWER).hexdigest()
        == "bf7b5a4b267c060504cc3a7db0110bb8b9c37dc7def6d8b18fde5c3b7a9cdaa4"
    )


def test_the_documented_card_answer_is_read() -> None:
    [answer] = FrameDecoder().feed(READ_ANSWER)
    assert answer.is_card
    assert decode_text_block(answer.payload) == DOCUMENTED.identity


@pytest.mark.parametrize(
    ("request_bytes", "documented"),
    [
        (codec.RESET, "00 03 10 FF EC"),
        (codec.SAM_STATUS, "00 03 11 FF ED"),
        (codec.SAM_ID, "00 03 12 FF EE"),
        (codec.FIND_CARD, "00 03 20 01 22"),
        (codec.SELECT_CARD, "00 03 20 02 21"),
        (codec.READ_CARD, "00 03 30 01 32"),
        (codec.request(0x60, 0), "00 03 60 00 63"),
        (codec.request(0x60, 4), "00 03 60 04 67"),
    ],
)
def test_requests_are_the_documented_bytes(request_bytes: bytes, documented: str) -> None:
    assert request_bytes == h(documented)


@pytest.mark.parametrize(
    ("documented", "status", "payload"),
    [
        ("00 04 00 00 90 94", 0x90, b""),
        ("00 04 00 00 60 64", 0x60, b""),
        ("00 08 00 00 9F 00 00 00 00 97", 0x9F, bytes(4)),
        ("00 04 00 00 80 84", 0x80, b""),
        ("00 0C 00 00 90 00 00 00 00 00 00 00 00 9C", 0x90, bytes(8)),
        ("00 04 00 00 81 85", 0x81, b""),
        ("00 04 00 00 41 45", 0x41, b""),
        ("00 04 00 00 10 14", 0x10, b""),
        ("00 04 00 00 66 62", 0x66, b""),
    ],
)
def test_documented_answers_are_read_and_written(
    documented: str, status: int, payload: bytes
) -> None:
    assert as_pairs(FrameDecoder().feed(h(documented))) == [(status, payload)]
    assert encode_answer(status, payload) == h(documented)


EVERY_FAULT_STATUS = {
    0x10: FaultCode.READER_REFUSED,
    0x11: FaultCode.READER_REFUSED,
    0x21: FaultCode.READER_REFUSED,
    0x23: FaultCode.READER_UNLICENSED,
    0x24: FaultCode.READER_REFUSED,
    0x31: FaultCode.CARD_UNREADABLE,
    0x32: FaultCode.CARD_UNREADABLE,
    0x33: FaultCode.CARD_UNREADABLE,
    0x37: FaultCode.READER_REFUSED,
    0x3F: FaultCode.READER_REFUSED,
    0x40: FaultCode.CARD_KIND_UNKNOWN,
    0x41: FaultCode.CARD_LIFTED,
    0x47: FaultCode.READER_BROKEN,
    0x60: FaultCode.READER_BROKEN,
    0x66: FaultCode.READER_UNLICENSED,
    0x80: FaultCode.CARD_LIFTED,
    0x81: FaultCode.CARD_LIFTED,
    0x91: FaultCode.READER_REFUSED,
}


@pytest.mark.parametrize("status", range(256))
def test_every_status_byte_has_a_name(status: int) -> None:
    fault = codec.fault_of_status(status)
    assert fault.code is EVERY_FAULT_STATUS.get(status, FaultCode.READER_REFUSED)
    assert f"{status:02X}" in fault.detail


def test_the_card_answer_is_read_whichever_byte_it_is_split_at() -> None:
    for cut in range(len(READ_ANSWER) + 1):
        decoder = FrameDecoder()
        answers = decoder.feed(READ_ANSWER[:cut]) + decoder.feed(READ_ANSWER[cut:])
        assert as_pairs(answers) == [(0x90, TEXT)], cut
        assert not decoder.is_mid_frame


def test_the_card_answer_is_read_byte_by_byte() -> None:
    decoder = FrameDecoder()
    answers = [answer for byte in READ_ANSWER for answer in decoder.feed(bytes([byte]))]
    assert as_pairs(answers) == [(0x90, TEXT)]


def test_an_answer_cut_off_at_any_byte_gives_nothing_and_hides_nothing_that_follows() -> None:
    lifted = encode_answer(0x41)
    for cut in range(len(READ_ANSWER)):
        decoder = FrameDecoder()
        assert decoder.feed(READ_ANSWER[:cut]) == [], cut
        assert decoder.abandon_frame() == [], cut
        assert not decoder.is_mid_frame, cut
        assert as_pairs(decoder.feed(lifted)) == [(0x41, b"")], cut


def test_an_answer_behind_half_a_card_is_found_when_the_half_is_given_up() -> None:
    lifted = encode_answer(0x41)
    for cut in range(5, len(READ_ANSWER) - len(lifted)):
        decoder = FrameDecoder()
        early = decoder.feed(READ_ANSWER[:cut] + lifted)
        assert as_pairs(early + decoder.abandon_frame()) == [(0x41, b"")], cut


def test_the_photo_and_the_text_are_overwritten_once_the_answer_is_out() -> None:
    photo = bytes(range(1, 255)) * 4 + b"12345678"
    decoder = FrameDecoder()
    [answer] = decoder.feed(encode_read_answer(TEXT, photo))
    assert bytes(answer.payload) == TEXT
    assert not any(decoder._buffer)
    decoder.feed(encode_read_answer(TEXT, photo)[:900])
    decoder.reset()
    assert not any(decoder._buffer)
    answer.wipe()
    assert not any(answer.payload)


@pytest.mark.parametrize("fingerprint_bytes", [0, 512, 1024])
def test_a_fingerprint_that_nobody_asked_for_is_dropped(fingerprint_bytes: int) -> None:
    frame = encode_read_answer(TEXT, fingerprint=bytes([7]) * fingerprint_bytes)
    assert len(frame) == 1297 + fingerprint_bytes
    [answer] = FrameDecoder().feed(frame)
    assert bytes(answer.payload) == TEXT


@pytest.mark.parametrize("lengths", ["00FF0400", "01000401", "04000100", "00000500", "FFFFFFFF"])
def test_a_card_answer_whose_parts_do_not_add_up_brings_no_text(lengths: str) -> None:
    frame = encode_answer(0x90, bytes.fromhex(lengths) + TEXT + bytes(1024))
    [answer] = FrameDecoder().feed(frame)
    assert answer.is_card
    assert answer.payload == b""
    assert not isinstance(decode_text_block(answer.payload), IdentityCard)


def test_a_wrong_checksum_is_counted_and_the_next_answer_is_read() -> None:
    decoder = FrameDecoder()
    broken = READ_ANSWER[:-1] + bytes([READ_ANSWER[-1] ^ 1])
    assert as_pairs(decoder.feed(broken + encode_answer(0x80))) == [(0x80, b"")]
    assert decoder.bad_checksums == 1


@pytest.mark.parametrize("length", [0, 1, 2, 3, 2401, 0xFFFF])
def test_an_impossible_length_is_discarded_at_once(length: int) -> None:
    decoder = FrameDecoder()
    head = codec.PREAMBLE + length.to_bytes(2, "big")
    assert as_pairs(decoder.feed(head + encode_answer(0x80))) == [(0x80, b"")]
    assert decoder.bad_lengths == 1


def test_the_longest_allowed_answer_is_read() -> None:
    frame = encode_answer(0x90, bytes(codec.MAX_LEN - 4))
    [answer] = FrameDecoder().feed(frame)
    assert answer.payload == b""


@pytest.mark.parametrize(
    "noise", ["", "AA", "AAAA", "AAAAAA", "AAAAAA96", "00FFAA9669", "AAAAAA9668"]
)
def test_noise_before_an_answer_is_skipped(noise: str) -> None:
    decoder = FrameDecoder()
    assert as_pairs(decoder.feed(bytes.fromhex(noise) + encode_answer(0x9F, bytes(4)))) == [
        (0x9F, bytes(4))
    ]


def test_a_request_that_is_echoed_back_is_no_answer() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(codec.FIND_CARD + codec.request(0x60, 0, b"x")) == []


def test_noise_without_end_needs_no_memory() -> None:
    decoder = FrameDecoder()
    size = len(decoder._buffer)
    for noise in (b"\xaa" * 100_000, codec.PREAMBLE * 20_000, bytes(100_000)):
        assert decoder.feed(noise) == []
        assert len(decoder._buffer) == size
        assert decoder._used <= 7 + codec.MAX_LEN
    decoder.reset()
    assert as_pairs(decoder.feed(READ_ANSWER)) == [(0x90, TEXT)]


def test_several_answers_in_one_piece_come_in_order() -> None:
    stream = encode_answer(0x80) + READ_ANSWER + encode_answer(0x9F, bytes(4))
    assert [answer.status for answer in FrameDecoder().feed(stream)] == [0x80, 0x90, 0x9F]


def test_an_answer_shows_nothing_of_its_payload() -> None:
    [answer] = FrameDecoder().feed(READ_ANSWER)
    assert repr(answer) == "<Answer status 90, 256 bytes>"


def test_a_sam_id_is_written_as_makers_print_it() -> None:
    data = bytes.fromhex("0500 0100 1F1A3401 4E61BC00 D2029649")
    assert codec.decode_sam_id(data) == "05.01-20191775-0012345678-1234567890"
    assert codec.decode_sam_id(data[:15]) is None
