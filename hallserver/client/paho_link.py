"""The link of a client to its hall: the session, carried by paho-mqtt.

Two threads: one moves bytes (`paho_network`), one owns the session and the outbox, and calls
`on_update`. Nothing that an app calls waits for the network or the disk.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hallserver.client.ids import new_command_id
from hallserver.client.mailbox import Mailbox, MailboxClosedError
from hallserver.client.outbox import MAX_OUTBOX_COMMANDS, Outbox, OutboxFull, OutboxStore
from hallserver.client.paho_connection import CONNECT_TIMEOUT_S
from hallserver.client.paho_network import (
    Connected,
    Connection,
    Lost,
    NetworkEvent,
    PahoNetwork,
    Received,
)
from hallserver.client.session import Deliver, Effect, Publish, Session, Subscribe
from hallserver.client.settings import LinkSettings
from hallserver.client.subscriptions import Subscription
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, Update
from hallserver.protocol.commands import Command
from hallserver.protocol.ids import CommandId

TICK_S = 0.25
STOP_TIMEOUT_S = CONNECT_TIMEOUT_S + 2.0

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Submitted:
    command_id: CommandId
    command: Command


class PahoLink:
    """A client's link. Every method may be called from any thread, `on_update` too."""

    def __init__(
        self,
        settings: LinkSettings,
        subscriptions: Sequence[Subscription],
        store: OutboxStore,
        on_update: Callable[[Update], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take over `store`, which `stop` closes. Raises OSError when `ca_file` is unreadable.

        `on_update` is called in order from one thread, never after `stop` returned. It has to be
        quick and may call `submit`; what it raises is a bug and ends the link, which says STALE.
        """
        self._client = settings.client
        self._store = store
        self._on_update = on_update
        self._clock = clock
        self._outbox = Outbox(store)
        self._session = Session(settings.client, subscriptions, self._outbox)
        self._mailbox: Mailbox[NetworkEvent | _Submitted] = Mailbox()
        self._network = PahoNetwork(settings, self._mailbox.put_when_room)
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._unanswered = len(self._outbox)
        self._malformed_said = 0
        self._worker = threading.Thread(
            target=self._work, name=f"link {settings.client}", daemon=True
        )

    def start(self) -> None:
        """Begin to connect. Once only."""
        self._worker.start()
        self._network.start()

    def submit(
        self, command: Command, command_id: CommandId | None = None
    ) -> CommandId | OutboxFull:
        """Hand over a command; its `ReplyArrived` carries the id that is returned here.

        Does not wait. OutboxFull when too many commands are unanswered, or after `stop`. Who gives
        a `command_id` says that whatever has this id is one and the same command: while it waits
        already, from before a restart too, it is not taken again, and has one answer.
        """
        with self._lock:
            if self._unanswered >= MAX_OUTBOX_COMMANDS:
                return OutboxFull()
            self._unanswered += 1
        command_id = command_id or new_command_id()
        if not self._mailbox.put(_Submitted(command_id, command)):
            return OutboxFull(limit=0)
        return command_id

    def stop(self) -> None:
        """Store what was submitted, hang up, close the store. May be called twice."""
        self._mailbox.close()  # first, so that a network thread that waits for room goes on
        self._network.stop(STOP_TIMEOUT_S)
        if self._worker.ident is None:
            self._store.close()
        elif threading.current_thread() is not self._worker:
            self._worker.join(STOP_TIMEOUT_S)

    def _work(self) -> None:
        try:
            self._serve()
        except BaseException:
            # The thread ends and the process's hook hears of it, but no screen may go on
            # believing that it is live.
            self._on_update(LinkChanged(LinkState.STALE))
            raise
        finally:
            self._mailbox.close()
            self._store.close()

    def _serve(self) -> None:
        tick_at_s = self._clock()
        while True:
            try:
                item = self._mailbox.take(max(0.0, tick_at_s - self._clock()))
            except MailboxClosedError:
                return
            now_s = self._clock()
            if item is not None:
                self._perform(self._handle(item, now_s))
            if now_s >= tick_at_s:
                tick_at_s = now_s + TICK_S
                self._perform(self._session.tick(now_s))
                self._report_malformed()

    def _handle(self, item: NetworkEvent | _Submitted, now_s: float) -> tuple[Effect, ...]:
        match item:
            case Received(topic, payload):
                return self._session.received(topic, payload, now_s)
            case Connected(connection):
                self._connection = connection
                return self._session.connected(now_s)
            case Lost():
                self._connection = None
                return self._session.lost(now_s)
            case _Submitted(command_id) if command_id in self._outbox:
                self._note_one_less()
                return ()
            case _Submitted(command_id, command):
                effects = self._session.submit(command_id, command, now_s)
                if isinstance(effects, OutboxFull):  # `submit` counts the same commands
                    raise RuntimeError("outbox fuller than counted")  # noqa: TRY004 (no type error)
                return effects

    def _perform(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case Deliver(update):
                    if isinstance(update, ReplyArrived):
                        self._note_one_less()
                    self._on_update(update)
                case Publish(topic, payload, qos):
                    if self._connection is not None:
                        self._connection.publish(topic, payload, qos)
                case Subscribe(subscriptions):
                    if self._connection is not None:
                        self._connection.subscribe(subscriptions)

    def _note_one_less(self) -> None:
        with self._lock:
            self._unanswered -= 1

    def _report_malformed(self) -> None:
        count = self._session.malformed_messages
        if count > self._malformed_said:  # at most one line a tick
            _LOG.warning(
                "%s: %d messages were not what their topic promises and were dropped",
                self._client,
                count - self._malformed_said,
            )
            self._malformed_said = count
