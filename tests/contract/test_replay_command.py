"""`jiaohao replay` on a journal on disk, as a manager runs it."""

import hashlib
import json
from pathlib import Path

import pytest

from hallserver.cli import EXIT_OK, EXIT_UNUSABLE, main
from hallserver.config import load_plan
from hallserver.domain import events as ev
from hallserver.domain.plan import Clerk, HallPlan, with_clerks, without_hours
from hallserver.domain.rules import Permission
from hallserver.journal import Journal, sqlite_url
from hallserver.protocol.ids import ClerkId
from tests.helpers.eager import EagerDay
from tests.helpers.hall_files import EXAMPLE, SMALL_HALL
from tests.helpers.halls import DAY_MS, text

POLICY = """\
[policy]
id = "tried"
order = "target"
mix = "none"
"""


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of the example hall, and the morning after, on which nobody has come yet."""
    directory = tmp_path_factory.mktemp("hall")
    day = EagerDay(staffed_example(4), seed=7, people=150)
    day.play()
    day.played.pass_time(DAY_MS)
    day.played.tick()
    with Journal.open(sqlite_url(directory)) as opened:
        opened.begin_epoch(day.played.now)
        opened.append(day.played.journal, [])
    return directory / "journal.sqlite3"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "tried.toml"
    file.write_text(POLICY, encoding="utf-8")
    return file


def staffed_example(clerks: int) -> HallPlan:
    """The example hall, which has its clerks in a file of their own."""
    return with_clerks(
        without_hours(load_plan(EXAMPLE)),
        (
            Clerk(ClerkId(f"clerk-{n}"), text(f"{n}"), f"{n}", "", frozenset(Permission))
            for n in range(clerks)
        ),
    )


def run(journal: Path, policy: Path, *more: str, hall: Path = EXAMPLE) -> int:
    return main(["replay", str(journal), "--policy", str(policy), "--hall", str(hall), *more])


def test_the_last_day_with_visits_is_compared_class_by_class_and_service_by_service(
    journal: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(journal, policy, "--json") == EXIT_OK
    answer = json.loads(capsys.readouterr().out)
    assert answer["day"] == "20261123"
    everybody = answer["rows"][0]
    assert (everybody["priority"], everybody["service"]) == ("all", "all")
    recorded, as_is, tried = everybody["columns"]
    assert recorded["people"] >= 150
    # The clerks of this day never paused: the hall's own policy enacted is what was recorded.
    assert as_is == recorded
    assert tried["people"] == recorded["people"]
    assert tried["p90"] > 0
    assert len({row["service"] for row in answer["rows"]} - {"all"}) > 3
    assert len({row["priority"] for row in answer["rows"]} - {"all", "-"}) > 1


def test_a_manager_reads_a_table(
    journal: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = hashlib.sha256(journal.read_bytes()).digest()
    assert run(journal, policy, "--day", "20261123") == EXIT_OK
    out = capsys.readouterr().out
    assert "business day 20261123" in out
    assert out.count("p90") == 3
    assert hashlib.sha256(journal.read_bytes()).digest() == before


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('[policy]\nid = "p"\norder = "fist_come"\n', 'did you mean "first_come"?'),
        ('[policy]\nid = "p"\nratio = "2:1"\n', 'write mix = "ratio"'),
        ('[[policy]]\nid = "p"\n', "write [policy]"),
        ('[polcy]\nid = "p"\n', "is not a known key"),
        ("", "policy: is missing"),
        ("[policy", "is not valid TOML"),
    ],
)
def test_mistakes_of_the_policy_are_said(
    journal: Path, tmp_path: Path, wrong: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(wrong, encoding="utf-8")
    assert run(journal, file) == EXIT_UNUSABLE
    assert said in capsys.readouterr().err


def test_what_cannot_be_compared_is_said(
    journal: Path, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small.toml"
    small.write_text(SMALL_HALL, encoding="utf-8")
    nothing = tmp_path / "nothing.sqlite3"
    prose = tmp_path / "prose.sqlite3"
    prose.write_text("no journal\n" * 100, encoding="utf-8")
    cases = (
        (lambda: run(journal, policy, "--day", "20200101"), "there is no business day 20200101"),
        (lambda: run(nothing, policy), "there is no such file"),
        (lambda: run(prose, policy), "is not a journal"),
        (lambda: run(journal, policy, hall=small), "the hall file has no"),
        (lambda: run(journal, policy, hall=nothing), "cannot be read"),
        (lambda: run(journal, nothing), "cannot be read"),
    )
    for attempt, said in cases:
        assert attempt() == EXIT_UNUSABLE
        assert said in capsys.readouterr().err
    assert not nothing.exists()


def test_a_journal_without_visits_says_so(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal.open(sqlite_url(tmp_path)) as opened:
        day = EagerDay(staffed_example(1), seed=1, people=0)
        lines = [line for line in day.played.journal if isinstance(line.event, ev.DayOpened)]
        opened.append(lines, [])
    assert run(tmp_path / "journal.sqlite3", policy) == EXIT_UNUSABLE
    assert "there is no business day with visits" in capsys.readouterr().err
