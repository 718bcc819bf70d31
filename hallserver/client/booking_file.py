"""A file of bookings, as another system writes it: CSV, read row by row. Pure.

The first line names the columns: `service`, `day` (YYYYMMDD), `slot` (HH:MM), and `person_key` or
`id_number`. An ID number is hashed the moment it is read and is in no value, text or error here.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from hallserver.client.person import PERSON_KEY_DIGITS, person_key
from hallserver.protocol.codec import MalformedCommand, decode_command, encode_command
from hallserver.protocol.commands import BookAppointment, CommandMessage
from hallserver.protocol.ids import CommandId, PersonKey, ServiceId
from hallserver.protocol.version import SCHEMA_VERSION

MAX_ROWS = 20_000
"""More than the largest hall books in a week."""
MAX_FIELD_CHARS = 256

NEEDED = ("service", "day", "slot")
PERSON_KEY = "person_key"
ID_NUMBER = "id_number"

_ID_DIGITS = 40  # of a SHA-256: 160 bits, so that two rows never share an id by chance
_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FOREIGNER = re.compile(r"[A-Z]{3}[0-9]{12}")


class BookingFileError(ValueError):
    """The file as a whole cannot be used; the text says why and quotes nothing of a row."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One row that can be asked for. The same row has the same id in every run and every file."""

    line: int
    command: BookAppointment
    command_id: CommandId


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that says nothing that can be asked for, and why."""

    line: int
    why: str


def read_bookings(lines: Iterable[str], hall_key: bytes | None) -> Iterator[Wish | BadRow]:
    """Read a file, row by row. `hall_key` hashes ID numbers. Raises BookingFileError."""
    reader = csv.DictReader(lines, strict=True)
    try:
        _check_columns(reader.fieldnames or (), hall_key)
        for count, row in enumerate(reader, 1):
            if count > MAX_ROWS:
                raise BookingFileError(f"more than {MAX_ROWS} rows: please divide the file")
            yield _read(reader.line_num, row, hall_key)
    except csv.Error:
        # Its text could quote a row.
        raise BookingFileError(f"line {reader.line_num} is not CSV (RFC 4180)") from None


def row_id(command: BookAppointment) -> CommandId:
    """Derive the id of a row's command from what it asks for."""
    digest = hashlib.sha256(msgspec.json.encode(command)).hexdigest()
    return CommandId(f"booking-{digest[:_ID_DIGITS]}")


def _check_columns(columns: Iterable[str], hall_key: bytes | None) -> None:
    found = list(columns)
    persons = [name for name in (PERSON_KEY, ID_NUMBER) if name in found]
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise BookingFileError(f"the first line lacks: {', '.join(missing)}")
    if len(persons) != 1:
        raise BookingFileError(f"the first line needs one of {PERSON_KEY} and {ID_NUMBER}")
    if len(found) != len(set(found)):
        raise BookingFileError("the first line names a column twice")
    if persons == [ID_NUMBER] and hall_key is None:
        raise BookingFileError(f"a file with {ID_NUMBER} needs --person-key-file")


def _read(line: int, row: Mapping[str | None, object], hall_key: bytes | None) -> Wish | BadRow:
    if None in row or None in row.values():
        return BadRow(line, "it has not as many fields as the first line")
    given = {name: str(value).strip() for name, value in row.items()}
    if any(len(value) > MAX_FIELD_CHARS for value in given.values()):
        return BadRow(line, f"a field is longer than {MAX_FIELD_CHARS} characters")
    key = _person(given, hall_key)
    if key is None:
        name = ID_NUMBER if ID_NUMBER in given else PERSON_KEY
        return BadRow(line, f"{name}: this is none")
    command = BookAppointment(
        service=ServiceId(given["service"]),
        day=given["day"].replace("-", ""),
        slot=given["slot"].zfill(len("09:30")),
        person=key,
    )
    for name, why in _MISTAKES.items():
        if not _fits(msgspec.structs.replace(_PROPER, **{name: getattr(command, name)})):
            return BadRow(line, f"{name}: {why}")
    return Wish(line, command, row_id(command))


def _person(given: Mapping[str | None, str], hall_key: bytes | None) -> PersonKey | None:
    if PERSON_KEY in given:
        key = given[PERSON_KEY].lower()
        return PersonKey(key) if re.fullmatch(rf"[0-9a-f]{{{PERSON_KEY_DIGITS}}}", key) else None
    number = given[ID_NUMBER].upper()
    return person_key(number, hall_key) if hall_key and _is_id_number(number) else None


def _is_id_number(number: str) -> bool:
    """Refuse what no card has: nobody could ever check in with it."""
    if not _RESIDENT.fullmatch(number):
        return _OLD_FOREIGNER.fullmatch(number) is not None
    # GB 11643-1999: ISO 7064 MOD 11-2 over all 18 characters, X for ten, leaves 1.
    values = [10 if character == "X" else int(character) for character in number]
    return sum(value * pow(2, 17 - at, 11) for at, value in enumerate(values)) % 11 == 1


_PROPER = BookAppointment(ServiceId("a"), "20260101", "09:00", PersonKey("0" * PERSON_KEY_DIGITS))
_MISTAKES = {
    "service": "expected the id of a service, as in the hall file",
    "day": "expected YYYYMMDD",
    "slot": "expected HH:MM",
}


def _fits(command: BookAppointment) -> bool:
    """Say whether the wire can carry it."""
    try:
        message = encode_command(CommandMessage(SCHEMA_VERSION, row_id(command), command))
    except UnicodeEncodeError:
        return False
    return not isinstance(decode_command(message), MalformedCommand)
