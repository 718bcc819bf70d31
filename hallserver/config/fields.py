"""How one value of a hall file is read and what is said when it is wrong.

A reader takes a value, its place and the report; it returns the value as the program wants it, or
says in the report what is wrong and returns `WRONG`. So one pass finds all mistakes.
"""

import datetime
import difflib
import re
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hallserver.config.lines import LineIndex, Place
from hallserver.domain.plan import Text
from hallserver.passwords import StoredHash

MAX_NAME_CHARS = 60
MAX_ECHO_CHARS = 40
MAX_LISTED = 20


class Wrong:
    """The type of `WRONG`."""


class _Required:
    """The type of `REQUIRED`."""


WRONG: Final = Wrong()
REQUIRED: Final = _Required()


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a hall file.

    `place` counts from 1, as people do: `counter[12].services[2]` is the second service of the
    twelfth counter. `line` is None when the mistake is something that is not there at all.
    """

    place: str
    line: int | None
    text: str
    hint: str | None = None

    def __str__(self) -> str:
        line = f"line {self.line}: " if self.line is not None else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{line}{self.place}: {self.text}{hint}"


@dataclass(slots=True)
class Report:
    """Collects the mistakes of one file."""

    lines: LineIndex
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, at: Place, text: str, hint: str | None = None) -> Wrong:
        """Note a mistake; returns `WRONG`, for the reader to return in its turn."""
        self.mistakes.append(Mistake(spell(at), self.lines.line_of(at), text, hint))
        return WRONG

    def where(self, at: Place) -> str:
        """Say where something stands, for a mistake about something else."""
        return f"{spell(at[:-1])}, line {self.lines.line_of(at)}"


Reader = Callable[[object, Place, Report], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a table. `name` is the attribute that it becomes, if another than the key."""

    key: str
    reader: Reader
    default: object = REQUIRED
    name: str = ""

    @property
    def attribute(self) -> str:
        """The name of the attribute that the key becomes."""
        return self.name or self.key


def spell(at: Place) -> str:
    """Write a place for people: `counter[12].services[2]`, counted from 1."""
    text = ""
    for part in at:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += ("." if text else "") + _harmless(part)
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Suggest the nearest known word; or list the known ones when they are few."""
    options = sorted(set(known))
    near = difflib.get_close_matches(word, options, n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    if 0 < len(options) <= MAX_LISTED:
        return f"known here: {', '.join(options)}"
    return None


def echo(value: object) -> str:
    """Quote a wrong value, shortened."""
    if isinstance(value, Text):
        value = value.zh
    return f'"{_harmless(value)}"' if isinstance(value, str) else _harmless(str(value))


def _harmless(text: str) -> str:
    """Keep a terminal safe: short, and without control characters."""
    visible = "".join(char if char.isprintable() else "�" for char in text[:MAX_ECHO_CHARS])
    return visible if len(text) <= MAX_ECHO_CHARS else f"{visible}…"


# bool before int, datetime before date: each is also one of the other.
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number with a point"),
    (str, "text"),
    (list, "a list"),
    (dict, "a table"),
    (datetime.datetime, "a date with time"),
    (datetime.date, "a date"),
    (datetime.time, "a time"),
)
_KIND_OF = dict(_KINDS)
_KIND_HINTS: dict[tuple[type, type], str] = {
    (int, str): "write the number without quotes",
    (str, int): "put it in quotes",
    (str, float): "put it in quotes",
    (str, datetime.time): "put it in quotes",
    (bool, str): "write true or false without quotes",
    (list, str): "put it in square brackets",
    (datetime.date, str): "write the date without quotes: 2026-10-01",
}


def _kind(value: object) -> type:
    return next(kind for kind, _ in _KINDS if isinstance(value, kind))


def wrong_kind(
    wanted: type, value: object, at: Place, report: Report, hint: str | None = None
) -> Wrong:
    """Note that a value is of another kind than wanted. The value itself is not repeated."""
    found = _kind(value)
    text = f"must be {_KIND_OF[wanted]}, but is {_KIND_OF[found]}"
    return report.add(at, text, hint or _KIND_HINTS.get((wanted, found)))


def integer(low: int, high: int) -> Reader:
    """Read a whole number from `low` to `high`."""

    def read(value: object, at: Place, report: Report) -> int | Wrong:
        if not isinstance(value, int) or isinstance(value, bool):
            return wrong_kind(int, value, at, report)
        if not low <= value <= high:
            return report.add(at, f"{echo(value)} is not between {low} and {high}")
        return value

    return read


def boolean(value: object, at: Place, report: Report) -> bool | Wrong:
    """Read true or false."""
    return value if isinstance(value, bool) else wrong_kind(bool, value, at, report)


def matching(pattern: str, wanted: str) -> Reader:
    """Read text that fits a pattern as a whole; `wanted` says in words what fits."""
    compiled = re.compile(pattern, re.ASCII)

    def read(value: object, at: Place, report: Report) -> str | Wrong:
        if not isinstance(value, str):
            return wrong_kind(str, value, at, report)
        if not compiled.fullmatch(value):
            return report.add(at, f"{echo(value)} is not {wanted}")
        return value

    return read


def word_of(known: Iterable[str]) -> Reader:
    """Read one of the known words."""
    words = tuple(known)

    def read(value: object, at: Place, report: Report) -> str | Wrong:
        if not isinstance(value, str):
            return wrong_kind(str, value, at, report)
        if value not in words:
            return report.add(at, f"{echo(value)} is not known here", did_you_mean(value, words))
        return value

    return read


def reference(value: object, at: Place, report: Report) -> str | Wrong:
    """Read the id of something else. Whether that exists is checked when all is read."""
    return value if isinstance(value, str) else wrong_kind(str, value, at, report)


def shown(high: int) -> Reader:
    """Read text of up to `high` characters that people are shown.

    It is not repeated in a mistake: it may be somebody's name.
    """

    def read(value: object, at: Place, report: Report) -> str | Wrong:
        if not isinstance(value, str):
            return wrong_kind(str, value, at, report)
        if not value.strip():
            return report.add(at, "is empty")
        if value != value.strip():
            return report.add(at, "begins or ends with a space", "remove the space")
        if len(value) > high:
            return report.add(at, f"has {len(value)} characters, more than {high}")
        if not value.isprintable():
            return report.add(at, "has a character that cannot be shown, such as a line break")
        return value

    return read


def clock_time(value: object, at: Place, report: Report) -> int | Wrong:
    """Read "HH:MM" as minutes after midnight."""
    if not isinstance(value, str):
        return wrong_kind(str, value, at, report)
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", value, re.ASCII)
    if not match:
        return report.add(at, f"{echo(value)} is not a time of day", 'write it as "04:00"')
    return int(match[1]) * 60 + int(match[2])


def time_zone(value: object, at: Place, report: Report) -> str | Wrong:
    """Read an IANA time zone that this machine knows."""
    if not isinstance(value, str):
        return wrong_kind(str, value, at, report)
    try:
        zoneinfo.ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # not known, not a name, a folder of the database
        known = zoneinfo.available_timezones()
        return report.add(at, f"{echo(value)} is not a time zone", did_you_mean(value, known))
    return value


def password_hash(value: object, at: Place, report: Report) -> str | Wrong:
    """Read a stored password hash. It is never repeated in a mistake."""
    if not isinstance(value, str):
        return wrong_kind(str, value, at, report)
    how = 'make one with "jiaohao config hash-password"'
    try:
        stored = StoredHash.read(value)
    except ValueError as problem:
        return report.add(at, f"is not a password hash: {problem}", how)
    if not stored.is_costly_enough:
        return report.add(at, "is too cheap to guess", how)
    return value


def list_of(reader: Reader, *, high: int, low: int = 1, may_repeat: bool = False) -> Reader:
    """Read a list of `low` (1, or 0 where an empty one means something) to `high` items.

    They are different unless they `may_repeat`. The answer keeps a `WRONG` item, so that the others
    keep their places.
    """

    def read(value: object, at: Place, report: Report) -> tuple[Any, ...] | Wrong:
        if not isinstance(value, list):
            return wrong_kind(list, value, at, report)
        if len(value) < low:
            return report.add(at, "is empty")
        if len(value) > high:
            return report.add(at, f"has {len(value)} items, more than {high}")
        items = [reader(item, (*at, index), report) for index, item in enumerate(value)]
        for index, item in enumerate(items):
            if item is not WRONG and not may_repeat and item in items[:index]:
                first = items.index(item) + 1
                report.add((*at, index), f"{echo(item)} is already number {first} of this list")
        return tuple(items)

    return read


def read_keys(
    value: Mapping[str, object], fields: tuple[Field, ...], at: Place, report: Report
) -> dict[str, Any]:
    """Read the keys of a table by its fields: unknown, missing and wrong ones are reported.

    The answer has every field; `WRONG` where there is nothing to go on.
    """
    known = [each.key for each in fields]
    misspelt: set[str] = set()
    for key in value:
        if key not in known:
            missing = [each for each in known if each not in value]
            near = difflib.get_close_matches(key, missing, n=1)
            misspelt.update(near)
            report.add((*at, key), "is not a known key", did_you_mean(key, near or known))
    found: dict[str, Any] = {}
    for each in fields:
        if each.key in value:
            found[each.attribute] = each.reader(value[each.key], (*at, each.key), report)
        elif each.default is not REQUIRED:
            found[each.attribute] = each.default
        else:
            # One mistake, not two: a misspelt key has been reported as such already.
            if each.key not in misspelt:
                report.add((*at, each.key), "is missing")
            found[each.attribute] = WRONG
    return found


def bilingual_of(high: int) -> Reader:
    """Read `{ zh = "…", en = "…" }`, each of up to `high` characters."""
    fields = (Field("zh", shown(high)), Field("en", shown(high)))

    def read(value: object, at: Place, report: Report) -> Text | Wrong:
        if not isinstance(value, dict):
            return wrong_kind(dict, value, at, report, 'write { zh = "…", en = "…" }')
        words = read_keys(value, fields, at, report)
        return WRONG if WRONG in words.values() else Text(**words)

    return read


bilingual = bilingual_of(MAX_NAME_CHARS)
