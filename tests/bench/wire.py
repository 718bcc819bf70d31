"""Many MQTT 5 clients in one thread, so thin that what is measured is not them.

Only what a client of the hall needs: CONNECT with a password, SUBSCRIBE, PUBLISH and PUBACK at
QoS 1 (OASIS MQTT 5.0, chapter 3).
"""

import selectors
import socket
import time
from collections.abc import Callable
from typing import Self

from hallserver.broker import RunningBroker
from hallserver.protocol.ids import ClientId

KEEPALIVE_S = 60
DEADLINE_S = 120.0
_CONNACK, _PUBLISH, _PUBACK = 0x20, 0x30, 0x40


def _text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def _packet(kind: int, body: bytes) -> bytes:
    length, rest = bytearray(), len(body)
    while True:
        rest, seven = divmod(rest, 128)
        length.append(seven | (128 if rest else 0))
        if not rest:
            return bytes((kind,)) + bytes(length) + body


def _varint(data: bytes, at: int) -> tuple[int, int] | None:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    return None


class ThinClient:
    """One connection."""

    def __init__(self, broker: RunningBroker, name: str) -> None:
        self.name = name
        self.socket = socket.create_connection((broker.host, broker.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = b""
        self._packet_id = 0
        clean_start_name_password = 0xC2
        self.socket.sendall(
            _packet(
                0x10,
                _text("MQTT")
                + bytes((5, clean_start_name_password))
                + KEEPALIVE_S.to_bytes(2, "big")
                + b"\0"
                + _text(name)
                + _text(name)
                + _text(broker.passwords[ClientId(name)]),
            )
        )
        assert self._wait_for(_CONNACK)[1] == 0, f"{name} was refused"

    def subscribe(self, *topics: str) -> None:
        filters = b"".join(_text(topic) + b"\1" for topic in topics)
        # Not waited for: the broker takes what follows on this connection after it.
        self.socket.sendall(_packet(0x82, self._next_id() + b"\0" + filters))

    def publish(self, topic: str, payload: bytes) -> None:
        self.socket.sendall(_packet(0x32, _text(topic) + self._next_id() + b"\0" + payload))

    def receive(self) -> list[tuple[str, bytes]]:
        """Read what is there, acknowledge it, and return the messages."""
        self._read()
        messages, acknowledgements = [], []
        while (taken := self._take()) is not None:
            kind, body = taken
            if kind & 0xF0 != _PUBLISH:
                continue
            size = int.from_bytes(body[:2], "big")
            at = 2 + size
            if kind & 0x06:
                acknowledgements.append(_packet(_PUBACK, body[at : at + 2]))
                at += 2
            properties = _varint(body, at)
            assert properties is not None
            messages.append((body[2 : 2 + size].decode(), body[properties[1] + properties[0] :]))
        if acknowledgements:
            self.socket.sendall(b"".join(acknowledgements))
        return messages

    def close(self) -> None:
        self.socket.close()

    def _read(self) -> None:
        data = self.socket.recv(65_536)
        if not data:
            raise ConnectionError(f"the broker closed the connection of {self.name}")
        self._data += data

    def _next_id(self) -> bytes:
        self._packet_id = self._packet_id % 65_535 + 1
        return self._packet_id.to_bytes(2, "big")

    def _take(self) -> tuple[int, bytes] | None:
        if len(self._data) < 2 or (length := _varint(self._data, 1)) is None:
            return None
        size, at = length
        if len(self._data) < at + size:
            return None
        kind, body = self._data[0], self._data[at : at + size]
        self._data = self._data[at + size :]
        return kind, body

    def _wait_for(self, kind: int) -> bytes:
        while True:
            taken = self._take()
            if taken is None:
                self._read()
            elif taken[0] == kind:
                return taken[1]


class Swarm:
    """Clients by name. `run` hands on what they receive until all that was waited for is there."""

    def __init__(self, broker: RunningBroker, names: list[str]) -> None:
        self.clients = {name: ThinClient(broker, name) for name in names}
        self._selector = selectors.DefaultSelector()
        for client in self.clients.values():
            self._selector.register(client.socket, selectors.EVENT_READ, client)

    def run(
        self, on_message: Callable[[ThinClient, str, bytes], object], is_done: Callable[[], bool]
    ) -> None:
        deadline_s = time.monotonic() + DEADLINE_S
        while not is_done():
            ready = self._selector.select(max(0.0, deadline_s - time.monotonic()))
            if not ready:
                raise TimeoutError(f"nothing more came within {DEADLINE_S} s")
            for key, _ in ready:
                for topic, payload in key.data.receive():
                    on_message(key.data, topic, payload)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for client in self.clients.values():
            client.close()
