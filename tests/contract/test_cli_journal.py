"""`jiaohao journal …` as its users type it: what it prints, and its exit code."""

from pathlib import Path

import pytest

from hallserver.cli import EXIT_OK, EXIT_REFUSED, EXIT_UNUSABLE, main
from tests.helpers.damage import Kept, kept
from tests.helpers.halls import KEY


@pytest.fixture
def hall(tmp_path: Path) -> Kept:
    made = kept(tmp_path / "hall")
    (made.directory / "hall.key").write_bytes(KEY)
    return made


def test_a_sound_journal_is_said_to_be_sound(
    hall: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", "verify", "--state", str(hall.directory)]) == EXIT_OK
    said = capsys.readouterr()
    assert said.out.startswith(f"sound: {hall.lines} lines, ")
    assert "… table visit\n" in said.err


def test_a_changed_journal_is_not_sound_and_restored_with_the_backup(
    hall: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = ["--state-dir", str(hall.directory)]
    backup = tmp_path / "copy"
    assert main(["journal", "backup", *state, str(backup)]) == EXIT_OK
    assert f"{hall.lines} lines" in capsys.readouterr().out
    assert main(["journal", "verify", "--database", f"sqlite:///{backup}"]) == EXIT_OK
    assert "note: the seals were not checked" in capsys.readouterr().out
    hall.sql("UPDATE event SET client = 'kiosk-77' WHERE seq = 9")
    assert main(["journal", "verify", *state]) == EXIT_REFUSED
    told = capsys.readouterr().out
    assert "line 9 is not what was written\n" in told
    assert "NOT SOUND" in told
    assert main(["journal", "restore", *state, str(backup)]) == EXIT_OK
    told = capsys.readouterr().out
    assert f"Restored and verified: {hall.lines} lines, 0 of them from the damaged" in told
    assert "LOST" not in told
    assert main(["journal", "verify", *state]) == EXIT_OK


def test_what_is_lost_is_said_with_what_follows_from_it(
    hall: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    hall.journal.unlink()
    command = ["journal", "restore", "--state-dir", str(hall.directory), str(hall.backup)]
    assert main(command) == EXIT_OK
    told = capsys.readouterr().out
    assert "LOST: 20 lines at the end (there is no journal to read)." in told
    assert "Every series goes on 120 numbers later" in told


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["verify"], "give --state-dir DIR, or --database URL"),
        (["verify", "--state-dir", "/nowhere/at/all"], "there is no such file"),
        (["restore", "--state-dir", "/nowhere/at/all"], "cannot be opened for writing"),
        (["backup", "--database", "postgresql://hall:secret@db/hall", "x"], "pg_dump"),
        (["restore", "--database", "postgresql://hall:secret@db/hall"], "pg_restore"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    command: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", *command]) == EXIT_UNUSABLE
    said = capsys.readouterr().err
    assert why in said
    assert "secret" not in said
