"""From the command line to serving, with an open day behind it."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from hallserver.clock import HallClock
from tests.bench.hall_under_test import a_broker, the_plan, write_clerks, write_hall_file
from tests.bench.measure import DAY_TOOK_MS, Figure, figure, write_a_day
from tests.bench.stand import rss_mb
from tests.helpers.servers import ServerProcess

START_DEADLINE_S = 180.0
STILL_WAITING = 10
"""One ticket in so many has not been called yet."""


@dataclass(frozen=True)
class Start:
    """How long it took, and how much memory the server has then."""

    figure: Figure
    rss_mb: float


def cold_start(directory: Path, tickets: int, times: int) -> Start:
    """Start, wait until it serves, kill it, and again; its journal is not in memory before."""
    directory.mkdir(parents=True)
    hall_file = write_hall_file(directory)
    plan = the_plan(hall_file)
    clerks = write_clerks(directory, plan)
    began_ms = HallClock().now().wall_ms - DAY_TOOK_MS
    lines = write_a_day(directory / "state", plan, tickets, began_ms, tickets // STILL_WAITING)
    ms, rss = [], 0.0
    with a_broker(directory, plan) as broker:
        for _ in range(times):
            forget(directory / "state")
            began_s = time.perf_counter()
            with ServerProcess(directory, broker, hall_file, clerks) as server:
                server.until("ready", START_DEADLINE_S)
                ms.append((time.perf_counter() - began_s) * 1_000)
                rss = rss_mb(server.process.pid)
                server.process.kill()
    name = f"start with an open day of {tickets:,} tickets, {lines:,} lines"
    return Start(figure(name, ms, sum(ms) / 1_000), rss)


def forget(state: Path) -> None:
    """Let the kernel drop what it has of the journal, so that it is read from the disk."""
    for path in state.glob("journal.sqlite3*"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
