"""The same questions to each stand in turn, so that a slow moment of the disk hits all of them."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import msgspec

from hallserver.client.ids import new_command_id
from hallserver.domain import plan as plans
from hallserver.domain.plan import HallPlan
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.codec import encode_command
from hallserver.protocol.ids import ClerkId, ServiceId, TicketId
from hallserver.protocol.snapshots import MAX_BOARD_CALLS
from hallserver.protocol.version import SCHEMA_VERSION
from tests.bench.hall_under_test import KIOSKS, PASSWORD, SCREENS, clerk_of
from tests.bench.stand import Stand
from tests.bench.wire import Swarm, ThinClient

WARM_UP = 5
"""The first questions of each round are not counted: caches have just served another program."""


class _Body(msgspec.Struct):
    type: str
    ticket: str | None = None
    number: str | None = None
    code: str | None = None


class _Answer(msgspec.Struct):
    id: str
    reply: _Body


class _Call(msgspec.Struct):
    number: str
    counter: int


class _Board(msgspec.Struct):
    zone: str
    calls: list[_Call]


_answer = msgspec.json.Decoder(_Answer).decode
_board = msgspec.json.Decoder(_Board).decode


@dataclass
class Samples:
    """What was measured, over all rounds. `took_s` is without what lies between."""

    ms: list[float] = field(default_factory=list)
    took_s: float = 0.0

    def add(self, ms: Iterable[float], took_s: float) -> None:
        self.ms += ms
        self.took_s += took_s

    def at(self, share: float) -> float:
        ordered = sorted(self.ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    @property
    def per_s(self) -> float:
        return len(self.ms) / self.took_s


class Asked:
    """The clients of one stand: kiosks, counter terminals, and a call screen for each zone."""

    def __init__(self, stand: Stand, plan: HallPlan) -> None:
        self.stand = stand
        self.issue, self.issue_crowd = Samples(), Samples()
        self.call, self.call_reply = Samples(), Samples()
        self.call_crowd, self.call_crowd_reply = Samples(), Samples()
        self._counters: dict[str, plans.Counter] = {
            str(routes.counter_terminal(counter.id)): counter for counter in plan.counters
        }
        self._screens = dict(zip(plan_zones(plan), SCREENS, strict=False))
        self._services = [service.id for service in plan.services if plan.counters_of(service.id)]
        self._next_service = self._round = 0
        self._swarm = Swarm(stand.broker, [*KIOSKS, *self._counters, *self._screens.values()])
        for name in (*KIOSKS, *self._counters):
            self._swarm.clients[name].subscribe(f"jiaohao/reply/{name}")
        self._asked: dict[str, c.CommandMessage] = {}
        self._given: dict[type[c.Command], set[str]] = {c.ReserveTicket: set(), c.CallNext: set()}
        self._asked_s: dict[str, float] = {}
        self._answered_s: dict[str, float] = {}
        self._answers: dict[str, _Body] = {}
        self._shown: set[tuple[str, str]] = set()
        self._shown_s: dict[tuple[str, str], float] = {}
        self._full_s: dict[str, float] = {}
        for zone, screen in self._screens.items():
            self._swarm.clients[screen].subscribe(f"jiaohao/board/{zone}")

    def sign_in(self) -> None:
        """Let a clerk sign in at each counter."""
        names = list(self._counters)
        answers = self._all_once(
            {name: c.SignIn(ClerkId(clerk_of(self._counters[name].id)), PASSWORD) for name in names}
        )
        assert not any(answer.code for answer in answers.values()), answers

    def fill(self, services: Sequence[ServiceId]) -> None:
        """Let one more wait for each of the services that are listed."""
        left = list(services)
        while left:
            some, left = left[: len(KIOSKS)], left[len(KIOSKS) :]
            reserve = zip(KIOSKS, some, strict=False)
            answers = self._all_once({name: c.ReserveTicket(each) for name, each in reserve})
            printed = {name: TicketId(_ticket(answer)) for name, answer in answers.items()}
            self._all_once({name: c.ConfirmPrinted(each) for name, each in printed.items()})

    def issue_in_turn(self, total: int) -> None:
        """One kiosk: a reservation, its answer, the next."""
        ms = []
        for _ in range(WARM_UP + total):
            self._all_once({KIOSKS[0]: self._reserve()})
            ms.append(self._ms_to_answer(KIOSKS[0]))
        self.issue.add(ms[WARM_UP:], sum(ms[WARM_UP:]) / 1_000)

    def issue_at_once(self, total: int) -> None:
        """30 kiosks: each asks again as soon as it is answered."""
        left = total - len(KIOSKS)
        ms: list[float] = []

        def note(client: ThinClient, topic: str, payload: bytes) -> None:
            nonlocal left
            if self._note(client, topic, payload):
                ms.append(self._ms_to_answer(client.name))
                if left > 0:
                    left -= 1
                    self._ask(client.name, self._reserve())

        began_s = time.perf_counter()
        for name in KIOSKS:
            self._ask(name, self._reserve())
        self._swarm.run(note, lambda: not self._asked)
        self.issue_crowd.add(ms, time.perf_counter() - began_s)

    def call_in_turn(self, total: int) -> None:
        """One counter: a call, until the zone's screen shows it; then nobody comes."""
        names = list(self._counters)
        name = names[self._round % len(names)]  # each counter, so that no series is used up
        self._round += 1
        self.fill([ServiceId(self._counters[name].services[0])] * (WARM_UP + total))
        to_screen, to_reply = [], []
        for _ in range(WARM_UP + total):
            self._shown_s.clear()
            self._ask(name, c.CallNext())
            self._swarm.run(self._note, lambda: not self._asked and bool(self._shown_s))
            [shown_s] = self._shown_s.values()
            to_screen.append((shown_s - self._asked_s[name]) * 1_000)
            to_reply.append(self._ms_to_answer(name))
            self._nobody_comes([name])
        self.call.add(to_screen[WARM_UP:], sum(to_screen[WARM_UP:]) / 1_000)
        self.call_reply.add(to_reply[WARM_UP:], sum(to_reply[WARM_UP:]) / 1_000)

    def call_at_once(self, rounds: int) -> None:
        """All counters press the key at the same moment, again and again."""
        names = list(self._counters)
        for _ in range(rounds):
            self.fill([ServiceId(self._counters[name].services[0]) for name in names])
            self._shown_s.clear()
            self._full_s.clear()
            began_s = time.perf_counter()
            for name in names:
                self._ask(name, c.CallNext())
            self._swarm.run(self._note, lambda: not self._asked and self._are_shown(names))
            called = [name for name in names if not self._answers[name].code]
            # Counters that share a service may leave one of them without anybody.
            assert len(called) > 0.9 * len(names)
            seen_s = {name: self._seen_s(name) for name in called}
            took_s = max(seen_s.values()) - began_s
            self.call_crowd.add(
                [(seen_s[name] - self._asked_s[name]) * 1_000 for name in called], took_s
            )
            self.call_crowd_reply.add([self._ms_to_answer(name) for name in called], took_s)
            self._nobody_comes(called)

    def warm_up(self, total: int) -> None:
        """Ask much that is not counted: what is used again and again comes from the disk once."""
        self.issue_at_once(total)
        self.issue_crowd = Samples()

    def one_call(self, total: int) -> Iterator[float]:
        """Let one counter call, again and again; yields when it pressed the key.

        Whoever iterates says when it is `done`.
        """
        name = next(iter(self._counters))
        self.fill([ServiceId(self._counters[name].services[0])] * total)
        for _ in range(total):
            self._ask(name, c.CallNext())
            yield self._asked_s[name]

    def done(self) -> None:
        """Take the answer to `one_call`, and let nobody come."""
        self._swarm.run(self._note, lambda: not self._asked)
        self._nobody_comes([next(iter(self._counters))])

    def close(self) -> None:
        self._swarm.__exit__()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _reserve(self) -> c.ReserveTicket:
        service = self._services[self._next_service]
        self._next_service = (self._next_service + 1) % len(self._services)
        return c.ReserveTicket(service)

    def _ask(self, name: str, command: c.Command) -> None:
        message = c.CommandMessage(SCHEMA_VERSION, new_command_id(), command)
        payload = encode_command(message)
        self._asked[name] = message
        self._asked_s[name] = time.perf_counter()
        self._swarm.clients[name].publish(f"jiaohao/command/{name}", payload)

    def _all_once(self, commands: Mapping[str, c.Command]) -> dict[str, _Body]:
        for name, command in commands.items():
            self._ask(name, command)
        self._swarm.run(self._note, lambda: not self._asked)
        return {name: self._answers[name] for name in commands}

    def _nobody_comes(self, names: Iterable[str]) -> None:
        missed = {name: TicketId(_ticket(self._answers[name])) for name in names}
        self._all_once({name: c.MarkNoShow(ticket) for name, ticket in missed.items()})

    def _note(self, client: ThinClient, topic: str, payload: bytes) -> bool:
        """Take a message; whether it is the answer that its client waits for."""
        now_s = time.perf_counter()
        if topic.startswith("jiaohao/board/"):
            self._look(_board(payload), now_s)
            return False
        answer = _answer(payload)
        asked = self._asked.pop(client.name)
        assert answer.id == asked.id, "the answer to another question"
        given = self._given.get(type(asked.command))
        if given is not None and answer.reply.ticket is not None:
            assert answer.reply.ticket not in given, "a number given, or called, twice"
            given.add(answer.reply.ticket)
        self._answered_s[client.name] = now_s
        self._answers[client.name] = answer.reply
        return True

    def _look(self, board: _Board, now_s: float) -> None:
        if len(board.calls) >= MAX_BOARD_CALLS:
            self._full_s[board.zone] = now_s
        for call in board.calls:
            key = f"counter-{call.counter}", call.number
            if key not in self._shown:
                self._shown.add(key)
                self._shown_s[key] = now_s

    def _key(self, name: str) -> tuple[str, str]:
        return name, self._answers[name].number or ""

    def _are_shown(self, names: Iterable[str]) -> bool:
        return all(
            self._answers[name].code
            or self._key(name) in self._shown_s
            or self._counters[name].zone in self._full_s
            for name in names
        )

    def _seen_s(self, name: str) -> float:
        """When a call was on its screen.

        A board has room for so many calls; one that others pushed off before it was ever shown
        counts from when its board was full and its own counter knew of it.
        """
        shown_s = self._shown_s.get(self._key(name))
        if shown_s is not None:
            return shown_s
        return max(self._answered_s[name], self._full_s[self._counters[name].zone])

    def _ms_to_answer(self, name: str) -> float:
        return (self._answered_s[name] - self._asked_s[name]) * 1_000


def plan_zones(plan: HallPlan) -> list[str]:
    """The zones in which somebody is called."""
    return list(dict.fromkeys(counter.zone for counter in plan.counters))


def _ticket(answer: _Body) -> str:
    assert answer.ticket is not None, answer
    return answer.ticket


def fan_out(asked: Asked, plan: HallPlan, total: int) -> Samples:
    """From the key at one counter to the last of many screens that show its zone."""
    names = SCREENS[len(plan_zones(plan)) :]
    heard: Counter[str] = Counter()
    expected = 1  # what is retained comes first

    def note(screen: ThinClient, _topic: str, _payload: bytes) -> None:
        heard[screen.name] += 1

    def have_all() -> bool:
        return all(heard[name] >= expected for name in names)

    ms = []
    with Swarm(asked.stand.broker, names) as screens:
        for screen in screens.clients.values():
            screen.subscribe(f"jiaohao/board/{plan.counters[0].zone}")
        screens.run(note, have_all)
        for asked_s in asked.one_call(WARM_UP + total):
            expected += 1
            screens.run(note, have_all)
            ms.append((time.perf_counter() - asked_s) * 1_000)
            asked.done()
            expected += asked.stand.boards_a_call - 1
            screens.run(note, have_all)
    samples = Samples()
    samples.add(ms[WARM_UP:], sum(ms[WARM_UP:]) / 1_000)
    return samples
