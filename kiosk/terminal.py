"""One kiosk without a screen: the flow, and everything that carries out what it wants.

All decisions are made on one thread, the owner's: the Qt program posts to its GUI thread, the
crowd to a loop of its own. Workers and the link post from their threads and never wait for it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Protocol

from hallserver.client.outbox import OutboxFull
from hallserver.client.record import Record
from hallserver.client.updates import LinkChanged, ReplyArrived, SnapshotArrived, Update
from hallserver.protocol.commands import (
    CheckIn,
    Command,
    ConfirmPrinted,
    RateService,
    ReserveTicket,
    VoidReason,
    VoidTicket,
)
from hallserver.protocol.ids import CommandId, PriorityId, TicketId
from hallserver.protocol.replies import Done, Rejected, Reservation
from hallserver.protocol.snapshots import BoardSnapshot, Catalog, HallLoad
from kiosk.age_class import class_by_age
from kiosk.face import face_of
from kiosk.flow import events as ev
from kiosk.flow.effects import Effect, Listen, PrintTicket, Submit
from kiosk.flow.events import Device, Tag
from kiosk.flow.state import KioskState
from kiosk.flow.step import is_counting_down, next_change_s, step
from kiosk.spool import PrintStage, Spool
from kiosk.workers import CardWorker, PrinterWorker, PrintJob, ScanWorker
from ui.kit.i18n import Language
from ui.kit.rating_tags import RatingTags

TICK_S = 0.25
"""How often the owner has to ask `is_tick_due`, or to tick."""

Post = Callable[[Callable[[], None]], None]
"""Runs a function soon on the owner's thread; returns at once, from any thread."""


class Link(Protocol):
    """`hallserver.client.paho_link.PahoLink`, as far as a terminal uses it."""

    def start(self) -> None:
        """Begin to connect."""
        ...

    def submit(self, command: Command) -> CommandId | OutboxFull:
        """Hand over a command; its answer comes as an update, never before this returns."""
        ...

    def stop(self) -> None:
        """Store what was submitted, and hang up."""
        ...


@dataclass(frozen=True)
class Devices:
    """What hangs on this kiosk; it can do without reader and scanner."""

    printer: PrinterWorker
    reader: CardWorker | None = None
    scanner: ScanWorker | None = None


@dataclass(frozen=True)
class _Asked:
    """A submitted command, until its answer comes."""

    tag: Tag
    at_s: float


class KioskTerminal:
    """The flow of one kiosk and its hands. `handle` and `tick` are for the owner's thread only."""

    def __init__(
        self,
        post: Post,
        clock: Callable[[], float],
        spool: Spool,
        record: Record,
        *,
        tags: RatingTags,
        time_zone: tzinfo,
        language: Language = Language.ZH,
    ) -> None:
        """Begin out of service; `connect` gives it devices and a link, `start` sets it going."""
        self.state = KioskState(tags=tags, language=language, house_language=language)
        self.on_state: Callable[[KioskState], None] = _ignore_state
        self.on_board: Callable[[BoardSnapshot], None] = _ignore_board
        self._post = post
        self._clock = clock
        self._spool = spool
        self._record = record
        self._time_zone = time_zone
        self._devices: Devices | None = None
        self._link: Link | None = None
        self._asked: dict[CommandId, _Asked] = {}
        self._is_stopped = threading.Event()

    def class_of(self, birth: date) -> PriorityId | None:
        """Return the class that an age gives today, if any. From any thread; keeps nothing."""
        state = self.state
        return class_by_age(birth, state.catalog, state.load)

    # Set-up.

    def connect(self, devices: Devices, link: Link) -> None:
        """Take over devices, whose events go to `post_event`, and a link that tells `updated`."""
        self._devices = devices
        self._link = link

    def start(self) -> None:
        """Settle what the last life left, then begin. On the owner's thread."""
        devices, link = self._parts()
        link.start()
        self._settle_leftovers(link)
        devices.printer.start()
        for worker in (devices.reader, devices.scanner):
            if worker is not None:
                worker.start()
        self.tick()

    def stop(self) -> None:
        """End all threads; what was submitted is in the outbox. May be called twice."""
        if self._is_stopped.is_set():
            return
        self._is_stopped.set()
        devices, link = self._parts()
        workers = [w for w in (devices.reader, devices.scanner, devices.printer) if w is not None]
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.join()
        link.stop()
        self._spool.close()

    def _parts(self) -> tuple[Devices, Link]:
        if self._devices is None or self._link is None:
            raise RuntimeError("the terminal is not connected")
        return self._devices, self._link

    def _settle_leftovers(self, link: Link) -> None:
        for leftover in self._spool.leftovers():
            match leftover.stage:
                case PrintStage.RESERVED:
                    link.submit(VoidTicket(leftover.ticket, VoidReason.NOT_PRINTED))
                case PrintStage.PRINTED:
                    link.submit(ConfirmPrinted(leftover.ticket))
                case PrintStage.PRINTING:
                    # Perhaps somebody holds this paper: the number counts once it is shown.
                    self._spool.drop(leftover.ticket)
            self._record.note("leftover", ticket=leftover.ticket, stage=leftover.stage)

    # From other threads.

    def post_event(self, event: ev.Event) -> None:
        """Have `event` handled soon; for workers."""
        self._post(lambda: self.handle(event))

    def updated(self, update: Update) -> None:
        """Take what the link has to say; for its thread."""
        if isinstance(update, ReplyArrived):
            self._note_in_spool(update)
        self._post(lambda: self._told(update))

    def _note_in_spool(self, update: ReplyArrived) -> None:
        match update.command, update.reply:
            case ((ReserveTicket() | CheckIn()), Reservation(ticket=ticket)):
                self._spool.begin(ticket)
            case ((ConfirmPrinted(ticket=ticket) | VoidTicket(ticket=ticket)), _):
                self._spool.drop(ticket)

    # On the owner's thread.

    def tick(self) -> None:
        """Let the flow see that time has passed."""
        self.handle(ev.Tick())

    @property
    def is_tick_due(self) -> bool:
        """Whether time has changed something: at rest a tick is not worth a new picture."""
        now_s = self._clock()
        change_s = next_change_s(self.state)
        is_over = change_s is not None and change_s <= now_s
        return is_over or is_counting_down(self.state, now_s)

    def handle(self, event: ev.Event) -> None:
        """Let the flow decide on one event, and carry out what it wants."""
        if self._is_stopped.is_set():
            return
        self._note_event(event)
        state, effects = step(self.state, event, self._clock())
        self.state = state
        for effect in effects:
            self._perform(effect)
        self.on_state(state)

    def _told(self, update: Update) -> None:
        match update:
            case LinkChanged(link):
                self._record.note("link", link=link)
                self.handle(ev.LinkIs(link))
            case SnapshotArrived(snapshot=Catalog() as catalog):
                self.handle(ev.CatalogArrived(catalog))
            case SnapshotArrived(snapshot=HallLoad() as load):
                known = self.state.load
                if known is None or known.services != load.services:
                    self.handle(ev.LoadArrived(load))
            case SnapshotArrived(snapshot=BoardSnapshot() as board):
                self.on_board(board)
            case ReplyArrived():
                self._answered(update)

    def _answered(self, update: ReplyArrived) -> None:
        asked = self._asked.pop(update.command_id, None)
        self._note_answer(update, asked)
        tag = None if asked is None else asked.tag
        self.handle(ev.Answered(tag, update.command, update.reply))

    def _perform(self, effect: Effect) -> None:
        devices, link = self._parts()
        match effect:
            case Submit(tag, command):
                if isinstance(command, ReserveTicket):
                    self._record.note("tapped", service=command.service)
                if isinstance(command, ConfirmPrinted):
                    # The screen shows the number as valid at once: known on the disk before that.
                    self._spool.advance(command.ticket, PrintStage.PRINTED)
                answer = link.submit(command)
                if isinstance(answer, OutboxFull):
                    self.post_event(ev.SubmitRefused(tag, command))
                else:
                    self._asked[answer] = _Asked(tag, self._clock())
            case PrintTicket(reservation, catalog, is_english):
                job = PrintJob(
                    reservation.ticket,
                    lambda: face_of(reservation, catalog, self._time_zone, is_english=is_english),
                )
                if not devices.printer.submit(job):
                    self.post_event(ev.PrintFinished(reservation.ticket, ev.Paper.NOT_PRINTED))
            case Listen(device, is_on):
                worker = {Device.READER: devices.reader, Device.SCANNER: devices.scanner}[device]
                if worker is not None:
                    worker.listen(is_on=is_on)

    # What an audit compares with the journal. No person, no token.

    def _note_event(self, event: ev.Event) -> None:
        match event:
            case ev.DeviceChanged(device, fault):
                self._record.note("fault", device=device, code=fault)
            case ev.CardFault(code):
                self._record.note("fault", device=Device.READER, code=code)
            case ev.ForeignScanned(kind):
                self._record.note("foreign_code", code=kind)

    def _note_answer(self, update: ReplyArrived, asked: _Asked | None) -> None:
        match update.command, update.reply:
            case _, Rejected(code=code):
                kind = type(update.command).__name__
                self._record.note("rejected", code=code, command=kind)
            case ((ReserveTicket() | CheckIn()), Reservation(ticket=ticket, number=number)):
                # Asked for by an earlier life, nobody knows when: then it carries no duration.
                took = {} if asked is None else {"issue_ms": (self._clock() - asked.at_s) * 1000}
                self._record.note("reserved", ticket=ticket, number=number, **took)
            case ConfirmPrinted(ticket=ticket), Done():
                self._record.note("confirmed", ticket=ticket)
            case VoidTicket(ticket=ticket, reason=reason), Done():
                self._record.note("voided", ticket=ticket, reason=reason)
            case RateService(token=token, stars=stars), Done():
                self._record.note("rated", ticket=ticket_of_token(token), stars=stars)


def ticket_of_token(token: str) -> TicketId:
    """Read a ticket's id off its token, `JH1.<ticket>.<signature>`, without trusting it."""
    return TicketId(token.partition(".")[2].rpartition(".")[0])


def _ignore_state(_: KioskState) -> None:
    """Nobody looks."""


def _ignore_board(_: BoardSnapshot) -> None:
    """Nobody looks."""
