"""The crowd: kiosks, people, boards; who waits for what, and when everybody has been through."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from devices.printer.simulator import PrinterFault
from hallserver.client.outbox import OutboxStore
from hallserver.client.paho_link import PahoLink
from hallserver.client.record import NullRecord, Record
from hallserver.client.settings import LinkSettings
from hallserver.client.store import MemoryOutboxStore, SqliteOutboxStore
from hallserver.client.subscriptions import Subscription, subscriptions_for
from hallserver.client.updates import SnapshotArrived, Update
from hallserver.protocol.ids import ClientId, TicketNumber, ZoneId
from hallserver.protocol.snapshots import BoardSnapshot, Catalog
from hallserver.protocol.states import TicketState
from kiosk.crowd import errands
from kiosk.crowd.people import Person, arrival_gap_s, make_person
from kiosk.crowd.place import Errand, Place
from kiosk.loop import OwnerLoop
from kiosk.simulated import Album, ScanKind, SimulatedDevices
from kiosk.spool import MemorySpool, PrintStage, Spool, SqliteSpool
from kiosk.terminal import TICK_S, Devices, KioskTerminal, ticket_of_token
from kiosk.workers import CardWorker, PrinterWorker, ScanWorker
from ui.kit.rating_tags import RatingTags

CATALOG_S: Final = 30.0
LOOK_S: Final = 1.0
ASK_AFTER_S: Final = 4.0
"""When nobody waits for the service any more and the boards said nothing: ask at a kiosk."""

ASK_AGAIN_S: Final = 6.0
TICKETS_A_ROLL: Final = 120
REFILL_S: Final = 20.0
HANDS: Final = 2

_OVER: Final = frozenset(
    {
        TicketState.COMPLETED,
        TicketState.NO_SHOW,
        TicketState.VOIDED,
        TicketState.CANCELLED,
        TicketState.EXPIRED,
    }
)


@dataclass(frozen=True)
class CrowdSettings:
    """What a crowd is told."""

    links: tuple[LinkSettings, ...]
    hall_key: bytes
    tags: RatingTags
    time_zone: ZoneInfo
    state_dir: Path | None
    devices_dir: Path
    album: Album | None
    people: int
    speed: float
    seed: int
    scan: ScanKind | None

    def __repr__(self) -> str:
        """Show nothing: keys and passwords are among it."""
        return "CrowdSettings()"


class NamedRecord(NullRecord):
    """A record whose every line says which kiosk it is about."""

    def __init__(self, record: Record, kiosk: ClientId) -> None:
        super().__init__()
        self._record = record
        self._kiosk = kiosk

    def note(self, kind: str, **fields: object) -> None:
        """Write one line."""
        self._record.note(kind, kiosk=self._kiosk, **fields)


def catalog_of(link: LinkSettings, stopping: threading.Event) -> Catalog | None:
    """Ask the hall what it is like; None when it does not say in time, or we are stopped."""
    found: list[Catalog] = []
    came = threading.Event()

    def take(update: Update) -> None:
        if isinstance(update, SnapshotArrived) and isinstance(update.snapshot, Catalog):
            found.append(update.snapshot)
            came.set()

    asking = PahoLink(link, subscriptions_for(link.client), MemoryOutboxStore(), take)
    asking.start()
    gives_up_s = time.monotonic() + CATALOG_S
    while not (came.wait(0.2) or stopping.is_set() or time.monotonic() > gives_up_s):
        continue
    asking.stop()
    return found[0] if found else None


class Crowd:
    """All of it. `start`, wait for `is_done`, `stop`."""

    def __init__(self, settings: CrowdSettings, catalog: Catalog, record: Record) -> None:
        """Build kiosks with their devices and links; nothing moves yet."""
        self.finished = threading.Event()
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._catalog = catalog
        self._record = record
        self._random = Random(settings.seed)
        self._loop = OwnerLoop()
        self._hands = ThreadPoolExecutor(HANDS, "hand")
        self._people = 0
        self._holding: dict[TicketNumber, Person] = {}
        self._boards: dict[ZoneId, BoardSnapshot] = {}
        zones = tuple({service.zone: None for service in catalog.offered})
        self._places = [
            self._make_place(index, link, zones if index == 0 else ())
            for index, link in enumerate(settings.links)
        ]

    def _make_place(self, index: int, link: LinkSettings, zones: Sequence[ZoneId]) -> Place:
        settings = self._settings
        record = NamedRecord(self._record, link.client)
        spool, store = self._stores(link.client)
        terminal = KioskTerminal(
            self._loop.post,
            time.monotonic,
            spool,
            record,
            tags=settings.tags,
            time_zone=settings.time_zone,
        )
        random = Random(f"{settings.seed} {link.client}")
        kind = ScanKind.CAMERA if index % 3 == 0 else ScanKind.ENGINE
        devices = SimulatedDevices(
            settings.devices_dir / link.client,
            random,
            record,
            scan=settings.scan or kind,
            album=settings.album,
            is_scrap_suspected=any(
                leftover.stage is PrintStage.PRINTING for leftover in spool.leftovers()
            ),
        )
        post = terminal.post_event
        subscriptions: tuple[Subscription, ...] = subscriptions_for(link.client, zones)
        terminal.connect(
            Devices(
                printer=PrinterWorker(devices.printer, spool, post),
                reader=CardWorker(devices.reader, settings.hall_key, post, terminal.class_of),
                scanner=ScanWorker(devices.scanner, post),
            ),
            PahoLink(link, subscriptions, store, terminal.updated),
        )
        terminal.on_board = self._board_changed
        return Place(
            link.client,
            terminal,
            devices,
            self._loop,
            self._hands,
            random=random,
            speed=settings.speed,
        )

    def _stores(self, client: ClientId) -> tuple[Spool, OutboxStore]:
        if self._settings.state_dir is None:
            return MemorySpool(), MemoryOutboxStore()
        folder = self._settings.state_dir / client
        outbox = SqliteOutboxStore(folder / f"{client}.outbox.sqlite")
        return SqliteSpool(folder / f"{client}.spool.sqlite"), outbox

    # Life.

    def start(self) -> None:
        """Power on, connect, and let people in."""
        for place in self._places:
            place.devices.start()
            self._loop.post(place.terminal.start)
            self._loop.every(TICK_S, place.terminal.tick)
            self._wear_out(place)
        self._loop.every(LOOK_S, self._look_around)
        self._loop.later(0.0, self._let_in)
        self._loop.start()

    def stop(self) -> None:
        """End every thread and simulator; unanswered commands are in the outboxes."""
        self._loop.stop()
        self._hands.shutdown()
        stoppers = [threading.Thread(target=self._stop_place, args=(p,)) for p in self._places]
        for stopper in stoppers:
            stopper.start()
        for stopper in stoppers:
            stopper.join()

    @staticmethod
    def _stop_place(place: Place) -> None:
        place.terminal.stop()
        place.devices.stop()

    def progress(self) -> dict[str, int]:
        """Count what has happened so far; from any thread."""
        return {
            "people": self._people,
            "holding": len(self._holding),
            "in_line": sum(len(place.line) for place in self._places),
            **dict(self.counts),
        }

    # People.

    def _let_in(self) -> None:
        gap_s = 0.0
        while self._people < self._settings.people and gap_s == 0.0:
            self._people += 1
            person = make_person(self._people, self._catalog, self._random)
            self._send(partial(self._take_ticket, person))
            gap_s = arrival_gap_s(self._random, len(self._places), self._settings.speed)
        if self._people < self._settings.people:
            self._loop.later(gap_s, self._let_in)

    def _take_ticket(self, person: Person, place: Place) -> Errand:
        return errands.take_ticket(place, person, self._got_ticket, self._got_none)

    def _send(self, errand: Callable[[Place], Errand]) -> None:
        """Join the shortest line."""
        shortest = min(len(place.line) + (not place.is_free) for place in self._places)
        choices = [p for p in self._places if len(p.line) + (not p.is_free) == shortest]
        self._random.choice(choices).queue_up(errand)

    def _got_ticket(self, person: Person) -> None:
        if person.ticket_number is None:
            raise RuntimeError("a ticket without a number")
        self.counts["tickets"] += 1
        self._record.note(
            "took",
            ticket=ticket_of_token(person.token or ""),
            way=person.way,
            card=person.card.kind if person.card else None,
        )
        person.got_ticket_at_s = person.asks_at_s = time.monotonic()
        self._holding[person.ticket_number] = person

    def _got_none(self, person: Person) -> None:
        """Try another kiosk, as people do; give up in the end."""
        self.counts["failures"] += 1
        if person.failures >= errands.MAX_FAILURES:
            self._went_home("gave_up")
            return
        self._loop.later(LOOK_S, lambda: self._send(partial(self._take_ticket, person)))

    def _went_home(self, why: str) -> None:
        self.counts[why] += 1
        self.counts["gone"] += 1
        if self.counts["gone"] == self._settings.people:
            self.finished.set()

    # Waiting for the call.

    def _board_changed(self, board: BoardSnapshot) -> None:
        self._boards[board.zone] = board
        self._read(board)

    def _read(self, board: BoardSnapshot) -> None:
        for call in board.calls:
            person = self._holding.get(call.number)
            if person is not None:
                person.seen = call.state
                self._leave_if_over(person)

    def _leave_if_over(self, person: Person) -> None:
        """Leave, by way of a kiosk if there is a rating to give. Who is at a kiosk ends there."""
        if person.seen not in _OVER or person.is_asking or person.ticket_number is None:
            return
        del self._holding[person.ticket_number]
        if person.seen is TicketState.COMPLETED and person.stars:
            self._send(partial(self._rate, person))
        else:
            self._went_home("missed" if person.seen is TicketState.NO_SHOW else "served")

    def _rate(self, person: Person, place: Place) -> Errand:
        return errands.show_ticket(place, person, self._rated)

    def _rated(self, _: Person) -> None:
        self._went_home("served")

    def _look_around(self) -> None:
        """Find those whom the boards have forgotten: nobody waits in their line any more."""
        load = self._places[0].state.load
        if load is None:
            return
        now_s = time.monotonic()
        for board in self._boards.values():
            self._read(board)  # somebody may have been called before they had taken the paper
        on_boards = {call.number for board in self._boards.values() for call in board.calls}
        for person in list(self._holding.values()):
            line = load.services.get(person.service)
            is_line_empty = line is None or line.waiting == 0
            is_due = now_s - person.asks_at_s >= ASK_AFTER_S and not person.is_asking
            if is_due and is_line_empty and person.ticket_number not in on_boards:
                person.is_asking = True
                self._send(partial(self._ask, person))

    def _ask(self, person: Person, place: Place) -> Errand:
        return errands.show_ticket(place, person, self._told)

    def _told(self, person: Person) -> None:
        person.is_asking = False
        person.asks_at_s = time.monotonic() + ASK_AGAIN_S - ASK_AFTER_S
        self._leave_if_over(person)

    # Machines.

    def _wear_out(self, place: Place) -> None:
        """Let the paper end now and then, in the middle of a ticket, and be refilled."""
        printer = place.devices.printer_simulator
        rows = place.random.randrange(1, TICKETS_A_ROLL) * 900 + place.random.randrange(900)
        printer.inject(PrinterFault.PAPER_END, after_rows=rows)

        def look() -> None:
            if PrinterFault.PAPER_END in printer.faults:
                self._record.note("refilled", kiosk=place.name)
                printer.refill()
                rows = TICKETS_A_ROLL * 900 + place.random.randrange(900)
                printer.inject(PrinterFault.PAPER_END, after_rows=rows)

        speed = self._settings.speed
        self._loop.every(max(LOOK_S, REFILL_S / speed if speed else 0.0), look)
