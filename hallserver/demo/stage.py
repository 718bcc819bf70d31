"""What has to lie on disk before a hall can be started: credentials, clerks, keys."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from hallserver.broker import RunningBroker, run_broker, write_client_password
from hallserver.domain.plan import HallPlan
from hallserver.passwords import SALT_BYTES, hash_password
from hallserver.protocol.ids import ClientId, CounterId
from hallserver.protocol.routes import SERVER_CLIENT, counter_terminal, rating_pad


@dataclass(frozen=True, slots=True)
class Stage:
    """A prepared directory, and the broker that runs on it."""

    plan: HallPlan
    hall_file: Path
    directory: Path
    broker: RunningBroker
    accounts: dict[CounterId, tuple[str, str]]

    @property
    def broker_address(self) -> str:
        """`host:port`, as programs take it."""
        return f"{self.broker.host}:{self.broker.port}"

    @property
    def records(self) -> Path:
        """Where every process writes what it was told."""
        return self.directory / "records"

    @property
    def journal(self) -> Path:
        """The database file of the server's journal."""
        return self.directory / "server" / "journal.sqlite3"

    @property
    def person_key(self) -> Path:
        """The hall's key for person keys, for kiosks."""
        return self.directory / "secrets" / "person.key"

    @property
    def clerks(self) -> Path:
        """The clerks' accounts as a hall file has them, for the server."""
        return self.directory / "secrets" / "clerks.toml"

    @property
    def accounts_file(self) -> Path:
        """The clerks' passwords by counter, for simulated clerks."""
        return self.directory / "secrets" / "accounts.json"

    @property
    def credentials(self) -> Path:
        """The broker's passwords by client id, for crowds."""
        return self.directory / "secrets" / "credentials.json"

    def password_file(self, client: ClientId) -> Path:
        """The file that one client program takes as `--password-file`."""
        return write_client_password(
            self.directory / "secrets", client, self.broker.passwords[client]
        )

    def link_arguments(self, client: ClientId, record: str) -> list[str]:
        """The arguments that every client program takes."""
        return [
            *("--client", client),
            *("--broker", self.broker_address),
            *("--password-file", str(self.password_file(client))),
            *("--state-dir", str(self.directory / "state" / client)),
            *("--record", str(self.records / f"{record}.jsonl")),
        ]

    def server_arguments(self) -> list[str]:
        """The command line of the hall server, after `python`."""
        return [
            *("-m", "hallserver"),
            *("--hall", str(self.hall_file)),
            *("--state-dir", str(self.journal.parent)),
            *("--broker", self.broker_address),
            *("--password-file", str(self.password_file(SERVER_CLIENT))),
            *("--clerks", str(self.clerks)),
            "--without-hours",  # a demo in the night is a demo
        ]


def clients_of(plan: HallPlan) -> list[ClientId]:
    """Name every device of a hall: each has a credential of its own."""
    return [
        *(kiosk.id for kiosk in plan.kiosks),
        *(screen.id for screen in plan.callscreens),
        *(counter_terminal(counter.id) for counter in plan.counters),
        *(rating_pad(counter.id) for counter in plan.counters),
        *(tablet.id for tablet in (*plan.guides, *plan.consoles, *plan.gateways)),
    ]


def set_stage(
    plan: HallPlan, hall_file: Path, directory: Path, broker_store: Path | None = None
) -> Stage:
    """Prepare a directory and start a broker there. Raises BrokerError, OSError.

    With `broker_store`, a directory, the broker keeps what is retained over its restarts.
    """
    private = directory / "secrets"
    private.mkdir(parents=True, exist_ok=True)
    private.chmod(0o700)
    (directory / "server").mkdir(exist_ok=True)
    (directory / "records").mkdir(exist_ok=True)
    # One password for all 92, drawn for this demo: hashing each its own would take seven seconds.
    password = secrets.token_urlsafe(12)
    accounts = {counter.id: (f"clerk-{counter.id}", password) for counter in plan.counters}
    stage = Stage(
        plan=plan,
        hall_file=hall_file,
        directory=directory,
        broker=run_broker(directory / "broker", clients_of(plan), store=broker_store),
        accounts=accounts,
    )
    stage.person_key.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
    stage.clerks.write_text(
        _clerks_toml(accounts, hash_password(password, secrets.token_bytes(SALT_BYTES))),
        encoding="utf-8",
    )
    stage.accounts_file.write_text(
        json.dumps({str(counter): account for counter, account in accounts.items()}),
        encoding="utf-8",
    )
    stage.credentials.write_text(json.dumps(dict(stage.broker.passwords)), encoding="utf-8")
    return stage


def _clerks_toml(accounts: dict[CounterId, tuple[str, str]], hashed: str) -> str:
    blocks = []
    for counter, (account, _) in accounts.items():
        blocks.append(
            "[[clerk]]\n"
            f'id = "{account}"\n'
            f'name = {{ zh = "工号{counter:03d}", en = "Clerk {counter:03d}" }}\n'
            f'staff_number = "{counter:03d}"\n'
            f'password_hash = "{hashed}"\n'
        )
    return "\n".join(blocks)
