"""Parts of a server for tests: clocks set by hand, a journal in memory, a crowd, real processes."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hallserver.broker import RunningBroker, write_client_password
from hallserver.domain.events import Recorded
from hallserver.domain.instant import Now
from hallserver.domain.plan import HallPlan
from hallserver.hall import Hall
from hallserver.journal import Journal, sqlite_url
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.codec import decode_reply
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CommandId,
    Epoch,
    PersonKey,
    ServiceId,
    TicketId,
    TicketToken,
)
from hallserver.protocol.replies import Rejected, Reply, Reservation
from hallserver.protocol.routes import SERVER_CLIENT
from hallserver.protocol.version import SCHEMA_VERSION
from hallserver.writer import (
    Answered,
    Inbound,
    JournalPort,
    Outbound,
    ReplyKey,
    Writer,
    fold,
    read_inbound,
)
from tests.helpers.halls import DAY_MS, KEY, MORNING_MS, PASSWORD, check_password, small_plan

DEADLINE_S = 15.0
"""For what has to happen; a test that meets it has failed."""


@dataclass
class Clock:
    """Both clocks of a hall, set by hand."""

    wall_ms: int = MORNING_MS
    elapsed_ms: int = 0

    def now(self) -> Now:
        return Now(self.wall_ms, self.elapsed_ms)

    def pass_ms(self, ms: int) -> None:
        self.wall_ms += ms
        self.elapsed_ms += ms


class DiskFullError(Exception):
    """What `MemoryJournal` raises when it is told to fail."""


@dataclass
class MemoryJournal:
    """Keeps what a journal keeps, in memory, until it is told to fail."""

    events: list[Recorded] = field(default_factory=list)
    answers: dict[ReplyKey, Reply] = field(default_factory=dict)
    commits: int = 0
    is_failing: bool = False

    @property
    def last_seq(self) -> int:
        return len(self.events)

    def find_replies(self, keys: Collection[ReplyKey]) -> dict[ReplyKey, Reply]:
        return {key: self.answers[key] for key in keys if key in self.answers}

    def append(self, events: Sequence[Recorded], answers: Sequence[Answered]) -> None:
        if self.is_failing:
            raise DiskFullError
        self.commits += 1
        self.events += events
        for each in answers:
            assert self.answers.setdefault((each.client, each.command), each.reply) is each.reply


def message(command_id: str, command: c.Command, schema: int = SCHEMA_VERSION) -> c.CommandMessage:
    return c.CommandMessage(schema, CommandId(command_id), command)


def inbound(client: str, command_id: str, command: c.Command) -> Inbound:
    return Inbound(ClientId(client), message(command_id, command))


def replies(outbound: list[Outbound]) -> list[tuple[str, str, Reply]]:
    """Who was answered, to which command, and what."""
    found: list[tuple[str, str, Reply]] = []
    for each in outbound:
        matched = routes.match_topic(each.topic)
        assert matched is not None
        route, client = matched
        if route is routes.REPLY:
            assert (each.qos, each.is_retained) == (1, False)
            answer = decode_reply(each.payload)
            found.append((client, answer.id, answer.reply))
    return found


def codes(outbound: list[Outbound]) -> list[RejectionCode]:
    return [reply.code for _, _, reply in replies(outbound) if isinstance(reply, Rejected)]


def received(payload: bytes, topic: str = "jiaohao/command/kiosk-01") -> Inbound:
    read = read_inbound(topic, payload)
    assert read is not None
    return read


class Hosted:
    """A hall with its writer, on any journal: what a server is without its wire."""

    def __init__(
        self,
        journal: JournalPort,
        plan: HallPlan | None = None,
        clock: Clock | None = None,
        epoch: int = 1,
    ) -> None:
        self.journal = journal
        self.plan = plan or small_plan()
        self.clock = clock or Clock()
        self.hall = Hall(self.plan, KEY, check_password)
        if isinstance(journal, Journal):
            fold(self.hall, journal.open_day())
        self.writer = Writer(
            self.hall,
            journal,
            self.clock.now,
            epoch=Epoch(epoch),
            hall_id=self.plan.id,
            server_version="1.2.3",
        )
        self.writer.process()


@dataclass
class Crowd:
    """Draws what people, clerks and faults might send next, from a seed and the hall's state."""

    hosted: Hosted
    chance: Random
    sent: list[Inbound] = field(default_factory=list)
    tokens: dict[TicketId, TicketToken] = field(default_factory=dict)
    number: int = 0

    def note(self, reply: Reply) -> None:
        if isinstance(reply, Reservation):
            self.tokens[reply.ticket] = reply.token

    def batch(self, size: int) -> list[Inbound]:
        return [self.next() for _ in range(size)]

    def next(self) -> Inbound:
        if self.sent and self.chance.random() < 0.15:
            return self.chance.choice(self.sent)  # a repeated id
        self.number += 1
        client, command = self._draw()
        drawn = inbound(client, f"command-{self.number:06d}", command)
        self.sent.append(drawn)
        return drawn

    def _draw(self) -> tuple[str, c.Command]:
        chance, state = self.chance, self.hosted.hall.state
        tickets = list(state.tickets.values())
        ticket = chance.choice(tickets) if tickets else None
        ticket_id = ticket.id if ticket else TicketId("20261123-A999")
        token = self.tokens.get(ticket_id, TicketToken("nonsense"))
        counter = chance.choice(self.hosted.plan.counters).id
        active = state.desks[counter].active or ticket_id
        terminal, kiosk = f"counter-{counter}", f"kiosk-0{chance.randrange(1, 4)}"
        owner = ticket.kiosk if ticket else kiosk
        service = ServiceId(chance.choice("abcx"))
        person = PersonKey(f"{chance.randrange(9):032x}") if chance.random() < 0.3 else None
        stars = chance.randrange(1, 6)
        choices: list[tuple[int, str, c.Command]] = [
            (6, kiosk, c.ReserveTicket(service, person)),
            (8, owner, c.ConfirmPrinted(ticket_id)),
            (1, owner, c.VoidTicket(ticket_id, c.VoidReason.NOT_PRINTED)),
            (1, kiosk, c.ShowTicket(token)),
            (2, kiosk, c.RateService(token, stars, ("态度好",))),
            (2, f"pad-{counter}", c.RateAtCounter(ticket_id, stars)),
            (3, terminal, c.SignIn(ClerkId(f"clerk-{chance.randrange(1, 5)}"), PASSWORD)),
            (1, terminal, c.SignOut()),
            (8, terminal, c.CallNext()),
            (2, terminal, c.Recall(active)),
            (6, terminal, c.Arrive(active)),
            (6, terminal, c.Complete(active)),
            (1, terminal, c.MarkNoShow(active)),
            (1, kiosk, c.CallNext()),  # which a kiosk may not
        ]
        _, client, command = chance.choices(choices, [weight for weight, *_ in choices])[0]
        return client, command


def play_a_day(hosted: Hosted, seed: int, batches: int) -> Crowd:
    """Let a crowd send batches, with time passing between them, sometimes a night."""
    crowd = Crowd(hosted, Random(seed))
    for _ in range(batches):
        hosted.clock.pass_ms(crowd.chance.randrange(20_000))
        if crowd.chance.random() < 0.02:
            hosted.clock.pass_ms(DAY_MS)
        before = crowd.batch(crowd.chance.randrange(1, 12))
        hosted.writer.process(before)
        keys = [(each.client, each.message.id) for each in before if each.message.id is not None]
        for reply in hosted.journal.find_replies(keys).values():
            crowd.note(reply)
    hosted.writer.process()  # a day that has just opened brings the report on the last one
    return crowd


def open_journal(where: Path | str) -> Journal:
    """Open a journal at its URL, or one in SQLite in its directory."""
    return Journal.open(sqlite_url(where) if isinstance(where, Path) else where)


class ServerProcess:
    """`python -m hallserver` as a child, with its log."""

    def __init__(
        self,
        directory: Path,
        broker: RunningBroker,
        hall_file: Path,
        clerks_file: Path | None = None,
        prefix: Sequence[str] = (),
        *,
        arguments: Sequence[str] = (),
        state: str = "state",
    ) -> None:
        password = write_client_password(directory, SERVER_CLIENT, broker.passwords[SERVER_CLIENT])
        self.log: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            [
                *prefix,
                *(sys.executable, "-m", "hallserver"),
                *("--hall", str(hall_file)),
                *("--state-dir", str(directory / state)),
                *("--broker", f"{broker.host}:{broker.port}"),
                *("--password-file", str(password)),
                *(("--clerks", str(clerks_file)) if clerks_file else ()),
                "--without-hours",  # tests run at any hour
                *arguments,
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    def lines(self, deadline_s: float = DEADLINE_S) -> Iterator[str]:
        """Yield the log line by line until the process ends, or raise queue.Empty."""
        end_s = time.monotonic() + deadline_s
        while (line := self._lines.get(timeout=max(0.0, end_s - time.monotonic()))) is not None:
            self.log.append(line)
            yield line

    def until(self, word: str, deadline_s: float = DEADLINE_S) -> str:
        """Return the next line with a word in it."""
        for line in self.lines(deadline_s):
            if word in line:
                return line
        raise AssertionError(f"no {word!r} in:\n{''.join(self.log)}")

    def wait(self) -> int:
        """Read the log to its end and return the exit code."""
        for _ in self.lines():
            pass
        return self.process.wait(DEADLINE_S)

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
