"""Damaged card answers: whatever happens to the bytes, no crash and no other person's card."""

from functools import reduce
from itertools import pairwise
from operator import xor
from random import Random
from unicodedata import category

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.idcard.card import CardKind, IdentityCard
from devices.idcard.codec import MAX_LEN, FrameDecoder
from devices.idcard.encode import encode_answer, encode_read_answer, encode_text_block
from devices.idcard.layout import decode_text_block
from devices.idcard.synthetic import synthetic_card

CARDS = [synthetic_card(Random(seed), kind) for seed, kind in enumerate(CardKind)]
FRAMES = [encode_read_answer(encode_text_block(card), Random(1).randbytes(1024)) for card in CARDS]
OF_CARD = st.integers(0, len(CARDS) - 1)

quick = settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def cards_in(decoder: FrameDecoder, *pieces: bytes) -> list[IdentityCard]:
    answers = [answer for piece in pieces for answer in decoder.feed(piece)]
    answers += decoder.abandon_frame()
    read = [decode_text_block(answer.payload) for answer in answers if answer.is_card]
    return [card for card in read if isinstance(card, IdentityCard)]


def test_every_single_damaged_byte_is_noticed() -> None:
    """One wrong byte of 1,295, in every place: the checksum, the lengths or the preamble tell."""
    for at in range(len(FRAMES[0])):
        for change in (0x01, 0x80, 0xFF):
            damaged = bytearray(FRAMES[0])
            damaged[at] ^= change
            assert cards_in(FrameDecoder(), bytes(damaged)) == [], at


@quick
@given(OF_CARD, st.integers(0, 1294), st.integers(1, 255), st.integers(0, 1295))
def test_a_damaged_byte_never_makes_a_card_in_any_split(
    which: int, at: int, change: int, cut: int
) -> None:
    damaged = bytearray(FRAMES[which])
    damaged[at] ^= change
    assert cards_in(FrameDecoder(), bytes(damaged[:cut]), bytes(damaged[cut:])) == []


@quick
@given(OF_CARD, st.binary(max_size=60), st.binary(max_size=60), st.lists(st.integers(0, 1415)))
def test_noise_around_an_answer_and_any_splits_leave_the_same_card(
    which: int, before: bytes, after: bytes, cuts: list[int]
) -> None:
    stream = before + FRAMES[which] + after
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert cards_in(FrameDecoder(), *pieces) == [CARDS[which].identity]


@quick
@given(
    OF_CARD,
    st.lists(
        st.tuples(
            st.sampled_from(["flip", "drop", "insert", "repeat", "cut"]),
            st.integers(0, 1294),
            st.integers(1, 255),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_a_mangled_answer_never_raises_and_only_a_sound_frame_counts(
    which: int, mutations: list[tuple[str, int, int]]
) -> None:
    data = bytearray(FRAMES[which])
    for kind, place, value in mutations:
        at = place % max(1, len(data))
        if kind == "flip":
            data[at : at + 1] = bytes(byte ^ value for byte in data[at : at + 1])
        elif kind == "drop":
            del data[at : at + value]
        elif kind == "insert":
            data[at:at] = bytes([value]) * value
        elif kind == "repeat":
            data[at:at] = data[at : at + value]
        else:
            del data[at:]
    decoder = FrameDecoder()
    read = cards_in(decoder, bytes(data))
    assert len(read) <= 1
    assert read == [] or has_a_sound_card_frame(bytes(data))
    assert not decoder.is_mid_frame
    assert [answer.status for answer in decoder.feed(encode_answer(0x80))] == [0x80]


def has_a_sound_card_frame(data: bytes) -> bool:
    """An oracle of its own: is there a preamble with a Len over which everything XORs to 0?"""
    for at in range(len(data) - 7):
        if data[at : at + 5] == bytes.fromhex("AAAAAA9669"):
            length = data[at + 5] * 256 + data[at + 6]
            body = data[at + 5 : at + 7 + length]
            if 1000 < length <= MAX_LEN and len(body) == 2 + length and reduce(xor, body) == 0:
                return True
    return False


@quick
@given(st.binary(max_size=3000))
def test_any_bytes_at_all_are_survived(data: bytes) -> None:
    decoder = FrameDecoder()
    for answer in decoder.feed(data) + decoder.abandon_frame():
        decode_text_block(answer.payload)
    assert not decoder.is_mid_frame


@quick
@given(OF_CARD, st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=8))
def test_a_damaged_text_block_gives_a_card_or_a_fault_and_a_wrong_number_never_passes(
    which: int, changes: list[tuple[int, int]]
) -> None:
    block = bytearray(encode_text_block(CARDS[which]))
    for at, value in changes:
        block[at] = value
    read = decode_text_block(block)
    if isinstance(read, IdentityCard):
        assert read.name.strip()
        assert not {"Cc", "Cs", "Cn"} & {category(character) for character in read.name}
        assert len(read.id_number) in (15, 18)


@quick
@given(OF_CARD, st.binary(min_size=256, max_size=256))
def test_a_random_text_block_is_no_card(which: int, block: bytes) -> None:
    letter = encode_text_block(CARDS[which])[248:250]
    assert not isinstance(decode_text_block(block[:248] + letter + block[250:]), IdentityCard)
