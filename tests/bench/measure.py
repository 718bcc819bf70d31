"""What is measured: floors, round trips, crowds, screens, the start."""

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from hallserver.broker import RunningBroker
from hallserver.domain.plan import HallPlan
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.codec import decode_published, decode_reply, encode_command
from hallserver.protocol.ids import ClerkId, CommandId, ServiceId, TicketId
from hallserver.protocol.replies import Rejected, Reply, Reservation, TicketAtCounter
from hallserver.protocol.version import SCHEMA_VERSION
from tests.bench.hall_under_test import KIOSKS, PASSWORD, SCREENS, clerk_of
from tests.bench.wire import Swarm, ThinClient
from tests.helpers.servers import Clock, Hosted, inbound, open_journal, replies

COMMIT_ROWS, COMMIT_BYTES = 4, 250
_numbers = count(1)  # an id that was used before would get its old answer


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
        command_id = CommandId(f"bench-{next(_numbers):08}")
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


def always(command: c.Command) -> Callable[[str], c.Command]:
    """The same for everybody."""
    return lambda _name: command


def missed(tickets: Mapping[str, TicketId]) -> Callable[[str], c.Command | None]:
    """Nobody came to those who called a ticket."""
    return lambda name: c.MarkNoShow(tickets[name]) if name in tickets else None


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


def fill_hall(broker: RunningBroker, plan: HallPlan, rounds: int) -> None:
    """Let people wait for every counter, and sign a clerk in at each."""
    service_of = [ServiceId(counter.services[0]) for counter in plan.counters]
    with Swarm(broker, KIOSKS[:1]) as swarm:
        asker = Asker(swarm, KIOSKS[:1])
        for number in range(rounds * len(service_of)):
            service = service_of[number % len(service_of)]
            reply = asker.all_once(always(c.ReserveTicket(service)))[KIOSKS[0]]
            assert isinstance(reply, Reservation), reply
            asker.all_once(always(c.ConfirmPrinted(reply.ticket)))
    names = terminals(plan)
    with Swarm(broker, names) as swarm:
        signed_in = Asker(swarm, names).all_once(
            lambda name: c.SignIn(ClerkId(clerk_of(int(name.split("-")[1]))), PASSWORD)
        )
        assert not any(isinstance(reply, Rejected) for reply in signed_in.values()), signed_in


def terminals(plan: HallPlan) -> list[str]:
    return [str(routes.counter_terminal(counter.id)) for counter in plan.counters]


def calls_at_once(broker: RunningBroker, plan: HallPlan, rounds: int) -> Figure:
    """All counters press next at the same moment, again and again."""
    names = terminals(plan)
    with Swarm(broker, names) as swarm:
        asker = Asker(swarm, names)
        ms: list[float] = []
        took_s = 0.0
        called: list[str] = []
        for _ in range(rounds):
            asker.ms.clear()
            began_s = time.perf_counter()
            answers = asker.all_once(lambda _: c.CallNext())
            took_s += time.perf_counter() - began_s
            ms += asker.ms
            tickets = {
                name: reply.ticket
                for name, reply in answers.items()
                if isinstance(reply, TicketAtCounter)
            }
            called += tickets.values()
            asker.all_once(missed(tickets))
        assert len(set(called)) == len(called)
        # Counters that share services may leave one of them without anybody.
        assert len(called) > 0.9 * rounds * len(names)
        return figure(f"{len(names)} counters call at once", ms, took_s)


def call_to_screen(broker: RunningBroker, plan: HallPlan, total: int) -> Figure:
    """From the key at one counter to the last of 25 screens that show its zone."""
    counter = plan.counters[0]
    terminal = str(routes.counter_terminal(counter.id))
    with Swarm(broker, [KIOSKS[0], terminal, *SCREENS]) as swarm:
        clerk, kiosk = Asker(swarm, [terminal]), Asker(swarm, [KIOSKS[0]])
        screens = Screens(swarm, routes.topic(routes.BOARD, zone=counter.zone))
        ms = []
        began_s = time.perf_counter()
        for _ in range(total):
            _somebody_waits(kiosk, counter.services[0])
            ms.append(screens.call(clerk))
        took_s = time.perf_counter() - began_s
    return figure(f"call to the last of {len(SCREENS)} screens", ms, took_s)


class Screens:
    """Screens of one zone, and the newest call that each of them shows."""

    def __init__(self, swarm: Swarm, board: str) -> None:
        self._swarm = swarm
        self._board = board
        self._newest: dict[str, int] = {}
        self._replies: list[Reply] = []
        for screen in SCREENS:
            swarm.clients[screen].subscribe(board)
        swarm.run(self._note, lambda: len(self._newest) == len(SCREENS))

    def call(self, clerk: Asker) -> float:
        """Call once; returns the milliseconds until the last screen shows it."""
        before = max(self._newest.values())
        self._replies.clear()
        start_s = time.perf_counter()
        clerk.ask(clerk.names[0], c.CallNext())
        self._swarm.run(self._note, lambda: min(self._newest.values()) > before)
        ms = (time.perf_counter() - start_s) * 1_000
        self._swarm.run(self._note, lambda: bool(self._replies))
        [called] = self._replies
        assert isinstance(called, TicketAtCounter), called
        clerk.all_once(lambda _: c.MarkNoShow(called.ticket))
        return ms

    def _note(self, client: ThinClient, topic: str, payload: bytes) -> None:
        if topic == self._board:
            calls = decode_published(routes.BOARD, payload).calls
            self._newest[client.name] = max((call.call_seq for call in calls), default=0)
        elif topic.startswith("jiaohao/reply/"):
            self._replies.append(decode_reply(payload).reply)


def _somebody_waits(kiosk: Asker, service: ServiceId) -> Reservation:
    [reply] = kiosk.all_once(lambda _: c.ReserveTicket(service)).values()
    assert isinstance(reply, Reservation), reply
    kiosk.all_once(lambda _: c.ConfirmPrinted(reply.ticket))
    return reply


def write_a_day(state: Path, plan: HallPlan, tickets: int, wall_ms: int) -> int:
    """Write a day of served tickets into a journal; returns its lines."""
    counters = {counter.services[0]: f"counter-{counter.id}" for counter in plan.counters}
    services = list(counters)
    with open_journal(state) as journal:
        hosted = Hosted(journal, plan, Clock(wall_ms=wall_ms))
        hosted.writer.process(
            [
                inbound(name, f"sign-in-{name}", c.SignIn(ClerkId(f"clerk-{name[8:]}"), "right"))
                for name in counters.values()
            ]
        )
        for number in range(tickets):
            service = services[number % len(services)]
            _serve_one(hosted, number, service, counters[service])
        return journal.last_seq


def _serve_one(hosted: Hosted, number: int, service: ServiceId, terminal: str) -> None:
    reserve = inbound("kiosk-01", f"reserve-{number}", c.ReserveTicket(service))
    [(_, _, reply)] = replies(hosted.writer.process([reserve]))
    assert isinstance(reply, Reservation), reply
    ticket = reply.ticket
    hosted.writer.process(
        [
            inbound("kiosk-01", f"printed-{number}", c.ConfirmPrinted(ticket)),
            inbound(terminal, f"call-{number}-", c.CallNext()),
            inbound(terminal, f"arrive-{number}", c.Arrive(ticket)),
            inbound(terminal, f"complete-{number}", c.Complete(ticket)),
        ]
    )
