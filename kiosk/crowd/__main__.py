"""`python -m kiosk.crowd --kiosks kiosk-02,kiosk-03 --broker HOST:PORT …`."""

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from hallserver.client.record import NullRecord, Record
from hallserver.client.settings import LinkSettings, SettingsError, is_loopback
from hallserver.client.store import StoreBusyError
from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import Role, role_of
from kiosk.settings import add_shared_arguments, read_shared
from kiosk.simulated import Album, ScanKind

if TYPE_CHECKING:
    from kiosk.crowd.crowd import Crowd

EXIT_NOT_DONE = 3
SAVED_TICKETS = 12
DEFAULT_DEADLINE_S = 3600.0
PROGRESS_S = 10.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kiosk.crowd", description="Many kiosks, many people.")
    parser.add_argument("--kiosks", required=True, metavar="ID,ID,…")
    parser.add_argument("--broker", required=True, metavar="HOST:PORT")
    parser.add_argument(
        "--credentials", type=Path, required=True, metavar="FILE", help="passwords by id, JSON"
    )
    parser.add_argument("--ca-file", type=Path, metavar="FILE")
    parser.add_argument("--insecure", action="store_true")
    parser.add_argument("--state-dir", type=Path, metavar="DIR")
    parser.add_argument("--record", type=Path, metavar="FILE")
    parser.add_argument("--tickets", type=Path, metavar="DIR", help="save the first tickets here")
    add_shared_arguments(parser.add_argument_group("hall"))
    people = parser.add_argument_group("people")
    people.add_argument("--people", type=int, default=100)
    people.add_argument("--speed", type=float, default=1.0, help="0: nobody takes any time")
    people.add_argument("--seed", type=int, default=1)
    people.add_argument("--scan", choices=list(ScanKind), type=ScanKind, help="both kinds if not")
    people.add_argument(
        "--until-done", action="store_true", help="end when everybody has been through"
    )
    people.add_argument("--deadline-s", type=float, default=DEFAULT_DEADLINE_S)
    return parser


def links_of(parsed: argparse.Namespace) -> tuple[LinkSettings, ...]:
    """Read the kiosks' ways to the broker. Raises SettingsError."""
    host, _, port = str(parsed.broker).rpartition(":")
    if not host or not port.isdecimal():
        raise SettingsError(f"--broker {parsed.broker}: expected HOST:PORT")
    if parsed.ca_file is None and not parsed.insecure and not is_loopback(host):
        raise SettingsError(f"--broker {host} is another machine: give --ca-file, or --insecure")
    try:
        passwords = json.loads(parsed.credentials.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"--credentials: {type(error).__name__}") from None
    links = []
    for name in str(parsed.kiosks).split(","):
        if role_of(ClientId(name)) is not Role.KIOSK or not isinstance(passwords.get(name), str):
            raise SettingsError(f"--kiosks: {name} is no kiosk, or has no password")
        links.append(LinkSettings(ClientId(name), host, int(port), passwords[name], parsed.ca_file))
    return tuple(links)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the crowd; return 0, or 3 when not everybody was through at the deadline."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        links = links_of(parsed)
        hall_key, tags, time_zone = read_shared(parsed)
        record = NullRecord() if parsed.record is None else Record(parsed.record)
    except (SettingsError, OSError) as error:
        parser.error(str(error))
    from kiosk.crowd.crowd import Crowd, CrowdSettings, catalog_of

    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    print(f"{len(links)} kiosks ask the hall what it is like", flush=True)  # noqa: T201
    catalog = catalog_of(links[0], stopping)
    if stopping.is_set():
        return 0
    if catalog is None:
        print("the hall does not answer", file=sys.stderr)  # noqa: T201
        return EXIT_NOT_DONE
    with tempfile.TemporaryDirectory(prefix="kiosks-") as ports:
        settings = CrowdSettings(
            links=links,
            hall_key=hall_key,
            tags=tags,
            time_zone=time_zone,
            state_dir=parsed.state_dir,
            devices_dir=Path(ports),
            album=None if parsed.tickets is None else Album(parsed.tickets, SAVED_TICKETS),
            people=parsed.people,
            speed=parsed.speed,
            seed=parsed.seed,
            scan=parsed.scan,
        )
        try:
            crowd = Crowd(settings, catalog, record)
        except StoreBusyError as error:
            parser.error(str(error))
        crowd.start()
        is_done = _wait(crowd, stopping, parsed.deadline_s, is_endless=not parsed.until_done)
        crowd.stop()
    record.close()
    _say(crowd)
    return 0 if is_done or stopping.is_set() else EXIT_NOT_DONE


def _wait(
    crowd: "Crowd", stopping: threading.Event, deadline_s: float, *, is_endless: bool
) -> bool:
    """Wait until everybody has been through, somebody ends us, or it takes too long."""
    ends_at_s = time.monotonic() + deadline_s
    says_at_s = time.monotonic() + PROGRESS_S
    while not stopping.wait(0.2):
        now_s = time.monotonic()
        if crowd.finished.is_set() and not is_endless:
            return True
        if now_s >= ends_at_s and not is_endless:
            return False
        if now_s >= says_at_s:
            says_at_s = now_s + PROGRESS_S
            _say(crowd)
    return crowd.finished.is_set()


def _say(crowd: "Crowd") -> None:
    print(" ".join(f"{name}={count}" for name, count in crowd.progress().items()), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
