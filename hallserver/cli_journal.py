"""`jiaohao journal verify|backup|restore`: for who keeps the hall's journal."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hallserver.cli import EXIT_OK, EXIT_REFUSED, EXIT_UNUSABLE

if TYPE_CHECKING:
    from hallserver.journal.restore import Outcome
    from hallserver.journal.verify import Report

Out = Callable[[str], None]

_VERIFY = """\
Looks at everything: the file, every line by the chain of checksums, the seals, the stored answers,
and whether the reporting tables say what the lines say. Nothing is written, and the server may go
on meanwhile. Exit code 0: sound. 1: something is wrong, and named. 2: it could not be looked at.

A backup is verified by `--database sqlite:///FILE`.
"""
_BACKUP = """\
Copies the journal of one moment while the server goes on, verifies the copy, and writes what it
holds to FILE.json beside it. Keep both, and keep hall.key: it is not in the backup. With PostgreSQL
use pg_dump, which does the same.
"""
_RESTORE = """\
Makes a damaged journal whole again, after its server was stopped: the backup's lines, then all
that can be read of the damaged journal behind them. A single flipped bit is put right by the
checksums. Without FILE the journal is made anew from its own lines: for damage that is in the
reporting tables, in an index, or one bit wide. The damaged journal is kept beside it.

If lines are lost at the end, numbers are on paper that nobody knows of. No number may be given
twice, so every series goes on a stated count of numbers later; --skip N says it better if you know
how many numbers were given since. With PostgreSQL use pg_restore.
"""


def _declare_verify(parser: argparse.ArgumentParser) -> None:
    _declare(parser, _VERIFY)


def _declare_backup(parser: argparse.ArgumentParser) -> None:
    _declare(parser, _BACKUP)
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup; must not be there yet")


def _declare_restore(parser: argparse.ArgumentParser) -> None:
    _declare(parser, _RESTORE)
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the backup")
    parser.add_argument(
        "--skip", type=_count, metavar="N", help="have each series go on N numbers later"
    )


def _declare(parser: argparse.ArgumentParser, words: str) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = words
    parser.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="the server's: journal and hall.key"
    )
    parser.add_argument("--database", metavar="URL", help="instead of the SQLite file in DIR")


DECLARE: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "verify": _declare_verify,
    "backup": _declare_backup,
    "restore": _declare_restore,
}
"""The arguments of each command."""


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


class _UnusableError(Exception):
    """The command cannot work with what it was given."""


def run(word: str, args: argparse.Namespace, out: Out, err: Out) -> int:
    """Carry out one of the commands; returns the exit code."""
    from hallserver.journal import JournalError

    try:
        return _RUN[word](args, out)
    except (_UnusableError, JournalError) as error:
        err(str(error))
        return EXIT_UNUSABLE


def _say(text: str) -> None:
    sys.stderr.write(f"… {text}\n")


def _verify(args: argparse.Namespace, out: Out) -> int:
    from hallserver.journal.looking import look
    from hallserver.journal.verify import verify

    with look(_url(args)) as looked:
        report = verify(looked, key=_key(args), say=_say)
    for note in report.notes:
        out(f"note: {note}")
    for trouble in report.troubles:
        out(trouble)
    if report.is_sound:
        out(f"sound: {_told(report)}")
        return EXIT_OK
    out(
        f"NOT SOUND: {_told(report)}. Keep the file, stop the server and see "
        "`jiaohao journal restore --help`."
    )
    return EXIT_REFUSED


def _told(report: "Report") -> str:
    return (
        f"{report.last_seq} lines, {report.replies} answers; the last line's checksum is "
        f"{report.checksum.hex()}"
    )


def _back_up(args: argparse.Namespace, out: Out) -> int:
    from hallserver.clock import wall_s
    from hallserver.journal.backup import back_up

    manifest = back_up(
        _path(args, "pg_dump backs it up while the server goes on"),
        args.file,
        key=_key(args),
        wall_ms=int(wall_s() * 1_000),
        say=_say,
    )
    out(
        f"{args.file}: {manifest.last_seq} lines, {manifest.size} bytes, verified. Keep "
        f"{args.file.name}.json with it, and hall.key apart."
    )
    return EXIT_OK


def _restore(args: argparse.Namespace, out: Out) -> int:
    from hallserver.journal.restore import restore

    path = _path(args, "pg_restore brings a dump of it back")
    outcome = restore(path, args.file, key=_key(args), skip=args.skip, say=_say)
    for line in _told_of(outcome):
        out(line)
    return EXIT_OK


def _told_of(outcome: "Outcome") -> list[str]:
    if outcome.is_finished_only:
        return [
            "An earlier restore that was interrupted is finished. If that was not the one that you "
            "want, restore again."
        ]
    told = [f"mended: {each}" for each in outcome.mended]
    told.append(
        f"Restored and verified: {outcome.last_seq} lines, {outcome.salvaged_lines} of them from "
        "the damaged journal."
    )
    if outcome.lost_answers:
        told.append(
            f"{outcome.lost_answers} stored answers are lost; who asks again is told to ask staff."
        )
    if outcome.why_ended is not None:
        count = "an unknown number of" if outcome.lost_lines is None else f"{outcome.lost_lines}"
        told.append(f"LOST: {count} lines at the end ({outcome.why_ended}).")
    if outcome.skipped:
        told.append(
            f"Every series goes on {outcome.skipped} numbers later, so that no number on paper is "
            "given again. Who holds a number that the hall does not know has to take a new one. "
            "Look at the newest paper of each series: if its number is not below the next one, "
            "restore again, with --skip for as many more."
        )
    if outcome.aside is not None:
        told.append(f"The damaged journal is kept as {outcome.aside}.")
    return told


def _url(args: argparse.Namespace) -> str:
    from hallserver.journal import sqlite_url

    if args.database is not None:
        return str(args.database)
    if args.state_dir is None:
        raise _UnusableError("give --state-dir DIR, or --database URL")
    return sqlite_url(args.state_dir)


def _path(args: argparse.Namespace, instead: str) -> Path:
    from hallserver.journal.database import find_database
    from hallserver.journal.sqlite import SqliteDatabase

    database = find_database(_url(args))
    if not isinstance(database, SqliteDatabase):
        raise _UnusableError(f"journal {database.name}: {instead}; `jiaohao journal verify` works")
    return database.path


def _key(args: argparse.Namespace) -> bytes | None:
    if args.state_dir is None:
        return None
    try:
        return Path(os.fspath(args.state_dir), "hall.key").read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _UnusableError(f"{error.filename}: {error.strerror}") from error


_RUN: dict[str, Callable[[argparse.Namespace, Out], int]] = {
    "verify": _verify,
    "backup": _back_up,
    "restore": _restore,
}
