"""One client that does what none should, as fast as it is told to: a process of its own.

python -m tests.bench.flooder KIND HOST PORT CLIENT PASSWORD_FILE RATE SECONDS

`RATE` is messages a second. The commands are reservations at `passport`, which the hall may have.
"""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from hallserver.broker import BrokerFiles, RunningBroker, write_client_password
from hallserver.protocol.codec import encode_command
from hallserver.protocol.commands import CommandMessage, ReserveTicket
from hallserver.protocol.ids import ClientId, CommandId, ServiceId
from hallserver.protocol.version import SCHEMA_VERSION
from tests.bench.wire import ThinClient

PAUSE_S = 0.002
OVERSIZE_BYTES = 60_000
TRIES_AFTER = 3


@dataclass(frozen=True)
class Told:
    """What became of a flood. `out_after_s` is None when nobody ended it."""

    sent: int
    took_s: float
    out_after_s: float | None
    refused: int


Burst = Callable[[ThinClient, int], None]


def _commands(client: ThinClient, number: int) -> None:
    command_id = CommandId(f"flood-{time.monotonic_ns()}-{number}")
    message = CommandMessage(SCHEMA_VERSION, command_id, ReserveTicket(ServiceId("passport")))
    client.publish(f"jiaohao/command/{client.name}", encode_command(message))


def _malformed(client: ThinClient, _number: int) -> None:
    client.publish(f"jiaohao/command/{client.name}", b"\x00{garbage")


def _oversize(client: ThinClient, _number: int) -> None:
    client.publish(f"jiaohao/command/{client.name}", b"x" * OVERSIZE_BYTES)


def _foreign(client: ThinClient, number: int) -> None:
    client.publish(("jiaohao/command/counter-1", "jiaohao/info", "foreign")[number % 3], b"{}")


def _subscriptions(client: ThinClient, _number: int) -> None:
    client.subscribe(f"jiaohao/reply/{client.name}", "jiaohao/load", "jiaohao/catalog", "#")


KINDS: dict[str, Burst] = {
    "commands": _commands,
    "malformed": _malformed,
    "oversize": _oversize,
    "foreign": _foreign,
    "subscriptions": _subscriptions,
}
"""What is sent. `connections` connects and hangs up instead; `deaf` asks and never listens."""


def flood(kind: str, broker: RunningBroker, name: str, rate: int, seconds: float) -> Told:
    if kind == "connections":
        return _connect_again_and_again(broker, name, rate, seconds)
    client = ThinClient(broker, name)
    if kind == "deaf":
        client.subscribe(f"jiaohao/reply/{name}", "jiaohao/load", "jiaohao/catalog")
    burst = KINDS.get(kind, _commands)
    began_s = time.monotonic()
    sent, out_after_s = 0, None
    try:
        for due in _paced(rate, seconds, began_s):
            for number in range(sent, due):
                burst(client, number)
            sent = due
            if kind != "deaf":
                _listen(client)
    except OSError:
        out_after_s = time.monotonic() - began_s
    took_s = time.monotonic() - began_s
    client.close()
    refused = sum(_is_refused(broker, name) for _ in range(TRIES_AFTER))
    return Told(sent, took_s, out_after_s, refused)


def _paced(rate: int, seconds: float, began_s: float) -> Iterator[int]:
    """Yield how many are due by now, until the time is over."""
    pause = threading.Event()
    while (passed_s := time.monotonic() - began_s) < seconds:
        yield int(passed_s * rate)
        pause.wait(PAUSE_S)


def _listen(client: ThinClient) -> None:
    """Take what is there, so that the connection's end is noticed."""
    client.socket.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            client.receive()
    client.socket.setblocking(True)


def _is_refused(broker: RunningBroker, name: str) -> bool:
    try:
        ThinClient(broker, name).close()
    except (AssertionError, OSError):
        return True
    return False


def _connect_again_and_again(broker: RunningBroker, name: str, rate: int, seconds: float) -> Told:
    began_s = time.monotonic()
    sent = refused = 0
    for due in _paced(rate, seconds, began_s):
        if sent < due:
            sent += 1
            refused += _is_refused(broker, name)
    return Told(sent, time.monotonic() - began_s, None, refused)


@contextmanager
def flooding(
    directory: Path, broker: RunningBroker, kind: str, name: str, rate: int, seconds: float
) -> Iterator[Callable[[], Told]]:
    """Run it as a process; what is yielded waits for its end and says what it told."""
    password = write_client_password(directory, ClientId(name), broker.passwords[ClientId(name)])
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.bench.flooder", kind, broker.host, str(broker.port)),
            *(name, str(password), str(rate), str(seconds)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )

    def told() -> Told:
        out, _ = process.communicate()
        return Told(**json.loads(out))

    try:
        yield told
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def main() -> None:
    kind, _host, port, name, password_file, rate, seconds = sys.argv[1:]
    password = Path(password_file).read_text("utf-8").strip()
    broker = RunningBroker(
        BrokerFiles(Path(password_file).parent), {ClientId(name): password}, int(port), ""
    )
    print(json.dumps(asdict(flood(kind, broker, name, int(rate), float(seconds)))))


if __name__ == "__main__":
    main()
