"""The hall that is tortured: its processes, and the hands that harm them."""

import os
import signal
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hallserver.bootstrap import read_plan
from hallserver.client.settings import LinkSettings
from hallserver.demo.stage import Stage, set_stage
from hallserver.domain.plan import HallPlan, without_hours
from hallserver.protocol.ids import ClientId, ZoneId
from hallserver.protocol.routes import counter_terminal
from hallserver.supervise import Children, Supervised
from hallserver.torture.harm import Store, corrupted
from hallserver.torture.journal import JournalReader
from hallserver.torture.probe import Probe
from hallserver.torture.servers import LOOK_S, Database, Pause, Servers
from hallserver.torture.watch import Watch

CLIENTS_IN_A_PROCESS = 16
KIOSK_SHARE = 30 / 122
MAX_CALLSCREENS = 4
SAVE_WITHIN_S = 0.1


class TroubleError(Exception):
    """The harness itself cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part. Call screens show all zones; they and the console only look."""

    kiosks: tuple[ClientId, ...]
    counters: tuple[ClientId, ...]
    observers: tuple[ClientId, ...]
    probe: ClientId

    @property
    def everybody(self) -> tuple[ClientId, ...]:
        """All but the probe."""
        return (*self.kiosks, *self.counters, *self.observers)


def choose_cast(plan: HallPlan, clients: int) -> Cast:
    """Choose so many kiosks and counters of a hall. Raises TroubleError when it has fewer."""
    kiosks = max(1, round(clients * KIOSK_SHARE))
    terminals = [
        counter_terminal(counter.id)
        for counter in plan.counters
        if not counter.rules.is_back_office
    ]
    counters = clients - kiosks
    if kiosks > len(plan.kiosks) or not 0 < counters <= len(terminals) or not plan.guides:
        raise TroubleError(
            f"{clients} clients are {kiosks} kiosks and {counters} counters; the hall file has "
            f"{len(plan.kiosks)}, {len(terminals)} and {len(plan.guides)} guides, for a probe"
        )
    return Cast(
        kiosks=tuple(kiosk.id for kiosk in plan.kiosks[:kiosks]),
        counters=tuple(terminals[:counters]),
        observers=(
            *(screen.id for screen in plan.callscreens[:MAX_CALLSCREENS]),
            *(console.id for console in plan.consoles[:1]),
        ),
        probe=plan.guides[0].id,
    )


class TorturedHall:
    """Everything that runs. `close` ends it all."""

    def __init__(
        self,
        plan: HallPlan,
        hall_file: Path,
        directory: Path,
        cast: Cast,
        *,
        pause_s: float,
        database: Database,
    ) -> None:
        """Start broker and server. Raises BrokerError, OSError."""
        self.cast = cast
        self.records = directory / "records"
        self._directory = directory
        self._pause_s = pause_s
        self._store = directory / "store"
        self._store.mkdir(parents=True)
        self._children = Children(directory / "logs", {"PYTHONUNBUFFERED": "1"})
        self._control = directory / "quiet"
        self.stage: Stage = set_stage(plan, hall_file, directory, self._store)
        self.broker = self.stage.broker
        self.plan = without_hours(read_plan(hall_file, self.stage.clerks))
        """As the server has it, with the clerks."""
        file = f"sqlite:///file:{self.stage.journal}?mode=ro&uri=true"
        self.reader = JournalReader(database.url or file)
        self.servers = Servers(self._children, self.stage, database)
        self.probe = Probe(self._link(cast.probe))
        self.processes: list[Supervised] = []
        zones = tuple(zone.id for zone in plan.zones)
        self.watch = Watch(
            self.records, {each: self._zones(each, zones) for each in cast.everybody}
        )

    def _zones(self, client: ClientId, zones: tuple[ZoneId, ...]) -> tuple[ZoneId, ...]:
        return zones if client.startswith("callscreen") else ()

    def _link(self, client: ClientId) -> LinkSettings:
        return self.broker.settings(client)

    def let_clients_in(self, seed: int) -> None:
        """Start all clients, spread over processes, kiosks and counters mixed."""
        everybody = self.cast.everybody
        count = -(-len(everybody) // CLIENTS_IN_A_PROCESS)
        zones = ",".join(zone.id for zone in self.plan.zones)
        for number in range(count):
            arguments = [
                *("-m", "hallserver.torture.clients"),
                *("--clients", ",".join(everybody[number::count])),
                *("--zones", zones),
                *("--broker", self.stage.broker_address),
                *("--credentials", str(self.stage.credentials)),
                *("--clerks", str(self.stage.accounts_file)),
                *("--state-dir", str(self._directory / "state")),
                *("--records", str(self.records)),
                *("--control", str(self._control)),
                *("--pause", str(self._pause_s), "--seed", str(seed)),
            ]
            name = f"clients-{number + 1}"
            self.processes.append(Supervised(self._children, name, arguments))

    def clients_of(self, number: int) -> Sequence[ClientId]:
        """Name the clients of a process."""
        return self.cast.everybody[number :: len(self.processes)]

    # Harm.

    def kill_client(self, number: int, pause: Pause) -> None:
        """Kill one process of clients, and wait until it is dead."""
        victim = self.processes[number]
        deaths = victim.deaths
        while not victim.kill():
            pause(LOOK_S)
        while victim.deaths == deaths:
            pause(LOOK_S)
        self.watch.look()
        for client in self.clients_of(number):
            self.watch.clients[client].link = "dead"

    def kill_broker(self, chance: Random, *, saves: bool, pause: Pause) -> None:
        """Kill the broker, with `saves` at some moment of writing its store (mosquitto(8))."""
        if saves and self.broker.pid is not None:
            os.kill(self.broker.pid, signal.SIGUSR1)
            pause(chance.uniform(0, SAVE_WITHIN_S))
        self.broker.kill()

    def start_broker(self, chance: Random, fate: Store) -> None:
        """Start the broker again, with what is left of its store. Raises BrokerError."""
        file = self._store / "mosquitto.db"
        if fate is Store.DELETED:
            for each in self._store.iterdir():
                each.unlink()
        elif fate is Store.CORRUPTED:
            whole = file.read_bytes() if file.exists() else b""
            file.write_bytes(corrupted(whole, chance.getrandbits(32)))
        self.broker.start()

    # Quiet.

    def ask_for_quiet(self, number: int) -> None:
        """Have the clients finish what they are at and begin nothing."""
        self._write_control(str(number))

    def let_work(self) -> None:
        """Have the clients work again."""
        self._write_control("0")

    def _write_control(self, text: str) -> None:
        new = self._control.with_suffix(".new")
        new.write_text(text, "ascii")
        new.replace(self._control)

    def check(self) -> None:
        """Raise TroubleError when a process of the harness itself has ended."""
        for process in self.processes:
            wrong = [code for code in process.exit_codes if code != -signal.SIGKILL]
            if wrong or process.is_given_up:
                words = process.child.last_words(15)
                raise TroubleError(f"{process.child.name} ended with {wrong}:\n{words}")

    def close(self) -> None:
        """End every process, clients first."""
        self.probe.stop()
        stopping = [threading.Thread(target=each.end) for each in self.processes]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()
        self.servers.end()
        self.broker.stop()
        self.watch.close()

    def left_in_outboxes(self) -> dict[str, int]:
        """Count what clients still have to send; only after `close`."""
        left = {}
        for file in sorted((self._directory / "state").glob("*.outbox.sqlite")):
            connection = sqlite3.connect(file)
            try:
                count = connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
            finally:
                connection.close()
            if count:
                left[file.name.removesuffix(".outbox.sqlite")] = int(count)
        return left
