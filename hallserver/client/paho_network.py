"""One MQTT connection after another, in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hallserver.client.paho_connection import (
    MAX_RECONNECT_S,
    MIN_RECONNECT_S,
    PahoConnection,
    TlsContext,
)
from hallserver.client.settings import LinkSettings
from hallserver.client.subscriptions import Subscription
from hallserver.protocol.bounds import MAX_PUBLISHED_BYTES

SETTLED_AFTER_S = 5.0
"""A connection that lived as long begins a new burst of trouble, with a log line and no wait.

Two devices under one name push each other out at every connect: they stay slow and quiet."""
MAX_PACKET_BYTES = MAX_PUBLISHED_BYTES + 1_024
"""Payload, topic and properties: the broker drops what is longer (MQTT 5, 3.1.2.11.4)."""

_LOG = logging.getLogger(__name__)


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


class Connection(PahoConnection):
    """A client's side of one connection."""

    def __init__(
        self,
        settings: LinkSettings,
        tls: TlsContext | None,
        tell: Callable[[NetworkEvent], object],
    ) -> None:
        super().__init__(settings, tls)
        self._tell = tell

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Connect and serve until the connection ends or `should_stop`. Never raises trouble."""
        try:
            self.serve(should_stop, clean_start=True, max_packet_bytes=MAX_PACKET_BYTES)
        finally:
            if self.was_accepted:
                self._tell(Lost())

    def subscribe(self, subscriptions: tuple[Subscription, ...]) -> None:
        """Ask for all topics in one packet. From any thread."""
        wanted = [(item.topic, SubscribeOptions(qos=item.qos)) for item in subscriptions]
        self.client.subscribe(wanted)

    def publish(self, topic: str, payload: bytes, qos: int) -> None:
        """Send a message. From any thread."""
        self.client.publish(topic, payload, qos)

    def accepted(self) -> None:
        """Tell of it: the session is clean."""
        self._tell(Connected(self))

    def received(self, message: mqtt.MQTTMessage) -> None:
        """Tell of a message."""
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # matches no route, so it is counted as malformed
        self._tell(Received(topic, bytes(message.payload)))

    def not_published(self, reason: ReasonCode) -> None:
        """Say it in the log; the outbox sends it again."""
        _LOG.warning("the broker refused a message of %s: %s", self.settings.client, reason)

    def subscribed(self, refused: list[ReasonCode]) -> None:
        """Say in the log what was refused."""
        if refused:
            reasons = [str(reason) for reason in refused]
            _LOG.error("the broker refused subscriptions of %s: %s", self.settings.client, reasons)


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
