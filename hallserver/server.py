"""The server's loop: what waits is answered, committed, acknowledged and said. One thread.

Crash-only: when the journal fails or the hall contradicts itself, nothing more is said and the
process ends; it is started anew from the journal.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Protocol, Self

from hallserver.mailbox import Delivery, Mailbox
from hallserver.writer import MAX_BATCH_COMMANDS, Outbound, Writer

HEARTBEAT_EVERY_MS = 1_000
COUNTS_EVERY_MS = 250
"""How often screens hear how many wait; also how often the hall looks at the clock."""
GREETING_TIMEOUT_S = 2.0
STOP_TIMEOUT_S = 3.0

_LOG = logging.getLogger(__name__)


class TakenOverError(Exception):
    """Another server uses this server's account at the broker."""


class Link(Protocol):
    """What the loop needs of the link to the broker; see `hallserver.mqtt.BrokerLink`."""

    is_taken_over: bool

    def start(self) -> None:
        """Begin to connect."""

    def stop(self, timeout_s: float) -> None:
        """Hang up in order."""

    def abandon(self) -> None:
        """Say nothing more."""

    def move(self, timeout_s: float) -> None:
        """Send, and take in what is there; wait for it, for `wake` or for the time."""

    def take_new_connection(self) -> bool:
        """Whether there is a connection on which nothing was said yet."""

    def publish(self, outbound: Iterable[Outbound]) -> None:
        """Send."""

    def flush(self, timeout_s: float) -> bool:
        """Wait until the broker has it."""


def _nobody_else() -> None:
    """Nobody else can have this journal."""


class Server:
    """A running hall: mailbox, writer and link, and the thread that `run` is called in."""

    def __init__(
        self,
        writer: Writer,
        mailbox: Mailbox,
        link: Link,
        elapsed_ms: Callable[[], int],
        *,
        name: str,
        close: Callable[[], None],
        wake: Callable[[], None],
        look: Callable[[], None] = _nobody_else,
    ) -> None:
        """`elapsed_ms` is the hall's own clock; `name` says in the log what is served.

        `wake` ends the link's `move` from anywhere.

        `close` gives back what was opened for this server. `look` is called before anything is
        said, and raises when somebody else speaks for the hall (`hallserver.guard`).
        """
        self._writer = writer
        self._mailbox = mailbox
        self._link = link
        self._elapsed_ms = elapsed_ms
        self._name = name
        self._close = close
        self._wake = wake
        self._look = look
        self._is_stopping = False
        self._heartbeat_at_ms = 0
        self._counts_at_ms = 0

    def stop(self) -> None:
        """Let `run` finish what it is at and return. From any thread, or a signal's handler."""
        self._is_stopping = True
        self._wake()

    def close(self) -> None:
        """Give back the journal and what else was opened. May be called twice."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self) -> None:
        """Serve until `stop`. Raises TakenOverError, and whatever the journal or the hall raise."""
        try:
            self._say(self._writer.process())  # the day is open before anything else
            self._link.start()
            while not self._is_stopping:
                self._link.move(0 if len(self._mailbox) else self._pause_s())
                self._serve(self._mailbox.take(MAX_BATCH_COMMANDS))
        except BaseException:
            self._link.abandon()
            raise
        self._link.stop(STOP_TIMEOUT_S)
        _LOG.info("stopped")

    def _serve(self, batch: list[Delivery]) -> None:
        if batch or not self._pause_s():
            # Who asked hears first, then the screens, and the broker when nobody waits any more.
            self._say(self._writer.commit([delivery.inbound for delivery in batch]))
            self._say(self._writer.changed())
            for delivery in batch:
                delivery.acknowledge()
        else:
            self._look()
        if self._link.is_taken_over:
            raise TakenOverError("another server uses this server's account at the broker")
        if self._link.take_new_connection():
            self._greet()
        self._keep_time()

    def _say(self, outbound: Iterable[Outbound]) -> None:
        self._look()
        self._link.publish(outbound)

    def _greet(self) -> None:
        self._say((*self._writer.everything(), self._writer.heartbeat()))
        if self._link.flush(GREETING_TIMEOUT_S):
            _LOG.info("ready: %s", self._name)

    def _keep_time(self) -> None:
        now_ms = self._elapsed_ms()
        if now_ms >= self._counts_at_ms:
            self._counts_at_ms = now_ms + COUNTS_EVERY_MS
            self._say(self._writer.changed_counts())
        if now_ms >= self._heartbeat_at_ms:
            self._heartbeat_at_ms = now_ms + HEARTBEAT_EVERY_MS
            self._say((self._writer.heartbeat(),))

    def _pause_s(self) -> float:
        due_ms = min(self._counts_at_ms, self._heartbeat_at_ms) - self._elapsed_ms()
        return max(0, due_ms) / 1_000
