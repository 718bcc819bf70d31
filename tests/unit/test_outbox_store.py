"""The outbox on a real disk: what survives, what never gets there, and what damage does."""

import logging
import os
import signal
import sqlite3
import stat
import subprocess
import sys

import pytest

from hallserver.client.outbox import Outbox
from hallserver.client.store import (
    MAX_SET_ASIDE_FILES,
    MemoryOutboxStore,
    SqliteOutboxStore,
    StoreBusyError,
    StoreUnavailableError,
)
from hallserver.protocol.codec import decode_command, encode_command
from hallserver.protocol.commands import (
    CommandMessage,
    ConfirmPrinted,
    ReserveTicket,
    ShowTicket,
    SignIn,
)
from tests.helpers.broker import files_under

CONFIRM = ConfirmPrinted("20261123-A023")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "kiosk-01.outbox.sqlite"


def sent(outbox: Outbox) -> list[bytes]:
    """What it sends when every command is answered at once."""
    messages = []
    while (message := outbox.take_due(0.0)) is not None:
        messages.append(message)
        outbox.answered(decode_command(message).id)
    return messages


def wire(command_id, command) -> bytes:
    return encode_command(CommandMessage(1, command_id, command))


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
def test_what_was_not_answered_is_there_again_in_order(path, kind):
    memory = MemoryOutboxStore()

    def reopened():
        return SqliteOutboxStore(path) if kind == "sqlite" else memory

    store = reopened()
    outbox = Outbox(store)
    for name in ("command-z", "command-a", "command-m"):
        outbox.add(name, CONFIRM)
    outbox.answered("command-a")
    store.close()

    store = reopened()
    assert sent(Outbox(store)) == [wire("command-z", CONFIRM), wire("command-m", CONFIRM)]
    store.close()


def test_a_command_is_on_disk_when_add_returns_even_if_the_process_is_killed(path):
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from hallserver.client.outbox import Outbox;"
        "from hallserver.client.store import SqliteOutboxStore;"
        "from hallserver.protocol.commands import ConfirmPrinted;"
        "outbox = Outbox(SqliteOutboxStore(Path(sys.argv[1])));"
        "outbox.add('command-1', ConfirmPrinted('20261123-A023'));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(path)], check=False, timeout=30)
    assert ended.returncode == -signal.SIGKILL
    store = SqliteOutboxStore(path)
    assert sent(Outbox(store)) == [wire("command-1", CONFIRM)]
    store.close()


def test_passwords_and_shown_tickets_never_reach_the_disk(path):
    store = SqliteOutboxStore(path)
    outbox = Outbox(store)
    outbox.add("command-1", SignIn("li.na", "Correct-horse-7"))
    outbox.add("command-2", ShowTicket("token-of-a-ticket"))
    outbox.add("command-3", CONFIRM)
    while_open = files_under(path.parent)
    store.close()
    on_disk = while_open + files_under(path.parent)
    assert b"command-3" in on_disk
    assert not [word for word in (b"Correct-horse-7", b"li.na", b"token-of") if word in on_disk]
    assert len(outbox) == 3

    reopened = SqliteOutboxStore(path)
    assert sent(Outbox(reopened)) == [wire("command-3", CONFIRM)]
    reopened.close()


def test_an_answered_command_leaves_nothing_behind(path):
    store = SqliteOutboxStore(path)
    outbox = Outbox(store)
    outbox.add("command-1", ReserveTicket("service", "0123456789abcdef" * 2))
    outbox.answered("command-1")
    store.close()
    assert b"0123456789abcdef" not in files_under(path.parent)


def test_only_its_owner_reads_the_file(path):
    store = SqliteOutboxStore(path)
    store.put("command-1", b"x")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    store.close()
    assert modes == {0o600}


def test_a_second_process_as_the_same_client_is_refused(path):
    store = SqliteOutboxStore(path)
    with pytest.raises(StoreBusyError, match="another process"):
        SqliteOutboxStore(path)
    store.close()
    SqliteOutboxStore(path).close()


def test_a_place_where_no_file_can_be_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        SqliteOutboxStore(tmp_path / "file" / "outbox.sqlite")
    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        SqliteOutboxStore(tmp_path)


def filled(path, commands=40) -> bytes:
    store = SqliteOutboxStore(path)
    outbox = Outbox(store)
    for count in range(commands):
        outbox.add(f"command-{count:03}", ReserveTicket("s" * 60))
    store.close()
    return path.read_bytes()


def test_a_file_full_of_commands_is_whole_before_it_is_damaged(path):
    filled(path)
    store = SqliteOutboxStore(path)
    assert len(Outbox(store)) == 40
    store.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"this is no database at all, but long enough to look like one" * 40,
        lambda whole: b"\xff" * 16 + whole[16:],
        lambda whole: whole[:4096] + b"\xa5" * (len(whole) - 4096),
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:100] + b"\xa5" * 3000 + whole[3100:],
    ],
    ids=["text", "no header", "later pages", "cut off", "schema page"],
)
def test_a_damaged_file_is_set_aside_with_a_clear_line_and_a_fresh_one_begun(path, damage, caplog):
    broken = damage(filled(path))
    path.write_bytes(broken)
    with caplog.at_level(logging.ERROR):
        store = SqliteOutboxStore(path)
    outbox = Outbox(store)
    assert len(outbox) == 0
    outbox.add("command-1", CONFIRM)
    store.close()
    aside = path.with_name(path.name + ".damaged-1")
    assert aside.read_bytes() == broken
    assert "is damaged" in caplog.text
    assert aside.name in caplog.text
    reopened = SqliteOutboxStore(path)
    assert sent(Outbox(reopened)) == [wire("command-1", CONFIRM)]
    reopened.close()


def test_a_database_of_something_else_is_set_aside(path):
    path.parent.mkdir()
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE outbox (something_else TEXT)")
    database.close()
    store = SqliteOutboxStore(path)
    assert store.load() == ()
    store.close()
    assert path.with_name(path.name + ".damaged-1").exists()


def test_damaged_files_do_not_fill_the_disk(path):
    path.parent.mkdir()
    for _ in range(MAX_SET_ASIDE_FILES + 3):
        path.write_bytes(b"not a database" * 100)
        SqliteOutboxStore(path).close()
    assert len(list(path.parent.glob("*.damaged-*"))) == MAX_SET_ASIDE_FILES


def test_a_stored_command_that_cannot_be_read_is_given_up_alone(path, caplog):
    store = SqliteOutboxStore(path)
    store.put(
        "command-1", b'{"schema":1,"id":"command-1","command":{"type":"Gone","token":"t0ken"}}'
    )
    store.put("command-2", b"\xff not json t0ken")
    store.put("command-3", wire("command-x", CONFIRM))
    store.put("command-4", wire("command-4", CONFIRM))
    outbox = Outbox(store)
    assert [name for name, _ in store.load()] == ["command-4"]
    assert sent(outbox) == [wire("command-4", CONFIRM)]
    assert caplog.text.count("cannot be read") == 3
    assert "t0ken" not in caplog.text
    store.close()


def test_a_full_disk_is_said_once_and_the_outbox_goes_on_in_memory(path):
    # A child, because the limit holds for every file that its process writes.
    program = """
import logging, resource, sys
from pathlib import Path
from hallserver.client.outbox import Outbox
from hallserver.client.store import SqliteOutboxStore
from hallserver.protocol.commands import ReserveTicket

logging.basicConfig(stream=sys.stdout, format="%(message)s")
store = SqliteOutboxStore(Path(sys.argv[1]))
outbox = Outbox(store)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (Path(sys.argv[1] + "-wal").stat().st_size, hard))
for count in range(5):
    outbox.add(f"command-{count}", ReserveTicket("s"))
print(len(outbox), "in memory", len(store.load()), "on disk")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
outbox.add("command-after", ReserveTicket("s"))
print(len(store.load()), "on disk")
store.close()
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        check=True,
        timeout=30,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said = ended.stdout.splitlines()
    assert [line for line in said if "in memory only" in line] == [said[0]]
    assert said[1] == "5 in memory 0 on disk"
    assert said[2].endswith("can be written again")
    assert said[3] == "1 on disk"
