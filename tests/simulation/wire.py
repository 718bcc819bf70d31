"""A model of TCP connections to a broker, and of what may happen to bytes on their way.

Within MQTT's limits a connection is in order and whole until it dies. Worse than that, a rough
pipe may lose, delay, repeat and reorder single messages.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import NamedTuple, Protocol

from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import COMMAND, SERVER_CLIENT, topic
from tests.simulation.world import World


class Message(NamedTuple):
    """Something on its way; `mid` is there when it is to be acknowledged."""

    topic: str
    payload: bytes
    qos: int = 1
    is_retained: bool = False
    mid: int = 0


@dataclass(frozen=True, slots=True)
class Weather:
    """How rough a pipe is: shares of messages, and seconds."""

    rng: Random
    drop: float = 0.0
    repeat: float = 0.0
    reorder: float = 0.0
    delay_s: float = 0.0


MAX_QUIET = 4
MAX_ROUGH_DELAY_S = 8.0
MAX_REPEAT_AFTER_S = 30.0


class Pipe:
    """One direction of a connection."""

    def __init__(self, world: World, lag_s: float, deliver: Callable[[Message], None]) -> None:
        self._world = world
        self._lag_s = lag_s
        self._deliver = deliver
        self._arrives_s = 0.0
        self._held: list[Message] = []
        self.is_open = True
        self.is_frozen = False
        self.unfaithful_s = -1.0
        self.weather: Weather | None = None

    @property
    def is_calm(self) -> bool:
        """Whether what is sent arrives, in order and soon."""
        return self.is_open and not self.is_frozen and self.weather is None

    def send(self, message: Message) -> None:
        """Send a message towards the other end."""
        if not self.is_open:
            return
        if self.weather is not None:
            self._send_through(self.weather, message)
            return
        world = self._world
        arrives_s = world.now_s + self._lag_s
        if arrives_s < self._arrives_s:
            arrives_s = self._arrives_s
        else:
            self._arrives_s = arrives_s
        world.plan(arrives_s, world.for_ever, self._arrive, (message,))

    @property
    def is_empty(self) -> bool:
        """Whether nothing that was sent in order is on its way."""
        return self._arrives_s < self._world.now_s

    def catch_up(self, sent_s: float, message: Message) -> None:
        """Send what was sent some time ago, and not yet put on its way."""
        self._arrives_s = max(sent_s + self._lag_s, self._arrives_s)
        self._world.at(self._arrives_s, self._arrive, message)

    def _send_through(self, weather: Weather, message: Message) -> None:
        rng = weather.rng
        if rng.random() < weather.drop:
            self.unfaithful_s = max(self._world.now_s, self.unfaithful_s)
            return
        late_s = rng.expovariate(1 / weather.delay_s) if weather.delay_s else 0.0
        when_s = self._world.now_s + self._lag_s + min(late_s, MAX_ROUGH_DELAY_S)
        if rng.random() >= weather.reorder:
            when_s = self._arrives_s = max(when_s, self._arrives_s)
        elif when_s < self._arrives_s:
            self.unfaithful_s = self._arrives_s
        self._world.at(when_s, self._arrive, message)
        if rng.random() < weather.repeat:
            again_s = when_s + rng.random() * MAX_REPEAT_AFTER_S
            self.unfaithful_s = max(again_s, self.unfaithful_s)
            self._world.at(again_s, self._arrive, message)

    def _arrive(self, message: Message) -> None:
        if self.is_frozen:
            self._held.append(message)
        elif self.is_open:
            self._deliver(message)

    def freeze(self) -> None:
        """Let nothing through; nobody notices."""
        self.is_frozen = True

    def thaw(self) -> None:
        """Deliver in order what was held up."""
        self.is_frozen = False
        held, self._held = self._held, []
        for message in held:
            self._arrive(message)

    def close(self) -> None:
        """What is on its way is lost."""
        self.is_open = False
        self._held.clear()


class Peer(Protocol):
    """Who is at the far end of a connection."""

    def received(self, connection: "Connection", message: Message) -> None:
        """Take a message."""
        ...

    def lost(self, connection: "Connection") -> None:
        """Learn that the connection is gone."""
        ...

    def settle(self) -> None:
        """Take what has come quietly up to now: from here on it may be lost."""
        ...

    def beats_changed(self) -> None:
        """Look whether heartbeats still come."""
        ...


class Connection:
    """One life of a TCP connection between a client and the broker."""

    def __init__(
        self,
        world: World,
        client: ClientId,
        peer: Peer,
        lag_s: float,
        to_broker: Callable[["Connection", Message], None],
    ) -> None:
        self._world = world
        self.client = client
        self.peer = peer
        self.lag_s = lag_s
        self.subscribed_s = float("inf")
        self.command_topic = "" if client == SERVER_CLIENT else topic(COMMAND, client=client)
        self.quiet: deque[tuple[float, Message]] = deque(maxlen=MAX_QUIET)
        """What was sent, and when, that its client has not looked at: newer replaces older."""
        self.up = Pipe(world, lag_s, partial(to_broker, self))
        self.down = Pipe(world, lag_s, partial(peer.received, self))

    @property
    def is_open(self) -> bool:
        """Whether it stands."""
        return self.up.is_open

    def take_quiet(self) -> Message | None:
        """Return the newest of what has come quietly; what is older is of no use any more."""
        newest = None
        arrived_s = self._world.now_s - self.lag_s
        while self.quiet and self.quiet[0][0] < arrived_s:
            _, newest = self.quiet.popleft()
        return newest

    def end_quiet(self) -> None:
        """From here on everything travels by itself, what is on its way too."""
        while self.quiet:
            self.down.catch_up(*self.quiet.popleft())

    @property
    def unfaithful_s(self) -> float:
        """Until when it did what MQTT does not: lose, repeat, overtake; negative for never."""
        return max(self.up.unfaithful_s, self.down.unfaithful_s)

    @property
    def is_calm(self) -> bool:
        """Whether it stands and nothing is wrong with it."""
        up, down = self.up, self.down
        return (
            up.is_open
            and down.is_open
            and not (up.is_frozen or down.is_frozen)
            and up.weather is None
            and down.weather is None
        )
