"""A client that floods: it is cut off and that is said, and everybody else is answered."""

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hallserver.broker import RunningBroker, run_broker
from hallserver.broker.control import ANSWER_TOPIC, CONTROL_TOPIC, shut_out
from hallserver.client.updates import ReplyArrived
from hallserver.client.waker import Waker
from hallserver.flood import CUT_OFF_MS, Floods
from hallserver.mqtt import BrokerLink
from hallserver.protocol.codec import encode_command
from hallserver.protocol.commands import ReserveTicket
from hallserver.protocol.ids import ClientId, ServiceId
from hallserver.protocol.replies import Reservation
from tests.bench.flooder import flooding
from tests.helpers.broker import Listener, Peer
from tests.helpers.hall_files import SMALL_HALL
from tests.helpers.servers import DEADLINE_S, Clock, ServerProcess, message

FLOODER = "kiosk-9"
OTHERS = [f"kiosk-{number}" for number in range(1, 7)]
CLIENTS = [ClientId(name) for name in (FLOODER, *OTHERS, "counter-1")]
RESERVE = ReserveTicket(ServiceId("passport"))
ROUNDS = 30
LIMIT = 50


@pytest.fixture
def hall_file(tmp_path: Path) -> Path:
    path = tmp_path / "hall.toml"
    path.write_text(SMALL_HALL, encoding="utf-8")
    return path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with run_broker(tmp_path / "broker", CLIENTS) as broker:
        yield broker


def answers_of_others(broker: RunningBroker) -> int:
    """Ask round after round, each client once a round, and count the numbers that were given.

    They are clients as they are: what the broker loses while its queue is full is sent again.
    """
    numbers: set[str] = set()
    with ExitStack() as opened:
        listeners = [opened.enter_context(Listener(broker, name)) for name in OTHERS]
        for _ in range(ROUNDS):
            for listener in listeners:
                listener.link.submit(RESERVE)
            for listener in listeners:
                answer = listener.until(kind=ReplyArrived)[-1]
                assert isinstance(answer, ReplyArrived)
                assert isinstance(answer.reply, Reservation)
                numbers.add(answer.reply.number)
    return len(numbers)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["commands", "malformed", "oversize"])
def test_a_client_at_five_thousand_messages_a_second_is_cut_off_and_the_others_are_answered(
    tmp_path: Path, broker: RunningBroker, hall_file: Path, kind: str
) -> None:
    with ServerProcess(tmp_path, broker, hall_file) as server:
        server.until("ready")
        with flooding(tmp_path, broker, kind, FLOODER, 5_000, DEADLINE_S) as told:
            assert answers_of_others(broker) == ROUNDS * len(OTHERS)
            server.until(f"{FLOODER}: floods, and is cut off")
            became = told()
        assert became.out_after_s is not None
        assert became.refused == 3
        assert answers_of_others(broker) == ROUNDS * len(OTHERS)
        with Peer(broker, OTHERS[0]) as honest:
            assert not honest.lost.is_set()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["foreign", "subscriptions", "connections", "deaf"])
def test_what_the_broker_bears_alone_leaves_the_others_their_answers(
    tmp_path: Path, broker: RunningBroker, hall_file: Path, kind: str
) -> None:
    """Refused, pointless and never heard: it reaches no server, or goes at an honest pace."""
    rate = 500 if kind == "deaf" else 5_000
    with ServerProcess(tmp_path, broker, hall_file) as server:
        server.until("ready")
        with flooding(tmp_path, broker, kind, FLOODER, rate, 2.0) as told:
            assert answers_of_others(broker) == ROUNDS * len(OTHERS)
            assert told().sent > 100


@contextmanager
def a_link(broker: RunningBroker, clock: Clock) -> Iterator[BrokerLink]:
    """The server's link, whose taker acknowledges at once."""

    def take(delivery) -> bool:
        delivery.acknowledge()
        return True

    has_ended = threading.Event()

    def move() -> None:
        while not has_ended.is_set():
            link.move(0.5)

    with contextlib.closing(Waker()) as waker:
        link = BrokerLink(
            broker.settings(ClientId("server")),
            take,
            waker,
            lambda: clock.elapsed_ms,
            floods=Floods(LIMIT),
        )
        mover = threading.Thread(target=move)
        link.start()
        mover.start()
        try:
            yield link
        finally:
            has_ended.set()
            waker.wake()
            mover.join()
            link.stop(DEADLINE_S)


def greeted(link: BrokerLink) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not link.take_new_connection():
        assert time.monotonic() < deadline_s


def is_refused(broker: RunningBroker, client: str) -> bool:
    peer = Peer(broker, client)
    try:
        return peer.connect() != "Success"
    finally:
        peer.close()


def until_accepted(broker: RunningBroker, client: str) -> None:
    """The server looks at its clock twice a second."""
    deadline_s = time.monotonic() + DEADLINE_S
    while is_refused(broker, client):
        assert time.monotonic() < deadline_s


def flood_until_out(broker: RunningBroker) -> None:
    """Send as one who waits for nothing, until hung up on."""
    topic = f"jiaohao/command/{FLOODER}"
    with Peer(broker, FLOODER) as flooder:
        for number in range(LIMIT + 1):
            flooder.publish_and_forget(topic, encode_command(message(f"command-{number}", RESERVE)))
        assert flooder.lost.wait(DEADLINE_S)


def test_who_was_cut_off_is_let_in_when_the_time_is_over_and_not_before(
    broker: RunningBroker,
) -> None:
    clock = Clock()
    with a_link(broker, clock) as link:
        greeted(link)
        flood_until_out(broker)
        assert any("floods" in what for what in link.notices.totals)
        assert is_refused(broker, FLOODER)
        assert not is_refused(broker, OTHERS[0])
        clock.elapsed_ms += CUT_OFF_MS - 1
        assert is_refused(broker, FLOODER)
        clock.elapsed_ms += 1
        until_accepted(broker, FLOODER)


def test_a_server_that_starts_lets_in_whom_the_one_before_had_cut_off(
    broker: RunningBroker,
) -> None:
    """Nobody counts the time of a server that is gone: who still floods is soon out again."""
    clock = Clock()
    with a_link(broker, clock) as link:
        greeted(link)
        flood_until_out(broker)
        assert is_refused(broker, FLOODER)
    assert is_refused(broker, FLOODER)
    with a_link(broker, clock):
        until_accepted(broker, FLOODER)


def test_no_client_may_shut_another_out(broker: RunningBroker) -> None:
    with Peer(broker, OTHERS[0]) as kiosk, Peer(broker, FLOODER) as stranger:
        assert stranger.publish(CONTROL_TOPIC, shut_out(ClientId(OTHERS[0]))) == "Not authorized"
        stranger.subscribe(ANSWER_TOPIC)
        assert not kiosk.lost.is_set()
    assert not is_refused(broker, OTHERS[0])
