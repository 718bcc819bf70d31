"""The chain of checksums over the lines of the journal, and the seals on it.

Each line's checksum is over its own columns and the checksum before it, so a line that is changed,
taken out, put in or moved breaks the chain at that place. It holds no secret: anybody can check it,
and whoever may write the journal could forge it onwards. A seal needs the hall's key: whoever has
not got that cannot change a line that is sealed, and seals lie at every 256th line. What nothing
in a file can show is that its end was cut off together with all that tells of it: `Tail` is a
witness beside the file, and the server's log another.

The forms below are stored in every journal. They never change.
"""

import hmac
import os
from hashlib import blake2b
from pathlib import Path

CHECKSUM_BYTES = 16
BEFORE_THE_FIRST = bytes(CHECKSUM_BYTES)
"""Stands before the first line."""

SEAL_EVERY_LINES = 256
_SEAL_DOMAIN = b"jiaohao journal seal 1\0"
_PRIVATE = 0o600

Line = tuple[int, int, str, int, int, str, str | None, str, str]
"""seq, epoch, day, wall_ms, elapsed_ms, client, command_id, type, body: as they stand in `event`"""


def line_checksum(before: bytes, line: Line) -> bytes:
    """Return the checksum of a line that follows one with the checksum `before`."""
    seq, epoch, day, wall_ms, elapsed_ms, client, command_id, kind, body = line
    command = "-" if command_id is None else len(command_id)
    # Lengths first, so that no two lines have the same bytes. Text that is damaged to be no UTF-8
    # any more is read with escapes (`salvage`).
    text = (
        f"{seq} {epoch} {wall_ms} {elapsed_ms} {len(day)} {len(client)} {command} {len(kind)}\n"
        f"{day}{client}{command_id or ''}{kind}{body}"
    )
    content = before + text.encode("utf-8", "surrogateescape")
    return blake2b(content, digest_size=CHECKSUM_BYTES).digest()


def reply_checksum(client: str, command_id: str, seq: int, day: str, body: str) -> bytes:
    """Return the checksum of a stored answer. It stands for itself: answers have no order."""
    text = f"{seq} {len(client)} {len(command_id)} {len(day)}\n{client}{command_id}{day}{body}"
    content = text.encode("utf-8", "surrogateescape")
    return blake2b(content, digest_size=CHECKSUM_BYTES).digest()


def seal(key: bytes, seq: int, checksum: bytes) -> bytes:
    """Return the seal on a line, and with it on all lines before."""
    content = _SEAL_DOMAIN + f"{seq} ".encode("ascii") + checksum
    return hmac.digest(key, content, "sha256")[:CHECKSUM_BYTES]


class Tail:
    """The last line that was committed, noted beside the journal's file after each commit.

    Not forced to the disk: after a power cut it may lie behind, and it never lies ahead. It shows
    that lines were lost which SQLite cannot miss: a write-ahead log that was damaged or deleted, an
    old copy of the file put in its place.
    """

    def __init__(self, path: Path) -> None:
        """Raise OSError when it cannot be opened for writing."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._descriptor)

    def read(self) -> tuple[int, bytes] | None:
        """Return line and checksum; None when nothing was noted, or not in whole."""
        return _read_note(os.pread(self._descriptor, _NOTE_BYTES + 1, 0))

    def note(self, seq: int, checksum: bytes) -> None:
        """Note a line. Raises OSError."""
        os.pwrite(self._descriptor, b"%020d %s\n" % (seq, checksum.hex().encode("ascii")), 0)


_NOTE_BYTES = 20 + 1 + 2 * CHECKSUM_BYTES + 1


def read_tail(path: Path) -> tuple[int, bytes] | None:
    """Return the line and the checksum that a `Tail` has noted, if any. Raises OSError."""
    try:
        return _read_note(path.read_bytes())
    except FileNotFoundError:
        return None


def _read_note(note: bytes) -> tuple[int, bytes] | None:
    if len(note) != _NOTE_BYTES:
        return None
    try:
        return int(note[:20]), bytes.fromhex(note[21:-1].decode("ascii"))
    except ValueError:
        return None
