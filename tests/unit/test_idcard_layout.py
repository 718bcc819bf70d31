"""The four layouts of the text block, against the offsets of the published tables."""

from datetime import date
from random import Random

import pytest

from devices.faults import DeviceFault, FaultCode
from devices.idcard.card import CardKind, IdentityCard, Sex
from devices.idcard.encode import CardContents, encode_text_block
from devices.idcard.layout import decode_text_block
from devices.idcard.synthetic import synthetic_card

ALL_KINDS = list(CardKind)


def block_of(fields: dict[int, str], letter: str) -> bytearray:
    """Write texts at byte offsets, straight from the table of the form."""
    block = bytearray(" ".encode("utf-16-le") * 128)
    for offset, text in {**fields, 248: letter}.items():
        encoded = text.encode("utf-16-le")
        block[offset : offset + len(encoded)] = encoded
    return block


def card_from(block: bytes | bytearray) -> IdentityCard:
    card = decode_text_block(block)
    assert isinstance(card, IdentityCard)
    return card


def fault_from(block: bytes | bytearray) -> FaultCode:
    fault = decode_text_block(block)
    assert isinstance(fault, DeviceFault)
    return fault.code


CITIZEN = {
    0: "张三",
    30: "1",
    32: "01",
    36: "19491231",
    52: "湖南省邵阳市大祥区测试路1号",
    122: "11010519491231002X",
    158: "邵阳市公安局大祥分局",
    188: "20200101",
    204: "长期",
}


def test_a_citizens_card_is_read_from_the_published_offsets() -> None:
    card = card_from(block_of(CITIZEN, " "))
    assert card == IdentityCard(
        kind=CardKind.CITIZEN,
        name="张三",
        latin_name="",
        id_number="11010519491231002X",
        sex=Sex.MALE,
        birth=date(1949, 12, 31),
        valid_from=date(2020, 1, 1),
        valid_until=None,
    )


def test_a_residence_permit_is_read_from_the_published_offsets() -> None:
    fields = CITIZEN | {
        36: "19900101",
        122: "810000199001010019",
        204: "20250101",
        220: "H12345678",
        238: "01",
    }
    card = card_from(block_of(fields, "J"))
    assert (card.kind, card.name, card.id_number, card.valid_until) == (
        CardKind.HMT_RESIDENT,
        "张三",
        "810000199001010019",
        date(2025, 1, 1),
    )


def test_a_foreigners_card_of_2017_is_read_from_the_published_offsets() -> None:
    fields = {
        0: "MILLER, ANNA",
        120: "2",
        122: "USA430580010112",
        152: "USA",
        158: "米安娜",
        188: "20200101",
        204: "20300101",
        220: "19800101",
        236: "01",
        240: "1500",
    }
    card = card_from(block_of(fields, "I"))
    assert (card.kind, card.name, card.latin_name, card.sex) == (
        CardKind.FOREIGNER_2017,
        "米安娜",
        "MILLER, ANNA",
        Sex.FEMALE,
    )
    assert (card.id_number, card.birth, card.valid_until) == (
        "USA430580010112",
        date(1980, 1, 1),
        date(2030, 1, 1),
    )


def test_a_foreigners_card_of_2023_is_read_from_the_published_offsets() -> None:
    fields = {
        0: "",
        30: "1",
        32: "00",
        36: "19850101",
        52: "ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGH",
        122: "932682198501010017",
        188: "20240101",
        204: "20340101",
        220: "IJKLMNOPQRS",
        242: "USA",
    }
    card = card_from(block_of(fields, "Y"))
    assert card.kind is CardKind.FOREIGNER_2023
    assert card.latin_name == "ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKLMNOPQRS"
    assert card.name == card.latin_name
    assert card.id_number == "932682198501010017"


def test_a_latin_name_that_breaks_at_a_space_keeps_it() -> None:
    fields = {
        30: "1",
        36: "19850101",
        52: "A" * 34 + " ",
        122: "932682198501010017",
        188: "20240101",
        204: "20340101",
        220: "BB",
    }
    assert card_from(block_of(fields, "Y")).latin_name == "A" * 34 + " BB"


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_what_is_encoded_is_decoded(kind: CardKind) -> None:
    rng = Random(f"layout {kind}")
    for _ in range(200):
        contents = synthetic_card(rng, kind)
        assert card_from(encode_text_block(contents)) == contents.identity


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_only_the_four_known_letters_decide(kind: CardKind) -> None:
    """A card of one kind under every other letter is never read as that kind, nor at all."""
    block = bytearray(encode_text_block(synthetic_card(Random(1), kind)))
    own = block[248:250].decode("utf-16-le")
    for code in range(0x10000):
        block[248:250] = code.to_bytes(2, "little")
        letter = chr(code)
        if letter == own:
            continue
        known = {" ": CardKind.CITIZEN, "J": CardKind.HMT_RESIDENT}
        known |= {"I": CardKind.FOREIGNER_2017, "Y": CardKind.FOREIGNER_2023}
        read = decode_text_block(block)
        if letter in known:
            assert not isinstance(read, IdentityCard) or read.kind is known[letter]
        else:
            assert read == DeviceFault(FaultCode.CARD_KIND_UNKNOWN, "letter at byte 248")


@pytest.mark.parametrize("length", [0, 1, 255, 257, 512])
def test_a_block_of_another_length_is_wrong(length: int) -> None:
    assert fault_from(bytes(length)) is FaultCode.CARD_DATA_WRONG


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (0, "     "),  # no name
        (0, "张\n"),
        (0, "张\ufeff"),
        (30, "3"),  # no such sex
        (36, "19491232"),
        (36, "19491230"),  # not the day that the number repeats
        (122, "110105194912310021"),
        (122, "                  "),
        (188, "        "),
        (204, "长期有效"),
        (204, "20201301"),
        (204, "        "),
    ],
)
def test_a_field_that_does_not_hold_is_wrong_data(offset: int, text: str) -> None:
    assert fault_from(block_of(CITIZEN | {offset: text}, " ")) is FaultCode.CARD_DATA_WRONG


def test_half_a_surrogate_pair_in_the_name_is_wrong_data() -> None:
    block = block_of(CITIZEN, " ")
    block[2:4] = b"\x42\xd8"
    assert fault_from(block) is FaultCode.CARD_DATA_WRONG


@pytest.mark.parametrize("name", ["䶮", "𠮷田", "𫍯𬀩", "买买提·阿卜杜拉", "\ue863某"])
def test_rare_and_private_use_hanzi_are_names(name: str) -> None:
    assert card_from(block_of(CITIZEN | {0: name}, " ")).name == name


def test_numbers_of_the_wrong_group_are_refused() -> None:
    assert fault_from(block_of(CITIZEN, "J")) is FaultCode.CARD_DATA_WRONG
    assert fault_from(block_of(CITIZEN, "Y")) is FaultCode.CARD_DATA_WRONG


def test_a_fault_never_says_what_was_on_the_card() -> None:
    fault = decode_text_block(block_of(CITIZEN | {36: "19491230"}, " "))
    assert "1949" not in repr(fault)
    assert "张三" not in repr(fault)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_no_text_form_of_a_card_shows_anything_personal(kind: CardKind) -> None:
    contents = synthetic_card(Random(7), kind)
    card = contents.identity
    for text in (repr(card), str(card), f"{card}", repr([card]), repr(contents), str(contents)):
        assert card.id_number not in text
        assert card.name not in text
        assert str(card.birth) not in text
        assert str(card.birth.year) not in text


def test_a_card_is_valid_from_its_first_to_its_last_day() -> None:
    card = card_from(block_of(CITIZEN | {204: "20300101"}, " "))
    assert not card.is_valid_on(date(2019, 12, 31))
    assert card.is_valid_on(date(2020, 1, 1))
    assert card.is_valid_on(date(2030, 1, 1))
    assert not card.is_valid_on(date(2030, 1, 2))
    assert card_from(block_of(CITIZEN, " ")).is_valid_on(date(2999, 1, 1))


def test_the_same_seed_makes_the_same_cards_and_all_four_kinds_come() -> None:
    def cards() -> list[CardContents]:
        rng = Random(5)
        return [synthetic_card(rng) for _ in range(300)]

    assert cards() == cards()
    assert {card.kind for card in cards()} == set(CardKind)


def test_a_field_that_does_not_fit_its_form_is_not_encoded() -> None:
    with pytest.raises(ValueError, match="30 bytes"):
        encode_text_block(
            CardContents(
                CardKind.CITIZEN,
                "长" * 16,
                "11010519491231002X",
                Sex.MALE,
                date(1949, 12, 31),
                date(2020, 1, 1),
            )
        )
