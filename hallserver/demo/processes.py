"""Child processes that end when we say so, and end with us when we are ended."""

import os
import shutil
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
        """Start `python ARGUMENTS…` in a process group of its own: Ctrl-C reaches only us."""
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
MAX_QUICK_DEATHS = 5


class Supervised:
    """A process that is started anew whenever it dies, as systemd does on a hall's server.

    One that dies `MAX_QUICK_DEATHS` times in a row within `QUICK_DEATH_S` of its start is given up.
    """

    def __init__(self, children: Children, name: str, arguments: Sequence[str]) -> None:
        self._children = children
        self._name = name
        self._arguments = arguments
        self._is_ending = False
        self._lock = threading.Lock()
        self._child = children.start(name, arguments)
        self.deaths = 0
        self.is_given_up = False
        threading.Thread(target=self._mind, name=f"mind-{name}", daemon=True).start()

    @property
    def child(self) -> Child:
        """The process of the moment."""
        with self._lock:
            return self._child

    def _mind(self) -> None:
        quick = 0
        while True:
            child, began_s = self.child, time.monotonic()
            child.process.wait()
            quick = quick + 1 if time.monotonic() - began_s < QUICK_DEATH_S else 0
            with self._lock:
                if self._is_ending:
                    return
                self.deaths += 1
                if quick >= MAX_QUICK_DEATHS:
                    self.is_given_up = True
                    return
                self._children.forget(child)
                self._child = self._children.start(self._name, self._arguments)

    def kill(self) -> None:
        """Kill the process as a power cut would; it is started anew."""
        self.child.process.kill()

    def end(self) -> None:
        """Stop minding the process and end it."""
        with self._lock:
            self._is_ending = True
        self._children.end([self._child])
