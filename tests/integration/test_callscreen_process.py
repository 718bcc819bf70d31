"""The call screen as a process on a real broker: in time, and honest when it is cut off."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from hallserver.broker import run_broker
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId, Epoch, TicketNumber, ZoneId
from hallserver.protocol.routes import BOARD, CATALOG, topic
from hallserver.protocol.snapshots import (
    BoardCall,
    BoardSnapshot,
    Catalog,
    CatalogCounter,
    CatalogZone,
)
from hallserver.protocol.states import TicketState
from tests.helpers.broker import ScriptedHall
from tests.helpers.screen_process import ROOT, ScreenProcess

ZONE = ZoneId("civil")
CLIENT = "callscreen-01"
STALE_WITHIN_S = 5.0
CALL_TO_SCREEN_S = 0.2
"""p99 that is aimed for; here the median of some calls on a busy machine has to keep it."""


def a_catalog() -> Catalog:
    zones = (CatalogZone(ZONE, Text("民生事务", "Civil affairs"), 1),)
    counters = tuple(
        CatalogCounter(CounterId(n), Text(f"{n}号窗口", f"Window {n}"), ZONE, 1)
        for n in range(1, 93)
    )
    return Catalog(Epoch(1), 1, Text("大厅", "Hall"), zones, (), (), counters)


def a_board(version: int, *call_seqs: int) -> BoardSnapshot:
    calls = tuple(
        BoardCall(seq, TicketNumber(f"A{seq:03}"), CounterId(seq), 0, TicketState.CALLED, 0)
        for seq in sorted(call_seqs, reverse=True)
    )
    return BoardSnapshot(Epoch(1), version, ZONE, calls)


@pytest.mark.slow
def test_it_shows_calls_in_time_and_says_within_five_seconds_that_it_is_cut_off(
    tmp_path: Path,
) -> None:
    board = topic(BOARD, zone=ZONE)
    with (
        run_broker(tmp_path / "broker", [CLIENT]) as broker,
        ScriptedHall(broker) as hall,
        ScreenProcess("ui.callscreen", CLIENT, broker, tmp_path / "s", "--zones", ZONE) as screen,
    ):
        hall.show(topic(CATALOG), a_catalog())
        hall.show(board, a_board(1, 1))
        screen.until(lambda: len(screen.noted("live")) == 1)
        took = []
        for seq in range(2, 22):
            called_ns = time.monotonic_ns()
            hall.show(board, a_board(seq, *range(max(1, seq - 15), seq + 1)))
            screen.until(lambda seq=seq: len(screen.noted("shown")) == seq - 1)
            shown = screen.noted("shown")[-1]
            assert (shown["number"], shown["counter"], shown["call_seq"]) == (
                f"A{seq:03}",
                seq,
                seq,
            )
            took.append((int(str(shown["t_ns"])) - called_ns) / 1e9)
        assert sorted(took)[len(took) // 2] < CALL_TO_SCREEN_S

        hall.has_heart.clear()
        silent_ns = time.monotonic_ns()
        hall.show(board, a_board(30, 30))
        screen.until(lambda: len(screen.noted("stale")) == 1)
        stale_ns = int(str(screen.noted("stale")[0]["t_ns"]))
        assert (stale_ns - silent_ns) / 1e9 < STALE_WITHIN_S
        hall.show(board, a_board(31, 30, 31))
        hall.has_heart.set()
        screen.until(lambda: len(screen.noted("live")) == 2)
        hall.show(board, a_board(32, 30, 31, 32))
        screen.until(lambda: screen.noted("shown")[-1]["call_seq"] == 32)
        assert 31 not in [line["call_seq"] for line in screen.noted("shown")]
        screen.until((screen.shots / f"{CLIENT}-stale.png").exists)
        assert screen.end() == (0, "")
        assert (screen.shots / f"{CLIENT}.png").stat().st_size > 10_000


def test_it_notices_that_the_broker_is_gone(tmp_path: Path) -> None:
    with (
        run_broker(tmp_path / "broker", [CLIENT]) as broker,
        ScriptedHall(broker) as hall,
        ScreenProcess("ui.callscreen", CLIENT, broker, tmp_path / "s", "--zones", ZONE) as screen,
    ):
        hall.show(topic(BOARD, zone=ZONE), a_board(1, 1))
        screen.until(lambda: len(screen.noted("live")) == 1)
        broker.kill()
        gone_ns = time.monotonic_ns()
        screen.until(lambda: len(screen.noted("stale")) == 1)
        stale_ns = int(str(screen.noted("stale")[0]["t_ns"]))
        assert (stale_ns - gone_ns) / 1e9 < STALE_WITHIN_S
        code, _ = screen.end()
        assert code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--client", "pad-01", "--zones", "civil"], "may not read boards"),
        (["--client", "callscreen-01", "--zones", ","], "at least one zone"),
        (["--client", "callscreen-01", "--zones", "civil", "--viewing-m", "40"], "cannot be read"),
        (["--client", "screen", "--zones", "civil"], "expected kiosk-N"),
    ],
)
def test_what_it_cannot_work_with_is_said_in_one_sentence(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    link = ["--broker", "127.0.0.1:1", "--password-file", str(password)]
    done = subprocess.run(
        [sys.executable, "-m", "ui.callscreen", *link, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
