"""Files that are on the disk in whole or not at all. Everything here raises OSError."""

import hashlib
import os
from pathlib import Path

PRIVATE = 0o600
_CHUNK_BYTES = 1 << 20


def fingerprint(path: Path) -> tuple[int, str]:
    """Return size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def copy_file(source: Path, target: Path) -> None:
    """Copy a file for its owner only, down to the disk."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
    with source.open("rb") as read, os.fdopen(descriptor, "wb") as written:
        while chunk := read.read(_CHUNK_BYTES):
            written.write(chunk)
        written.flush()
        os.fsync(written.fileno())


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file so that after a power cut it is there in whole, or not."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def sync_file(path: Path) -> None:
    """Force a file to the disk."""
    _sync(path, os.O_RDONLY)


def sync_directory(path: Path) -> None:
    """Force the names in a directory to the disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
