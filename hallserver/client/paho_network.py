"""One MQTT connection after another, by paho-mqtt, in a thread of its own.

Each connection gets a new paho client: what an old one still had in flight is the outbox's
business, and is sent once, not twice.
"""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt import MQTTException
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hallserver.client.settings import LinkSettings
from hallserver.client.subscriptions import Subscription
from hallserver.protocol.bounds import MAX_PUBLISHED_BYTES

MIN_RECONNECT_S = 0.2
MAX_RECONNECT_S = 2.0
CONNECT_TIMEOUT_S = 3.0
KEEPALIVE_S = 5
"""A broker that fell silent without closing is left after 1.5 to 2 of these."""
SETTLED_AFTER_S = 5.0
"""A connection that lived as long begins a new burst of trouble, with a log line and no wait.

Two devices under one name push each other out at every connect: they stay slow and quiet."""
LOOP_S = 0.5
MAX_PACKET_BYTES = MAX_PUBLISHED_BYTES + 1_024
"""Payload, topic and properties: the broker drops what is longer (MQTT 5, 3.1.2.11.4)."""

_LOG = logging.getLogger(__name__)

# A port's trouble, a host name that is none (UnicodeError), bytes that are not MQTT.
_TROUBLE = (OSError, ValueError, MQTTException)


@dataclass(frozen=True)
class Connected:
    """The broker accepted us; the session is clean."""

    connection: "Connection"


@dataclass(frozen=True)
class Received:
    """A message."""

    topic: str
    payload: bytes


@dataclass(frozen=True)
class Lost:
    """The connection that was `Connected` is gone."""


NetworkEvent = Connected | Received | Lost


class TlsContext(ssl.SSLContext):
    """Trusts one authority, checks the broker's name, and can close what paho leaves open.

    Paho forgets its socket when the handshake fails.
    """

    def __new__(cls, _ca_file: Path) -> "TlsContext":
        """Make a client's context: certificate and host name are checked."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, ca_file: Path) -> None:
        """Raise OSError when the file cannot be read as certificates."""
        self.minimum_version = ssl.TLSVersion.TLSv1_2
        self.load_verify_locations(cafile=ca_file)
        self._last: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Wrap a socket, and remember it."""
        self._last = super().wrap_socket(*args, **kwargs)
        return self._last

    def close_last(self) -> None:
        """Close the socket that was wrapped last."""
        if self._last is not None:
            self._last.close()
            self._last = None


class Connection:
    """One life of a TCP connection to the broker."""

    def __init__(
        self,
        settings: LinkSettings,
        tls: "TlsContext | None",
        tell: Callable[[NetworkEvent], object],
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._tls = tls
        self._socket: socket.socket | None = None
        self.was_accepted = False
        self.trouble = "the broker closed the connection"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=settings.client, protocol=mqtt.MQTTv5
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.username_pw_set(settings.client, settings.password)
        if tls is not None:
            client.tls_set_context(tls)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_socket_open = self._on_socket_open
        # With this set paho leaves all writing to the thread that runs `loop`; without it, any
        # thread that publishes writes too, and two packets could mix.
        client.on_socket_register_write = _leave_writing_to_the_loop
        self._client = client

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Connect and serve until the connection ends or `should_stop`. Never raises trouble."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        try:
            code = self._client.connect(
                self._settings.host,
                self._settings.port,
                KEEPALIVE_S,
                clean_start=True,
                properties=properties,
            )
            while code == MQTTErrorCode.MQTT_ERR_SUCCESS and not should_stop():
                code = self._client.loop(LOOP_S)
            self._client.disconnect()
            self._client.loop(LOOP_S)
        except _TROUBLE as error:
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            self._forget()
            if self.was_accepted:
                self._tell(Lost())

    def hang_up(self) -> None:
        """Say goodbye to the broker; wakes `run`. From any thread."""
        self._client.disconnect()

    def subscribe(self, subscriptions: tuple[Subscription, ...]) -> None:
        """Ask for all topics in one packet. From any thread."""
        wanted = [(item.topic, SubscribeOptions(qos=item.qos)) for item in subscriptions]
        self._client.subscribe(wanted)

    def publish(self, topic: str, payload: bytes, qos: int) -> None:
        """Send a message. From any thread."""
        self._client.publish(topic, payload, qos)

    def _forget(self) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._tls is not None:
            self._tls.close_last()
        # Client and callbacks hold each other; let go, so that its sockets close now.
        client = self._client
        client.on_connect = client.on_message = client.on_disconnect = None
        client.on_publish = client.on_subscribe = client.on_socket_open = None

    def _on_socket_open(self, _client: mqtt.Client, _data: Any, sock: Any) -> None:
        self._socket = sock
        # Nagle and delayed acknowledgement (RFC 1122, 4.2.3.2 and .4) cost 44 ms a round trip.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self,
        _client: mqtt.Client,
        _data: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.trouble = f"the broker refused this client's name and password: {reason}"
            return
        self.was_accepted = True
        self._tell(Connected(self))

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # matches no route, so it is counted as malformed
        self._tell(Received(topic, bytes(message.payload)))

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

    def _on_publish(
        self,
        _client: mqtt.Client,
        _data: Any,
        _mid: int,
        reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        if reason.is_failure:
            _LOG.warning("the broker refused a message of %s: %s", self._settings.client, reason)

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _data: Any,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            _LOG.error("the broker refused subscriptions of %s: %s", self._settings.client, refused)


class PahoNetwork:
    """The thread that keeps a connection open until it is stopped."""

    def __init__(self, settings: LinkSettings, tell: Callable[[NetworkEvent], object]) -> None:
        """Raise OSError when the authority's file cannot be read."""
        self._settings = settings
        self._tell = tell
        self._tls = None if settings.ca_file is None else TlsContext(settings.ca_file)
        self._should_stop = threading.Event()
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._thread = threading.Thread(
            target=self._run, name=f"network {settings.client}", daemon=True
        )

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Hang up and wait for the thread to end, at most `timeout_s`."""
        self._should_stop.set()
        with self._lock:
            connection = self._connection
        if connection is not None:
            connection.hang_up()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        wait_s = MIN_RECONNECT_S
        said = ""
        while not self._should_stop.is_set():
            connection = Connection(self._settings, self._tls, self._tell)
            with self._lock:
                self._connection = connection
            began_s = time.monotonic()
            connection.run(self._should_stop.is_set)
            with self._lock:
                self._connection = None
            if self._should_stop.is_set():
                return
            if connection.was_accepted and time.monotonic() - began_s >= SETTLED_AFTER_S:
                wait_s, said = MIN_RECONNECT_S, ""
            if connection.trouble != said:  # once per burst, not at every attempt
                said = connection.trouble
                where = f"{self._settings.host}:{self._settings.port}"
                _LOG.warning("%s: no link to %s: %s", self._settings.client, where, said)
            self._should_stop.wait(wait_s)
            wait_s = min(wait_s * 2, MAX_RECONNECT_S)


def _leave_writing_to_the_loop(_client: mqtt.Client, _data: Any, _socket: Any) -> None:
    """Do nothing: paho wakes its loop by itself."""
