"""Running the hall's MQTT broker: a mosquitto as our child, on loopback (mosquitto(8))."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from hallserver.broker.files import LOOPBACK, BrokerFiles, BrokerTls, new_passwords
from hallserver.client.settings import LinkSettings
from hallserver.protocol.ids import ClientId

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0
POLL_S = 0.02
PORT_ATTEMPTS = 5
MAX_SET_ASIDE_STORES = 9
"""Damaged stores that are kept for the staff to look at; then the last one is replaced."""
STORE_NAME = "mosquitto.db"

_LOG = logging.getLogger(__name__)


class BrokerError(Exception):
    """The broker cannot be run; the text says what to do."""


_COULD_NOT_OPEN = "Couldn't open database"


class _StoreUnreadableError(BrokerError):
    """mosquitto ended because of what is in its store."""


class RunningBroker:
    """A mosquitto that we started, as our child; also a context manager that stops it."""

    def __init__(
        self,
        files: BrokerFiles,
        passwords: Mapping[ClientId, str],
        port: int,
        program: str,
        ca_file: Path | None = None,
        *,
        store: Path | None = None,
    ) -> None:
        self.files = files
        self.passwords = passwords
        self.host = LOOPBACK
        self.port = port
        self._program = program
        self._ca_file = ca_file
        self._store = None if store is None else store / STORE_NAME
        self.stores_set_aside = 0
        """How often it could not read its store and began with an empty one."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None while it does not run."""
        return None if self._process is None else self._process.pid

    def settings(self, client: ClientId) -> LinkSettings:
        """Say how a client reaches this broker."""
        return LinkSettings(client, self.host, self.port, self.passwords[client], self._ca_file)

    def start(self) -> None:
        """Start it, also again after `stop` or `kill`, and wait until it answers.

        A store that it cannot read is set aside, and it starts with an empty one: what matters is
        in the hall's journal and in the clients' outboxes.

        Call it from a thread that outlives the broker: with that thread the kernel ends the broker,
        so that none is left behind when we are killed. Raises BrokerError when it does not answer.
        """
        if self._process is not None:
            raise BrokerError("the broker runs already")
        try:
            self._start()
        except _StoreUnreadableError as error:
            kept = self._set_store_aside()
            _LOG.error(
                "the broker's store cannot be read (%s): it is kept as %s, and the broker starts "
                "with an empty one",
                error,
                kept,
            )
            self._start()

    def _start(self) -> None:
        with self.files.log.open("ab") as log:
            # A group of its own: Ctrl-C in a terminal reaches only us, and we stop it in order.
            self._process = subprocess.Popen(
                [*_tied_to_us(), self._program, "-c", str(self.files.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise

    def keep(self) -> bool:
        """Start it again if it has ended by itself; returns whether it had. Raises BrokerError."""
        if self._process is None or self._process.poll() is None:
            return False
        self._process = None
        self.start()
        return True

    def stop(self) -> None:
        """Ask it to end, and end it when it does not. May be called twice."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning, as a power cut would. May be called twice."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT_S)

    def _wait_until_it_answers(self) -> None:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s:
            if self._has_ended(POLL_S):
                raise self._why_it_ended()
            try:
                socket.create_connection((self.host, self.port), timeout=POLL_S * 10).close()
            except OSError:
                continue
            return
        raise BrokerError(f"mosquitto did not answer in {START_TIMEOUT_S} s: {self._last_words()}")

    def _has_ended(self, wait_s: float) -> bool:
        if self._process is None:
            return True
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _why_it_ended(self) -> BrokerError:
        code = None if self._process is None else self._process.returncode
        words = self._last_words()
        has_store = self._store is not None and self._store.exists()
        # mosquitto 2.0.11 says so whatever is wrong with the file; some of what may stand in it
        # ends the program by a signal.
        if has_store and (_COULD_NOT_OPEN in words or (code is not None and code < 0)):
            return _StoreUnreadableError(words)
        return BrokerError(f"mosquitto ended at once: {words}")

    def _set_store_aside(self) -> str:
        if self._store is None:
            raise BrokerError("there is no store")
        names = [f"{STORE_NAME}.damaged-{count}" for count in range(1, MAX_SET_ASIDE_STORES + 1)]
        kept = next((name for name in names if not self._store.with_name(name).exists()), names[-1])
        self._store.replace(self._store.with_name(kept))
        self.stores_set_aside += 1
        return kept

    def _last_words(self) -> str:
        lines = self.files.log.read_text("utf-8", errors="replace").splitlines()
        return " / ".join(lines[-3:]) or "no word in its log"


def run_broker(
    directory: Path,
    clients: Iterable[ClientId],
    *,
    port: int | None = None,
    store: Path | None = None,
    tls: BrokerTls | None = None,
) -> RunningBroker:
    """Start a mosquitto on loopback with new passwords for these clients and the server.

    `directory` gets its files and log; without `port` a free one is chosen. Raises BrokerError.
    """
    program = find_mosquitto()
    passwords = new_passwords(clients)
    files = BrokerFiles(directory)
    attempts = 1 if port is not None else PORT_ATTEMPTS
    for attempt in range(1, attempts + 1):
        chosen = free_port() if port is None else port
        files.write(passwords, port=chosen, store=store, tls=tls)
        ca_file = None if tls is None else tls.ca_file
        broker = RunningBroker(files, passwords, chosen, program, ca_file, store=store)
        try:
            broker.start()
        except BrokerError:
            # Another process may have taken the port since we looked.
            if attempt == attempts or is_port_free(chosen):
                raise
        else:
            return broker
    raise BrokerError("no free port")


def find_mosquitto(places: str | None = None) -> str:
    """Find the program on `places` (as PATH is written). Raises BrokerError: what to install."""
    if places is None:
        # Debian puts it where a user's PATH does not look.
        places = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    program = shutil.which("mosquitto", path=places)
    if program is None:
        raise BrokerError("mosquitto is not installed: apt-get install mosquitto")
    return program


def _tied_to_us() -> list[str]:
    """Have the kernel end the child when we are gone, however we went (util-linux setpriv(1))."""
    setpriv = shutil.which("setpriv")
    return [] if setpriv is None else [setpriv, "--pdeathsig", "TERM"]


def free_port() -> int:
    """Name a TCP port of loopback that nobody uses at this moment."""
    with socket.create_server((LOOPBACK, 0)) as server:
        number: int = server.getsockname()[1]
        return number


def is_port_free(port: int) -> bool:
    """Whether a port of loopback can be listened on at this moment."""
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError:
        return False
    return True
