"""The one place that builds the server of real parts: plan, key, journal, hall, writer, link."""

import contextlib
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hallserver.client.settings import LinkSettings
from hallserver.client.waker import Waker
from hallserver.clock import HallClock, ImplausibleClockError
from hallserver.config import ConfigError, load_plan, parse_plan
from hallserver.disk import DiskRoom
from hallserver.domain.instant import Now
from hallserver.domain.invariant import InvariantError
from hallserver.domain.plan import HallPlan, without_hours
from hallserver.domain.ticket import IllegalMoveError
from hallserver.guard import Guard
from hallserver.hall import Hall
from hallserver.journal import Journal, sqlite_url
from hallserver.journal.lines import OpenDay
from hallserver.journal.owner import Owner, fingerprint
from hallserver.journal.standby import Standby
from hallserver.mailbox import Doorkeeper, Mailbox
from hallserver.mqtt import BrokerLink
from hallserver.password_check import PreparedPasswords
from hallserver.protocol.ids import HallId
from hallserver.server import Server
from hallserver.standby import StopSignal, wait_for_turn
from hallserver.uptime import start_clock
from hallserver.writer import Writer, fold

KEY_BYTES = 32

_LOG = logging.getLogger(__name__)


class StartError(Exception):
    """The server cannot be built; the text says what is wrong and where."""


@dataclass(frozen=True)
class ServerSettings:
    """What one server is started with.

    `clerks_file` holds more `[[clerk]]` blocks of the hall file's kind; without `database_url` the
    journal is a SQLite file in `state_dir`. `is_without_hours` leaves opening hours and quotas out,
    for demos and training. One that `is_standby` waits while another server has the journal.
    """

    hall_file: Path
    state_dir: Path
    link: LinkSettings
    clerks_file: Path | None = None
    database_url: str | None = None
    version: str = "0"
    is_without_hours: bool = False
    is_standby: bool = False


def build_server(settings: ServerSettings, stop: StopSignal | None = None) -> Server:
    """Build a server, folded up to the end of its journal. Raises StartError, JournalError.

    A standby waits here for its turn; it raises StoppedError when `stop` is set meanwhile. The
    server's `close` gives the journal back.
    """
    plan = read_plan(settings.hall_file, settings.clerks_file)
    if settings.is_without_hours:
        plan = without_hours(plan)
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    key_file = settings.state_dir / "hall.key"
    passwords = PreparedPasswords(plan.clerks)

    def make_hall(owner: Owner) -> Hall:
        return Hall(plan, find_key(key_file, plan.id, owner), passwords)

    with contextlib.ExitStack() as opened, _fitting():
        journal, hall, had = _take_journal(settings, make_hall, stop or StopSignal())
        opened.enter_context(journal)
        # After the journal is locked for us: no other server makes a key at the same time.
        owner = journal.owner if journal.is_shared else None
        key = find_key(key_file, plan.id, owner)
        if journal.is_shared and owner is None:
            journal.belong_to(Owner(plan.id, fingerprint(key)))
        journal.seal_with(key)
        hall = hall or Hall(plan, key, passwords)
        fold(hall, journal.open_day(had))
        clock = _start_clock(journal.last_clock, settings.state_dir)
        epoch = journal.begin_epoch(clock.now())
        _LOG.info(
            "hall %s, start %d, journal at line %d with checksum %s",
            *(plan.id, epoch, journal.last_seq, journal.last_checksum.hex()),
        )
        room = DiskRoom(settings.state_dir, clock.elapsed_ms)
        room.is_enough()  # a nearly full disk is said at the start, not at the first refusal
        writer = Writer(
            hall,
            journal,
            clock.now,
            epoch=epoch,
            hall_id=plan.id,
            server_version=settings.version,
            has_room=room.is_enough,
        )
        mailbox = Mailbox()
        waker = Waker()
        opened.callback(waker.close)
        doorkeeper = Doorkeeper(mailbox.put, passwords, waker.wake)
        doorkeeper.start()
        opened.callback(doorkeeper.stop)

        guard = Guard(journal.confirm, clock.elapsed_ms, waker.wake)
        link = BrokerLink(
            settings.link,
            doorkeeper.admit,
            waker,
            clock.elapsed_ms,
            may_connect=guard.may_connect,
        )
        return Server(
            writer,
            mailbox,
            link,
            clock.elapsed_ms,
            name=f"hall {plan.id}, start {epoch}",
            close=opened.pop_all().close,
            look=guard.look,
            wake=waker.wake,
        )


def _start_clock(last: Now | None, state_dir: Path) -> HallClock:
    try:
        return start_clock(last, state_dir)
    except ImplausibleClockError as error:
        raise StartError(str(error)) from error


def _take_journal(
    settings: ServerSettings, make_hall: Callable[[Owner], Hall], stop: StopSignal
) -> tuple[Journal, Hall | None, OpenDay | None]:
    """Open the journal, now or when our turn comes, with what a standby has folded of it."""
    url = settings.database_url or sqlite_url(settings.state_dir)
    if not settings.is_standby:
        return Journal.open(url), None, None
    with Standby.open(url) as standby:
        journal, hall = wait_for_turn(standby, make_hall, stop)
    return journal, hall, None if hall is None else standby.day


@contextlib.contextmanager
def _fitting() -> Iterator[None]:
    """Say it when the lines of the open day cannot have been said in this hall."""
    try:
        yield
    except (LookupError, InvariantError, IllegalMoveError) as error:
        raise StartError(
            f"the hall file does not fit the open business day in the journal ({error!r}); "
            "start with the hall file that the day began with, and change it after its close"
        ) from error


def read_plan(hall_file: Path, clerks_file: Path | None) -> HallPlan:
    """Load the hall file, with the clerks of another file if there is one. Raises StartError.

    The two are read as one file, so that all checks hold for both together.
    """
    try:
        if clerks_file is None:
            return load_plan(hall_file)
        hall = hall_file.read_bytes() + b"\n"
        clerks = clerks_file.read_bytes()
    except ConfigError as error:
        raise StartError(_all_mistakes(hall_file, error)) from error
    except OSError as error:
        raise StartError(f"{error.filename} cannot be read: {error.strerror}") from error
    try:
        return parse_plan(hall + clerks, hall_file.name)
    except ConfigError as error:
        lines = hall.count(b"\n")
        of_clerks = tuple(
            replace(mistake, line=mistake.line - lines)
            for mistake in error.mistakes
            if mistake.line is not None and mistake.line > lines
        )
        if len(of_clerks) == len(error.mistakes):
            raise StartError(_all_mistakes(clerks_file, ConfigError(of_clerks))) from error
        raise StartError(_all_mistakes(hall_file, error)) from error


def _all_mistakes(file: Path, error: ConfigError) -> str:
    return "\n".join(f"{file}: {mistake}" for mistake in error.mistakes)


def find_key(path: Path, hall: HallId, owner: Owner | None) -> bytes:
    """Read the key of the journal that `owner` has begun; without one, ours. Raises StartError."""
    if owner is None:
        return read_key(path)
    if owner.hall != hall:
        raise StartError(
            f"the journal is that of the hall {owner.hall}, and the hall file is that of {hall}; "
            "correct one of them, or the database URL"
        )
    copy_it = f"copy hall.key from the server that began the journal to {path} (chmod 600)"
    if not path.exists():
        raise StartError(f"hall key {path}: there is none, but the journal has one; {copy_it}")
    key = read_key(path)
    if fingerprint(key) != owner.key_fingerprint:
        raise StartError(f"hall key {path}: it is not the one of the journal; {copy_it}")
    return key


def read_key(path: Path) -> bytes:
    """Read the key that signs tickets, or draw it at the first start. Raises StartError.

    Without it every ticket of the open day would be taken for forged, so it is never overwritten.
    """
    try:
        if not path.exists():
            _write_key(path)
        key = path.read_bytes()
        others = path.stat().st_mode & 0o077
    except OSError as error:
        raise StartError(f"hall key {path}: {error.strerror}") from error
    if len(key) < KEY_BYTES:
        raise StartError(
            f"hall key {path}: {len(key)} bytes instead of {KEY_BYTES}; restore it from the "
            "backup, or delete it: then today's tickets are not recognised any more"
        )
    if others:
        raise StartError(f"hall key {path}: others may read it; chmod 600 it")
    return key


def _write_key(path: Path) -> None:
    """Write the whole key or none, so that a power cut leaves no half of one."""
    drawn = path.with_name(path.name + ".new")
    descriptor = os.open(drawn, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    drawn.rename(path)
