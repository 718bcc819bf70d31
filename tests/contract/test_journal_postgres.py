"""What is PostgreSQL's own in a journal: getting in, who leads, sessions that end."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallserver.domain import events as ev
from hallserver.domain.instant import Now
from hallserver.journal import Journal, JournalError, JournalInUseError
from hallserver.journal.prepared import _BY_ARRAYS
from hallserver.protocol.ids import CommandId
from hallserver.protocol.replies import Done
from tests.helpers.checkout import ROOT
from tests.helpers.journals import DAY, KIOSK, answered, engine_of, line, reserved, rows
from tests.helpers.postgres import USER, Cluster, free_port
from tests.helpers.servers import open_journal

FIRST = [line(1, ev.DayOpened(DAY)), reserved(2, 1)]
OUR_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'jiaohao%'"


@pytest.fixture
def database(postgres: Cluster) -> Iterator[str]:
    with postgres.fresh() as name:
        yield name


def end_sessions(url: str) -> None:
    """What an administrator does, or PostgreSQL itself to a server that fell silent."""
    rows(url, OUR_SESSIONS.replace("pid", "pg_terminate_backend(pid, 10000)", 1))


def refusal(url: str) -> str:
    with pytest.raises(JournalError) as raised:
        Journal.open(url)
    assert "secret" not in str(raised.value)
    return str(raised.value)


# Getting in.


def test_who_cannot_get_in_is_told_why_and_what_to_do(postgres: Cluster) -> None:
    nowhere = f"postgresql://hall:secret@127.0.0.1:{free_port()}/hall"
    assert "nobody listens there; start PostgreSQL" in refusal(nowhere)
    assert "PostgreSQL hall at 127.0.0.1" in refusal(nowhere)
    assert "nobody listens there" in refusal("postgresql://hall:secret@/hall?host=/nowhere")
    unknown = "postgresql://hall:secret@no-such-host.invalid/hall"
    assert "its host name is not known" in refusal(unknown)
    assert "the password is wrong" in refusal(postgres.tcp_url("postgres", "secret"))
    assert "there is no such database" in refusal(postgres.url("no_such_hall"))
    assert "there is no such service" in refusal("postgresql:///?service=no_such_service")
    options = f"{postgres.url('postgres')}&no_such_option=secret"
    assert "has an option that PostgreSQL does not know" in refusal(options)


def test_the_password_may_stand_in_a_file_or_in_a_service(
    postgres: Cluster, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.tcp_url(database).replace(f":{postgres.password}@", "@")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    assert "it asks for a password; put one into the password file" in refusal(url)
    file = tmp_path / "passwords"
    file.touch(0o600)
    file.write_text(f"127.0.0.1:{postgres.port}:*:{USER}:{postgres.password}\n", "ascii")
    Journal.open(f"{url}?passfile={file}").close()
    monkeypatch.setenv("PGPASSFILE", str(file))
    Journal.open(url).close()
    services = tmp_path / "services"
    where = f"host=127.0.0.1\nport={postgres.port}\ndbname={database}\nuser={USER}\n"
    services.write_text(f"[our-hall]\n{where}", "ascii")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    Journal.open("postgresql:///?service=our-hall").close()


def test_of_several_servers_the_one_that_may_be_written_to_is_taken(
    postgres: Cluster, database: str
) -> None:
    several = f"host=127.0.0.1:{free_port()}&host=127.0.0.1:{postgres.port}"
    user = f"{USER}:{postgres.password}"
    url = f"postgresql+psycopg://{user}@/{database}?{several}&target_session_attrs=read-write"
    Journal.open(url).close()
    postgres.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    assert "it is read only; give the address" in refusal(url)
    assert postgres.password not in refusal(url)


def test_a_database_that_would_not_keep_a_journal_is_refused_at_once(
    postgres: Cluster, database: str
) -> None:
    url = postgres.url(database)
    postgres.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    assert "it is set to be read only" in refusal(url)
    postgres.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    postgres.execute(f"ALTER DATABASE {database} SET search_path = nowhere")
    assert "its user has no schema to make tables in" in refusal(url)
    with postgres.fresh(is_empty=True, options="ENCODING 'LATIN1' TEMPLATE template0") as other:
        assert "its encoding is LATIN1" in refusal(postgres.url(other))


def test_a_commit_is_on_disk_even_where_the_database_is_set_to_be_quick(
    postgres: Cluster, database: str
) -> None:
    postgres.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
    with engine_of(postgres.url(database)).connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    postgres.execute(f"ALTER DATABASE {database} SET synchronous_commit = remote_apply")
    with engine_of(postgres.url(database)).connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "remote_apply"


def test_both_ends_notice_a_silent_one(postgres: Cluster, database: str) -> None:
    with engine_of(postgres.tcp_url(database)).connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in (
                "idle_in_transaction_session_timeout",
                "tcp_keepalives_idle",
                "tcp_keepalives_count",
                "tcp_user_timeout",
                "client_connection_check_interval",
            )
        }
        ours = connection.connection.driver_connection.info.get_parameters()
    assert found == {
        "idle_in_transaction_session_timeout": "5s",
        "tcp_keepalives_idle": "1",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "5000",
        "client_connection_check_interval": "1s",
    }
    assert ours["keepalives_idle"] == "1"
    assert ours["tcp_user_timeout"] == "4000"


# Sessions that end, and disks that are full.


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("53100", "its disk is full; free some space"),
        ("58030", "it reports an error of its disk"),
        ("XX001", "its data are damaged"),
        ("25006", "it is read only"),
        ("42501", "its user may not do that"),
    ],
)
def test_what_postgresql_refuses_is_said_and_nothing_of_it_is_kept(
    postgres_url: str, state: str, sentence: str
) -> None:
    with open_journal(postgres_url) as journal:
        journal.append(FIRST, [answered(2)])
        # The real code comes from the real server; a full disk of our own would need its machine.
        rows_of_trouble(postgres_url, state)
        with pytest.raises(JournalError, match=sentence) as raised:
            journal.append([reserved(3, 2)], [answered(3)])
        assert f"[{state}]" in str(raised.value)
        assert "A002" not in str(raised.value)
        assert journal.last_seq == 2
    assert rows(postgres_url, "SELECT count(*) FROM event") == [(2,)]


def rows_of_trouble(url: str, state: str) -> None:
    with engine_of(url).begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '%%', NEW USING ERRCODE = '{state}'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER trouble BEFORE INSERT ON reply FOR EACH ROW EXECUTE FUNCTION trouble()"
        )


def test_a_server_whose_session_was_ended_writes_nothing_more_and_says_why(
    postgres_url: str,
) -> None:
    with open_journal(postgres_url) as journal:
        journal.begin_epoch(Now(0, 0))
        journal.append(FIRST, [answered(2)])
        end_sessions(postgres_url)
        with pytest.raises(JournalError, match=r"PostgreSQL ended our session.*start again"):
            journal.append([reserved(3, 2)], [answered(3)])
        for _ in range(2):  # and never connects anew behind our back
            with pytest.raises(JournalError):
                journal.append([reserved(3, 2)], [answered(3)])
            with pytest.raises(JournalError):
                journal.confirm()
    with open_journal(postgres_url) as again:
        assert list(again.open_day()) == FIRST
        keys = [(KIOSK, CommandId(f"command-{seq}")) for seq in (2, 3)]
        assert again.find_replies(keys) == {keys[0]: Done()}


def test_looking_for_answers_never_reads_the_whole_table(postgres_url: str) -> None:
    with open_journal(postgres_url) as journal:
        journal.append(FIRST, [answered(seq) for seq in range(2, 5_000)])
    with engine_of(postgres_url).connect() as connection:
        connection.exec_driver_sql("ANALYZE reply")
        asked = {"clients": [KIOSK] * 256, "command_ids": [f"command-{n}" for n in range(256)]}
        plan = connection.exec_driver_sql(f"EXPLAIN {_BY_ARRAYS}", asked).scalars().all()
    assert "Index Scan using pk_reply" in "".join(plan)


# Who leads.


def test_the_right_to_write_ends_with_the_session_that_holds_it(postgres_url: str) -> None:
    with open_journal(postgres_url) as frozen:
        frozen.begin_epoch(Now(0, 0))
        frozen.append(FIRST, [])
        end_sessions(postgres_url)
        with open_journal(postgres_url) as leader:
            assert leader.begin_epoch(Now(0, 0)) == 2
            leader.append([reserved(3, 2)], [answered(3)])
            with pytest.raises(JournalError):
                frozen.append([reserved(3, 3)], [answered(3)])
            leader.append([reserved(4, 3)], [answered(4)])
    assert rows(postgres_url, "SELECT number FROM visit ORDER BY 1") == [
        ("A001",),
        ("A002",),
        ("A003",),
    ]


def test_an_older_start_is_refused_by_the_newest_whatever_became_of_its_lock(
    postgres_url: str,
) -> None:
    """As if something between us and PostgreSQL had handed our session to somebody else."""
    with open_journal(postgres_url) as older:
        assert older.begin_epoch(Now(0, 0)) == 1
        older.append(FIRST, [])
        older._connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
        older._connection.commit()
        with open_journal(postgres_url):
            older.append([reserved(3, 2)], [answered(3)])  # until the newer one begins
        with open_journal(postgres_url) as newer:
            assert newer.begin_epoch(Now(0, 0)) == 2
            with pytest.raises(JournalInUseError, match=r"has taken over \(start 2, ours was 1\)"):
                older.append([reserved(4, 3)], [answered(4)])
            with pytest.raises(JournalInUseError, match="nothing more is written or said"):
                older.confirm()
            newer.append([reserved(4, 9)], [answered(4)])
            newer.confirm()
    assert rows(postgres_url, "SELECT number FROM visit WHERE number > 'A002'") == [("A009",)]


def test_a_start_waits_for_what_an_older_one_is_just_committing(postgres_url: str) -> None:
    with open_journal(postgres_url) as older:
        older.begin_epoch(Now(0, 0))
        older._connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
        older._connection.commit()
        with open_journal(postgres_url) as newer, older._connection.begin():
            older._fence.check(is_writing=True)
            with engine_of(postgres_url).connect() as impatient:
                impatient.exec_driver_sql("SET lock_timeout = 50")
                newer._fence._writer = impatient
                with pytest.raises(JournalError, match="55P03"):
                    newer.begin_epoch(Now(0, 0))


def test_two_halls_in_two_schemas_of_one_database_do_not_keep_each_other_out(
    postgres: Cluster, database: str
) -> None:
    postgres.execute('CREATE SCHEMA "Other hall"', database)
    other = f"{postgres.url(database)}&options=-csearch_path%3D%22Other%5C%20hall%22"
    with open_journal(postgres.url(database)) as here, open_journal(other) as there:
        here.append(FIRST, [])
        there.append([line(1, ev.DayOpened(DAY))], [])
        with pytest.raises(JournalInUseError, match=f"process {os.getpid()} on "):
            open_journal(other)
        assert (here.last_seq, there.last_seq) == (2, 1)


def test_a_floor_lifts_the_number_of_a_start(journal_url: str) -> None:
    """So that clients, who believe no number below the highest that they saw, follow."""
    with open_journal(journal_url) as journal:
        assert journal.begin_epoch(Now(0, 0)) == 1
        assert journal.begin_epoch(Now(0, 0), floor=40) == 41
        assert journal.begin_epoch(Now(0, 0), floor=7) == 42
    with open_journal(journal_url) as journal:
        assert journal.begin_epoch(Now(0, 0)) == 43


@pytest.mark.slow
def test_the_private_cluster_of_the_tests_ends_with_them_also_when_they_are_killed() -> None:
    script = (
        "from tests.helpers.postgres import Cluster\n"
        "print(Cluster().directory, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        directory = Path(process.stdout.readline().strip())
        server = int((directory / "data" / "postmaster.pid").read_text().split()[0])
        process.kill()
        assert process.stdout.read() == ""  # its children have it as well, and are gone by now
    assert not directory.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
