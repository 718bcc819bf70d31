"""What a client asked and was told, as it happened: the independent record that audits compare.

One JSON object a line, `{"t_ns": …, "kind": …, …}`; `t_ns` is the machine's monotonic clock, so
records of several processes of one machine can be laid side by side.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from hallserver.client.updates import LinkChanged, ReplyArrived, SnapshotArrived, Update
from hallserver.protocol.commands import Command, SignIn
from hallserver.protocol.ids import CommandId

_LOG = logging.getLogger(__name__)


class Record:
    """An append-only file of JSON lines; each line is out of the process when `note` returns."""

    def __init__(self, path: Path | None, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Open the file for appending; None keeps no record. Raises OSError."""
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, 0o600)

    def note(self, kind: str, **fields: object) -> None:
        """Write one line. Fields are anything that msgspec can write as JSON."""
        if self._descriptor is None:
            return
        with self._lock:
            line = {"t_ns": self._clock_ns(), "kind": kind}
            line.update({name: _without_password(value) for name, value in fields.items()})
            self._write(msgspec.json.encode(line) + b"\n")

    def asked(self, command_id: CommandId, command: Command) -> None:
        """Note that the app submitted a command."""
        self.note("asked", command_id=command_id, command=command)

    def told(self, update: Update) -> None:
        """Note what the app was told, before it acts on it."""
        match update:
            case LinkChanged(link):
                self.note("link", link=link)
            case SnapshotArrived(snapshot):
                self.note("snapshot", of=type(snapshot).__name__, snapshot=snapshot)
            case ReplyArrived(command_id, command, reply):
                self.note("reply", command_id=command_id, command=command, reply=reply)

    def close(self) -> None:
        """Close the file. May be called twice; later notes are dropped."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _write(self, line: bytes) -> None:
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, line)
        except OSError as error:
            _LOG.error("the record cannot be written (%s) and ends here", error)
            self._descriptor = None


class NullRecord(Record):
    """Keeps nothing."""

    def __init__(self) -> None:
        super().__init__(None)


def _without_password(value: object) -> object:
    if isinstance(value, SignIn):
        return {"type": "SignIn", "clerk": value.clerk}
    return value
