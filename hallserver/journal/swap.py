"""Putting a restored journal in the place of a damaged one, so that a power cut leaves either.

The new file is complete on the disk under a name of its own before the old one is moved aside.
Whoever opens the journal next, holding its lock, finishes what was interrupted.
"""

from pathlib import Path

from hallserver.journal.files import sync_directory

_COMPANIONS = ("-wal", "-shm", ".tail", "")
"""SQLite's log goes with its file: https://www.sqlite.org/wal.html, 4. "Files"."""


def restored_file(path: Path) -> Path:
    """Name the file that is to take the journal's place."""
    return path.with_name(path.name + ".restored")


def finish_swap(path: Path) -> Path | None:
    """Put a restored journal in its place, if there is one; say where the old one is.

    The caller holds the journal's lock. Raises OSError.
    """
    new = restored_file(path)
    if not new.exists():
        return None
    # The same name whenever it is finished: the new file does not change any more.
    aside = path.with_name(f"{path.name}.damaged-{new.stat().st_mtime_ns // 1_000_000_000}")
    for companion in _COMPANIONS:
        old = path.with_name(path.name + companion)
        kept = aside.with_name(aside.name + companion)
        # Kept already, when this was interrupted: then an empty file may stand in its place.
        if old.exists() and not kept.exists():
            old.rename(kept)
    sync_directory(path.parent)
    new.rename(path)
    sync_directory(path.parent)
    return aside if aside.exists() else None
