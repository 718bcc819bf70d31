"""A day whose clerks never pause: whoever is free longest calls at once.

So there is one thing only that decides who waits how long: the policy.
"""

import heapq
from itertools import count
from random import Random

from hallserver.domain.plan import HallPlan
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId, CounterId, ServiceId
from hallserver.protocol.replies import Done, Reservation, TicketAtCounter
from tests.helpers.halls import PASSWORD, Played


class EagerDay:
    """People come at random moments, no two of which are the same."""

    def __init__(self, plan: HallPlan, seed: int, people: int = 40) -> None:
        self.chance = Random(seed)
        self.played = Played(plan)
        self.plan = plan
        self.counters = [counter.id for counter in plan.counters[: len(plan.clerks)]]
        self.free: dict[CounterId, int] = {}
        self.numbers = count()
        self.agenda: list[tuple[int, int, str, object]] = []
        self.services = [
            service.id
            for service in plan.services
            if any(counter.id in self.counters for counter in plan.counters_of(service.id))
        ]
        for _ in range(people):
            self.later(self.chance.randrange(1, 3_600_000), "come", None)
        for counter, clerk in zip(self.counters, plan.clerks, strict=False):
            self.later(self.chance.randrange(1, 600_000), "open", (counter, clerk.id))

    def later(self, at_ms: int, what: str, about: object) -> None:
        """Put something on the day's agenda; moments are made unlike."""
        taken = {entry[0] for entry in self.agenda}
        while at_ms in taken:
            at_ms += 1
        heapq.heappush(self.agenda, (at_ms, next(self.numbers), what, about))

    def play(self) -> None:
        """Let the agenda happen, until nothing is left on it."""
        while self.agenda:
            at_ms, _, what, about = heapq.heappop(self.agenda)
            self.played.pass_time(at_ms - self.played.now.elapsed_ms)
            getattr(self, f"_{what}")(about)
            self._call()

    def _come(self, _: object) -> None:
        service = ServiceId(self.chance.choice(self.services))
        given = self.played.send("kiosk-01", c.ReserveTicket(service=service))
        assert isinstance(given, Reservation)
        assert self.played.send("kiosk-01", c.ConfirmPrinted(ticket=given.ticket)) == Done()
        later_ms = self.played.now.elapsed_ms + self.chance.randrange(1, 400_000)
        if self.plan.priorities and self.chance.random() < 0.4:
            self.later(later_ms, "grant", given)
        elif self.chance.random() < 0.1:
            self.later(later_ms, "give_up", given)

    def _open(self, about: tuple[CounterId, ClerkId]) -> None:
        counter, clerk = about
        self.played.send(f"counter-{counter}", c.SignIn(clerk=clerk, password=PASSWORD))
        self.free[counter] = self.played.now.elapsed_ms

    def _grant(self, given: Reservation) -> None:
        priority = self.chance.choice(self.plan.priorities).id
        self.played.send("counter-1", c.GrantPriority(number=given.number, priority=priority))

    def _give_up(self, given: Reservation) -> None:
        self.played.send("kiosk-01", c.CancelTicket(token=given.token))

    def _call(self) -> None:
        for counter in sorted(self.free, key=lambda each: (self.free[each], each)):
            called = self.played.send(f"counter-{counter}", c.CallNext())
            if isinstance(called, TicketAtCounter):
                del self.free[counter]
                end = "miss" if self.chance.random() < 0.2 else "complete"
                held_ms = self.chance.randrange(20_000, 600_000)
                at_ms = self.played.now.elapsed_ms + held_ms
                if end == "complete":
                    self.later(at_ms - 10_000, "arrive", (counter, called))
                self.later(at_ms, end, (counter, called))

    def _arrive(self, about: tuple[CounterId, TicketAtCounter]) -> None:
        self.played.send(f"counter-{about[0]}", c.Arrive(ticket=about[1].ticket))

    def _complete(self, about: tuple[CounterId, TicketAtCounter]) -> None:
        self.played.send(f"counter-{about[0]}", c.Complete(ticket=about[1].ticket))
        self._is_free(about[0])

    def _miss(self, about: tuple[CounterId, TicketAtCounter]) -> None:
        self.played.send(f"counter-{about[0]}", c.MarkNoShow(ticket=about[1].ticket))
        if self.chance.random() < 0.6:
            at_ms = self.played.now.elapsed_ms + self.chance.randrange(1, 300_000)
            self.later(at_ms, "come_back", about[1])
        self._is_free(about[0])

    def _come_back(self, missed: TicketAtCounter) -> None:
        self.played.send("counter-1", c.Reinstate(number=missed.number))

    def _is_free(self, counter: CounterId) -> None:
        assert self.played.hall.state.desks[counter].active is None
        self.free[counter] = self.played.now.elapsed_ms
