"""`python -m ui.counter.crowd`: the clerks of many counters in one process, without windows.

Each counter has its own link with its own credentials, as on the machines of a hall, and runs the
same flow as the terminal with a window. One thread lives all the clerks.
"""

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hallserver.client.mailbox import Mailbox
from hallserver.client.outbox import OutboxStore
from hallserver.client.paho_link import PahoLink
from hallserver.client.record import NullRecord, Record
from hallserver.client.settings import LinkSettings, SettingsError, is_loopback
from hallserver.client.store import (
    MemoryOutboxStore,
    SqliteOutboxStore,
    StoreBusyError,
    StoreUnavailableError,
)
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import Update
from hallserver.protocol.ids import ClientId, CounterId
from hallserver.protocol.routes import Role, counter_terminal, rating_pad, role_of
from ui.counter.crowd_engine import Account, Crowd, RatingHabits
from ui.kit.rating_tags import RatingTags, RatingTagsError, needs_tag, parse_rating_tags

TAGS = Path(__file__).parent.parent / "kit" / "rating_tags.toml"
LOOK_S = 0.25
"""How often the stop flag is looked at while nothing happens."""
LEAVE_WITHIN_S = 1.5
STOP_WITHIN_S = 1.2


@dataclass(frozen=True)
class CrowdSettings:
    """Which counters, how they join the hall, and how their clerks work."""

    counters: tuple[CounterId, ...]
    host: str
    port: int
    ca_file: Path | None
    credentials: dict[ClientId, str] = field(repr=False)
    clerks: dict[CounterId, Account]
    state_dir: Path | None
    has_pads: bool
    speed: float
    seed: int
    until_idle_s: float | None

    def link(self, client: ClientId) -> LinkSettings:
        """Return one client's way to the broker."""
        return LinkSettings(client, self.host, self.port, self.credentials[client], self.ca_file)

    def store(self, client: ClientId) -> OutboxStore:
        """Open one client's outbox. Raises StoreBusyError, StoreUnavailableError."""
        if self.state_dir is None:
            return MemoryOutboxStore()
        return SqliteOutboxStore(self.state_dir / f"{client}.outbox.sqlite")


Inbound = tuple[Role, CounterId, Update]


class CrowdRun:
    """The links of all counters, and the one thread that lives their clerks."""

    def __init__(self, settings: CrowdSettings, record: Record, tags: RatingTags) -> None:
        self._settings = settings
        self._mailbox: Mailbox[Inbound] = Mailbox()
        self._stopped = threading.Event()
        self._links: list[PahoLink] = []

        def reasons(stars: int) -> Sequence[str]:
            return [tag.code for tag in tags.of(stars)] if needs_tag(stars) else ()

        self.crowd = Crowd(
            record,
            speed=settings.speed,
            seed=settings.seed,
            ratings=RatingHabits(tags=reasons),
        )
        for counter in settings.counters:
            terminal = self._make_link(Role.COUNTER, counter, counter_terminal(counter))
            has_pad = settings.has_pads
            pad = self._make_link(Role.PAD, counter, rating_pad(counter)) if has_pad else None
            self.crowd.add(counter, settings.clerks[counter], terminal, pad)

    def _make_link(self, role: Role, counter: CounterId, client: ClientId) -> PahoLink:
        def tell(update: Update) -> None:
            self._mailbox.put((role, counter, update))

        settings = self._settings
        store = settings.store(client)
        link = PahoLink(settings.link(client), subscriptions_for(client), store, tell)
        self._links.append(link)
        return link

    def stop(self) -> None:
        """Let `run` sign everybody out and return; may be called from a signal handler."""
        self._stopped.set()

    def run(self) -> None:
        """Work until `stop`, or until nothing has happened for as long as the settings say."""
        for link in self._links:
            link.start()
        try:
            self._work(self._is_over)
            self.crowd.leave(time.monotonic())
            deadline_s = time.monotonic() + LEAVE_WITHIN_S
            self._work(lambda now_s: self.crowd.has_left or now_s >= deadline_s)
        finally:
            self._hang_up()

    def _work(self, is_over: Callable[[float], bool]) -> None:
        now_s = time.monotonic()
        while not is_over(now_s):
            due_s = self.crowd.next_due_s
            wait_s = LOOK_S if due_s is None else min(LOOK_S, max(0.0, due_s - now_s))
            inbound = self._mailbox.take(wait_s)
            now_s = time.monotonic()
            if inbound is not None:
                self._take(inbound, now_s)
            self.crowd.run_due(now_s)

    def _take(self, inbound: Inbound, now_s: float) -> None:
        role, counter, update = inbound
        if role is Role.PAD:
            self.crowd.take_for_pad(counter, update)
        else:
            self.crowd.take(counter, update, now_s)

    _idle_since_s: float | None = None

    def _is_over(self, now_s: float) -> bool:
        if self._stopped.is_set():
            return True
        if not self.crowd.is_idle:
            self._idle_since_s = None
            return False
        if self._idle_since_s is None:
            self._idle_since_s = now_s
        patience_s = self._settings.until_idle_s
        return patience_s is not None and now_s - self._idle_since_s >= patience_s

    def _hang_up(self) -> None:
        """Stop all links side by side: each waits for threads of its own."""
        stopping = [threading.Thread(target=link.stop, daemon=True) for link in self._links]
        for thread in stopping:
            thread.start()
        deadline_s = time.monotonic() + STOP_WITHIN_S
        for thread in stopping:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        self._mailbox.close()


def parse_counters(text: str) -> tuple[CounterId, ...]:
    """Read `1-5,7` as 1, 2, 3, 4, 5, 7. Raises SettingsError."""
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        ends = (first, last if dash else first)
        if not all(end.isascii() and end.isdigit() for end in ends):
            raise SettingsError(f"--counters {text}: expected something like 1-5,7")
        numbers += range(int(ends[0]), int(ends[1]) + 1)
    if not numbers or len(set(numbers)) != len(numbers):
        raise SettingsError(f"--counters {text}: no counter, or one of them twice")
    return tuple(CounterId(number) for number in numbers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ui.counter.crowd", description="Simulated clerks.")
    parser.add_argument("--counters", required=True, metavar="1-92")
    parser.add_argument("--except", dest="left_out", default="", metavar="12")
    parser.add_argument("--broker", required=True, metavar="HOST:PORT")
    parser.add_argument("--ca-file", type=Path, metavar="FILE")
    parser.add_argument("--insecure", action="store_true", help="another machine without TLS")
    parser.add_argument(
        "--credentials", required=True, type=Path, metavar="FILE", help="JSON {client id: password}"
    )
    parser.add_argument(
        "--clerks",
        required=True,
        type=Path,
        metavar="FILE",
        help="JSON {counter: [name, password]}",
    )
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="keep unanswered commands")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write what happens, as JSON")
    parser.add_argument("--pads", action="store_true", help="visitors rate on the counters' pads")
    parser.add_argument("--tags", type=Path, default=TAGS, help="the reasons of a rating (TOML)")
    parser.add_argument("--speed", type=float, default=1.0, help="0: as fast as possible")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until-idle", type=float, metavar="S", help="end when all is done")
    return parser


def crowd_settings(parsed: argparse.Namespace) -> CrowdSettings:
    """Read the arguments and the files that they name. Raises SettingsError."""
    left_out = set(parse_counters(parsed.left_out)) if parsed.left_out else set()
    counters = tuple(n for n in parse_counters(parsed.counters) if n not in left_out)
    host, colon, port = str(parsed.broker).rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SettingsError(f"--broker {parsed.broker}: expected HOST:PORT")
    if parsed.ca_file is None and not parsed.insecure and not is_loopback(host):
        raise SettingsError(f"--broker {host} is another machine: give --ca-file or --insecure")
    if parsed.speed < 0:
        raise SettingsError("--speed is 0 or more")
    credentials = _read_credentials(parsed.credentials)
    clerks = _read_clerks(parsed.clerks)
    roles = (counter_terminal, rating_pad) if parsed.pads else (counter_terminal,)
    lacking: list[object] = [
        *(name(counter) for counter in counters for name in roles),
    ]
    lacking = [client for client in lacking if client not in credentials]
    lacking += [f"a clerk for counter {counter}" for counter in counters if counter not in clerks]
    if lacking:
        raise SettingsError(f"the files lack {', '.join(str(what) for what in lacking[:5])} …")
    return CrowdSettings(
        counters=counters,
        host=host.removeprefix("[").removesuffix("]"),
        port=int(port),
        ca_file=parsed.ca_file,
        credentials=credentials,
        clerks=clerks,
        state_dir=parsed.state_dir,
        has_pads=parsed.pads,
        speed=parsed.speed,
        seed=parsed.seed,
        until_idle_s=parsed.until_idle,
    )


def _read_json(path: Path) -> dict[str, object]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        # The text of a decoding error could quote a password.
        why = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise SettingsError(f"{path}: {why}") from None
    if not isinstance(read, dict):
        raise SettingsError(f"{path}: expected a JSON object")
    return read


def _read_credentials(path: Path) -> dict[ClientId, str]:
    credentials = {
        ClientId(client): password
        for client, password in _read_json(path).items()
        if role_of(ClientId(client)) is not None and isinstance(password, str)
    }
    if not credentials:
        raise SettingsError(f"{path}: no client has a password there")
    return credentials


def _read_clerks(path: Path) -> dict[CounterId, Account]:
    clerks: dict[CounterId, Account] = {}
    for counter, account in _read_json(path).items():
        match account:
            case [str(name), str(password)] if counter.isdecimal():
                clerks[CounterId(int(counter))] = Account(name, password)
            case _:
                raise SettingsError(f"{path}: expected counter: [name, password]")
    return clerks


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the crowd until it is told to stop; print what happened; return the exit code."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        settings = crowd_settings(parsed)
        tags = parse_rating_tags(parsed.tags.read_text("utf-8"))
        record = NullRecord() if parsed.record is None else Record(parsed.record)
        run = CrowdRun(settings, record, tags)
    except (
        SettingsError,
        RatingTagsError,
        StoreBusyError,
        StoreUnavailableError,
        OSError,
        UnicodeDecodeError,
    ) as error:
        parser.error(str(error))

    def stop(_number: int, _frame: FrameType | None) -> None:
        run.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        run.run()
    finally:
        record.close()
    sys.stdout.write(json.dumps(dict(sorted(run.crowd.tally.items()))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
