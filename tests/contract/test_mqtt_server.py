"""The server as a process, with a real mosquitto: what clients see of it."""

import contextlib
import json
import os
import queue
import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallserver.broker import RunningBroker, run_broker
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived
from hallserver.config import load_plan
from hallserver.protocol import routes
from hallserver.protocol.bounds import MAX_COMMAND_BYTES
from hallserver.protocol.codec import decode_published, decode_reply, encode_command
from hallserver.protocol.commands import ReserveTicket
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId, ServiceId
from hallserver.protocol.replies import Reply, Reservation
from tests.helpers.broker import Listener, Peer
from tests.helpers.hall_files import SMALL_HALL
from tests.helpers.journals import rows
from tests.helpers.servers import DEADLINE_S, ServerProcess, message

CLIENTS = [ClientId(name) for name in ("kiosk-1", "kiosk-2", "counter-1", "callscreen-1")]
RESERVE = ReserveTicket(ServiceId("passport"))
COMMAND_TOPIC = "jiaohao/command/kiosk-1"
REPLY_TOPIC = "jiaohao/reply/kiosk-1"


@pytest.fixture(scope="module")
def hall_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hall") / "hall.toml"
    path.write_text(SMALL_HALL, encoding="utf-8")
    return path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with run_broker(tmp_path / "broker", CLIENTS) as broker:
        yield broker


@pytest.fixture
def server(tmp_path: Path, broker: RunningBroker, hall_file: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path, broker, hall_file) as server:
        server.until("ready")
        yield server


def command(number: int) -> bytes:
    return encode_command(message(f"command-{number:05}", RESERVE))


def next_on(peer: Peer, topic: str) -> bytes:
    """Take what arrives on one topic, and leave out the others."""
    while True:
        name, payload = peer.received.get(timeout=DEADLINE_S)
        if name == topic:
            return payload


def next_reply(peer: Peer) -> tuple[str, Reply]:
    answer = decode_reply(next_on(peer, REPLY_TOPIC))
    return answer.id, answer.reply


def events(tmp_path: Path) -> list[str]:
    return [kind for (kind,) in rows(tmp_path / "state", "SELECT type FROM event ORDER BY seq")]


def test_a_screen_that_comes_late_is_right_at_once_and_hears_the_heart(
    broker: RunningBroker, server: ServerProcess, hall_file: Path
) -> None:
    plan = load_plan(hall_file)
    expected = {
        *("jiaohao/info", "jiaohao/catalog"),
        *(f"jiaohao/board/{zone.id}" for zone in plan.zones),
    }
    with Peer(broker, "callscreen-1") as screen:
        screen.subscribe("jiaohao/info", "jiaohao/catalog", "jiaohao/board/+", "jiaohao/heartbeat")
        heard: dict[str, bytes] = {}
        beats: list[float] = []
        while len(beats) < 3:
            name, payload = screen.received.get(timeout=DEADLINE_S)
            heard[name] = payload
            if name == "jiaohao/heartbeat":
                beats.append(time.monotonic())
    assert set(heard) == expected | {"jiaohao/heartbeat"}
    catalog = decode_published(routes.CATALOG, heard["jiaohao/catalog"])
    assert [service.id for service in catalog.services] == [s.id for s in plan.services]
    assert decode_published(routes.INFO, heard["jiaohao/info"]).epoch == 1
    assert 1.5 < beats[-1] - beats[0] < 4.0


def test_a_command_is_answered_and_the_journal_has_it_by_then(
    tmp_path: Path, broker: RunningBroker, server: ServerProcess
) -> None:
    with Peer(broker, "kiosk-1") as kiosk:
        kiosk.subscribe(REPLY_TOPIC)
        for number in range(1, 21):
            kiosk.publish(COMMAND_TOPIC, command(number))
            answered, reply = next_reply(kiosk)
            assert answered == f"command-{number:05}"
            assert isinstance(reply, Reservation)
            assert reply.number == f"A{number:03}"
            [(written,)] = rows(
                tmp_path / "state",
                "SELECT count(*) FROM event WHERE command_id = ?",
                [answered],
            )
            assert written == 1


def test_bytes_that_are_no_command_cost_nobody_else_anything(
    tmp_path: Path, broker: RunningBroker, server: ServerProcess
) -> None:
    unknown_field = json.loads(command(1)) | {"vip": True}
    with Peer(broker, "kiosk-1") as kiosk:
        kiosk.subscribe(REPLY_TOPIC)
        kiosk.publish(COMMAND_TOPIC, b"\x00\xff garbage")
        kiosk.publish(COMMAND_TOPIC, b"")
        kiosk.publish(COMMAND_TOPIC, b"[" * (MAX_COMMAND_BYTES + 1))
        kiosk.publish(COMMAND_TOPIC, b"x" * 100_000)
        kiosk.publish(COMMAND_TOPIC, json.dumps(unknown_field).encode())
        answered, reply = next_reply(kiosk)
        assert (answered, reply.code) == ("command-00001", RejectionCode.MALFORMED)
        kiosk.publish(COMMAND_TOPIC, command(2))
        answered, reply = next_reply(kiosk)
        assert isinstance(reply, Reservation)
        assert answered == "command-00002"
    assert events(tmp_path) == ["DayOpened", "TicketReserved"]
    server.process.terminate()
    assert server.wait() == 0
    log = "".join(server.log)
    assert "kiosk-1: malformed" in log
    assert "garbage" not in log


def test_what_is_sent_without_acknowledgement_is_not_obeyed(
    tmp_path: Path, broker: RunningBroker, server: ServerProcess
) -> None:
    """It would not be bounded by what the broker may have on its way to the server."""
    with Peer(broker, "kiosk-1") as kiosk:
        kiosk.subscribe(REPLY_TOPIC)
        kiosk._client.publish(COMMAND_TOPIC, command(1), 0)
        kiosk.publish(COMMAND_TOPIC, command(2))
        assert next_reply(kiosk)[0] == "command-00002"
    assert events(tmp_path) == ["DayOpened", "TicketReserved"]


def test_a_server_that_dies_before_its_commit_does_it_after_its_restart(
    tmp_path: Path, broker: RunningBroker, hall_file: Path
) -> None:
    """The broker was not told that the command was taken care of: it hands it over again."""
    with Peer(broker, "kiosk-1") as kiosk:
        kiosk.subscribe(REPLY_TOPIC)
        with ServerProcess(tmp_path, broker, hall_file) as server:
            server.until("ready")
            blocker = sqlite3.connect(tmp_path / "state" / "journal.sqlite3", isolation_level=None)
            with contextlib.closing(blocker):
                blocker.execute("BEGIN IMMEDIATE")
                kiosk.publish(COMMAND_TOPIC, command(1))
                with pytest.raises(queue.Empty):  # the server stands before its commit
                    kiosk.received.get(timeout=0.5)
                server.process.kill()
                server.process.wait(DEADLINE_S)
        assert events(tmp_path) == ["DayOpened"]
        with ServerProcess(tmp_path, broker, hall_file) as server:
            answered, reply = next_reply(kiosk)
            assert answered == "command-00001"
            assert isinstance(reply, Reservation)
            server.until("ready")
            # Sent again by a client that waited too long, it gets the same answer.
            kiosk.publish(COMMAND_TOPIC, command(1))
            assert next_reply(kiosk) == (answered, reply)
    assert events(tmp_path) == ["DayOpened", "TicketReserved"]


def test_a_broker_that_comes_back_without_its_store_is_told_everything(
    broker: RunningBroker, server: ServerProcess
) -> None:
    with Peer(broker, "kiosk-1") as kiosk:
        kiosk.subscribe(REPLY_TOPIC)
        kiosk.publish(COMMAND_TOPIC, command(1))
        next_reply(kiosk)
    broker.kill()
    broker.start()
    began_s = time.monotonic()
    server.until("ready")
    with Peer(broker, "kiosk-1") as kiosk:
        kiosk.subscribe("jiaohao/info", "jiaohao/catalog", "jiaohao/load", REPLY_TOPIC)
        assert decode_published(routes.INFO, next_on(kiosk, "jiaohao/info")).epoch == 1
        next_on(kiosk, "jiaohao/catalog")
        assert time.monotonic() - began_s < 5.0
        kiosk.publish(COMMAND_TOPIC, command(2))
        assert next_reply(kiosk)[1].number == "A002"


def test_a_kiosk_gets_each_ticket_once_though_the_server_is_killed_again_and_again(
    tmp_path: Path, broker: RunningBroker, hall_file: Path
) -> None:
    """The kiosk's outbox sends again what was not answered; ids make it harmless."""
    wanted = 90
    given: dict[str, Reservation] = {}
    with Listener(broker, "kiosk-1") as kiosk:
        for killed in range(3):
            with ServerProcess(tmp_path, broker, hall_file) as server:
                server.until("ready")
                if killed == 0:
                    kiosk.until(LinkChanged(LinkState.LIVE))
                for _ in range(wanted // 3):
                    kiosk.link.submit(RESERVE)
                for update in kiosk.until(kind=ReplyArrived):
                    note(given, update)
                server.process.kill()
        with ServerProcess(tmp_path, broker, hall_file):
            while len(given) < wanted:
                for update in kiosk.until(kind=ReplyArrived):
                    note(given, update)
    assert len({reply.number for reply in given.values()}) == wanted
    assert events(tmp_path).count("TicketReserved") == wanted
    written = rows(
        tmp_path / "state",
        "SELECT command_id, ticket FROM event "
        "JOIN visit ON visit.ticket = json_extract(body, '$.ticket')",
    )
    assert dict(written) == {name: reply.ticket for name, reply in given.items()}


def note(given: dict[str, Reservation], update: object) -> None:
    if isinstance(update, ReplyArrived):
        assert isinstance(update.reply, Reservation)
        assert update.command_id not in given
        given[update.command_id] = update.reply


def test_a_full_disk_is_said_and_nothing_is_promised(
    tmp_path: Path, broker: RunningBroker, server: ServerProcess
) -> None:
    with Peer(broker, "kiosk-1") as kiosk:
        kiosk.subscribe(REPLY_TOPIC)
        kiosk.publish(COMMAND_TOPIC, command(1))
        next_reply(kiosk)
        size = (tmp_path / "state" / "journal.sqlite3-wal").stat().st_size
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, size))
        kiosk.publish(COMMAND_TOPIC, command(2))
        assert server.wait() == os.EX_IOERR
        with pytest.raises(queue.Empty):
            kiosk.received.get_nowait()
    assert "the disk reports an error or is full" in server.log[-1]
    assert "Traceback" not in "".join(server.log)
    assert events(tmp_path) == ["DayOpened", "TicketReserved"]


def test_a_second_server_on_the_same_journal_ends_and_the_first_goes_on(
    tmp_path: Path, broker: RunningBroker, server: ServerProcess, hall_file: Path
) -> None:
    with ServerProcess(tmp_path, broker, hall_file) as second:
        assert second.wait() == os.EX_TEMPFAIL
    assert f"another hall server (process {server.process.pid})" in second.log[-1]
    with Peer(broker, "kiosk-1") as kiosk:
        kiosk.subscribe(REPLY_TOPIC)
        kiosk.publish(COMMAND_TOPIC, command(1))
        assert isinstance(next_reply(kiosk)[1], Reservation)


def test_of_two_servers_with_one_account_and_two_journals_one_ends(
    tmp_path: Path, broker: RunningBroker, server: ServerProcess, hall_file: Path
) -> None:
    """Two journals for one hall would give every number twice."""
    ended: queue.SimpleQueue[ServerProcess] = queue.SimpleQueue()
    with ServerProcess(tmp_path / "other", broker, hall_file) as newcomer:
        both = (server, newcomer)

        def wait_for(each: ServerProcess) -> None:
            each.process.wait()
            ended.put(each)

        for each in both:
            threading.Thread(target=wait_for, args=(each,)).start()
        first = ended.get(timeout=DEADLINE_S)
        [other] = [each for each in both if each is not first]
        assert other.process.poll() is None
        other.process.terminate()
        assert ended.get(timeout=DEADLINE_S) is other
    assert (first.wait(), other.wait()) == (os.EX_TEMPFAIL, os.EX_OK)
    assert "another server uses this server's account" in first.log[-1]


def test_a_server_that_is_asked_to_end_says_so_and_ends_in_order(
    tmp_path: Path, server: ServerProcess
) -> None:
    server.process.terminate()
    assert server.wait() == 0
    assert "stopped" in server.log[-1]
    # What was in the write-ahead log is in the file, and the lock is free.
    assert events(tmp_path) == ["DayOpened"]


def test_a_server_waits_for_a_broker_that_is_not_there_yet(tmp_path: Path, hall_file: Path) -> None:
    broker = run_broker(tmp_path / "broker", CLIENTS)
    broker.stop()
    with ServerProcess(tmp_path, broker, hall_file) as server:
        server.until("no link to the broker")
        with broker:
            broker.start()
            server.until("ready")
