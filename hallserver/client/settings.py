"""How a client finds and joins its hall: command line arguments, read into one typed value."""

import argparse
import ipaddress
import logging
from dataclasses import dataclass, field
from pathlib import Path

from hallserver.client.outbox import OutboxStore
from hallserver.client.record import NullRecord, Record
from hallserver.client.store import MemoryOutboxStore, SqliteOutboxStore, StoreUnavailableError
from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import Role, role_of

MAX_BROKER_PASSWORD_BYTES = 256

_LOG = logging.getLogger(__name__)


class SettingsError(ValueError):
    """The settings cannot be used; the text says which and what to do."""


@dataclass(frozen=True)
class LinkSettings:
    """One client's way to its broker. With `ca_file` the connection is TLS."""

    client: ClientId
    host: str
    port: int
    password: str = field(repr=False)
    ca_file: Path | None = None


def add_link_arguments(parser: argparse.ArgumentParser, *, has_record: bool = True) -> None:
    """Add the arguments that every client program takes; some keep no record for an audit."""
    group = parser.add_argument_group("link to the hall")
    group.add_argument("--client", required=True, metavar="ID", help="for example kiosk-01")
    group.add_argument("--broker", required=True, metavar="HOST:PORT")
    group.add_argument("--password-file", required=True, type=Path, metavar="FILE")
    group.add_argument("--ca-file", type=Path, metavar="FILE", help="use TLS, trust this authority")
    group.add_argument(
        "--insecure", action="store_true", help="allow a broker on another machine without TLS"
    )
    group.add_argument("--state-dir", type=Path, metavar="DIR", help="keep unanswered commands")
    if has_record:
        group.add_argument(
            "--record", type=Path, metavar="FILE", help="write what happens, as JSON"
        )


def link_settings(namespace: argparse.Namespace) -> LinkSettings:
    """Read what `add_link_arguments` parsed. Raises SettingsError."""
    client = ClientId(namespace.client)
    if role_of(client) in (None, Role.SERVER):
        raise SettingsError(
            f"--client {client}: expected kiosk-N, counter-N, pad-N, callscreen-N, guide-N, "
            "console-N or gateway-N"
        )
    host, port = _broker(namespace.broker)
    if namespace.ca_file is None and not namespace.insecure and not is_loopback(host):
        raise SettingsError(
            f"--broker {host} is another machine and there is no --ca-file: without TLS this "
            "device's password and every ticket would cross the network readable. Give --ca-file, "
            "or --insecure if the network is trusted."
        )
    if namespace.ca_file is not None and not namespace.ca_file.is_file():
        raise SettingsError(f"--ca-file {namespace.ca_file}: there is no such file")
    return LinkSettings(client, host, port, _password(namespace.password_file), namespace.ca_file)


def open_outbox(namespace: argparse.Namespace) -> OutboxStore:
    """Open the client's outbox in `--state-dir`. Raises StoreBusyError."""
    if namespace.state_dir is None:
        return MemoryOutboxStore()
    try:
        return SqliteOutboxStore(namespace.state_dir / f"{namespace.client}.outbox.sqlite")
    except StoreUnavailableError as error:
        _LOG.error("%s: commands are kept in memory only", error)
        return MemoryOutboxStore()


def open_record(namespace: argparse.Namespace) -> Record:
    """Open the record that `--record` asks for. Raises OSError."""
    return NullRecord() if namespace.record is None else Record(namespace.record)


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _broker(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")  # IPv6 as in RFC 3986, 3.2.2
    if not colon or not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SettingsError(f"--broker {text}: expected HOST:PORT, for example 127.0.0.1:1883")
    return host, int(port)


def _password(path: Path) -> str:
    try:
        with path.open("rb") as file:
            password = file.readline(MAX_BROKER_PASSWORD_BYTES + 1).rstrip(b"\r\n").decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        # A decoding error's text would quote the password.
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"--password-file {path}: {why}") from None
    if not password or len(password.encode()) > MAX_BROKER_PASSWORD_BYTES:
        raise SettingsError(
            f"--password-file {path}: its first line has to be the password, "
            f"1 to {MAX_BROKER_PASSWORD_BYTES} bytes"
        )
    return password
