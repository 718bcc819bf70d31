"""The auditor's own book of staff: who sits where, who pauses, which counter serves what, and what
was proposed about it."""

from collections.abc import Mapping

from hallserver.domain import events as ev
from hallserver.domain.plan import HallPlan
from hallserver.domain.rules import Permission
from hallserver.protocol.ids import ClerkId, ClientId, CounterId, ProposalId, ServiceId
from tests.simulation.world import demand


class Staffing:
    """Fed by the ledger with every event that moves no ticket."""

    def __init__(self, plan: HallPlan) -> None:
        self._plan = plan
        self.open_day()

    def open_day(self) -> None:
        """Nobody is there yet, every counter serves what the hall file says."""
        self.clerk_at: dict[CounterId, ClerkId] = {}
        self.staff: dict[ClientId, ClerkId] = {}
        self.paused: set[CounterId] = set()
        self.services = {counter.id: counter.services for counter in self._plan.counters}
        self.proposals: dict[ProposalId, ev.ProposalMade] = {}
        self.due: tuple[CounterId, tuple[ServiceId, ...]] | None = None
        """What an approved proposal has to lead to in the very next line."""
        self.notice = False
        self.turn: dict[CounterId, int] = dict.fromkeys(self.services, 0)
        self.turn_before = dict(self.turn)

    def may(self, clerk: ClerkId, permission: Permission) -> bool:
        """Whether somebody has a permission."""
        return permission in self._plan.clerk(clerk).permissions

    def read(self, recorded: ev.Recorded, busy: Mapping[CounterId, object]) -> bool:
        """Read an event, if it is about staff; say whether it was."""
        event = recorded.event
        if self.due is not None:
            due, self.due = self.due, None
            done = isinstance(event, ev.ServicesAssigned) and (
                (event.counter, event.services) == due
            )
            demand(done, "what is approved is done, once", (event, due))
        match event:
            case ev.ClerkSignedIn(counter, clerk):
                demand(counter not in self.clerk_at, "a counter has one clerk", event)
                demand(clerk not in self.clerk_at.values(), "a clerk is at one counter", event)
                self.clerk_at[counter] = clerk
            case ev.ClerkSignedOut(counter, clerk):
                demand(self.clerk_at.pop(counter, None) == clerk, "who leaves was there", event)
                demand(counter not in busy, "nobody leaves a visitor alone", event)
                self.paused.discard(counter)
            case ev.CounterPaused(counter, clerk):
                demand(self.clerk_at.get(counter) == clerk, "who pauses is there", event)
                self.paused.add(counter)
            case ev.CounterResumed(counter):
                demand(counter in self.paused, "who goes on had paused", event)
                self.paused.discard(counter)
            case ev.StaffSignedIn(client, clerk):
                demand(client not in self.staff, "a tablet has one person", event)
                self.staff[client] = clerk
            case ev.StaffSignedOut(client, clerk):
                demand(self.staff.pop(client, None) == clerk, "who leaves was there", event)
            case ev.KiosksClosed(clerk=clerk):
                self._supervises(clerk)
                self.notice = True
            case ev.KiosksOpened(clerk=clerk):
                self._supervises(clerk)
                self.notice = False
            case _:
                return self._supervise(event)
        return True

    def _supervises(self, clerk: ClerkId) -> None:
        demand(self.may(clerk, Permission.SUPERVISE), "supervisors alone move things", clerk)

    def _supervise(self, event: ev.Event) -> bool:
        match event:
            case ev.ServicesAssigned(counter, services, by):
                self._supervises(by)
                self.services[counter] = services
                self._everything_is_served()
            case ev.ProposalMade(proposal=proposal, rule=rule):
                alone = all(each.rule != rule for each in self.proposals.values())
                demand(alone, "a rule has one proposal at a time", event)
                self.proposals[proposal] = event
            case ev.ProposalWithdrawn(proposal) | ev.ProposalDeclined(proposal):
                made = self.proposals.pop(proposal, None)
                demand(made is not None, "a proposal is answered once", event)
            case ev.ProposalApproved(proposal, services, by):
                self._supervises(by)
                made = self.proposals.pop(proposal, None)
                demand(made is not None, "a proposal is answered once", event)
                assert made is not None
                served = self.services[made.counter]
                if made.kind.value == "back":
                    after = tuple(each for each in served if each not in made.services)
                else:
                    after = (*served, *(each for each in made.services if each not in served))
                moved = set(served) ^ set(after)
                demand(set(services) == moved, "an approval says what it moves", event)
                self.due = (made.counter, after) if moved else None
            case ev.RushTurned():
                pass
            case _:
                return False
        return True

    def _everything_is_served(self) -> None:
        for service in self._plan.services:
            by = [c for c, services in self.services.items() if service.id in services]
            if self._plan.is_for_visitors(service.id):
                by = [c for c in by if not self._plan.counter(c).rules.is_back_office]
            demand(bool(by), "every service has a counter", service.id)

    def close_day(self) -> None:
        """Nobody is there any more, nothing is open."""
        demand(not self.clerk_at, "after the close nobody is signed in", self.clerk_at)
        demand(not self.staff, "after the close nobody is signed in", self.staff)
        demand(not self.proposals, "after the close nothing is proposed", self.proposals)
