"""The uplink as a process: `jiaohao uplink --state-dir DIR --region HOST:PORT …`.

It stands beside the hall server and may be started, ended or killed at any time. Exit codes are
those of sysexits.h; a supervisor starts it anew.
"""

import argparse
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hallserver.broker import (
    BrokerError,
    BrokerFiles,
    RunningBroker,
    find_mosquitto,
    free_port,
)
from hallserver.client.paho_network import PahoNetwork
from hallserver.clock import HallClock
from hallserver.journal import JournalError, sqlite_url
from hallserver.protocol.region import RegionHall, is_hall
from hallserver.region.arguments import (
    ArgumentsError,
    add_broker_arguments,
    read_address,
    read_password,
    set_up_logging,
)
from hallserver.region.files import (
    UPLINK_CLIENT,
    HallNameError,
    RegionAddress,
    write_uplink_files,
)
from hallserver.uplink.feed import Feed
from hallserver.uplink.reader import JournalReader
from hallserver.uplink.run import ForkedError, Uplink

_LOG = logging.getLogger("hallserver.uplink")
STOP_TIMEOUT_S = 2.0


def main(argv: Sequence[str] | None = None) -> int:
    """Send the journal up until a signal asks to end; returns the exit code."""
    args = _parser().parse_args(argv)
    try:
        region = _region(args)
        url = args.database or sqlite_url(args.state_dir)
        _run(url, args.state_dir.resolve() / "uplink", region)
    except (ArgumentsError, HallNameError) as error:
        return _end(os.EX_CONFIG, error)
    except ForkedError as error:
        return _end(os.EX_DATAERR, error)
    except JournalError as error:
        return _end(os.EX_IOERR, error)
    except BrokerError as error:
        return _end(os.EX_UNAVAILABLE, error)
    return os.EX_OK


def _run(url: str, directory: Path, region: RegionAddress) -> None:
    started_s = time.monotonic()

    def now_ms() -> int:
        return int((time.monotonic() - started_s) * 1_000)

    with contextlib.ExitStack() as opened:
        reader = opened.enter_context(JournalReader(url))
        broker = opened.enter_context(start_broker(directory, region))

        def keep_broker() -> None:
            if broker.keep():
                _LOG.warning("our broker had ended; it is started again")

        # Numbers of a later life are higher, so that no old answer is taken for one of ours.
        feed = Feed(HallClock().now().wall_ms)
        uplink = Uplink(reader, feed, now_ms, keep_broker, str(broker.files.log))
        network = PahoNetwork(broker.settings(UPLINK_CLIENT), uplink.events.put)
        opened.callback(network.stop, STOP_TIMEOUT_S)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: uplink.stop())
        network.start()
        _LOG.info("hall %s sends its journal to %s:%d", region.hall, region.host, region.port)
        uplink.run()
    _LOG.info("stopped")


def start_broker(directory: Path, region: RegionAddress) -> RunningBroker:
    """Start our own small broker, whose bridge goes to the region. Raises BrokerError."""
    files = BrokerFiles(directory)
    port = free_port()
    password = write_uplink_files(files, region, port=port)
    broker = RunningBroker(files, {UPLINK_CLIENT: password}, port, find_mosquitto())
    broker.start()
    return broker


def _region(args: argparse.Namespace) -> RegionAddress:
    if not is_hall(args.hall_name):
        raise HallNameError(
            f"--hall-name {args.hall_name}: 1 to 40 lower-case letters, digits and hyphens"
        )
    host, port = read_address(args, "--region", args.region)
    password = read_password(args.password_file)
    ca_file = None if args.ca_file is None else args.ca_file.resolve()
    return RegionAddress(RegionHall(args.hall_name), host, port, password, ca_file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jiaohao uplink", description="Send this hall's journal up to its region."
    )
    parser.add_argument(
        "--state-dir", required=True, type=Path, metavar="DIR", help="the hall server's"
    )
    parser.add_argument("--database", metavar="URL", help="the journal, if it is not in DIR")
    parser.add_argument(
        "--hall-name", required=True, metavar="NAME", help="this hall's name in the region"
    )
    parser.add_argument("--region", required=True, metavar="HOST:PORT", help="its broker")
    add_broker_arguments(parser)
    return parser


def _end(code: int, error: Exception) -> int:
    _LOG.critical("%s", error)
    return code


if __name__ == "__main__":
    set_up_logging()
    sys.exit(main())
