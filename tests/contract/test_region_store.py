"""The region's tables in a real PostgreSQL: each line once, and the whole of it or nothing."""

import threading
from dataclasses import replace as with_other

import msgspec
import psycopg
import pytest

from hallserver.protocol.region import JournalLine, LinesRefused, RegionHall
from hallserver.region.intake import Incoming
from hallserver.region.rewind import rewind
from hallserver.region.schema import VERSION, SchemaError
from hallserver.region.status import read_status, status_lines
from hallserver.region.store import RegionStore, StoreError, StoreGoneError, open_connection

A, B = RegionHall("a"), RegionHall("b")


def line(seq: int, day: str = "20261123", body: str = '{"type":"X"}') -> JournalLine:
    checksum = f"{seq:032x}"
    return JournalLine(seq, 1 + seq // 100, day, 1_000 + seq, seq, "c", "X", body, checksum)


def lines(hall: RegionHall, first: int, last: int, number: int = 1, day: str = "20261123"):
    return Incoming(hall, number, tuple(line(n, day) for n in range(first, last + 1)), head=last)


@pytest.fixture
def url(postgres):
    with postgres.fresh(is_empty=True) as name:
        yield postgres.url(name)


@pytest.fixture
def store(url):
    with RegionStore.open(url) as store:
        yield store


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with open_connection(url) as connection:
        return connection.execute(query.encode()).fetchall()


def stored(url: str) -> list[tuple[object, ...]]:
    return ask(url, "SELECT hall, epoch, seq FROM hall_event ORDER BY 1, 2, 3")


def test_lines_of_many_halls_are_stored_in_one_transaction(store, url):
    answers = store.store([lines(A, 1, 3, number=5), lines(B, 1, 2), lines(A, 4, 4, number=6)])
    assert (answers[A].number, answers[A].seq, answers[A].wall_ms) == (6, 4, 1_004)
    assert (answers[B].number, answers[B].seq) == (1, 2)
    expected = [("a", 1, seq) for seq in (1, 2, 3, 4)] + [("b", 1, 1), ("b", 1, 2)]
    assert stored(url) == expected
    assert len(set(ask(url, "SELECT xmin::text FROM hall_event"))) == 1


def test_a_line_is_stored_as_it_came(store, url):
    body = '{"type":"X","tags":["态度好"],"ticket":"20261123-A001"}'
    store.store([Incoming(A, 1, (line(1, body=body),), 1)])
    query = "SELECT day, wall_ms, elapsed_ms, client, type, body->>'ticket', body->'tags', checksum"
    [row] = ask(url, f"{query} FROM hall_event")
    checksum = bytes(15) + b"\x01"
    assert row == ("20261123", 1_001, 1, "c", "X", "20261123-A001", ["态度好"], checksum)


def test_the_same_lines_again_change_nothing(store, url):
    store.store([lines(A, 1, 50)])
    before = stored(url)
    again = store.store([lines(A, 1, 50), lines(A, 30, 50, number=2)])
    assert stored(url) == before
    assert (again[A].seq, again[A].refused) == (50, None)
    [row] = ask(url, "SELECT stored, repeated FROM hall")
    assert row == (50, 71)


def test_a_gap_is_not_stored(store, url):
    assert store.store([lines(A, 2, 5)])[A].refused is LinesRefused.GAP
    assert stored(url) == []


def test_lines_that_the_cursor_does_not_know_of_are_not_doubled(store, url):
    store.store([lines(A, 1, 10)])
    ask(url, "UPDATE hall SET seq = 4, epoch = 1, wall_ms = 1004 RETURNING 1")
    assert store.store([lines(A, 5, 12)])[A].seq == 12
    assert stored(url) == [("a", 1, seq) for seq in range(1, 13)]


def test_a_line_that_postgresql_does_not_take_keeps_nobody_else_out(store, url):
    # Valid JSON; jsonb's numbers are not that large (datatype-numeric.html).
    bad = Incoming(A, 1, (line(1, body='{"type":"X","turn":1e200000}'),), 1)
    answers = store.store([lines(B, 1, 2), bad])
    assert (answers[A].seq, answers[A].refused) == (0, LinesRefused.MALFORMED)
    assert (answers[B].seq, answers[B].refused) == (2, None)
    assert stored(url) == [("b", 1, 1), ("b", 1, 2)]


def test_a_day_that_has_no_place_keeps_nobody_else_out(store, url):
    bad = Incoming(A, 1, (line(1, day="20261199"),), 1)  # the intake lets no such line through
    answers = store.store([lines(B, 1, 2), bad])
    assert (answers[A].seq, answers[A].refused) == (0, LinesRefused.MALFORMED)
    assert stored(url) == [("b", 1, 1), ("b", 1, 2)]


def test_each_month_has_partitions_and_dropping_one_leaves_the_others(store, url):
    for place, day in enumerate(("19700101", "20261130", "20261201", "20380119")):
        store.store([lines(A, place + 1, place + 1, day=day)])
    months = ask(url, "SELECT right(tableoid::regclass::text, 6) FROM hall_event ORDER BY seq")
    assert months == [("197001",), ("202611",), ("202612",), ("203801",)]


def test_two_collectors_with_the_same_messages_store_each_line_once(url):
    messages = [lines(hall, first, first + 4) for first in range(1, 200, 5) for hall in (A, B)]
    RegionStore.open(url).close()

    def collect(order: list[Incoming]) -> None:
        with RegionStore.open(url) as store:
            for start in range(0, len(order), 7):
                store.store(order[start : start + 7])

    threads = [threading.Thread(target=collect, args=(messages,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    wanted = {(hall, 1 + seq // 100, seq) for hall in (A, B) for seq in range(1, 201)}
    rows = stored(url)
    assert len(rows) == len(wanted)
    assert set(rows) == wanted


def test_a_database_that_goes_away_is_said_and_nothing_is_half_stored(store, url):
    store.store([lines(A, 1, 2)])
    ask(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()",
    )
    with pytest.raises(StoreGoneError):
        store.store([lines(A, 3, 9)])
    with RegionStore.open(url) as again:
        assert again.store([lines(A, 3, 9)])[A].seq == 9
    assert stored(url) == [("a", 1, seq) for seq in range(1, 10)]


def test_tables_of_a_newer_version_are_left_alone(url):
    RegionStore.open(url).close()
    ask(url, f"INSERT INTO region_schema VALUES ({VERSION + 1}) RETURNING 1")
    with pytest.raises(SchemaError, match="newer software"):
        RegionStore.open(url)


def test_the_status_says_how_far_each_hall_is(store, url):
    store.store([lines(A, 1, 3), with_other(lines(B, 1, 2), head=40)])
    store.store([lines(A, 9, 9)])
    with open_connection(url) as connection:
        halls = read_status(connection)
    assert [(each.hall, each.seq, each.lag, each.gaps) for each in halls] == [
        ("a", 3, 6, 1),
        ("b", 2, 38, 0),
    ]
    text = status_lines(halls)
    assert len(text) == 3
    assert text[0].split()[:5] == ["hall", "start", "line", "lag", "heard"]
    assert text[1].split()[:4] == ["a", "1", "3", "6"]


def test_a_hall_that_lost_its_end_goes_on_and_what_it_lost_is_kept(store, url):
    store.store([lines(A, 1, 10)])
    with open_connection(url) as connection:
        assert rewind(connection, A, 6) == 4
    asked = store.store([Incoming(A, 3)])[A]
    assert (asked.epoch, asked.seq, asked.wall_ms) == (1, 6, 1_006)
    again = tuple(msgspec.structs.replace(line(seq), epoch=50) for seq in range(7, 13))
    assert store.store([Incoming(A, 4, again, 12)])[A].seq == 12
    kept = [("a", 1, seq) for seq in range(1, 11)]
    assert stored(url) == kept + [("a", 50, seq) for seq in range(7, 13)]


@pytest.mark.parametrize(("hall", "seq"), [("a", 10), ("a", 11), ("a", -1), ("b", 1)])
def test_a_rewind_to_nowhere_is_refused(store, url, hall, seq):
    store.store([lines(A, 1, 10)])
    with open_connection(url) as connection, pytest.raises(StoreError):
        rewind(connection, RegionHall(hall), seq)
    [row] = ask(url, "SELECT seq FROM hall")
    assert row == (10,)


def test_an_empty_database_has_no_status_and_says_so(url):
    with open_connection(url) as connection, pytest.raises(StoreError, match="ever collected"):
        read_status(connection)


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite:///x", "postgresql://127.0.0.1", "postgresql://a@h/d?x=y"]
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url):
    with pytest.raises(StoreError):
        open_connection(url)
    secret = "postgresql://hall:s3cret@127.0.0.1:1/region"
    with pytest.raises(StoreGoneError) as raised:
        open_connection(secret)
    assert "s3cret" not in str(raised.value)
    assert isinstance(raised.value.__cause__, psycopg.OperationalError)
