"""A model of the broker: retained messages, one session kept for the server, none for clients.

Heartbeats are many and change nothing as long as they come. So a calm connection is not sent each
one: its client takes the newest when something else happens to it (`Broker.newest_beat_s`). The
same with how many wait for each service: a kiosk takes the newest when somebody looks at it
(`Connection.quiet`). As soon as anything is wrong with a pipe, both travel one by one like
everything else, and what was on its way then shares its fate.
"""

from collections import OrderedDict, defaultdict, deque
from typing import Any

from hallserver.client.subscriptions import Subscription
from hallserver.mailbox import RECEIVE_MAXIMUM
from hallserver.protocol.codec import decode_published
from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import HEARTBEAT, LOAD, SERVER_CLIENT, Route, topic
from tests.simulation.wire import Connection, Message, Peer, Weather
from tests.simulation.world import World

SESSION_EXPIRY_S = 60.0
HANDSHAKE_S = 0.004
MAX_QUEUED_FOR_SERVER = 1_000
MAX_DECODED = 256
MAX_BEATS = 4
"""Some that come late at once are all there is on the way to a client."""
ACKNOWLEDGEMENT = "PUBACK"
HEARTBEAT_TOPIC = topic(HEARTBEAT)
LOAD_TOPIC = topic(LOAD)


class DecodedOnce:
    """Decodes for all sessions of the day: what a broker hands to many is the same bytes."""

    def __init__(self) -> None:
        self._known: dict[str, OrderedDict[bytes, Any]] = defaultdict(OrderedDict)

    def __call__(self, route: Route, payload: bytes) -> Any:
        """As `decode_published`."""
        known = self._known[route.name]
        message = known.get(payload)
        if message is None:
            message = known[payload] = decode_published(route, payload)
            if len(known) > MAX_DECODED:
                known.popitem(last=False)
        return message


class Broker:
    """One broker over all its lives."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lags = world.rng("lags")
        self._lag_of: dict[ClientId, float] = {}
        self.is_up = True
        self.connections: dict[ClientId, Connection] = {}
        self.no_carrier: dict[ClientId, float] = {}
        """Until when a client's cable is out."""
        self._retained: dict[str, Message] = {}
        self._saved: dict[str, Message] = {}
        self._subscribers: dict[str, dict[ClientId, Connection]] = {}
        self._queue: deque[Message] = deque()
        self._in_flight: OrderedDict[int, Message] = OrderedDict()
        self._mids = 0
        self._has_server_session = False
        self._server_left_s = 0.0
        self._beats_s: deque[float] = deque(maxlen=MAX_BEATS)
        """When the last heartbeats passed, the newest first."""
        self.unfaithful_s: dict[ClientId, float] = {}
        """Until when a connection that is gone did what MQTT does not."""
        self._is_server_busy = False
        self.is_server_calm = False
        """Whether the server's heartbeats reach the broker."""
        self.beat_payload = b""
        self._rough: dict[Connection, None] = {}
        self._waiting: dict[Connection, None] = {}
        self.max_queued = 0
        self.decode = DecodedOnce()

    # Connections.

    def connect(self, client: ClientId, peer: Peer) -> Connection | None:
        """Accept a client; None when the broker is down or cannot be reached."""
        if not self.is_up or self.no_carrier.get(client, 0.0) > self._world.now_s:
            return None
        before = self.connections.get(client)
        if before is not None:
            self.cut(before)
        lag_s = self._lag_of.setdefault(client, self._lags.uniform(0.000_5, 0.03))
        connection = Connection(self._world, client, peer, lag_s, self._from_client)
        self.connections[client] = connection
        self._look_at_server()
        return connection

    def cut(self, connection: Connection) -> None:
        """End a connection; its client learns it at once."""
        if not connection.is_open:
            return
        self._before_change(connection)
        if connection.unfaithful_s >= 0:
            self.unfaithful_s[connection.client] = connection.unfaithful_s
        connection.up.close()
        connection.down.close()
        self._waiting.pop(connection, None)
        if self.connections.get(connection.client) is connection:
            del self.connections[connection.client]
        for subscribers in self._subscribers.values():
            if subscribers.get(connection.client) is connection:
                del subscribers[connection.client]
        if connection.client == SERVER_CLIENT:
            self._server_left_s = self._world.now_s
            self._beats_s.clear()
        self._look_at_server()
        connection.peer.lost(connection)
        self._after_change(connection)

    def freeze(self, connection: Connection) -> None:
        """Let nothing through either way."""
        self._before_change(connection)
        connection.up.freeze()
        connection.down.freeze()
        self._after_change(connection)

    def thaw(self, connection: Connection) -> None:
        """Let everything through again."""
        connection.up.thaw()
        connection.down.thaw()
        self._after_change(connection)

    def change_weather(self, connection: Connection, weather: Weather | None) -> None:
        """Make a connection rough, or calm again."""
        self._before_change(connection)
        connection.up.weather = connection.down.weather = weather
        self._after_change(connection)

    def die(self) -> None:
        """End everything at once."""
        self.is_up = False
        for connection in list(self.connections.values()):
            self.cut(connection)

    def restart(self, keeps: str) -> None:
        """Come back: with the store "kept", "saved" some time ago, or "lost"."""
        self.is_up = True
        if keeps == "lost":
            self._retained.clear()
        elif keeps == "saved":
            self._retained = dict(self._saved)
        if keeps != "kept":
            self._queue.clear()
            self._in_flight.clear()
            self._has_server_session = False
        self._saved = dict(self._retained)

    def autosave(self) -> None:
        """Write the retained messages to the store, as mosquitto does from time to time."""
        self._saved = dict(self._retained)

    # Clients.

    def subscribe(self, connection: Connection, wanted: tuple[Subscription, ...]) -> None:
        """Take a subscription; what is retained follows at once."""
        self._world.after(connection.lag_s, self._subscribed, connection, wanted)

    def _subscribed(self, connection: Connection, wanted: tuple[Subscription, ...]) -> None:
        if not connection.is_open:
            return
        for item in wanted:
            self._subscribers.setdefault(item.topic, {})[connection.client] = connection
            retained = self._retained.get(item.topic)
            if retained is not None:
                connection.down.send(retained)
        connection.subscribed_s = self._world.now_s

    def _from_client(self, connection: Connection, message: Message) -> None:
        if message.topic == ACKNOWLEDGEMENT:
            self._forget(connection, message.mid)
        elif connection.client == SERVER_CLIENT:
            self._from_server(message)
        elif message.topic == connection.command_topic:  # the access list
            self.to_server(message)

    # The server.

    def serve(self, connection: Connection) -> None:
        """The server has subscribed: hand over what was kept, from the oldest on."""
        away_s = self._world.now_s - self._server_left_s
        if not self._has_server_session or away_s > SESSION_EXPIRY_S:
            self._queue.clear()
            self._in_flight.clear()
        self._has_server_session = True
        kept = list(self._in_flight.values())
        self._in_flight.clear()
        self._queue.extendleft(reversed(kept))
        self._push(connection)

    def to_server(self, message: Message) -> None:
        """Queue a command for the server."""
        if not self._has_server_session or len(self._queue) >= MAX_QUEUED_FOR_SERVER:
            return
        self._queue.append(message)
        self.max_queued = max(self.max_queued, len(self._queue))
        connection = self.connections.get(SERVER_CLIENT)
        if connection is not None and connection.subscribed_s <= self._world.now_s:
            self._push(connection)

    def _push(self, connection: Connection) -> None:
        while self._queue and len(self._in_flight) < RECEIVE_MAXIMUM:
            message = self._queue.popleft()
            self._mids += 1
            sent = Message(message.topic, message.payload, mid=self._mids)
            self._in_flight[sent.mid] = sent
            connection.down.send(sent)

    def acknowledge(self, connection: Connection, mid: int) -> None:
        """The server has taken care of a command; its connection says so to the broker."""
        connection.up.send(Message(ACKNOWLEDGEMENT, b"", mid=mid))

    def _forget(self, connection: Connection, mid: int) -> None:
        self._in_flight.pop(mid, None)
        self._push(connection)

    def _from_server(self, message: Message) -> None:
        if message.is_retained:
            self._retained[message.topic] = message
        subscribers = self._subscribers.get(message.topic, {})
        if message.topic == HEARTBEAT_TOPIC:
            self.beat_payload = message.payload
            self._beats_s.appendleft(self._world.now_s)
            for connection in self._who_need_beats(subscribers):
                connection.down.send(message)
        elif message.topic == LOAD_TOPIC:
            for connection in subscribers.values():
                if self._may_wait(connection):
                    connection.quiet.append((self._world.now_s, message))
                else:
                    connection.end_quiet()
                    connection.down.send(message)
        else:
            for connection in subscribers.values():
                connection.down.send(message)

    def _who_need_beats(self, subscribers: dict[ClientId, Connection]) -> list[Connection]:
        """List those to whom something may happen to a heartbeat, or who wait for the next one."""
        some = self._rough | self._waiting
        return [each for each in some if subscribers.get(each.client) is each]

    def _may_wait(self, connection: Connection) -> bool:
        return connection.is_calm and (bool(connection.quiet) or connection.down.is_empty)

    def wants_beats(self, connection: Connection, wants: bool) -> None:
        """Send heartbeats one by one to whoever waits for the next one."""
        if wants:
            self._waiting[connection] = None
        else:
            self._waiting.pop(connection, None)

    def was_unfaithful_since(self, client: ClientId, since_s: float) -> bool:
        """Whether the way from the server to a client was since then worse than MQTT."""
        for name in (SERVER_CLIENT, client):
            connection = self.connections.get(name)
            now_s = connection.unfaithful_s if connection is not None else -1.0
            if max(now_s, self.unfaithful_s.get(name, -1.0)) >= since_s:
                return True
        return False

    # Heartbeats.

    def server_is_busy(self, is_busy: bool) -> None:
        """Note that the server does nothing else for a while, or no longer."""
        if is_busy == self._is_server_busy:
            return
        server = self.connections.get(SERVER_CLIENT)
        if server is None:
            self._is_server_busy = is_busy
            self._look_at_server()
            return
        self._before_change(server)
        self._is_server_busy = is_busy
        self._after_change(server)

    def _look_at_server(self) -> None:
        server = self.connections.get(SERVER_CLIENT)
        is_sending = self.is_up and not self._is_server_busy
        self.is_server_calm = is_sending and server is not None and server.is_calm

    def _is_calm_to(self, connection: Connection) -> bool:
        return connection.is_calm

    def is_beating_for(self, connection: Connection | None) -> bool:
        """Whether heartbeats are sure to reach a client: then it need not look at the time."""
        return connection is not None and self.is_server_calm and self._is_calm_to(connection)

    def newest_beat_s(self, connection: Connection) -> float | None:
        """When the newest heartbeat passed that a calm connection has brought; None before it.

        One that passed less than the connection's lag ago is still behind what went before it.
        """
        if not self._is_calm_to(connection):
            return None
        passed_s = self._world.now_s - connection.lag_s
        for beat_s in self._beats_s:
            if beat_s < passed_s:
                return beat_s if beat_s >= connection.subscribed_s else None
        return None

    def _before_change(self, connection: Connection) -> None:
        for each in self._concerned(connection):
            each.peer.settle()
        connection.end_quiet()

    def _after_change(self, connection: Connection) -> None:
        self._look_at_server()
        if connection.is_open and not connection.is_calm:
            self._rough[connection] = None
        else:
            self._rough.pop(connection, None)
        for each in self._concerned(connection):
            each.peer.beats_changed()
        if not connection.is_open:
            connection.peer.beats_changed()

    def _concerned(self, connection: Connection) -> list[Connection]:
        if connection.client == SERVER_CLIENT:
            return list(self.connections.values())
        return [connection]
