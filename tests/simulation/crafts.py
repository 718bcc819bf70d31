"""What clerks do besides pressing the keys of their terminal: sending on, setting aside, pausing.

Those commands have no key yet; they travel on the terminal's own link.
"""

from random import Random

from hallserver.domain.plan import HallPlan
from hallserver.protocol import commands as c
from hallserver.protocol.ids import CounterId, PriorityId
from hallserver.protocol.snapshots import ActiveTicket, CounterSnapshot
from hallserver.protocol.states import PauseReason
from tests.simulation.customs import Customs
from tests.simulation.ledger import Ledger

PARKED_S = (None, 5, 30, 60)
MISTAKES = 0.1
"""Of what is sent on, so much is sent where it cannot go."""


class Crafts:
    """One clerk's. Each answers with a command, or None to go on as usual."""

    def __init__(self, rng: Random, plan: HallPlan, ledger: Ledger, customs: Customs) -> None:
        self._rng = rng
        self._plan = plan
        self._ledger = ledger
        self._customs = customs

    def _happens(self, share: float) -> bool:
        return share > 0 and self._rng.random() < share

    def at_rest(self, desk: CounterSnapshot, *, is_steady: bool) -> c.Command | None:
        """Nobody is at the counter."""
        if desk.paused is not None:
            return c.ResumeCounter() if is_steady or self._happens(0.5) else None
        for parked in desk.parked:
            if is_steady or not desk.waiting or parked.is_due or self._happens(0.3):
                return c.Resume(parked.ticket)
        if is_steady:
            return None
        customs, rng = self._customs, self._rng
        if self._happens(customs.pauses):
            return c.PauseCounter(rng.choice(tuple(PauseReason)))
        if customs.calls_given or customs.grants:
            waiting = self._ledger.everybody
            if waiting and self._happens(customs.calls_given):
                return c.CallTicket(rng.choice(waiting).number, rng.choice(tuple(c.CallWish)))
            if waiting and self._happens(customs.grants):
                return c.GrantPriority(rng.choice(waiting).number, self._class())
        if customs.stands_in:
            elsewhere = [each for parked in self._ledger.parked.values() for each in parked]
            if elsewhere and self._happens(customs.stands_in):
                return c.Resume(rng.choice(elsewhere))
        return None

    def _class(self) -> PriorityId | None:
        classes = [each.id for each in self._plan.priorities]
        return self._rng.choice([None, *classes])

    def on_call(self, active: ActiveTicket) -> c.Command | None:
        """Somebody was called who is not there yet."""
        return c.UndoCall(active.ticket) if self._happens(self._customs.undoes) else None

    def at_the_end(self, counter: CounterId, active: ActiveTicket) -> c.Command | None:
        """What was to be done is done."""
        customs, rng = self._customs, self._rng
        if self._happens(customs.transfers):
            return self._send_on(counter, active)
        if self._happens(customs.parks):
            return c.Park(active.ticket, rng.choice(PARKED_S))
        if self._happens(customs.other_services):
            services = [service.id for service in self._plan.services]
            given = rng.sample(services, rng.randint(1, min(3, len(services))))
            return c.Complete(active.ticket, tuple(given))
        return None

    def _send_on(self, counter: CounterId, active: ActiveTicket) -> c.Command:
        rng, returning = self._rng, self._happens(self._customs.returning)
        services = [service.id for service in self._plan.services]
        if rng.random() < 0.5:
            return c.Transfer(active.ticket, service=rng.choice(services), is_returning=returning)
        others = [each for each in self._ledger.desk.clerk_at if each != counter]
        if not others or rng.random() < MISTAKES:
            others = [each.id for each in self._plan.counters]
        to = rng.choice(sorted(others))
        serves = self._ledger.desk.services[to]
        service = rng.choice(services if rng.random() < MISTAKES else serves)
        return c.Transfer(active.ticket, service, to, returning)
