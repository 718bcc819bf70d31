"""What must not wait for what. How fast the server is, the bench measures."""

import time
from pathlib import Path

import pytest

from hallserver.clock import HallClock
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId
from hallserver.protocol.replies import SignedIn
from tests.bench.hall_under_test import EXAMPLE, PASSWORD, a_broker, the_plan, write_clerks
from tests.bench.measure import DAY_TOOK_MS, Asker, reserve, terminals, write_a_day
from tests.bench.wire import Swarm
from tests.helpers.servers import ServerProcess

pytestmark = pytest.mark.slow


def test_a_server_with_five_thousand_tickets_comes_back_however_often_it_is_killed(
    tmp_path: Path,
) -> None:
    plan = the_plan()
    write_a_day(tmp_path / "state", plan, 5_000, HallClock().now().wall_ms - DAY_TOOK_MS)
    clerks = write_clerks(tmp_path, plan)
    with a_broker(tmp_path, plan) as broker:
        for _ in range(3):
            with ServerProcess(tmp_path, broker, EXAMPLE, clerks) as server:
                server.until("ready")
                server.process.kill()


def test_kiosks_do_not_wait_while_all_clerks_sign_in_at_once(tmp_path: Path) -> None:
    """Comparing 92 passwords takes more than three seconds of a processor."""
    plan = the_plan()
    clerks = write_clerks(tmp_path, plan)
    names = terminals(plan)
    with (
        a_broker(tmp_path, plan) as broker,
        ServerProcess(tmp_path, broker, EXAMPLE, clerks) as server,
        Swarm(broker, ["kiosk-01"]) as visitors,
        Swarm(broker, names) as staff,
    ):
        server.until("ready")
        kiosk, counters = Asker(visitors, ["kiosk-01"]), Asker(staff, names)
        began_s = time.monotonic()
        for number, name in enumerate(names):
            counters.ask(name, c.SignIn(ClerkId(plan.clerks[number].id), PASSWORD))
        kiosk.in_turn(20, reserve(plan))
        kiosks_took_s = time.monotonic() - began_s
        answered = counters.hear_all()
        clerks_took_s = time.monotonic() - began_s
    assert len(answered) == len(names)
    assert all(isinstance(reply, SignedIn) for reply in answered.values())
    assert kiosks_took_s < clerks_took_s / 2
