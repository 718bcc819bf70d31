"""The link against a real mosquitto: what an app is told, and when, whatever breaks."""

import os
import queue
import signal
import socket
import statistics
import threading
import time

import pytest

from hallserver.broker import run_broker
from hallserver.client.outbox import MAX_OUTBOX_COMMANDS, OutboxFull
from hallserver.client.paho_link import PahoLink
from hallserver.client.settings import LinkSettings
from hallserver.client.store import MemoryOutboxStore, SqliteOutboxStore
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol.commands import ConfirmPrinted, ReserveTicket, ShowTicket, SignIn
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.replies import Done, Rejected
from hallserver.protocol.snapshots import BoardSnapshot
from tests.helpers.broker import DEADLINE_S, Listener, ScriptedHall, files_under

LIVE = LinkChanged(LinkState.LIVE)
STALE = LinkChanged(LinkState.STALE)
CONFIRM = ConfirmPrinted("20261123-A023")
BOARD = "jiaohao/board/1f"


@pytest.fixture
def broker(tmp_path):
    with run_broker(tmp_path / "broker", ["kiosk-01", "kiosk-02", "callscreen-01"]) as broker:
        yield broker


def replies(updates) -> list[ReplyArrived]:
    return [update for update in updates if isinstance(update, ReplyArrived)]


def test_a_link_becomes_live_and_a_command_gets_its_answer(broker):
    with ScriptedHall(broker), Listener(broker, "kiosk-01") as kiosk:
        kiosk.until(LIVE)
        command_id = kiosk.link.submit(CONFIRM)
        kiosk.until(ReplyArrived(command_id, CONFIRM, Done()))


def test_answers_go_to_the_one_that_asked(broker):
    with (
        ScriptedHall(broker) as hall,
        Listener(broker, "kiosk-01") as one,
        Listener(broker, "kiosk-02") as other,
    ):
        one.until(LIVE)
        other.until(LIVE)
        first, second = one.link.submit(CONFIRM), other.link.submit(CONFIRM)
        one.until(ReplyArrived(first, CONFIRM, Done()))
        other.until(ReplyArrived(second, CONFIRM, Done()))
        asked = {hall.asked.get(timeout=DEADLINE_S)[0] for _ in range(2)}
    assert asked == {"kiosk-01", "kiosk-02"}
    assert one.updates.empty()
    assert other.updates.empty()


def test_a_screen_that_starts_late_has_the_board_before_it_is_live(broker):
    board = BoardSnapshot(1, 7, "1f", ())
    with ScriptedHall(broker) as hall:
        hall.show(BOARD, board)
        with Listener(broker, "callscreen-01", zones=("1f",)) as screen:
            before_live = screen.until(LIVE)
    assert SnapshotArrived(board) in before_live


def test_the_round_trip_is_measured(broker, capsys):
    """Printed, not asserted: 0.3 to 2 ms with TCP_NODELAY, 44 ms or more without."""
    times_ms = []
    with ScriptedHall(broker), Listener(broker, "kiosk-01") as kiosk:
        kiosk.until(LIVE)
        for _ in range(200):
            begun_s = time.monotonic()
            kiosk.link.submit(CONFIRM)
            kiosk.until(kind=ReplyArrived)
            times_ms.append((time.monotonic() - begun_s) * 1_000)
    p99 = statistics.quantiles(times_ms, n=100)[98]
    with capsys.disabled():
        print(f"\nround trip by PahoLink: p50 {statistics.median(times_ms):.2f} p99 {p99:.2f} ms")
    assert len(times_ms) == 200


def test_a_broker_that_was_killed_with_its_store_loses_no_command(broker, capsys):
    with (
        ScriptedHall(broker, epoch=4) as hall,
        Listener(broker, "callscreen-01", zones=("1f",)) as screen,
        Listener(broker, "kiosk-01") as kiosk,
    ):
        hall.show(BOARD, BoardSnapshot(4, 7, "1f", ()))
        kiosk.until(LIVE)
        screen.until(LIVE)
        broker.kill()
        kiosk.until(STALE)
        screen.until(STALE)
        submitted = [kiosk.link.submit(CONFIRM) for _ in range(20)]
        hall.show(BOARD, BoardSnapshot(4, 9, "1f", ()))
        begun_s = time.monotonic()
        broker.start()
        answered = []
        while len(answered) < len(submitted):
            answered += replies(kiosk.until(kind=ReplyArrived))
        screen.until(SnapshotArrived(BoardSnapshot(4, 9, "1f", ())), LIVE)
        healed_s = time.monotonic() - begun_s
    with capsys.disabled():
        print(f"\nback in sync {healed_s:.2f} s after the broker came back without its store")
    assert [answer.command_id for answer in answered] == submitted
    assert healed_s < 5.0


def test_an_answer_that_never_comes_is_asked_for_again_with_the_same_id(broker):
    with (
        ScriptedHall(broker, lambda _client, _message: None) as hall,
        Listener(broker, "kiosk-01") as kiosk,
    ):
        kiosk.until(LIVE)
        command_id = kiosk.link.submit(CONFIRM)
        first = hall.asked.get(timeout=DEADLINE_S)
        hall.answer = lambda _client, _message: Done()
        assert hall.asked.get(timeout=DEADLINE_S) == first
        kiosk.until(ReplyArrived(command_id, CONFIRM, Done()))


def test_commands_survive_the_process_and_passwords_do_not(broker, tmp_path):
    state = tmp_path / "state"
    path = state / "kiosk-01.outbox.sqlite"
    before = Listener(broker, "kiosk-01", store=SqliteOutboxStore(path))
    with before:  # no hall answers
        command_id = before.link.submit(CONFIRM)
        before.link.submit(SignIn("li.na", "Correct-horse-7"))
        before.link.submit(ShowTicket("token"))
    assert b"Correct-horse-7" not in files_under(state)
    after = Listener(broker, "kiosk-01", store=SqliteOutboxStore(path))
    with ScriptedHall(broker) as hall, after:
        updates = after.until(LIVE, ReplyArrived(command_id, CONFIRM, Done()))
        assert hall.asked.get(timeout=DEADLINE_S)[1].command == CONFIRM
        assert hall.asked.empty()
    assert len(replies(updates)) == 1


def test_a_server_that_falls_silent_is_noticed_within_five_seconds(broker, capsys):
    with ScriptedHall(broker) as hall, Listener(broker, "kiosk-01") as kiosk:
        kiosk.until(LIVE)
        hall.has_heart.clear()
        begun_s = time.monotonic()
        kiosk.until(STALE)
        silent_s = time.monotonic() - begun_s
        hall.has_heart.set()
        kiosk.until(LIVE)
    with capsys.disabled():
        print(f"\nstale {silent_s:.2f} s after the last heartbeat")
    assert 3.5 < silent_s < 5.0


def test_a_broker_that_hangs_is_noticed_within_five_seconds(broker):
    with ScriptedHall(broker), Listener(broker, "kiosk-01") as kiosk:
        kiosk.until(LIVE)
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            begun_s = time.monotonic()
            kiosk.until(STALE)
            silent_s = time.monotonic() - begun_s
            command_id = kiosk.link.submit(CONFIRM)
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        kiosk.until(LIVE, ReplyArrived(command_id, CONFIRM, Done()))
    assert silent_s < 5.0


@pytest.mark.parametrize(
    ("schema", "min_schema", "state"),
    [(9, 9, LinkState.UPDATE_CLIENT), (0, 0, LinkState.UPDATE_SERVER)],
)
def test_an_app_learns_which_side_has_to_be_updated(broker, schema, min_schema, state):
    with (
        ScriptedHall(broker, schema=schema, min_schema=min_schema),
        Listener(broker, "kiosk-01") as kiosk,
    ):
        kiosk.until(LinkChanged(state))


def test_what_the_server_garbles_is_dropped_and_said_and_life_goes_on(broker, caplog):
    with ScriptedHall(broker) as hall, Listener(broker, "kiosk-01") as kiosk:
        kiosk.until(LIVE)
        for payload in (b"", b"\xff", b"{", b'{"epoch":1}', b"[" * 100_000):
            hall.send_raw("jiaohao/load", payload)
            hall.send_raw("jiaohao/reply/kiosk-01", payload)
        command_id = kiosk.link.submit(CONFIRM)
        kiosk.until(ReplyArrived(command_id, CONFIRM, Done()))
        while "were dropped" not in caplog.text:  # said with the next tick
            kiosk.link.submit(CONFIRM)
            kiosk.until(kind=ReplyArrived)
    assert "what their topic promises" in caplog.text


def eventually(is_so) -> None:
    """Wait until something is so that nobody signals, such as a line in a broker's log."""
    deadline_s = time.monotonic() + DEADLINE_S
    never = threading.Event()
    while not is_so():
        assert time.monotonic() < deadline_s
        never.wait(0.02)


def test_a_wrong_password_is_said_in_a_line_of_its_own_and_once(broker, caplog):
    settings = LinkSettings("kiosk-01", broker.host, broker.port, "wrong")
    told = []
    link = PahoLink(settings, subscriptions_for("kiosk-01"), MemoryOutboxStore(), told.append)
    link.start()
    eventually(lambda: broker.files.log.read_text().count("not authorised") >= 3)
    link.stop()
    (said,) = [line for line in caplog.messages if "kiosk-01" in line]
    assert "refused the name and password of kiosk-01" in said
    assert "wrong" not in said
    assert LIVE not in told


def test_a_peer_that_does_not_speak_mqtt_does_no_harm(caplog):
    accepted = b"\x20\x03\x00\x00\x00"
    nonsense = (
        b"HTTP/1.0 400\r\n\r\n",
        b"\xff" * 64,
        accepted + b"\x30\x01\x00",  # a message cut off inside its topic's length
        accepted + b"\x32\x04\x00\x01a\x00",  # and inside its packet id
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE_S)
        settings = LinkSettings("kiosk-01", "127.0.0.1", server.getsockname()[1], "x")
        told = []
        link = PahoLink(settings, subscriptions_for("kiosk-01"), MemoryOutboxStore(), told.append)
        link.start()
        for words in nonsense:
            connection, _ = server.accept()
            with connection:
                connection.sendall(words)
        server.accept()[0].close()  # it came back after the last one too
        link.stop()
    assert "no link to" in caplog.text
    assert LIVE not in told


def test_a_full_outbox_refuses_at_once_and_recovers(broker):
    with Listener(broker, "kiosk-01") as kiosk:
        taken = [kiosk.link.submit(CONFIRM) for _ in range(MAX_OUTBOX_COMMANDS)]
        assert len({*taken}) == MAX_OUTBOX_COMMANDS
        assert kiosk.link.submit(CONFIRM) == OutboxFull()
        with ScriptedHall(broker):
            answered = []
            while len(answered) < MAX_OUTBOX_COMMANDS:
                answered += replies(kiosk.until(kind=ReplyArrived))
            assert isinstance(kiosk.link.submit(CONFIRM), str)
            kiosk.until(kind=ReplyArrived)
    assert [answer.command_id for answer in answered] == taken


def test_restored_commands_count_against_the_limit(broker):
    store = MemoryOutboxStore()
    with Listener(broker, "kiosk-01", store=store) as before:
        for _ in range(MAX_OUTBOX_COMMANDS):
            before.link.submit(CONFIRM)
    with Listener(broker, "kiosk-01", store=store) as after:
        assert after.link.submit(CONFIRM) == OutboxFull()


def test_an_app_may_submit_while_it_is_told(broker):
    answered = threading.Event()
    link: PahoLink | None = None
    left = list(range(50))

    def on_update(update):
        is_turn = update == LIVE or isinstance(update, ReplyArrived)
        if is_turn and left:
            left.pop()
            assert isinstance(link.submit(CONFIRM), str)
        elif is_turn:
            answered.set()

    with ScriptedHall(broker):
        link = PahoLink(
            broker.settings("kiosk-01"),
            subscriptions_for("kiosk-01"),
            MemoryOutboxStore(),
            on_update,
        )
        link.start()
        assert answered.wait(DEADLINE_S)
        link.stop()


def test_many_threads_may_submit_at_once(broker):
    ids = queue.Queue()
    with ScriptedHall(broker), Listener(broker, "kiosk-01") as kiosk:
        kiosk.until(LIVE)
        threads = [
            threading.Thread(
                target=lambda: [ids.put(kiosk.link.submit(CONFIRM)) for _ in range(25)]
            )
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answered = []
        while len(answered) < 200:
            answered += replies(kiosk.until(kind=ReplyArrived))
    assert sorted(ids.queue) == sorted(answer.command_id for answer in answered)


def test_a_token_too_long_for_the_wire_is_answered_without_the_server(broker):
    with Listener(broker, "kiosk-01") as kiosk:
        kiosk.link.submit(ShowTicket("x" * 4_000))
        (told,) = replies(kiosk.until(kind=ReplyArrived))
        assert isinstance(told.reply, Rejected)
        assert told.reply.code is RejectionCode.MALFORMED
        assert kiosk.link.submit(ReserveTicket("company"))


def test_stop_is_quick_in_every_state_and_nothing_is_told_or_taken_after_it(broker, caplog):
    def stop_s(listener: Listener) -> float:
        begun_s = time.monotonic()
        listener.link.stop()
        listener.link.stop()
        return time.monotonic() - begun_s

    never_started = Listener(broker, "kiosk-01")
    assert stop_s(never_started) < 0.5

    with ScriptedHall(broker):
        live = Listener(broker, "kiosk-01")
        live.link.start()
        live.until(LIVE)
        assert stop_s(live) < 1.0
    told = live.updates.qsize()
    assert live.link.submit(CONFIRM) == OutboxFull(limit=0)

    broker.stop()
    unreachable = Listener(broker, "kiosk-01")
    unreachable.link.start()
    eventually(lambda: "Connection refused" in caplog.text)
    assert stop_s(unreachable) < 1.0
    assert live.updates.qsize() == told


def test_a_bug_in_the_app_ends_the_link_which_says_stale_first(broker):
    heard = []
    ended = []

    def on_update(update):
        heard.append(update)
        if update == LIVE:
            raise RuntimeError("a bug of the app")

    previous = threading.excepthook
    done = threading.Event()
    threading.excepthook = lambda details: (ended.append(details.exc_value), done.set())
    try:
        with ScriptedHall(broker):
            link = PahoLink(
                broker.settings("kiosk-01"),
                subscriptions_for("kiosk-01"),
                MemoryOutboxStore(),
                on_update,
            )
            link.start()
            assert done.wait(DEADLINE_S)
            assert link.submit(CONFIRM) == OutboxFull(limit=0)
            link.stop()
    finally:
        threading.excepthook = previous
    assert [str(error) for error in ended] == ["a bug of the app"]
    assert heard[-2:] == [LIVE, STALE]
