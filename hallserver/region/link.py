"""The collector's link to the region's broker: messages in, acknowledged after the commit."""

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

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
from hallserver.protocol.region import (
    CONFIRMED,
    LINES,
    QOS,
    JournalConfirmed,
    RegionHall,
    encode_confirmed,
    region_filter,
    region_topic,
)
from hallserver.region.files import MAX_PACKET_BYTES

RECEIVE_MAXIMUM = 256
"""Messages that the broker may have on their way to us; also the most of one transaction."""
MAX_WAITING_BYTES = 64 * 2**20
"""Of messages that are read and not taken. mosquitto 2.0.11 sends more than the receive maximum
when many come at once, so that is no bound; what does not fit is left to the halls' asking."""
SESSION_EXPIRY_S = 3_600
"""The broker keeps what arrives while the collector is started anew. After that the halls ask."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message, and the connection on which it came."""

    topic: str
    payload: bytes
    mid: int
    connection: "_Connection" = field(repr=False)


class _Connection(PahoConnection):
    """One life of a connection."""

    def __init__(
        self,
        settings: LinkSettings,
        tls: TlsContext | None,
        take: Callable[["_Connection", mqtt.MQTTMessage], None],
    ) -> None:
        super().__init__(settings, tls, acknowledges_by_hand=True)
        self._take = take
        self.client.max_inflight_messages_set(RECEIVE_MAXIMUM)
        self.client.max_queued_messages_set(0)  # answers: no more than messages came in

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Connect and serve until the connection ends or `should_stop`."""
        self.serve(
            should_stop,
            clean_start=False,
            max_packet_bytes=MAX_PACKET_BYTES,
            ReceiveMaximum=RECEIVE_MAXIMUM,
            SessionExpiryInterval=SESSION_EXPIRY_S,
        )

    def accepted(self) -> None:
        """Ask for the lines of all halls."""
        self.client.subscribe(region_filter(LINES), options=SubscribeOptions(qos=QOS))

    def subscribed(self, refused: list[ReasonCode]) -> None:
        """Leave a broker that does not hand over lines."""
        if refused:
            self.trouble = f"the broker refuses to hand over lines: {refused[0]}"
            self.client.disconnect()
            return
        _LOG.info("listening to the halls")

    def received(self, message: mqtt.MQTTMessage) -> None:
        """Hand on a message."""
        self._take(self, message)

    def not_published(self, reason: ReasonCode) -> None:
        """Say it in the log; the hall asks again."""
        _LOG.error("the broker refused an answer: %s", reason)


class CollectorLink:
    """Keeps a connection to the region's broker until it is stopped."""

    def __init__(self, settings: LinkSettings) -> None:
        """Raise OSError when `ca_file` is unreadable."""
        self._settings = settings
        self._tls = None if settings.ca_file is None else TlsContext(settings.ca_file)
        self._waiting: queue.SimpleQueue[Arrived | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._current: _Connection | None = None
        self._should_stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="region link", daemon=True)

    def start(self) -> None:
        """Begin to connect. Once only."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Hang up and wait for the thread, at most `timeout_s`."""
        self._should_stop.set()
        connection = self._current
        if connection is not None:
            connection.hang_up()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def wake(self) -> None:
        """Let `take` return at once. Also from a signal's handler."""
        self._waiting.put(None)

    def take(self, timeout_s: float) -> list[Arrived]:
        """Take what waits, at most one transaction's worth; wait for the first of it.

        What came on a connection that is gone is left out: the broker sends it again.
        """
        taken: list[Arrived] = []
        try:
            first = self._waiting.get(timeout=timeout_s)
            while first is not None:
                with self._lock:
                    self._waiting_bytes -= len(first.payload)
                if first.connection is self._current:
                    taken.append(first)
                if len(taken) >= RECEIVE_MAXIMUM:
                    break
                first = self._waiting.get_nowait()
        except queue.Empty:
            pass
        return taken

    def answer(self, answers: Iterable[tuple[RegionHall, JournalConfirmed]]) -> None:
        """Send answers, retained. Without a connection they are lost: the halls ask again."""
        connection = self._current
        if connection is None:
            return
        for hall, answer in answers:
            topic = region_topic(CONFIRMED, hall)
            connection.client.publish(topic, encode_confirmed(answer), QOS, CONFIRMED.is_retained)

    def acknowledge(self, arrived: Iterable[Arrived]) -> None:
        """Tell the broker that messages are taken care of."""
        for each in arrived:
            each.connection.client.ack(each.mid, QOS)

    def _take(self, connection: _Connection, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        with self._lock:
            has_room = self._waiting_bytes < MAX_WAITING_BYTES
            if has_room and message.qos != 0:
                self._waiting_bytes += len(message.payload)
        if message.qos == 0 or not has_room:
            connection.client.ack(message.mid, message.qos)  # the hall asks again
            return
        self._waiting.put(Arrived(topic, bytes(message.payload), message.mid, connection))

    def _run(self) -> None:
        wait_s, said = MIN_RECONNECT_S, ""
        while not self._should_stop.is_set():
            connection = _Connection(self._settings, self._tls, self._take)
            self._current = connection
            connection.run(self._should_stop.is_set)
            self._current = None
            if self._should_stop.is_set():
                return
            if connection.was_accepted:
                wait_s, said = MIN_RECONNECT_S, ""
            if connection.trouble != said:  # once per burst, not at every attempt
                said = connection.trouble
                where = f"{self._settings.host}:{self._settings.port}"
                _LOG.warning("no link to the broker at %s: %s", where, said)
            self._should_stop.wait(wait_s)
            wait_s = min(wait_s * 2, MAX_RECONNECT_S)
