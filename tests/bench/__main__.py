"""Measure the server on this machine, beside its floors and the thinnest correct program.

python -m tests.bench [--quick] [--dir DIR] [--out DIR] [--history N,N,N] [--keep-history]
"""

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hallserver.domain.plan import HallPlan
from tests.bench import measure
from tests.bench.facts import machine_facts
from tests.bench.flood import floods
from tests.bench.hall_under_test import a_broker, an_echo, the_plan, write_hall_file
from tests.bench.history import write_history
from tests.bench.report import Report
from tests.bench.rounds import Asked, fan_out
from tests.bench.stand import ours, rss_mb, thin
from tests.bench.starts import cold_start, forget


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    rounds: int
    issues: int
    calls: int
    crowd_issues: int
    crowd_calls: int
    floor: int
    fan_out: int
    starts: tuple[int, ...]
    starts_each: int
    history: tuple[int, ...]
    history_rounds: int
    flood_waves: int = 50


WHOLE = Sizes(20, 150, 75, 900, 5, 2_000, 200, (5_000, 100_000), 5, (1_000, 100_000, 5_000_000), 20)
QUICK = Sizes(4, 50, 25, 300, 2, 200, 30, (5_000,), 3, (1_000, 10_000), 4)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute, and rougher")
    parser.add_argument("--dir", type=Path, help="where the databases lie; their disk counts")
    parser.add_argument("--out", type=Path, default=Path("out"), help="for bench.json and bench.md")
    parser.add_argument("--history", help="tickets of earlier days, 1000,100000 for example")
    parser.add_argument(
        "--keep-history", action="store_true", help="in --out, for the next run: many gigabytes"
    )
    given = parser.parse_args()
    sizes = QUICK if given.quick else WHOLE
    history = tuple(map(int, given.history.split(","))) if given.history else sizes.history
    with tempfile.TemporaryDirectory(dir=given.dir, prefix="bench-") as name:
        directory = Path(name)
        report = Report(machine_facts(directory))
        hall_file = write_hall_file(directory)
        plan = the_plan(hall_file)
        floors(report, directory / "floors", plan, sizes)
        side_by_side(report, directory, plan, hall_file, sizes)
        floods(report, directory / "floods", plan, sizes.flood_waves)
        starts(report, directory, sizes)
        kept = given.out / "bench-history" if given.keep_history else directory
        histories(report, kept, plan, history, sizes)
    given.out.mkdir(exist_ok=True)
    report.save(given.out)


def floors(report: Report, directory: Path, plan: HallPlan, sizes: Sizes) -> None:
    """Measure what nobody can be faster than: the disk alone, the wire alone."""
    directory.mkdir()
    report.floor("commit", measure.commit_floor(directory, sizes.floor))
    with a_broker(directory, plan) as broker, an_echo(directory, broker):
        one = measure.round_trips(broker, plan, "round trip to an echo", 1, sizes.floor)
        report.floor("echo", one)
        many = measure.round_trips(broker, plan, "30 clients to an echo", 30, 4 * sizes.floor)
        report.floor("echo_crowd", many)


def side_by_side(
    report: Report, directory: Path, plan: HallPlan, hall_file: Path, sizes: Sizes
) -> None:
    """Ask the thin program and the server the same, in turn."""
    with (
        thin(directory / "thin", plan) as floor,
        ours(directory / "ours", plan, hall_file) as server,
        Asked(floor, plan) as of_thin,
        Asked(server, plan) as of_ours,
    ):
        report.memory("started", rss_mb(server.pid))
        both = (of_thin, of_ours)
        play(both, sizes)
        for kind in report.KINDS:
            report.compare(kind, getattr(of_thin, kind), getattr(of_ours, kind))
        report.memory("after these commands", rss_mb(server.pid))
        report.memory("the thin program, after the same", rss_mb(floor.pid))
        total = sizes.fan_out
        report.compare("fan_out", *(fan_out(each, plan, total) for each in both))
        report.memory("after the fan-out", rss_mb(server.pid))


def play(asked: Sequence[Asked], sizes: Sizes) -> None:
    """Ask each stand the same, in turn; who is first changes from round to round."""
    for each in asked:
        each.sign_in()
    for number in range(sizes.rounds):
        order = list(asked) if number % 2 else list(asked)[::-1]
        for each in order:
            each.issue_in_turn(sizes.issues)
        for each in order:
            each.call_in_turn(sizes.calls)
        for each in order:
            each.issue_at_once(sizes.crowd_issues)
        for each in order:
            each.call_at_once(sizes.crowd_calls)


def starts(report: Report, directory: Path, sizes: Sizes) -> None:
    """Start the server with an open day of tickets."""
    for tickets in sizes.starts:
        place = directory / f"day-{tickets}"
        start = cold_start(place, tickets, sizes.starts_each)
        report.start(tickets, start.figure)
        report.memory(f"started with {tickets:,} tickets today", start.rss_mb)
        shutil.rmtree(place)


def histories(
    report: Report, directory: Path, plan: HallPlan, tickets: Sequence[int], sizes: Sizes
) -> None:
    """Call with journals of different length, in turn."""
    with ExitStack() as opened:
        asked: list[Asked] = []
        for number in tickets:
            place = directory / f"history-{number}"
            gigabytes = write_history(place / "state", plan, number)
            report.history_size(number, gigabytes)
            forget(place / "state")
            stand = opened.enter_context(ours(place, plan, name=f"{number:,} tickets"))
            asked.append(opened.enter_context(Asked(stand, plan)))
            asked[-1].sign_in()
        for each in asked:
            each.warm_up(sizes.crowd_issues)
        for turn in range(sizes.history_rounds):
            order = asked if turn % 2 else asked[::-1]
            for each in order:
                each.call_in_turn(sizes.calls)
            for each in order:
                each.issue_in_turn(sizes.calls)
        for number, each in zip(tickets, asked, strict=True):
            report.history(number, each.call, each.issue)
            report.memory(f"with {number:,} tickets of earlier days", rss_mb(each.stand.pid))


if __name__ == "__main__":
    main()
