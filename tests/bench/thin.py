"""The thinnest correct program that gives numbers and calls them: what the server is held against.

One process and one thread, paho and sqlite3 as they come. It keeps what no such program may do
without: no number twice, nobody called twice, the same id gets the same answer, and nothing is
said before it is on the disk. All that has arrived shares one commit. It knows neither paper nor
clerks nor rules.

python -m tests.bench.thin HOST PORT PASSWORD_FILE HALL_FILE DATABASE
"""

import select
import sqlite3
import sys
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.helpers.broker import send_at_once

MAX_BATCH = 256
MAX_CALLS = 16
TABLES = """
CREATE TABLE IF NOT EXISTS ticket (id INTEGER PRIMARY KEY, prefix TEXT NOT NULL,
    number INTEGER NOT NULL, service TEXT NOT NULL, counter INTEGER, UNIQUE (prefix, number));
CREATE TABLE IF NOT EXISTS reply (client TEXT NOT NULL, command TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (client, command));
"""


class ThinHall(msgspec.Struct):
    """What it has to know of the hall."""

    prefixes: dict[str, str]
    services: dict[str, tuple[str, ...]]
    zones: dict[str, str]


class Wanted(msgspec.Struct):
    type: str
    service: str = ""


class Message(msgspec.Struct):
    id: str
    command: Wanted


class Waiting(msgspec.Struct):
    ticket: int
    number: str


class Program:
    """Numbers and lines in memory, the truth in the database."""

    def __init__(self, hall: ThinHall, path: Path) -> None:
        self.hall = hall
        self.last: dict[str, int] = defaultdict(int)
        self.lines: dict[str, deque[Waiting]] = {service: deque() for service in hall.prefixes}
        self.boards: dict[str, deque[Mapping[str, object]]] = {
            zone: deque(maxlen=MAX_CALLS) for zone in hall.zones.values()
        }
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.executescript(TABLES)
        self.tickets = 0
        rows = self.database.execute("SELECT id, prefix, number, service, counter FROM ticket")
        for ticket, prefix, number, service, counter in rows:
            self.tickets = max(self.tickets, ticket)
            self.last[prefix] = max(self.last[prefix], number)
            if counter is None:
                self.lines[service].append(Waiting(ticket, f"{prefix}{number:03}"))

    def process(self, batch: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes, bool]]:
        """Answer what clients sent, in one transaction; say what to publish after it."""
        said: list[tuple[str, bytes, bool]] = []
        touched: set[str] = set()
        execute = self.database.execute
        execute("BEGIN IMMEDIATE")
        for client, payload in batch:
            message = _decode(payload)
            known = execute(
                "SELECT body FROM reply WHERE client = ? AND command = ?", (client, message.id)
            ).fetchone()
            if known is None:
                body = msgspec.json.encode(
                    {"id": message.id, "reply": self._decide(client, message.command, touched)}
                )
                execute("INSERT INTO reply VALUES (?, ?, ?)", (client, message.id, body))
            else:
                [body] = known
            said.append((f"jiaohao/reply/{client}", body, False))
        execute("COMMIT")
        for zone in touched:
            board = msgspec.json.encode({"zone": zone, "calls": list(self.boards[zone])})
            said.append((f"jiaohao/board/{zone}", board, True))
        return said

    def _decide(self, client: str, wanted: Wanted, touched: set[str]) -> Mapping[str, object]:
        if wanted.type == "ReserveTicket":
            return self._reserve(wanted.service)
        if wanted.type == "CallNext":
            return self._call(client, touched)
        return {"type": "Done"}

    def _reserve(self, service: str) -> Mapping[str, object]:
        prefix = self.hall.prefixes[service]
        self.tickets += 1
        number = self.last[prefix] = self.last[prefix] + 1
        self.database.execute(
            "INSERT INTO ticket VALUES (?, ?, ?, ?, NULL)",
            (self.tickets, prefix, number, service),
        )
        waiting = Waiting(self.tickets, f"{prefix}{number:03}")
        line = self.lines[service]
        ahead = len(line)
        line.append(waiting)
        return {
            "type": "Reservation",
            "ticket": str(waiting.ticket),
            "number": waiting.number,
            "service": service,
            "people_ahead": ahead,
        }

    def _call(self, client: str, touched: set[str]) -> Mapping[str, object]:
        lines = [self.lines[service] for service in self.hall.services[client]]
        lines = [line for line in lines if line]
        if not lines:
            return {"type": "Rejected", "code": "nobody_waiting"}
        called = min(lines, key=lambda line: line[0].ticket).popleft()
        zone, counter = self.hall.zones[client], int(client.split("-")[1])
        self.database.execute(
            "UPDATE ticket SET counter = ? WHERE id = ?", (counter, called.ticket)
        )
        self.boards[zone].appendleft({"number": called.number, "counter": counter})
        touched.add(zone)
        return {
            "type": "TicketAtCounter",
            "ticket": str(called.ticket),
            "number": called.number,
            "counter": counter,
        }


_decode = msgspec.json.Decoder(Message).decode


def main() -> None:
    host, port, password_file, hall_file, database = sys.argv[1:]
    hall = msgspec.json.decode(Path(hall_file).read_bytes(), type=ThinHall)
    program = Program(hall, Path(database))
    arrived: list[mqtt.MQTTMessage] = []
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id="server", protocol=mqtt.MQTTv5, manual_ack=True
    )
    client.username_pw_set("server", Path(password_file).read_text("utf-8").strip())
    client.on_socket_open = send_at_once
    client.on_connect = subscribe
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_message = lambda _client, _data, message: arrived.append(message)
    client.max_inflight_messages_set(MAX_BATCH)
    session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    session.ReceiveMaximum = MAX_BATCH
    session.SessionExpiryInterval = 60
    client.connect(host, int(port), clean_start=False, properties=session)
    while client.socket() is not None:
        serve(client, program, arrived)


def subscribe(client: mqtt.Client, *_: object) -> None:
    client.subscribe("jiaohao/command/+", qos=1)


def serve(client: mqtt.Client, program: Program, arrived: list[mqtt.MQTTMessage]) -> None:
    """Take all that is there, commit it, answer it, and only then acknowledge it."""
    wait_s = 1.0
    connection = client.socket()
    while connection is not None and len(arrived) < MAX_BATCH:
        if not select.select([connection], [], [], wait_s)[0]:
            break
        client.loop_read()
        connection = client.socket()
        wait_s = 0.0
    if arrived:
        batch = [(each.topic.rpartition("/")[2], bytes(each.payload)) for each in arrived]
        for topic, payload, is_retained in program.process(batch):
            client.publish(topic, payload, 1, is_retained)
        for each in arrived:
            client.ack(each.mid, 1)
        arrived.clear()
    if client.want_write():
        client.loop_write()
    client.loop_misc()


if __name__ == "__main__":
    main()
