"""The link as Qt apps see it: updates arrive as a signal in the GUI thread."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal, Slot

from hallserver.client.outbox import OutboxFull, OutboxStore
from hallserver.client.paho_link import PahoLink
from hallserver.client.settings import LinkSettings
from hallserver.client.subscriptions import Subscription
from hallserver.client.updates import Update
from hallserver.protocol.commands import Command
from hallserver.protocol.ids import CommandId


class QtLink(QObject):
    """A `PahoLink` whose updates are delivered in the thread that this object lives in."""

    updated = Signal(object)
    """An `Update`. Connect before `start`."""

    _arrived = Signal(object)

    def __init__(
        self,
        settings: LinkSettings,
        subscriptions: Sequence[Subscription],
        store: OutboxStore,
        parent: QObject | None = None,
    ) -> None:
        """Take over `store`, which `stop` closes. Raises OSError when `ca_file` is unreadable."""
        super().__init__(parent)
        self._is_stopped = False
        # By way of a slot of this object, so that whatever is connected to `updated` runs in its
        # thread, and what is still under way when `stop` is called ends here.
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._link = PahoLink(settings, subscriptions, store, self._arrived.emit)

    def start(self) -> None:
        """Begin to connect. Once only."""
        self._link.start()

    def submit(self, command: Command) -> CommandId | OutboxFull:
        """Hand over a command without waiting; its `ReplyArrived` carries the returned id."""
        return self._link.submit(command)

    def stop(self) -> None:
        """Store what was submitted and hang up; no update is delivered after it."""
        self._is_stopped = True
        self._link.stop()

    @Slot(object)
    def _deliver(self, update: Update) -> None:
        if not self._is_stopped:
            self.updated.emit(update)
