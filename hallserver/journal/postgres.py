"""A journal in a PostgreSQL database: the right to write it, and the settings of its sessions.

The right to write is a session lock that the *writing* connection holds. A session that ends, for
whatever reason, first rolls back what it had not committed and then lets its locks go, so nothing
is written by a server that lost the lock (https://www.postgresql.org/docs/15/explicit-locking.html,
13.3.5). A pooler between us and PostgreSQL would break that: connect directly.
"""

import contextlib
import logging
import os
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from hallserver.journal.database import Held
from hallserver.journal.errors import JournalError, JournalInUseError, explained
from hallserver.journal.postgres_errors import LOST, explain_refusal
from hallserver.journal.schema import migrate
from hallserver.journal.tables import leadership

MIN_VERSION = 14
"""The oldest with `idle_session_timeout`, by which a leader that is silent loses its lock."""

LEADER_SILENCE_MS = 5_000
"""PostgreSQL ends the session of a server that said nothing for so long, and its lock is free."""
SILENCE_BEFORE_SERVING_MS = 120_000
"""The same between taking the lock and serving: a long day is folded meanwhile."""
LOCK_TIMEOUT_MS = 5_000

_LOG = logging.getLogger(__name__)

# In the client's half of TCP: a PostgreSQL whose machine vanished is noticed in about 4 s
# (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
_CLIENT_SIDE = {
    "connect_timeout": "5",
    "keepalives": "1",
    "keepalives_idle": "1",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "4000",
}

# In PostgreSQL's half: a hall server that is frozen or whose machine vanished is noticed in about
# 5 s, whatever its session was at: idle (`_END_IDLE_AFTER`), in the middle of a change, being
# answered, or waiting (runtime-config-client.html and runtime-config-connection.html there).
_SERVER_SIDE = {
    "idle_in_transaction_session_timeout": f"{LEADER_SILENCE_MS}",
    "lock_timeout": f"{LOCK_TIMEOUT_MS}",
    "tcp_keepalives_idle": "1",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": f"{LEADER_SILENCE_MS}",
    "client_connection_check_interval": "1000",
}

# One journal a schema. Its oid is unique in its database, and so are advisory locks.
_LOCK_SPACE = 0x4A48  # "JH"
_KEY = (
    f"({_LOCK_SPACE}::bigint << 32) + to_regnamespace(quote_ident(current_schema()))::oid::bigint"
)
_TRY_LOCK = text(f"SELECT pg_try_advisory_lock({_KEY})")
_END_IDLE_AFTER = text("SELECT set_config('idle_session_timeout', :ms, false)")
_NEWEST = f"SELECT epoch FROM {leadership.name}"
_HOLDER = text(f"""
SELECT activity.application_name
FROM pg_locks AS held JOIN pg_stat_activity AS activity USING (pid)
WHERE held.locktype = 'advisory' AND held.objsubid = 1 AND held.granted
  AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (held.classid::bigint << 32) + held.objid::bigint = {_KEY}
""")


class PostgresDatabase:
    """A journal's database."""

    def __init__(self, url: URL) -> None:
        """Raise JournalError when psycopg 3 cannot be asked for what the URL says."""
        if url.drivername not in {"postgresql", "postgresql+psycopg"}:
            raise JournalError(
                f"the database URL begins with {url.drivername}; expected "
                "postgresql+psycopg://USER@HOST/DATABASE"
            )
        if "@" in f"{url.host}{url.database}":  # then a part of the password was taken for these
            raise JournalError(
                "the database URL has an @ too many: write one in a password as %40, or put the "
                "password into a password file (PGPASSFILE)"
            )
        self.url = url.set(drivername="postgresql+psycopg")

    @property
    def name(self) -> str:
        """Name the database as far as the URL does. Never repeats a password."""
        service = self.url.query.get("service")
        where = self.url.host or self.url.query.get("host") or "the default server"
        port = f":{self.url.port}" if self.url.port else ""
        what = self.url.database or (f"service {service}" if service else "the default database")
        return f"PostgreSQL {what} at {_one(where)}{port}"

    @contextlib.contextmanager
    def hold(self) -> Iterator[Held]:
        """Lock the journal, bring its tables to this version, and hand out its connections."""
        with self.wait() as waiting:
            if not waiting.try_lock():
                raise JournalInUseError(
                    f"journal {self.name}: another hall server ({waiting.leader()}) writes to it; "
                    "stop that one first, or start this one with --standby, to wait behind it"
                )
            yield waiting.held()

    @contextlib.contextmanager
    def wait(self) -> Iterator["Waiting"]:
        """Connect, and neither lock nor change anything. Raises JournalError."""
        engine = open_engine(self.url)
        with contextlib.ExitStack() as opened:
            writer = opened.enter_context(self._connect(engine))
            with explained(self.name), writer.begin():
                self._check(writer)
            reader = opened.enter_context(self._connect(engine))
            # SQLAlchemy replaces a connection that is lost. A new one would be without the lock.
            event.listen(engine, "do_connect", self._never_again)
            # Each question a transaction of its own, which sees what is committed by then.
            yield Waiting(self.name, writer, reader.execution_options(isolation_level="AUTOCOMMIT"))

    def _connect(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except DBAPIError as error:
            raise JournalError(f"journal {self.name}: {explain_refusal(error.orig)}") from error

    def _never_again(self, *_: object) -> None:
        raise JournalError(f"journal {self.name}: {LOST}")

    def _check(self, writer: Connection) -> None:
        """Refuse a PostgreSQL that would fail us later."""
        found = writer.execute(
            text(
                "SELECT current_setting('server_version_num')::int / 10000 AS version, "
                "pg_is_in_recovery() AS is_copy, current_setting('transaction_read_only') = 'on' "
                "AS is_read_only, current_setting('server_encoding') AS encoding, "
                "current_schema() AS schema, current_setting('fsync') = 'on' AS is_durable"
            )
        ).one()
        why = None
        if found.version < MIN_VERSION:
            why = f"it is version {found.version}; this software needs {MIN_VERSION} or newer"
        elif found.is_copy:
            why = (
                "it is a read-only copy of another PostgreSQL; give the address of the one that "
                "is written to, or several with ?target_session_attrs=read-write"
            )
        elif found.is_read_only:
            why = "it is set to be read only (default_transaction_read_only); set that to off"
        elif found.encoding != "UTF8":
            why = f"its encoding is {found.encoding}; make the database with ENCODING 'UTF8'"
        elif found.schema is None:
            why = "its user has no schema to make tables in; grant CREATE on one in its search_path"
        if why is not None:
            raise JournalError(f"journal {self.name}: {why}")
        if not found.is_durable:
            _LOG.warning("%s runs with fsync off: a power cut may lose what was given", self.name)


class Waiting:
    """The connections of a server that may not write yet."""

    def __init__(self, name: str, writer: Connection, reader: Connection) -> None:
        self.name = name
        self.reader = reader
        self._writer = writer

    def try_lock(self) -> bool:
        """Take the right to write, if nobody has it. Never waits."""
        with explained(self.name), self._writer.begin():
            if not self._writer.scalar(_TRY_LOCK):
                return False
            self._writer.execute(_END_IDLE_AFTER, {"ms": str(SILENCE_BEFORE_SERVING_MS)})
            return True

    def leader(self) -> str:
        """Name the server that has the lock, as it named itself."""
        with explained(self.name):
            return self.reader.scalar(_HOLDER) or "unknown"

    def held(self) -> Held:
        """Bring the tables to this version, once the lock is ours."""
        with explained(self.name), self._writer.begin():
            migrate(self._writer)
            fence = EpochFence(self.name, self._writer)
        return Held(self._writer, self.reader, fence=fence)


class EpochFence:
    """Lets only the newest start write, whatever became of its lock.

    The lock is enough as long as one session is one connection. This holds besides when something
    stands between us and PostgreSQL, or connects anew behind our back. Each transaction that writes
    takes a share of the one row that names the newest start, so a start that comes meanwhile waits
    for it, and every later one finds another number there.
    """

    def __init__(self, name: str, writer: Connection) -> None:
        """The lock is ours, within a transaction: the newest start is one that is over."""
        self._name = name
        self._writer = writer
        self._epoch: int | None = writer.scalar(select(leadership.c.epoch))

    def begin(self, epoch: int) -> int:
        """Return the number of this start, `epoch` or above, within a transaction."""
        row = select(leadership.c.epoch).with_for_update()
        newest = self._writer.scalar(row)
        if newest is None:
            self._epoch = epoch
            self._writer.execute(insert(leadership).values(one=1, epoch=epoch))
        else:
            self._epoch = max(epoch, newest + 1)
            self._writer.execute(update(leadership).values(epoch=self._epoch))
        # From now on we speak every second (`hallserver.guard`).
        self._writer.execute(_END_IDLE_AFTER, {"ms": str(LEADER_SILENCE_MS)})
        return self._epoch

    def check(self, *, is_writing: bool) -> None:
        """Raise JournalInUseError, within a transaction, unless ours is the newest start."""
        # A share is written down, so that who only asks would wait for the disk every second.
        lock = " FOR SHARE" if is_writing else ""
        newest = self._writer.exec_driver_sql(_NEWEST + lock).scalar()
        if newest != self._epoch:
            raise JournalInUseError(
                f"journal {self._name}: another hall server has taken over (start {newest}, ours "
                f"was {self._epoch}); nothing more is written or said by this one"
            )


def open_engine(url: URL) -> Engine:
    """Make an engine of sessions that end when their server falls silent."""
    engine = create_engine(
        url,
        poolclass=NullPool,
        # Values stay out of error texts: they would end in the log.
        hide_parameters=True,
        # Nothing here uses it, and asking for it costs a round trip a connection.
        use_native_hstore=False,
        connect_args=_client_side(url.query),
    )
    event.listen(engine, "connect", _set_up)
    return engine


def _client_side(given: Mapping[str, object]) -> dict[str, str]:
    ours = {"application_name": _our_name(), **_CLIENT_SIDE}
    return {name: value for name, value in ours.items() if name not in given}


def _our_name() -> str:
    # So that whoever looks at pg_stat_activity, and the other hall server, knows who it is.
    return f"jiaohao server, process {os.getpid()} on {socket.gethostname()}"[:63]


def _set_up(connection: Any, _record: object) -> None:
    settings = (f"set_config('{name}', '{value}', false)" for name, value in _SERVER_SIDE.items())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(settings)}")
        # A commit that is not on disk when it is answered would break every promise that we make.
        # Stronger settings than "on" (remote_apply) are left as they are.
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


def _one(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ",".join(value)
