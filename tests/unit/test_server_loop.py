"""The server's loop on a link of paper: what is said when, and when nothing is said."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from hallserver.mailbox import Delivery, Mailbox
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ServiceId
from hallserver.server import COUNTS_EVERY_MS, HEARTBEAT_EVERY_MS, Server, TakenOverError
from hallserver.writer import Outbound
from tests.helpers.servers import Clock, DiskFullError, Hosted, MemoryJournal, inbound

RESERVE = c.ReserveTicket(ServiceId("a"))


@dataclass
class PaperLink:
    """Writes down what happens, in order."""

    happened: list[str] = field(default_factory=list)
    is_taken_over: bool = False
    is_new: bool = False
    at_flush: bool = True

    def start(self) -> None:
        self.happened.append("start")

    def stop(self, timeout_s: float) -> None:
        self.happened.append("stop")

    def abandon(self) -> None:
        self.happened.append("abandon")

    def move(self, timeout_s: float) -> None:
        """Nothing comes in; what the test wrote comes by the mailbox."""

    def take_new_connection(self) -> bool:
        was, self.is_new = self.is_new, False
        return was

    def publish(self, outbound: Iterable[Outbound]) -> None:
        self.happened += [each.topic.removeprefix("jiaohao/") for each in outbound]

    def flush(self, timeout_s: float) -> bool:
        return self.at_flush


class ScriptedMailbox(Mailbox):
    """Hands out what the test wrote, one step a turn, then stops the server."""

    def __init__(self, *steps: object) -> None:
        super().__init__()
        self.steps = list(steps)
        self.server: Server | None = None

    def take(self, limit: int) -> list[Delivery]:
        if not self.steps:
            assert self.server is not None
            self.server.stop()
            return []
        step = self.steps.pop(0)
        if callable(step):
            step()
            return []
        return step


@dataclass
class World:
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    clock: Clock = field(default_factory=Clock)
    link: PaperLink = field(default_factory=PaperLink)
    closed: int = 0

    def delivery(self, number: int) -> Delivery:
        return Delivery(
            inbound("kiosk-01", f"command-{number}", RESERVE),
            lambda: self.link.happened.append(f"ack {number}"),
        )

    def close(self) -> None:
        self.closed += 1

    def run(self, *steps: object) -> list[str]:
        hosted = Hosted(self.journal, clock=self.clock)
        hosted.writer.everything()
        mailbox = ScriptedMailbox(*steps)
        mailbox.server = Server(
            hosted.writer,
            mailbox,
            self.link,
            lambda: self.clock.elapsed_ms,
            name="test",
            close=self.close,
            wake=lambda: None,
        )
        with mailbox.server as server:
            server.run()
        return self.link.happened


@pytest.fixture
def world() -> World:
    return World(clock=Clock(elapsed_ms=10))


def test_acknowledgement_and_answer_come_after_the_commit(world: World) -> None:
    happened = world.run([world.delivery(1), world.delivery(2)])
    said = happened[happened.index("start") + 1 :]
    assert said[:4] == ["reply/kiosk-01", "reply/kiosk-01", "ack 1", "ack 2"]
    assert world.journal.last_seq == 3
    assert happened[-1] == "stop"
    assert world.closed == 1


def test_when_the_commit_fails_nothing_is_acknowledged_and_nothing_said(world: World) -> None:
    def fail() -> None:
        world.journal.is_failing = True
        world.link.happened.clear()

    with pytest.raises(DiskFullError):
        world.run(fail, [world.delivery(1)])
    # The beat belongs to the turn before; the link is let go of without a word.
    assert [what for what in world.link.happened if what not in ("heartbeat", "load")] == [
        "abandon"
    ]
    assert world.journal.last_seq == 1
    assert world.closed == 1


def test_a_broker_that_is_back_is_told_everything_at_once(world: World) -> None:
    def connect() -> None:
        world.link.is_new = True
        world.link.happened.clear()

    happened = world.run(connect)
    assert happened[:8] == [
        *("info", "catalog", "console", "load", "board/hall", "counter/1", "counter/2"),
        "heartbeat",
    ]


def test_the_heart_beats_every_second_and_counts_are_said_a_few_times_a_second(
    world: World,
) -> None:
    def pass_ms(ms: int) -> object:
        return lambda: world.clock.pass_ms(ms)

    quarters = [pass_ms(COUNTS_EVERY_MS) for _ in range(4 * 5)]
    happened = world.run(*quarters)
    assert HEARTBEAT_EVERY_MS == 4 * COUNTS_EVERY_MS
    assert happened.count("heartbeat") == 5
    world.link.happened.clear()
    waiting = [world.delivery(1)]
    confirm = [
        Delivery(inbound("kiosk-01", "command-2", c.ConfirmPrinted("20261123-A001")), lambda: None)
    ]
    happened = world.run(
        waiting, pass_ms(1), confirm, pass_ms(1), pass_ms(1), pass_ms(COUNTS_EVERY_MS)
    )
    assert happened.count("load") == 1


def test_a_server_whose_account_is_used_by_another_one_ends(world: World) -> None:
    def take_over() -> None:
        world.link.is_taken_over = True

    with pytest.raises(TakenOverError):
        world.run(take_over, [world.delivery(1)])
    assert world.link.happened[-1] == "abandon"


def test_ready_is_logged_when_the_broker_has_everything(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def connect(is_heard: bool) -> object:
        def do() -> None:
            world.link.is_new = True
            world.link.at_flush = is_heard

        return do

    with caplog.at_level("INFO"):
        world.run(connect(False))
        assert "ready" not in caplog.text
        world.run(connect(True))
        assert "ready: test" in caplog.text
