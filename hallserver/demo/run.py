"""`jiaohao demo`: set the stage, start everything, show progress, end everything, audit."""

import json
import os
import shutil
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hallserver.client.paho_link import PahoLink
from hallserver.client.store import MemoryOutboxStore
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import LinkChanged, LinkState, Update
from hallserver.demo.audit import audit, read_journal, read_records
from hallserver.demo.stage import Stage, set_stage
from hallserver.demo.summary import Summary, summarise
from hallserver.domain.plan import HallPlan
from hallserver.protocol.ids import CounterId
from hallserver.protocol.routes import counter_terminal, rating_pad
from hallserver.supervise import Child, Children, Supervised

READY_WITHIN_S = 30.0
SIGNED_IN_WITHIN_S = 60.0
PROGRESS_EVERY_S = 1.0
PLAIN_PROGRESS_EVERY_S = 5.0
SETTLE_WITHIN_S = 20.0
"""The last ratings and completions after the visitors have gone home."""

Say = Callable[[str], None]


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for. `speed` divides people's durations; 0 takes them away."""

    hall_file: Path
    out: Path
    people: int
    speed: float
    seed: int
    is_headless: bool
    has_screens: bool = True


def has_display() -> bool:
    """Say whether windows can be opened here."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def prepare_out(out: Path) -> None:
    """Empty the directory of an earlier demo. Raises DemoError for one that is not a demo's."""
    marker = out / "made-by-jiaohao-demo"
    if out.exists() and any(out.iterdir()) and not marker.exists():
        raise DemoError(f"{out} is not empty and not of an earlier demo: choose another --out")
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    marker.touch()


class Demo:
    """One run. `play` starts it and waits for its end; `close` ends whatever runs."""

    def __init__(self, plan: HallPlan, options: Options, say: Say) -> None:
        self._plan = plan
        self._options = options
        self._say = say
        headless = {
            "QT_QPA_PLATFORM": "offscreen",
            "QT_QUICK_BACKEND": "software",
            "QSG_RENDER_LOOP": "basic",
        }
        self._children = Children(
            options.out / "logs",
            # Screens show the time of their own machine: here, that of the hall.
            {
                "PYTHONUNBUFFERED": "1",
                "TZ": plan.rules.timezone,
                **(headless if options.is_headless else {}),
            },
        )
        self._stage: Stage | None = None
        self._server: Supervised | None = None
        self._stopped = threading.Event()
        self._live = threading.Event()

    @property
    def stage(self) -> Stage:
        """The prepared directory and its broker."""
        if self._stage is None:
            raise DemoError("the demo has not begun")
        return self._stage

    @property
    def server(self) -> Supervised:
        """The hall server, which is started anew when it dies."""
        if self._server is None:
            raise DemoError("the demo has not begun")
        return self._server

    def stop(self) -> None:
        """End the people's day early; may be called from a signal handler."""
        self._stopped.set()

    def play(self) -> Summary:
        """Run the hall until all visitors have been through, or `stop`, and audit it."""
        self.open_hall()
        self.wait_for(self.let_people_in())
        return self.close_and_audit()

    def open_hall(self) -> None:
        """Start broker and server, and wait until the server serves."""
        self._say("setting the stage: credentials for every device, keys, a broker of our own …")
        self._stage = set_stage(self._plan, self._options.hall_file, self._options.out)
        self._say(f"broker on {self.stage.broker_address}, pid {self.stage.broker.pid}")
        self._server = Supervised(self._children, "server", self.stage.server_arguments())
        watcher = self._plan.callscreens[-1]
        link = PahoLink(
            self.stage.broker.settings(watcher.id),
            subscriptions_for(watcher.id, watcher.zones),
            MemoryOutboxStore(),
            self._hear,
        )
        link.start()
        try:
            deadline_s = time.monotonic() + READY_WITHIN_S
            while not self._live.wait(0.1) and time.monotonic() < deadline_s:
                self._check()
            if not self._live.is_set():
                words = self.server.child.last_words()
                raise DemoError(f"the hall server did not come up:\n{words}")
        finally:
            link.stop()
        self._say(f"hall server serves, pid {self.server.child.process.pid}")

    def _hear(self, update: Update) -> None:
        if update == LinkChanged(LinkState.LIVE):
            self._live.set()

    def let_people_in(self) -> list[Child]:
        """Start screens, clerks and visitors; return the crowds of visitors."""
        screens = screen_commands(self.stage, self._options) if self._options.has_screens else {}
        for name, arguments in screens.items():
            self._children.start(name, arguments)
            self._say(f"started {name}")
        self._children.start("clerks", clerks_command(self.stage, self._options))
        self._say("clerks sign in …")
        self._wait_for_clerks()
        crowds = [
            self._children.start(name, arguments)
            for name, arguments in visitors_commands(self.stage, self._options).items()
        ]
        self._say(
            f"the hall opens: {len(self._plan.counters)} counters, "
            f"{len(self._plan.kiosks)} kiosks, {self._options.people} visitors"
        )
        return crowds

    def _wait_for_clerks(self) -> None:
        """Open the doors when every counter has its clerk, as a hall does."""
        deadline_s = time.monotonic() + SIGNED_IN_WITHIN_S
        while signed_in(self.stage.journal) < len(self._plan.counters):
            if self._stopped.wait(0.2):
                return
            if time.monotonic() > deadline_s:
                raise DemoError(f"not all clerks signed in within {SIGNED_IN_WITHIN_S:.0f} s")
            self._check()

    def wait_for(self, crowds: list[Child]) -> None:
        """Wait until the visitors have been through, or `stop`. Raises DemoError on a death."""
        is_terminal = sys.stdout.isatty()
        every_s = PROGRESS_EVERY_S if is_terminal else PLAIN_PROGRESS_EVERY_S
        began_s = time.monotonic()
        while any(crowd.is_running for crowd in crowds):
            if self._stopped.wait(every_s):
                self._say("stopping …")
                return
            self._say(f"{time.monotonic() - began_s:6.0f} s  {progress(self.stage.journal)}")
            self._check()
        for crowd in crowds:
            if crowd.process.returncode != 0:
                raise DemoError(
                    f"{crowd.name} ended with {crowd.process.returncode}:\n{crowd.last_words(15)}"
                )

    def _check(self) -> None:
        if self.server.is_given_up:
            raise DemoError(f"the hall server keeps dying:\n{self.server.child.last_words(15)}")
        for child in self._children.children:
            if child.process.poll() not in (None, 0, -signal.SIGKILL):
                raise DemoError(
                    f"{child.name} ended with {child.process.returncode}:\n{child.last_words(15)}"
                )

    def close_and_audit(self) -> Summary:
        """Let the hall settle, end every process, and hold the records against the journal."""
        self.settle()
        self.close()
        records = list(read_records(self.stage.records.glob("*.jsonl")))
        journal = read_journal(self.stage.journal)
        summary = summarise(audit(records, journal), records, journal, self._options.speed)
        text = json.dumps(summary.as_json(), ensure_ascii=False, indent=2)
        (self._options.out / "summary.json").write_text(text + "\n", encoding="utf-8")
        return summary

    def settle(self) -> None:
        """Wait until the journal stands still for a second, so that no act is cut in half."""
        deadline_s = time.monotonic() + (0 if self._stopped.is_set() else SETTLE_WITHIN_S)
        before, pause = -1, threading.Event()
        while time.monotonic() < deadline_s:
            lines = journal_lines(self.stage.journal)
            if lines == before:
                return
            before = lines
            pause.wait(1.0)

    def close(self) -> None:
        """End every process that this run started, clients before the server and the broker."""
        server = self._server
        clients = [c for c in self._children.children if not server or c is not server.child]
        self._children.end(clients)
        if server is not None:
            server.end()
        self._children.end()
        if self._stage is not None:
            self._stage.broker.stop()


@contextmanager
def _read_only(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1.0)
    try:
        yield connection
    finally:
        connection.close()


def journal_lines(database: Path) -> int:
    """Count the journal's lines."""
    with _read_only(database) as connection:
        return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])


def signed_in(database: Path) -> int:
    """Count the clerks who have signed in."""
    with _read_only(database) as connection:
        query = "SELECT count(*) FROM event WHERE type = 'ClerkSignedIn'"
        return int(connection.execute(query).fetchone()[0])


def progress(database: Path) -> str:
    """Say in one line where the day is, from the journal on disk."""
    try:
        with _read_only(database) as connection:
            counts = dict(connection.execute("SELECT type, count(*) FROM event GROUP BY type"))
    except sqlite3.OperationalError as error:
        return f"(journal not readable at this moment: {error})"
    printed, called = counts.get("TicketPrinted", 0), counts.get("TicketCalled", 0)
    return (
        f"tickets {counts.get('TicketReserved', 0):5}   waiting {max(0, printed - called):4}   "
        f"called {called:5}   completed {counts.get('TicketCompleted', 0):5}   "
        f"no-shows {counts.get('TicketMissed', 0):4}   rated {counts.get('ServiceRated', 0):4}"
    )


REAL_COUNTER = CounterId(12)
"""The counter whose terminal and rating pad are real programs with windows."""


def real_counter(plan: HallPlan) -> CounterId:
    """Choose the counter with a real terminal: number 12, or the first that there is."""
    found = plan.find_counter(REAL_COUNTER)
    return found.id if found else plan.counters[0].id


def screen_commands(stage: Stage, options: Options) -> dict[str, list[str]]:
    """Return the command lines of the four real programs, after `python`, by name."""
    plan, counter = stage.plan, real_counter(stage.plan)
    zones = ",".join(zone.id for zone in plan.zones if plan.counters_in(zone.id))
    account, password = stage.accounts[counter]
    clerk_password = stage.directory / "secrets" / f"{account}.password"
    clerk_password.write_text(password + "\n", encoding="utf-8")
    clerk_password.chmod(0o600)
    shots = ["--shots", str(options.out / "screens")]
    autopilot = ["--autopilot", str(options.seed)]
    kiosk, screen = plan.kiosks[0].id, plan.callscreens[0].id
    terminal, pad = counter_terminal(counter), rating_pad(counter)
    return {
        "callscreen": [
            *("-m", "ui.callscreen", *stage.link_arguments(screen, "callscreen"), *shots),
            *("--zones", zones),
        ],
        "ratingpad": [
            *("-m", "ui.ratingpad", *stage.link_arguments(pad, "ratingpad"), *shots, *autopilot),
        ],
        "counter": [
            *("-m", "ui.counter", *stage.link_arguments(terminal, "counter"), *shots, *autopilot),
            *("--account", account, "--account-password-file", str(clerk_password)),
            *("--speed", str(options.speed)),
        ],
        "kiosk": [
            *("-m", "kiosk", *stage.link_arguments(kiosk, "kiosk"), *shots, *autopilot),
            *("--person-key-file", str(stage.person_key)),
            *("--simulated-devices", str(options.out / "kiosk-devices")),
        ],
    }


def clerks_command(stage: Stage, options: Options) -> list[str]:
    """Return the command line of the clerks at all counters but the real one."""
    real = real_counter(stage.plan) if options.has_screens else None
    counters = [str(c.id) for c in stage.plan.counters if c.id != real]
    return [
        *("-m", "ui.counter.crowd", "--counters", ",".join(counters), "--pads"),
        *("--broker", stage.broker_address, "--credentials", str(stage.credentials)),
        *("--clerks", str(stage.accounts_file), "--state-dir", str(stage.directory / "state")),
        *("--record", str(stage.records / "clerks.jsonl")),
        *("--seed", str(options.seed), "--speed", str(options.speed)),
    ]


CROWDS = 2
"""Processes that the visitors are spread over: reading codes and drawing tickets takes a core."""


def visitors_commands(stage: Stage, options: Options) -> dict[str, list[str]]:
    """Return the command lines of the visitors at all kiosks but the real one, by name."""
    kiosks = [kiosk.id for kiosk in stage.plan.kiosks[1 if options.has_screens else 0 :]]
    commands = {}
    for crowd in range(CROWDS):
        people = options.people // CROWDS + (crowd < options.people % CROWDS)
        name = f"visitors-{crowd + 1}"
        commands[name] = [
            *("-m", "kiosk.crowd", "--kiosks", ",".join(kiosks[crowd::CROWDS])),
            *("--broker", stage.broker_address, "--credentials", str(stage.credentials)),
            *("--person-key-file", str(stage.person_key)),
            *("--state-dir", str(stage.directory / "state")),
            *("--record", str(stage.records / f"{name}.jsonl")),
            *("--tickets", str(options.out / "tickets")),
            *("--people", str(people), "--until-done"),
            *("--seed", str(options.seed * CROWDS + crowd), "--speed", str(options.speed)),
        ]
    return commands
