"""Child processes: one ends when we say so, and with us; one that has to live is started anew.

What systemd does for a hall's server (`Restart=always`, systemd.service(5)), where there is no
systemd: the demo, the torture, a machine on a table.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TERMINATE_WAIT_S = 8.0
"""A process that was asked to end is killed after this."""


def _tied_to_us(arguments: Sequence[str]) -> list[str]:
    """Have the kernel end the child when we are gone, however we died (util-linux, setpriv(1))."""
    setpriv = shutil.which("setpriv")
    return [*((setpriv, "--pdeathsig", "TERM") if setpriv else ()), sys.executable, *arguments]


@dataclass
class Child:
    """One running process. Its output goes to a file of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def is_running(self) -> bool:
        """The process has not ended."""
        return self.process.poll() is None

    def wait(self, at_most_s: float) -> None:
        """Wait until the process ends, or for so long."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(at_most_s)

    def last_words(self, lines: int = 5) -> str:
        """Return the end of its output, for a message about its death."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])


@dataclass
class Children:
    """The processes that one run started, each ended by its own process id."""

    log_dir: Path
    environment: Mapping[str, str]
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, arguments: Sequence[str]) -> Child:
        """Start `python ARGUMENTS…` in a process group of its own: Ctrl-C reaches only us.

        Call it from a thread that outlives the child: with that thread the kernel ends it.
        """
        self.log_dir.mkdir(parents=True, exist_ok=True)
        log = self.log_dir / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                _tied_to_us(arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        child = Child(name, process, log)
        self.children.append(child)
        return child

    def forget(self, child: Child) -> None:
        """Stop minding a child that has ended."""
        self.children.remove(child)

    def end(self, chosen: Sequence[Child] | None = None) -> None:
        """Ask these processes, or all, to end, and kill those that do not within a bound."""
        ending = list(self.children if chosen is None else chosen)
        for child in ending:
            if child.is_running:
                child.process.terminate()
        for child in ending:
            try:
                child.process.wait(TERMINATE_WAIT_S)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            if child in self.children:
                self.children.remove(child)


QUICK_DEATH_S = 1.0
FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 2.0
MAX_QUICK_DEATHS = 5


def pause_s(quick_deaths: int) -> float:
    """Return how long to wait before the next start, after so many quick deaths in a row.

    The first death costs nothing: most are a power cut's, and people wait. What dies again and
    again at its start is given time, each time twice as much, up to `MAX_PAUSE_S`.
    """
    return 0.0 if quick_deaths < 2 else min(MAX_PAUSE_S, FIRST_PAUSE_S * 2 ** (quick_deaths - 2))


class Supervised:
    """A process that is started anew whenever it dies.

    One that dies `max_quick_deaths` times in a row within `QUICK_DEATH_S` of its start is given up;
    None never gives up.
    """

    def __init__(
        self,
        children: Children,
        name: str,
        arguments: Sequence[str],
        max_quick_deaths: int | None = MAX_QUICK_DEATHS,
    ) -> None:
        self._children = children
        self._name = name
        self._arguments = arguments
        self._max_quick_deaths = max_quick_deaths
        self._is_ending = threading.Event()
        self._lock = threading.Lock()
        self._child = children.start(name, arguments)
        self.exit_codes: list[int] = []
        """How each of the dead ended, in order; a signal's number is negative."""
        self.is_given_up = False
        threading.Thread(target=self._mind, name=f"mind-{name}", daemon=True).start()

    @property
    def child(self) -> Child:
        """The process of the moment."""
        with self._lock:
            return self._child

    @property
    def deaths(self) -> int:
        """How often it has died."""
        return len(self.exit_codes)

    def _mind(self) -> None:
        quick = 0
        while True:
            child, began_s = self.child, time.monotonic()
            code = child.process.wait()
            quick = quick + 1 if time.monotonic() - began_s < QUICK_DEATH_S else 0
            with self._lock:
                if self._is_ending.is_set():
                    return
                self.exit_codes.append(code)
                if self._max_quick_deaths is not None and quick >= self._max_quick_deaths:
                    self.is_given_up = True
                    return
            if self._is_ending.wait(pause_s(quick)):
                return
            with self._lock:
                if self._is_ending.is_set():
                    return
                self._children.forget(child)
                self._child = self._children.start(self._name, self._arguments)

    def send(self, number: signal.Signals) -> bool:
        """Send the process a signal; False when it is dead at this moment."""
        with self._lock:
            if not self._child.is_running:
                return False
            self._child.process.send_signal(number)
            return True

    def kill(self) -> bool:
        """Kill the process as a power cut would; it is started anew. False: it was dead."""
        return self.send(signal.SIGKILL)

    def end(self) -> None:
        """Stop minding the process and end it."""
        with self._lock:
            self._is_ending.set()
            child = self._child
        self._children.end([child])
