"""A private PostgreSQL for one process of tests, from Debian's package.

Debian's own cluster, which the package starts on port 5432, is not touched: this one has a
directory, a socket and a port of its own, and it ends with the process, however that ends.
"""

import functools
import itertools
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from hallserver.journal import Journal

USER = "hall"
_DEBIAN = Path("/usr/lib/postgresql")
DEADLINE_S = 30.0
_READY = "database system is ready to accept"

# The shell outlives nobody: its standard input is a pipe that the tests hold open and never write
# to. When they end, also by SIGKILL, it reads the end of it, and ends the server by its own
# process id. An immediate shutdown loses nothing that anybody wants: the directory goes as well.
_KEEPER = """
"$@" & server=$!
read -r _
kill -QUIT "$server"
wait "$server"
rm -rf "$directory"
"""

# What is tested is our half. A power cut under PostgreSQL is PostgreSQL's.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "lc_messages": "C",
    "max_prepared_transactions": "0",
}


class Cluster:
    """A running PostgreSQL. `directory` is removed when it ends."""

    def __init__(self) -> None:
        programs = _find_programs()
        self._account = _account()
        self.password = secrets.token_hex(8)
        # Not below pytest's directory, which only its owner may enter.
        self.directory = Path(tempfile.mkdtemp(prefix="jiaohao-postgres-"))
        self.port = free_port()
        self.log: deque[str] = deque(maxlen=1_000)
        self._count = itertools.count(1)
        self._template: str | None = None
        password_file = self.directory / "password"
        password_file.write_text(f"{self.password}\n", "ascii")
        if self._account is not None:
            for path in (self.directory, password_file):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
        data = self.directory / "data"
        self._run_initdb(
            [
                *(str(programs / "initdb"), "--pgdata", str(data), "--username", USER),
                *("--auth-local", "trust", "--auth-host", "scram-sha-256"),
                *("--pwfile", str(password_file)),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ]
        )
        settings = [f"{name}={value}" for name, value in self._settings().items()]
        arguments = itertools.chain.from_iterable(("-c", setting) for setting in settings)
        self._keeper = self._start([str(programs / "postgres"), "-D", str(data), *arguments])

    def url(self, database: str) -> str:
        """Name a database by the socket, where everybody on this machine is let in."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.directory}&port={self.port}"

    def tcp_url(self, database: str, password: str | None = None) -> str:
        """Name a database by TCP, where the password is asked for."""
        given = self.password if password is None else password
        return f"postgresql+psycopg://{USER}:{given}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """Connect as a bystander, each statement a transaction of its own."""
        return psycopg.connect(
            host=str(self.directory), port=self.port, user=USER, dbname=database, autocommit=True
        )

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Execute a statement as a bystander and return its rows, if it has any."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return [] if cursor.description is None else cursor.fetchall()

    @contextmanager
    def fresh(self, *, is_empty: bool = False, options: str | None = None) -> Iterator[str]:
        """Make a database for one test and name it. Unless it `is_empty` it has its tables."""
        name = f"hall_{next(self._count)}"
        if options is not None:
            self.execute(f"CREATE DATABASE {name} {options}")
        else:
            self._copy(name, "template1" if is_empty else self._migrated())
        try:
            yield name
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """End it, as the end of the tests would."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        assert self._keeper.stderr is not None
        self._keeper.stderr.close()

    def _migrated(self) -> str:
        if self._template is None:
            self._copy("hall_template", "template1")
            Journal.open(self.url("hall_template")).close()
            self._template = "hall_template"
        return self._template

    def _copy(self, name: str, template: str) -> None:
        # Copying files needs two checkpoints, which cost nothing without fsync, and half the time.
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )

    def _settings(self) -> dict[str, str]:
        return _SETTINGS | {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.directory),
        }

    def _run_initdb(self, command: Sequence[str]) -> None:
        ran = subprocess.run(
            command,
            user=self._account and self._account.pw_uid,
            group=self._account and self._account.pw_gid,
            extra_groups=self._account and [],
            cwd=self.directory,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def _start(self, command: Sequence[str]) -> "subprocess.Popen[str]":
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", *command],
            user=self._account and self._account.pw_uid,
            group=self._account and self._account.pw_gid,
            extra_groups=self._account and [],
            cwd="/",
            env=self._environment() | {"directory": str(self.directory)},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # an interrupt at the keyboard is for the tests
        )
        assert keeper.stdin is not None
        assert keeper.stderr is not None
        late = threading.Timer(DEADLINE_S, keeper.stdin.close)  # which ends it
        late.start()
        for line in keeper.stderr:
            self.log.append(line)
            if _READY in line:
                break
        else:
            raise AssertionError("PostgreSQL did not start:\n" + "".join(self.log))
        late.cancel()
        self._reader = threading.Thread(target=self.log.extend, args=(keeper.stderr,), daemon=True)
        self._reader.start()
        return keeper

    def _environment(self) -> dict[str, str]:
        # Settings of the person who runs the tests (PGDATA, PGHOST, …) are not ours.
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@functools.cache
def cluster() -> Cluster:
    """Return the one PostgreSQL of this process, started when it is first asked for."""
    return Cluster()


def _find_programs() -> Path:
    """Find initdb and postgres: Debian keeps them off the path, one directory a version."""
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    found = [path.parent for path in versions] or ([Path(on_path).parent] if on_path else [])
    assert found, "PostgreSQL is missing; run: make setup (or: apt-get install postgresql)"
    return found[-1]


def _account() -> pwd.struct_passwd | None:
    """Choose whom PostgreSQL runs as: ourselves, but it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
