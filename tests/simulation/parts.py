"""The production parts that a simulated day is made of. A test may put a faulty one in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hallserver.client.outbox import Outbox
from hallserver.client.session import Session
from hallserver.client.store import MemoryOutboxStore
from hallserver.clock import HallClock
from hallserver.hall import Hall
from hallserver.mailbox import Mailbox
from hallserver.writer import Writer
from kiosk.spool import MemorySpool
from kiosk.terminal import KioskTerminal
from tests.simulation.broker import Broker
from tests.simulation.journal import MemoryJournal
from ui.callscreen import flow as callscreen
from ui.counter.terminal import Terminal
from ui.ratingpad import flow as ratingpad


class CredulousClock(HallClock):
    """Follows a leap at once that the product's follows after ten minutes: days here are short."""

    SETTLES_MS = 0


@dataclass(frozen=True)
class Parts:
    """Classes and functions, each as it is in the product; journal and broker are models."""

    hall: type[Hall] = Hall
    writer: type[Writer] = Writer
    clock: type[HallClock] = CredulousClock
    mailbox: type[Mailbox] = Mailbox
    journal: type[MemoryJournal] = MemoryJournal
    broker: type[Broker] = Broker
    session: type[Session] = Session
    outbox: type[Outbox] = Outbox
    outbox_store: type[MemoryOutboxStore] = MemoryOutboxStore
    spool: type[MemorySpool] = MemorySpool
    kiosk: type[KioskTerminal] = KioskTerminal
    terminal: type[Terminal] = Terminal
    step_screen: Callable[[Any, Any], Any] = callscreen.step
    step_pad: Callable[[Any, Any], Any] = ratingpad.step


PRODUCT = Parts()
