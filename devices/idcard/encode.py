"""The card's and the reader's side of the wire: for simulators and tests. Pure.

Written from the field lists of the card forms (length by length), not from the offsets that
`devices.idcard.layout` reads by: two descriptions of one thing can catch each other's mistakes.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from devices.idcard.card import CardKind, IdentityCard, Sex
from devices.idcard.codec import PREAMBLE, checksum

PHOTO_BYTES: Final = 1024
_FOR_EVER = "长期"


@dataclass(frozen=True, slots=True, repr=False)
class CardContents:
    """Everything that is on a card; the repr shows the kind only."""

    kind: CardKind
    name: str
    id_number: str
    sex: Sex
    birth: date
    valid_from: date
    valid_until: date | None = None
    nation: str = "01"
    address: str = ""
    issuer: str = ""
    latin_name: str = ""
    nationality: str = ""  # three letters; foreigners only
    pass_number: str = ""  # residents from Hong Kong, Macao, Taiwan only
    issue_count: str = ""  # the same, and "renewal count" of the 2023 form
    letter: str | None = None  # instead of the kind's own letter at byte 248

    def __repr__(self) -> str:
        return f"<CardContents {self.kind.value}>"

    @property
    def identity(self) -> IdentityCard:
        """What a driver should make of this card."""
        return IdentityCard(
            kind=self.kind,
            name=self.name or self.latin_name,
            latin_name=self.latin_name,
            id_number=self.id_number,
            sex=self.sex,
            birth=self.birth,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


def encode_text_block(card: CardContents) -> bytes:
    """Write a card's 256-byte text block. Raises ValueError if a field does not fit."""
    fields = _FORMS[card.kind](card)
    if card.letter is not None:
        fields[-2] = (card.letter, 2)
    return b"".join(_pad(text, length) for text, length in fields)


def encode_answer(status: int, data: bytes = b"") -> bytes:
    """Frame an answer of the reader: status byte SW3 and what follows it."""
    body = (4 + len(data)).to_bytes(2, "big") + bytes((0, 0, status)) + data
    return PREAMBLE + body + bytes((checksum(body),))


def encode_read_answer(
    text: bytes, photo: bytes = bytes(PHOTO_BYTES), fingerprint: bytes | None = None
) -> bytes:
    """Frame the answer to a read request: 1295 bytes for 30 01, more with a `fingerprint` part."""
    parts = [text, photo] if fingerprint is None else [text, photo, fingerprint]
    lengths = b"".join(len(part).to_bytes(2, "big") for part in parts)
    return encode_answer(0x90, lengths + b"".join(parts))


_Fields = list[tuple[str, int]]  # text and length in bytes; the sixth last byte pair is the letter


def _citizen(card: CardContents) -> _Fields:
    return [*_resident_head(card), ("", 28), (" ", 2), ("", 6)]


def _hmt(card: CardContents) -> _Fields:
    return [
        *_resident_head(card),
        (card.pass_number, 18),
        (card.issue_count, 4),
        ("", 6),
        ("J", 2),
        ("", 6),
    ]


def _resident_head(card: CardContents) -> _Fields:
    nation = card.nation if card.kind is CardKind.CITIZEN else ""
    return [
        (card.name, 30),
        (card.sex.value, 2),
        (nation, 4),
        (_ymd(card.birth), 16),
        (card.address, 70),
        (card.id_number, 36),
        (card.issuer, 30),
        (_ymd(card.valid_from), 16),
        (_end(card.valid_until), 16),
    ]


def _foreigner_2017(card: CardContents) -> _Fields:
    return [
        (card.latin_name, 120),
        (card.sex.value, 2),
        (card.id_number, 30),
        (card.nationality, 6),
        (card.name, 30),
        (_ymd(card.valid_from), 16),
        (_end(card.valid_until), 16),
        (_ymd(card.birth), 16),
        ("01", 4),
        ("1500", 8),
        ("I", 2),
        ("", 6),
    ]


def _foreigner_2023(card: CardContents) -> _Fields:
    return [
        (card.name, 30),
        (card.sex.value, 2),
        (card.issue_count, 4),
        (_ymd(card.birth), 16),
        (card.latin_name[:35], 70),
        (card.id_number, 36),
        ("", 30),
        (_ymd(card.valid_from), 16),
        (_end(card.valid_until), 16),
        (card.latin_name[35:], 22),
        (card.nationality, 6),
        ("Y", 2),
        ("", 6),
    ]


_FORMS: Final = {
    CardKind.CITIZEN: _citizen,
    CardKind.HMT_RESIDENT: _hmt,
    CardKind.FOREIGNER_2017: _foreigner_2017,
    CardKind.FOREIGNER_2023: _foreigner_2023,
}


def _pad(text: str, length: int) -> bytes:
    encoded = text.encode("utf-16-le")
    if len(encoded) > length:
        raise ValueError(f"a field of {length} bytes got {len(encoded)}")
    return encoded + " ".encode("utf-16-le") * ((length - len(encoded)) // 2)


def _ymd(day: date) -> str:
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _end(day: date | None) -> str:
    return _FOR_EVER if day is None else _ymd(day)
