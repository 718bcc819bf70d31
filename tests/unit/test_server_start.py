"""Starting a server: what is made, what is refused, and what people are told."""

import stat
from pathlib import Path

import pytest

from hallserver.__main__ import EXIT_JOURNAL, EXIT_SETTINGS, main
from hallserver.bootstrap import KEY_BYTES, StartError, read_key, read_plan
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId
from tests.helpers.hall_files import SMALL_HALL
from tests.helpers.halls import PASSWORD, small_plan
from tests.helpers.servers import Hosted, inbound, open_journal

CLERK = """\
[[clerk]]
id = "clerk-1"
name = { zh = "甲", en = "A" }
staff_number = "001"
password_hash = "scrypt$16384$8$1$c2FsdHNhbHRzYWx0c2FsdA==$%s"
""" % ("A" * 43 + "=")


@pytest.fixture
def hall_file(tmp_path: Path) -> Path:
    path = tmp_path / "hall.toml"
    path.write_text(SMALL_HALL, encoding="utf-8")
    return path


def arguments(tmp_path: Path, hall_file: Path, **changed: str) -> list[str]:
    password = tmp_path / "server.password"
    password.write_text("secret-word\n", encoding="utf-8")
    given = {
        "hall": str(hall_file),
        "state-dir": str(tmp_path / "state"),
        "broker": "127.0.0.1:1",
        "password-file": str(password),
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return [word for name, value in given.items() for word in (f"--{name}", value)]


def test_the_key_is_drawn_once_for_its_owner_only_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "hall.key"
    key = read_key(path)
    assert len(key) == KEY_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(path) == key
    assert read_key(tmp_path / "other.key") != key
    assert sorted(each.name for each in tmp_path.iterdir()) == ["hall.key", "other.key"]


@pytest.mark.parametrize("content", [b"", b"x" * (KEY_BYTES - 1)])
def test_half_a_key_is_refused_and_never_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hall.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StartError, match=f"{len(content)} bytes instead of 32"):
        read_key(path)
    assert path.read_bytes() == content


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hall.key"
    read_key(path)
    path.chmod(0o640)
    with pytest.raises(StartError, match="others may read it"):
        read_key(path)


def test_clerks_of_a_file_of_their_own_join_those_of_the_hall_file(
    tmp_path: Path, hall_file: Path
) -> None:
    clerks_file = tmp_path / "clerks.toml"
    clerks_file.write_text(CLERK, encoding="utf-8")
    before = read_plan(hall_file, None).clerks
    after = read_plan(hall_file, clerks_file).clerks
    assert after[: len(before)] == before
    assert [clerk.id for clerk in after[len(before) :]] == ["clerk-1"]


def test_a_mistake_in_the_clerks_file_is_reported_with_its_own_name_and_line(
    tmp_path: Path, hall_file: Path
) -> None:
    clerks_file = tmp_path / "clerks.toml"
    clerks_file.write_text(CLERK.replace("staff_number", "staff_numbr"), encoding="utf-8")
    with pytest.raises(StartError) as raised:
        read_plan(hall_file, clerks_file)
    assert f"{clerks_file}: line 4: " in str(raised.value)
    assert 'did you mean "staff_number"' in str(raised.value)


def test_all_mistakes_of_the_hall_file_are_reported_at_once(
    tmp_path: Path, hall_file: Path
) -> None:
    broken = SMALL_HALL.replace("floor = 1", "flor = 1").replace('prefix = "A"', 'prefix = "a1"')
    hall_file.write_text(broken, encoding="utf-8")
    with pytest.raises(StartError) as raised:
        read_plan(hall_file, None)
    assert len(str(raised.value).splitlines()) >= 2
    assert all(line.startswith(str(hall_file)) for line in str(raised.value).splitlines())


def test_a_clerks_file_that_is_not_there_is_named(tmp_path: Path, hall_file: Path) -> None:
    with pytest.raises(StartError, match=r"nobody\.toml cannot be read: No such file"):
        read_plan(hall_file, tmp_path / "nobody.toml")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"broker": "127.0.0.1"}, "expected HOST:PORT"),
        ({"broker": "127.0.0.1:0"}, "expected HOST:PORT"),
        ({"broker": "127.0.0.1:70000"}, "expected HOST:PORT"),
        ({"broker": "hall.example:1883"}, "give --ca-file, or --insecure"),
        ({"password_file": "/nowhere/at/all"}, "--password-file /nowhere/at/all: No such file"),
        ({"ca_file": "/nowhere/ca.pem"}, "there is no such file"),
        ({"hall": "/nowhere/hall.toml"}, "cannot be read"),
    ],
)
def test_settings_that_cannot_work_end_the_start_with_a_sentence(
    tmp_path: Path,
    hall_file: Path,
    caplog: pytest.LogCaptureFixture,
    changed: dict[str, str],
    said: str,
) -> None:
    assert main(arguments(tmp_path, hall_file, **changed)) == EXIT_SETTINGS
    assert said in caplog.text
    assert "secret-word" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\n"])
def test_a_password_file_without_a_password_is_refused(
    tmp_path: Path, hall_file: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    given = arguments(tmp_path, hall_file)
    (tmp_path / "server.password").write_bytes(content)
    assert main(given) == EXIT_SETTINGS
    assert "--password-file" in caplog.text


def test_a_journal_that_cannot_be_kept_ends_the_start_with_its_own_code(
    tmp_path: Path, hall_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "journal.sqlite3").write_bytes(b"not a journal" * 500)
    assert main(arguments(tmp_path, hall_file)) == EXIT_JOURNAL
    assert "the file is not a journal" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_hall_file_that_does_not_fit_the_open_day_is_refused(
    tmp_path: Path, hall_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A counter with a clerk cannot be taken out of the hall in the middle of the day."""
    with open_journal(tmp_path / "state") as journal:
        three_counters = small_plan(((1, ("a",)), (2, ("a",)), (33, ("a",))))
        hosted = Hosted(journal, three_counters)
        sign_in = c.SignIn(ClerkId("clerk-1"), PASSWORD)
        hosted.writer.process([inbound("counter-33", "command-1", sign_in)])
    assert main(arguments(tmp_path, hall_file)) == EXIT_SETTINGS
    assert "the hall file does not fit the open business day" in caplog.text
    assert "33" in caplog.text
