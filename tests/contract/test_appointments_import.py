"""`jiaohao appointments import` against a real server and broker."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from hallserver import cli
from hallserver.broker import RunningBroker, run_broker, write_client_password
from hallserver.client.booking_file import Wish, read_bookings
from hallserver.client.outbox import Outbox
from hallserver.client.store import SqliteOutboxStore
from hallserver.protocol.ids import ClientId
from tests.helpers.broker import files_under
from tests.helpers.hall_files import SMALL_HALL, changed
from tests.helpers.journals import rows
from tests.helpers.servers import ServerProcess

GATEWAY = ClientId("gateway-01")
KEY = "0f" * 32
NUMBERS = ("11010519491231002X", "440524188001010014")
BOOKABLE = """
[[gateway]]
id = "gateway-01"
place = { zh = "机房", en = "Server room" }
"""
STATES = "SELECT slot, state FROM appointment ORDER BY id"


@pytest.fixture
def hall_file(tmp_path: Path) -> Path:
    path = tmp_path / "hall.toml"
    rules = 'prefix = "A"\nappointments = { slot_min = 30, capacity = 2, days_ahead = 3 }\n'
    path.write_text(changed('prefix = "A"\n', rules, SMALL_HALL) + BOOKABLE, encoding="utf-8")
    return path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with run_broker(tmp_path / "broker", [GATEWAY]) as broker:
        yield broker


@pytest.fixture
def server(tmp_path: Path, broker: RunningBroker, hall_file: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path, broker, hall_file) as server:
        server.until("ready")
        yield server


class Gateway:
    """The booking system of a city: it writes a file and has it imported."""

    def __init__(self, directory: Path, broker: RunningBroker) -> None:
        self.directory = directory
        self.results = directory / "results.csv"
        self.key = directory / "person.key"
        self.key.write_text(KEY + "\n", encoding="ascii")
        self.arguments = [
            *("--client", GATEWAY, "--broker", f"{broker.host}:{broker.port}"),
            *("--password-file", str(self._password(broker))),
            *("--state-dir", str(directory / "gateway")),
            *("--person-key-file", str(self.key)),
            *("--results", str(self.results)),
        ]

    def _password(self, broker: RunningBroker) -> Path:
        return write_client_password(self.directory, GATEWAY, broker.passwords[GATEWAY])

    def imports(self, *lines: str, more: tuple[str, ...] = ()) -> int:
        file = self.directory / "bookings.csv"
        file.write_text("\n".join(("service,day,slot,id_number", *lines)) + "\n", "utf-8-sig")
        return cli.main(["appointments", "import", str(file), *self.arguments, *more])

    def told(self) -> list[tuple[str, str]]:
        with self.results.open(encoding="utf-8", newline="") as file:
            return [(row["line"], row["result"]) for row in csv.DictReader(file)]


@pytest.fixture
def tomorrow(tmp_path: Path, server: ServerProcess) -> str:
    """The day after the server's own."""
    [(day,)] = rows(tmp_path / "state", "SELECT day FROM business_day")
    return f"{date.fromisoformat(str(day)) + timedelta(days=1):%Y%m%d}"


def test_a_file_is_booked_once_however_often_it_is_imported(
    tmp_path: Path,
    broker: RunningBroker,
    tomorrow: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gateway = Gateway(tmp_path, broker)
    lines = (
        f"passport,{tomorrow},09:30,{NUMBERS[0]}",
        f"passport,{tomorrow},09:30,{NUMBERS[1]}",
        f"passport,{tomorrow},09:10,{NUMBERS[1]}",
        f"passport,{tomorrow},09:30,{NUMBERS[1][:-1]}0",
        f"passport,{tomorrow},09:30,{NUMBERS[0]}",
    )
    told = [
        ("2", "booked"),
        ("3", "booked"),
        ("4", "already_booked"),
        ("5", "bad_row"),
        ("6", "repeated"),
    ]
    for _ in range(2):
        assert gateway.imports(*lines) == 1
        assert gateway.told() == told
    assert rows(tmp_path / "state", STATES) == [("09:30", "booked"), ("09:30", "booked")]
    # Asked with other ids, the hall's own rule still books nobody twice.
    assert gateway.imports(*lines, more=("--again",)) == 1
    assert [word for _, word in gateway.told()[:2]] == ["already_booked", "already_booked"]
    assert len(rows(tmp_path / "state", STATES)) == 2
    said = capsys.readouterr()
    assert "2 of 5 rows booked as gateway-01" in said.out
    everything = said.out + said.err + gateway.results.read_text("utf-8")
    assert not any(number[:17] in everything for number in NUMBERS)
    kept = files_under(tmp_path / "state") + files_under(tmp_path / "gateway")
    assert b"AppointmentBooked" in kept
    assert not any(number[:17].encode() in kept for number in NUMBERS)


def test_what_was_refused_for_want_of_room_is_asked_anew_on_demand(
    tmp_path: Path, broker: RunningBroker, tomorrow: str
) -> None:
    gateway = Gateway(tmp_path, broker)
    early = f"passport,{tomorrow},03:00,{NUMBERS[0]}"
    late = f"invoice,{tomorrow},10:00,{NUMBERS[0]}"
    assert gateway.imports(early) == 0
    assert gateway.imports(early, late) == 1
    assert gateway.told() == [("2", "booked"), ("3", "not_bookable")]


def test_rows_that_a_killed_import_left_behind_are_sent_once_by_the_next(
    tmp_path: Path, broker: RunningBroker, tomorrow: str
) -> None:
    """The outbox on disk holds the command under the row's own id; the file asks for it too."""
    gateway = Gateway(tmp_path, broker)
    line = f"passport,{tomorrow},09:30,{NUMBERS[0]}"
    head = "service,day,slot,id_number"
    [row] = read_bookings([f"{head}\n", f"{line}\n"], bytes.fromhex(KEY))
    assert isinstance(row, Wish)
    store = SqliteOutboxStore(tmp_path / "gateway" / f"{GATEWAY}.outbox.sqlite")
    Outbox(store).add(row.command_id, row.command)
    store.close()
    assert gateway.imports(line) == 0
    written = rows(
        tmp_path / "state", "SELECT command_id FROM event WHERE type = 'AppointmentBooked'"
    )
    assert written == [(row.command_id,)]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("service,day,slot\n", "person_key"),
        (None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_used_asks_nothing(
    tmp_path: Path,
    broker: RunningBroker,
    broken: str | None,
    why: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gateway = Gateway(tmp_path, broker)
    file = tmp_path / "broken.csv"
    if broken is not None:
        file.write_text(broken, encoding="utf-8")
    assert cli.main(["appointments", "import", str(file), *gateway.arguments]) == 2
    assert why in capsys.readouterr().out


def test_only_a_gateway_imports(
    tmp_path: Path, broker: RunningBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = Gateway(tmp_path, broker)
    arguments = ["kiosk-01" if each == GATEWAY else each for each in gateway.arguments]
    assert cli.main(["appointments", "import", "none.csv", *arguments]) == 2
    assert "expected gateway-N" in capsys.readouterr().out
