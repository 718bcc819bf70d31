"""The hall server's process: writer, mailbox and hall are production code, the loop is its model.

The steps of `hallserver.server.Server` in their order, on the heap instead of a thread: take what
waits, decide and commit, acknowledge, publish. It may die between any two of them; its supervisor
starts it anew from the journal.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from hallserver.domain.plan import HallPlan
from hallserver.hall import Hall
from hallserver.mailbox import MAILBOX_BOUND, MAX_WAITING_OF_A_CLIENT, Delivery
from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import SERVER_CLIENT
from hallserver.writer import MAX_BATCH_COMMANDS, Inbound, Outbound, Writer, fold, read_inbound
from tests.helpers.halls import KEY
from tests.simulation.broker import HANDSHAKE_S, HEARTBEAT_TOPIC, Broker
from tests.simulation.journal import DiskFailedError, MemoryJournal, ServerDiedError
from tests.simulation.parts import Parts
from tests.simulation.wire import Connection, Message
from tests.simulation.world import Life, World, demand

HEARTBEAT_EVERY_S = 1.0
COUNTS_EVERY_S = 0.25
LOOK_EVERY_S = 5.0
"""The real loop looks at the clock every 0.25 s; nothing but the day's change comes of it."""
RECONNECT_S = 0.3
SILENT_COMMIT_S = 1.0
"""While a commit takes so long a heartbeat is missed."""
USUAL_COMMIT_S = (0.000_5, 0.004)
PASSWORD = "right-5ec2e75ec2e7"


def check_password(account: str, password: str) -> bool:
    """Accept one password for every account."""
    return bool(account) and password == PASSWORD


class ServerProcess:
    """The server over all its lives."""

    def __init__(
        self,
        world: World,
        broker: Broker,
        journal: MemoryJournal,
        plan: HallPlan,
        parts: Parts,
        on_publish: Callable[[Outbound], None],
        on_acknowledged: Callable[[Inbound], None],
    ) -> None:
        self._world = world
        self._broker = broker
        self._journal = journal
        self._plan = plan
        self._parts = parts
        self._on_publish = on_publish
        self._on_acknowledged = on_acknowledged
        self._disk = world.rng("disk")
        self._life = Life(world)
        self._life.end()
        self._connection: Connection | None = None
        self._is_ready = False
        self._is_busy = False
        self._is_serve_due = False
        self._is_counts_due = False
        self.writer: Writer | None = None
        self.hall: Hall | None = None
        self.slow_commit_s = 0.0
        self.publishes_before_death: int | None = None
        self.restart_s = (0.3, 4.0)
        self.deaths = 0
        self.max_waiting = 0
        self.dropped = 0
        self._waiting: Counter[ClientId] = Counter()

    @property
    def is_up(self) -> bool:
        """Whether the process lives."""
        return self._life.is_alive

    @property
    def connection(self) -> Connection | None:
        """The connection to the broker, if there is one."""
        return self._connection

    @property
    def is_quiet(self) -> bool:
        """Whether it is up, connected and has nothing left to do."""
        is_idle = not (self._is_busy or self._is_serve_due or self._is_counts_due)
        return self.is_up and self._is_ready and is_idle and not len(self._mailbox)

    # Life.

    def start(self) -> None:
        """Start from the journal, as `hallserver.bootstrap.build_server` does."""
        self._life = Life(self._world)
        self._is_busy = self._is_serve_due = self._is_counts_due = False
        world, parts = self._world, self._parts
        clock = parts.clock.after(self._journal.last_clock, world.wall_s, world.mono_s)
        epoch = self._journal.begin_epoch(clock.now())
        self.hall = parts.hall(self._plan, KEY, check_password)
        fold(self.hall, self._journal.open_day())
        self.writer = parts.writer(
            self.hall,
            self._journal,
            clock.now,
            epoch=epoch,
            hall_id=self._plan.id,
            server_version="0",
        )
        self._mailbox = parts.mailbox()
        self._waiting.clear()
        self._broker.server_is_busy(False)
        world.say("server", f"starts, epoch {epoch}, line {self._journal.last_seq}")
        if self._process([]) is not None:
            self._connect()
            self._life.after(HEARTBEAT_EVERY_S, self._beat)
            self._life.after(LOOK_EVERY_S, self._look)

    def die(self, why: str) -> None:
        """End at once; the supervisor starts it anew."""
        if not self._life.is_alive:
            return
        self._life.end()
        self.deaths += 1
        self._world.say("server", f"dies: {why}")
        self._is_ready = False
        if self._connection is not None:
            self._broker.cut(self._connection)
        self._world.after(self._disk.uniform(*self.restart_s), self.start)

    # The link.

    def _connect(self) -> None:
        if self._connection is not None:
            return
        self._connection = self._broker.connect(SERVER_CLIENT, self)
        if self._connection is None:
            self._life.after(RECONNECT_S, self._connect)
        else:
            self._life.after(HANDSHAKE_S, self._subscribed, self._connection)

    def _subscribed(self, connection: Connection) -> None:
        if connection is not self._connection:
            return
        connection.subscribed_s = self._world.now_s
        self._broker.serve(connection)
        self._is_ready = True
        self._greet()

    def _greet(self) -> None:
        if self.writer is not None:
            self._publish(self.writer.everything())
            self._send_beat(self.writer)

    def lost(self, connection: Connection) -> None:
        """The connection is gone: say nothing more, and connect again."""
        if connection is self._connection:
            self._connection = None
            self._is_ready = False
            self._life.after(RECONNECT_S, self._connect)

    def settle(self) -> None:
        """Nothing comes to the server quietly."""

    def beats_changed(self) -> None:
        """Nothing: the server hears no heartbeats."""

    def received(self, connection: Connection, message: Message) -> None:
        """Put a command into the mailbox, as `hallserver.mqtt.BrokerLink` does."""
        if not self._life.is_alive:
            return
        inbound = read_inbound(message.topic, message.payload)

        def acknowledge() -> None:
            if inbound is not None:
                self._on_acknowledged(inbound)
            self._broker.acknowledge(connection, message.mid)

        if inbound is None:
            self._broker.acknowledge(connection, message.mid)
        elif self._mailbox.put(Delivery(inbound, acknowledge)):
            self._waiting[inbound.client] += 1
            in_bounds = self._waiting[inbound.client] <= MAX_WAITING_OF_A_CLIENT
            demand(in_bounds, "no mailbox exceeds its bound", inbound.client)
        else:
            self.dropped += 1
            self._broker.acknowledge(connection, message.mid)
        self.max_waiting = max(self.max_waiting, len(self._mailbox))
        demand(len(self._mailbox) <= MAILBOX_BOUND, "no mailbox exceeds its bound")
        self._serve_soon()

    # The loop.

    def _serve_soon(self) -> None:
        if not (self._is_serve_due or self._is_busy):
            self._is_serve_due = True
            self._life.after(0.000_1, self._serve)

    def _serve(self) -> None:
        self._is_serve_due = False
        if self._is_busy:
            return
        batch = self._mailbox.take(MAX_BATCH_COMMANDS)
        self._waiting.subtract(delivery.inbound.client for delivery in batch)
        outbound = self._process([delivery.inbound for delivery in batch])
        if outbound is None:
            return
        self._is_busy = True
        commit_s = self.slow_commit_s or self._disk.uniform(*USUAL_COMMIT_S)
        if commit_s >= SILENT_COMMIT_S:
            self._broker.server_is_busy(True)
        self._life.after(commit_s, self._committed, batch, outbound)

    def _process(self, batch: Sequence[Inbound]) -> list[Outbound] | None:
        assert self.writer is not None
        try:
            return self.writer.process(batch)
        except (ServerDiedError, DiskFailedError) as why:
            self.die(f"{why or type(why).__name__}")
            return None

    def _committed(self, batch: list[Delivery], outbound: list[Outbound]) -> None:
        self._is_busy = False
        self._broker.server_is_busy(False)
        for delivery in batch:
            delivery.acknowledge()
        last, self.publishes_before_death = self.publishes_before_death, None
        if last is not None and outbound:
            self._publish(outbound[:last])
            self.die(f"after {last} of {len(outbound)} messages")
            return
        self._publish(outbound)
        self._counts_soon()
        if len(self._mailbox):
            self._serve_soon()

    def _publish(self, outbound: Iterable[Outbound]) -> None:
        connection = self._connection
        for each in outbound:
            self._world.mix(each.payload)
            self._on_publish(each)
            if connection is not None and self._is_ready:
                connection.up.send(Message(each.topic, each.payload, each.qos, each.is_retained))

    def _counts_soon(self) -> None:
        if self.hall is None or self._is_counts_due:
            return
        if self.hall.state.touched_services or self.hall._load.has_news:
            self._is_counts_due = True
            now_s = self._world.now_s
            self._life.after(COUNTS_EVERY_S - now_s % COUNTS_EVERY_S, self._counts)

    def _counts(self) -> None:
        self._is_counts_due = False
        if self._is_busy:
            self._counts_soon()
        elif self.writer is not None:
            self._publish(self.writer.changed_counts())

    def _beat(self) -> None:
        self._life.after(HEARTBEAT_EVERY_S, self._beat)
        if self.writer is not None and self._is_ready and not self._is_busy:
            self._send_beat(self.writer)

    def _send_beat(self, writer: Writer) -> None:
        if self._connection is not None:
            beat = writer.heartbeat()
            self._connection.up.send(Message(HEARTBEAT_TOPIC, beat.payload, beat.qos))

    def _look(self) -> None:
        self._life.after(LOOK_EVERY_S, self._look)
        self.look()

    def look(self) -> None:
        """Look at the clock soon."""
        if self._life.is_alive:
            self._serve_soon()
