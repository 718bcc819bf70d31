import json
import os
import subprocess
import sys

import pytest

from hallserver import cli
from hallserver.passwords import is_password
from tests.helpers.hall_files import EXAMPLE, SMALL_HALL, changed, line_with


@pytest.fixture
def hall_file(tmp_path):
    def write(text):
        path = tmp_path / "hall.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def run_program(*arguments, given="", **environment):
    return subprocess.run(
        [sys.executable, "-m", "hallserver.cli", *map(str, arguments)],
        input=given.encode(),
        env=os.environ | environment,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_the_program_finds_the_example_right():
    done = run_program("config", "check", EXAMPLE)
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.decode().startswith("OK: 5 zones, 31 departments, ")
    assert "92 counters, 30 kiosks, 25 call screens" in done.stdout.decode()


def test_a_terminal_without_chinese_gets_escapes_and_no_traceback(hall_file):
    path = hall_file(changed('zone = "ground"\nprefix', 'zone = "壹楼"\nprefix'))
    done = run_program("config", "check", path, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert b"\\u58f9\\u697c" in done.stdout
    assert done.stderr == b""


def test_mistakes_are_listed_with_their_lines_and_counted(hall_file, capsys):
    path = hall_file(changed("intials", "initals", changed("initials", "intials")))
    assert cli.main(["config", "check", str(path)]) == 1
    line = line_with(SMALL_HALL, "initials")
    assert capsys.readouterr().out.splitlines() == [
        f'{path}: line {line}: service[1].initals: is not a known key (did you mean "initials"?)',
        "1 mistake",
    ]


def test_mistakes_as_json(hall_file, capsys):
    path = hall_file(changed("width = 4", "width = 9", changed("Asia/Shanghai", "Asia/Shangai")))
    assert cli.main(["config", "check", "--json", str(path)]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False
    assert answer["mistakes"] == [
        {
            "place": "rules.timezone",
            "line": 6,
            "text": '"Asia/Shangai" is not a time zone',
            "hint": 'did you mean "Asia/Shanghai"?',
        },
        {
            "place": "service[2].width",
            "line": line_with(SMALL_HALL, "width = 4"),
            "text": "9 is not between 2 and 5",
            "hint": None,
        },
    ]


def test_a_right_file_as_json(hall_file, capsys):
    assert cli.main(["config", "check", "--json", str(hall_file(SMALL_HALL))]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is True
    assert answer["hall"] == "small"
    assert answer["counts"]["counters"] == 3


def test_how_far_the_calendar_reaches_is_a_note_and_back_offices_are_no_windows(capsys):
    assert cli.main(["config", "check", str(EXAMPLE)]) == 0
    first, note = capsys.readouterr().out.splitlines()
    assert "92 counters" in first
    assert first.endswith("3 items, 3 back offices")
    assert note.startswith("note: the calendar of holidays reaches to the end of 2026")
    assert cli.main(["config", "check", "--json", str(EXAMPLE)]) == 0
    assert len(json.loads(capsys.readouterr().out)["notes"]) == 1


def test_a_file_that_cannot_be_read_is_told_apart_from_a_wrong_one(tmp_path, capsys):
    assert cli.main(["config", "check", str(tmp_path / "none.toml")]) == 2
    assert "none.toml: cannot be read: No such file" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["config"], ["config", "chek"], ["config", "check"]])
def test_wrong_arguments_end_with_2_and_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: jiaohao" in capsys.readouterr().err


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"jiaohao {cli.version()}\n"


def test_every_command_has_a_name_of_its_own_and_a_known_group():
    names = [command.name for command in cli.COMMANDS]
    assert len(set(names)) == len(names)
    assert {name.rpartition(" ")[0] for name in names} <= {"", *cli.GROUPS}


def test_a_hash_of_a_password_is_printed_and_fits_a_hall_file(hall_file):
    done = run_program("config", "hash-password", given="Abc-12345\n")
    assert done.returncode == 0
    stored = done.stdout.decode().strip()
    assert is_password("Abc-12345", stored)
    text = SMALL_HALL[: SMALL_HALL.index("password_hash")]
    text += f'password_hash = "{stored}"\n' + SMALL_HALL[SMALL_HALL.index("\n[[kiosk]]") :]
    assert cli.main(["config", "check", str(hall_file(text))]) == 0


def test_a_weak_password_is_refused_with_the_reason():
    done = run_program("config", "hash-password", given="12345678\n")
    assert done.returncode == 1
    assert done.stdout == b""
    assert b"a password needs 3 of" in done.stderr
    assert b"12345678" not in done.stderr
