"""A client's link: `hallserver.client.paho_link.PahoLink` on the heap instead of two threads.

Session, outbox and codec are production code. What a thread does after another is an event a
moment later, so that a client may die between the two.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hallserver.client.outbox import MAX_OUTBOX_COMMANDS, RESEND_AFTER_S, OutboxFull
from hallserver.client.session import (
    STALE_AFTER_S,
    Deliver,
    Effect,
    Publish,
    Subscribe,
)
from hallserver.client.store import MemoryOutboxStore
from hallserver.client.subscriptions import Subscription
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived, Update
from hallserver.protocol.commands import Command
from hallserver.protocol.ids import ClientId, CommandId, CounterId, ZoneId
from hallserver.protocol.snapshots import (
    BoardSnapshot,
    CounterSnapshot,
    ServerInfo,
    VoiceSnapshot,
)
from tests.simulation.auditor import Auditor
from tests.simulation.broker import HANDSHAKE_S, HEARTBEAT_TOPIC, Broker
from tests.simulation.parts import Parts
from tests.simulation.wire import Connection, Message
from tests.simulation.world import NEVER_S, Life, World, demand

TICK_S = 0.25
THREAD_HOP_S = 0.000_2
MIN_RECONNECT_S = 0.2
MAX_RECONNECT_S = 2.0
SETTLED_AFTER_S = 5.0
FRESH_ENOUGH_S = 3.0
SAYS_STALE_WITHIN_S = 5.0
"""What is promised to people: a screen that is cut off says so within this."""


class SimLink:
    """One life of a client's link. `store` outlives it."""

    def __init__(
        self,
        world: World,
        life: Life,
        broker: Broker,
        auditor: Auditor,
        parts: Parts,
        client: ClientId,
        subscriptions: Sequence[Subscription],
        store: MemoryOutboxStore,
        on_update: Callable[[Update], None],
        *,
        life_number: int,
    ) -> None:
        self._world = world
        self._life = life
        self._broker = broker
        self._auditor = auditor
        self.client = client
        self._on_update = on_update
        self._name = f"{client}-{life_number}"
        self._made = 0
        self.outbox = parts.outbox(store)
        self.session = parts.session(client, subscriptions, self.outbox, broker.decode)
        self._unanswered = len(self.outbox)
        self.connection: Connection | None = None
        self._retry_s = MIN_RECONNECT_S
        self._connected_s = 0.0
        self._took_beat_s = -1.0
        self._called_s = 0.0
        self._ticks_at_s = NEVER_S
        self._sent_s = 0.0
        self.at_answer: Callable[[], None] | None = None
        """For faults between the outbox, which lets a command go, and the app."""
        self._newest: dict[tuple[type, Any], tuple[int, int]] = {}
        self._silent_since_s = world.now_s

    def start(self) -> None:
        """Begin to connect."""
        self._life.after(THREAD_HOP_S, self._connect)
        self._tick_soon()

    def stop(self) -> None:
        """Hang up."""
        if self.connection is not None:
            self._broker.cut(self.connection)

    def submit(self, command: Command) -> CommandId | OutboxFull:
        """Take a command; it reaches the outbox a moment later, as with threads."""
        if self._unanswered >= MAX_OUTBOX_COMMANDS:
            return OutboxFull()
        self._unanswered += 1
        self._made += 1
        command_id = CommandId(f"{self._name}-{self._made:06d}")
        self._life.after(THREAD_HOP_S, self._submitted, command_id, command)
        return command_id

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits for an answer and the link is live."""
        return self._unanswered == 0 and self.session.link is LinkState.LIVE

    def look(self) -> None:
        """Let the session see what time it is."""
        self.settle()
        self._perform(self.session.tick(self._now()))

    # The network.

    def _connect(self) -> None:
        if self.connection is not None:
            return
        self.connection = self._broker.connect(self.client, self)
        if self.connection is None:
            self._life.after(self._retry_s, self._connect)
            self._retry_s = min(self._retry_s * 2, MAX_RECONNECT_S)
        else:
            self._connected_s = self._world.now_s
            self._life.after(HANDSHAKE_S, self._accepted, self.connection)

    def _accepted(self, connection: Connection) -> None:
        if connection is self.connection:
            self._perform(self.session.connected(self._now()))
            self._link_changed()

    def lost(self, connection: Connection) -> None:
        """The connection is gone."""
        if connection is not self.connection:
            return
        self.connection = None
        if not self._life.is_alive:
            return
        if self._world.now_s - self._connected_s >= SETTLED_AFTER_S:
            self._retry_s = MIN_RECONNECT_S
        self._perform(self.session.lost(self._now()))
        self._life.after(self._retry_s, self._connect)
        self._retry_s = min(self._retry_s * 2, MAX_RECONNECT_S)

    def received(self, connection: Connection, message: Message) -> None:
        """A message came."""
        if not self._life.is_alive or connection is not self.connection:
            return
        now_s = self._world.now_s
        if now_s - self._took_beat_s > FRESH_ENOUGH_S:
            self._settle_beats(connection)
        if connection.quiet:
            self._settle_quiet(connection)
        if message.topic == HEARTBEAT_TOPIC:
            self._silent_since_s = now_s
        self._called_s = now_s
        effects = self.session.received(message.topic, message.payload, now_s)
        if effects:
            self._perform(effects)

    def settle(self) -> None:
        """Take what has come quietly up to now."""
        connection = self.connection
        if connection is not None and self._life.is_alive:
            self._settle_beats(connection)
            self._settle_quiet(connection)

    def look_up(self) -> None:
        """Take what has come quietly, as far as it is news: nothing is about to be lost."""
        connection = self.connection
        if connection is not None and self._life.is_alive:
            if self._world.now_s - self._took_beat_s > FRESH_ENOUGH_S:
                self._settle_beats(connection)
            if connection.quiet:
                self._settle_quiet(connection)

    def _settle_quiet(self, connection: Connection) -> None:
        message = connection.take_quiet()
        if message is not None:
            self._perform(self.session.received(message.topic, message.payload, self._now()))

    def _settle_beats(self, connection: Connection) -> None:
        """Take the newest heartbeat, as of when it came."""
        beat_s = self._broker.newest_beat_s(connection)
        if beat_s is None or beat_s <= self._took_beat_s:
            return
        self._took_beat_s = beat_s
        came_s = min(beat_s + connection.lag_s, self._world.now_s)
        self._silent_since_s = came_s = max(came_s, self._called_s)
        self._called_s = came_s
        effects = self.session.received(HEARTBEAT_TOPIC, self._broker.beat_payload, came_s)
        if effects:
            self._perform(effects)

    def beats_changed(self) -> None:
        """Heartbeats stop, or begin to come again."""
        if self._life.is_alive:
            self._tick_soon()

    # The session's thread.

    def _now(self) -> float:
        self._called_s = self._world.now_s
        return self._called_s

    def _submitted(self, command_id: CommandId, command: Command) -> None:
        self.look_up()
        self._auditor.submitted(self.client, command_id, command)
        effects = self.session.submit(command_id, command, self._now())
        if isinstance(effects, OutboxFull):
            demand(False, "an outbox takes what was counted for it", self.client)
            return
        demand(len(self.outbox) <= MAX_OUTBOX_COMMANDS, "no outbox exceeds its bound", self.client)
        self._perform(effects)
        self._tick_soon()

    def _tick_soon(self) -> None:
        if not self._needs_ticks():
            return
        tick_s = self._world.now_s + self._until_tick_s()
        if tick_s < self._ticks_at_s:
            self._ticks_at_s = tick_s
            self._world.plan(tick_s, self._life, self._tick, (tick_s,))

    def _until_tick_s(self) -> float:
        """Skip the ticks at which nothing can come of it."""
        now_s = self._world.now_s
        if self.session.link is not LinkState.LIVE:
            return TICK_S
        if len(self.outbox) > 0:
            return max(TICK_S, self._sent_s + RESEND_AFTER_S + 0.01 - now_s)
        return max(TICK_S, self._silent_since_s + STALE_AFTER_S + 0.01 - now_s)

    def _goes_forward(self, snapshot: Any) -> None:
        if isinstance(snapshot, ServerInfo):
            return
        place: CounterId | ZoneId | None = None
        if isinstance(snapshot, CounterSnapshot):
            place = snapshot.counter
        elif isinstance(snapshot, BoardSnapshot | VoiceSnapshot):
            place = snapshot.zone
        key, version = (type(snapshot), place), (snapshot.epoch, snapshot.version)
        before = self._newest.get(key)
        if before is not None and version <= before:
            demand(False, "what a client shows only goes forward", (self.client, before))
        self._newest[key] = version

    def _link_changed(self) -> None:
        self._tick_soon()
        if self.connection is not None:
            self._broker.wants_beats(self.connection, self.session.link is not LinkState.LIVE)

    def _needs_ticks(self) -> bool:
        """Whether anything can come of time alone."""
        if self.session.link is LinkState.STALE:
            return len(self.outbox) > 0 and self.connection is not None
        if self.session.link is not LinkState.LIVE:
            return True
        has_unsent = len(self.outbox) > 0 and self.connection is not None
        return has_unsent or not self._broker.is_beating_for(self.connection)

    def _tick(self, tick_s: float) -> None:
        if tick_s != self._ticks_at_s:
            return
        self._ticks_at_s = NEVER_S
        self.look()
        is_silent = self._world.now_s - self._silent_since_s >= SAYS_STALE_WITHIN_S
        demand(
            not (is_silent and self.session.link is LinkState.LIVE),
            "who hears nothing says so within 5 s",
            self.client,
        )
        self._tick_soon()

    def _perform(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, Deliver):
                self._deliver(effect.update)
            elif isinstance(effect, Publish):
                self._auditor.sent(self.client, effect.topic, effect.payload)
                self._sent_s = self._world.now_s
                if self.connection is not None:
                    sent = Message(effect.topic, effect.payload, effect.qos)
                    self.connection.up.send(sent)
            elif isinstance(effect, Subscribe) and self.connection is not None:
                self._broker.subscribe(self.connection, effect.subscriptions)

    def _deliver(self, update: Update) -> None:
        if isinstance(update, ReplyArrived):
            self._unanswered -= 1
            self._auditor.answered(self.client, update)
            if self.at_answer is not None:
                self.at_answer()
                if not self._life.is_alive:
                    return
        else:
            self._auditor.told(self.client, update)
            if isinstance(update, SnapshotArrived):
                self._goes_forward(update.snapshot)
            if isinstance(update, LinkChanged):
                self._link_changed()
        self._on_update(update)
