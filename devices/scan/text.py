"""From the bytes of a code to its text. Pure."""

import unicodedata
from typing import Final

MAX_CODE_BYTES: Final = 4096  # a QR code of the largest version holds 2,953
_MAY_BE_INSIDE = "\t\r\n"


def decode_code_bytes(data: bytes) -> str | None:
    """Read a code's bytes; None if they are no text or too long.

    UTF-8 strictly, then GB 18030: domestic code makers use both and announce neither.
    """
    if len(data) > MAX_CODE_BYTES:
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding).lstrip("\ufeff").strip()
        except UnicodeDecodeError:
            continue
        return text if text and all(map(_is_text, text)) else None
    return None


def _is_text(character: str) -> bool:
    return character in _MAY_BE_INSIDE or unicodedata.category(character) != "Cc"
