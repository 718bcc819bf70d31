"""What the tables of a hall file must agree on, beyond each value being right by itself."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

from hallserver.config.fields import WRONG, Report, did_you_mean, echo, spell
from hallserver.config.lines import Place
from hallserver.config.rule_checks import RULE_CHECKS
from hallserver.config.tables import TABLES, Row, Rows, named
from hallserver.domain.plan import Text
from hallserver.domain.rules import ALWAYS, DEFAULT_POLICY

MIN_NUMBERS_A_DAY = 100

# No two rows of the table have the same value at this key.
UNIQUE: tuple[tuple[str, str], ...] = (
    ("priority", "id"),
    ("priority", "name"),
    ("policy", "id"),
    ("schedule", "id"),
    ("zone", "id"),
    ("zone", "name"),
    ("department", "id"),
    ("department", "name"),
    ("service", "id"),
    ("counter", "id"),
    ("clerk", "id"),
    ("clerk", "staff_number"),
    ("kiosk", "id"),
    ("callscreen", "id"),
    ("guide", "id"),
    ("console", "id"),
    ("gateway", "id"),
    ("item", "id"),
    ("item", "name"),
    ("tidal", "id"),
)

# The key of a table names rows of another table.
REFERENCES: tuple[tuple[str, str, str], ...] = (
    ("rules", "policy", "policy"),
    ("rules", "schedule", "schedule"),
    ("service", "department", "department"),
    ("service", "zone", "zone"),
    ("service", "schedule", "schedule"),
    ("counter", "zone", "zone"),
    ("counter", "services", "service"),
    ("counter", "green_channel", "service"),
    ("counter", "policy", "policy"),
    ("kiosk", "zone", "zone"),
    ("callscreen", "zones", "zone"),
    ("tidal", "services", "service"),
)

# These are there without being in the file.
BUILT_IN: Mapping[str, frozenset[str]] = {
    "policy": frozenset({DEFAULT_POLICY.id}),
    "schedule": frozenset({ALWAYS.id}),
}
_REQUIRED = frozenset(table.key for table in TABLES if table.is_required)

# Every row of the table is named by at least one of these references, or it is of no use.
NEEDED: tuple[tuple[str, tuple[tuple[str, str], ...], str], ...] = (
    ("department", (("service", "department"),), "no service belongs to this department"),
    ("service", (("counter", "services"),), "no counter serves this service"),
    (
        "zone",
        (("counter", "zone"), ("kiosk", "zone")),
        "this zone has neither a counter nor a kiosk",
    ),
)


def _check_unique(rows: Rows, report: Report) -> None:
    for table, key in UNIQUE:
        first: dict[Any, Row] = {}
        for row in rows[table]:
            for at, value in named(row, key):
                other = first.setdefault(value, row)
                if other is not row:
                    there = report.where((*other.at, key))
                    report.add(at, f"{echo(value)} is already the {key} of {there}")


def _check_references(rows: Rows, report: Report) -> None:
    for table, key, target in REFERENCES:
        for row in rows[table]:
            for at, value in named(row, key):
                _check_reference(rows, report, at, value, target)


def _check_references_within(rows: Rows, report: Report) -> None:
    """Services that are named within a value: the steps of an item, the weights of a counter."""
    for row in rows["item"]:
        for at, step in named(row, "steps"):
            _check_reference(rows, report, (*at, "service"), step.service, "service")
    for row in rows["counter"]:
        weights = row.values["weights"]
        for service in weights if isinstance(weights, dict) else ():
            _check_reference(rows, report, (*row.at, "weights", service), service, "service")


def _check_reference(rows: Rows, report: Report, at: Place, value: str, target: str) -> None:
    if not rows[target] and target in _REQUIRED:
        return  # that table's absence has been reported
    # A target whose id is itself malformed has been reported there.
    known = {given for row in rows[target] if isinstance(given := row.raw.get("id"), str)}
    known |= BUILT_IN.get(target, frozenset())
    if value not in known:
        hint = did_you_mean(_ids_by_name(rows[target]).get(value, value), known)
        report.add(at, f"there is no {target} {echo(value)}", hint)


def _ids_by_name(rows: Sequence[Row]) -> dict[str, str]:
    """People write names where ids are meant: lead from the one to the other."""
    return {
        word: row.values["id"]
        for row in rows
        if isinstance(row.values.get("name"), Text) and row.values["id"] is not WRONG
        for word in (row.values["name"].zh, row.values["name"].en)
    }


def _check_needed(rows: Rows, report: Report) -> None:
    for table, sources, text in NEEDED:
        if not any(rows[source] for source, _ in sources):
            continue  # that table's absence has been reported
        used = {
            value for source, key in sources for row in rows[source] for _, value in named(row, key)
        }
        for row in rows[table]:
            if row.values["id"] is not WRONG and row.values["id"] not in used:
                report.add(row.at, f"{echo(row.values['id'])}: {text}")


def _check_series(rows: Rows, report: Report) -> None:
    """Services of one prefix share a series; numbers of two prefixes never look alike."""
    first: dict[str, Row] = {}
    for row in rows["service"]:
        prefix, start, width = (row.values[key] for key in ("prefix", "start", "width"))
        if WRONG not in (start, width) and start + MIN_NUMBERS_A_DAY > 10**width:
            text = f"{width} digits leave fewer than {MIN_NUMBERS_A_DAY} numbers a day from {start}"
            report.add((*row.at, "width"), text, "give the numbers more digits")
        if prefix is WRONG:
            continue
        other = first.setdefault(prefix, row)
        for key in ("start", "width"):
            mine, theirs = row.values[key], other.values[key]
            if WRONG not in (mine, theirs) and mine != theirs:
                text = f"{mine} differs from {theirs} of {spell(other.at)} with the same prefix"
                report.add((*row.at, key), text, "services with one prefix share their numbers")
    for (prefix, row), (later_prefix, later) in combinations(first.items(), 2):
        widths = row.values["width"], later.values["width"]
        if WRONG not in widths and look_alike(prefix, widths[0], later_prefix, widths[1]):
            text = f"numbers of {echo(later_prefix)} can be read as numbers of {echo(prefix)}"
            report.add(
                (*later.at, "prefix"), text, f"which {spell(row.at)} has; take other letters"
            )


_AS_DIGITS = str.maketrans("OQIZSB", "001258")


def look_alike(prefix: str, width: int, other_prefix: str, other_width: int) -> bool:
    """Whether a printed number of one series could be misread as one of the other: AI001, A1001."""
    short, long = sorted((prefix, other_prefix), key=len)
    extra = long[len(short) :].translate(_AS_DIGITS)
    if short.translate(_AS_DIGITS) != long[: len(short)].translate(_AS_DIGITS):
        return False
    is_as_long = len(prefix) + width == len(other_prefix) + other_width
    return not extra or (extra.isdigit() and is_as_long)


def _check_zones(rows: Rows, report: Report) -> None:
    """Visitors wait in their service's zone: a counter elsewhere calls where they do not look."""
    zones = {row.values["id"] for row in rows["zone"]} - {WRONG}
    zone_of = {row.values["id"]: row.values["zone"] for row in rows["service"]}
    for row in rows["counter"]:
        zone = row.values["zone"]
        if row.values["is_comprehensive"] or zone not in zones:
            continue
        for at, service in named(row, "services"):
            other = zone_of.get(service, zone)
            if other != zone and other in zones:
                own, home = echo(zone), echo(other)
                text = f"{echo(service)} belongs to zone {home}, this counter to {own}"
                report.add(at, text, "only a counter with comprehensive = true serves other zones")


CHECKS: tuple[Callable[[Rows, Report], None], ...] = (
    _check_unique,
    _check_references,
    _check_references_within,
    _check_needed,
    _check_series,
    _check_zones,
    *RULE_CHECKS,
)
