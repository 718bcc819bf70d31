"""Journals with years behind them: a day that the server itself wrote, copied day after day.

The rows are the server's own, so that they have the size of real ones and every index is there.
Only what has to differ does: the day, what is named after it, sequence numbers, times, ids.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from hallserver.clock import HallClock
from hallserver.domain.plan import HallPlan
from hallserver.journal.chain import BEFORE_THE_FIRST, line_checksum
from tests.bench.measure import fill_a_day
from tests.helpers.halls import DAY_MS
from tests.helpers.servers import Clock, Hosted, open_journal

TICKETS_A_DAY = 5_000
JOURNAL = "journal.sqlite3"
_COPIED = ("event", "reply", "visit", "stint", "rating", "business_day")
_DURATIONS = frozenset({"waiting_ms", "way_ms", "serving_ms"})
_DAYS_A_TRANSACTION = 10


def write_history(state: Path, plan: HallPlan, tickets: int) -> float:
    """Write a journal with so many tickets of earlier days; returns its gigabytes.

    The last of its days was yesterday, and is closed. Nothing is done when the file is there.
    """
    if not (state / JOURNAL).exists():
        a_day = min(tickets, TICKETS_A_DAY)
        days = tickets // a_day
        wall_ms = HallClock().now().wall_ms - days * DAY_MS
        template = state / "template"
        _write_template(template, plan, a_day, wall_ms)
        open_journal(state).close()
        _copy(template / JOURNAL, state / JOURNAL, days)
        shutil.rmtree(template)
        with open_journal(state) as journal:
            last = journal.last_clock
            assert last is not None
            # Today is opened, so that no start has to fold a whole day first.
            Hosted(journal, plan, Clock(HallClock().now().wall_ms, last.elapsed_ms + 1))
    return sum(file.stat().st_size for file in state.glob(JOURNAL + "*")) / 1e9


def _write_template(directory: Path, plan: HallPlan, tickets: int, wall_ms: int) -> None:
    with open_journal(directory) as journal:
        hosted = Hosted(journal, plan, Clock(wall_ms=wall_ms))
        fill_a_day(hosted, tickets)
        hosted.clock.pass_ms(DAY_MS)
        hosted.writer.process()  # the day closes, the next one opens


def _copy(template: Path, journal: Path, days: int) -> None:
    with _fast(journal) as database:
        database.execute("ATTACH ? AS template", (str(template),))
        database.execute("INSERT INTO server_start SELECT * FROM template.server_start")
        first, lines = database.execute(
            "SELECT day, closed_seq FROM template.business_day ORDER BY opened_seq"
        ).fetchone()
        statements = [_statement(database, table) for table in _COPIED]
        opened = datetime.strptime(first, "%Y%m%d")
        for number in range(days):
            if number % _DAYS_A_TRANSACTION == 0:
                database.execute("COMMIT")
                database.execute("BEGIN")
            values = {
                "first": first,
                "day": f"{opened + timedelta(days=number):%Y%m%d}",
                "lines": number * lines,
                "passed_ms": number * DAY_MS,
                "mark": f"{number * 40_503 % 65_536:04x}",
            }
            for statement in statements:
                database.execute(statement, values)
        _chain_last_day(database)


def _chain_last_day(database: sqlite3.Connection) -> None:
    """Give the lines that a start reads the checksums that they should have."""
    [opened] = database.execute("SELECT max(opened_seq) FROM business_day").fetchone()
    [checksum] = database.execute(
        "SELECT checksum FROM event WHERE seq = ?", (opened - 1,)
    ).fetchone() or (BEFORE_THE_FIRST,)
    rows = database.execute(
        "SELECT seq, epoch, day, wall_ms, elapsed_ms, client, command_id, type, body "
        "FROM event WHERE seq >= ? ORDER BY seq",
        (opened,),
    ).fetchall()
    for row in rows:
        checksum = line_checksum(checksum, row)
        database.execute("UPDATE event SET checksum = ? WHERE seq = ?", (checksum, row[0]))


@contextmanager
def _fast(journal: Path) -> Iterator[sqlite3.Connection]:
    """Open for writing much at once; half a file is of no use, so nothing is synced."""
    with closing(sqlite3.connect(journal, isolation_level=None)) as database:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")
        yield database
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode = WAL")


def _statement(database: sqlite3.Connection, table: str) -> str:
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    picked = ", ".join(_expression(name) for name in names)
    lines = f"SELECT {picked} FROM template.{table} WHERE day = :first"
    return f"INSERT INTO {table} ({', '.join(names)}) {lines}"


def _expression(column: str) -> str:
    if column == "day":
        return ":day"
    if column == "ticket":
        return f":day || substr({column}, 9)"
    if column == "body":
        return f"replace({column}, :first, :day)"
    if column == "command_id":
        return f":mark || substr({column}, 5)"
    if column == "seq" or column.endswith("_seq"):
        return f"{column} + :lines"
    if column.endswith("_ms") and column not in _DURATIONS:
        return f"{column} + :passed_ms"
    return column
