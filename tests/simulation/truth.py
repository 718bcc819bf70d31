"""What is really so, and no program knows: which paper exists, who holds which number.

The journal's events are held against it: nobody is called who cannot know the number, nothing is
voided that somebody was promised, no visit has two valid tickets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from hallserver.domain import events as ev
from hallserver.protocol.ids import ClientId, CommandId, TicketId
from tests.simulation.ledger import Ledger, Line
from tests.simulation.world import World, demand

VALID = frozenset({"waiting", "called", "serving", "parked", "completed", "no_show"})


@dataclass(frozen=True)
class Paper:
    """A printed ticket: what a person can read off it, and what its code says."""

    ticket: TicketId
    number: str
    token: str


@dataclass
class Visit:
    """One person's wish for one number, over all kiosks and taps that it took."""

    name: str
    tickets: list[TicketId] = field(default_factory=list)


class Truth:
    """Papers and promises of the day."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self._world = world
        self._ledger = ledger
        self.papers: dict[TicketId, Paper] = {}
        self.promised: dict[TicketId, bool] = {}
        """Numbers that a kiosk showed as valid, and whether as "on paper"."""
        self.given_up: set[TicketId] = set()
        """Numbers whose holders have asked to cancel them."""
        self._visit_of_command: dict[tuple[ClientId, CommandId], Visit] = {}
        self._visit_of_ticket: dict[TicketId, Visit] = {}
        self.on_moved: Callable[[Line], None] = lambda _line: None
        self.on_sent: Callable[[Line], None] = lambda _line: None
        """Asked when a counter has sent somebody away who stood there: on, or to wait a while."""
        ledger.on_ticket = self._moved

    # Kiosks.

    def asked_by(self, client: ClientId, command_id: CommandId, visit: Visit) -> None:
        """A kiosk asks for a number while this visit is in front of it."""
        self._visit_of_command[client, command_id] = visit

    def paper_out(self, paper: Paper) -> None:
        """A ticket was printed."""
        demand(paper.ticket not in self.papers, "no ticket is printed twice", paper)
        demand(
            paper.ticket.endswith(f"-{paper.number}") and f".{paper.ticket}." in paper.token,
            "a paper's number and code are its own",
            paper,
        )
        self.papers[paper.ticket] = paper
        state = self._ledger.state_of(paper.ticket)
        demand(state != "voided", "no void number is printed", paper)

    def number_shown(self, ticket: TicketId, *, is_on_paper: bool) -> None:
        """A kiosk says that a number is the visitor's."""
        if is_on_paper:
            demand(ticket in self.papers, "a kiosk says printed only if it is", ticket)
        self.promised[ticket] = is_on_paper
        state = self._ledger.state_of(ticket)
        demand(state != "voided", "no void number is promised", ticket)

    # The journal.

    def _moved(self, line: Line, event: ev.Event) -> None:
        self.on_moved(line)
        match event:
            case ev.TicketReserved():
                self._reserved(line)
            case ev.TicketPrinted():
                known = line.ticket in self.papers or line.ticket in self.promised
                demand(known, "what counts was printed or shown", line)
                self._one_valid(line)
            case ev.TicketCalled():
                known = line.ticket in self.papers or line.ticket in self.promised
                demand(known, "who is called can know the number", line)
            case ev.TicketCancelled() | ev.TicketVoided(cause=ev.VoidCause.CANCELLED):
                demand(line.ticket in self.given_up, "who cancels has asked for it", line)
            case (
                ev.TicketTransferred()
                | ev.TicketReturned()
                | ev.StepCompleted()
                | ev.TicketParked()
            ):
                self.on_sent(line)
            case ev.TicketVoided(cause=cause) if cause is not ev.VoidCause.SUPERSEDED:
                is_out = line.ticket in self.papers or line.ticket in self.promised
                demand(not is_out, "nothing is voided that somebody holds", line)

    def _reserved(self, line: Line) -> None:
        if line.command is None:
            return
        visit = self._visit_of_command.get((line.client, line.command))
        if visit is not None:
            visit.tickets.append(line.ticket)
            self._visit_of_ticket[line.ticket] = visit

    def _one_valid(self, line: Line) -> None:
        visit = self._visit_of_ticket.get(line.ticket)
        if visit is None:
            return
        valid = [each for each in visit.tickets if self._ledger.state_of(each) in VALID]
        demand(len(valid) <= 1, "one valid ticket a visit at most", (visit.name, valid))
