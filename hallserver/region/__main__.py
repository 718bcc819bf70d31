"""The region as a program: `jiaohao region …` collects; beside it `status`,
`broker`, `admit` and `rewind`.

Exit codes are those of sysexits.h; a supervisor starts the collector anew.
"""

import argparse
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from hallserver.broker import BrokerFiles, BrokerTls
from hallserver.client.settings import LinkSettings
from hallserver.protocol.region import RegionHall
from hallserver.region.arguments import (
    ArgumentsError,
    add_broker_arguments,
    read_address,
    read_password,
    set_up_logging,
)
from hallserver.region.collector import Collector
from hallserver.region.files import COLLECTOR_CLIENT, HallNameError, RegionBrokerFiles
from hallserver.region.link import CollectorLink
from hallserver.region.rewind import rewind
from hallserver.region.schema import SchemaError
from hallserver.region.status import read_status, status_lines
from hallserver.region.store import (
    EXPECTED,
    RegionStore,
    StoreError,
    StoreGoneError,
    open_connection,
)

STOP_TIMEOUT_S = 2.0
_LOG = logging.getLogger("hallserver.region")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the region's commands; returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    commands = {"status": _status, "broker": _broker, "admit": _admit, "rewind": _rewind}
    command = commands.get(given[0]) if given else None
    try:
        return command(given[1:]) if command else _collect(given)
    except (ArgumentsError, HallNameError) as error:
        return _end(os.EX_CONFIG, error)
    except StoreGoneError as error:
        return _end(os.EX_UNAVAILABLE, error)
    except (StoreError, SchemaError) as error:
        return _end(os.EX_CONFIG, error)
    except OSError as error:
        return _end(os.EX_IOERR, error)


def _collect(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="jiaohao region",
        description="Collect the journals of a region's halls into one PostgreSQL.",
        epilog="Beside it: jiaohao region status | broker | admit | rewind, each with --help.",
    )
    parser.add_argument("--database", required=True, metavar="URL", help=EXPECTED)
    parser.add_argument("--broker", required=True, metavar="HOST:PORT", help="the region's broker")
    add_broker_arguments(parser)
    args = parser.parse_args(argv)
    host, port = read_address(args, "--broker", args.broker)
    password = read_password(args.password_file)
    RegionStore.open(args.database).close()  # what is wrong with it is said now
    link = CollectorLink(LinkSettings(COLLECTOR_CLIENT, host, port, password, args.ca_file))
    collector = Collector(
        link,
        lambda: RegionStore.open(args.database),
        lambda: int(time.monotonic() * 1_000),
        _out,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: collector.stop())
    link.start()
    try:
        collector.run()
    finally:
        link.stop(STOP_TIMEOUT_S)
    _LOG.info("stopped")
    return os.EX_OK


def _status(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="jiaohao region status", description="How far each hall is stored."
    )
    parser.add_argument("--database", required=True, metavar="URL", help=EXPECTED)
    parser.add_argument("--json", action="store_true", help="answer as one JSON object")
    args = parser.parse_args(argv)
    with open_connection(args.database) as connection:
        halls = read_status(connection)
    if args.json:
        _out(json.dumps({"halls": [asdict(each) | {"lag": each.lag} for each in halls]}, indent=2))
    else:
        for line in status_lines(halls):
            _out(line)
    return os.EX_OK


def _broker(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="jiaohao region broker",
        description="Write what the region's mosquitto reads: mosquitto -c DIR/mosquitto.conf",
    )
    parser.add_argument("--directory", required=True, type=Path, metavar="DIR")
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="PEM, for TLS")
    parser.add_argument("--key", type=Path, metavar="FILE", help="PEM, for TLS")
    parser.set_defaults(ca_file=None, insecure=True)  # whether TLS is needed is decided below
    args = parser.parse_args(argv)
    host, port = read_address(args, "--listen", args.listen)
    if (args.certificate is None) != (args.key is None):
        raise ArgumentsError("--certificate and --key go together")
    tls = None
    if args.key is not None:  # mosquitto may be started elsewhere: whole paths
        certificate = args.certificate.resolve()
        tls = BrokerTls(certificate, args.key.resolve(), certificate)
    files = RegionBrokerFiles(BrokerFiles(args.directory.resolve()))
    try:
        files.write(port=port, host=host, tls=tls)
    except ValueError as error:
        raise ArgumentsError(f"--listen {error}; give --certificate and --key") from error
    files.admit(())
    _out(f"wrote {files.files.config}")
    _out(f"the collector's password: {files.password_file(COLLECTOR_CLIENT)}")
    return os.EX_OK


def _admit(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="jiaohao region admit",
        description="Give halls an account at the region's broker. Those that have one keep it.",
    )
    parser.add_argument("--directory", required=True, type=Path, metavar="DIR")
    parser.add_argument("halls", nargs="+", metavar="HALL")
    args = parser.parse_args(argv)
    files = RegionBrokerFiles(BrokerFiles(args.directory.resolve()))
    if not files.files.config.is_file():
        raise ArgumentsError(
            f"--directory {args.directory}: there is no mosquitto.conf; write it first with "
            "`jiaohao region broker`"
        )
    new = files.admit(args.halls)
    for hall in args.halls:
        word = "new" if hall in new else "as before"
        _out(f"{hall}: {word}")
    if new:
        _out(
            f"passwords: {files.password_file(COLLECTOR_CLIENT).parent}/hall-NAME.password, one "
            "for each hall's uplink; have the broker read its files again (kill -HUP)"
        )
    return os.EX_OK


def _rewind(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="jiaohao region rewind",
        description="After a hall's journal was brought back by `jiaohao journal restore`: go on "
        "from the last line that it still has. What it lost stays stored, under its own start.",
    )
    parser.add_argument("--database", required=True, metavar="URL", help=EXPECTED)
    parser.add_argument("hall", metavar="HALL")
    parser.add_argument("line", type=int, metavar="LINE", help="as the hall's uplink says")
    args = parser.parse_args(argv)
    with open_connection(args.database) as connection:
        after = rewind(connection, RegionHall(args.hall), args.line)
    _out(f"{args.hall}: goes on after line {args.line}; {after} lines that it lost are kept")
    return os.EX_OK


def _out(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _end(code: int, error: Exception) -> int:
    sys.stderr.write(f"jiaohao region: {error}\n")
    return code


if __name__ == "__main__":
    set_up_logging()
    sys.exit(main())
