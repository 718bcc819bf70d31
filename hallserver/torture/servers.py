"""The hall's server, or two of which one leads, and who leads at this moment."""

import re
import secrets
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from hallserver.demo.stage import Stage
from hallserver.supervise import Children, Supervised

LOOK_S = 0.01
KEY_BYTES = 32
GAVE_UP_THE_LEAD = frozenset({74, 75})
"""Of two servers, one that stood still finds the lead lost and ends (sysexits.h)."""

Pause = Callable[[float], object]
"""Waits, in seconds; raises when the run is to end."""

_LEADS = text(
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND datname = current_database()"
)


@dataclass(frozen=True, slots=True)
class Database:
    """Where the journal is, if not in a file of the server's; a standby shares it."""

    url: str | None = None
    has_standby: bool = False


class Servers:
    """One supervised server; with a standby two."""

    def __init__(self, children: Children, stage: Stage, database: Database) -> None:
        """Start them. Raises OSError."""
        self._database = database
        arguments = stage.server_arguments()
        if database.url is not None:
            arguments += ["--database", database.url]
        directories = [stage.journal.parent]
        if database.has_standby:
            arguments += ["--standby"]
            directories.append(stage.journal.parent.with_name("standby"))
            _share_key(directories)
        self._all = [
            Supervised(
                children,
                directory.name,
                _with_state(arguments, directory),
                max_quick_deaths=None,
            )
            for directory in directories
        ]
        self._engine = (
            None if database.url is None else create_engine(database.url, poolclass=NullPool)
        )

    def leading(self) -> Supervised | None:
        """Return the one that writes the journal; None while nobody does."""
        if not self._database.has_standby or self._engine is None:
            return self._all[0]
        try:
            with self._engine.connect() as connection:
                names = connection.execute(_LEADS).scalars().all()
        except DBAPIError:
            return None
        found = [re.search(r"process (\d+)", name) for name in names]
        pids = {int(match[1]) for match in found if match is not None}
        leaders = (each for each in self._all if each.child.process.pid in pids)
        return next(leaders, None)

    def kill(self, pause: Pause) -> None:
        """Kill the one that leads; while nobody does, one that is about to."""
        while True:
            victim = self.leading()
            if victim is not None and victim.kill():
                return
            if victim is None and any(each.kill() for each in self._all):
                return
            pause(LOOK_S)

    def stop(self) -> Callable[[], object]:
        """Have the one that leads stand still (SIGSTOP); returns what lets it go on."""
        victim = self.leading() or self._all[0]
        pid = victim.child.process.pid
        victim.send(signal.SIGSTOP)

        def go_on() -> None:
            if victim.child.process.pid == pid:
                victim.send(signal.SIGCONT)

        return go_on

    @property
    def exits(self) -> list[int]:
        """How servers ended when nobody killed them and they had no reason to."""
        fine = {-signal.SIGKILL, *(GAVE_UP_THE_LEAD if self._database.has_standby else ())}
        return [code for each in self._all for code in each.exit_codes if code not in fine]

    def last_words(self) -> str:
        """Return the end of what they said."""
        return "\n".join(each.child.last_words(15) for each in self._all)

    def end(self) -> None:
        """End them. May be called twice."""
        for each in self._all:
            each.end()


def _with_state(arguments: Sequence[str], directory: Path) -> list[str]:
    changed = list(arguments)
    changed[changed.index("--state-dir") + 1] = str(directory)
    return changed


def _share_key(directories: Sequence[Path]) -> None:
    """Draw one hall key for both, as who sets up a standby copies it."""
    key = secrets.token_bytes(KEY_BYTES)
    for directory in directories:
        directory.mkdir(exist_ok=True)
        file = directory / "hall.key"
        file.touch(0o600)
        file.write_bytes(key)
