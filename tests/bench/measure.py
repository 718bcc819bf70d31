"""What is measured without a second program beside it: floors, and days that are written."""

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hallserver.broker import RunningBroker
from hallserver.client.ids import new_command_id
from hallserver.domain.plan import HallPlan
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.codec import decode_reply, encode_command
from hallserver.protocol.ids import ClerkId
from hallserver.protocol.replies import Rejected, Reply, Reservation
from hallserver.protocol.version import SCHEMA_VERSION
from hallserver.writer import Inbound
from tests.bench.hall_under_test import KIOSKS
from tests.bench.wire import Swarm, ThinClient
from tests.helpers.servers import Clock, Hosted, inbound, open_journal, replies

COMMIT_ROWS, COMMIT_BYTES = 4, 250
AT_ONCE = 50
"""Tickets of one transaction, while a day is written."""
DAY_TOOK_MS = 600_000
"""So long ago a written day begins: it has to lie in the past and within one business day."""


@dataclass(frozen=True)
class Figure:
    """Durations in milliseconds, sorted, and how many a second."""

    name: str
    ms: tuple[float, ...]
    per_s: float

    def at(self, share: float) -> float:
        return self.ms[min(len(self.ms) - 1, int(len(self.ms) * share))]


def figure(name: str, ms: Iterable[float], took_s: float) -> Figure:
    ordered = tuple(sorted(ms))
    return Figure(name, ordered, len(ordered) / took_s)


def commit_floor(directory: Path, total: int) -> Figure:
    """Plain sqlite3, the same settings, as many rows and bytes as a reservation writes."""
    with closing(sqlite3.connect(directory / "floor.sqlite3", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE floor (body TEXT)")
        ms = []
        began_s = time.perf_counter()
        for _ in range(total):
            start_s = time.perf_counter()
            database.execute("BEGIN IMMEDIATE")
            for _ in range(COMMIT_ROWS):
                database.execute("INSERT INTO floor VALUES (?)", ("x" * COMMIT_BYTES,))
            database.execute("COMMIT")
            ms.append((time.perf_counter() - start_s) * 1_000)
        return figure("SQLite commit", ms, time.perf_counter() - began_s)


class Asker:
    """Clients that each send one command, wait for its answer, and send the next."""

    def __init__(self, swarm: Swarm, names: list[str]) -> None:
        self.swarm = swarm
        self.names = names
        self.ms: list[float] = []
        self._sent_s: dict[str, float] = {}
        self._answers: dict[str, bytes] = {}
        for name in names:
            swarm.clients[name].subscribe(f"jiaohao/reply/{name}")

    def ask(self, name: str, command: c.Command) -> None:
        command_id = new_command_id()
        message = c.CommandMessage(SCHEMA_VERSION, command_id, command)
        payload = encode_command(message)
        self._sent_s[name] = time.perf_counter()
        self.swarm.clients[name].publish(f"jiaohao/command/{name}", payload)

    def all_once(self, command_of: Callable[[str], c.Command | None]) -> dict[str, Reply]:
        """Let all ask at once and return their answers."""
        for name in self.names:
            command = command_of(name)
            if command is not None:
                self.ask(name, command)
        return self.hear_all()

    def hear_all(self) -> dict[str, Reply]:
        """Wait until everything that was asked is answered; return the answers by client."""
        self.swarm.run(self._note, lambda: not self._sent_s)
        answers, self._answers = self._answers, {}
        return {name: decode_reply(payload).reply for name, payload in answers.items()}

    def _note(self, client: ThinClient, topic: str, payload: bytes) -> None:
        if topic == f"jiaohao/reply/{client.name}" and client.name in self._sent_s:
            self.ms.append((time.perf_counter() - self._sent_s.pop(client.name)) * 1_000)
            self._answers[client.name] = payload

    def in_turn(self, total: int, command_of: Callable[[str], c.Command]) -> float:
        """Let each ask again as soon as it is answered, `total` in all; returns the seconds."""
        left = total - len(self.names)

        def note(client: ThinClient, topic: str, payload: bytes) -> None:
            nonlocal left
            self._note(client, topic, payload)
            if left > 0 and client.name in self.names and client.name not in self._sent_s:
                left -= 1
                self.ask(client.name, command_of(client.name))

        began_s = time.perf_counter()
        for name in self.names:
            self.ask(name, command_of(name))
        self.swarm.run(note, lambda: not self._sent_s)
        self._answers.clear()
        return time.perf_counter() - began_s


def reserve(plan: HallPlan) -> Callable[[str], c.Command]:
    """Reserve at one service after the other."""
    services = itertools.cycle(
        service.id for service in plan.services if plan.counters_of(service.id)
    )

    def command(_: str) -> c.Command:
        return c.ReserveTicket(next(services))

    return command


def round_trips(
    broker: RunningBroker, plan: HallPlan, name: str, kiosks: int, total: int
) -> Figure:
    """Reservations of some kiosks at once, each waiting for its answer."""
    names = KIOSKS[:kiosks]
    with Swarm(broker, names) as swarm:
        asker = Asker(swarm, names)
        asker.in_turn(len(names), reserve(plan))  # the first ones warm up
        asker.ms.clear()
        took_s = asker.in_turn(total, reserve(plan))
        return figure(name, asker.ms, took_s)


def terminals(plan: HallPlan) -> list[str]:
    return [str(routes.counter_terminal(counter.id)) for counter in plan.counters]


def write_a_day(state: Path, plan: HallPlan, tickets: int, wall_ms: int, waiting: int = 0) -> int:
    """Write a day of served tickets, and some who wait, into a journal; returns its lines."""
    with open_journal(state) as journal:
        fill_a_day(Hosted(journal, plan, Clock(wall_ms=wall_ms)), tickets, waiting)
        return journal.last_seq


def fill_a_day(hosted: Hosted, tickets: int, waiting: int = 0) -> None:
    """Let all clerks sign in, and each ticket be taken, printed, called, and all but some served.

    Every command has an id of the kind that real ones have: they are what the journal looks up.
    """
    counters = {counter.services[0]: f"counter-{counter.id}" for counter in hosted.plan.counters}
    services = list(counters)
    sign_in = {name: c.SignIn(ClerkId(f"clerk-{name[8:]}"), "right") for name in counters.values()}
    hosted.writer.process([_new(name, command) for name, command in sign_in.items()])
    chunks = range(0, tickets, AT_ONCE)
    for start in chunks:
        numbers = range(start, min(start + AT_ONCE, tickets))
        kiosks = {number: KIOSKS[number % len(KIOSKS)] for number in numbers}
        reserved = [
            _new(kiosks[number], c.ReserveTicket(services[number % len(services)]))
            for number in numbers
        ]
        batch = []
        for number, (_, _, reply) in zip(numbers, _answers(hosted, reserved), strict=True):
            assert isinstance(reply, Reservation), reply
            batch.append(_new(kiosks[number], c.ConfirmPrinted(reply.ticket)))
            if number < tickets - waiting:
                terminal = counters[services[number % len(services)]]
                steps = (c.CallNext(), c.Arrive(reply.ticket), c.Complete(reply.ticket))
                batch += [_new(terminal, step) for step in steps]
        hosted.clock.pass_ms(DAY_TOOK_MS // len(chunks))
        refused = [each for each in _answers(hosted, batch) if isinstance(each[2], Rejected)]
        assert not refused, refused[:3]


def _answers(hosted: Hosted, batch: list[Inbound]) -> list[tuple[str, str, Reply]]:
    return replies(hosted.writer.process(batch))


def _new(client: str, command: c.Command) -> Inbound:
    return inbound(client, new_command_id(), command)
