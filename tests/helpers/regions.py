"""A region on one machine: halls with real journals, their uplinks, a line that can be cut, the
region's broker, the collector and PostgreSQL. All programs are real and run as processes.
"""

import contextlib
import selectors
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psycopg

from hallserver.broker import BrokerFiles, RunningBroker, find_mosquitto, free_port
from hallserver.protocol.ids import ClientId
from hallserver.region.files import COLLECTOR_CLIENT, RegionBrokerFiles, hall_client
from tests.helpers.servers import Clock, Crowd, Hosted, open_journal

DEADLINE_S = 60.0
LINE = tuple[int, int]
"""(epoch, seq)"""


class Line:
    """A TCP line from a hall to a port of this machine, which can be cut as a digger cuts it.

    While it is cut nothing arrives and nobody is told: both ends find out by themselves.
    """

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._other: dict[socket.socket, socket.socket] = {}
        self._wishes = socket.socketpair()
        self._selector.register(self._wishes[0], selectors.EVENT_READ)
        self.is_cut = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        self.is_cut = True
        self._wishes[1].send(b"c")

    def heal(self) -> None:
        self.is_cut = False
        self._wishes[1].send(b"h")

    def close(self) -> None:
        self._wishes[1].send(b"e")
        self._thread.join(5)

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                source = key.fileobj
                assert isinstance(source, socket.socket)
                if source is self._wishes[0]:
                    if not self._obey(source.recv(1)):
                        return
                elif source is self._listener:
                    self._accept()
                elif source in self._other:
                    self._pass_on(source)

    def _obey(self, wish: bytes) -> bool:
        if wish == b"c":  # what is connected stays so, and what is sent piles up unread
            for end in (self._listener, *self._other):
                self._selector.unregister(end)
        else:
            for end in list(self._other):
                if wish == b"e":
                    self._forget(end, was_registered=not self.is_cut)
                else:  # routers have long forgotten what was connected before
                    self._forget(end, was_registered=False)
            if wish == b"h":
                self._selector.register(self._listener, selectors.EVENT_READ)
        if wish == b"e":
            self._selector.close()
            self._listener.close()
            for end in self._wishes:
                end.close()
        return wish != b"e"

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(self._to)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._other[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, source: socket.socket) -> None:
        try:
            data = source.recv(65_536)
            if data:
                self._other[source].sendall(data)
                return
        except OSError:
            pass
        other = self._other[source]
        self._forget(source, was_registered=True)
        self._forget(other, was_registered=True)

    def _forget(self, end: socket.socket, *, was_registered: bool) -> None:
        if self._other.pop(end, None) is None:
            return
        if was_registered:
            self._selector.unregister(end)
        end.close()


class Program:
    """A program of ours as a process that can be killed and started again."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self._arguments = arguments
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self._arguments], stdout=log, stderr=log
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def end(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(DEADLINE_S)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class HallOfRegion:
    """A hall's journal, written by a real writer, and its uplink."""

    name: str
    directory: Path
    hosted: Hosted
    crowd: Crowd
    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    line: Line | None = None
    uplink: Program | None = None

    def live(self, batches: int) -> None:
        """Let visitors and clerks do something."""
        for _ in range(batches):
            self.hosted.clock.pass_ms(self.crowd.chance.randrange(20_000))
            sent = self.crowd.batch(self.crowd.chance.randrange(1, 12))
            self.hosted.writer.process(sent)
            keys = [(each.client, each.message.id) for each in sent if each.message.id is not None]
            for reply in self.hosted.journal.find_replies(keys).values():
                self.crowd.note(reply)

    @property
    def last_seq(self) -> int:
        return self.hosted.journal.last_seq

    def written(self) -> set[tuple[int, int, str, int]]:
        """What stands in the journal's file: (epoch, seq, type, wall_ms)."""
        file = self.directory / "journal.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as journal:
            return set(journal.execute("SELECT epoch, seq, type, wall_ms FROM event"))

    def broker_pid(self) -> int:
        """Find the mosquitto that the uplink runs."""
        assert self.uplink is not None
        assert self.uplink.process is not None
        children = Path(f"/proc/{self.uplink.process.pid}/task/{self.uplink.process.pid}/children")
        return int(children.read_text().split()[0])


class Region:
    """The region's end, and the halls that were added."""

    def __init__(self, directory: Path, database: str) -> None:
        self.directory = directory
        self.database = database
        self.files = RegionBrokerFiles(BrokerFiles(directory / "broker"))
        self.port = free_port()
        self.files.write(port=self.port)
        self.files.admit(())
        self.broker = self._new_broker()
        self.broker.start()
        self.halls: list[HallOfRegion] = []
        self.collector = Program(
            directory / "collector.log",
            "hallserver.region",
            *("--database", database, "--broker", f"127.0.0.1:{self.port}"),
            *("--password-file", str(self.files.password_file(COLLECTOR_CLIENT))),
        )

    def _new_broker(self) -> RunningBroker:
        return RunningBroker(self.files.files, {}, self.port, find_mosquitto())

    def admit(self, *names: str) -> None:
        """Give halls their accounts; the broker reads its files anew."""
        self.files.admit(names)
        self.broker.stop()
        self.broker.start()

    def add_hall(self, name: str, seed: int, *, has_line: bool = False) -> HallOfRegion:
        """Begin a hall's journal. Its uplink is started by `start_uplink`."""
        directory = self.directory / name
        journal = open_journal(directory)
        hosted = Hosted(journal, clock=Clock())
        hall = HallOfRegion(name, directory, hosted, Crowd(hosted, Random(seed)))
        hall.closing.callback(journal.close)
        if has_line:
            hall.line = Line(self.port)
        self.halls.append(hall)
        return hall

    def start_uplink(self, hall: HallOfRegion) -> None:
        port = self.port if hall.line is None else hall.line.port
        hall.uplink = Program(
            hall.directory / "uplink.log",
            "hallserver.uplink",
            *("--state-dir", str(hall.directory), "--hall-name", hall.name),
            *("--region", f"127.0.0.1:{port}"),
            *("--password-file", str(self.password_file(hall.name))),
        )

    def password_file(self, name: str) -> Path:
        return self.files.password_file(ClientId(hall_client(name)))  # type: ignore[arg-type]

    def restart_broker(self) -> None:
        """Kill the region's broker, with all that it held, and start it again."""
        self.broker.kill()
        self.broker.start()

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the database itself."""
        address = self.database.replace("+psycopg", "", 1)
        with psycopg.connect(address, autocommit=True) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def stored(self, hall: str) -> list[tuple[int, int, str, int]]:
        query = "SELECT epoch, seq, type, wall_ms FROM hall_event WHERE hall = %s"
        return self.ask(query, hall)  # type: ignore[return-value]

    def wait_until_equal(self, halls: Sequence[HallOfRegion], timeout_s: float) -> float:
        """Wait until the region has every line of these halls; returns the seconds."""
        began_s = time.monotonic()
        waiting = {hall.name: hall.last_seq for hall in halls}
        pause = threading.Event()
        while waiting:
            if time.monotonic() - began_s > timeout_s:
                raise AssertionError(f"still missing: {waiting}\n{self.logs()}")
            with contextlib.suppress(psycopg.Error):
                there = {row[0]: row[1] for row in self.ask("SELECT hall, seq FROM hall")}
                waiting = {name: seq for name, seq in waiting.items() if there.get(name, 0) != seq}
            pause.wait(0.1)
        return time.monotonic() - began_s

    def wait_for_word(self, log: Path, word: str, timeout_s: float) -> None:
        """Wait until a log says something."""
        end_s = time.monotonic() + timeout_s
        pause = threading.Event()
        while word not in log.read_text("utf-8", errors="replace"):
            if time.monotonic() > end_s:
                raise AssertionError(f"no {word!r} in {log}:\n{log.read_text()[-2_000:]}")
            pause.wait(0.1)

    def check(self) -> int:
        """Compare each hall's file with the database, line by line; returns how many there are."""
        total = 0
        for hall in self.halls:
            stored = self.stored(hall.name)
            assert len(stored) == len(set(stored)), hall.name
            assert set(stored) == hall.written(), hall.name
            total += len(stored)
        doubled = self.ask(
            "SELECT hall, epoch, seq FROM hall_event GROUP BY 1, 2, 3 HAVING count(*) > 1"
        )
        assert doubled == []
        return total

    def logs(self) -> str:
        paths = [self.collector.log, *(hall.directory / "uplink.log" for hall in self.halls)]
        return "\n".join(f"{path}:\n{path.read_text()[-2_000:]}" for path in paths if path.exists())

    def close(self) -> None:
        for hall in self.halls:
            if hall.uplink is not None and hall.uplink.is_running():
                hall.uplink.end()
            hall.closing.close()
            if hall.line is not None:
                hall.line.close()
        if self.collector.is_running():
            self.collector.end()
        self.broker.stop()


@contextlib.contextmanager
def a_region(directory: Path, database: str) -> Iterator[Region]:
    region = Region(directory, database)
    try:
        yield region
    finally:
        region.close()
