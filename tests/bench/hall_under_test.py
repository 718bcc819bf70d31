"""A hall of the example's size on this machine: broker, accounts, server process."""

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hallserver.broker import RunningBroker, run_broker, write_client_password
from hallserver.config import load_plan
from hallserver.domain.plan import Clerk, HallPlan, with_clerks, without_hours
from hallserver.passwords import SALT_BYTES, hash_password
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import ClerkId, ClientId
from hallserver.protocol.routes import SERVER_CLIENT, counter_terminal
from tests.helpers.hall_files import EXAMPLE

PASSWORD = "Bench-0nly"
SCREENS = [f"callscreen-{number:03}" for number in range(1, 136)]
KIOSKS = [f"kiosk-{number:02}" for number in range(1, 31)]


def clerk_of(counter: int) -> str:
    return f"clerk-{counter}"


def the_plan(hall_file: Path = EXAMPLE) -> HallPlan:
    """The example hall at any hour, without the places to which nobody is called."""
    whole = without_hours(load_plan(hall_file))
    windows = tuple(counter for counter in whole.counters if not counter.rules.is_back_office)
    plan = replace(whole, counters=windows, items=())
    hashed = hash_password(PASSWORD, secrets.token_bytes(SALT_BYTES))
    return with_clerks(
        plan,
        [
            Clerk(ClerkId(clerk_of(counter.id)), Text("甲", "A"), f"{counter.id}", hashed)
            for counter in plan.counters
        ],
    )


def write_hall_file(directory: Path) -> Path:
    """Write the example hall with four digits to each series: it has too few for what is asked."""
    path = directory / "hall.toml"
    hall = EXAMPLE.read_text("utf-8")
    longer = re.sub(r'^(prefix = "\w+")$', r"\1\nwidth = 4", hall, flags=re.MULTILINE)
    path.write_text(longer, "utf-8")
    return path


def write_clerks(directory: Path, plan: HallPlan) -> Path:
    path = directory / "clerks.toml"
    blocks = [
        f'[[clerk]]\nid = "{clerk.id}"\nname = {{ zh = "甲", en = "A" }}\n'
        f'staff_number = "{clerk.staff_number}"\npassword_hash = "{clerk.password_hash}"\n'
        for clerk in plan.clerks
    ]
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def clients(plan: HallPlan) -> list[ClientId]:
    terminals = [counter_terminal(counter.id) for counter in plan.counters]
    return [*map(ClientId, KIOSKS), *map(ClientId, SCREENS), *terminals]


@contextmanager
def a_broker(directory: Path, plan: HallPlan) -> Iterator[RunningBroker]:
    with run_broker(directory / "broker", clients(plan)) as broker:
        write_client_password(directory, SERVER_CLIENT, broker.passwords[SERVER_CLIENT])
        yield broker


@contextmanager
def an_echo(directory: Path, broker: RunningBroker) -> Iterator[None]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.bench.echo"),
            *(broker.host, str(broker.port), str(directory / "server.password")),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as lines:
        assert lines.readline() == "ready\n"
        yield
        process.terminate()
    process.wait()
