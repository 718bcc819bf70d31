"""Halls that are wrong in one of the newer rules, each in one way."""

from dataclasses import replace
from typing import Any

import msgspec

from hallserver.domain import events as ev
from hallserver.domain.choosing import upcoming_choices
from hallserver.domain.instant import Now
from hallserver.domain.place import at_end
from hallserver.domain.policy import CallReason
from hallserver.hall import Decision, Hall, refuse
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId


class UndoesToTheEnd(Hall):
    """Puts who was called by a slip at the end of the line."""

    def apply(self, recorded: ev.Recorded) -> None:
        super().apply(recorded)
        match recorded.event:
            case ev.TicketReleased(ticket=ticket, reason=ev.ReleaseReason.UNDONE):
                self.state.alter(ticket, place=at_end(recorded.seq))


class ForgetsTheParked(Hall):
    """Forgets, when the server starts anew, whom a counter has parked."""

    _has_begun = False

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        if not self._has_begun:
            self._has_begun = True
            for desk in self.state.desks.values():
                desk.parked.clear()
        return super().handle(client, command, now)


class KeepsTheCounter(Hall):
    """Sends somebody on to a service, whom only the old counter may call."""

    def apply(self, recorded: ev.Recorded) -> None:
        super().apply(recorded)
        match recorded.event:
            case ev.TicketTransferred(ticket=ticket, counter=counter, for_counter=None):
                self.state.alter(ticket, for_counter=counter)


class RefusesTheLate(Hall):
    """Has no number for who comes too late for an appointment."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        decision = super().handle(client, command, now)
        late = any(
            isinstance(event, ev.AppointmentCheckedIn) and event.due_ms is None
            for event in decision.events
        )
        is_late = isinstance(command, c.CheckIn) and late
        return refuse(RejectionCode.APPOINTMENT_OTHER_DAY) if is_late else decision


class Overbooks(Hall):
    """Finds room in every slot."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        if isinstance(command, c.BookAppointment):
            taken, self.state.appointments._taken = self.state.appointments._taken, {}
            decision = super().handle(client, command, now)
            self.state.appointments._taken = taken
            return decision
        return super().handle(client, command, now)


class GivesWithoutEnd(Hall):
    """Knows no quota."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        services = self._plan.services
        if isinstance(command, c.ReserveTicket):
            open_rules = [(s, s.rules) for s in services]
            for service, rules in open_rules:
                free = replace(rules, quota_day=None, quota_morning=None, quota_afternoon=None)
                object.__setattr__(service, "rules", free)
            decision = super().handle(client, command, now)
            for service, rules in open_rules:
                object.__setattr__(service, "rules", rules)
            return decision
        return super().handle(client, command, now)


class GivesNoReason(Hall):
    """Says of everybody that it was simply their turn."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        decision = super().handle(client, command, now)
        return _with_events(decision, ev.TicketCalled, reason=CallReason.FIRST_COME)


class PassesClassesOver(Hall):
    """Calls the second of those whom the policy would call."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        decision = super().handle(client, command, now)
        called = decision.events[0] if decision.events else None
        if not isinstance(command, c.CallNext) or not isinstance(called, ev.TicketCalled):
            return decision
        choices = upcoming_choices(self.state, called.counter, 2, now.elapsed_ms)
        ticket = self.state.tickets[choices[-1].ticket]
        told: Any = decision.reply
        reply = msgspec.structs.replace(
            told, ticket=ticket.id, number=ticket.number, service=ticket.service
        )
        changed = _with_events(decision, ev.TicketCalled, ticket=ticket.id)
        arrived = _with_events(changed, ev.TicketArrived, ticket=ticket.id)
        return Decision(reply, arrived.events)


class CallsThoughPaused(Hall):
    """Lets a counter that pauses call on."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        desks = self.state.desks.values()
        pauses = [(desk, desk.pause) for desk in desks]
        if isinstance(command, c.CallNext):
            for desk, _ in pauses:
                desk.pause = None
        decision = super().handle(client, command, now)
        for desk, pause in pauses:
            desk.pause = pause
        return decision


class ApprovesTwice(Hall):
    """Says yes to a proposal and leaves it open."""

    def apply(self, recorded: ev.Recorded) -> None:
        event = recorded.event
        found = None
        if isinstance(event, ev.ProposalApproved):
            found = self.state.tides.find(event.proposal)
        super().apply(recorded)
        if found is not None:
            self.state.tides.propose(found)


class GivesNumbersWhileClosed(Hall):
    """Has the kiosks give numbers although a supervisor has closed them."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        if not isinstance(command, c.ReserveTicket):
            return super().handle(client, command, now)
        notice, self.state.notice = self.state.notice, None
        decision = super().handle(client, command, now)
        self.state.notice = notice
        return decision


class LosesNightTickets(Hall):
    """Forgets in the night who took a number for the morning."""

    def tick(self, now: Now) -> tuple[ev.Event, ...]:
        events = super().tick(now)
        return tuple(each for each in events if not isinstance(each, ev.TicketCarriedOver))


class LosesAppointments(Hall):
    """Forgets in the night who has booked."""

    def tick(self, now: Now) -> tuple[ev.Event, ...]:
        events = super().tick(now)
        return tuple(each for each in events if not isinstance(each, ev.AppointmentCarriedOver))


class NeverFallsSilent(Hall):
    """Keeps what nobody has said in time."""

    def tick(self, now: Now) -> tuple[ev.Event, ...]:
        return tuple(
            event
            for event in super().tick(now)
            if not (
                isinstance(event, ev.AnnouncementEnded) and event.reason is ev.EndReason.TOO_OLD
            )
        )


class ForgetsToFree(Hall):
    """Leaves those alone who wait for a counter that has closed."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        decision = super().handle(client, command, now)
        events = (each for each in decision.events if not isinstance(each, ev.TicketReaddressed))
        return Decision(decision.reply, tuple(events))


def _with_events(decision: Decision, kind: type, **changes: Any) -> Decision:
    return Decision(
        decision.reply,
        tuple(
            msgspec.structs.replace(event, **changes) if isinstance(event, kind) else event
            for event in decision.events
        ),
    )


ORDER = "first come, first served"
REASON = "each call has its reason"
CRASHED = "production code raised InvariantError"
SAME = "hall and auditor know the same tickets"

OF_RULES: tuple[tuple[str, type[Hall], tuple[str, ...]], ...] = (
    ("undoes to the end", UndoesToTheEnd, (ORDER, SAME)),
    (
        "forgets the parked at a restart",
        ForgetsTheParked,
        (
            "hall and auditor know the same desks",
            "so many are parked at most",
            "without faults everything settles",
            "production code raised ValueError",
        ),
    ),
    ("keeps the counter of who is sent on", KeepsTheCounter, (ORDER, REASON, SAME)),
    (
        "refuses who is late",
        RefusesTheLate,
        ("who has an appointment gets a number",),
    ),
    ("overbooks", Overbooks, ("a slot has no more people than room",)),
    ("gives numbers without end", GivesWithoutEnd, ("no quota is exceeded",)),
    ("gives no reason", GivesNoReason, (REASON,)),
    ("passes the first over", PassesClassesOver, (ORDER,)),
    ("calls though it pauses", CallsThoughPaused, ("who pauses calls nobody",)),
    ("leaves a proposal open", ApprovesTwice, ("a proposal is answered once",)),
    ("gives while closed", GivesNumbersWhileClosed, ("closed kiosks give no numbers",)),
    ("loses night tickets", LosesNightTickets, ("night tickets are carried over once",)),
    ("loses appointments", LosesAppointments, ("appointments are carried over",)),
    ("never falls silent", NeverFallsSilent, ("no old call waits to be said",)),
    (
        "leaves who was sent to nobody",
        ForgetsToFree,
        ("without faults everything settles", CRASHED, "nobody waits for nobody"),
    ),
)

SHOWS_AT = {
    "forgets the parked at a restart": 38,
    "leaves a proposal open": 6,
    "leaves who was sent to nobody": 6,
}
"""Which day to begin with: what these do wrong is not done on each."""
