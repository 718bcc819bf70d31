"""A real hall in memory for terminals: their links, without a broker or a thread."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from hallserver.client.updates import (
    LinkChanged,
    LinkState,
    ReplyArrived,
    SnapshotArrived,
    Update,
)
from hallserver.domain import desk_view, views
from hallserver.domain.plan import HallPlan
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClientId, CommandId, CounterId, Epoch, ServiceId, TicketId
from hallserver.protocol.replies import Reply, Reservation
from hallserver.protocol.routes import COUNTER, counter_of, match_topic
from hallserver.protocol.snapshots import CounterSnapshot
from tests.helpers.halls import Played

EPOCH = Epoch(1)
DEADLINE_S = 30.0


def wait_for(is_done: Callable[[], bool], timeout_s: float = DEADLINE_S) -> None:
    """Wait until a condition holds that other threads or processes bring about."""
    ends_at, pause = time.monotonic() + timeout_s, threading.Event()
    while not is_done():
        assert time.monotonic() < ends_at, f"not within {timeout_s} s"
        pause.wait(0.02)


class MemoryLink:
    """What a terminal or a pad submits waits here for `HallForTerminals.hear`."""

    def __init__(self, hall: "HallForTerminals", client: str) -> None:
        self._hall = hall
        self.client = ClientId(client)
        self.submitted: list[c.Command] = []

    def submit(self, command: c.Command) -> CommandId:
        command_id = CommandId(f"{self.client}-{len(self.submitted):06}")
        self.submitted.append(command)
        self._hall.inbox.append((self.client, command_id, command))
        return command_id


class HallForTerminals:
    """Plays the writer: commands in order, each reply before the snapshots that it changed."""

    def __init__(self, plan: HallPlan | None = None) -> None:
        self.played = Played(plan)
        self.inbox: deque[tuple[ClientId, CommandId, c.Command]] = deque()
        self.outbox: deque[tuple[ClientId, Update]] = deque()
        self.told: list[tuple[ClientId, c.Command, Reply]] = []
        self._drop_changes()

    def _drop_changes(self) -> None:
        list(self.played.hall.changed(EPOCH))
        list(self.played.hall.changed_counts(EPOCH))

    def snapshot_of(self, counter: int) -> CounterSnapshot:
        return desk_view.counter(self.played.hall.state, CounterId(counter), EPOCH)

    def greet(self, clients: Iterable[str]) -> None:
        """Give new clients what is retained, and life."""
        for client in map(ClientId, clients):
            counter = counter_of(client)
            assert counter is not None
            for snapshot in (views.catalog(self.played.plan, EPOCH), self.snapshot_of(counter)):
                self.outbox.append((client, SnapshotArrived(snapshot)))
            self.outbox.append((client, LinkChanged(LinkState.LIVE)))

    def hear(self) -> None:
        """Answer all that waits; publish what changed."""
        while self.inbox:
            client, command_id, command = self.inbox.popleft()
            reply = self.played.send(client, command)
            self.told.append((client, command, reply))
            self.outbox.append((client, ReplyArrived(command_id, command, reply)))
            self.publish()

    def publish(self) -> None:
        """Send every counter that changed to its terminal."""
        hall = self.played.hall
        for changes in (hall.changed(EPOCH), hall.changed_counts(EPOCH)):
            for topic, snapshot in changes:
                matched = match_topic(topic)
                assert matched is not None
                route, place = matched
                if route is COUNTER:
                    self.outbox.append((ClientId(f"counter-{place}"), SnapshotArrived(snapshot)))

    def take_number(self, service: str) -> TicketId:
        """A visitor takes a printed number."""
        reserved = self.played.send("kiosk-01", c.ReserveTicket(ServiceId(service)))
        assert isinstance(reserved, Reservation)
        self.played.send("kiosk-01", c.ConfirmPrinted(reserved.ticket))
        self.publish()
        return reserved.ticket
