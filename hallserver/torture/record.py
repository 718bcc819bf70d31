"""What each client was told, in a file of its own: one JSON object a line.

Not the product's own record (`hallserver.client.record`): nothing that is under test keeps it. A
line is with the kernel when `note` returns, so it outlives the process that wrote it.

    asked    id, command          before the command is handed over
    told     id, command, reply   before anybody acts on it
    saw      of, topic, epoch, version; of a counter: clerk, active
    whole    topic, snapshot      while the hall is quiet
    link     link
    life     pid                  a process began
    still    quiet                nothing is left to do, in the quiet with this number
"""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from hallserver.protocol.commands import Command, SignIn

Row = dict[str, Any]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class OwnRecord:
    """One client's file, opened for appending."""

    def __init__(self, path: Path) -> None:
        """Begin a new line if a killed process left half of one. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")

    def note(self, kind: str, **fields: object) -> None:
        """Write one line. Raises OSError: a client without its record is no witness."""
        line = _encode({"t": time.monotonic_ns(), "kind": kind, **fields}) + b"\n"
        if os.write(self._descriptor, line) != len(line):
            raise OSError("half a line was written")

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)


def shown(command: Command) -> object:
    """Return a command as it may stand in a file: without a password."""
    return {"type": "SignIn", "clerk": command.clerk} if isinstance(command, SignIn) else command


class Tail:
    """Reads what one client's file has got since the last look. The file may come later."""

    def __init__(self, path: Path) -> None:
        self.client = path.stem
        self.torn = 0
        """Half lines, each left by a killed process: nobody acted on what they say."""
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""

    def new_rows(self) -> Iterator[Row]:
        """Yield each whole line that is new."""
        if self._file is None:
            try:
                self._file = self._path.open("rb")
            except FileNotFoundError:
                return
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            try:
                row: Row = _decode(line)
            except msgspec.DecodeError:
                self.torn += 1
            else:
                yield row

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()


def read_rows(path: Path) -> list[Row]:
    """Return all whole lines of one file; none when there is no file."""
    tail = Tail(path)
    with closing(tail):
        return list(tail.new_rows())
