"""What others wait for their answers while one client floods.

Ten of them ask at once, ten times a second: a hundred times what a full hall does.
"""

import threading
import time
from pathlib import Path
from random import Random

from hallserver.domain.plan import HallPlan
from hallserver.protocol import commands as c
from hallserver.protocol.ids import TicketId
from hallserver.protocol.replies import Reply, TicketAtCounter
from hallserver.protocol.routes import counter_terminal
from tests.bench.flooder import flooding
from tests.bench.hall_under_test import KIOSKS
from tests.bench.measure import Asker, Figure, figure, reserve
from tests.bench.report import Report
from tests.bench.stand import Stand, ours
from tests.bench.wire import Swarm

KINDS = ("commands", "malformed", "oversize", "foreign", "subscriptions", "connections", "deaf")
OTHERS = KIOSKS[: -len(KINDS)]
RATE = 5_000
WAVE_S = 0.1
WAVE = 10
WARM_UP = 20


def floods(report: Report, directory: Path, plan: HallPlan, waves: int) -> None:
    """Measure in calm, and then beside a flood of each kind, of another client each time."""
    directory.mkdir()
    with ours(directory / "hall", plan) as stand:
        report.alone("answers in a calm hall", while_flooded(stand, plan, waves))
        for kind, name in zip(KINDS, KIOSKS[-len(KINDS) :], strict=True):
            seconds = waves * WAVE_S
            with flooding(directory, stand.broker, kind, name, RATE, seconds) as told:
                measured = while_flooded(stand, plan, waves)
                became = told()
            end = "to its end" if became.out_after_s is None else f"{became.out_after_s:.2f} s"
            report.alone(f"answers beside {kind} at 5,000 a second, {end}", measured)


def while_flooded(stand: Stand, plan: HallPlan, waves: int) -> Figure:
    """Let kiosks and counters ask, wave after wave."""
    chance = Random(1)
    next_number = reserve(plan)
    counters = [str(counter_terminal(counter.id)) for counter in plan.counters]
    called: dict[str, TicketId] = {}
    chosen: set[str] = set()
    pause = threading.Event()

    def ask_of(name: str) -> c.Command | None:
        if name not in chosen:
            return None
        if name in OTHERS:
            return next_number(name)
        return c.MarkNoShow(called.pop(name)) if name in called else c.CallNext()

    def note(answers: dict[str, Reply]) -> None:
        for name, reply in answers.items():
            if isinstance(reply, TicketAtCounter) and reply.state == "called":
                called[name] = reply.ticket

    with Swarm(stand.broker, [*OTHERS, *counters]) as swarm:
        asker = Asker(swarm, [*OTHERS, *counters])
        began_s = time.perf_counter()
        for wave in range(WARM_UP + waves):
            if wave == WARM_UP:
                asker.ms.clear()
                began_s = time.perf_counter()
            chosen.clear()
            chosen.update(chance.sample(asker.names, WAVE))
            ends_s = time.perf_counter() + WAVE_S
            note(asker.all_once(ask_of))
            if wave >= WARM_UP:
                pause.wait(max(0.0, ends_s - time.perf_counter()))
        return figure("answers", asker.ms, time.perf_counter() - began_s)
