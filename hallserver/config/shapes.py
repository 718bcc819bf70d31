"""How a value that is more than a word or a number is read: periods, ratios, dates, small tables.

Readers as in `fields`: each returns what the program wants, or says what is wrong.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from hallserver.config.fields import (
    WRONG,
    Field,
    Reader,
    Report,
    Wrong,
    echo,
    integer,
    list_of,
    read_keys,
    word_of,
    wrong_kind,
)
from hallserver.config.lines import Place
from hallserver.domain.rules import Period

MAX_PERIODS_A_DAY = 6
MAX_RATIO_PART = 9
OFF: Final = 0
"""What `or_off` answers for what is switched off; None would mean that nothing was said."""

Ratio = tuple[int, int]
"""So many ordinary visitors, then so many of a priority class."""

_PERIOD = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))", re.ASCII)
_RATIO = re.compile(r"([1-9]):([1-9])", re.ASCII)
_HOW_PERIOD = 'write it as "09:00-12:00"'
_HOW_RATIO = 'write "2:1": 2 ordinary visitors, then 1 with priority'


def one_of(words: type[StrEnum]) -> Reader:
    """Read one of the words of an enumeration."""
    read_word = word_of(words)

    def read(value: object, at: Place, report: Report) -> StrEnum | Wrong:
        word = read_word(value, at, report)
        return words(word) if isinstance(word, str) else WRONG

    return read


def or_off(reader: Reader) -> Reader:
    """Read what `reader` reads, or 0 or false for "not at all"; that is answered as `OFF`."""

    def read(value: object, at: Place, report: Report) -> Any:
        if value is False or value == OFF:
            return OFF
        return reader(value, at, report)

    return read


def _period(value: object, at: Place, report: Report) -> Period | Wrong:
    if not isinstance(value, str):
        return wrong_kind(str, value, at, report, _HOW_PERIOD)
    match = _PERIOD.fullmatch(value)
    if match is None:
        return report.add(at, f"{echo(value)} is not a period of a day", _HOW_PERIOD)
    begin_h, begin_min, end_h, end_min = (int(part) for part in match.groups() if part is not None)
    period = Period(begin_h * 60 + begin_min, end_h * 60 + end_min)
    if period.ends <= period.begins:
        hint = "what passes midnight is two periods: until 24:00, and from 00:00 of the next day"
        return report.add(at, f"{echo(value)} ends before it has begun", hint)
    return period


_PERIODS = list_of(_period, high=MAX_PERIODS_A_DAY, low=0)


def periods(value: object, at: Place, report: Report) -> tuple[Period, ...] | Wrong:
    """Read the opening periods of a day, `["09:00-12:00", "13:00-17:00"]`; `[]` is closed."""
    found = _PERIODS(value, at, report)
    if found is WRONG or WRONG in found:
        return WRONG
    for index, (before, after) in enumerate(pairwise(found), 1):
        if after.begins < before.ends:
            text = "begins before the period in front of it has ended"
            return report.add((*at, index), text, "write the periods of a day in their order")
    return tuple(found)


_RATIO_KEYS = (
    Field("ordinary", integer(1, MAX_RATIO_PART)),
    Field("priority", integer(1, MAX_RATIO_PART)),
)


def ratio(value: object, at: Place, report: Report) -> Ratio | Wrong:
    """Read `"2:1"` or `{ ordinary = 2, priority = 1 }`."""
    if isinstance(value, dict):
        parts = read_keys(value, _RATIO_KEYS, at, report)
        return WRONG if WRONG in parts.values() else (parts["ordinary"], parts["priority"])
    if not isinstance(value, str):
        return wrong_kind(str, value, at, report, _HOW_RATIO)
    match = _RATIO.fullmatch(value)
    if match is None:
        text = f"{echo(value)} is not a ratio of two numbers from 1 to {MAX_RATIO_PART}"
        return report.add(at, text, _HOW_RATIO)
    return int(match[1]), int(match[2])


def day(value: object, at: Place, report: Report) -> datetime.date | Wrong:
    """Read a date of the calendar, written without quotes."""
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date):
        return wrong_kind(datetime.date, value, at, report)
    return value


def table_of(fields: tuple[Field, ...], make: Callable[..., object], how: str) -> Reader:
    """Read a table within a value by its fields; `how` shows one. What is left out is left to
    `make`."""

    def read(value: object, at: Place, report: Report) -> object:
        if not isinstance(value, dict):
            return wrong_kind(dict, value, at, report, f"write {how}")
        found = read_keys(value, fields, at, report)
        if WRONG in found.values():
            return WRONG
        return make(**{key: each for key, each in found.items() if each is not None})

    return read


def numbers_by_name(low: int, high: int) -> Reader:
    """Read `{ name = 2, other = 3 }`. Whether the names exist is checked when all is read."""
    number = integer(low, high)

    def read(value: object, at: Place, report: Report) -> Mapping[str, int] | Wrong:
        if not isinstance(value, dict):
            return wrong_kind(dict, value, at, report, 'write { "some-service" = 2 }')
        if not value:
            return report.add(at, "is empty")
        found = {key: number(each, (*at, key), report) for key, each in value.items()}
        return WRONG if WRONG in found.values() else found

    return read
