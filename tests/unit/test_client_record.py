"""The record of what a client asked and was told."""

import itertools
import json
import threading
from pathlib import Path

from hallserver.client.ids import new_command_id
from hallserver.client.record import NullRecord, Record
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol.codec import decode_command, encode_command
from hallserver.protocol.commands import CallNext, CommandMessage, SignIn
from hallserver.protocol.replies import Done
from hallserver.protocol.snapshots import HallLoad, Heartbeat, ServiceLoad


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_line_is_one_note_and_is_in_the_file_at_once(tmp_path):
    clock = itertools.count(1_000)
    record = Record(tmp_path / "sub" / "record.jsonl", lambda: next(clock))
    record.note("tap", service="登记", count=2)
    load = HallLoad(1, 7, {"a": ServiceLoad(3, 1)})
    record.asked("command-1", CallNext())
    record.told(LinkChanged(LinkState.LIVE))
    record.told(SnapshotArrived(load))
    record.told(ReplyArrived("command-1", CallNext(), Done()))
    told = lines(tmp_path / "sub" / "record.jsonl")
    record.close()
    services = {"a": {"waiting": 3, "open_counters": 1, "status": "open", "again_at_ms": None}}
    assert told == [
        {"t_ns": 1000, "kind": "tap", "service": "登记", "count": 2},
        {"t_ns": 1001, "kind": "asked", "command_id": "command-1", "command": {"type": "CallNext"}},
        {"t_ns": 1002, "kind": "link", "link": "live"},
        {
            "t_ns": 1003,
            "kind": "snapshot",
            "of": "HallLoad",
            "snapshot": {
                "epoch": 1,
                "version": 7,
                "services": services,
                "notice": None,
                "day": None,
            },
        },
        {
            "t_ns": 1004,
            "kind": "reply",
            "command_id": "command-1",
            "command": {"type": "CallNext"},
            "reply": {"type": "Done"},
        },
    ]


def test_no_password_is_recorded(tmp_path):
    record = Record(tmp_path / "record.jsonl")
    command = SignIn("li.na", "Correct-horse-7")
    record.asked("command-1", command)
    record.told(ReplyArrived("command-1", command, Done()))
    record.close()
    written = (tmp_path / "record.jsonl").read_text()
    assert written.count("li.na") == 2
    assert "Correct-horse-7" not in written


def test_a_second_run_goes_on_in_the_same_file(tmp_path):
    for value in (1, 2):
        record = Record(tmp_path / "record.jsonl")
        record.note("run", value=value)
        record.close()
    assert [line["value"] for line in lines(tmp_path / "record.jsonl")] == [1, 2]


def test_threads_do_not_mix_their_lines_and_time_does_not_go_back(tmp_path):
    record = Record(tmp_path / "record.jsonl")

    def write(name):
        for count in range(200):
            record.note("busy", name=name, count=count, padding="x" * 300)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record.close()
    written = lines(tmp_path / "record.jsonl")
    assert len(written) == 800
    times = [line["t_ns"] for line in written]
    assert times == sorted(times)
    for name in range(4):
        assert [line["count"] for line in written if line["name"] == name] == list(range(200))


def test_a_disk_that_fails_ends_the_record_and_not_the_program(caplog):
    record = Record(Path("/dev/full"))
    record.note("anything")
    record.note("anything")
    record.close()
    assert caplog.text.count("cannot be written") == 1


def test_a_closed_record_and_a_null_record_take_notes_and_keep_none(tmp_path):
    record = Record(tmp_path / "record.jsonl")
    record.close()
    record.close()
    record.note("late")
    NullRecord().told(SnapshotArrived(Heartbeat(1, 1)))
    assert (tmp_path / "record.jsonl").read_bytes() == b""


def test_command_ids_differ_and_fit_the_wire():
    made = {new_command_id() for _ in range(1_000)}
    assert len(made) == 1_000
    message = CommandMessage(1, made.pop(), CallNext())
    assert decode_command(encode_command(message)) == message
