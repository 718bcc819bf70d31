"""What a ticket says, as plain values. How it looks is `layout`'s business."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum, unique

MAX_TEXT_CHARS = 160
MAX_NUMBER_CHARS = 10
MAX_WHERE_LINES = 4
MAX_QR_BYTES = 213  # version 10 at error correction M, byte mode (ISO/IEC 18004 table 7)


@unique
class TicketLanguage(StrEnum):
    """Whose language leads on the ticket; the other one stays, smaller."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True)
class TicketFace:
    """Everything that is on one ticket. No name and no ID number: there is no field for one.

    Texts are single paragraphs; line breaks and control characters in them become spaces.
    Raises `ValueError` for texts beyond the limits above: those come from the hall's
    configuration, not from a person.
    """

    hall_title: str
    zone: str
    department: str
    service_zh: str
    service_en: str
    number: str
    people_ahead: int
    where_lines: tuple[str, ...]
    issued_text: str
    hint: str
    missed_call_rule: str
    qr_text: str
    note: str = ""
    language: TicketLanguage = TicketLanguage.ZH

    def __post_init__(self) -> None:
        for name in (
            "hall_title",
            "zone",
            "department",
            "service_zh",
            "service_en",
            "number",
            "issued_text",
            "hint",
            "missed_call_rule",
            "note",
        ):
            self._put(name, one_line(getattr(self, name)))
        self._put("where_lines", tuple(one_line(line) for line in self.where_lines))
        if not 1 <= len(self.number) <= MAX_NUMBER_CHARS:
            raise ValueError(f"a ticket number has 1 to {MAX_NUMBER_CHARS} characters")
        if self.people_ahead < 0:
            raise ValueError("people ahead cannot be negative")
        if len(self.where_lines) > MAX_WHERE_LINES:
            raise ValueError(f"at most {MAX_WHERE_LINES} lines say where to go")
        if not 1 <= len(self.qr_text.encode()) <= MAX_QR_BYTES:
            raise ValueError(f"the QR text has 1 to {MAX_QR_BYTES} bytes")

    def _put(self, name: str, value: object) -> None:
        texts = value if isinstance(value, tuple) else (value,)
        if any(len(text) > MAX_TEXT_CHARS for text in texts):
            raise ValueError(f"{name} is longer than {MAX_TEXT_CHARS} characters")
        object.__setattr__(self, name, value)


def one_line(text: str) -> str:
    """Normalise to NFC, turn white space and control characters into single spaces."""
    kept = (
        " " if unicodedata.category(char) in _BLANK else char
        for char in unicodedata.normalize("NFC", text)
        if not _is_invisible(char)
    )
    return " ".join("".join(kept).split())


_BLANK = frozenset({"Cc", "Zl", "Zp", "Zs"})
_INVISIBLE = frozenset({"Cf", "Cs"})


def _is_invisible(char: str) -> bool:
    # Private-use and unassigned characters stay: GB 18030 and newer hanzi live there.
    is_variation_selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return is_variation_selector or unicodedata.category(char) in _INVISIBLE
