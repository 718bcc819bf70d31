"""What a hall file may hold: every table, every key, and how it is read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hallserver.config import build
from hallserver.config.calendars import CALENDARS
from hallserver.config.fields import (
    REQUIRED,
    WRONG,
    Field,
    Reader,
    Report,
    bilingual,
    bilingual_of,
    boolean,
    clock_time,
    integer,
    list_of,
    matching,
    password_hash,
    read_keys,
    reference,
    time_zone,
    word_of,
    wrong_kind,
)
from hallserver.config.lines import Place
from hallserver.config.shapes import (
    day,
    numbers_by_name,
    one_of,
    or_off,
    periods,
    ratio,
    table_of,
)
from hallserver.domain.plan import (
    CallScreen,
    Department,
    Kiosk,
    Rules,
    StaffTablet,
    Zone,
)
from hallserver.domain.rules import (
    WEEKDAYS,
    AppointmentRules,
    Item,
    Mix,
    Order,
    Permission,
    PriorityClass,
    ReinstatePlace,
    Step,
    StepKind,
    TidalRule,
    TransferPlace,
)

MAX_SERVICES_OF_A_COUNTER = 200
MAX_ZONES_OF_A_SCREEN = 20
MAX_DAYS = 400
MAX_STEPS = 12
MAX_MATERIALS = 40
MAX_MATERIAL_CHARS = 120
MAX_PROMISED_MIN = 100_000
"""Working minutes: 208 days of eight hours."""

SLUG = matching(
    r"[a-z][a-z0-9-]{0,31}",
    "an id: small letters, digits and -, beginning with a letter, at most 32",
)
_ACCOUNT = matching(
    r"[a-z][a-z0-9._-]{1,31}", "an account: 2 to 32 small letters, digits, dots, - and _"
)
_FLOOR = integer(1, 99)
_NUMBERS = integer(1, 99_999)
_DURATION_S = integer(60, 86_400)
_SERVICES = list_of(reference, high=MAX_SERVICES_OF_A_COUNTER)


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
    """A table as it was read: its place, and its values with `WRONG` where one is wrong.

    None stands for what was left out and has no default here.
    """

    at: Place
    raw: Mapping[str, object]
    values: dict[str, Any]


Rows = Mapping[str, Sequence[Row]]


def _device(kind: str, name: str) -> Field:
    pattern = rf"{kind}-\d{{1,3}}"
    return Field("id", matching(pattern, f'{name} id such as "{kind}-01"'))


def _tablet(kind: str, name: str) -> Table:
    fields = (_device(kind, name), Field("place", bilingual))
    return Table(kind, StaffTablet, fields, is_required=False)


APPOINTMENT_FIELDS = (
    Field("slot_min", integer(5, 240), default=None),
    Field("capacity", integer(1, 999), default=None),
    Field("days_ahead", integer(0, 90), default=None),
    Field("early_min", integer(0, 240), default=None),
    Field("late_min", integer(0, 240), default=None),
)

STEP_FIELDS = (
    Field("service", reference),
    Field("kind", one_of(StepKind)),
    Field("promised_min", integer(1, MAX_PROMISED_MIN), default=None),
)

ITEM_FIELDS = (
    Field("id", SLUG),
    Field("name", bilingual),
    Field(
        "steps",
        list_of(
            table_of(STEP_FIELDS, Step, '{ service = "…", kind = "front" }'),
            high=MAX_STEPS,
            may_repeat=True,
        ),
    ),
    Field(
        "materials",
        list_of(bilingual_of(MAX_MATERIAL_CHARS), high=MAX_MATERIALS, low=0),
        default=(),
    ),
)

TABLES: tuple[Table, ...] = (
    Table(
        "hall",
        dict,
        (Field("id", SLUG), Field("title", bilingual)),
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
            Field("proxy_tickets_per_person_and_service", integer(0, 9), default=None),
            Field("companions_limit", integer(0, 20), default=None),
            Field("undo_s", integer(0, 60), default=None),
            Field("reinstate", one_of(ReinstatePlace), default=None),
            Field("reinstate_after", integer(1, 50), default=None),
            Field("reinstate_limit", integer(0, 9), default=None),
            Field("transfer_place", one_of(TransferPlace), default=None),
            Field("return_place", one_of(TransferPlace), default=None),
            Field("park_limit", integer(0, 20), default=None),
            Field("morning_report", clock_time, default=None),
            Field("policy", reference, default=None),
            Field("schedule", reference, default=None),
        ),
        is_list=False,
    ),
    Table(
        "priority",
        PriorityClass,
        (
            Field("id", SLUG),
            Field("name", bilingual),
            Field("min_age", integer(1, 120), default=None),
        ),
        is_required=False,
    ),
    Table(
        "policy",
        build.make_policy,
        (
            Field("id", SLUG),
            Field("order", one_of(Order), default=None),
            Field("mix", one_of(Mix), default=None),
            Field("ratio", ratio, default=None),
            Field("ageing_s", or_off(_DURATION_S), default=None),
        ),
        is_required=False,
    ),
    Table(
        "schedule",
        build.make_schedule,
        (
            Field("id", SLUG),
            *(Field(key, periods, default=None) for key in (*build.DAY_GROUPS, *WEEKDAYS)),
            Field("last_ticket_min", integer(0, 480), default=None),
            Field("keeps_holidays", boolean, default=None),
        ),
        is_required=False,
    ),
    Table(
        "calendar",
        build.make_holidays,
        (
            Field("holidays", word_of(CALENDARS), default=None),
            Field("days_off", list_of(day, high=MAX_DAYS), default=None),
            Field("working_days", list_of(day, high=MAX_DAYS), default=None),
        ),
        is_list=False,
        is_required=False,
    ),
    Table(
        "zone",
        Zone,
        (Field("id", SLUG), Field("name", bilingual), Field("floor", _FLOOR)),
    ),
    Table(
        "department",
        Department,
        (Field("id", SLUG), Field("name", bilingual)),
    ),
    Table(
        "service",
        build.make_service,
        (
            Field("id", SLUG),
            Field("name", bilingual),
            Field("department", reference),
            Field("zone", reference),
            Field("prefix", matching(r"[A-Z]{1,2}", "a prefix: one or two capitals A to Z")),
            Field("initials", matching(r"[a-z0-9]{1,30}", "initials: small letters and digits")),
            Field("start", integer(1, 99_999), default=1),
            Field("width", integer(2, 5), default=3),
            Field("schedule", reference, default=None),
            Field("quota_day", _NUMBERS, default=None),
            Field("quota_morning", _NUMBERS, default=None),
            Field("quota_afternoon", _NUMBERS, default=None),
            Field("target_s", _DURATION_S, default=None),
            Field("reinstate", one_of(ReinstatePlace), default=None),
            Field("night_tickets", boolean, default=None, name="has_night_tickets"),
            Field(
                "appointments",
                table_of(APPOINTMENT_FIELDS, AppointmentRules, "{ slot_min = 30, capacity = 4 }"),
                default=None,
            ),
        ),
    ),
    Table(
        "counter",
        build.make_counter,
        (
            Field("id", integer(1, 999)),
            Field("zone", reference),
            Field("services", _SERVICES),
            Field("comprehensive", boolean, default=False, name="is_comprehensive"),
            Field("floor", _FLOOR, default=None),
            Field("label", bilingual, default=None),
            Field("policy", reference, default=None),
            Field("green_channel", _SERVICES, default=None),
            Field("weights", numbers_by_name(1, 100), default=None),
            Field("back_office", boolean, default=False, name="is_back_office"),
        ),
    ),
    Table(
        "clerk",
        build.make_clerk,
        (
            Field("id", _ACCOUNT),
            Field("name", bilingual),
            Field("staff_number", matching(r"[A-Za-z0-9-]{1,20}", "a staff number")),
            Field("password_hash", password_hash),
            Field("permissions", list_of(one_of(Permission), high=len(Permission)), default=None),
        ),
        is_required=False,
    ),
    Table(
        "kiosk",
        Kiosk,
        (
            _device("kiosk", "a kiosk's"),
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
            _device("callscreen", "a call screen's"),
            Field("zones", list_of(reference, high=MAX_ZONES_OF_A_SCREEN)),
            Field("place", bilingual),
            Field("floor", _FLOOR, default=None),
        ),
        is_required=False,
    ),
    _tablet("guide", "a guide's tablet's"),
    _tablet("console", "a supervisor's console's"),
    _tablet("gateway", "a gateway's"),
    Table("item", Item, ITEM_FIELDS, is_required=False),
    Table(
        "tidal",
        TidalRule,
        (
            Field("id", SLUG),
            Field("services", _SERVICES),
            Field("counter", integer(1, 999)),
            Field("waiting_over", integer(1, 999)),
            Field("waited_over_s", _DURATION_S, default=None),
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


def read_policy(root: Mapping[str, object], report: Report) -> Row | None:
    """Read a file that holds one `[policy]`, with the keys of a hall file's, and nothing else."""
    table = next(replace(each, is_list=False) for each in TABLES if each.key == "policy")
    rows = read_keys(root, (Field(table.key, _reader_of(table)),), (), report)[table.key]
    return None if rows is WRONG else rows[0]


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
    if value is None:
        return []
    if isinstance(value, tuple):
        pairs: Iterable[tuple[Place, Any]] = (
            ((*row.at, key, index), each) for index, each in enumerate(value)
        )
    else:
        pairs = [((*row.at, key), value)]
    return [(at, each) for at, each in pairs if each is not WRONG]
