"""`python -m hallserver.torture.clients`: many clients in one process, made to be killed.

Each has the product's own link, with its outbox on disk and its own credential, and writes what it
is told into a record of its own before anybody acts on it.
"""

import argparse
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import msgspec

from hallserver.client.ids import new_command_id
from hallserver.client.mailbox import Mailbox
from hallserver.client.paho_link import PahoLink
from hallserver.client.settings import LinkSettings
from hallserver.client.store import SqliteOutboxStore
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import (
    LinkChanged,
    LinkState,
    ReplyArrived,
    SnapshotArrived,
    Update,
)
from hallserver.domain.invariant import invariant
from hallserver.protocol.commands import Command
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, ClientId, CommandId, ZoneId
from hallserver.protocol.replies import Rejected, Reply
from hallserver.protocol.routes import Role, counter_of, role_of
from hallserver.protocol.snapshots import (
    BoardSnapshot,
    CounterSnapshot,
    Published,
    ServerInfo,
    VoiceSnapshot,
)
from hallserver.torture.record import OwnRecord, read_rows, shown
from hallserver.torture.work import CounterWork, KioskWork, Watching, Work

LOOK_S = 0.1
"""How often a process looks whether the hall is to be quiet, or whether it has to end."""
MAX_PAUSE_FACTOR = 4.0
IDLE_FACTOR = 2.0
STOP_WITHIN_S = 4.0


@dataclass(frozen=True)
class Settings:
    """What one process of clients is started with."""

    clients: tuple[ClientId, ...]
    zones: tuple[ZoneId, ...]
    host: str
    port: int
    credentials: Mapping[ClientId, str] = field(repr=False)
    accounts: Mapping[str, tuple[str, str]] = field(repr=False)
    state_dir: Path
    records: Path
    control: Path
    pause_s: float
    seed: int


def topic_of(snapshot: Published) -> str:
    """Name what a snapshot is of, without the help of the routes."""
    kind = type(snapshot).__name__
    if isinstance(snapshot, CounterSnapshot):
        return f"{kind} {snapshot.counter}"
    if isinstance(snapshot, BoardSnapshot | VoiceSnapshot):
        return f"{kind} {snapshot.zone}"
    return kind


class TorturedClient:
    """One client: its link, its record and what is done at it."""

    def __init__(self, client: ClientId, settings: Settings, mailbox: "Mailbox[Inbound]") -> None:
        self._settings = settings
        self._mailbox = mailbox
        self._chance = Random(f"{settings.seed} {client} {os.getpid()}")
        self._work = _work_of(client, settings, self._chance)
        path = settings.records / f"{client}.jsonl"
        self._remember(path)
        self._record = OwnRecord(path)
        self._record.note("life", pid=os.getpid())
        store = SqliteOutboxStore(settings.state_dir / f"{client}.outbox.sqlite")
        self._pending = {command_id for command_id, _ in store.load()}
        self._link_state = LinkState.CONNECTING
        self._newest: dict[str, Published] = {}
        self._still_in = 0
        self.due_s = 0.0
        zones = settings.zones if role_of(client) is Role.CALLSCREEN else ()
        link = LinkSettings(client, settings.host, settings.port, settings.credentials[client])
        self.link = PahoLink(link, subscriptions_for(client, zones), store, self._hear)

    def _remember(self, path: Path) -> None:
        """Know again what this client was told in its former lives: the paper in its hands."""
        if not isinstance(self._work, KioskWork):
            return
        for row in read_rows(path):
            if row["kind"] == "told":
                command = msgspec.convert(row["command"], Command)
                self._work.told(command, msgspec.convert(row["reply"], Reply))

    def _hear(self, update: Update) -> None:
        """Write it down first. Called in the link's own thread."""
        match update:
            case LinkChanged(link):
                self._record.note("link", link=link)
            case SnapshotArrived(snapshot):
                self._record.note("saw", **_seen(snapshot))
            case ReplyArrived(command_id, command, reply):
                self._record.note("told", id=command_id, command=shown(command), reply=reply)
        self._mailbox.put((self, update))

    def take(self, update: Update, now_s: float) -> None:
        """Act on what was written down."""
        match update:
            case LinkChanged(link):
                self._link_state = link
            case SnapshotArrived(snapshot):
                self._newest[topic_of(snapshot)] = snapshot
                self._work.saw(snapshot)
                if self._still_in:
                    self._record.note("whole", topic=topic_of(snapshot), snapshot=snapshot)
            case ReplyArrived(command_id, command, reply):
                self._pending.discard(command_id)
                self._work.told(command, reply)
                self.due_s = now_s + self._pause_s(reply)

    def _pause_s(self, reply: Reply) -> float:
        mean_s = self._settings.pause_s
        if isinstance(reply, Rejected) and reply.code is RejectionCode.NOBODY_WAITING:
            mean_s *= IDLE_FACTOR
        return min(self._chance.expovariate(1) * mean_s, MAX_PAUSE_FACTOR * mean_s)

    def act(self, now_s: float) -> None:
        """Ask for the next thing, if nothing is asked and it is time."""
        self._still_in = 0
        if self._pending or now_s < self.due_s:
            return
        self.due_s = now_s + self._pause_s_of_nothing()
        for command in self._work.choose():
            self._submit(command)

    def _pause_s_of_nothing(self) -> float:
        return self._chance.uniform(0.5, 1.5) * self._settings.pause_s

    def _submit(self, command: Command) -> None:
        command_id: CommandId = new_command_id()
        self._record.note("asked", id=command_id, command=shown(command))
        self._pending.add(command_id)
        submitted = self.link.submit(command, command_id)
        invariant(submitted == command_id, "a client that asks one thing at a time has room")

    def be_still(self, quiet: int) -> None:
        """Say once that nothing is left to do, and what is seen then."""
        if self._still_in == quiet or self._pending or self._link_state is not LinkState.LIVE:
            return
        for topic, snapshot in self._newest.items():
            self._record.note("whole", topic=topic, snapshot=snapshot)
        self._record.note("still", quiet=quiet)
        self._still_in = quiet


Inbound = tuple[TorturedClient, Update]


def _seen(snapshot: Published) -> dict[str, object]:
    """Return what the record keeps of every snapshot."""
    seen: dict[str, object] = {"topic": topic_of(snapshot), "epoch": snapshot.epoch}
    if isinstance(snapshot, ServerInfo):
        return {**seen, "version": 0}
    seen["version"] = snapshot.version
    if isinstance(snapshot, CounterSnapshot):
        clerk, active = snapshot.clerk, snapshot.active
        seen["clerk"] = None if clerk is None else clerk.clerk
        seen["active"] = None if active is None else active.ticket
    return seen


def _work_of(client: ClientId, settings: Settings, chance: Random) -> Work:
    counter = counter_of(client)
    if role_of(client) is Role.KIOSK:
        return KioskWork(chance)
    if role_of(client) is Role.COUNTER and counter is not None:
        account, password = settings.accounts[str(counter)]
        return CounterWork(counter, ClerkId(account), password, chance)
    return Watching()


class Clients:
    """The clients of one process, and the thread that lives them."""

    def __init__(self, settings: Settings) -> None:
        self._control = settings.control
        self._mailbox: Mailbox[Inbound] = Mailbox()
        self._clients = [
            TorturedClient(client, settings, self._mailbox) for client in settings.clients
        ]
        self._is_stopping = threading.Event()

    def stop(self) -> None:
        """Let `run` return; may be called from a signal handler."""
        self._is_stopping.set()

    def run(self) -> None:
        """Work until `stop`."""
        for client in self._clients:
            client.link.start()
        look_at_s, quiet = 0.0, 0
        while not self._is_stopping.is_set():
            inbound = self._mailbox.take(LOOK_S)
            now_s = time.monotonic()
            while inbound is not None:
                inbound[0].take(inbound[1], now_s)
                inbound = self._mailbox.take(0)
            if now_s >= look_at_s:
                look_at_s, quiet = now_s + LOOK_S, self._wanted_quiet()
            for client in self._clients:
                if quiet:
                    client.be_still(quiet)
                else:
                    client.act(now_s)
        self._hang_up()

    def _wanted_quiet(self) -> int:
        try:
            return int(self._control.read_text("ascii") or 0)
        except FileNotFoundError:
            return 0

    def _hang_up(self) -> None:
        """Stop all links side by side: each waits for threads of its own."""
        threads = [threading.Thread(target=each.link.stop) for each in self._clients]
        for thread in threads:
            thread.start()
        deadline_s = time.monotonic() + STOP_WITHIN_S
        for thread in threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))


def _settings(argv: Sequence[str] | None) -> Settings:
    parser = argparse.ArgumentParser(prog="hallserver.torture.clients")
    parser.add_argument("--clients", required=True, metavar="ID,ID")
    parser.add_argument("--zones", required=True, metavar="ID,ID")
    parser.add_argument("--broker", required=True, metavar="HOST:PORT")
    parser.add_argument("--credentials", required=True, type=Path, metavar="FILE")
    parser.add_argument("--clerks", required=True, type=Path, metavar="FILE")
    parser.add_argument("--state-dir", required=True, type=Path, metavar="DIR")
    parser.add_argument("--records", required=True, type=Path, metavar="DIR")
    parser.add_argument("--control", required=True, type=Path, metavar="FILE")
    parser.add_argument("--pause", required=True, type=float, metavar="S")
    parser.add_argument("--seed", required=True, type=int)
    given = parser.parse_args(argv)
    host, _, port = given.broker.rpartition(":")
    return Settings(
        clients=tuple(ClientId(name) for name in given.clients.split(",")),
        zones=tuple(ZoneId(name) for name in given.zones.split(",")),
        host=host,
        port=int(port),
        credentials=json.loads(given.credentials.read_text("utf-8")),
        accounts=json.loads(given.clerks.read_text("utf-8")),
        state_dir=given.state_dir,
        records=given.records,
        control=given.control,
        pause_s=given.pause,
        seed=given.seed,
    )


def _end_with_thread(failed: threading.ExceptHookArgs) -> None:
    """End the process: with one of its threads gone, a client would be no witness."""
    logging.critical("a bug", exc_info=failed.exc_value)
    logging.shutdown()
    os._exit(os.EX_SOFTWARE)


def main(argv: Sequence[str] | None = None) -> int:
    """Work until a signal asks to end."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    threading.excepthook = _end_with_thread
    clients = Clients(_settings(argv))
    signal.signal(signal.SIGTERM, lambda *_: clients.stop())
    clients.run()
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
