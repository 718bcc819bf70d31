"""A disk below SQLite that fails when it is told to, and forgets what was not synced.

SQLite reaches files through a "VFS" (https://www.sqlite.org/vfs.html). While a `FaultyDisk` is
installed, ours is the default one of this process's libsqlite3, which Python's sqlite3 uses too: it
is SQLite's own for unix with four functions of each file replaced.
"""

import contextlib
import ctypes
import random
import sqlite3
from collections.abc import Iterator
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p, pointer
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

SQLITE_OK = 0
SECTOR_BYTES = 512

_READ = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)
_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_DELETE = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)


class _IoMethods(Structure):
    """https://www.sqlite.org/c3ref/io_methods.html"""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", _READ),
        ("write", _READ),
        ("truncate", _TRUNCATE),
        ("sync", _SYNC),
        ("others", c_void_p * 13),
    )


class _File(Structure):
    _fields_ = (("methods", POINTER(_IoMethods)),)


class _Vfs(Structure):
    """https://www.sqlite.org/c3ref/vfs.html"""

    _fields_ = (
        ("version", c_int),
        ("file_bytes", c_int),
        ("max_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("app_data", c_void_p),
        ("open", _OPEN),
        ("delete", _DELETE),
        ("others", c_void_p * 14),
    )


class Op(StrEnum):
    """What can fail, by what SQLite then says (https://www.sqlite.org/rescode.html)."""

    WRITE = "write"
    SYNC = "sync"
    TRUNCATE = "truncate"
    READ = "read"


class Fault(StrEnum):
    """What is wrong with a disk."""

    FULL = "full"
    IO_ERROR = "io error"
    READ_ONLY = "read only"


_IOERR = 10
CODES = {
    (Fault.FULL, Op.WRITE): 13,
    (Fault.IO_ERROR, Op.READ): _IOERR | 1 << 8,
    (Fault.IO_ERROR, Op.WRITE): _IOERR | 3 << 8,
    (Fault.IO_ERROR, Op.SYNC): _IOERR | 4 << 8,
    (Fault.IO_ERROR, Op.TRUNCATE): _IOERR | 6 << 8,
    (Fault.READ_ONLY, Op.WRITE): 8,
    (Fault.READ_ONLY, Op.TRUNCATE): 8,
}


@dataclass
class _Medium:
    """A file: what is on the disk for good, and what was written since the last sync."""

    durable: bytearray
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.durable, change)
        self.pending = []

    def after_power_cut(self, chance: random.Random) -> bytes:
        """What is there afterwards: all that was synced, and of the rest any sectors, in any
        order."""
        left = bytearray(self.durable)
        sectors = [part for change in self.pending for part in _torn(change)]
        chance.shuffle(sectors)
        for part in sectors[: chance.randint(0, len(sectors))]:
            _apply(left, part)
        return bytes(left)


def _torn(change: tuple[int, bytes | None]) -> Iterator[tuple[int, bytes | None]]:
    offset, content = change
    if content is None:
        yield change
        return
    begin = 0
    while begin < len(content):
        end = min(len(content), begin + SECTOR_BYTES - (offset + begin) % SECTOR_BYTES)
        yield offset + begin, content[begin:end]
        begin = end


def _apply(medium: bytearray, change: tuple[int, bytes | None]) -> None:
    offset, content = change
    if content is None:
        del medium[offset:]
        return
    if len(medium) < offset:
        medium.extend(bytes(offset - len(medium)))
    medium[offset : offset + len(content)] = content


@dataclass
class FaultyDisk:
    """Counts what SQLite does; from the `fail_at`-th of those that a `fault` can meet, it fails.

    `is_for_good` says whether it fails ever after, or once. `lies` about syncs when told so.
    """

    fault: Fault | None = None
    fail_at: int = 0
    is_for_good: bool = True
    lies: bool = False
    count: int = 0
    failed: list[Op] = field(default_factory=list)
    media: dict[Path, _Medium] = field(default_factory=dict)
    _paths: dict[int, Path] = field(default_factory=dict)
    _real: dict[int, _IoMethods] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)

    @contextlib.contextmanager
    def installed(self) -> Iterator["FaultyDisk"]:
        """Put it below every SQLite file that this process opens meanwhile."""
        library = _library()
        found = library.sqlite3_vfs_find(None)
        real = ctypes.cast(found, POINTER(_Vfs)).contents
        vfs = _Vfs.from_buffer_copy(real)
        vfs.name = b"faulty"

        def open_file(own: int, name: int, file: int, flags: int, out: object) -> int:
            code: int = real.open(found, name, file, flags, out)
            if code == SQLITE_OK and name:
                self._take_over(file, Path(ctypes.string_at(name).decode()))
            return code

        def delete(own: int, name: bytes, sync_dir: int) -> int:
            self.media.pop(Path(name.decode()), None)
            code: int = real.delete(found, name, sync_dir)
            return code

        vfs.open, vfs.delete = _OPEN(open_file), _DELETE(delete)
        own = pointer(vfs)
        assert library.sqlite3_vfs_register(own, 1) == SQLITE_OK
        try:
            yield self
        finally:
            assert library.sqlite3_vfs_register(ctypes.c_void_p(found), 1) == SQLITE_OK
            assert library.sqlite3_vfs_unregister(own) == SQLITE_OK

    def survive(self, directory: Path, chance: random.Random) -> None:
        """Write what is left of every file after a power cut at this moment."""
        for path, medium in self.media.items():
            (directory / path.name).write_bytes(medium.after_power_cut(chance))

    def _take_over(self, file: int, path: Path) -> None:
        opened = _File.from_address(file)
        real = opened.methods.contents
        own = _IoMethods.from_buffer_copy(real)
        own.read, own.write = _READ(self._read), _READ(self._write)
        own.truncate, own.sync = _TRUNCATE(self._truncate), _SYNC(self._sync)
        self._real[file], self._paths[file] = real, path
        self._kept.append(own)
        opened.methods = pointer(own)
        if path not in self.media:
            self.media[path] = _Medium(bytearray(path.read_bytes() if path.exists() else b""))

    def _fails(self, op: Op) -> int:
        code = CODES.get((self.fault, op), SQLITE_OK) if self.fault else SQLITE_OK
        if self.fault is None or code:
            self.count += 1
        if not code or self.count < self.fail_at:
            return SQLITE_OK
        if not self.is_for_good and self.failed:
            return SQLITE_OK
        self.failed.append(op)
        return code

    def _read(self, file: int, into: int, amount: int, offset: int) -> int:
        return self._fails(Op.READ) or self._real[file].read(file, into, amount, offset)

    def _write(self, file: int, content: int, amount: int, offset: int) -> int:
        code = self._fails(Op.WRITE) or self._real[file].write(file, content, amount, offset)
        if code == SQLITE_OK:
            written = (offset, ctypes.string_at(content, amount))
            self.media[self._paths[file]].pending.append(written)
        return code

    def _truncate(self, file: int, size: int) -> int:
        code = self._fails(Op.TRUNCATE) or self._real[file].truncate(file, size)
        if code == SQLITE_OK:
            self.media[self._paths[file]].pending.append((size, None))
        return code

    def _sync(self, file: int, flags: int) -> int:
        code = self._fails(Op.SYNC)
        if code == SQLITE_OK and not self.lies:
            self.media[self._paths[file]].sync()
        return code


def _library() -> ctypes.CDLL:
    """The very libsqlite3 that Python's sqlite3 is linked to: it is loaded already."""
    assert sqlite3.sqlite_version_info >= (3, 37)
    maps = Path("/proc/self/maps").read_text("ascii").splitlines()
    [path] = {line.split()[-1] for line in maps if "libsqlite3" in line}
    library = ctypes.CDLL(path)
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    library.sqlite3_vfs_find.restype = c_void_p
    library.sqlite3_vfs_register.argtypes = [c_void_p, c_int]
    library.sqlite3_vfs_unregister.argtypes = [c_void_p]
    return library
