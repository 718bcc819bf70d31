"""Load a hall file and check it: all mistakes at once, each with its place and line.

    plan = load_plan(Path("examples/shaoyang.toml"))

`tables` says what a hall file may hold, `fields` and `shapes` how one value is read, `checks` and
`rule_checks` what must agree with what, `lines` where it stands in the file, `build` how rows
become a plan. A hall with a mistake is never started.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from hallserver.config.checks import CHECKS
from hallserver.config.fields import Mistake, Report
from hallserver.config.lines import LineIndex, index_lines
from hallserver.config.tables import TABLES, Row, Rows, read_tables
from hallserver.domain.invariant import invariant
from hallserver.domain.plan import (
    CallScreen,
    Clerk,
    Counter,
    Department,
    HallPlan,
    Kiosk,
    Service,
    StaffTablet,
    Zone,
)
from hallserver.domain.rules import (
    Holidays,
    Item,
    Policy,
    PriorityClass,
    Rules,
    Schedule,
    TidalRule,
)

__all__ = ["ConfigError", "ConfigUnreadableError", "Mistake", "load_plan", "notes", "parse_plan"]

T = TypeVar("T")

MAX_FILE_BYTES = 1_048_576


class ConfigError(Exception):
    """A hall file has mistakes; `mistakes` holds all of them, in the order of their lines."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


class ConfigUnreadableError(ConfigError):
    """The hall file cannot be read at all: it is missing, forbidden, or not a text."""


def load_plan(path: Path) -> HallPlan:
    """Load a hall file. Raises ConfigError with all its mistakes, ConfigUnreadableError if
    it is missing, forbidden, too large or not UTF-8."""
    return parse_plan(read_hall_file(path), path.name)


def read_hall_file(path: Path) -> bytes:
    """Read a hall file's bytes, no more than it may have. Raises ConfigUnreadableError."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as problem:
        text = f"cannot be read: {problem.strerror or type(problem).__name__}"
        raise ConfigUnreadableError((Mistake(path.name, None, text),)) from problem


def parse_plan(data: bytes, name: str = "hall file") -> HallPlan:
    """Read a hall file's bytes; as `load_plan`. `name` is the place of mistakes of the whole."""
    root, lines = parse_tables(decode(data, name), name)
    report = Report(lines)
    rows = check_tables(root, report)
    if report.mistakes:
        raise ConfigError(in_order(report.mistakes))
    return _build(rows)


def check_tables(root: Mapping[str, object], report: Report) -> Rows:
    """Read the tables of a hall file and check them; all mistakes are in the report."""
    rows = read_tables(root, report)
    for check in CHECKS:
        check(rows, report)
    return rows


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Sort mistakes by their lines."""
    return tuple(sorted(mistakes, key=lambda each: each.line or 0))


def parse_tables(text: str, name: str) -> tuple[dict[str, Any], LineIndex]:
    """Parse a hall file's text. Raises ConfigError when it is no TOML."""
    try:
        root = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError((_syntax_mistake(str(problem), text, name),)) from None
    except (ValueError, RecursionError):  # a number of thousands of digits; a list in a list in …
        raise ConfigError((Mistake(name, None, "holds a value that is too large"),)) from None
    try:
        return root, index_lines(text)
    except RecursionError:
        raise ConfigError((Mistake(name, None, "holds tables nested too deep"),)) from None


def decode(data: bytes, name: str) -> str:
    """Return a hall file's text. Raises ConfigUnreadableError."""
    if len(data) > MAX_FILE_BYTES:
        raise ConfigUnreadableError(
            (Mistake(name, None, f"is larger than {MAX_FILE_BYTES} bytes"),)
        )
    try:
        # "-sig": Windows Notepad puts a byte order mark in front.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        mistake = Mistake(name, line, "is not in UTF-8", 'save it with the encoding "UTF-8"')
        raise ConfigUnreadableError((mistake,)) from None


def _syntax_mistake(problem: str, text: str, name: str) -> Mistake:
    """Take the line out of the parser's sentence: "… (at line 3, column 5)"."""
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", problem)
    if not match:
        return Mistake(name, None, f"is not valid TOML: {problem}")
    line = int(match[1]) if match[1] else text.count("\n") + 1
    return Mistake(name, line, f"is not valid TOML: {problem[: match.start()]}")


def notes(plan: HallPlan) -> tuple[str, ...]:
    """Say what is no mistake but should be known: how far the calendar of holidays reaches."""
    keeping = [plan.schedule_of(service.id) for service in plan.services]
    if not any(schedule.keeps_holidays for schedule in keeping):
        return ()
    year = plan.holidays.known_until
    if year is None:
        return ('no calendar of holidays: write [calendar] holidays = "china"',)
    return (f"the calendar of holidays reaches to the end of {year}; later years are plain weeks",)


def _build(rows: Rows) -> HallPlan:
    """Make the plan of rows without a mistake; what a row left out follows from its zone."""
    floor_of = {row.values["id"]: row.values["floor"] for row in rows["zone"]}
    made = {
        table.key: tuple(table.make(**_completed(row, floor_of)) for row in rows[table.key])
        for table in TABLES
    }
    (hall,), (rules,) = made["hall"], made["rules"]
    return HallPlan(
        **cast(dict[str, Any], hall),
        rules=cast(Rules, rules),
        zones=_all(made, "zone", Zone),
        departments=_all(made, "department", Department),
        services=_all(made, "service", Service),
        counters=_all(made, "counter", Counter),
        clerks=_all(made, "clerk", Clerk),
        kiosks=_all(made, "kiosk", Kiosk),
        callscreens=_all(made, "callscreen", CallScreen),
        guides=_all(made, "guide", StaffTablet),
        consoles=_all(made, "console", StaffTablet),
        gateways=_all(made, "gateway", StaffTablet),
        priorities=_all(made, "priority", PriorityClass),
        policies=_all(made, "policy", Policy),
        schedules=_all(made, "schedule", Schedule),
        holidays=next(iter(_all(made, "calendar", Holidays)), Holidays()),
        items=_all(made, "item", Item),
        tidal=_all(made, "tidal", TidalRule),
    )


def _all(made: Mapping[str, tuple[object, ...]], table: str, kind: type[T]) -> tuple[T, ...]:
    """Return the things made of a table; their kind is the table's `make`, in `tables`."""
    things = made[table]
    invariant(all(isinstance(thing, kind) for thing in things), f"{table} is not {kind}")
    return cast(tuple[T, ...], things)


def _completed(row: Row, floor_of: dict[str, int]) -> dict[str, Any]:
    given = {key: value for key, value in row.values.items() if value is not None}
    if row.values.get("floor", 0) is None:
        given["floor"] = floor_of[given["zone"] if "zone" in given else given["zones"][0]]
    return given
