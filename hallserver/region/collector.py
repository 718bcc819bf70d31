"""The collector at work: what waits is read, committed, acknowledged and answered. One thread."""

import logging
import threading
from collections.abc import Callable, Sequence, Set

from hallserver.notices import Notices
from hallserver.protocol.region import LINES, JournalConfirmed, RegionHall, hall_of
from hallserver.region.intake import Incoming, read_message
from hallserver.region.link import Arrived, CollectorLink
from hallserver.region.store import RegionStore, StoreGoneError

LOOK_EVERY_S = 1.0
SAY_EVERY_MS = 60_000
MAX_NAMED = 5
MIN_RETRY_S = 0.2
MAX_RETRY_S = 5.0

_LOG = logging.getLogger(__name__)


class Collector:
    """Everything happens in the thread that calls `run`."""

    def __init__(
        self,
        link: CollectorLink,
        open_store: Callable[[], RegionStore],
        now_ms: Callable[[], int],
        say: Callable[[str], None],
    ) -> None:
        """`now_ms` never goes back; `say` tells people what is collected, a line at a time."""
        self._link = link
        self._open_store = open_store
        self._store: RegionStore | None = None
        self._now_ms = now_ms
        self._say = say
        self._notices = Notices(_LOG)
        self._should_stop = threading.Event()
        self._known: set[RegionHall] = set()
        self._halls: set[RegionHall] = set()
        self._messages = 0
        self._lines = 0
        self._said_ms = now_ms()
        self.transactions = 0

    def stop(self) -> None:
        """Let `run` return. From any thread, or a signal's handler."""
        self._should_stop.set()
        self._link.wake()

    def run(self) -> None:
        """Collect until `stop`. Raises StoreError and SchemaError; waits for a database that is
        away."""
        try:
            while not self._should_stop.is_set():
                arrived = self._link.take(LOOK_EVERY_S)
                if arrived:
                    self._collect(arrived)
                self._look()
        finally:
            self._drop_store()

    def _collect(self, arrived: Sequence[Arrived]) -> None:
        messages = [message for each in arrived if (message := self._read(each)) is not None]
        answers = self._commit(messages) if messages else {}
        if answers is None:
            return  # we are to stop, and nothing is known: the broker keeps the messages
        self._link.acknowledge(arrived)
        self._link.answer(answers.items())
        for hall, answer in answers.items():
            if answer.refused is not None:
                self._notices.note(f"hall {hall}: lines refused: {answer.refused}")

    def _read(self, arrived: Arrived) -> Incoming | None:
        hall = hall_of(LINES, arrived.topic)
        if hall is None:
            self._notices.note("a message on a foreign topic was dropped")
            return None
        message = read_message(hall, arrived.payload)
        if message is None:
            self._notices.note(f"hall {hall}: a message that cannot be read was dropped")
        return message

    def _commit(self, messages: Sequence[Incoming]) -> dict[RegionHall, JournalConfirmed] | None:
        """Store, and again after the database came back; None when we have to stop first."""
        wait_s, said = MIN_RETRY_S, ""
        while not self._should_stop.is_set():
            try:
                if self._store is None:
                    self._store = self._open_store()
                answers = self._store.store(messages)
            except StoreGoneError as error:
                self._drop_store()
                if str(error) != said:
                    said = str(error)
                    _LOG.warning("the database is away, the halls wait: %s", said)
                self._should_stop.wait(wait_s)
                wait_s = min(2 * wait_s, MAX_RETRY_S)
                continue
            if said:
                _LOG.info("the database is back")
            self.transactions += 1
            self._say_new(answers.keys() - self._known)
            self._halls.update(answers)
            self._messages += len(messages)
            self._lines += sum(len(each.lines) for each in messages)
            return answers
        return None

    def _say_new(self, halls: Set[RegionHall]) -> None:
        """Say who is heard for the first time since the start."""
        if not halls:
            return
        self._known |= halls
        names = sorted(halls)
        more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        self._say(f"heard: {', '.join(names[:MAX_NAMED])}{more}; {len(self._known)} halls so far")

    def _drop_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _look(self) -> None:
        now_ms = self._now_ms()
        self._notices.look(now_ms)
        if now_ms - self._said_ms < SAY_EVERY_MS:
            return
        self._said_ms = now_ms
        if self._messages:
            self._say(
                f"{len(self._halls)} halls, {self._messages} messages, {self._lines} lines "
                "in the last minute"
            )
        self._halls.clear()
        self._messages = self._lines = 0
