"""Numbers on identity cards and their check characters. Pure."""

import re
from datetime import date

# GB 11643-1999, annex: MOD 11-2 of ISO 7064 over the first 17 digits.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"

_BODY = re.compile(r"[0-9]{17}")
_OLD_FOREIGNER = re.compile(r"[A-Z]{3}[0-9]{12}")


def check_character(body: str) -> str:
    """Return the 18th character for 17 digits. Raises ValueError for anything else."""
    if not _BODY.fullmatch(body):
        raise ValueError("17 digits are needed")
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def is_resident_number(number: str) -> bool:
    """Whether `number` has 18 characters, a right check character and a real date of birth.

    Serves citizens, residents from Hong Kong, Macao and Taiwan, and the permanent resident
    numbers issued since December 2023: all three follow GB 11643.
    """
    body = number[:17]
    return (
        len(number) == 18
        and _BODY.fullmatch(body) is not None
        and check_character(body) == number[17]
        and parse_day(number[6:14]) is not None
    )


def is_old_foreigner_number(number: str) -> bool:
    """Whether `number` has the 2017 form: country letters and twelve digits.

    Its own check digit is not public knowledge to us and is not tested.
    """
    return _OLD_FOREIGNER.fullmatch(number) is not None


def parse_day(text: str) -> date | None:
    """Read YYYYMMDD; None if there is no such day."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
