"""One life of an MQTT connection, by paho-mqtt: what clients and the server do alike.

Each connection gets a new paho client: what an old one still had in flight is the business of who
asked for it, and is sent once, not twice.
"""

import contextlib
import select
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt import MQTTException
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hallserver.client.settings import LinkSettings
from hallserver.client.waker import Waker

MIN_RECONNECT_S = 0.2
MAX_RECONNECT_S = 2.0
CONNECT_TIMEOUT_S = 3.0
KEEPALIVE_S = 5
"""A broker that fell silent without closing is left after 1.5 to 2 of these."""
LOOP_S = 0.5
MAX_READS_A_TURN = 512

# A port's trouble, a host name that is none (UnicodeError), and what paho's parser raises on bytes
# that are not MQTT.
_TROUBLE = (OSError, ValueError, LookupError, struct.error, TypeError, MQTTException)


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


class PahoConnection:
    """One life of a TCP connection to the broker. Its sides override what they are told."""

    def __init__(
        self, settings: LinkSettings, tls: TlsContext | None, *, acknowledges_by_hand: bool = False
    ) -> None:
        self.settings = settings
        self.was_accepted = False
        self.had_session = False
        """The broker knew us from a connection before (MQTT 5, 3.2.2.1.1)."""
        self.trouble = "the broker closed the connection"
        self._tls = tls
        self._socket: socket.socket | None = None
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client,
            protocol=mqtt.MQTTv5,
            manual_ack=acknowledges_by_hand,
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
        self.client = client

    # What it is told, in the thread that runs it.

    def accepted(self) -> None:
        """Go on: the broker took our name and password."""

    def subscribed(self, refused: list[ReasonCode]) -> None:
        """Take note of the broker's answer to a subscription."""

    def received(self, message: mqtt.MQTTMessage) -> None:
        """Take a message."""

    def not_published(self, reason: ReasonCode) -> None:
        """Take note that the broker refused a message."""

    def look(self) -> None:
        """Do what is due; called several times a second."""

    # What its sides use: `serve`, in a thread of its own, or `open`, `turn` and `close`.

    def serve(
        self,
        should_stop: Callable[[], bool],
        *,
        clean_start: bool,
        max_packet_bytes: int,
        **properties: int,
    ) -> None:
        """Connect and serve until the connection ends or `should_stop`. Never raises trouble.

        `properties` are those of CONNECT (MQTT 5, 3.1.2.11), by paho's names.
        """
        try:
            code = self._connect(max_packet_bytes, properties, clean_start=clean_start)
            while code == MQTTErrorCode.MQTT_ERR_SUCCESS and not should_stop():
                code = self.client.loop(LOOP_S)
                self.look()
            if code == MQTTErrorCode.MQTT_ERR_SUCCESS:
                self.client.disconnect()
                self.client.loop(LOOP_S)
        except _TROUBLE as error:
            self._note(error)
        finally:
            self.close()

    def open(self, *, clean_start: bool, max_packet_bytes: int, **properties: int) -> bool:
        """Connect, which may take seconds; whether that went well. Never raises trouble."""
        try:
            code = self._connect(max_packet_bytes, properties, clean_start=clean_start)
        except _TROUBLE as error:
            self._note(error)
            return False
        return code == MQTTErrorCode.MQTT_ERR_SUCCESS

    def turn(self, waker: Waker, timeout_s: float) -> bool:
        """Write what waits, wait for bytes or the waker, take in all there is; False at the end.

        Always by the same thread. Never raises trouble.
        """
        try:
            return self._write_all() and self._wait(waker, timeout_s) and self._keep_alive()
        except _TROUBLE as error:
            self._note(error)
            return False

    def write(self) -> None:
        """Write what waits, as far as there is room. By the thread that calls `turn`."""
        try:
            self._write_all()
        except _TROUBLE as error:  # `turn` will find the end
            self._note(error)

    def _write_all(self) -> bool:
        if not self.client.want_write():
            return True
        # Paho hands over packet by packet, and each would wake the broker.
        with _corked(self._socket):
            return self.client.loop_write() == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _wait(self, waker: Waker, timeout_s: float) -> bool:
        sock: Any = self.client.socket()
        if sock is None:
            return False
        blocked = [sock] if self.client.want_write() else []
        if _has_decrypted(sock):
            timeout_s = 0.0
        readable, _, _ = select.select([sock, waker], blocked, [], timeout_s)
        if waker in readable:
            waker.clear()
        return self._take_in(sock) if sock in readable or _has_decrypted(sock) else True

    def _take_in(self, sock: Any) -> bool:
        # Paho takes one packet at a time unless it waits for acknowledgements. All that is there
        # now can share one commit, so it is all taken now.
        for _ in range(MAX_READS_A_TURN):
            if self.client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return False
            if self.client.socket() is None:
                return False
            if not _has_decrypted(sock) and not select.select([sock], [], [], 0)[0]:
                break
        return True

    def _keep_alive(self) -> bool:
        return self.client.loop_misc() == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _note(self, error: Exception) -> None:
        self.trouble = f"{type(error).__name__}: {error}"

    def _connect(
        self, max_packet_bytes: int, properties: Mapping[str, int], *, clean_start: bool
    ) -> MQTTErrorCode:
        wanted = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wanted.MaximumPacketSize = max_packet_bytes
        for name, value in properties.items():
            setattr(wanted, name, value)
        return self.client.connect(
            self.settings.host,
            self.settings.port,
            KEEPALIVE_S,
            clean_start=clean_start,
            properties=wanted,
        )

    def hang_up(self) -> None:
        """Say goodbye to the broker; wakes `serve`. From any thread."""
        self.client.disconnect()

    def close(self) -> None:
        """Close the socket, without a word. May be called twice."""
        if self._socket is not None:
            self._socket.close()
        if self._tls is not None:
            self._tls.close_last()
        # Client and callbacks hold each other; let go, so that its sockets close now.
        client = self.client
        client.on_connect = client.on_message = client.on_disconnect = None
        client.on_publish = client.on_subscribe = client.on_socket_open = None

    # Paho's callbacks.

    def _on_socket_open(self, _client: mqtt.Client, _data: Any, sock: Any) -> None:
        self._socket = sock
        # Nagle and delayed acknowledgement (RFC 1122, 4.2.3.2 and .4) cost 44 ms a round trip.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self,
        _client: mqtt.Client,
        _data: Any,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.trouble = (
                f"the broker refused the name and password of {self.settings.client}: {reason}"
            )
            return
        self.was_accepted = True
        self.had_session = flags.session_present
        self.accepted()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.received(message)

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
        # "No matching subscribers" is a success: nobody has to listen.
        if reason.is_failure:
            self.not_published(reason)

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _data: Any,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self.subscribed([reason for reason in reasons if reason.is_failure])


def _leave_writing_to_the_loop(_client: mqtt.Client, _data: Any, _socket: Any) -> None:
    """Do nothing: paho wakes its loop by itself."""


@contextlib.contextmanager
def _corked(sock: socket.socket | None) -> Iterator[None]:
    """Let the kernel collect what is written, and send it at the end (tcp(7), TCP_CORK)."""
    if sock is None:
        yield
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    yield
    with contextlib.suppress(OSError):  # paho has closed it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


def _has_decrypted(sock: Any) -> bool:
    """Whether a TLS socket holds bytes that `select` cannot see."""
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
