"""`jiaohao torture`, short: server, broker and clients are killed, and every promise is kept."""

import json
from pathlib import Path

import pytest

from hallserver.cli import main
from tests.helpers.hall_files import EXAMPLE
from tests.helpers.postgres import cluster

ARGUMENTS = ["torture", "--hall", str(EXAMPLE)]


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_whatever_is_killed(tmp_path: Path) -> None:
    figures_file = tmp_path / "figures.json"
    code = main(
        [
            *ARGUMENTS,
            *("--server-kills", "12", "--broker-kills", "6", "--client-kills", "4"),
            *("--seed", "4", "--quiet-every", "8", "--pause", "1"),
            *("--dir", str(tmp_path / "hall"), "--json", str(figures_file)),
            # On a machine that does other work too. The bounds of a hall are the command's own.
            *("--answer-within", "20", "--sync-within", "20"),
        ]
    )
    figures = json.loads(figures_file.read_text("utf-8"))
    assert figures["complaints"] == []
    assert figures["late"] == []
    assert code == 0
    assert figures["clients"] == 122
    kills = figures["kills"]
    assert (kills["server"], kills["broker"], kills["client_processes"]) == (12, 6, 4)
    assert figures["stores"]["deleted"] == figures["stores"]["corrupted"] == 2
    assert figures["audits"] >= 2
    assert figures["acknowledged"] > 500
    assert figures["calls"] > 50
    assert figures["answer_s"]["count"] >= 5


@pytest.mark.slow
def test_a_standby_takes_over_from_a_leader_that_is_killed(tmp_path: Path) -> None:
    figures_file = tmp_path / "figures.json"
    with cluster().fresh(is_empty=True) as name:
        code = main(
            [
                *ARGUMENTS,
                *("--database", cluster().url(name), "--standby", "--clients", "24"),
                *("--server-kills", "4", "--broker-kills", "1", "--client-kills", "1"),
                *("--seed", "3", "--pause", "0.5", "--dir", str(tmp_path / "hall")),
                *("--json", str(figures_file), "--answer-within", "30", "--sync-within", "20"),
            ]
        )
    figures = json.loads(figures_file.read_text("utf-8"))
    assert figures["complaints"] == []
    assert code == 0
    assert figures["kills"]["server"] == 4
    assert figures["calls"] > 5


def test_a_standby_without_a_database_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ARGUMENTS, "--standby"]) == 2
    assert "--standby needs --database" in capsys.readouterr().err


def test_a_directory_that_is_not_empty_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("mine", "utf-8")
    assert main([*ARGUMENTS, "--dir", str(tmp_path)]) == 2
    assert "choose another --dir" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_a_hall_that_is_too_small_for_so_many_clients_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*ARGUMENTS, "--clients", "400", "--dir", str(tmp_path / "hall")]
    assert main(arguments) == 4
    assert "400 clients are 98 kiosks and 302 counters" in capsys.readouterr().err
