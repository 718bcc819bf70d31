"""`jiaohao replay`: reads the journal, the hall file and the policy, and writes the comparison."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hallserver.config import ConfigError, load_plan
from hallserver.config.policy_file import load_policy
from hallserver.domain.plan import HallPlan
from hallserver.journal import JournalError
from hallserver.journal.reading import read_day
from hallserver.protocol.ids import BusinessDay
from hallserver.replay.enact import enact
from hallserver.replay.figures import Row, rows, table
from hallserver.replay.record import MisfitError, record

COLUMNS = ("recorded", "enacted, hall's policy", "enacted, tried policy")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be compared. `day` None: the last day on which somebody waited."""

    journal: Path
    hall: Path
    policy: Path
    day: BusinessDay | None
    is_json: bool


class UnusableError(Exception):
    """The comparison cannot be made; the text says why and what to do."""


def replay(wanted: Wanted, out: Callable[[str], None], out_json: Callable[[Any], None]) -> None:
    """Compare, and write the figures. Raises UnusableError."""
    try:
        plan = load_plan(wanted.hall)
    except ConfigError as error:
        raise UnusableError(f"{wanted.hall}: {error}") from error
    try:
        policy = load_policy(wanted.policy)
    except ConfigError as error:
        raise UnusableError(f"{wanted.policy}: {error}") from error
    try:
        lines = read_day(wanted.journal, wanted.day)
        day = record(plan, lines)
    except (JournalError, MisfitError) as error:
        raise UnusableError(str(error)) from error
    as_is = enact(day, plan, plan.policy_of)
    tried = enact(day, plan, lambda _: policy)
    found = rows(plan, (day.waits(), as_is, tried))
    if wanted.is_json:
        out_json({"day": day.day, "columns": COLUMNS, "rows": [asdict(row) for row in found]})
    else:
        _write(plan, day.day, found, out)


def _write(
    plan: HallPlan, day: BusinessDay, found: tuple[Row, ...], out: Callable[[str], None]
) -> None:
    out(f"{plan.title.zh}, business day {day}: waiting in minutes and seconds")
    out(table(plan, COLUMNS, found).rstrip("\n"))
    out('The recording has pauses between two visitors that "enacted" does not: compare those two.')
