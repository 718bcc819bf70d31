"""A kiosk: the product's terminal and flow on the heap, with modelled devices.

The printer has a hidden truth, whether there is paper, and tells of it what it can. `SimPrinter`
takes the steps of `kiosk.workers.PrinterWorker` in their order; the process may die between any
two. Spool and outbox outlive the process; a power cut takes what the spool had not yet synced.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from zoneinfo import ZoneInfo

from devices.faults import FaultCode
from devices.printer.face import TicketFace
from hallserver.client.record import NullRecord
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import LinkState
from hallserver.protocol.ids import ClientId, TicketId
from kiosk.flow import events as ev
from kiosk.flow.events import Device
from kiosk.flow.pages import OutOfService, Printing, TicketOut
from kiosk.flow.state import KioskState
from kiosk.flow.step import next_change_s
from kiosk.spool import Leftover, MemorySpool, PrintStage
from kiosk.terminal import TICK_S, Devices, KioskTerminal
from kiosk.workers import PrintJob
from tests.helpers.kiosks import TAGS
from tests.simulation.auditor import Auditor
from tests.simulation.broker import Broker
from tests.simulation.link import THREAD_HOP_S, SimLink
from tests.simulation.parts import Parts
from tests.simulation.truth import Paper, Truth
from tests.simulation.world import NEVER_S, Life, World, demand

ZONE = ZoneInfo("Asia/Shanghai")


@unique
class PrintFate(StrEnum):
    """What happens to one job."""

    FINE = "fine"
    NOT_PRINTED = "not printed"
    UNCERTAIN_PAPER = "uncertain, with paper"
    UNCERTAIN_NONE = "uncertain, without paper"
    HANGS = "hangs"


@dataclass
class PrinterTrouble:
    """How a kiosk's printer is at the moment."""

    fault: FaultCode | None = None
    draw_fate: Callable[[], PrintFate] = lambda: PrintFate.FINE


class PoweredSpool:
    """The product's spool in memory, and what of it a power cut leaves."""

    def __init__(self, spool: MemorySpool) -> None:
        self._spool = spool
        self._synced: dict[TicketId, PrintStage] = {}

    def begin(self, ticket: TicketId) -> None:
        """Note a number; a power cut may take it."""
        self._spool.begin(ticket)

    def advance(self, ticket: TicketId, stage: PrintStage) -> None:
        """Note a stage, synced, and what came before it too."""
        self._spool.advance(ticket, stage)
        self._synced = {item.ticket: item.stage for item in self._spool.leftovers()}

    def drop(self, ticket: TicketId) -> None:
        """Forget a number."""
        self._spool.drop(ticket)

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what is noted."""
        return self._spool.leftovers()

    def close(self) -> None:
        """Do nothing."""

    def lose_power(self) -> None:
        """Go back to what was synced."""
        for item in self._spool.leftovers():
            self._spool.drop(item.ticket)
        for ticket, stage in self._synced.items():
            self._spool.begin(ticket)
            self._spool.advance(ticket, stage)


class SimPrinter:
    """What `KioskTerminal` asks of a PrinterWorker."""

    def __init__(self, kiosk: "Kiosk", life: Life) -> None:
        self._kiosk = kiosk
        self._life = life
        self._told: FaultCode | None = None
        self._job: tuple[PrintJob, TicketFace | None, PrintFate] | None = None

    def start(self) -> None:
        """Look after the printer."""
        self._life.after(0.3, self.look)

    def stop(self) -> None:
        """Nothing is left to do."""

    def look(self) -> None:
        """Tell of a fault that began or ended."""
        fault = self._kiosk.trouble.fault
        if fault is not self._told:
            self._told = fault
            self._kiosk.post_event(ev.DeviceChanged(Device.PRINTER, fault))

    def submit(self, job: PrintJob) -> bool:
        """Take a ticket; False while another one is being printed."""
        if self._job is not None:
            return False
        fate = self._kiosk.trouble.draw_fate()
        self._job = (job, None, fate)
        self._life.after(THREAD_HOP_S, self._begin, job, fate)
        return True

    def _begin(self, job: PrintJob, fate: PrintFate) -> None:
        face = job.make_face()
        self._kiosk.spool.advance(job.ticket, PrintStage.PRINTING)
        self._job = (job, face, fate)
        self._kiosk.world.say(self._kiosk.client, f"prints {face.number}, {fate}")
        if fate is PrintFate.NOT_PRINTED:
            self._life.after(0.4, self._not_printed, job)
        elif fate is PrintFate.HANGS:
            self._life.after(55.0, self._ended, job, ev.Paper.UNCERTAIN)
        else:
            self._life.after(0.9, self._paper_out, job, face, fate)

    def _paper_out(self, job: PrintJob, face: TicketFace, fate: PrintFate) -> None:
        self._job = (job, None, fate)
        if fate is not PrintFate.UNCERTAIN_NONE:
            self._kiosk.paper_out(job.ticket, face)
        if fate is PrintFate.FINE:
            self._life.after(0.2, self._printed, job)
        else:
            self._life.after(1.5, self._ended, job, ev.Paper.UNCERTAIN)

    def _printed(self, job: PrintJob) -> None:
        self._kiosk.spool.advance(job.ticket, PrintStage.PRINTED)
        self._life.after(0.000_05, self._ended, job, ev.Paper.PRINTED)

    def _not_printed(self, job: PrintJob) -> None:
        self._kiosk.spool.advance(job.ticket, PrintStage.RESERVED)
        self._life.after(0.000_05, self._ended, job, ev.Paper.NOT_PRINTED)

    def _ended(self, job: PrintJob, paper: ev.Paper) -> None:
        self._job = None
        fault = None if paper is ev.Paper.PRINTED else FaultCode.NO_ANSWER
        if paper is ev.Paper.NOT_PRINTED:
            fault = self._kiosk.trouble.fault or FaultCode.PAPER_JAM
        self._kiosk.post_event(ev.PrintFinished(job.ticket, paper, fault))
        self.look()

    def power_lost(self, is_paper_coming: bool) -> None:
        """The process died; what was already sent may still come out."""
        if self._job is None or self._job[1] is None:
            return
        job, face, fate = self._job
        if is_paper_coming and fate in (PrintFate.FINE, PrintFate.UNCERTAIN_PAPER):
            self._kiosk.paper_out(job.ticket, face)


class SimListener:
    """What `KioskTerminal` asks of a CardWorker or ScanWorker: hears only while switched on."""

    def __init__(self) -> None:
        self.is_on = False

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def listen(self, *, is_on: bool) -> None:
        """Switch."""
        self.is_on = is_on


class Customer:
    """Who stands in front of a kiosk; see `tests.simulation.attempt`."""

    def begin(self) -> None:
        """It is this person's turn."""
        raise NotImplementedError

    def look(self, state: KioskState) -> None:
        """The screen changed."""
        raise NotImplementedError

    def died(self) -> None:
        """The screen went dark."""
        raise NotImplementedError

    def paper(self, paper: Paper) -> None:
        """A ticket comes out."""
        raise NotImplementedError


class Kiosk:
    """One kiosk over all its lives, and the line of people in front of it."""

    def __init__(
        self,
        world: World,
        broker: Broker,
        auditor: Auditor,
        truth: Truth,
        parts: Parts,
        client: ClientId,
    ) -> None:
        self.world = world
        self.client = client
        self.trouble = PrinterTrouble()
        self.spool = PoweredSpool(parts.spool())
        self._broker = broker
        self._auditor = auditor
        self._truth = truth
        self._parts = parts
        self._store = parts.outbox_store()
        self._lives = 0
        self.life = Life(world)
        self.life.end()
        self.link: SimLink | None = None
        self.terminal: KioskTerminal | None = None
        self.printer: SimPrinter | None = None
        self.reader, self.scanner = SimListener(), SimListener()
        self._page: object = None
        self._printing: TicketId | None = None
        self._ticks_at_s = NEVER_S
        self.customer: Customer | None = None
        self.line: deque[Customer] = deque()
        self.on_page: Callable[[Kiosk, object], None] | None = None
        """For faults that wait for a certain page."""

    # Life.

    def start(self) -> None:
        """Start the process."""
        self._lives += 1
        self.life = life = Life(self.world)
        self.reader, self.scanner = SimListener(), SimListener()
        self.printer = SimPrinter(self, life)
        terminal = self._parts.kiosk(
            lambda work: life.after(THREAD_HOP_S, work),
            self.world.mono_s,
            self.spool,
            NullRecord(),
            tags=TAGS,
            time_zone=ZONE,
        )
        self.link = SimLink(
            self.world,
            life,
            self._broker,
            self._auditor,
            self._parts,
            self.client,
            subscriptions_for(self.client),
            self._store,
            terminal.updated,
            life_number=self._lives,
        )
        terminal.on_state = self._shown
        self.terminal = terminal
        self._page = self._printing = None
        self._ticks_at_s = NEVER_S
        devices = Devices(self.printer, self.reader, self.scanner)  # type: ignore[arg-type]
        terminal.connect(devices, self.link)
        terminal.start()

    def die(self, restart_s: float, *, is_power_cut: bool, is_paper_coming: bool) -> None:
        """End the process at once; it is started anew after a while."""
        if not self.life.is_alive or self.link is None or self.printer is None:
            return
        self.world.say(self.client, "loses power" if is_power_cut else "dies")
        self.life.end()
        self.link.stop()
        self.printer.power_lost(is_paper_coming)
        if is_power_cut:
            self.spool.lose_power()
        self._page = None
        if self.customer is not None:
            self.customer.died()
        self.world.after(restart_s, self.start)

    @property
    def is_up(self) -> bool:
        """Whether its screen is lit."""
        return self.life.is_alive

    @property
    def is_fresh(self) -> bool:
        """Whether it waits for the next person and owes nothing."""
        terminal, link = self.terminal, self.link
        if not self.is_up or terminal is None or link is None:
            return False
        return terminal.state.is_fresh and not terminal.state.owed and link.is_settled

    @property
    def stored(self) -> int:
        """How many commands its outbox has on disk."""
        return len(self._store.load())

    # People.

    def come(self, customer: Customer) -> None:
        """Step in front of it, or into the line."""
        self.line.append(customer)
        self._next()

    def leave(self, customer: Customer) -> None:
        """Step away."""
        if self.customer is customer:
            self.customer = None
            self.world.after(1.0, self._next)

    def _next(self) -> None:
        if self.customer is None and self.line:
            self.look()
            self.customer = self.line.popleft()
            self.customer.begin()

    def look(self) -> None:
        """Somebody looks at the screen: what has come quietly is on it a moment later."""
        if self.link is not None:
            self.link.look_up()

    def touch(self, event: ev.Event) -> None:
        """Have something happen that a person does."""
        if self.is_up and self.terminal is not None:
            self.look()
            self.terminal.handle(event)

    def post_event(self, event: ev.Event) -> None:
        """Have something happen that a device reports."""
        if self.terminal is not None:
            self.terminal.post_event(event)

    def paper_out(self, ticket: TicketId, face: TicketFace | None) -> None:
        """A ticket's paper comes out of the slot."""
        demand(face is not None, "what comes out was drawn", ticket)
        assert face is not None
        paper = Paper(ticket, face.number, face.qr_text)
        self._truth.paper_out(paper)
        self.world.say(self.client, f"paper {face.number}")
        if self.customer is not None:
            self.customer.paper(paper)

    # The screen.

    def _shown(self, state: KioskState) -> None:
        self._tick_later(state)
        page = state.page
        if page is not self._page:
            self._page = page
            self._turned(state, page)
        if self.customer is not None:
            self.customer.look(state)
        if self.on_page is not None:
            self.on_page(self, page)

    def _turned(self, state: KioskState, page: object) -> None:
        if isinstance(page, Printing):
            self._printing = page.reservation.ticket
        elif isinstance(page, TicketOut) and self._printing is not None:
            self._truth.number_shown(self._printing, is_on_paper=page.is_on_paper)
        if isinstance(page, OutOfService):
            demand(
                state.link is not LinkState.LIVE or state.catalog is None,
                "a kiosk that can is in service",
                self.client,
            )

    def _tick_later(self, state: KioskState) -> None:
        """Tick when the flow says that it comes to something, up to a tick's time later."""
        change_s = next_change_s(state)
        if change_s is None:
            return
        tick_s = max(change_s, self.world.now_s) + TICK_S
        if tick_s < self._ticks_at_s:
            self._ticks_at_s = tick_s
            self.world.plan(tick_s, self.life, self._tick, (tick_s,))

    def _tick(self, tick_s: float) -> None:
        if self.terminal is None or tick_s != self._ticks_at_s:
            return
        self._ticks_at_s = NEVER_S
        if self.terminal.is_tick_due:
            self.terminal.tick()
        else:
            self._tick_later(self.terminal.state)
