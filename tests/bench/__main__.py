"""Measure the server on this machine, each figure beside its floor of the same run.

python -m tests.bench [--quick] [--dir DIR] [--json FILE]
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from hallserver.clock import HallClock
from tests.bench import measure
from tests.bench.hall_under_test import a_broker, an_echo, the_plan, write_clerks
from tests.bench.measure import Figure
from tests.helpers.hall_files import EXAMPLE
from tests.helpers.servers import ServerProcess

TICKETS_OF_A_DAY = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--dir", type=Path, help="where the databases lie; their disk counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as name:
        figures = run(Path(name), 10 if given.quick else 1)
    if given.json:
        given.json.write_text(json.dumps([as_json(each) for each in figures], indent=2) + "\n")


def run(directory: Path, divisor: int) -> list[Figure]:
    plan = the_plan()
    clerks = write_clerks(directory, plan)
    shown = Table()
    sequential, crowd = 2_000 // divisor, 9_000 // divisor
    commit = shown.add(measure.commit_floor(directory, sequential))
    with a_broker(directory, plan) as broker:

        def trips(name: str, kiosks: int, total: int) -> Figure:
            return measure.round_trips(broker, plan, name, kiosks, total)

        with an_echo(directory, broker):
            echo = shown.add(trips("round trip to an echo (paho)", 1, sequential))
            crowd_echo = shown.add(trips("30 clients at once to an echo (paho)", 30, crowd))
        floor_ms = commit.at(0.5) + echo.at(0.5)
        with ServerProcess(directory, broker, EXAMPLE, clerks) as server:
            server.until("ready")
            shown.add(trips("reserve, one after the other", 1, sequential), floor_ms)
            shown.add(trips("reserve, 30 kiosks at once", 30, crowd), crowd_echo.at(0.5))
            rounds = max(2, 20 // divisor)
            measure.fill_hall(broker, plan, rounds)
            shown.add(measure.calls_at_once(broker, plan, rounds))
            shown.add(measure.call_to_screen(broker, plan, 300 // divisor), floor_ms)
            server.process.terminate()
            assert server.wait() == 0
    shown.add(startup(directory, divisor))
    return shown.figures


class Table:
    """Prints each figure when it is there."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        print(f"{'':44} {'p50 ms':>8} {'p99 ms':>8} {'per s':>9}  p50 against its floor")

    def add(self, figure: Figure, floor_ms: float | None = None) -> Figure:
        self.figures.append(figure)
        over = f"{figure.at(0.5) / floor_ms:6.1f} x" if floor_ms else ""
        middle, tail = figure.at(0.5), figure.at(0.99)
        print(f"{figure.name:44} {middle:8.2f} {tail:8.2f} {figure.per_s:9.0f}  {over}", flush=True)
        return figure


def startup(directory: Path, divisor: int) -> Figure:
    """From the command line to `ready`, with a day of tickets behind it."""
    plan = the_plan()
    day = directory / "day"
    day.mkdir()
    tickets = TICKETS_OF_A_DAY // divisor
    lines = measure.write_a_day(day / "state", plan, tickets, HallClock(0).now().wall_ms)
    ms = []
    with a_broker(day, plan) as broker:
        for _ in range(3):
            began_s = time.perf_counter()
            with ServerProcess(day, broker, EXAMPLE, write_clerks(day, plan)) as server:
                server.until("ready")
                ms.append((time.perf_counter() - began_s) * 1_000)
                server.process.kill()
    return measure.figure(f"start with {tickets} tickets, {lines} lines", ms, sum(ms) / 1_000)


def as_json(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        "p50_ms": round(figure.at(0.5), 3),
        "p99_ms": round(figure.at(0.99), 3),
        "per_s": round(figure.per_s, 1),
        "count": len(figure.ms),
    }


if __name__ == "__main__":
    main()
