"""A copy of a journal in a SQLite file, made while its server goes on writing."""

import os
import sqlite3
from pathlib import Path

import msgspec

from hallserver.journal.chain import seal
from hallserver.journal.errors import JournalError, explained
from hallserver.journal.files import (
    PRIVATE,
    fingerprint,
    sync_directory,
    sync_file,
    write_whole,
)
from hallserver.journal.looking import connect_read_only, look
from hallserver.journal.verify import Report, Say, verify

PAGES_AT_ONCE = 1_024
"""So many are copied before others may have the disk."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds. It stands beside the backup, as FILE.json."""

    last_seq: int
    checksum: str
    last_epoch: int
    made_wall_ms: int
    size: int
    sha256: str
    seal: str | None
    """The hall's seal on the last line, if its key was at hand."""
    format: int = 1


def manifest_file(backup: Path) -> Path:
    """Name the manifest of a backup."""
    return backup.with_name(backup.name + ".json")


def back_up(path: Path, target: Path, *, key: bytes | None, wall_ms: int, say: Say) -> Manifest:
    """Copy the journal at `path` to a new file `target`, check the copy, and describe it.

    The server is not held up: it is one moment of the journal that is copied. After a power cut
    there is a whole backup or none. Raises JournalError, also when the journal is damaged.
    """
    if target.exists():
        raise JournalError(f"{target} is there already; give the new backup another name")
    part = target.with_name(target.name + ".part")
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE))
        try:
            _copy(path, part, say)
            report = check_copy(part, key=key, say=say)
            size, digest = fingerprint(part)
            made = seal(key, report.last_seq, report.checksum).hex() if key is not None else None
            manifest = Manifest(
                last_seq=report.last_seq,
                checksum=report.checksum.hex(),
                last_epoch=report.last_epoch,
                made_wall_ms=wall_ms,
                size=size,
                sha256=digest,
                seal=made,
            )
            # The backup is whole when it has its name; its manifest is there by then.
            write_whole(manifest_file(target), msgspec.json.format(msgspec.json.encode(manifest)))
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
        sync_directory(target.parent)
    except OSError as error:
        raise JournalError(f"{target}: cannot be written: {error.strerror}") from error
    return manifest


def _copy(path: Path, part: Path, say: Say) -> None:
    if not path.is_file():
        raise JournalError(f"journal {path}: there is no such file")

    def progress(_status: int, remaining: int, total: int) -> None:
        say(f"{total - remaining} of {total} pages")

    with explained(str(path)):
        source, copy = connect_read_only(path), sqlite3.connect(part)
        try:
            # While it is open, what is read stays as it is now: a copy that saw every new commit
            # would begin anew with each (https://www.sqlite.org/backup.html).
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copy, pages=PAGES_AT_ONCE, progress=progress)
            # One file, without a write-ahead log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            source.close()
            copy.close()
    sync_file(part)


def check_copy(copy: Path, *, key: bytes | None, say: Say) -> Report:
    """Look at all of a copy. Raises JournalError when it is not sound."""
    with look(f"sqlite:///{copy}") as looked:
        report = verify(looked, key=key, say=say)
    if not report.is_sound:
        named = "\n".join(f"  {each}" for each in report.troubles)
        raise JournalError(f"{copy} is not sound:\n{named}")
    return report


def read_manifest(backup: Path) -> Manifest:
    """Read what is told of a backup, and make sure that it is told of this file."""
    try:
        manifest = msgspec.json.decode(manifest_file(backup).read_bytes(), type=Manifest)
        size, digest = fingerprint(backup)
    except OSError as error:
        raise JournalError(f"{error.filename}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise JournalError(f"{manifest_file(backup)}: is no manifest of a backup") from error
    if (size, digest) != (manifest.size, manifest.sha256):
        raise JournalError(
            f"{backup} is not what was backed up: it was damaged, or is another file than "
            f"{manifest_file(backup).name} tells of; take another backup"
        )
    return manifest
