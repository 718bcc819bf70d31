"""A client's own record outlives a process that is killed while it writes."""

from pathlib import Path

from hallserver.protocol.commands import SignIn
from hallserver.protocol.ids import ClerkId, ClientId
from hallserver.torture.journal import Head
from hallserver.torture.record import OwnRecord, Tail, read_rows, shown
from hallserver.torture.watch import Watch, watched_topics

KIOSK = ClientId("kiosk-01")


def test_what_was_noted_is_read_back_and_a_tail_reads_only_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "kiosk-01.jsonl"
    tail = Tail(path)
    assert list(tail.new_rows()) == []
    record = OwnRecord(path)
    record.note("link", link="live")
    assert [row["link"] for row in tail.new_rows()] == ["live"]
    record.note("still", quiet=3)
    assert [row["quiet"] for row in tail.new_rows()] == [3]
    record.close()
    tail.close()
    assert [row["kind"] for row in read_rows(path)] == ["link", "still"]


def test_half_a_line_is_left_out_and_the_next_life_begins_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "kiosk-01.jsonl"
    path.write_bytes(b'{"t":1,"kind":"life"}\n{"t":2,"kind":"to')
    tail = Tail(path)
    assert [row["t"] for row in tail.new_rows()] == [1]
    record = OwnRecord(path)
    record.note("life", pid=2)
    record.close()
    assert [row["kind"] for row in tail.new_rows()] == ["life"]
    assert tail.torn == 1
    tail.close()


def test_no_password_comes_into_a_record(tmp_path: Path) -> None:
    path = tmp_path / "counter-1.jsonl"
    record = OwnRecord(path)
    record.note("asked", id="x", command=shown(SignIn(ClerkId("clerk-1"), "secret-word")))
    record.close()
    assert b"secret-word" not in path.read_bytes()
    assert read_rows(path)[0]["command"]["clerk"] == "clerk-1"


def saw(record: OwnRecord, topic: str, epoch: int, version: int) -> None:
    record.note("saw", topic=topic, epoch=epoch, version=version)


def test_a_client_is_in_sync_when_it_is_live_and_has_what_was_in_the_journal(
    tmp_path: Path,
) -> None:
    watch = Watch(tmp_path, {KIOSK: ()})
    record = OwnRecord(tmp_path / "kiosk-01.jsonl")
    head = Head(seq=10, epoch=2)

    def is_in_sync(after_ns: int = 0) -> bool:
        watch.look()
        return watch.in_sync_at_ns(head, after_ns) is not None

    record.note("life", pid=1)
    saw(record, "ServerInfo", 2, 0)
    saw(record, "HallLoad", 2, 10)
    assert not is_in_sync()
    record.note("link", link="live")
    assert is_in_sync()
    live_at_ns = watch.clients[KIOSK].link_at_ns
    assert not is_in_sync(after_ns=live_at_ns + 1)
    assert watch.not_in_sync(head, live_at_ns + 1) == [KIOSK]
    record.note("link", link="stale")
    assert not is_in_sync()
    record.note("link", link="live")
    assert is_in_sync(after_ns=live_at_ns + 1)
    head = Head(seq=11, epoch=2)
    assert not is_in_sync()
    saw(record, "HallLoad", 2, 11)
    assert is_in_sync()
    head = Head(seq=11, epoch=3)
    assert not is_in_sync()
    saw(record, "HallLoad", 3, 11)
    assert not is_in_sync()
    saw(record, "ServerInfo", 3, 0)
    assert is_in_sync()
    record.note("life", pid=2)
    assert not is_in_sync()
    record.close()
    watch.close()


def test_each_role_is_watched_by_what_it_shows() -> None:
    assert watched_topics(ClientId("kiosk-01"), ()) == ("HallLoad",)
    assert watched_topics(ClientId("counter-12"), ()) == ("CounterSnapshot 12",)
    assert watched_topics(ClientId("console-01"), ()) != ()
