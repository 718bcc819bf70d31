"""Many halls and their region on this machine, with one line cut and everything else killed.

`python -m tests.bench.region --halls 20 --cut-s 600`: real journals, uplinks, bridges, brokers,
collector and PostgreSQL with fsync on. Halls go on writing all the time. In the middle the
collector, the region's broker with its store, a hall's broker, an uplink and a session of
PostgreSQL are killed with signal 9. At the end every hall's file is compared with the database.
"""

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random

import psycopg

from tests.helpers.postgres import Cluster
from tests.helpers.regions import HallOfRegion, Region, a_region

BEFORE_BATCHES = 40


class DurableCluster(Cluster):
    """PostgreSQL as a region runs it."""

    def _settings(self) -> dict[str, str]:
        return super()._settings() | {
            "fsync": "on",
            "full_page_writes": "on",
            "shared_buffers": "128MB",
        }


def memory_kb(pid: int) -> int:
    """What a process has for itself alone, and its share of what it shares (proc(5), Pss)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


class Show:
    """One run. `tell` prints what happens, with the seconds since the beginning."""

    def __init__(self, region: Region, cut_s: float, before: int = BEFORE_BATCHES) -> None:
        self.region = region
        self.cut_s = cut_s
        self.before = before
        self.began_s = time.monotonic()
        self.figures: dict[str, object] = {}
        self._pause = threading.Event()

    def tell(self, text: str) -> None:
        print(f"{time.monotonic() - self.began_s:7.1f} s  {text}", flush=True)

    def live(self, seconds: float) -> None:
        """Let all halls write for a while, each about once a second."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            round_s = time.monotonic()
            for hall in self.region.halls:
                hall.live(1)
            self._pause.wait(max(0.0, 1.0 - (time.monotonic() - round_s)))

    def run(self) -> None:
        region, halls = self.region, self.region.halls
        for hall in halls:
            hall.live(self.before)
            region.start_uplink(hall)
        self.tell(f"{len(halls)} halls, {sum(hall.last_seq for hall in halls)} lines before")
        took_s = region.wait_until_equal(halls, 300)
        self.tell(f"all of it is at the region after {took_s:.1f} s; equal: {region.check()} lines")
        self.live(10)
        cut = halls[0]
        assert cut.line is not None
        before = cut.last_seq
        cut.line.cut()
        self.tell(f"the line of {cut.name} is cut at its line {before}")
        part_s = self.cut_s / 6
        for what in (
            self.kill_collector,
            self.kill_region_broker,
            self.kill_hall_broker,
            self.kill_uplink,
            self.kill_postgres_session,
        ):
            self.live(part_s)
            what()
        self.live(part_s)
        self.measure_memory()
        others = [hall for hall in halls if hall is not cut]
        self.tell(f"the others are equal after {region.wait_until_equal(others, 90):.1f} s")
        behind = cut.last_seq - len(region.stored(cut.name))
        cut.line.heal()
        self.tell(f"the line is healed; {cut.name} is {behind} lines behind")
        took_s = region.wait_until_equal([cut], 120)
        self.tell(f"caught up {took_s:.1f} s after the line was healed")
        self.live(5)
        took_again_s = region.wait_until_equal(halls, 60)
        total = region.check()
        self.tell(f"all equal {took_again_s:.1f} s after the last line: {total} lines")
        for line in region.ask("SELECT hall, seq, repeated, gaps, refused FROM hall ORDER BY 1"):
            print("   ", *line)
        self.figures |= {
            "halls": len(halls),
            "lines": total,
            "cut_s": self.cut_s,
            "behind_lines": behind,
            "caught_up_after_s": round(took_s, 1),
        }

    def torture(self, kills: int, chance: Random) -> None:
        """Kill something every now and then while lines are on their way, cut and heal lines."""
        region, halls = self.region, self.region.halls
        for hall in halls:
            hall.live(self.before)
            region.start_uplink(hall)
        done: Counter[str] = Counter()
        for _ in range(kills):
            for hall in halls:
                hall.live(chance.randrange(4))
            self._pause.wait(chance.random() / 3)
            done[self._kill_one(chance)] += 1
        for hall in halls:
            if hall.line is not None and hall.line.is_cut:
                hall.line.heal()
        self.tell(f"{kills} times: {dict(done)}")
        took_s = region.wait_until_equal(halls, 240)
        self.tell(f"all equal after {took_s:.1f} s: {region.check()} lines")
        for line in region.ask("SELECT hall, seq, repeated, gaps, refused FROM hall ORDER BY 1"):
            print("   ", *line)

    def _kill_one(self, chance: Random) -> str:
        region, hall = self.region, chance.choice(self.region.halls)
        assert hall.uplink is not None
        what = chance.choice(("collector", "region broker", "hall broker", "uplink", "line", "db"))
        match what:
            case "collector":
                region.collector.kill()
                self._pause.wait(chance.random())
                region.collector.start()
            case "region broker":
                region.restart_broker()
            case "hall broker":
                with contextlib.suppress(IndexError, ValueError, OSError):  # not started yet
                    kill(hall.broker_pid())
            case "uplink":
                hall.uplink.kill()
                hall.uplink.start()
            case "line" if hall.line is not None:
                (hall.line.heal if hall.line.is_cut else hall.line.cut)()
            case "db":
                with contextlib.suppress(psycopg.Error, AssertionError):  # none is there
                    self.kill_postgres_session()
        return what

    def kill_collector(self) -> None:
        self.region.collector.kill()
        self.live(5)
        self.region.collector.start()
        self.tell("the collector was killed and started again")

    def kill_region_broker(self) -> None:
        self.region.restart_broker()
        self.tell("the region's broker was killed, with all that it held")

    def kill_hall_broker(self) -> None:
        hall = self.region.halls[1]
        kill(hall.broker_pid())
        self.tell(f"the broker of the uplink of {hall.name} was killed")

    def kill_uplink(self) -> None:
        hall = self.region.halls[2]
        assert hall.uplink is not None
        hall.uplink.kill()
        hall.uplink.start()
        self.tell(f"the uplink of {hall.name} was killed and started again")

    def kill_postgres_session(self) -> None:
        """PostgreSQL restarts as a whole when a session of it is killed."""
        [(pid,)] = self.region.ask(
            "SELECT min(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        assert isinstance(pid, int)
        kill(pid)
        self.tell("a session of PostgreSQL was killed: it restarts")

    def measure_memory(self) -> None:
        def of(hall: HallOfRegion) -> tuple[int, int]:
            assert hall.uplink is not None
            assert hall.uplink.process is not None
            return memory_kb(hall.uplink.process.pid), memory_kb(hall.broker_pid())

        uplinks, brokers = zip(*map(of, self.region.halls), strict=True)
        collector, broker = self.region.collector.process, self.region.broker.pid
        assert collector is not None
        assert broker is not None
        figures = {
            "uplink_mb": sum(uplinks) / len(uplinks) / 1_024,
            "uplink_broker_mb": sum(brokers) / len(brokers) / 1_024,
            "collector_mb": memory_kb(collector.pid) / 1_024,
            "region_broker_mb": memory_kb(broker) / 1_024,
        }
        rounded = {name: round(value, 1) for name, value in figures.items()}
        self.tell(f"memory: {rounded}")
        self.figures |= rounded


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.region", description=__doc__)
    parser.add_argument("--halls", type=int, default=20)
    parser.add_argument("--cut-s", type=float, default=600.0)
    parser.add_argument("--kills", type=int, default=0, help="instead, kill at random so often")
    parser.add_argument("--before", type=int, default=BEFORE_BATCHES, help="batches to begin with")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write the figures here, as JSON")
    args = parser.parse_args()
    logging.disable(logging.WARNING)  # the crowd also does what it may not
    cluster = DurableCluster()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="jiaohao-region-") as directory,
            cluster.fresh(is_empty=True) as name,
            a_region(Path(directory), cluster.url(name)) as region,
        ):
            names = [f"hall-{number:02}" for number in range(1, args.halls + 1)]
            region.admit(*names)
            for number, hall in enumerate(names):
                region.add_hall(hall, number, has_line=number == 0 or bool(args.kills))
            show = Show(region, args.cut_s, args.before)
            try:
                if args.kills:
                    show.torture(args.kills, Random(args.seed))
                else:
                    show.run()
            except BaseException:
                print(region.logs())
                raise
    finally:
        cluster.stop()
    text = json.dumps(show.figures, indent=2)
    print(text)
    if args.out is not None:
        args.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
