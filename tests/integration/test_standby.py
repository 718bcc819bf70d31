"""Two servers, one PostgreSQL, one mosquitto: one serves, the other takes its place."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hallserver.broker import RunningBroker, run_broker
from hallserver.client.updates import ReplyArrived
from hallserver.protocol import routes
from hallserver.protocol.codec import decode_published
from hallserver.protocol.commands import ReserveTicket
from hallserver.protocol.ids import ClientId, ServiceId
from hallserver.protocol.replies import Reply, Reservation
from tests.helpers.broker import Listener, Peer
from tests.helpers.hall_files import SMALL_HALL
from tests.helpers.journals import rows
from tests.helpers.postgres import Cluster
from tests.helpers.servers import ServerProcess

TAKE_OVER_S = 10.0
"""What the hall may be without a server, from the death of one to the first answer of the other."""
NUMBERS = 100
"""Of each kiosk."""
CLIENTS = [ClientId(name) for name in ("kiosk-1", "kiosk-2", "callscreen-1")]
RESERVE = ReserveTicket(ServiceId("passport"))


@dataclass
class Pair:
    """Two servers on two machines, as far as one machine has them."""

    directory: Path
    broker: RunningBroker
    url: str
    hall_file: Path
    running: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def start(self, name: str, *, has_key_of: str | None = None) -> ServerProcess:
        """Start a server with a state directory of its own."""
        state = self.directory / name
        state.mkdir(exist_ok=True)
        if has_key_of is not None:
            key = state / "hall.key"
            key.touch(0o600)
            key.write_bytes((self.directory / has_key_of / "hall.key").read_bytes())
        return self.running.enter_context(
            ServerProcess(
                self.directory,
                self.broker,
                self.hall_file,
                arguments=("--database", self.url, "--standby"),
                state=name,
            )
        )

    def start_both(self) -> tuple[ServerProcess, ServerProcess]:
        """Start the leader, and the standby behind it once that serves."""
        leader = self.start("east")
        leader.until("ready")
        standby = self.start("west", has_key_of="east")
        assert f"process {leader.process.pid} on" in standby.until("standby: waits behind")
        return leader, standby


@pytest.fixture
def pair(tmp_path: Path, postgres_url: str) -> Iterator[Pair]:
    hall_file = tmp_path / "hall.toml"
    hall_file.write_text(SMALL_HALL, encoding="utf-8")
    with run_broker(tmp_path / "broker", CLIENTS) as broker:
        pair = Pair(tmp_path, broker, postgres_url, hall_file)
        with pair.running:
            yield pair


class Kiosk(threading.Thread):
    """Asks for one number after the other, a given count, and writes down which it was given."""

    def __init__(self, broker: RunningBroker, name: str) -> None:
        super().__init__(name=name)
        self.given: list[str] = []
        self.longest_wait_s = 0.0
        self._answered = threading.Semaphore(0)
        self._listener = Listener(broker, name)

    def run(self) -> None:
        with self._listener as listener:
            for _ in range(NUMBERS):
                began_s = time.monotonic()
                asked = listener.link.submit(RESERVE)
                reply = self._answer_to(asked)
                assert isinstance(reply, Reservation), reply
                self.given.append(reply.number)
                self.longest_wait_s = max(self.longest_wait_s, time.monotonic() - began_s)
                self._answered.release()

    def _answer_to(self, asked: object) -> Reply:
        while True:
            update = self._listener.updates.get(timeout=3 * TAKE_OVER_S)
            if isinstance(update, ReplyArrived):
                assert update.command_id == asked
                return update.reply

    def until(self, more: int) -> None:
        """Wait until it got so many more numbers."""
        for _ in range(more):
            assert self._answered.acquire(timeout=3 * TAKE_OVER_S), self.given


@pytest.fixture
def kiosks(pair: Pair) -> Iterator[tuple[Kiosk, Kiosk]]:
    kiosks = Kiosk(pair.broker, "kiosk-1"), Kiosk(pair.broker, "kiosk-2")
    yield kiosks
    for kiosk in kiosks:
        if kiosk.ident is not None:
            kiosk.join()


def check_that_nothing_is_lost_or_doubled(pair: Pair, kiosks: tuple[Kiosk, Kiosk]) -> None:
    given = [number for kiosk in kiosks for number in kiosk.given]
    assert len(set(given)) == len(given)
    written = [number for (number,) in rows(pair.url, "SELECT number FROM visit ORDER BY number")]
    assert set(given) <= set(written)
    # Every number once, and none left out: what was asked twice was answered once.
    assert written == [f"A{ordinal:03}" for ordinal in range(1, len(written) + 1)]
    commands = (
        "SELECT count(*), count(DISTINCT command_id) FROM event WHERE type = 'TicketReserved'"
    )
    assert rows(pair.url, commands) == [(len(written), len(written))]
    starts = [epoch for (epoch,) in rows(pair.url, "SELECT epoch FROM event ORDER BY seq")]
    assert starts == sorted(starts)


def start_all(kiosks: tuple[Kiosk, Kiosk]) -> None:
    """Start both, and return in the midst of it."""
    for kiosk in kiosks:
        kiosk.start()
    for kiosk in kiosks:
        kiosk.until(10)


def go_on(kiosks: tuple[Kiosk, Kiosk]) -> float:
    """Let both come to their end, and return the longest that one of them waited for a number."""
    for kiosk in kiosks:
        kiosk.until(NUMBERS - 10)
        kiosk.join()
    return max(kiosk.longest_wait_s for kiosk in kiosks)


@pytest.mark.slow
def test_when_the_leader_is_killed_the_standby_serves_on(
    pair: Pair, kiosks: tuple[Kiosk, Kiosk]
) -> None:
    leader, standby = pair.start_both()
    start_all(kiosks)
    leader.process.kill()
    assert f"takes over from jiaohao server, process {leader.process.pid}" in standby.until("takes")
    standby.until("ready")
    assert go_on(kiosks) < TAKE_OVER_S
    check_that_nothing_is_lost_or_doubled(pair, kiosks)
    assert rows(pair.url, "SELECT epoch FROM server_start ORDER BY 1") == [(1,), (2,)]
    # And back: the one that was killed is started anew, and waits in its turn.
    again = pair.start("east")
    again.until("standby: waits behind")
    standby.process.send_signal(signal.SIGTERM)
    assert standby.wait() == 0
    again.until("ready: hall small, start 3")
    again.process.send_signal(signal.SIGTERM)
    assert again.wait() == 0


@pytest.mark.slow
def test_a_leader_that_was_frozen_wakes_up_says_nothing_and_ends(
    pair: Pair, kiosks: tuple[Kiosk, Kiosk]
) -> None:
    leader, standby = pair.start_both()
    with Peer(pair.broker, "callscreen-1") as screen:
        screen.subscribe("jiaohao/info", "jiaohao/heartbeat", "jiaohao/board/+", "jiaohao/load/+")
        start_all(kiosks)
        leader.process.send_signal(signal.SIGSTOP)
        standby.until("takes over")  # nobody helps: PostgreSQL ends the session that fell silent
        standby.until("ready")
        assert go_on(kiosks) < TAKE_OVER_S
        leader.process.send_signal(signal.SIGCONT)
        assert leader.wait() == os.EX_IOERR
        assert "another server may have" in leader.log[-1]
        heard = list(epochs_on(screen, beats_more=3))
    assert sorted(heard) == heard, "somebody spoke after the one who took over"
    check_that_nothing_is_lost_or_doubled(pair, kiosks)
    standby.process.send_signal(signal.SIGTERM)
    assert standby.wait() == 0
    assert "no link to the broker" not in "".join(standby.log)  # it was not pushed out again


@pytest.mark.slow
def test_a_leader_that_is_cut_off_from_the_database_is_replaced(
    pair: Pair, postgres: Cluster, kiosks: tuple[Kiosk, Kiosk]
) -> None:
    with Relay(postgres.port) as relay:
        direct = pair.url
        database = direct.partition("@/")[2].partition("?")[0]
        pair.url = postgres.tcp_url(database).replace(f":{postgres.port}/", f":{relay.port}/")
        leader = pair.start("east")
        leader.until("ready")
        pair.url = direct
        standby = pair.start("west", has_key_of="east")
        standby.until("standby: waits behind")
        start_all(kiosks)
        relay.swallow()  # as a cable that is cut: no end of the connection is told
        standby.until("takes over")
        standby.until("ready")
        assert go_on(kiosks) < TAKE_OVER_S
        relay.hang_up()
        assert leader.wait() == os.EX_IOERR
    assert "another server may have" in leader.log[-1]
    check_that_nothing_is_lost_or_doubled(pair, kiosks)


@pytest.mark.slow
def test_a_leader_whose_session_is_ended_says_so_and_the_next_start_leads(pair: Pair) -> None:
    leader = pair.start("east")
    leader.until("ready")
    rows(
        pair.url,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name LIKE 'jiaohao%'",
    )
    assert leader.wait() == os.EX_IOERR
    assert "PostgreSQL ended our session" in leader.log[-1]
    again = pair.start("east")
    again.until("ready: hall small, start 2")


@pytest.mark.slow
def test_a_standby_that_is_asked_to_end_while_it_waits_ends(pair: Pair) -> None:
    _, standby = pair.start_both()
    standby.process.send_signal(signal.SIGTERM)
    assert standby.wait() == 0


def epochs_on(screen: Peer, beats_more: int) -> Iterator[int]:
    """Yield whose word each message was, in the broker's order, up to so many more heartbeats."""
    behind = screen.received.qsize()
    while beats_more:
        name, payload = screen.received.get(timeout=TAKE_OVER_S)
        behind -= 1
        matched = routes.match_topic(name)
        assert matched is not None
        beats_more -= behind < 0 and matched[0] is routes.HEARTBEAT
        yield decode_published(matched[0], payload).epoch


class Relay:
    """Stands between a server and PostgreSQL, and can stop to pass anything on."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._is_swallowing = False
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def swallow(self) -> None:
        """Take what comes, and pass nothing on."""
        self._is_swallowing = True

    def hang_up(self) -> None:
        """End all connections."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                thread = threading.Thread(target=self._pass_on, args=(source, sink))
                thread.start()
                self._threads.append(thread)

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65_536):
                if not self._is_swallowing:
                    sink.sendall(chunk)
            if not self._is_swallowing:
                sink.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Relay":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join()
        for each in self._open:
            each.close()
