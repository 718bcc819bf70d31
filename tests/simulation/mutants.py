"""Faulty parts, each wrong in one way: what a simulation that finds nothing would be worth."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from hallserver.client.outbox import Outbox
from hallserver.client.session import Session
from hallserver.client.updates import LinkState, ReplyArrived, SnapshotArrived, Update
from hallserver.domain import choosing
from hallserver.domain import events as ev
from hallserver.domain.instant import Now
from hallserver.domain.ticket import Move
from hallserver.hall import Decision, Hall, refuse
from hallserver.mailbox import Delivery, Mailbox
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId, Epoch
from hallserver.protocol.replies import Done, Rejected, Reply, Reservation, TicketAtCounter
from hallserver.protocol.snapshots import BoardSnapshot, Published
from hallserver.writer import Answered, ReplyKey
from kiosk.spool import MemorySpool, PrintStage
from kiosk.terminal import KioskTerminal
from tests.simulation.journal import MemoryJournal, OnCommit
from tests.simulation.mutants_of_rules import OF_RULES, SHOWS_AT
from tests.simulation.parts import PRODUCT, CredulousClock, Parts
from ui.callscreen import flow as callscreen

# Journals and what stands in front of them.


class WriteBehindJournal(MemoryJournal):
    """Commits a transaction when the next one comes: acknowledges before it commits."""

    def __init__(self, on_commit: OnCommit) -> None:
        super().__init__(on_commit)
        self._behind: tuple[Sequence[ev.Recorded], Sequence[Answered]] = ((), ())

    @property
    def last_seq(self) -> int:
        return super().last_seq + len(self._behind[0])

    def append(self, events: Sequence[ev.Recorded], answers: Sequence[Answered]) -> None:
        behind, self._behind = self._behind, ((), ())
        super().append(*behind)
        self._behind = (events, answers)

    def begin_epoch(self, now: Now) -> Epoch:
        self._behind = ((), ())
        return super().begin_epoch(now)


class ForgetfulJournal(MemoryJournal):
    """Knows no answer that was given before: a repeated command is obeyed again."""

    def find_replies(self, keys: Collection[ReplyKey]) -> Mapping[ReplyKey, Reply]:
        return {}


class ShortJournal(MemoryJournal):
    """Leaves the last reservation out when a server starts."""

    def open_day(self) -> Iterator[ev.Recorded]:
        lines = list(super().open_day())
        reserved = [line for line in lines if isinstance(line.event, ev.TicketReserved)]
        followed = [getattr(line.event, "ticket", None) for line in lines]
        last = reserved[-1] if reserved else None
        for line in lines:
            is_left_out = line is last and followed.count(getattr(last.event, "ticket", "")) == 1
            if not is_left_out:
                yield line


class EndlessMailbox(Mailbox):
    """Takes whatever comes."""

    def put(self, delivery: Delivery) -> bool:
        self._bound = self._bound_of_a_client = 1 << 30
        return super().put(delivery)


class WallClock(CredulousClock):
    """Measures durations by the clock on the wall."""

    def now(self) -> Now:
        right = super().now()
        return Now(right.wall_ms, max(0, right.wall_ms - 1_795_392_000_000))


# Halls.


class LatecomersFirst(Hall):
    """Calls the last in line."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        decision = super().handle(client, command, now)
        if not decision.events or not isinstance(decision.events[0], ev.TicketCalled):
            return decision
        called = decision.events[0]
        last = choosing.upcoming(self.state, called.counter, 99, now.elapsed_ms)[-1]
        ticket = self.state.tickets[last]
        reply = replace_struct(decision.reply, ticket=last, number=ticket.number)
        reply = replace_struct(reply, service=ticket.service)
        return Decision(reply, (replace_struct(called, ticket=last),))


class CallsTwice(Hall):
    """Answers a counter with the ticket that another one was given before it."""

    _before: TicketAtCounter | None = None

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        decision = super().handle(client, command, now)
        if isinstance(command, c.CallNext) and isinstance(decision.reply, TicketAtCounter):
            before, self._before = self._before, decision.reply
            if before is not None:
                return Decision(before)
        return decision


class CallableAtOnce(Hall):
    """Puts a number in line before it has paper."""

    def apply(self, recorded: ev.Recorded) -> None:
        super().apply(recorded)
        if isinstance(recorded.event, ev.TicketReserved):
            self.state.move(recorded.event.ticket, Move.PRINTED)


class RatesAgain(Hall):
    """Thanks for every rating."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        decision = super().handle(client, command, now)
        is_again = isinstance(decision.reply, Rejected) and (
            decision.reply.code is RejectionCode.ALREADY_RATED
        )
        return Decision(Done()) if is_again else decision


class StarvesOne(Hall):
    """Never calls anybody for the hall's first service."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        decision = super().handle(client, command, now)
        reply = decision.reply
        is_first = isinstance(reply, TicketAtCounter) and (
            reply.service == self._plan.services[0].id
        )
        if isinstance(command, c.CallNext) and is_first:
            return refuse(RejectionCode.NOBODY_WAITING)
        return decision


class LeavesOpen(Hall):
    """Lets tickets without a person live on into the night."""

    def tick(self, now: Now) -> tuple[ev.Event, ...]:
        return tuple(
            event
            for event in super().tick(now)
            if not (
                isinstance(event, ev.TicketExpired)
                and self.state.tickets[event.ticket].person is None
            )
        )


class CountsWrong(Hall):
    """Tells everybody that one fewer is ahead."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        decision = super().handle(client, command, now)
        if isinstance(decision.reply, Reservation) and decision.reply.people_ahead:
            ahead = decision.reply.people_ahead - 1
            return Decision(replace_struct(decision.reply, people_ahead=ahead), decision.events)
        return decision


class TellsWho(Hall):
    """Puts whose number it is on the board."""

    def changed(self, epoch: Epoch) -> Iterator[tuple[str, Published]]:
        person_of = {ticket.number: ticket.person for ticket in self.state.tickets.values()}
        for topic, snapshot in super().changed(epoch):
            if isinstance(snapshot, BoardSnapshot):
                named = (
                    replace_struct(call, number=f"{call.number}{person_of[call.number] or ''}")
                    for call in snapshot.calls
                )
                yield topic, replace_struct(snapshot, calls=tuple(named))
            else:
                yield topic, snapshot


class StumblesOverRecalls(Hall):
    """Raises where it should answer."""

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        if isinstance(command, c.Recall):
            raise KeyError(command.ticket)
        return super().handle(client, command, now)


class KeepsBoards(Hall):
    """Forgets now and then to say that a board has changed."""

    _count = 0

    def changed(self, epoch: Epoch) -> Iterator[tuple[str, Published]]:
        for topic, snapshot in super().changed(epoch):
            self._count += isinstance(snapshot, BoardSnapshot)
            if not isinstance(snapshot, BoardSnapshot) or self._count % 2:
                yield topic, snapshot


# Clients.


class GoesBack(Session):
    """Shows whatever snapshot comes, old or new."""

    def _show(self, topic_name: str, snapshot: Any) -> tuple[Any, ...]:
        self._newest.pop(topic_name, None)
        return super()._show(topic_name, snapshot)


class NeverStale(Session):
    """Is sure of itself once it has heard the server."""

    def _link_at(self, now_s: float) -> LinkState:
        link = super()._link_at(now_s)
        return LinkState.LIVE if self._link is LinkState.LIVE else link


class SendsOnce(Outbox):
    """Sends a command once and trusts the wire."""

    _sent: frozenset[bytes] = frozenset()

    def take_due(self, now_s: float) -> bytes | None:
        due = super().take_due(now_s)
        if due is None or due in self._sent:
            return None
        self._sent |= {due}
        return due


class VoidsWhatPrinted(MemorySpool):
    """Takes what was in the printer for not printed."""

    def advance(self, ticket: Any, stage: PrintStage) -> None:
        super().advance(ticket, PrintStage.RESERVED)


class ConfirmsAtOnce(KioskTerminal):
    """Says that it is printed as soon as there is a number."""

    def updated(self, update: Update) -> None:
        super().updated(update)
        if isinstance(update, ReplyArrived) and isinstance(update.reply, Reservation):
            self._parts()[1].submit(c.ConfirmPrinted(update.reply.ticket))


def everything_is_new(state: Any, event: Any) -> Any:
    """A call screen to which everything that it sees first is new."""
    is_board = isinstance(event, SnapshotArrived) and isinstance(event.snapshot, BoardSnapshot)
    if not is_board or event.snapshot.zone in state.horizon:
        return callscreen.step(state, event)
    horizon = {**state.horizon, event.snapshot.zone: 0}
    begun = replace(state, horizon=horizon, link=LinkState.LIVE)
    stepped, effects = callscreen.step(begun, event)
    return replace(stepped, link=state.link), effects


def replace_struct(value: Any, **changes: Any) -> Any:
    """Return a message with other values."""
    return msgspec.structs.replace(value, **changes)


@dataclass(frozen=True)
class Mutant:
    """A faulty part, and the invariants of which one has to break."""

    name: str
    parts: Parts
    breaks: tuple[str, ...]
    first_seed: int = 1


def _mutant(name: str, *breaks: str, **part: Any) -> Mutant:
    return Mutant(name, replace(PRODUCT, **part), breaks)


IN_JOURNAL = "what is acknowledged is in the journal"

MUTANTS = (
    _mutant("acknowledges before it commits", IN_JOURNAL, journal=WriteBehindJournal),
    _mutant("obeys a repeated command again", "a command is obeyed once", journal=ForgetfulJournal),
    _mutant(
        "gives a number twice after a restart",
        "a number is given once per series and day",
        "folding the journal gives the live state",
        journal=ShortJournal,
    ),
    _mutant("takes more than it can hold", "no mailbox exceeds its bound", mailbox=EndlessMailbox),
    _mutant(
        "measures by the wall",
        "no duration is negative",
        "durations are true, whatever the wall clock shows",
        clock=WallClock,
    ),
    _mutant("calls latecomers first", "first come, first served", hall=LatecomersFirst),
    _mutant("calls one person twice", "nobody is called twice", hall=CallsTwice),
    _mutant("calls numbers without paper", "every move is in the table", hall=CallableAtOnce),
    _mutant("takes a second rating", "one rating a service at most", hall=RatesAgain),
    _mutant("lets some people starve", "without faults everything settles", hall=StarvesOne),
    _mutant("leaves tickets open", "after the close nothing is open", hall=LeavesOpen),
    _mutant("miscounts who is ahead", "people ahead are counted", hall=CountsWrong),
    _mutant("tells who has which number", "no message tells who", hall=TellsWho),
    _mutant("raises", "production code raised KeyError", hall=StumblesOverRecalls),
    _mutant("forgets to publish", "every screen shows the server's board", hall=KeepsBoards),
    _mutant("shows old snapshots", "what a client shows only goes forward", session=GoesBack),
    _mutant("is never stale", "who hears nothing says so within 5 s", session=NeverStale),
    _mutant("never sends again", "without faults everything settles", outbox=SendsOnce),
    _mutant(
        "voids what it printed", "nothing is voided that somebody holds", spool=VoidsWhatPrinted
    ),
    _mutant("confirms before it prints", "what counts was printed or shown", kiosk=ConfirmsAtOnce),
    _mutant(
        "shows everything as new",
        "no old call is shown as new",
        "only a live screen shows new calls",
        "a stale screen shows nothing as new",
        step_screen=everything_is_new,
    ),
    *(
        Mutant(name, replace(PRODUCT, hall=hall), breaks, SHOWS_AT.get(name, 1))
        for name, hall, breaks in OF_RULES
    ),
)
