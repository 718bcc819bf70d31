"""What one collector and one PostgreSQL (fsync on) take: `python -m tests.bench.region_load`.

First the store alone, with lines of a real day: halls that catch up (250 lines in a message) and
many halls that send a second's worth each. Then through the region's broker and a collector in a
process of its own: 3,000 halls, each message with a few lines, as fast as they are answered.
Processor time is measured beside the wall's: that holds on a machine that has other work, too.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from hallserver.broker import password_file_text
from hallserver.journal import sqlite_url
from hallserver.protocol.ids import ClientId
from hallserver.protocol.region import (
    CONFIRMED,
    LINES,
    REGION_SCHEMA,
    JournalLine,
    JournalLines,
    RegionHall,
    decode_confirmed,
    encode_lines,
    hall_of,
    region_filter,
    region_topic,
)
from hallserver.region.intake import Incoming, read_message
from hallserver.region.store import RegionStore, open_connection
from hallserver.uplink.lines import line_of
from hallserver.uplink.reader import JournalReader
from tests.bench.region import DurableCluster, memory_kb
from tests.helpers.broker import send_at_once
from tests.helpers.regions import Region, a_region
from tests.helpers.servers import Hosted, open_journal, play_a_day

HALLS = 3_000
LOAD = ClientId("load")
PROBE = RegionHall("probe")


def a_days_lines(directory: Path, count: int) -> list[JournalLine]:
    """Lines as they go up, of a journal that a writer wrote."""
    with open_journal(directory) as journal:
        play_a_day(Hosted(journal), 1, count // 2)
        with JournalReader(sqlite_url(directory)) as reader:
            return [line_of(row) for row in reader.after(0, count)]


def renumbered(lines: list[JournalLine], first: int, count: int) -> tuple[JournalLine, ...]:
    """As many lines as wanted, numbered from `first`, with bodies of the day."""
    return tuple(
        JournalLine(
            seq,
            line.epoch,
            line.day,
            line.wall_ms,
            line.elapsed_ms,
            line.client,
            line.type,
            line.body,
            line.checksum,
        )
        for seq in range(first, first + count)
        for line in (lines[seq % len(lines)],)
    )


def store_alone(
    url: str, day: list[JournalLine], halls: int, lines: int, rounds: int
) -> dict[str, float]:
    """Lines a second into PostgreSQL, reading the messages included."""
    with RegionStore.open(url) as store:
        session = session_of(url)
        took_s = ours_s = 0.0
        theirs_s = cpu_s(session)
        for turn in range(rounds):
            payloads = [
                (
                    RegionHall(f"hall-{number}"),
                    encode_lines(
                        JournalLines(
                            REGION_SCHEMA, turn + 1, 0, renumbered(day, turn * lines + 1, lines)
                        )
                    ),
                )
                for number in range(halls)
            ]
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
            messages = [read_message(hall, payload) for hall, payload in payloads]
            answers = store.store([each for each in messages if isinstance(each, Incoming)])
            took_s += time.perf_counter() - began_s
            ours_s += time.process_time() - began_cpu_s
            assert all(answer.seq == (turn + 1) * lines for answer in answers.values())
        theirs_s = cpu_s(session) - theirs_s
    total = halls * lines * rounds
    return {
        "lines_per_s": total / took_s,
        "our_cpu_us_a_line": ours_s / total * 1e6,
        "postgres_cpu_us_a_line": theirs_s / total * 1e6,
    }


def cpu_s(pid: int) -> float:
    """The processor's time that a process has taken (proc(5), utime and stime)."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def session_of(url: str) -> int:
    """The process of PostgreSQL that serves the one other session of a database."""
    with open_connection(url) as connection:
        return _one(
            connection.execute(
                "SELECT max(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND datname = current_database() AND backend_type = 'client backend'"
            )
        )


class Load:
    """3,000 halls on one connection: each sends its next message when the last is answered."""

    def __init__(
        self, region: Region, day: list[JournalLine], halls: int, lines: int, rounds: int
    ) -> None:
        self._day, self._halls, self._lines, self._rounds = day, halls, lines, rounds
        self._left = halls
        self.sent = self.published = self.heard = 0
        self.done = threading.Event()
        self._is_heard = threading.Event()
        files = region.files.files
        with files.acl.open("a") as acl:
            acl.write(f"\nuser {LOAD}\ntopic write {region_filter(LINES)}\n")
            acl.write(f"topic read {region_filter(CONFIRMED)}\n")
        with files.passwords.open("a") as passwords:
            passwords.write(password_file_text({LOAD: "load"}))
        region.broker.stop()
        region.broker.start()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, str(LOAD), protocol=mqtt.MQTTv5)
        client.username_pw_set(LOAD, "load")
        client.max_queued_messages_set(0)
        client.max_inflight_messages_set(2_000)
        client.on_socket_open = send_at_once
        client.on_message = self._answered
        client.on_publish = self._published
        client.connect("127.0.0.1", region.port)
        client.loop_start()
        client.subscribe(region_filter(CONFIRMED), qos=1)
        self.client = client
        self.on_begin: Callable[[], None] = lambda: None

    def send(self, hall: RegionHall, number: int) -> None:
        lines = renumbered(self._day, (number - 1) * self._lines + 1, self._lines)
        message = JournalLines(REGION_SCHEMA, number, lines[-1].seq, lines)
        self.sent += 1
        self.client.publish(region_topic(LINES, hall), encode_lines(message), qos=1)

    def _published(self, *_: object) -> None:
        self.published += 1

    def begin(self) -> float:
        probe = encode_lines(JournalLines(REGION_SCHEMA, 1, 0, ()))
        while not self._is_heard.wait(0.5):  # the collector may still be on its way
            self.client.publish(region_topic(LINES, PROBE), probe, qos=1)
        self.on_begin()
        began_s = time.perf_counter()
        for number in range(self._halls):
            self.send(RegionHall(f"load-{number}"), 1)
        return began_s

    def _answered(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.heard += 1
        hall, answer = hall_of(CONFIRMED, message.topic), decode_confirmed(bytes(message.payload))
        assert hall is not None
        if hall == PROBE:
            self._is_heard.set()
            return
        assert answer.seq == answer.number * self._lines, answer
        if answer.number < self._rounds:
            self.send(hall, answer.number + 1)
            return
        self._left -= 1
        if self._left == 0:
            self.done.set()


def through_the_broker(
    directory: Path, url: str, day: list[JournalLine], halls: int, lines: int, rounds: int
) -> dict[str, float]:
    with a_region(directory, url) as region:
        load = Load(region, day, halls, lines, rounds)
        collector, broker = region.collector.process, region.broker.pid
        assert collector is not None
        assert broker is not None
        pids: dict[str, int] = {"collector": collector.pid, "broker": broker}
        before: dict[str, float] = {}

        def begin() -> None:
            pids["postgres"] = session_of(url)
            before.update({name: cpu_s(pid) for name, pid in pids.items()})

        load.on_begin = begin
        began_s = load.begin()
        assert load.done.wait(240), (load.sent, load.published, load.heard, region.logs())
        took_s = time.perf_counter() - began_s
        messages = halls * rounds
        figures = {
            "messages_per_s": messages / took_s,
            "lines_per_s": messages * lines / took_s,
            "collector_mb": memory_kb(collector.pid) / 1_024,
            "broker_mb": memory_kb(broker) / 1_024,
        }
        for name, pid in pids.items():
            figures[f"{name}_cpu_us_a_message"] = (cpu_s(pid) - before[name]) / messages * 1e6
        load.client.disconnect()
        load.client.loop_stop()
    return figures


def sizes(url: str) -> dict[str, float]:
    """Bytes in PostgreSQL for a line, table and index."""
    with RegionStore.open(url) as store:
        connection = store._connection
        connection.execute("VACUUM ANALYZE")
        names = [name for (name,) in connection.execute(_LEAVES).fetchall()]
        heap, index = (
            sum(_one(connection.execute(f"SELECT {what}('{name}')")) for name in names)
            for what in ("pg_table_size", "pg_indexes_size")
        )
        lines = _one(connection.execute("SELECT count(*) FROM hall_event"))
    return {"table_bytes_a_line": heap / lines, "index_bytes_a_line": index / lines}


_LEAVES = "SELECT relname FROM pg_class WHERE relname ~ '^hall_event_.*_' AND relkind = 'r'"


def _one(cursor: object) -> int:
    row = cursor.fetchone()  # type: ignore[attr-defined]
    return int(row[0])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.region_load")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    cluster = DurableCluster()
    figures: dict[str, object] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="jiaohao-region-") as name:
            directory = Path(name)
            day = a_days_lines(directory / "day", 2_000)
            wire = len(encode_lines(JournalLines(1, 1, 1, tuple(islice(_all(day), 250)))))
            figures["wire_bytes_a_line"] = wire / 250
            figures["body_bytes_a_line"] = sum(len(line.body) for line in day) / len(day)
            with cluster.fresh(is_empty=True) as database:
                url = cluster.url(database)
                figures["catching_up"] = store_alone(url, day, 40, 250, 10)
                figures |= sizes(url)
            with cluster.fresh(is_empty=True) as database:
                figures["steady"] = store_alone(cluster.url(database), day, 256, 2, 40)
            print(json.dumps(figures, indent=2), flush=True)
            for halls, lines, rounds in ((HALLS, 2, 2), (HALLS, 8, 2), (200, 250, 2)):
                with cluster.fresh(is_empty=True) as database:
                    case = f"{halls}_halls_{lines}_lines"
                    figures[case] = through_the_broker(
                        directory / case, cluster.url(database), day, halls, lines, rounds
                    )
    finally:
        cluster.stop()
    text = json.dumps(figures, indent=2)
    print(text)
    if args.out is not None:
        args.out.write_text(text + "\n", encoding="utf-8")
    return 0


def _all(lines: list[JournalLine]) -> Iterator[JournalLine]:
    while True:
        yield from lines


if __name__ == "__main__":
    sys.exit(main())
