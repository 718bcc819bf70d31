"""A damaged journal made whole again: from a backup, and from what can be read of itself.

A new file is made of the backup's lines, and of the damaged journal's that follow them. Its
reporting tables are folded from its lines. Only when it has been verified does it take the damaged
one's place, which is kept beside it. Where the end of the journal is lost, numbers that are on
paper are not known: every series goes on behind all that may have been given.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import URL, Connection, func, make_url, select

from hallserver.clock import HallClock
from hallserver.domain.events import (
    AppointmentBooked,
    AppointmentNumbersCarriedOver,
    Event,
    NumbersSkipped,
    Recorded,
)
from hallserver.domain.instant import Now
from hallserver.journal.backup import Manifest, check_copy, read_manifest
from hallserver.journal.chain import BEFORE_THE_FIRST
from hallserver.journal.errors import JournalError, explained
from hallserver.journal.files import copy_file, sync_directory, sync_file
from hallserver.journal.graft import graft
from hallserver.journal.journal import Journal
from hallserver.journal.salvage import Salvage
from hallserver.journal.schema import migrate
from hallserver.journal.sqlite import lock_file, open_engine
from hallserver.journal.swap import finish_swap, restored_file
from hallserver.journal.tables import event, visit
from hallserver.journal.verify import Say
from hallserver.protocol.ids import BusinessDay
from hallserver.protocol.routes import SERVER_CLIENT

MARGIN_NUMBERS = 100
"""Skipped beyond what is known to be lost: after a power cut a few lines more may be."""
SKIP_UNKNOWN_NUMBERS = 400
"""Skipped when neither the journal nor its history tells how many a series may have given."""
MIN_HISTORY_DAYS = 5
BOOKED_AHEAD_DAYS = 92
"""Appointments can be made for at most 90 days ahead (the hall file's `days_ahead`)."""
MARGIN_EPOCHS = 1_000
_COMPANIONS = ("", "-wal", "-shm", "-journal", ".tail", ".lock")


@dataclass
class Outcome:
    """What was restored. `aside` is where the damaged journal is now."""

    last_seq: int = 0
    salvaged_lines: int = 0
    mended: list[str] = field(default_factory=list)
    lost_answers: int = 0
    why_ended: str | None = None
    """Why lines are lost at the end; None: none are."""
    lost_lines: int | None = None
    """None when nobody knows."""
    skipped: int = 0
    epoch: int | None = None
    aside: Path | None = None
    is_finished_only: bool = False
    """An earlier restore that was interrupted was finished, and nothing else was done."""


def restore(
    path: Path, backup: Path | None, *, key: bytes | None, skip: int | None, say: Say
) -> Outcome:
    """Make the journal at `path` whole again; without a `backup` from itself alone.

    `skip` is how many numbers each series goes on later, where somebody knows better than the
    journal. Raises JournalError, JournalInUseError; nothing is changed then.
    """
    lock = lock_file(path, makes_file=False)
    try:
        if restored_file(path).exists():
            return Outcome(aside=finish_swap(path), is_finished_only=True)
        building = path.with_name(path.name + ".restoring")
        try:
            _remove(building)
            outcome = _build(path, building, backup, say)
            _go_on(building, outcome, key=key, skip=skip)
            say("what was restored")
            outcome.last_seq = check_copy(building, key=key, say=say).last_seq
            sync_file(building)
            building.rename(restored_file(path))
            sync_directory(path.parent)
        finally:
            _remove(building)
        outcome.aside = finish_swap(path)
    except OSError as error:
        raise JournalError(f"{error.filename or path}: {error.strerror}") from error
    finally:
        lock.release()
    return outcome


def _remove(building: Path) -> None:
    for companion in _COMPANIONS:
        building.with_name(building.name + companion).unlink(missing_ok=True)


def _build(path: Path, building: Path, backup: Path | None, say: Say) -> Outcome:
    """Put the backup's lines and those that follow them into a new file."""
    outcome, manifest = Outcome(), None
    if backup is not None:
        say("the backup")
        manifest = read_manifest(backup)
        copy_file(backup, building)
    elif not path.is_file():
        raise JournalError(f"journal {path}: there is no such file; give a backup")
    else:
        copy_file(Path("/dev/null"), building)  # for its owner only
    salvage = Salvage(path)
    with explained(str(building)):
        engine = open_engine(_url(building))
        with engine.begin() as connection:
            migrate(connection)
            seq, checksum = _end(connection, manifest)
            say("the lines of the damaged journal")
            outcome.lost_answers = graft(connection, salvage, seq, checksum, say)
    if not salvage.last_seq:
        raise JournalError(
            f"journal {path}: no line of it can be restored ({salvage.why_ended}); give a backup"
        )
    outcome.salvaged_lines = salvage.last_seq - seq
    outcome.mended, outcome.why_ended = salvage.mended, salvage.why_ended
    if salvage.why_ended is None:
        outcome.lost_lines = 0
    elif salvage.noted is not None and not salvage.is_another:
        outcome.lost_lines = max(0, salvage.known_seq - salvage.last_seq)
    outcome.epoch = salvage.last_epoch
    return outcome


def _url(building: Path) -> URL:
    return make_url(f"sqlite:///{building}")


def _end(connection: Connection, manifest: Manifest | None) -> tuple[int, bytes]:
    last = select(event.c.seq, event.c.checksum).order_by(event.c.seq.desc()).limit(1)
    row = connection.execute(last).first()
    seq, checksum = (0, BEFORE_THE_FIRST) if row is None else (row.seq, row.checksum)
    if manifest is not None and (seq, checksum.hex()) != (manifest.last_seq, manifest.checksum):
        raise JournalError("the backup does not end as its manifest says; take another one")
    return seq, checksum


def _go_on(building: Path, outcome: Outcome, *, key: bytes | None, skip: int | None) -> None:
    """Write down what was lost, so that nobody gets a number or sees a start a second time."""
    with Journal.open(f"sqlite:///{building}") as journal:
        if key is not None:
            journal.seal_with(key)
        if outcome.why_ended is not None or skip:
            _write_loss(building, journal, outcome, skip)
        if key is not None:
            journal.seal_with(key)
    with closing(sqlite3.connect(building)) as plain:
        plain.execute("PRAGMA journal_mode = DELETE")


def _write_loss(building: Path, journal: Journal, outcome: Outcome, skip: int | None) -> None:
    last = journal.last_clock
    now = HallClock.after(last).now()
    # A start takes a second at least, so there were no more starts than seconds that nobody knows.
    lost_s = 0 if last is None else max(0, now.wall_ms - last.wall_ms) // 1_000
    epoch = journal.begin_epoch(now, (outcome.epoch or 0) + lost_s + MARGIN_EPOCHS)
    lines = list(journal.open_day())
    day = lines[-1].day
    outcome.epoch, outcome.skipped = epoch, _skip(building, outcome, skip)
    said: list[Event] = [NumbersSkipped(outcome.skipped, now.wall_ms)]
    said += _appointment_numbers(lines, now, outcome.skipped)
    recorded = [
        Recorded(seq, epoch, day, now.wall_ms, now.elapsed_ms, SERVER_CLIENT, None, each)
        for seq, each in enumerate(said, journal.last_seq + 1)
    ]
    journal.append(recorded, [])


def _skip(building: Path, outcome: Outcome, wanted: int | None) -> int:
    """Say how many numbers any series can have given that nobody knows of."""
    if wanted is not None:
        return wanted
    # Each number that was given is a line.
    lost = None if outcome.lost_lines is None else outcome.lost_lines + MARGIN_NUMBERS
    if lost is not None and lost <= SKIP_UNKNOWN_NUMBERS:
        return lost
    return _of_history(building) or lost or SKIP_UNKNOWN_NUMBERS


def _of_history(building: Path) -> int | None:
    """Twice as many as a series ever gave on a business day; None when it is a short history."""
    series = func.rtrim(visit.c.number, "0123456789")
    given = (
        select(visit.c.day, func.count().label("count")).group_by(visit.c.day, series).subquery()
    )
    asked = select(func.max(given.c.count), func.count(given.c.day.distinct()))
    with open_engine(_url(building)).connect() as connection:
        most, days = connection.execute(asked).one()
    return None if days < MIN_HISTORY_DAYS else max(2 * most, MARGIN_NUMBERS)


def _appointment_numbers(lines: list[Recorded], now: Now, skip: int) -> list[Event]:
    """Have the numbers of appointments go on later too, for every day that could be booked."""
    today = datetime.fromtimestamp(now.wall_ms / 1_000, UTC) - timedelta(days=1)
    last = {
        BusinessDay(f"{today + timedelta(days=ahead):%Y%m%d}"): 0
        for ahead in range(BOOKED_AHEAD_DAYS)
    }
    for line in lines:
        match line.event:
            case AppointmentBooked(day=day, number=number):
                last[day] = number
            case AppointmentNumbersCarriedOver(day=day, last=number):
                last[day] = number
    return [AppointmentNumbersCarriedOver(day, number + skip) for day, number in last.items()]
