"""What mosquitto reads: configuration, hashed passwords and the access list, from the routes table.

Checked against mosquitto 2.0.11 (mosquitto.conf(5)). The broker's store is disposable: what
matters is in the hall's journal and in the clients' outboxes.
"""

import base64
import getpass
import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hallserver.broker.control import ANSWER_TOPIC, CONTROL_TOPIC, KNOWS_NOBODY, find_plugin
from hallserver.client.settings import is_loopback
from hallserver.protocol.bounds import MAX_PUBLISHED_BYTES
from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import (
    ROUTES,
    SERVER_CLIENT,
    Role,
    Route,
    counter_of,
    role_of,
)

LOOPBACK = "127.0.0.1"

PASSWORD_BYTES = 24
PBKDF2_ITERATIONS = 101
"""mosquitto_passwd's own number. Stretching protects passwords that people choose; ours are 192
bits of chance, and the broker's only thread does the stretching at every connect."""
SALT_BYTES = 12
HASH_BYTES = 64

MAX_INFLIGHT_MESSAGES = 256
"""Unacknowledged towards one client. The server acknowledges after its commit, so this is also the
size of its largest group commit; mosquitto's own 20 would be less than the counters of a hall."""
MAX_QUEUED_MESSAGES = 2_000
MAX_QUEUED_BYTES = 16 * 2**20
MAX_PACKET_BYTES = MAX_PUBLISHED_BYTES + 1_024
MEMORY_LIMIT_BYTES = 512 * 2**20
MAX_KEEPALIVE_S = 60
SPARE_CONNECTIONS = 16


@dataclass(frozen=True)
class BrokerTls:
    """PEM files: the broker's certificate chain and key, and the authority that clients trust."""

    certificate_file: Path
    key_file: Path
    ca_file: Path


@dataclass(frozen=True)
class BrokerFiles:
    """What mosquitto reads. `write` makes the files; only their owner may read them."""

    directory: Path

    @property
    def config(self) -> Path:
        """The file that mosquitto is started with."""
        return self.directory / "mosquitto.conf"

    @property
    def passwords(self) -> Path:
        """Names and salted hashes, never a password."""
        return self.directory / "passwords"

    @property
    def acl(self) -> Path:
        """Who may read and write which topic."""
        return self.directory / "acl"

    @property
    def shut_out(self) -> Path:
        """Whom the server has had shut out; the broker writes it (`hallserver.broker.control`)."""
        return self.directory / "shut-out.json"

    @property
    def log(self) -> Path:
        """Where a broker that `run_broker` starts writes its log."""
        return self.directory / "mosquitto.log"

    def write(
        self,
        passwords: Mapping[ClientId, str],
        *,
        port: int,
        host: str = LOOPBACK,
        tls: BrokerTls | None = None,
        store: Path | None = None,
    ) -> None:
        """Write all of them. `store` is a directory where the broker keeps retained messages.

        Raises ValueError for a client that no hall has, and for a host outside loopback without
        TLS.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        _write_private(self.acl, acl_text(passwords))
        _write_private(self.passwords, password_file_text(passwords))
        _write_private(self.shut_out, KNOWS_NOBODY)
        _write_private(
            self.config,
            config_text(self, len(passwords), port=port, host=host, tls=tls, store=store),
        )


def new_passwords(clients: Iterable[ClientId]) -> dict[ClientId, str]:
    """Draw a password for each client, and for the server in any case."""
    return {
        client: secrets.token_urlsafe(PASSWORD_BYTES)
        for client in dict.fromkeys((SERVER_CLIENT, *clients))
    }


def write_client_password(directory: Path, client: ClientId, password: str) -> Path:
    """Write the file that a client program takes as `--password-file`, for its owner only."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{client}.password"
    _write_private(path, password + "\n")
    return path


def acl_text(clients: Iterable[ClientId]) -> str:
    """Derive mosquitto's access list from the routes: what is not listed is denied."""
    lines = ["# Generated from the routes table of hallserver.protocol.routes."]
    for client in clients:
        role = role_of(client)
        if role is None:
            raise ValueError(f"{client} is not a client of a hall")
        lines += ["", f"user {client}"]
        for route in ROUTES:
            own = _own_topics(route, client, role)
            if role in route.sender:
                lines.append(f"topic write {own}")
            if role in route.readers:
                lines.append(f"topic read {own}")
        if role is Role.SERVER:
            lines += [f"topic write {CONTROL_TOPIC}", f"topic read {ANSWER_TOPIC}"]
    return "\n".join(lines) + "\n"


def _own_topics(route: Route, client: ClientId, role: Role) -> str:
    """Fill the template with the client itself; the server, and any zone, get the wildcard."""
    counter = counter_of(client)
    return route.template.format(
        client="+" if role is Role.SERVER else client,
        counter="+" if counter is None else counter,
        zone="+",
    )


def password_file_text(passwords: Mapping[ClientId, str]) -> str:
    """Hash the passwords as mosquitto_passwd does: `$7$iterations$salt$PBKDF2-HMAC-SHA512`."""
    lines = []
    for client, password in passwords.items():
        salt = secrets.token_bytes(SALT_BYTES)
        digest = hashlib.pbkdf2_hmac(
            "sha512", password.encode(), salt, PBKDF2_ITERATIONS, HASH_BYTES
        )
        parts = (base64.b64encode(part).decode("ascii") for part in (salt, digest))
        lines.append(f"{client}:$7${PBKDF2_ITERATIONS}${'$'.join(parts)}\n")
    return "".join(lines)


def config_text(
    files: BrokerFiles,
    clients: int,
    *,
    port: int,
    host: str = LOOPBACK,
    tls: BrokerTls | None = None,
    store: Path | None = None,
) -> str:
    """Write mosquitto.conf. Raises ValueError for a host outside loopback without TLS."""
    if tls is None and not is_loopback(host):
        raise ValueError(f"{host} is reached over the network: passwords and tickets need TLS")
    lines = [
        "# Generated by hallserver.broker.",
        # With per-listener settings, a password_file that stands before its listener would
        # guard nothing: one listener, settings for all.
        "per_listener_settings false",
        f"listener {port} {host}",
        f"max_connections {clients + SPARE_CONNECTIONS}",
        "max_qos 1",
    ]
    if tls is not None:
        lines += [
            f"certfile {tls.certificate_file}",
            f"keyfile {tls.key_file}",
            "tls_version tlsv1.2",  # the least: mosquitto takes this and what is newer
        ]
    lines += [
        "allow_anonymous false",
        "allow_zero_length_clientid false",
        # Without this, whoever holds one device's password can connect under another's id,
        # push it out and read its answers.
        "use_username_as_clientid true",
        f"password_file {files.passwords}",
        f"acl_file {files.acl}",
        # Nagle and delayed acknowledgement cost 44 ms a round trip.
        "set_tcp_nodelay true",
        f"max_inflight_messages {MAX_INFLIGHT_MESSAGES}",
        f"max_queued_messages {MAX_QUEUED_MESSAGES}",
        f"max_queued_bytes {MAX_QUEUED_BYTES}",
        # What is longer ends its sender's connection before it is held in memory.
        f"max_packet_size {MAX_PACKET_BYTES}",
        f"memory_limit {MEMORY_LIMIT_BYTES}",
        f"max_keepalive {MAX_KEEPALIVE_S}",
        "queue_qos0_messages false",
        "persistent_client_expiration 1h",
        "sys_interval 0",
        # Started by root, mosquitto would become a user that cannot read these files; the
        # product's service starts it as its own user from the beginning.
        f"user {getpass.getuser()}",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        f"persistence {'false' if store is None else 'true'}",
    ]
    plugin = find_plugin()
    if plugin is not None:  # without it a flood is dropped by the server only
        lines += [f"plugin {plugin}", f"plugin_opt_config_file {files.shut_out}"]
    if store is not None:
        lines += [f"persistence_location {store}/", "autosave_interval 60"]
    return "\n".join(lines) + "\n"


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
