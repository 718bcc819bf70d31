"""The hall as a pure function: a command in, a reply and events out.

`handle` and `tick` decide and change nothing; `apply` changes and decides nothing. One writer owns
the hall, so no two counters can be given one person.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain import token as tokens
from hallserver.domain import views
from hallserver.domain.calendar import business_day
from hallserver.domain.instant import Now
from hallserver.domain.plan import HallPlan
from hallserver.domain.state import Desk, HallState
from hallserver.domain.ticket import AT_COUNTER, TERMINAL, Move, Ticket, may
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    ClientId,
    CounterId,
    Epoch,
    ServiceId,
    TicketId,
    TicketToken,
)
from hallserver.protocol.replies import (
    Done,
    Reply,
    Reservation,
    SignedIn,
    TicketAtCounter,
    TicketStatus,
    reject,
)
from hallserver.protocol.routes import Role
from hallserver.protocol.snapshots import Published
from hallserver.protocol.states import TicketState

SUPERSEDE_AFTER_MS = 60_000
"""A reserved number without paper stops holding its person's place after this."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the hall answers and what thereby happens. Refusals carry no events."""

    reply: Reply
    events: tuple[ev.Event, ...] = ()


def refuse(code: RejectionCode) -> Decision:
    """Refuse by a rule; nothing happens."""
    return Decision(reject(code))


_OK = Decision(Done())


class Hall:
    """One hall on its open business day.

    `key` signs ticket tokens. `verify_password(account, password)` is given from outside: comparing
    passwords takes chance (a salt) and time on purpose.
    """

    def __init__(
        self, plan: HallPlan, key: bytes, verify_password: Callable[[str, str], bool]
    ) -> None:
        self._plan = plan
        self._key = key
        self._verify_password = verify_password
        self.state = HallState(plan)

    @property
    def day(self) -> BusinessDay | None:
        """The open business day; None before the first and between two."""
        return self.state.day

    # Deciding.

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        """Decide on one command of one client. Changes nothing."""
        role = routes.role_of(client)
        if role is None or type(command) not in routes.MAY_SEND[role]:
            return refuse(RejectionCode.NOT_PERMITTED)
        if role in (Role.COUNTER, Role.PAD):
            counter = routes.counter_of(client)
            if counter is None or self._plan.find_counter(counter) is None:
                return refuse(RejectionCode.NOT_PERMITTED)
        return _HANDLE[type(command)](self, client, command, now)

    def tick(self, now: Now) -> tuple[ev.Event, ...]:
        """Say what the clock brings: the business day opens, or changes, forward only."""
        today = business_day(now.wall_ms, self._plan.rules)
        if self.state.day is None:
            return (ev.DayOpened(today),)
        if today <= self.state.day:
            return ()
        expired = tuple(
            ev.TicketExpired(ticket.id)
            for ticket in self.state.tickets.values()
            if ticket.state not in TERMINAL
        )
        signed_out = tuple(
            ev.ClerkSignedOut(counter, clerk) for clerk, counter in self.state.desk_of_clerk.items()
        )
        return (*expired, *signed_out, ev.DayClosed(self.state.day), ev.DayOpened(today))

    # Changing.

    def apply(self, recorded: ev.Recorded) -> None:
        """Change the hall by one recorded event."""
        self.state.apply(recorded)

    # Showing.

    def changed(self, epoch: Epoch) -> Iterator[tuple[str, Published]]:
        """Yield topic and snapshot of every board and counter that changed since the last call.

        The counts of waiting people are not among them: `changed_counts`.
        """
        state = self.state
        zones, state.touched_zones = state.touched_zones, set()
        counters, state.touched_counters = state.touched_counters, set()
        for zone in sorted(zones):
            yield routes.topic(routes.BOARD, zone=zone), views.board(state, zone, epoch)
        for counter in sorted(counters):
            yield (
                routes.topic(routes.COUNTER, counter=counter),
                views.counter(state, counter, epoch),
            )

    def changed_counts(self, epoch: Epoch) -> Iterator[tuple[str, Published]]:
        """Yield what shows how many wait, where it changed.

        Apart from `changed`, because one number at a kiosk changes the counts of many counters: the
        writer publishes these a few times a second, not with every command.
        """
        services, self.state.touched_services = self.state.touched_services, set()
        if not services:
            return
        yield routes.topic(routes.LOAD), views.hall_load(self.state, epoch)
        for counter in sorted(self._counters_serving(services)):
            yield (
                routes.topic(routes.COUNTER, counter=counter),
                views.counter(self.state, counter, epoch),
            )

    def _counters_serving(self, services: set[ServiceId]) -> set[CounterId]:
        return {desk.id for service in services for desk in self._plan.counters_of(service)}

    def everything(self, epoch: Epoch) -> Iterator[tuple[str, Published]]:
        """Yield every retained snapshot: for a broker that has lost them."""
        state = self.state
        yield routes.topic(routes.CATALOG), views.catalog(self._plan, epoch)
        yield routes.topic(routes.LOAD), views.hall_load(state, epoch)
        for zone in self._plan.zones:
            yield routes.topic(routes.BOARD, zone=zone.id), views.board(state, zone.id, epoch)
        for counter in self._plan.counters:
            yield (
                routes.topic(routes.COUNTER, counter=counter.id),
                views.counter(state, counter.id, epoch),
            )

    # Kiosk.

    def _reserve(self, _: ClientId, command: c.ReserveTicket, now: Now) -> Decision:
        service = self._plan.find_service(command.service)
        if service is None:
            return refuse(RejectionCode.UNKNOWN_SERVICE)
        superseded: tuple[ev.Event, ...] = ()
        if command.person is not None:
            held = self.state.held_tickets(command.person, command.service)
            stale = [ticket for ticket in held if _is_without_paper(ticket, now)]
            if len(held) - len(stale) >= self._plan.rules.open_tickets_per_person_and_service:
                return refuse(RejectionCode.ALREADY_WAITING)
            superseded = tuple(
                ev.TicketVoided(ticket.id, ev.VoidCause.SUPERSEDED) for ticket in stale
            )
        numbered = self.state.numbering.next_number(service)
        if numbered is None:
            return refuse(RejectionCode.NUMBERS_USED_UP)
        reply = Reservation(
            ticket=numbered.ticket,
            number=numbered.number,
            token=tokens.sign(numbered.ticket, self._key),
            service=service.id,
            day=self.state.numbering.day,
            people_ahead=self.state.lines.length(service.id),
            issued_at_ms=now.wall_ms,
        )
        reserved = ev.TicketReserved(
            ticket=numbered.ticket,
            number=numbered.number,
            service=service.id,
            series=numbered.series,
            ordinal=numbered.ordinal,
            person=command.person,
        )
        return Decision(reply, (*superseded, reserved))

    def _confirm_printed(self, client: ClientId, command: c.ConfirmPrinted, _: Now) -> Decision:
        ticket = self.state.tickets.get(command.ticket)
        if ticket is None:
            return refuse(RejectionCode.UNKNOWN_TICKET)
        if ticket.kiosk != client:
            return refuse(RejectionCode.NOT_PERMITTED)
        if may(ticket.state, Move.PRINTED):
            return Decision(Done(), (ev.TicketPrinted(ticket.id, is_by_showing=False),))
        if ticket.state in (TicketState.VOIDED, TicketState.EXPIRED):
            return refuse(RejectionCode.WRONG_STATE)
        return _OK  # its visitor showed it before the kiosk could confirm

    def _void(self, client: ClientId, command: c.VoidTicket, _: Now) -> Decision:
        ticket = self.state.tickets.get(command.ticket)
        if ticket is None:
            return refuse(RejectionCode.UNKNOWN_TICKET)
        if ticket.kiosk != client:
            return refuse(RejectionCode.NOT_PERMITTED)
        if may(ticket.state, Move.VOIDED):
            cause = ev.VoidCause(command.reason.value)
            return Decision(Done(), (ev.TicketVoided(ticket.id, cause),))
        if ticket.state in (TicketState.VOIDED, TicketState.EXPIRED):
            return _OK
        return refuse(RejectionCode.WRONG_STATE)

    def _find_by_token(self, token: TicketToken) -> Ticket | RejectionCode:
        ticket_id = tokens.verify(token, self._key)
        if ticket_id is None:
            return RejectionCode.FORGED_TICKET
        if tokens.day_of(ticket_id) != self.state.day:
            return RejectionCode.OTHER_DAY_TICKET
        return self.state.tickets.get(ticket_id) or RejectionCode.UNKNOWN_TICKET

    def _show(self, _: ClientId, command: c.ShowTicket, __: Now) -> Decision:
        found = self._find_by_token(command.token)
        if isinstance(found, RejectionCode):
            return refuse(found)
        # The paper is there although its kiosk never said so: it counts from now on.
        is_news = may(found.state, Move.PRINTED)
        state = found.moved(Move.PRINTED).state if is_news else found.state
        is_waiting = state is TicketState.WAITING
        is_completed = state is TicketState.COMPLETED
        status = TicketStatus(
            ticket=found.id,
            number=found.number,
            service=found.service,
            state=state,
            people_ahead=self.state.people_ahead(found) if is_waiting else None,
            counter=found.counter if state in AT_COUNTER else None,
            is_rateable=is_completed and not found.is_rated,
            is_rated=found.is_rated,
        )
        printed = (ev.TicketPrinted(found.id, is_by_showing=True),) if is_news else ()
        return Decision(status, printed)

    def _rate_by_token(self, client: ClientId, command: c.RateService, _: Now) -> Decision:
        found = self._find_by_token(command.token)
        if isinstance(found, RejectionCode):
            return refuse(found)
        channel = (
            ev.RatingChannel.PAD if routes.role_of(client) is Role.PAD else ev.RatingChannel.KIOSK
        )
        return _rate(found, command.stars, command.tags, channel)

    def _rate_at_counter(self, client: ClientId, command: c.RateAtCounter, _: Now) -> Decision:
        ticket = self.state.tickets.get(command.ticket)
        if ticket is None:
            return refuse(RejectionCode.UNKNOWN_TICKET)
        if ticket.counter != routes.counter_of(client):
            return refuse(RejectionCode.NOT_AT_THIS_COUNTER)
        return _rate(ticket, command.stars, command.tags, ev.RatingChannel.PAD)

    # Counter.

    def _at(self, client: ClientId) -> tuple[CounterId, Desk]:
        counter = routes.counter_of(client)
        if counter is None:
            raise TypeError(f"{client} stands at no counter")  # `handle` let only counters in
        return counter, self.state.desks[counter]

    def _sign_in(self, client: ClientId, command: c.SignIn, _: Now) -> Decision:
        counter, desk = self._at(client)
        clerk = self._plan.find_clerk(command.clerk)
        if not self._verify_password(command.clerk, command.password) or clerk is None:
            return refuse(RejectionCode.WRONG_PASSWORD)
        reply = SignedIn(clerk.id, clerk.name)
        if desk.clerk == clerk.id:
            return Decision(reply)  # the terminal was started anew
        if desk.active is not None:
            return refuse(RejectionCode.COUNTER_TAKEN)
        leaving: tuple[ev.Event, ...] = ()
        if desk.clerk is not None:  # the clerk before forgot to sign out
            leaving = (ev.ClerkSignedOut(counter, desk.clerk),)
        elsewhere = self.state.desk_of_clerk.get(clerk.id)
        if elsewhere is not None:
            left = self._leave(elsewhere, clerk.id)
            if left is None:
                return refuse(RejectionCode.CLERK_ELSEWHERE)
            leaving += left
        return Decision(reply, (*leaving, ev.ClerkSignedIn(counter, clerk.id)))

    def _leave(self, counter: CounterId, clerk: ClerkId) -> tuple[ev.Event, ...] | None:
        """Return what happens when a clerk leaves a counter; None while someone is served."""
        active = self.state.desks[counter].active
        signed_out = ev.ClerkSignedOut(counter, clerk)
        if active is None:
            return (signed_out,)
        if not may(self.state.tickets[active].state, Move.RELEASED):
            return None
        released = ev.TicketReleased(active, counter, ev.ReleaseReason.COUNTER_CLOSED)
        return (released, signed_out)

    def _sign_out(self, client: ClientId, _: c.SignOut, __: Now) -> Decision:
        counter, desk = self._at(client)
        if desk.clerk is None:
            return _OK
        left = self._leave(counter, desk.clerk)
        if left is None:
            return refuse(RejectionCode.COUNTER_BUSY)
        return Decision(Done(), left)

    def _call_next(self, client: ClientId, _: c.CallNext, __: Now) -> Decision:
        counter, desk = self._at(client)
        if desk.clerk is None:
            return refuse(RejectionCode.NOT_SIGNED_IN)
        if desk.active is not None:
            return refuse(RejectionCode.COUNTER_BUSY)
        chosen = self.state.lines.first_come(self._plan.counter(counter).services)
        if chosen is None:
            return refuse(RejectionCode.NOBODY_WAITING)
        called = ev.TicketCalled(chosen, counter, desk.clerk, ev.CallReason.FIRST_COME)
        ticket = self.state.tickets[chosen]
        return Decision(_answer(ticket, Move.CALLED, recalls=0), (called,))

    def _active_ticket(
        self, client: ClientId, ticket_id: TicketId, move: Move
    ) -> tuple[CounterId, Ticket] | Decision:
        """Find the ticket that a counter's command means, if the move is to be had there."""
        counter, desk = self._at(client)
        if desk.clerk is None:
            return refuse(RejectionCode.NOT_SIGNED_IN)
        ticket = self.state.tickets.get(ticket_id)
        if ticket is None:
            return refuse(RejectionCode.UNKNOWN_TICKET)
        if ticket.counter != counter:
            return refuse(RejectionCode.NOT_AT_THIS_COUNTER)
        if not may(ticket.state, move):
            return refuse(RejectionCode.WRONG_STATE)
        return counter, ticket

    def _recall(self, client: ClientId, command: c.Recall, _: Now) -> Decision:
        found = self._active_ticket(client, command.ticket, Move.RECALLED)
        if isinstance(found, Decision):
            return found
        counter, ticket = found
        if ticket.recalls >= self._plan.rules.recall_limit:
            return refuse(RejectionCode.RECALL_LIMIT)
        reply = _answer(ticket, Move.RECALLED, recalls=ticket.recalls + 1)
        return Decision(reply, (ev.TicketRecalled(ticket.id, counter),))

    def _act(
        self,
        client: ClientId,
        ticket_id: TicketId,
        move: Move,
        happened: Callable[[TicketId, CounterId], ev.Event],
    ) -> Decision:
        found = self._active_ticket(client, ticket_id, move)
        if isinstance(found, Decision):
            return found
        counter, ticket = found
        return Decision(_answer(ticket, move), (happened(ticket.id, counter),))

    def _arrive(self, client: ClientId, command: c.Arrive, _: Now) -> Decision:
        return self._act(client, command.ticket, Move.ARRIVED, ev.TicketArrived)

    def _complete(self, client: ClientId, command: c.Complete, _: Now) -> Decision:
        return self._act(client, command.ticket, Move.COMPLETED, ev.TicketCompleted)

    def _mark_no_show(self, client: ClientId, command: c.MarkNoShow, _: Now) -> Decision:
        return self._act(client, command.ticket, Move.MISSED, ev.TicketMissed)


def _is_without_paper(ticket: Ticket, now: Now) -> bool:
    age_ms = now.elapsed_ms - ticket.reserved_ms
    return ticket.state is TicketState.RESERVED and age_ms >= SUPERSEDE_AFTER_MS


def _answer(ticket: Ticket, move: Move, recalls: int | None = None) -> TicketAtCounter:
    return TicketAtCounter(
        ticket=ticket.id,
        number=ticket.number,
        service=ticket.service,
        state=ticket.moved(move).state,
        recalls=ticket.recalls if recalls is None else recalls,
    )


def _rate(ticket: Ticket, stars: int, tags: tuple[str, ...], channel: ev.RatingChannel) -> Decision:
    if ticket.is_rated:
        return refuse(RejectionCode.ALREADY_RATED)
    if ticket.state is not TicketState.COMPLETED or ticket.counter is None or ticket.clerk is None:
        return refuse(RejectionCode.NOT_SERVED_YET)
    rated = ev.ServiceRated(
        ticket=ticket.id,
        service=ticket.service,
        counter=ticket.counter,
        clerk=ticket.clerk,
        stars=stars,
        tags=tags,
        channel=channel,
    )
    return Decision(Done(), (rated,))


_HANDLE: dict[type[Any], Callable[[Hall, ClientId, Any, Now], Decision]] = {
    c.ReserveTicket: Hall._reserve,
    c.ConfirmPrinted: Hall._confirm_printed,
    c.VoidTicket: Hall._void,
    c.ShowTicket: Hall._show,
    c.RateService: Hall._rate_by_token,
    c.RateAtCounter: Hall._rate_at_counter,
    c.SignIn: Hall._sign_in,
    c.SignOut: Hall._sign_out,
    c.CallNext: Hall._call_next,
    c.Recall: Hall._recall,
    c.Arrive: Hall._arrive,
    c.Complete: Hall._complete,
    c.MarkNoShow: Hall._mark_no_show,
}
