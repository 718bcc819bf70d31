"""Terminals as processes on a real broker: with a window, and many without one."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hallserver.broker import RunningBroker, run_broker
from hallserver.client.ids import new_command_id
from hallserver.client.outbox import Outbox
from hallserver.client.store import SqliteOutboxStore
from hallserver.domain import views
from hallserver.protocol import commands as c
from hallserver.protocol.commands import CommandMessage
from hallserver.protocol.replies import Reply
from hallserver.protocol.routes import CATALOG, topic
from hallserver.protocol.states import TicketState
from tests.helpers.broker import ScriptedHall
from tests.helpers.counters import EPOCH, HallForTerminals, wait_for
from tests.helpers.halls import PASSWORD, small_plan
from tests.helpers.screen_process import ROOT, ScreenProcess

STALE_WITHIN_S = 5.0
LEAVE_WITHIN_S = 3.0

# What a computer that is no Linux machine does not have.
LINUX_ONLY = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")


class LiveHall:
    """A real hall in memory that answers over a real broker."""

    def __init__(self, broker: RunningBroker, counters: int) -> None:
        self.hall = HallForTerminals(
            small_plan([(n, ("a", "b")) for n in range(1, counters + 1)], clerks=counters)
        )
        self._counters = counters
        self._lock = threading.Lock()
        self.wire = ScriptedHall(broker, self._answer)

    def open(self) -> None:
        self.wire.show(topic(CATALOG), views.catalog(self.hall.played.plan, EPOCH))
        self._show()

    def _show(self) -> None:
        for number in range(1, self._counters + 1):
            snapshot = self.hall.snapshot_of(number)
            self.wire.show(f"jiaohao/counter/{number}", snapshot)

    def _answer(self, client: str, message: CommandMessage) -> Reply:
        with self._lock:
            reply = self.hall.played.send(client, message.command)
            self._show()  # so that snapshots overtake their replies
            return reply

    def take_numbers(self, count: int) -> None:
        with self._lock:
            for number in range(count):
                self.hall.take_number("ab"[number % 2])
            self._show()

    def states(self) -> set[TicketState]:
        with self._lock:
            return {ticket.state for ticket in self.hall.played.hall.state.tickets.values()}

    @property
    def is_over(self) -> bool:
        return self.states() <= {TicketState.COMPLETED, TicketState.NO_SHOW}


@pytest.mark.slow
def test_a_terminal_serves_and_says_within_five_seconds_that_it_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "clerk").write_text(PASSWORD + "\n", encoding="utf-8")
    with run_broker(tmp_path / "broker", ["counter-1"]) as broker:
        hall = LiveHall(broker, 1)
        clerk = ("--account", "clerk-1", "--account-password-file", str(tmp_path / "clerk"))
        pilot = ("--autopilot", "5", "--speed", "150")
        with (
            hall.wire,
            ScreenProcess(
                "ui.counter", "counter-1", broker, tmp_path / "s", *clerk, *pilot
            ) as screen,
        ):
            hall.open()
            hall.take_numbers(4)
            screen.until(lambda: hall.is_over)
            assert len(screen.noted("called")) == len(screen.noted("key_next")) == 4
            hall.wire.has_heart.clear()
            began_s = time.monotonic()
            screen.until(lambda: screen.noted("link")[-1]["link"] == "stale")
            assert time.monotonic() - began_s < STALE_WITHIN_S
            screen.until((screen.shots / "counter-1-stale.png").exists)
            code, said = screen.end()
            assert (code, said) == (0, "")
    pictures = {file.stem.removeprefix("counter-1-") for file in screen.shots.iterdir()}
    assert {"sign-in", "idle", "serving", "stale"} <= pictures
    assert PASSWORD not in screen_text(tmp_path / "s")


def screen_text(folder: Path) -> str:
    return "".join(
        file.read_text("utf-8") for file in folder.rglob("*.jsonl") if file.name != "password"
    )


@pytest.mark.slow
def test_a_crowd_serves_everybody_and_leaves_in_order_when_it_is_told_to(tmp_path: Path) -> None:
    counters = 6
    clients = [f"{kind}-{n}" for n in range(1, counters + 1) for kind in ("counter", "pad")]
    with run_broker(tmp_path / "broker", clients) as broker:
        (tmp_path / "credentials.json").write_text(json.dumps(dict(broker.passwords)), "utf-8")
        clerks = {str(n): [f"clerk-{n}", PASSWORD] for n in range(1, counters + 1)}
        (tmp_path / "clerks.json").write_text(json.dumps(clerks), "utf-8")
        hall = LiveHall(broker, counters)
        with hall.wire, crowd(tmp_path, broker, f"1-{counters}") as process:
            hall.open()
            hall.take_numbers(40)
            wait_for(lambda: hall.is_over or process.poll() is not None)
            state = hall.hall.played.hall.state
            assert len(state.desk_of_clerk) == counters
            hall.take_numbers(counters)  # somebody is at a counter when the end comes
            began_s = time.monotonic()
            process.send_signal(signal.SIGTERM)
            said, complaints = process.communicate(timeout=20)
            assert time.monotonic() - began_s < LEAVE_WITHIN_S + 1.0  # and the interpreter's end
            assert (process.returncode, complaints) == (0, "")
            assert not state.desk_of_clerk
            assert TicketState.SERVING not in hall.states()
            assert TicketState.CALLED not in hall.states()
    told = json.loads(said)
    assert told["SignIn"] == told["SignOut"] == counters
    assert told["CallNext"] >= 40
    lines = (tmp_path / "clerks.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    called = [row["ticket"] for row in rows if row["kind"] == "called"]
    assert len(called) == told["CallNext"]
    assert len({row["ticket"] for row in rows if row["kind"] == "rated"}) == told["RateAtCounter"]


def crowd(folder: Path, broker: RunningBroker, counters: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "ui.counter.crowd", "--counters", counters, "--pads"),
            *("--broker", f"{broker.host}:{broker.port}", "--speed", "0", "--seed", "2"),
            *("--credentials", str(folder / "credentials.json")),
            *("--clerks", str(folder / "clerks.json"), "--state-dir", str(folder / "state")),
            *("--record", str(folder / "clerks.jsonl")),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_call_that_was_under_way_when_the_terminal_died_is_shown_after_its_restart(
    tmp_path: Path,
) -> None:
    """The clerk's press survives the program: nobody is called twice, nobody is forgotten."""
    with run_broker(tmp_path / "broker", ["counter-1"]) as broker:
        hall = LiveHall(broker, 1)
        hall.hall.played.send("counter-1", c.SignIn("clerk-1", PASSWORD))
        hall.hall.take_number("a")
        with hall.wire:
            hall.open()
            store_a_press(tmp_path / "s" / "state")
            with ScreenProcess("ui.counter", "counter-1", broker, tmp_path / "s") as screen:
                screen.until((screen.shots / "counter-1-called.png").exists)
                screen.until(lambda: screen.noted("called") != [])
                assert len(screen.noted("called")) == 1
                assert screen.end() == (0, "")
    assert hall.states() == {TicketState.CALLED}


def store_a_press(state_dir: Path) -> None:
    """Leave behind what a terminal leaves that died right after a press."""
    store = SqliteOutboxStore(state_dir / "counter-1.outbox.sqlite")
    Outbox(store).add(new_command_id(), c.CallNext())
    store.close()


BLOCKED = """
import sys
for name in sys.argv[1].split():
    sys.modules[name] = None
import ui.counter.__main__, ui.counter.crowd
heavy = [name for name in sys.modules if name.startswith(("PySide6.QtQml", "PySide6.QtQuick"))]
assert heavy == [], heavy
"""


def test_nothing_that_only_linux_has_is_imported_and_no_qml():
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, " ".join(LINUX_ONLY)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


BUGGY = """
import sys
from PySide6.QtCore import QTimer
from ui.counter.app import make_app, run
app = make_app()
def broken():
    raise ValueError("42010419900101001X")
QTimer.singleShot(0, broken)
sys.exit(run(app))
"""


def test_a_bug_ends_the_program_without_showing_what_the_data_were():
    done = subprocess.run(
        [sys.executable, "-c", BUGGY],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 70
    assert "bug: ValueError at" in done.stderr
    assert "42010419900101001X" not in done.stderr


AT_A_FRAME = """
import signal, sys
import shiboken6
from PySide6.QtCore import QEvent, QObject
from ui.counter.app import make_app, run
from ui.counter.window import CounterWindow
class Terminates(QObject):
    has_seen_a_frame = False
    def eventFilter(self, watched, event):
        if not self.has_seen_a_frame and event.type() is QEvent.Type.Paint:
            self.has_seen_a_frame = True
            signal.raise_signal(signal.SIGTERM)
        return False
app = make_app()
window = CounterWindow()
terminates = Terminates()
app.installEventFilter(terminates)
window.show()
code = run(app)
app.removeEventFilter(terminates)
window.close()
shiboken6.delete(window)
assert terminates.has_seen_a_frame
sys.exit(code)
"""


def test_a_signal_in_the_midst_of_a_frame_ends_the_program_after_the_frame():
    """Python answers a signal wherever it is; Qt complains of a frame whose window has closed."""
    done = subprocess.run(
        [sys.executable, "-c", AT_A_FRAME],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_client_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("x\n", encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ui.counter", "--client", "kiosk-01"),
            *("--broker", "127.0.0.1:1", "--password-file", str(tmp_path / "password")),
        ],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "expected counter-N" in done.stderr
