"""Who works in the hall without a counter: a guide with a tablet, a supervisor at a console, and
the system that books appointments. Plain links: they have no program of their own yet."""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Protocol

from hallserver.client.updates import LinkState, ReplyArrived, SnapshotArrived, Update
from hallserver.domain.plan import HallPlan
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import AppointmentToken, ClerkId, ClientId, CounterId
from hallserver.protocol.replies import Booked, Rejected, Reservation
from hallserver.protocol.snapshots import ConsoleSnapshot, HallLoad
from tests.simulation.auditor import Auditor
from tests.simulation.broker import Broker
from tests.simulation.counter import Client
from tests.simulation.customs import BACK_OFFICE, GUIDE, SUPERVISOR
from tests.simulation.ledger import Ledger
from tests.simulation.link import SimLink
from tests.simulation.parts import Parts
from tests.simulation.server import PASSWORD
from tests.simulation.truth import Paper, Truth, Visit
from tests.simulation.world import World

CHORE_S = (8.0, 40.0)


class Device(Client):
    """A tablet or console at which somebody signs in and does what comes along."""

    account: ClerkId | None = None

    def __init__(
        self,
        world: World,
        broker: Broker,
        auditor: Auditor,
        parts: Parts,
        client: ClientId,
        plan: HallPlan,
        ledger: Ledger,
    ) -> None:
        super().__init__(world, broker, auditor, parts, client)
        self.plan = plan
        self.ledger = ledger
        self.rng: Random = world.rng(f"staff/{client}")
        self.is_steady = False

    def begin(self, link: SimLink) -> None:
        """Sign in soon, and look around now and then."""
        if self.account is not None:
            self.life.after(1.0, self.sign_in)
        self.life.after(self.rng.uniform(*CHORE_S), self._chore)

    def sign_in(self) -> None:
        """Sign in, also again: it does no harm."""
        if self.account is not None:
            self.submit(c.SignIn(self.account, PASSWORD))

    @property
    def is_live(self) -> bool:
        """Whether the hall can be asked."""
        return self.is_up and self.link is not None and self.link.session.link is LinkState.LIVE

    def submit(self, command: c.Command) -> None:
        """Ask the hall."""
        if self.link is not None:
            self.link.submit(command)

    def _chore(self) -> None:
        self.life.after(self.rng.uniform(*CHORE_S), self._chore)
        if self.is_live:
            self.chore()

    def chore(self) -> None:
        """Do what there is to do."""

    def take(self, update: Update) -> None:
        """Hear."""
        match update:
            case ReplyArrived(reply=Rejected(code=RejectionCode.NOT_SIGNED_IN)):
                self.sign_in()
                self.answered(update)
            case ReplyArrived():
                self.answered(update)
            case SnapshotArrived():
                self.shown(update.snapshot)

    def answered(self, update: ReplyArrived) -> None:
        """The hall has answered."""

    def shown(self, snapshot: object) -> None:
        """The hall shows something."""


class Asks(Protocol):
    """Somebody whom a guide gives a number."""

    visit: Visit

    def given(self, paper: Paper) -> None:
        """Here it is."""

    def sent_away(self, code: RejectionCode) -> None:
        """There is none now."""


class Guide(Device):
    """Gives numbers to those who have no card, and classes; takes those back who missed a call."""

    account = GUIDE
    truth: Truth

    def begin(self, link: SimLink) -> None:
        """Start with nobody in front."""
        self.queue: deque[tuple[Asks, c.ReserveTicket]] = deque()
        self.customer: Asks | None = None
        super().begin(link)

    def ask(self, who: Asks, command: c.ReserveTicket) -> None:
        """Somebody asks for a number."""
        self.queue.append((who, command))
        self._next()

    def _next(self) -> None:
        if self.customer is None and self.queue:
            self.customer, command = self.queue.popleft()
            self.submit(command)

    def answered(self, update: ReplyArrived) -> None:
        """Hand over the number, or say why there is none."""
        if not isinstance(update.command, c.ReserveTicket) or self.customer is None:
            return
        who, reply = self.customer, update.reply
        if isinstance(reply, Reservation):
            paper = Paper(reply.ticket, reply.number, reply.token)
            self.truth.paper_out(paper)
            self.submit(c.ConfirmPrinted(reply.ticket))
            self.world.after(1.0, who.given, paper)
        elif isinstance(reply, Rejected):
            self.world.after(1.0, who.sent_away, reply.code)
        self.customer = None
        self._next()

    def chore(self) -> None:
        """Look after somebody who waits: an elderly person, somebody with a question."""
        waiting = self.ledger.everybody
        if self.is_steady:
            return
        tickets = list(self.ledger.tickets.values())
        if tickets and self.rng.random() < 0.4:
            called, other = self.rng.choice(tickets), self.rng.choice(tickets)
            self.submit(c.ExplainCall(called.number, other.number))
            if called.person is not None:
                self.submit(c.FindAppointments(called.person))
        elif waiting:
            classes = [None, *(each.id for each in self.plan.priorities)]
            number = self.rng.choice(waiting).number
            self.submit(c.GrantPriority(number, self.rng.choice(classes)))


class Console(Device):
    """Moves services between counters, answers proposals, closes the kiosks for a while."""

    account = SUPERVISOR

    def begin(self, link: SimLink) -> None:
        """Start with nothing known."""
        self._shown: ConsoleSnapshot | None = None
        self._load: HallLoad | None = None
        super().begin(link)

    def shown(self, snapshot: object) -> None:
        """Keep what is shown."""
        if isinstance(snapshot, ConsoleSnapshot):
            self._shown = snapshot
        elif isinstance(snapshot, HallLoad):
            self._load = snapshot

    def chore(self) -> None:
        """Do one of the things that supervisors do."""
        rng = self.rng
        if self._load is not None and self._load.notice is not None:
            if self.is_steady or rng.random() < 0.6:
                self.submit(c.OpenKiosks())
            return
        if self._shown is not None and self._shown.proposals:
            proposal = rng.choice(self._shown.proposals).id
            if rng.random() < 0.3:
                self.submit(c.DeclineProposal(proposal))
            for _ in range(rng.randint(1, 2)):  # twice is once
                self.submit(c.ApproveProposal(proposal))
        elif self.is_steady:
            return
        elif rng.random() < 0.2:
            self.submit(c.CloseKiosks(c.Notice("系统维护", "maintenance")))
        elif rng.random() < 0.5:
            self._move_services()

    def _move_services(self) -> None:
        rng = self.rng
        windows = [each for each in self.plan.counters if not each.rules.is_back_office]
        services = [each.id for each in self.plan.services if each.id != BACK_OFFICE]
        counter: CounterId = rng.choice(windows).id
        chosen = rng.sample(services, rng.randint(0, min(4, len(services))))
        self.submit(c.AssignServices(counter, tuple(chosen)))


OnBooked = Callable[[AppointmentToken | None], None]


class Gateway(Device):
    """Books what is to be booked, one after the other, and cancels some of it."""

    def begin(self, link: SimLink) -> None:
        """Start with nothing asked."""
        self._asked: dict[c.Command, tuple[OnBooked, bool]] = {}
        super().begin(link)

    def book(self, command: c.BookAppointment, on_booked: OnBooked, *, is_given_back: bool) -> None:
        """Book for somebody, who hears of it."""
        self._asked[command] = (on_booked, is_given_back)
        self.submit(command)

    def answered(self, update: ReplyArrived) -> None:
        """Tell who asked."""
        if update.command not in self._asked:
            return
        on_booked, is_given_back = self._asked.pop(update.command)
        reply = update.reply
        if isinstance(reply, Booked) and is_given_back:
            self.submit(c.CancelAppointment(reply.appointment))
        is_kept = isinstance(reply, Booked) and not is_given_back
        on_booked(reply.token if is_kept and isinstance(reply, Booked) else None)
