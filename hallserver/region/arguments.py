"""Arguments that the uplink and the collector share, read and refused in the same words."""

import argparse
import logging
import sys
from pathlib import Path

from hallserver.client.settings import is_loopback


class ArgumentsError(ValueError):
    """The arguments cannot be used; the text says which and what to do."""


def add_broker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is needed to reach the region's broker, besides its address."""
    parser.add_argument(
        "--password-file", required=True, type=Path, metavar="FILE", help="as it was given to us"
    )
    parser.add_argument(
        "--ca-file", type=Path, metavar="FILE", help="use TLS, trust this authority"
    )
    parser.add_argument("--insecure", action="store_true", help="allow another machine without TLS")


def read_address(args: argparse.Namespace, option: str, text: str) -> tuple[str, int]:
    """Read HOST:PORT. Raises ArgumentsError, also for another machine without TLS."""
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")  # IPv6 as in RFC 3986, 3.2.2
    if not bare or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ArgumentsError(f"{option} {text}: expected HOST:PORT, for example 127.0.0.1:1883")
    if args.ca_file is None and not args.insecure and not is_loopback(bare):
        raise ArgumentsError(
            f"{option} {bare} is another machine: give --ca-file, or --insecure if the network is "
            "trusted"
        )
    if args.ca_file is not None and not args.ca_file.is_file():
        raise ArgumentsError(f"--ca-file {args.ca_file}: there is no such file")
    return bare, int(port)


def read_password(path: Path) -> str:
    """Read the first line of a password file. Raises ArgumentsError."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ArgumentsError(f"--password-file {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ArgumentsError(f"--password-file {path}: it is not UTF-8") from None
    if not lines or not lines[0]:
        raise ArgumentsError(f"--password-file {path}: its first line has to be the password")
    return lines[0]


def set_up_logging() -> None:
    """Log to the standard error, as the hall server does."""
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
