"""The 256-byte text block of a card: which bytes are which field. Pure.

UTF-16LE, padded with spaces. The letter at byte 248 decides the layout, and nothing else does:
guessing from the content would sooner or later read one card's address as another's name.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from devices.faults import DeviceFault, FaultCode
from devices.idcard.card import CardKind, IdentityCard, Sex
from devices.idcard.numbers import is_old_foreigner_number, is_resident_number, parse_day

TEXT_BLOCK_BYTES: Final = 256
KIND_OFFSET: Final = 248
FOR_EVER: Final = "长期"

_PADDING: Final = " \u3000"  # the form says space; the ideographic one is forgiven

# Unassigned, control, format and half surrogate characters are in nobody's name. Private use
# ("Co") is: older cards carry hanzi there that Unicode did not yet have.
_NO_NAME_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})

_Span = tuple[int, int]  # offset and length in bytes


@dataclass(frozen=True, slots=True)
class _Layout:
    kind: CardKind
    name: _Span
    latin_name: tuple[_Span, ...]
    sex: _Span
    birth: _Span
    number: _Span
    valid_from: _Span
    valid_until: _Span
    may_be: Callable[[str], bool]


def _is_citizen_number(number: str) -> bool:
    return is_resident_number(number)


def _is_hmt_number(number: str) -> bool:
    return number[:6] in {"810000", "820000", "830000"} and is_resident_number(number)


def _is_new_foreigner_number(number: str) -> bool:
    return number[:1] == "9" and is_resident_number(number)


_CITIZEN = _Layout(
    kind=CardKind.CITIZEN,
    name=(0, 30),
    latin_name=(),
    sex=(30, 2),
    birth=(36, 16),
    number=(122, 36),
    valid_from=(188, 16),
    valid_until=(204, 16),
    may_be=_is_citizen_number,
)
_HMT = _Layout(
    kind=CardKind.HMT_RESIDENT,
    name=(0, 30),
    latin_name=(),
    sex=(30, 2),
    birth=(36, 16),
    number=(122, 36),
    valid_from=(188, 16),
    valid_until=(204, 16),
    may_be=_is_hmt_number,
)
_FOREIGNER_2017 = _Layout(
    kind=CardKind.FOREIGNER_2017,
    name=(158, 30),
    latin_name=((0, 120),),
    sex=(120, 2),
    birth=(220, 16),
    number=(122, 30),
    valid_from=(188, 16),
    valid_until=(204, 16),
    may_be=is_old_foreigner_number,
)
_FOREIGNER_2023 = _Layout(
    kind=CardKind.FOREIGNER_2023,
    name=(0, 30),
    latin_name=((52, 70), (220, 22)),
    sex=(30, 2),
    birth=(36, 16),
    number=(122, 36),
    valid_from=(188, 16),
    valid_until=(204, 16),
    may_be=_is_new_foreigner_number,
)
_BY_LETTER: Final = {" ": _CITIZEN, "J": _HMT, "I": _FOREIGNER_2017, "Y": _FOREIGNER_2023}


def decode_text_block(block: bytes | bytearray) -> IdentityCard | DeviceFault:
    """Read a card's text block.

    A fault says which field did not hold, never what was in it. The two faults are
    CARD_KIND_UNKNOWN (letter at 248) and CARD_DATA_WRONG (everything else).
    """
    if len(block) != TEXT_BLOCK_BYTES:
        return _wrong("length")
    letter = _text(block, (KIND_OFFSET, 2))
    layout = _BY_LETTER.get(letter) if letter is not None else None
    if layout is None:
        return DeviceFault(FaultCode.CARD_KIND_UNKNOWN, "letter at byte 248")
    return _decode(block, layout)


def _decode(block: bytes | bytearray, layout: _Layout) -> IdentityCard | DeviceFault:
    name = _padded(block, layout.name)
    latin_parts = [_text(block, span) for span in layout.latin_name]
    if name is None or None in latin_parts:
        return _wrong("name")
    # The 2023 form breaks a long name between its fields, so only the whole is trimmed.
    latin_name = "".join(part for part in latin_parts if part is not None).strip(_PADDING)
    if not (name or latin_name) or not _is_writable(name + latin_name):
        return _wrong("name")
    number = _padded(block, layout.number)
    if number is None or not layout.may_be(number):
        return _wrong("number")
    birth = _day(block, layout.birth)
    if birth is None:
        return _wrong("birth")
    # The wire's XOR misses two flips in one bit column; the number repeats the day of birth.
    if layout.kind is not CardKind.FOREIGNER_2017 and parse_day(number[6:14]) != birth:
        return _wrong("birth and number differ")
    sex = _text(block, layout.sex)
    if sex not in {member.value for member in Sex}:
        return _wrong("sex")
    valid_from = _day(block, layout.valid_from)
    ends = _padded(block, layout.valid_until)
    valid_until = None if ends == FOR_EVER else _day(block, layout.valid_until)
    if valid_from is None or (valid_until is None and ends != FOR_EVER):
        return _wrong("validity")
    return IdentityCard(
        kind=layout.kind,
        name=name or latin_name,
        latin_name=latin_name,
        id_number=number,
        sex=Sex(sex),
        birth=birth,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def _text(block: bytes | bytearray, span: _Span) -> str | None:
    offset, length = span
    try:
        return block[offset : offset + length].decode("utf-16-le")
    except UnicodeDecodeError:
        return None


def _padded(block: bytes | bytearray, span: _Span) -> str | None:
    text = _text(block, span)
    return None if text is None else text.strip(_PADDING)


def _day(block: bytes | bytearray, span: _Span) -> date | None:
    text = _text(block, span)
    return None if text is None else parse_day(text)


def _is_writable(name: str) -> bool:
    return all(unicodedata.category(character) not in _NO_NAME_CATEGORIES for character in name)


def _wrong(field: str) -> DeviceFault:
    return DeviceFault(FaultCode.CARD_DATA_WRONG, field)
