"""Repeated, reordered, captured and retained: what was once said is done once."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

import pytest

from hallserver.broker import RunningBroker, run_broker
from hallserver.client.updates import LinkChanged, LinkState, SnapshotArrived
from hallserver.passwords import hash_password
from hallserver.protocol import commands as c
from hallserver.protocol.bounds import MAX_ID_CHARS
from hallserver.protocol.codec import decode_reply, encode_command
from hallserver.protocol.ids import ClerkId, ClientId, CommandId, ServiceId
from hallserver.protocol.replies import Rejected, Reply, Reservation, TicketAtCounter
from hallserver.protocol.snapshots import BoardSnapshot
from hallserver.writer import Inbound
from tests.bench.wire import ThinClient
from tests.helpers.broker import Listener, Peer
from tests.helpers.hall_files import SMALL_HALL
from tests.helpers.halls import DAY_MS
from tests.helpers.journals import rows
from tests.helpers.servers import (
    DEADLINE_S,
    Hosted,
    ServerProcess,
    message,
    open_journal,
    play_a_day,
    replies,
)

KIOSK, OTHER_KIOSK, COUNTER, OTHER_COUNTER = "kiosk-1", "kiosk-2", "counter-1", "counter-7"
SCREEN, OTHER_SCREEN = "callscreen-1", "callscreen-2"
CLIENTS = [
    ClientId(each) for each in (KIOSK, OTHER_KIOSK, COUNTER, OTHER_COUNTER, SCREEN, OTHER_SCREEN)
]
PASSWORD = "Replay-0nly"
RESERVE = c.ReserveTicket(ServiceId("passport"))


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A hall file, and a file of its clerks."""
    hall, clerks = tmp_path / "hall.toml", tmp_path / "clerks.toml"
    hall.write_text(SMALL_HALL, encoding="utf-8")
    hashed = hash_password(PASSWORD, b"s" * 16)
    clerks.write_text(
        f'[[clerk]]\nid = "wang"\nname = {{ zh = "王", en = "Wang" }}\n'
        f'staff_number = "0009"\npassword_hash = "{hashed}"\n',
        encoding="utf-8",
    )
    return hall, clerks


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with run_broker(tmp_path / "broker", CLIENTS) as broker:
        yield broker


def server_of(tmp_path: Path, broker: RunningBroker, files: tuple[Path, Path]) -> ServerProcess:
    return ServerProcess(tmp_path, broker, *files)


def journal_of(tmp_path: Path) -> list[tuple[object, ...]]:
    return rows(tmp_path / "state", "SELECT seq, client, command_id, type, body FROM event")


@dataclass
class Tape:
    """What clients said, as somebody on the wire would have it, and what each was answered."""

    broker: RunningBroker
    said: list[tuple[str, bytes]] = field(default_factory=list)
    answers: dict[tuple[str, str], Reply] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._peers: dict[str, Peer] = {}
        self._numbers = count(1)

    def begin_at(self, number: int) -> None:
        """Go on under names that another tape has not used."""
        self._numbers = count(number)

    def ask(self, client: str, command: c.Command) -> Reply:
        name = f"taped-{next(self._numbers):04}"
        payload = encode_command(message(name, command))
        self.said.append((client, payload))
        self._peer(client).publish(f"jiaohao/command/{client}", payload)
        (answer,) = self._hear(client, 1)
        self.answers[client, name] = answer[1]
        return answer[1]

    def a_visit(self) -> None:
        """One visitor: number, paper, call, arrival, end."""
        given = self.ask(KIOSK, RESERVE)
        assert isinstance(given, Reservation)
        self.ask(KIOSK, c.ConfirmPrinted(given.ticket))
        called = self.ask(COUNTER, c.CallNext())
        assert isinstance(called, TicketAtCounter)
        self.ask(COUNTER, c.Arrive(called.ticket))
        self.ask(COUNTER, c.Complete(called.ticket))

    def play_back(self, order: Sequence[tuple[str, bytes]]) -> None:
        """Say it all once more, without waiting; each answer has to be the first one."""
        for client, payload in order:
            self._peer(client).publish_and_forget(f"jiaohao/command/{client}", payload)
        for client in {client for client, _ in order}:
            wanted = sum(1 for each, _ in order if each == client)
            for name, reply in self._hear(client, wanted):
                assert reply == self.answers[client, name]

    def _hear(self, client: str, wanted: int) -> list[tuple[str, Reply]]:
        received = self._peer(client).received
        heard = [decode_reply(received.get(timeout=DEADLINE_S)[1]) for _ in range(wanted)]
        return [(each.id, each.reply) for each in heard]

    def _peer(self, client: str) -> Peer:
        if client not in self._peers:
            peer = self._peers[client] = Peer(self.broker, client)
            assert peer.connect() == "Success"
            peer.subscribe(f"jiaohao/reply/{client}")
        return self._peers[client]

    def __enter__(self) -> "Tape":
        return self

    def __exit__(self, *_: object) -> None:
        for peer in self._peers.values():
            peer.close()


@pytest.mark.slow
def test_a_days_commands_played_back_at_once_get_their_first_answers_and_change_nothing(
    tmp_path: Path, broker: RunningBroker, files: tuple[Path, Path]
) -> None:
    """In order, in any other order, several times over, and after a restart of the server."""
    chance = Random(4)
    with Tape(broker) as tape:
        with server_of(tmp_path, broker, files) as server:
            server.until("ready")
            tape.ask(COUNTER, c.SignIn(ClerkId("wang"), PASSWORD))
            for _ in range(5):
                tape.a_visit()
            tape.ask(COUNTER, c.SignIn(ClerkId("wang"), "wrong"))
            tape.ask(COUNTER, c.SignOut())
            before = journal_of(tmp_path)
            tape.play_back(tape.said)
            tape.play_back(chance.sample(tape.said, len(tape.said)))
            assert journal_of(tmp_path) == before
            server.process.kill()
        with server_of(tmp_path, broker, files) as server:
            server.until("ready")
            tape.play_back(chance.choices(tape.said, k=100))
            assert journal_of(tmp_path) == before
            server.process.terminate()
            assert server.wait() == os.EX_OK


def test_on_the_next_day_and_after_a_restart_old_commands_do_nothing_new(tmp_path: Path) -> None:
    """On a real journal: whatever a crowd of clients ever sent, in any order."""
    chance = Random(7)
    with open_journal(tmp_path) as journal:
        hosted = Hosted(journal)
        sent = play_a_day(hosted, seed=11, batches=40).sent
        keys = [(each.client, CommandId(str(each.message.id))) for each in sent]
        kept = journal.find_replies(keys)
        hosted.clock.pass_ms(DAY_MS)
        hosted.writer.process()  # the day changes
        hosted.writer.process()
        assert len(kept) > 50
        before = rows(tmp_path, "SELECT * FROM event")
        hold_first_answers(hosted, chance.sample(sent, len(sent)), kept)
        assert rows(tmp_path, "SELECT * FROM event") == before
    with open_journal(tmp_path) as journal:
        hosted = Hosted(journal, clock=hosted.clock, epoch=2)
        hold_first_answers(hosted, sent, kept)
    assert rows(tmp_path, "SELECT * FROM event") == before


def hold_first_answers(
    hosted: Hosted, sent: list[Inbound], kept: dict[tuple[ClientId, CommandId], Reply]
) -> None:
    said = replies(hosted.writer.process(sent))
    assert len(said) == len(sent)
    for client, name, reply in said:
        first = kept.get((ClientId(client), CommandId(name)))
        assert first is None or reply == first


def published(topic: str, payload: bytes, packet_id: int, *, is_duplicate: bool) -> bytes:
    """A PUBLISH at QoS 1 as it stands on the wire (OASIS MQTT 5.0, 3.3)."""
    raw = topic.encode()
    body = len(raw).to_bytes(2, "big") + raw + packet_id.to_bytes(2, "big") + b"\0" + payload
    assert 128 <= len(body) < 16_384  # whose length takes two bytes
    length = bytes((len(body) % 128 | 128, len(body) // 128))
    return bytes((0x3A if is_duplicate else 0x32,)) + length + body


def test_a_publication_that_is_delivered_again_is_done_once(
    tmp_path: Path, broker: RunningBroker, files: tuple[Path, Path]
) -> None:
    """With the same packet id and the mark of a duplicate, and under another packet id."""
    topic, payload = (
        f"jiaohao/command/{KIOSK}",
        encode_command(message("again-" + "x" * 50, RESERVE)),
    )
    assert len("again-" + "x" * 50) <= MAX_ID_CHARS
    with server_of(tmp_path, broker, files) as server:
        server.until("ready")
        client = ThinClient(broker, KIOSK)
        client.subscribe(f"jiaohao/reply/{KIOSK}")
        for packet_id, is_duplicate in ((7, False), (7, True), (7, True), (8, False), (9, True)):
            client.socket.sendall(published(topic, payload, packet_id, is_duplicate=is_duplicate))
        heard: list[bytes] = []
        while len(heard) < 5:
            heard += [said for name, said in client.receive() if "reply" in name]
        client.close()
    assert len(set(heard)) == 1
    assert [kind for *_, kind, _ in journal_of(tmp_path)] == ["DayOpened", "TicketReserved"]


@pytest.mark.slow
def test_a_retained_command_is_dropped_and_no_later_start_obeys_it(
    tmp_path: Path, broker: RunningBroker, files: tuple[Path, Path]
) -> None:
    """The broker would hand it over at every start of the server, for ever."""
    with Tape(broker) as tape:
        with server_of(tmp_path, broker, files) as server:
            server.until("ready")
            tape.ask(KIOSK, RESERVE)
            with Peer(broker, OTHER_KIOSK) as peer:
                retained = encode_command(message("retained-1", RESERVE))
                peer.publish(f"jiaohao/command/{OTHER_KIOSK}", retained, retain=True)
            server.until(f"{OTHER_KIOSK}: a retained command was dropped")
        # Captured, and published once more to stay: it is known, and not even that is looked at.
        with Peer(broker, OTHER_KIOSK) as peer:
            peer.publish(f"jiaohao/command/{OTHER_KIOSK}", tape.said[0][1], retain=True)
        before = journal_of(tmp_path)
        for _ in range(2):
            with server_of(tmp_path, broker, files) as server:
                server.until("ready")
                tape.play_back(tape.said)
    assert journal_of(tmp_path) == before


def test_a_captured_command_is_worth_nothing_under_another_account(
    tmp_path: Path, broker: RunningBroker, files: tuple[Path, Path]
) -> None:
    """Not on its topic, where the broker refuses it, and not on one's own, where the hall does."""
    with Tape(broker) as tape, server_of(tmp_path, broker, files) as server:
        server.until("ready")
        tape.ask(COUNTER, c.SignIn(ClerkId("wang"), PASSWORD))
        tape.a_visit()
        given = tape.ask(KIOSK, RESERVE)
        assert isinstance(given, Reservation)
        tape.ask(KIOSK, c.ConfirmPrinted(given.ticket))
        tape.ask(COUNTER, c.CallNext())
        before = journal_of(tmp_path)
        captured = [payload for client, payload in tape.said if client == COUNTER][1:]
        captured += [said for _, said in tape.said if b"ConfirmPrinted" in said]
        for thief in (OTHER_KIOSK, OTHER_COUNTER):
            with Peer(broker, thief) as peer:
                peer.subscribe(f"jiaohao/reply/{thief}")
                for client, payload in tape.said:
                    assert peer.publish(f"jiaohao/command/{client}", payload) == "Not authorized"
                for payload in captured:
                    peer.publish(f"jiaohao/command/{thief}", payload)
                for _ in captured:
                    answer = decode_reply(peer.received.get(timeout=DEADLINE_S)[1])
                    assert isinstance(answer.reply, Rejected)
        assert journal_of(tmp_path) == before


@pytest.mark.slow
def test_a_brokers_old_store_shows_nobody_an_old_board_as_new(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    """A screen that knows better ignores it, and one that has just started is not live by it."""
    store, old = tmp_path / "store", tmp_path / "old"
    store.mkdir()
    broker = run_broker(tmp_path / "broker", CLIENTS, store=store)
    with broker:
        with Tape(broker) as tape, server_of(tmp_path, broker, files) as server:
            server.until("ready")
            tape.ask(COUNTER, c.SignIn(ClerkId("wang"), PASSWORD))
            tape.a_visit()
        broker.stop()
        shutil.copytree(store, old)
        broker.start()
        with Listener(broker, SCREEN, zones=("ground",)) as knowing:
            with Tape(broker) as tape, server_of(tmp_path, broker, files) as server:
                server.until("ready")
                knowing.until(LinkChanged(LinkState.LIVE))
                tape.begin_at(1_000)
                tape.a_visit()
                board = newest_board(knowing, numbers=2)
            broker.stop()
            shutil.rmtree(store)
            shutil.copytree(old, store)
            broker.start()
            with Listener(broker, OTHER_SCREEN, zones=("ground",)) as fresh:
                shown = fresh.until(kind=SnapshotArrived)
                assert LinkChanged(LinkState.LIVE) not in shown
                knowing.until(LinkChanged(LinkState.STALE))
                with server_of(tmp_path, broker, files) as server:
                    server.until("ready")
                    for listener in (knowing, fresh):
                        told = listener.until(LinkChanged(LinkState.LIVE))
                        versions = [
                            (each.snapshot.epoch, each.snapshot.version)
                            for each in told
                            if isinstance(each, SnapshotArrived)
                            and isinstance(each.snapshot, BoardSnapshot)
                        ]
                        assert versions == sorted(versions)
                        if listener is knowing:
                            assert all(each > (board.epoch, board.version) for each in versions)


def newest_board(listener: Listener, numbers: int) -> BoardSnapshot:
    """Wait for a board with so many calls."""
    while True:
        update = listener.until(kind=SnapshotArrived)[-1]
        assert isinstance(update, SnapshotArrived)
        board = update.snapshot
        if isinstance(board, BoardSnapshot) and len(board.calls) >= numbers:
            return board
