"""The server's link to the broker, by paho-mqtt: bytes in and out, and nothing decided.

A message is acknowledged when whoever takes it says so, which is after its commit. One thread
moves the bytes. Each connection has a paho client of its own: what an old one still had to send is
stale, and everything that is retained is said anew on the next connection.
"""

import logging
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt import MQTTException
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hallserver.client.settings import LinkSettings
from hallserver.mailbox import RECEIVE_MAXIMUM, Delivery
from hallserver.notices import Notices
from hallserver.protocol.bounds import MAX_COMMAND_BYTES
from hallserver.protocol.routes import COMMAND, subscription
from hallserver.writer import Outbound, read_inbound

MIN_RECONNECT_S = 0.2
MAX_RECONNECT_S = 2.0
CONNECT_TIMEOUT_S = 3.0
KEEPALIVE_S = 5
"""A broker that fell silent without closing is left after 1.5 to 2 of these."""
LOOP_S = 0.5
SESSION_EXPIRY_S = 60
"""The broker keeps what arrives while we are started anew. For longer, the outboxes do."""
SHORT_LIFE_MS = 5_000
MAX_SHORT_LIVES = 5
"""So many connections in a row that the broker accepts and then closes at once: another server
takes the account, and each pushes the other out. mosquitto 2.0.11 does not say why it closes."""
MAX_PACKET_BYTES = 16 * MAX_COMMAND_BYTES
"""What is longer than a command may be is counted and answered for; what is longer than this the
broker does not even hand over (MQTT 5, 3.1.2.11.4)."""
MAX_UNACKNOWLEDGED_OUT = 256
"""Snapshots and replies on their way to the broker."""
MAX_QUEUED_OUT = 8_192
"""Snapshots and replies that wait for their turn. A broker that is so far behind is given up."""

_LOG = logging.getLogger(__name__)

# Besides a port's trouble, what paho's parser raises on bytes that are not MQTT.
_TROUBLE = (OSError, ValueError, LookupError, struct.error, TypeError, MQTTException)


class _Connection:
    """One life of a TCP connection to the broker."""

    def __init__(
        self,
        settings: LinkSettings,
        tls: ssl.SSLContext | None,
        on_message: Callable[["_Connection", mqtt.MQTTMessage], None],
        on_ready: Callable[["_Connection"], None],
    ) -> None:
        self._settings = settings
        self._on_message_do = on_message
        self._on_ready_do = on_ready
        self._socket: socket.socket | None = None
        self.trouble = "the broker closed the connection"
        self.was_accepted = False
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client,
            protocol=mqtt.MQTTv5,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(MAX_UNACKNOWLEDGED_OUT)
        client.max_queued_messages_set(MAX_QUEUED_OUT)
        client.username_pw_set(settings.client, settings.password)
        if tls is not None:
            client.tls_set_context(tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        client.on_socket_open = self._on_socket_open
        # With this set paho leaves all writing to the thread that runs `loop`; without it, any
        # thread that publishes writes too, and two packets could mix.
        client.on_socket_register_write = _leave_writing_to_the_loop
        self._client = client

    def run(self, should_stop: Callable[[], bool], look: Callable[[], None]) -> None:
        """Connect and serve until the connection ends or `should_stop`. Never raises trouble."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        try:
            code = self._client.connect(
                self._settings.host,
                self._settings.port,
                KEEPALIVE_S,
                clean_start=False,
                properties=properties,
            )
            while code == MQTTErrorCode.MQTT_ERR_SUCCESS and not should_stop():
                code = self._client.loop(LOOP_S)
                look()
            if code == MQTTErrorCode.MQTT_ERR_SUCCESS:
                self._client.disconnect()
                self._client.loop(LOOP_S)
        except _TROUBLE as error:
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            self._forget()

    def publish(self, outbound: Outbound) -> mqtt.MQTTMessageInfo:
        """Send a message. From any thread."""
        info = self._client.publish(
            outbound.topic, outbound.payload, outbound.qos, outbound.is_retained
        )
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            self.trouble = f"the broker is {MAX_QUEUED_OUT} messages behind"
            self._client.disconnect()
        return info

    def acknowledge(self, mid: int, qos: int) -> None:
        """Tell the broker that a message is taken care of. From any thread."""
        self._client.ack(mid, qos)

    def wake(self) -> None:
        """Let `run` look at once whether it should stop. From any thread."""
        self._client.disconnect()

    def _forget(self) -> None:
        if self._socket is not None:
            self._socket.close()
        # Client and callbacks hold each other; let go, so that its sockets close now.
        client = self._client
        client.on_connect = client.on_subscribe = client.on_message = None
        client.on_publish = client.on_disconnect = client.on_socket_open = None

    def _on_socket_open(self, _client: mqtt.Client, _data: Any, sock: Any) -> None:
        self._socket = sock
        # Nagle and delayed acknowledgement (RFC 1122, 4.2.3.2 and .4) cost 44 ms a round trip.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self,
        client: mqtt.Client,
        _data: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.trouble = f"the broker refused {self._settings.client}: {reason}"
            return
        self.was_accepted = True
        client.subscribe(subscription(COMMAND), options=SubscribeOptions(qos=COMMAND.qos))

    def _on_subscribe(
        self,
        client: mqtt.Client,
        _data: Any,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self.trouble = f"the broker refuses to hand over commands: {reasons[0]}"
            client.disconnect()
            return
        self._on_ready_do(self)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._on_message_do(self, message)

    def _on_publish(
        self,
        _client: mqtt.Client,
        _data: Any,
        _mid: int,
        reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        # "No matching subscribers" is a success: nobody has to listen.
        if reason.is_failure:
            _LOG.error("the broker refused a message of the server: %s", reason)

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _data: Any,
        flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self.trouble = f"the broker ended the connection: {reason}"


class BrokerLink:
    """Keeps a connection to the broker until it is stopped."""

    def __init__(
        self,
        settings: LinkSettings,
        deliver: Callable[[Delivery], bool],
        wake: Callable[[], None],
        elapsed_ms: Callable[[], int],
    ) -> None:
        """`deliver` takes a command or says that there is no room; `wake` calls its taker.

        Both are called from the link's thread. Raises OSError when `ca_file` is unreadable.
        """
        self._settings = settings
        self._deliver = deliver
        self._wake = wake
        self._elapsed_ms = elapsed_ms
        self._tls: ssl.SSLContext | None = None
        if settings.ca_file is not None:
            self._tls = ssl.create_default_context(cafile=str(settings.ca_file))
            self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self.notices = Notices(_LOG)
        self.is_taken_over = False
        """Another server uses our account: two journals must not serve one hall's clients."""
        self._last: mqtt.MQTTMessageInfo | None = None
        self._should_stop = threading.Event()
        self._ready: _Connection | None = None
        self._greeted: _Connection | None = None
        self._current: _Connection | None = None
        self._thread = threading.Thread(target=self._run, name="broker link", daemon=True)

    def start(self) -> None:
        """Begin to connect. Once only."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Send what is on its way, hang up, wait for the thread, at most `timeout_s`."""
        self._should_stop.set()
        connection = self._current
        if connection is not None:
            connection.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def abandon(self) -> None:
        """Send nothing more, acknowledge nothing, do not wait. For a process about to end."""
        self._should_stop.set()
        self._ready = None

    def take_new_connection(self) -> bool:
        """Whether there is a connection on which nothing was said yet; once each."""
        ready = self._ready
        if ready is None or ready is self._greeted:
            return False
        self._greeted = ready
        return True

    def publish(self, outbound: Iterable[Outbound]) -> None:
        """Send, or drop while there is no broker: it is told everything when it is back."""
        for each in outbound:
            ready = self._ready
            if ready is not None:
                self._last = ready.publish(each)

    def flush(self, timeout_s: float) -> bool:
        """Wait until the broker has what was published; False when it has not in time."""
        if self._last is None:
            return False
        try:
            self._last.wait_for_publish(timeout_s)
        except RuntimeError:  # it was not even sent: the connection is gone
            return False
        return self._last.is_published()

    def _run(self) -> None:
        wait_s = MIN_RECONNECT_S
        said = ""
        short_lives = 0
        while not self._should_stop.is_set():
            began_ms = self._elapsed_ms()
            connection = _Connection(self._settings, self._tls, self._take, self._be_ready)
            self._current = connection
            connection.run(self._should_stop.is_set, self._look)
            self._current = self._ready = None
            if self._should_stop.is_set():
                return
            if connection.was_accepted:
                wait_s, said = MIN_RECONNECT_S, ""
                is_short = self._elapsed_ms() - began_ms < SHORT_LIFE_MS
                short_lives = short_lives + 1 if is_short else 0
            if short_lives >= MAX_SHORT_LIVES:
                self.is_taken_over = True
                self._wake()
                return
            if connection.trouble != said:  # once per burst, not at every attempt
                said = connection.trouble
                where = f"{self._settings.host}:{self._settings.port}"
                _LOG.warning("no link to the broker at %s: %s", where, said)
            self._should_stop.wait(wait_s)
            wait_s = min(wait_s * 2, MAX_RECONNECT_S)

    def _look(self) -> None:
        self.notices.look(self._elapsed_ms())

    def _be_ready(self, connection: _Connection) -> None:
        self._ready = connection
        self._wake()

    def _take(self, connection: _Connection, message: mqtt.MQTTMessage) -> None:
        if message.qos == 0:
            # Nothing of ours sends so. It would escape the bound that the broker keeps for us.
            self.notices.note("a command without acknowledgement was dropped")
            return
        acknowledge = partial(connection.acknowledge, message.mid, message.qos)
        try:
            inbound = read_inbound(message.topic, bytes(message.payload))
        except UnicodeDecodeError:  # the topic is decoded when it is asked for
            inbound = None
        if inbound is None:
            self.notices.note("a message on a foreign topic was dropped")
            acknowledge()
        elif not self._deliver(Delivery(inbound, acknowledge)):
            # Whoever sent it sends it again. The others do not feel it.
            self.notices.note(f"{inbound.client}: a command was dropped, too many wait")
            acknowledge()


def _leave_writing_to_the_loop(_client: mqtt.Client, _data: Any, _socket: Any) -> None:
    """Do nothing: paho wakes its loop by itself."""
