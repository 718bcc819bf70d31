"""What the two brokers between a hall and its region read (mosquitto.conf(5), 2.0.11).

The bridge does not stand in the hall's own broker: mosquitto takes over whatever the far end of a
bridge publishes, on any topic, past the access list, so whoever held the region's broker could send
commands in the name of any client of the hall. The uplink has a small broker of its own, which
nobody else listens to.
"""

import getpass
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hallserver.broker import BrokerFiles, BrokerTls
from hallserver.broker.files import LOOPBACK, new_passwords, password_file_text
from hallserver.client.settings import is_loopback
from hallserver.protocol.bounds import MAX_LINES_BYTES
from hallserver.protocol.ids import ClientId
from hallserver.protocol.region import (
    QOS,
    REGION_ROUTES,
    RegionHall,
    RegionRoute,
    is_hall,
    region_filter,
    region_topic,
)
from hallserver.protocol.routes import SERVER_CLIENT

UPLINK_CLIENT = ClientId("uplink")
COLLECTOR_CLIENT = ClientId("collector")
LINE_TOPIC = "jiaohao/journal/line"
"""Where the uplink's broker says whether its bridge is connected: 1 or 0."""

MAX_PACKET_BYTES = MAX_LINES_BYTES + 1_024
UPLINK_QUEUED_MESSAGES = 64
UPLINK_QUEUED_BYTES = 8 * 2**20
UPLINK_MEMORY_BYTES = 64 * 2**20
REGION_QUEUED_MESSAGES = 20_000
"""For the collector: six messages of each of 3,000 halls."""
REGION_QUEUED_BYTES = 512 * 2**20
REGION_MEMORY_BYTES = 2**30
MAX_INFLIGHT_MESSAGES = 256
KEEPALIVE_S = 15
MAX_RECONNECT_S = 30
_PASSWORDS_LINE = re.compile(r"([^:]+):.+")


class HallNameError(ValueError):
    """This cannot be a hall's name in a region."""


@dataclass(frozen=True)
class RegionAddress:
    """How a hall reaches its region."""

    hall: RegionHall
    host: str
    port: int
    password: str = field(repr=False)
    ca_file: Path | None = None


def hall_client(hall: RegionHall) -> ClientId:
    """Name a hall's account at the region's broker."""
    return ClientId(f"hall-{hall}")


def write_uplink_files(files: BrokerFiles, region: RegionAddress, *, port: int) -> str:
    """Write what the uplink's broker reads, and return the uplink's password for it."""
    files.directory.mkdir(parents=True, exist_ok=True)
    password = new_passwords([UPLINK_CLIENT])[UPLINK_CLIENT]
    _write_private(files.passwords, password_file_text({UPLINK_CLIENT: password}))
    rights = [_right(route.uplink, may_write=route.is_up) for route in REGION_ROUTES]
    acl = [f"user {UPLINK_CLIENT}", *rights, _right(LINE_TOPIC, may_write=False)]
    _write_private(files.acl, "\n".join(acl) + "\n")
    lines = [
        *_common(files, port, LOOPBACK, connections=8),
        f"max_queued_messages {UPLINK_QUEUED_MESSAGES}",
        f"max_queued_bytes {UPLINK_QUEUED_BYTES}",
        f"memory_limit {UPLINK_MEMORY_BYTES}",
        *_bridge(region),
    ]
    _write_private(files.config, "\n".join(lines) + "\n")
    return password


def _bridge(region: RegionAddress) -> list[str]:
    lines = [
        "connection region",
        f"address {region.host}:{region.port}",
        "bridge_protocol_version mqttv50",
        "local_clientid bridge",
        f"remote_clientid {hall_client(region.hall)}",
        f"remote_username {hall_client(region.hall)}",
        f"remote_password {region.password}",
        # What is on its way waits here while the line is down.
        "cleansession false",
        f"restart_timeout 1 {MAX_RECONNECT_S}",
        f"keepalive_interval {KEEPALIVE_S}",
        "notifications true",
        "notifications_local_only true",
        f"notification_topic {LINE_TOPIC}",
        "bridge_attempt_unsubscribe false",  # the region would refuse it
        f"bridge_max_packet_size {MAX_PACKET_BYTES}",
    ]
    if region.ca_file is not None:
        lines.append(f"bridge_cafile {region.ca_file}")
    return lines + [_bridged(route, region.hall) for route in REGION_ROUTES]


def _bridged(route: RegionRoute, hall: RegionHall) -> str:
    here, _, name = route.uplink.rpartition("/")
    there, _, same = region_topic(route, hall).rpartition("/")
    if name != same:
        raise ValueError(f"{route.name}: a bridge changes what stands before a name, not the name")
    return f"topic {name} {'out' if route.is_up else 'in'} {QOS} {here}/ {there}/"


@dataclass(frozen=True)
class RegionBrokerFiles:
    """What the region's broker reads, and the passwords that it gave, each in a file of its own."""

    files: BrokerFiles

    def password_file(self, client: ClientId) -> Path:
        """Name the file that holds one account's password."""
        return self.files.directory / "credentials" / f"{client}.password"

    def write(
        self, *, port: int, host: str = LOOPBACK, tls: BrokerTls | None = None, halls: int = 3_000
    ) -> None:
        """Write the configuration. Raises ValueError for a network host without TLS."""
        if tls is None and not is_loopback(host):
            raise ValueError(f"{host} is reached over the network: journals need TLS")
        self.files.directory.mkdir(parents=True, exist_ok=True)
        lines = [
            *_common(self.files, port, host, connections=halls + 16, tls=tls),
            f"max_queued_messages {REGION_QUEUED_MESSAGES}",
            f"max_queued_bytes {REGION_QUEUED_BYTES}",
            f"memory_limit {REGION_MEMORY_BYTES}",
            "max_keepalive 60",
            "persistent_client_expiration 1d",
        ]
        _write_private(self.files.config, "\n".join(lines) + "\n")

    def halls(self) -> list[RegionHall]:
        """List the halls that have an account."""
        return [
            RegionHall(client.removeprefix("hall-"))
            for client in self._accounts()
            if client.startswith("hall-")
        ]

    def admit(self, halls: Iterable[str]) -> list[RegionHall]:
        """Give accounts to halls that have none, and to the collector; returns the new halls.

        A running broker reads the files again at SIGHUP (mosquitto(8)). Raises HallNameError.
        """
        wanted = [RegionHall(name) for name in dict.fromkeys(halls)]
        for hall in wanted:
            if not is_hall(hall):
                raise HallNameError(
                    f"{hall!r}: a hall's name is 1 to 40 lower-case letters, digits and hyphens"
                )
        known = self._accounts()
        new = [
            client
            for client in (COLLECTOR_CLIENT, *map(hall_client, wanted))
            if client not in known
        ]
        drawn = new_passwords(new)
        drawn.pop(SERVER_CLIENT, None)
        for client, password in drawn.items():
            path = self.password_file(client)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_private(path, password + "\n")
        lines = "".join(known.values()) + password_file_text(drawn)
        _write_private(self.files.acl, region_acl((*known, *drawn)))
        _write_private(self.files.passwords, lines)
        return [hall for hall in wanted if hall_client(hall) in drawn]

    def _accounts(self) -> Mapping[ClientId, str]:
        """Return the lines of the password file, by account."""
        try:
            lines = self.files.passwords.read_text("utf-8").splitlines(keepends=True)
        except FileNotFoundError:
            return {}
        matches = ((_PASSWORDS_LINE.match(line), line) for line in lines)
        return {ClientId(match[1]): line for match, line in matches if match}


def region_acl(clients: Iterable[ClientId]) -> str:
    """Derive the region's access list: a hall has its own topics, the collector those of all."""
    lines = ["# Generated from the routes of hallserver.protocol.region."]
    for client in clients:
        lines += ["", f"user {client}"]
        for route in REGION_ROUTES:
            if client == COLLECTOR_CLIENT:
                lines.append(_right(region_filter(route), may_write=not route.is_up))
            else:
                hall = RegionHall(client.removeprefix("hall-"))
                lines.append(_right(region_topic(route, hall), may_write=route.is_up))
    return "\n".join(lines) + "\n"


def _right(topic: str, *, may_write: bool) -> str:
    return f"topic {'write' if may_write else 'read'} {topic}"


def _common(
    files: BrokerFiles, port: int, host: str, *, connections: int, tls: BrokerTls | None = None
) -> list[str]:
    lines = [
        "# Generated by hallserver.region.",
        "per_listener_settings false",
        f"listener {port} {host}",
        f"max_connections {connections}",
        "max_qos 1",
    ]
    if tls is not None:
        lines += [
            f"certfile {tls.certificate_file}",
            f"keyfile {tls.key_file}",
            "tls_version tlsv1.2",
        ]
    return [
        *lines,
        "allow_anonymous false",
        "allow_zero_length_clientid false",
        "use_username_as_clientid true",
        f"password_file {files.passwords}",
        f"acl_file {files.acl}",
        "set_tcp_nodelay true",
        f"max_inflight_messages {MAX_INFLIGHT_MESSAGES}",
        f"max_packet_size {MAX_PACKET_BYTES}",
        "queue_qos0_messages false",
        "sys_interval 0",
        f"user {getpass.getuser()}",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        # Both are disposable: the journal of the hall is the truth, and the region's database.
        "persistence false",
    ]


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
