"""The server's link to the broker, by paho-mqtt: bytes in and out, and nothing decided.

A message is acknowledged when whoever takes it says so, which is after its commit. A thread of the
link's own connects, which may take seconds; then the writer's thread moves the bytes itself
(`move`), because handing every message from one thread to another takes as long as the message's
commit. Each connection has a paho client of its own: what an old one still had to send is stale,
and everything that is retained is said anew on the next connection.
"""

import logging
import select
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hallserver.broker.control import (
    ANSWER_TOPIC,
    CONTROL_TOPIC,
    ask_who_is_out,
    let_in,
    shut_out,
    who_is_out,
)
from hallserver.client.paho_connection import (
    MAX_RECONNECT_S,
    MIN_RECONNECT_S,
    PahoConnection,
    TlsContext,
)
from hallserver.client.settings import LinkSettings
from hallserver.client.waker import Waker
from hallserver.flood import (
    CUT_OFF_MS,
    MALFORMED_WEIGHS,
    NO_ROOM_WEIGHS,
    OVERSIZE_WEIGHS,
    Floods,
    Verdict,
)
from hallserver.mailbox import RECEIVE_MAXIMUM, Delivery
from hallserver.notices import Notices
from hallserver.protocol.bounds import MAX_COMMAND_BYTES
from hallserver.protocol.codec import MalformedCommand
from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import COMMAND, subscription
from hallserver.writer import Inbound, Outbound, read_inbound

SESSION_EXPIRY_S = 60
"""The broker keeps what arrives while we are started anew. For longer, the outboxes do."""
SHORT_LIFE_MS = 5_000
MAX_SHORT_LIVES = 5
"""So many connections in a row that the broker accepts and then closes at once: another server
takes the account, and each pushes the other out. mosquitto 2.0.11 does not say why it closes."""
MAY_CONNECT_TIMEOUT_S = 0.5
"""How long to wait for that word before looking whether to stop."""
STOP_TURN_S = 0.1
MAX_PACKET_BYTES = 16 * MAX_COMMAND_BYTES
"""What is longer than a command may be is counted and answered for; what is longer than this the
broker does not even hand over (MQTT 5, 3.1.2.11.4)."""
SENT_ONE_BY_ONE = 8
"""Snapshots, boards first, that go out before the next one is made; the others go together."""
MAX_UNACKNOWLEDGED_OUT = 256
"""Snapshots and replies on their way to the broker."""
MAX_QUEUED_OUT = 8_192
"""Snapshots and replies that wait for their turn. A broker that is so far behind is given up."""

_NOT_WHAT_WAS_RETAINED = 2
"""A retained command would come anew at every connect (MQTT 5, 3.8.3.1: Retain Handling)."""

_LOG = logging.getLogger(__name__)


class _Connection(PahoConnection):
    """The server's side of one connection."""

    def __init__(
        self,
        settings: LinkSettings,
        tls: TlsContext | None,
        on_message: Callable[["_Connection", mqtt.MQTTMessage], None],
        on_ready: Callable[["_Connection"], None],
    ) -> None:
        super().__init__(settings, tls, acknowledges_by_hand=True)
        self._on_message_do = on_message
        self._on_ready_do = on_ready
        self._hears_commands = False
        self._early: list[mqtt.MQTTMessage] = []
        self.has_ended = threading.Event()
        self.client.max_inflight_messages_set(MAX_UNACKNOWLEDGED_OUT)
        self.client.max_queued_messages_set(MAX_QUEUED_OUT)

    def reach(self) -> bool:
        """Connect, which may take seconds; whether that went well. Never raises trouble."""
        return self.open(
            clean_start=False,
            max_packet_bytes=MAX_PACKET_BYTES,
            ReceiveMaximum=RECEIVE_MAXIMUM,
            SessionExpiryInterval=SESSION_EXPIRY_S,
        )

    def publish(self, outbound: Outbound) -> mqtt.MQTTMessageInfo:
        """Send a message."""
        info = self.client.publish(
            outbound.topic, outbound.payload, outbound.qos, outbound.is_retained
        )
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            self.trouble = f"the broker is {MAX_QUEUED_OUT} messages behind"
            self.client.disconnect()
        return info

    def acknowledge(self, mid: int, qos: int) -> None:
        """Tell the broker that a message is taken care of: with the next `turn`. In any thread."""
        self.client.ack(mid, qos)

    def accepted(self) -> None:
        """Ask for the commands of all clients."""
        wanted = SubscribeOptions(
            qos=COMMAND.qos, retainAsPublished=True, retainHandling=_NOT_WHAT_WAS_RETAINED
        )
        self.client.subscribe(subscription(COMMAND), options=wanted)

    def subscribed(self, refused: list[ReasonCode]) -> None:
        """Begin, or leave a broker that does not hand over commands."""
        if self._hears_commands:  # this is the word on the second subscription
            if refused:
                _LOG.warning("the broker shuts nobody out: a flood is dropped here only")
            else:
                self.control(ask_who_is_out())
            return
        if refused:
            self.trouble = f"the broker refuses to hand over commands: {refused[0]}"
            self.client.disconnect()
            return
        self._hears_commands = True
        self.client.subscribe(ANSWER_TOPIC, qos=1)
        self._on_ready_do(self)
        early, self._early = self._early, []
        for message in early:
            self._on_message_do(self, message)

    def control(self, request: bytes) -> None:
        """Ask the broker itself for something."""
        self.client.publish(CONTROL_TOPIC, request, qos=1)

    def received(self, message: mqtt.MQTTMessage) -> None:
        """Hand on a message, and not before there can be an answer to it.

        What the broker has kept for us since the last connection comes before its word on our
        subscription; at most RECEIVE_MAXIMUM of them.
        """
        if self._hears_commands:
            self._on_message_do(self, message)
        else:
            self._early.append(message)

    def not_published(self, reason: ReasonCode) -> None:
        """Say it in the log."""
        _LOG.error("the broker refused a message of the server: %s", reason)


def _always(_timeout_s: float) -> bool:
    return True


class BrokerLink:
    """Keeps a connection to the broker until it is stopped."""

    def __init__(
        self,
        settings: LinkSettings,
        deliver: Callable[[Delivery], bool],
        waker: Waker,
        elapsed_ms: Callable[[], int],
        *,
        may_connect: Callable[[float], bool] = _always,
        floods: Floods | None = None,
    ) -> None:
        """`deliver` takes a command or says that there is no room; `waker` ends `move` early.

        `may_connect` says within so many seconds whether the account is ours to take; it is called
        by the thread that connects. Raises OSError when `ca_file` is unreadable.
        """
        self._settings = settings
        self._may_connect = may_connect
        self._deliver = deliver
        self._waker = waker
        self._elapsed_ms = elapsed_ms
        self._tls = None if settings.ca_file is None else TlsContext(settings.ca_file)
        self.notices = Notices(_LOG)
        self._floods = floods or Floods()
        self.is_taken_over = False
        """Another server uses our account: two journals must not serve one hall's clients."""
        self._last: mqtt.MQTTMessageInfo | None = None
        self._should_stop = threading.Event()
        self._ready: _Connection | None = None
        self._greeted: _Connection | None = None
        self._served: _Connection | None = None
        self._thread = threading.Thread(target=self._run, name="broker link", daemon=True)

    def start(self) -> None:
        """Begin to connect. Once only."""
        self._thread.start()

    def move(self, timeout_s: float) -> None:
        """Write what waits, wait for bytes or the waker, hand on all that is there.

        Always by the same thread, which is also the one that publishes.
        """
        served = self._served
        if served is None:
            if select.select([self._waker], [], [], timeout_s)[0]:
                self._waker.clear()
        elif not served.turn(self._waker, timeout_s):
            self._leave(served)
        self._look()

    def stop(self, timeout_s: float) -> None:
        """Send what is on its way, hang up, wait for the thread, at most `timeout_s`."""
        self._should_stop.set()
        served = self._served
        if served is not None:
            ends_ms = self._elapsed_ms() + int(timeout_s * 1_000)
            served.hang_up()
            while served.turn(self._waker, STOP_TURN_S) and self._elapsed_ms() < ends_ms:
                pass
            self._leave(served)
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def abandon(self) -> None:
        """Send nothing more, acknowledge nothing, do not wait. For a process about to end."""
        self._should_stop.set()
        served = self._served
        if served is not None:
            self._leave(served)

    def _leave(self, served: _Connection) -> None:
        self._served = self._ready = None
        served.close()
        served.has_ended.set()

    def take_new_connection(self) -> bool:
        """Whether there is a connection on which nothing was said yet; once each."""
        ready = self._ready
        if ready is None or ready is self._greeted:
            return False
        self._greeted = ready
        return True

    def publish(self, outbound: Iterable[Outbound]) -> None:
        """Send, or drop while there is no broker: it is told everything when it is back."""
        ready = self._ready
        if ready is None:
            return
        is_made = isinstance(outbound, Sequence)
        for number, each in enumerate(outbound):
            self._last = ready.publish(each)
            if not is_made and number < SENT_ONE_BY_ONE:
                ready.write()  # what comes after it still has to be made
        ready.write()

    def flush(self, timeout_s: float) -> bool:
        """Wait until the broker has what was published; False when it has not in time."""
        last, ends_ms = self._last, self._elapsed_ms() + int(timeout_s * 1_000)
        while last is not None and self._served is not None:
            left_ms = ends_ms - self._elapsed_ms()
            try:
                if last.is_published() or left_ms <= 0:
                    return last.is_published()
            except (RuntimeError, ValueError):  # it was not even sent
                return False
            self.move(left_ms / 1_000)
        return False

    def _run(self) -> None:
        wait_s = MIN_RECONNECT_S
        said = ""
        short_lives = 0
        while not self._should_stop.is_set():
            if not self._may_connect(MAY_CONNECT_TIMEOUT_S):
                continue
            began_ms = self._elapsed_ms()
            connection = _Connection(self._settings, self._tls, self._take, self._be_ready)
            if connection.reach() and not self._should_stop.is_set():
                self._served = connection
                self._waker.wake()
                connection.has_ended.wait()
            connection.close()
            if self._should_stop.is_set():
                return
            if connection.was_accepted:
                wait_s, said = MIN_RECONNECT_S, ""
                is_short = self._elapsed_ms() - began_ms < SHORT_LIFE_MS
                # A broker that was started anew does not know us, or refuses for a moment. One
                # that another server uses under our name has our session all the time.
                is_pushed_out = is_short and connection.had_session
                short_lives = short_lives + 1 if is_pushed_out else 0
            else:
                short_lives = 0
            if short_lives >= MAX_SHORT_LIVES:
                self.is_taken_over = True
                self._waker.wake()
                return
            if connection.trouble != said:  # once per burst, not at every attempt
                said = connection.trouble
                where = f"{self._settings.host}:{self._settings.port}"
                _LOG.warning("no link to the broker at %s: %s", where, said)
            self._should_stop.wait(wait_s)
            wait_s = min(wait_s * 2, MAX_RECONNECT_S)

    def _look(self) -> None:
        now_ms = self._elapsed_ms()
        self.notices.look(now_ms)
        due = self._floods.let_in(now_ms)
        if due and self._ready is not None:
            self._ready.control(let_in(due))

    def _be_ready(self, connection: _Connection) -> None:
        self._ready = connection

    def _take(self, connection: _Connection, message: mqtt.MQTTMessage) -> None:
        acknowledge = partial(connection.acknowledge, message.mid, message.qos)
        try:
            topic = message.topic
        except UnicodeDecodeError:  # the topic is decoded when it is asked for
            topic = ""
        if topic == ANSWER_TOPIC:
            acknowledge()
            self._let_others_in(connection, who_is_out(bytes(message.payload)))
            return
        inbound = read_inbound(topic, bytes(message.payload))
        if inbound is None:
            self._drop(acknowledge, "a message on a foreign topic was dropped")
            return
        client = inbound.client
        verdict = self._floods.judge(client, self._elapsed_ms(), _weight(message, inbound))
        if verdict is Verdict.FLOODS:
            self._cut_off(connection, client)
        if verdict is not Verdict.TAKEN:
            self._drop(acknowledge, f"{client}: a message was dropped, it is cut off")
        elif message.qos == 0:
            # Nothing of ours sends so. It would escape the bound that the broker keeps for us.
            self.notices.note(f"{client}: a command without acknowledgement was dropped")
        elif message.retain:
            # Nothing of ours sends so either: the broker would keep it and hand it over for ever.
            self._drop(acknowledge, f"{client}: a retained command was dropped")
        elif not self._deliver(Delivery(inbound, acknowledge)):
            # Whoever sent it sends it again. The others do not feel it.
            self._drop(acknowledge, f"{client}: a command was dropped, too many wait")
            verdict = self._floods.judge(client, self._elapsed_ms(), NO_ROOM_WEIGHS)
            if verdict is Verdict.FLOODS:
                self._cut_off(connection, client)

    def _cut_off(self, connection: _Connection, client: ClientId) -> None:
        connection.control(shut_out(client))
        self.notices.note(f"{client}: floods, and is cut off for {CUT_OFF_MS // 1000} s")

    def _drop(self, acknowledge: Callable[[], None], why: str) -> None:
        self.notices.note(why)
        acknowledge()

    def _let_others_in(self, connection: _Connection, out: Iterable[ClientId]) -> None:
        """Let in whom a server before us had shut out: who still floods is soon out again."""
        left = sorted(set(out) - self._floods.cut_off)
        if left:
            connection.control(let_in(left))


def _weight(message: mqtt.MQTTMessage, inbound: Inbound) -> int:
    """Say how many messages of an honest client this one counts for."""
    if len(message.payload) > MAX_COMMAND_BYTES:
        return OVERSIZE_WEIGHS
    return MALFORMED_WEIGHS if isinstance(inbound.message, MalformedCommand) else 1
