"""How long people waited: the recording and two enactments side by side."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from hallserver.domain.plan import HallPlan
from hallserver.protocol.ids import PriorityId, ServiceId
from hallserver.replay.record import Wait

ALL = "all"
ORDINARY = "-"
"""How who has no class is written."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Waiting in milliseconds: half, nine in ten and all have waited no longer; None: nobody was
    called. `left` counts those who were never called."""

    people: int
    left: int
    p50: int | None
    p90: int | None
    max: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a class and service; `ALL` for all of them. One of each column."""

    priority: str
    service: str
    columns: tuple[Figures, ...]


def rows(plan: HallPlan, columns: Sequence[Iterable[Wait]]) -> tuple[Row, ...]:
    """Group by class and service: everybody, each class, then each class and service.

    Classes and services come in the order of the hall file, ordinary visitors last.
    """
    groups: list[dict[tuple[str, str], list[Wait]]] = []
    for column in columns:
        group: dict[tuple[str, str], list[Wait]] = defaultdict(list)
        for wait in column:
            name = wait.priority or ORDINARY
            for key in ((ALL, ALL), (name, ALL), (name, wait.service)):
                group[key].append(wait)
        groups.append(group)
    keys = sorted({key for group in groups for key in group}, key=_order(plan))
    return tuple(Row(*key, tuple(figures(group[key]) for group in groups)) for key in keys)


def figures(waits: Sequence[Wait]) -> Figures:
    """Sum up. A percentile is somebody's real waiting: the nearest rank."""
    times = sorted(wait.waited_ms for wait in waits if wait.waited_ms is not None)

    def rank(percent: int) -> int | None:
        return times[ceil(Fraction(percent, 100) * len(times)) - 1] if times else None

    return Figures(len(waits), len(waits) - len(times), rank(50), rank(90), rank(100))


def _order(plan: HallPlan) -> Callable[[tuple[str, str]], tuple[bool, bool, int, int]]:
    services = {service.id: number for number, service in enumerate(plan.services)}

    def order(key: tuple[str, str]) -> tuple[bool, bool, int, int]:
        priority, service = key
        rank = plan.rank_of(None if priority in (ALL, ORDINARY) else PriorityId(priority))
        number = -1 if service == ALL else services[ServiceId(service)]
        return (priority != ALL, service != ALL, rank, number)

    return order


def table(plan: HallPlan, names: Sequence[str], found: Iterable[Row]) -> str:
    """Write the rows as text, waiting as minutes and seconds. A service's name stands last: its
    characters are of different widths."""
    head = f"{'class':12} {'service':32}" + "".join(f" |{name:^32}" for name in names)
    each = f"{'people':>6}{'left':>5}{'p50':>7}{'p90':>7}{'max':>7}"
    lines = [head.rstrip(), f"{'':45}" + f" |{each}" * len(names)]
    for row in found:
        cells = "".join(f" |{_cell(column)}" for column in row.columns)
        lines.append(f"{row.priority:12} {row.service:32}{cells}  {_name(plan, row)}".rstrip())
    return "\n".join(lines) + "\n"


def _cell(column: Figures) -> str:
    times = (_minutes(column.p50), _minutes(column.p90), _minutes(column.max))
    return f"{column.people:>6}{column.left:>5}{times[0]:>7}{times[1]:>7}{times[2]:>7}"


def _minutes(ms: int | None) -> str:
    if ms is None:
        return "-"
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes}:{seconds:02}"


def _name(plan: HallPlan, row: Row) -> str:
    if row.service == ALL:
        return ""
    return plan.service(ServiceId(row.service)).name.zh
