"""One kiosk with all its devices on ptys, and a real hall behind a link that has no network."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Self
from zoneinfo import ZoneInfo

from hallserver.client.ids import new_command_id
from hallserver.client.outbox import OutboxFull
from hallserver.client.record import Record
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.domain import views
from hallserver.protocol.commands import Command
from hallserver.protocol.ids import ClientId, CommandId, Epoch
from hallserver.protocol.states import TicketState
from kiosk.flow import events as ev
from kiosk.flow import pages as p
from kiosk.flow.state import KioskState
from kiosk.loop import OwnerLoop
from kiosk.simulated import ScanKind, SimulatedDevices
from kiosk.spool import MemorySpool, Spool
from kiosk.terminal import Devices, KioskTerminal
from kiosk.workers import CardWorker, PrinterWorker, ScanWorker
from tests.helpers.halls import Played
from tests.helpers.kiosks import TAGS

HALL_KEY = bytes(range(32))
PATIENCE_S = 20.0
QUICK_TICK_S = 0.05


class HallLink:
    """A link to a hall in the same process. Answers wait while `is_away`."""

    def __init__(self, hall: Played, client: ClientId) -> None:
        self.hall = hall
        self.client = client
        self.terminal: KioskTerminal | None = None
        self.is_away = False
        self.is_full = False
        self.sent: list[Command] = []
        self._kept: list[ReplyArrived] = []

    def start(self) -> None:
        """Greet with the hall as it is."""
        assert self.terminal is not None
        self.terminal.updated(SnapshotArrived(views.catalog(self.hall.plan, Epoch(1))))
        self.terminal.updated(SnapshotArrived(views.hall_load(self.hall.hall.state, Epoch(1))))
        self.terminal.updated(LinkChanged(LinkState.LIVE))

    def submit(self, command: Command) -> CommandId | OutboxFull:
        """Ask the hall, which decides at once; its answer comes as an update."""
        if self.is_full:
            return OutboxFull()
        command_id = new_command_id()
        self.sent.append(command)
        reply = self.hall.send(self.client, command)
        self._kept.append(ReplyArrived(command_id, command, reply))
        if not self.is_away:
            self.come_back()
        return command_id

    def come_back(self) -> None:
        """Let through what was answered meanwhile."""
        assert self.terminal is not None
        self.is_away = False
        kept, self._kept = self._kept, []
        for update in kept:
            self.terminal.updated(update)

    def stop(self) -> None:
        """Nothing is held."""


class KioskWorld:
    """Use as a context manager. Methods wait for what they cause, at most `PATIENCE_S`."""

    def __init__(
        self,
        directory: Path,
        *,
        scan: ScanKind = ScanKind.CAMERA,
        spool: Spool | None = None,
        hall: Played | None = None,
        print_deadline_s: float = 3.0,
    ) -> None:
        self.directory = directory
        self.record_path = directory / "record.jsonl"
        self.hall = hall or Played()
        self.spool = spool or MemorySpool()
        self.record = Record(self.record_path)
        self.loop = OwnerLoop()
        self.link = HallLink(self.hall, ClientId("kiosk-01"))
        self.papers: list[str] = []
        self.devices = SimulatedDevices(directory / "devices", Random(5), self.record, scan=scan)
        self.terminal = KioskTerminal(
            self.loop.post,
            time.monotonic,
            self.spool,
            self.record,
            tags=TAGS,
            time_zone=ZoneInfo("Asia/Shanghai"),
        )
        post = self.terminal.post_event
        self.terminal.connect(
            Devices(
                PrinterWorker(
                    self.devices.printer,
                    self.spool,
                    post,
                    print_deadline_s=print_deadline_s,
                    status_every_s=0.3,
                ),
                CardWorker(self.devices.reader, HALL_KEY, post, self.terminal.class_of),
                ScanWorker(self.devices.scanner, post),
            ),
            self.link,
        )
        self.link.terminal = self.terminal
        self._changed = threading.Condition()
        self._state = self.terminal.state
        self._history: list[KioskState] = []
        self.terminal.on_state = self._note

    def __enter__(self) -> Self:
        self.devices.start()
        self.loop.post(self.terminal.start)
        self.loop.every(QUICK_TICK_S, self.terminal.tick)
        self.loop.start()
        self.until(lambda state: isinstance(state.page, p.Home))
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.stop()
        self.terminal.stop()
        self.devices.stop()
        self.record.close()

    def _note(self, state: KioskState) -> None:
        with self._changed:
            self._state = state
            self._history.append(state)
            self._changed.notify_all()

    @property
    def state(self) -> KioskState:
        """What the kiosk shows."""
        with self._changed:
            return self._state

    @property
    def history(self) -> list[KioskState]:
        """All that it has shown."""
        with self._changed:
            return list(self._history)

    def until(self, holds: Callable[[KioskState], bool]) -> KioskState:
        """Wait for a state; fail with what there is instead."""
        with self._changed:
            came = self._changed.wait_for(lambda: holds(self._state), PATIENCE_S)
            assert came, f"still {self._state}"
            return self._state

    def until_page(self, kind: type[p.Page]) -> p.Page:
        """Wait for a kind of page and return it."""
        return self.until(lambda state: isinstance(state.page, kind)).page

    def touch(self, touch: ev.Touch) -> None:
        """Touch the screen, once it is no longer deaf."""
        self.until(lambda state: state.now_s > state.deaf_until_s)
        self.loop.post(lambda: self.terminal.handle(touch))

    def show_until(self, code: str, holds: Callable[[KioskState], bool]) -> KioskState:
        """Hold a code to the scanner until it is understood."""
        for _ in range(8):
            self.devices.show_code(code)
            with self._changed:
                if self._changed.wait_for(lambda: holds(self._state), 2.0):
                    break
        self.devices.hide_code()
        return self.until(holds)

    def take_paper(self) -> str | None:
        """Take a paper, if one comes within a second."""
        pause = threading.Event()
        for _ in range(20):
            paper = self.devices.take_paper()
            if paper is not None:
                return paper
            pause.wait(0.05)
        return None

    def ticket_states(self) -> list[TicketState]:
        """How the hall sees its tickets."""
        return [ticket.state for ticket in self.hall.hall.state.tickets.values()]
