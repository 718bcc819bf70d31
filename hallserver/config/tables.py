"""What a hall file may hold: every table, every key, and how it is read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hallserver.config.fields import (
    REQUIRED,
    WRONG,
    Field,
    Reader,
    Report,
    bilingual,
    boolean,
    clock_time,
    integer,
    list_of,
    matching,
    password_hash,
    read_keys,
    reference,
    time_zone,
    wrong_kind,
)
from hallserver.config.lines import Place
from hallserver.domain.plan import (
    CallScreen,
    Clerk,
    Counter,
    Department,
    Kiosk,
    Rules,
    Service,
    Zone,
)

MAX_SERVICES_OF_A_COUNTER = 200
MAX_ZONES_OF_A_SCREEN = 20

_SLUG = matching(
    r"[a-z][a-z0-9-]{0,31}",
    "an id: small letters, digits and -, beginning with a letter, at most 32",
)
_ACCOUNT = matching(
    r"[a-z][a-z0-9._-]{1,31}", "an account: 2 to 32 small letters, digits, dots, - and _"
)
_FLOOR = integer(1, 99)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a hall file. `is_list` means that it is written `[[…]]`."""

    key: str
    make: Callable[..., object]
    fields: tuple[Field, ...]
    is_list: bool = True
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A table as it was read: its place, and its values with `WRONG` where one is wrong."""

    at: Place
    raw: Mapping[str, object]
    values: dict[str, Any]


Rows = Mapping[str, Sequence[Row]]

TABLES: tuple[Table, ...] = (
    Table(
        "hall",
        dict,
        (Field("id", _SLUG), Field("title", bilingual)),
        is_list=False,
    ),
    Table(
        "rules",
        Rules,
        (
            Field("timezone", time_zone),
            Field("business_day_starts", clock_time, default=0),
            Field("recall_limit", integer(0, 10), default=3),
            Field("call_timeout_s", integer(10, 3600), default=120),
            Field("open_tickets_per_person_and_service", integer(1, 9), default=1),
        ),
        is_list=False,
    ),
    Table(
        "zone",
        Zone,
        (Field("id", _SLUG), Field("name", bilingual), Field("floor", _FLOOR)),
    ),
    Table(
        "department",
        Department,
        (Field("id", _SLUG), Field("name", bilingual)),
    ),
    Table(
        "service",
        Service,
        (
            Field("id", _SLUG),
            Field("name", bilingual),
            Field("department", reference),
            Field("zone", reference),
            Field("prefix", matching(r"[A-Z]{1,2}", "a prefix: one or two capitals A to Z")),
            Field("initials", matching(r"[a-z0-9]{1,30}", "initials: small letters and digits")),
            Field("start", integer(1, 99_999), default=1),
            Field("width", integer(2, 5), default=3),
        ),
    ),
    Table(
        "counter",
        Counter,
        (
            Field("id", integer(1, 999)),
            Field("zone", reference),
            Field("services", list_of(reference, high=MAX_SERVICES_OF_A_COUNTER)),
            Field("comprehensive", boolean, default=False, name="is_comprehensive"),
            Field("floor", _FLOOR, default=None),
            Field("label", bilingual, default=None),
        ),
    ),
    Table(
        "clerk",
        Clerk,
        (
            Field("id", _ACCOUNT),
            Field("name", bilingual),
            Field("staff_number", matching(r"[A-Za-z0-9-]{1,20}", "a staff number")),
            Field("password_hash", password_hash),
        ),
        is_required=False,
    ),
    Table(
        "kiosk",
        Kiosk,
        (
            Field("id", matching(r"kiosk-\d{1,3}", 'a kiosk\'s id such as "kiosk-01"')),
            Field("zone", reference),
            Field("place", bilingual),
            Field("floor", _FLOOR, default=None),
        ),
        is_required=False,
    ),
    Table(
        "callscreen",
        CallScreen,
        (
            Field(
                "id", matching(r"callscreen-\d{1,3}", 'a call screen\'s id such as "callscreen-01"')
            ),
            Field("zones", list_of(reference, high=MAX_ZONES_OF_A_SCREEN)),
            Field("place", bilingual),
            Field("floor", _FLOOR, default=None),
        ),
        is_required=False,
    ),
)


def read_tables(root: Mapping[str, object], report: Report) -> Rows:
    """Read all tables of a file. A table that is absent or altogether wrong has no rows."""
    fields = tuple(
        Field(table.key, _reader_of(table), REQUIRED if table.is_required else ())
        for table in TABLES
    )
    found = read_keys(root, fields, (), report)
    return {key: () if rows is WRONG else rows for key, rows in found.items()}


def _reader_of(table: Table) -> Reader:
    """Read `[[key]]`, or `[key]` for a table that is there once, into rows."""

    def read_row(value: object, at: Place, report: Report) -> Row | None:
        if not isinstance(value, dict):
            wrong_kind(dict, value, at, report)
            return None
        return Row(at, value, read_keys(value, table.fields, at, report))

    def read(value: object, at: Place, report: Report) -> Any:
        wanted, header = (list, f"[[{table.key}]]") if table.is_list else (dict, f"[{table.key}]")
        if not isinstance(value, wanted):
            return wrong_kind(wanted, value, at, report, f"write {header}")
        if not isinstance(value, list):
            return [read_row(value, at, report)]
        if not value:
            return report.add(at, "is empty", f"write {header}")
        rows = (read_row(each, (*at, index), report) for index, each in enumerate(value))
        return [row for row in rows if row]

    return read


def named(row: Row, key: str) -> Iterable[tuple[Place, Any]]:
    """Give each value that a row has at a key, be it one or a list, with its place."""
    value = row.values[key]
    if isinstance(value, tuple):
        pairs: Iterable[tuple[Place, Any]] = (
            ((*row.at, key, index), each) for index, each in enumerate(value)
        )
    else:
        pairs = [((*row.at, key), value)]
    return [(at, each) for at, each in pairs if each is not WRONG]
