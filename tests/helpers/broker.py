"""Peers for tests against a real mosquitto: a bare MQTT client, and a hall that follows a script.

with run_broker(tmp_path, ["kiosk-01"]) as broker, ScriptedHall(broker) as hall:
    ...
"""

import queue
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from hallserver.broker import RunningBroker
from hallserver.client.outbox import OutboxStore
from hallserver.client.paho_link import PahoLink
from hallserver.client.store import MemoryOutboxStore
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import Update
from hallserver.protocol.codec import decode_command, encode_published, encode_reply
from hallserver.protocol.commands import CommandMessage
from hallserver.protocol.ids import BusinessDay, ClientId, Epoch, HallId, ZoneId
from hallserver.protocol.replies import Done, Reply, ReplyMessage
from hallserver.protocol.routes import (
    COMMAND,
    HEARTBEAT,
    INFO,
    REPLY,
    match_topic,
    subscription,
    topic,
)
from hallserver.protocol.snapshots import Heartbeat, Published, ServerInfo
from hallserver.protocol.version import SCHEMA_VERSION

DEADLINE_S = 10.0
"""For what has to happen; a test that meets it has failed."""

FENCE = b"fence"


def send_at_once(_client: mqtt.Client, _data: object, opened: object) -> None:
    """For `on_socket_open`: Nagle and delayed acknowledgement cost 44 ms a round trip."""
    assert isinstance(opened, socket.socket)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Peer:
    """A bare MQTT 5 client that says what the broker answered."""

    def __init__(
        self,
        broker: RunningBroker,
        user: str,
        *,
        client_id: str | None = None,
        password: str | None = None,
    ) -> None:
        self.received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.lost = threading.Event()
        self._answers: queue.Queue[tuple[int, str]] = queue.Queue()
        self._broker = broker
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id or user, protocol=mqtt.MQTTv5
        )
        if user:
            secret = broker.passwords[ClientId(user)] if password is None else password
            self._client.username_pw_set(user, secret)
        self._client.on_connect = lambda _c, _d, _f, reason, _p: self._answer(0, reason)
        self._client.on_publish = lambda _c, _d, mid, reason, _p: self._answer(mid, reason)
        self._client.on_subscribe = lambda _c, _d, mid, reasons, _p: self._answer(mid, reasons)
        self._client.on_disconnect = lambda *_: self.lost.set()
        self._client.on_message = lambda _c, _d, message: self.received.put(
            (message.topic, bytes(message.payload))
        )
        self._client.on_socket_open = send_at_once

    def connect(self) -> str:
        """Connect and return the broker's word."""
        self._client.connect(self._broker.host, self._broker.port, clean_start=True)
        self._client.loop_start()
        return self._wait_for(0)

    def publish(self, topic_name: str, payload: bytes, *, retain: bool = False) -> str:
        """Publish at QoS 1 and return the broker's word."""
        return self._wait_for(self._client.publish(topic_name, payload, 1, retain).mid)

    def publish_and_forget(self, topic_name: str, payload: bytes) -> None:
        """Publish at QoS 1 without waiting for a word that may never come."""
        self._client.publish(topic_name, payload, 1)

    def subscribe(self, *topics: str) -> str:
        """Subscribe and return the broker's words."""
        _, mid = self._client.subscribe([(name, SubscribeOptions(qos=1)) for name in topics])
        assert mid is not None
        return self._wait_for(mid)

    def until_fence(self) -> list[tuple[str, bytes]]:
        """Return what arrived before the payload `FENCE`."""
        arrived = []
        while (item := self.received.get(timeout=DEADLINE_S))[1] != FENCE:
            arrived.append(item)
        return arrived

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        left = self._client.socket()  # it had connected once more, to be refused once more
        if left is not None:
            left.close()
        # Client and callbacks hold each other; let go, so that its other sockets close now.
        self._client.on_connect = self._client.on_disconnect = self._client.on_message = None
        self._client.on_publish = self._client.on_subscribe = None

    def __enter__(self) -> "Peer":
        assert self.connect() == "Success"
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, mid: int, reason: object) -> None:
        self._answers.put((mid, str(reason)))

    def _wait_for(self, mid: int) -> str:
        while True:
            answered, reason = self._answers.get(timeout=DEADLINE_S)
            if answered == mid:
                return reason


class ScriptedHall:
    """Stands where the hall server stands: greets, beats, and answers as the test says.

    Answers `Done` unless `answer` says otherwise; None answers nothing. After a reconnect it
    publishes its greeting and its snapshots again, as the server does.
    """

    def __init__(
        self,
        broker: RunningBroker,
        answer: Callable[[str, CommandMessage], Reply | None] = lambda _client, _message: Done(),
        *,
        epoch: int = 1,
        schema: int = SCHEMA_VERSION,
        min_schema: int = SCHEMA_VERSION,
        beat_s: float = 0.1,
    ) -> None:
        self.asked: queue.Queue[tuple[str, CommandMessage]] = queue.Queue()
        self.answer = answer
        self.has_heart = threading.Event()
        self.has_heart.set()
        self._epoch = Epoch(epoch)
        self._info = ServerInfo(
            schema, min_schema, HallId("hall"), self._epoch, BusinessDay("20261123"), "0.1.0"
        )
        self._snapshots: dict[str, Published] = {}
        self._beat_s = beat_s
        self._is_ending = threading.Event()
        self._is_ready = threading.Event()
        self._broker = broker
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="server", protocol=mqtt.MQTTv5)
        client.username_pw_set("server", broker.passwords[ClientId("server")])
        client.reconnect_delay_set(0.1, 0.2)  # type: ignore[arg-type]  # any number of seconds
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_socket_open = send_at_once
        self._client = client
        self._heart = threading.Thread(target=self._beat)

    def show(self, topic_name: str, snapshot: Published) -> None:
        """Publish a snapshot, retained."""
        self._snapshots[topic_name] = snapshot
        self._client.publish(topic_name, encode_published(snapshot), 1, retain=True)

    def send_raw(self, topic_name: str, payload: bytes) -> None:
        """Publish anything at all."""
        self._client.publish(topic_name, payload, 1)

    def __enter__(self) -> "ScriptedHall":
        self._client.connect(self._broker.host, self._broker.port, clean_start=True)
        self._client.loop_start()
        assert self._is_ready.wait(DEADLINE_S)
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_ending.set()
        self._heart.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, *_: object) -> None:
        self._client.subscribe(subscription(COMMAND), qos=1)

    def _on_subscribe(self, *_: object) -> None:
        for name, message in {topic(INFO): self._info, **self._snapshots}.items():
            self._client.publish(name, encode_published(message), 1, retain=True)
        self._is_ready.set()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        matched = match_topic(message.topic)
        command = decode_command(bytes(message.payload))
        assert matched is not None
        assert isinstance(command, CommandMessage)
        sender = ClientId(matched[1])
        self.asked.put((sender, command))
        reply = self.answer(sender, command)
        if reply is not None:
            answer = ReplyMessage(SCHEMA_VERSION, command.id, self._epoch, reply)
            self._client.publish(topic(REPLY, client=sender), encode_reply(answer), 1)

    def _beat(self) -> None:
        while not self._is_ending.wait(self._beat_s):
            if self.has_heart.is_set() and self._client.is_connected():
                beat = encode_published(Heartbeat(self._epoch, 1))
                self._client.publish(topic(HEARTBEAT), beat, 0)


class Listener:
    """A `PahoLink` whose updates a test takes one by one."""

    def __init__(
        self,
        broker: RunningBroker,
        client: str,
        *,
        zones: tuple[str, ...] = (),
        store: OutboxStore | None = None,
    ) -> None:
        self.updates: queue.Queue[Update] = queue.Queue()
        self.link = PahoLink(
            broker.settings(ClientId(client)),
            subscriptions_for(ClientId(client), map(ZoneId, zones)),
            MemoryOutboxStore() if store is None else store,
            self.updates.put,
        )

    def until(self, *wanted: object, kind: type | None = None) -> list[Update]:
        """Take updates until each of `wanted` came, or one of `kind`; returns all taken."""
        taken: list[Update] = []
        missing = list(wanted)
        while missing or kind is not None:
            update = self.updates.get(timeout=DEADLINE_S)
            taken.append(update)
            if kind is not None and isinstance(update, kind):
                return taken
            if update in missing:
                missing.remove(update)
        return taken

    def __enter__(self) -> "Listener":
        self.link.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.link.stop()


def files_under(directory: Path) -> bytes:
    """Return the bytes of every file of a directory, to look for what must not be there."""
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())
