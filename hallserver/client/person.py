"""From an ID card to the only thing that is kept of it, right where the card is read.

HMAC-SHA-256 (RFC 2104) with a key of the hall, cut to 128 bits: the same person is known again for
the same service, and nobody without the key can try out numbers.
"""

import hashlib
import hmac
import re
from pathlib import Path

from hallserver.protocol.ids import PersonKey

PERSON_KEY_DIGITS = 32
MIN_KEY_BYTES = 16
MAX_KEY_FILE_BYTES = 1024

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")


class PersonKeyError(ValueError):
    """The hall's person key cannot be used; the text says why and holds none of it."""


def person_key(id_number: str, hall_key: bytes) -> PersonKey:
    """Hash an ID number. Upper case, so that a check character is the same person in both forms."""
    digest = hmac.new(hall_key, id_number.upper().encode(), hashlib.sha256).hexdigest()
    return PersonKey(digest[:PERSON_KEY_DIGITS])


def read_hall_key(path: Path) -> bytes:
    """Read the hall's person key: one line of hex digits, 16 bytes or more.

    Raises PersonKeyError.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY_FILE_BYTES + 1)
        line = data.decode("ascii").strip() if len(data) <= MAX_KEY_FILE_BYTES else ""
    except OSError as error:
        raise PersonKeyError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        line = ""  # its text would quote the key
    if not _HEX.fullmatch(line) or len(line) < MIN_KEY_BYTES * 2:
        raise PersonKeyError(f"{path}: expected at least {MIN_KEY_BYTES * 2} hex digits")
    return bytes.fromhex(line)
