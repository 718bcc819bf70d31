"""Asks the hall one harmless thing after another, to see when it answers."""

import queue
import time

from hallserver.client.paho_link import PahoLink
from hallserver.client.settings import LinkSettings
from hallserver.client.store import MemoryOutboxStore
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import ReplyArrived, Update
from hallserver.protocol.commands import ShowTicket
from hallserver.protocol.ids import CommandId, TicketToken

NO_TOKEN = TicketToken("JH1.nobody.0")
"""Of no ticket: the answer is a refusal, which is stored and sent like every other."""


class Probe:
    """A client whose only interest is an answer: it comes when it is in the journal."""

    def __init__(self, settings: LinkSettings) -> None:
        self._answers: queue.SimpleQueue[tuple[CommandId, int]] = queue.SimpleQueue()
        subscriptions = subscriptions_for(settings.client)
        self._link = PahoLink(settings, subscriptions, MemoryOutboxStore(), self._hear)
        self._link.start()

    def _hear(self, update: Update) -> None:
        if isinstance(update, ReplyArrived):
            self._answers.put((update.command_id, time.monotonic_ns()))

    def ask(self, timeout_s: float) -> int | None:
        """Ask now; return when the answer came (monotonic ns), None when it did not in time."""
        asked = self._link.submit(ShowTicket(NO_TOKEN))
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                answered, at_ns = self._answers.get(timeout=max(0.0, deadline_s - time.monotonic()))
            except queue.Empty:
                return None
            if answered == asked:
                return at_ns

    def stop(self) -> None:
        """Hang up."""
        self._link.stop()
