"""What is measured, each on a broker of its own with the same settings: the server, the thin one.

Both are asked by the same clients, so that what these cost is the same in both figures.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hallserver.broker import RunningBroker, write_client_password
from hallserver.domain.plan import HallPlan
from hallserver.protocol.routes import SERVER_CLIENT, counter_terminal
from tests.bench.hall_under_test import a_broker, write_clerks
from tests.bench.thin import ThinHall
from tests.helpers.hall_files import EXAMPLE
from tests.helpers.servers import ServerProcess

OURS, THIN = "ours", "thin"


@dataclass(frozen=True)
class Stand:
    """A running program and its broker. `pid` is the program's."""

    name: str
    broker: RunningBroker
    pid: int

    @property
    def boards_a_call(self) -> int:
        """Boards that it publishes until a called ticket is done with."""
        return 1 if self.name == THIN else 2


def rss_mb(pid: int) -> float:
    """Memory that a process holds at present (proc(5), VmRSS)."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1_024


@contextmanager
def ours(
    directory: Path, plan: HallPlan, hall_file: Path = EXAMPLE, name: str = OURS
) -> Iterator[Stand]:
    """Run the hall server; its journal may lie in `directory`/state already."""
    directory.mkdir(parents=True, exist_ok=True)
    clerks = write_clerks(directory, plan)
    with (
        a_broker(directory, plan) as broker,
        ServerProcess(directory, broker, hall_file, clerks) as server,
    ):
        server.until("ready")
        yield Stand(name, broker, server.process.pid)
        server.process.terminate()
        assert server.wait() == 0


@contextmanager
def thin(directory: Path, plan: HallPlan) -> Iterator[Stand]:
    """Run the thinnest correct program."""
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        broker = opened.enter_context(a_broker(directory, plan))
        process = opened.enter_context(_program(directory, broker, plan))
        yield Stand(THIN, broker, process.pid)


def thin_hall(plan: HallPlan) -> ThinHall:
    """What the thin program has to know of a hall."""
    terminals = {str(counter_terminal(counter.id)): counter for counter in plan.counters}
    return ThinHall(
        prefixes={service.id: service.prefix for service in plan.services},
        services={name: tuple(counter.services) for name, counter in terminals.items()},
        zones={name: counter.zone for name, counter in terminals.items()},
    )


@contextmanager
def _program(
    directory: Path, broker: RunningBroker, plan: HallPlan
) -> Iterator["subprocess.Popen[str]"]:
    hall_file = directory / "thin.json"
    hall_file.write_bytes(msgspec.json.encode(thin_hall(plan)))
    password = write_client_password(directory, SERVER_CLIENT, broker.passwords[SERVER_CLIENT])
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.bench.thin"),
            *(broker.host, str(broker.port), str(password)),
            *(str(hall_file), str(directory / "thin.sqlite3")),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as lines:
        try:
            assert lines.readline() == "ready\n"
            yield process
        finally:
            process.kill()
            process.wait()
