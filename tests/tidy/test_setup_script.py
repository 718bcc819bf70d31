"""What `make setup` does about Debian packages, watched through stand-ins for apt-get and sudo.

Set-up runs as an account that is not root, in a bare copy of `packaging/`. An unusable PYTHON ends
it after the Debian step, before anything is installed.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.checkout import ROOT

NOBODY = 65534

# The stand-ins write what they were asked to do to `asked`; `present` is what dpkg has installed.
_TOOLS = {
    "dpkg-query": 'while read -r name; do echo "installed $name, "; done <present\n',
    "sudo": (
        '[ -e may-sudo ] || { echo "sudo: a password is required" >&2; exit 1; }\nshift\n"$@"\n'
    ),
    "apt-get": (
        'echo "apt-get $*" >>asked\n'
        'case "$*" in *" install "*) [ -e apt-breaks ] && exit 100\n'
        'for word in "$@"; do echo "$word" >>present; done;; esac\nexit 0\n'
    ),
    "systemctl": 'echo "systemctl $*" >>asked\n',
    "update-rc.d": 'echo "update-rc.d $*" >>asked\n',
}


class Machine:
    """A checkout and a set of stand-in tools that an ordinary account may use."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "packaging", root / "packaging")
        for name, body in _TOOLS.items():
            tool = root / "bin" / name
            tool.parent.mkdir(exist_ok=True)
            tool.write_text(f"#!/bin/sh\n{body}")
            tool.chmod(0o755)
        lines = (root / "packaging/debian-packages.txt").read_text().splitlines()
        self.wanted = [name for line in lines if (name := line.partition("#")[0].strip())]
        self.has(self.wanted)

    def has(self, names: list[str]) -> None:
        (self.root / "present").write_text("".join(f"{name}\n" for name in names))

    def note(self, name: str) -> None:
        (self.root / name).touch()

    def asked(self) -> list[str]:
        log = self.root / "asked"
        return log.read_text().splitlines() if log.exists() else []

    def set_up(self) -> subprocess.CompletedProcess[str]:
        account = {}
        if os.geteuid() == 0:
            account = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            for path in (self.root, *self.root.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        return subprocess.run(
            ["packaging/setup.sh"],
            cwd=self.root,
            env={"PATH": f"{self.root}/bin:/usr/bin:/bin", "PYTHON": f"{self.root}/no-python"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **account,
        )


@pytest.fixture
def machine() -> Iterator[Machine]:
    # Not tmp_path: pytest keeps its folders closed to other accounts.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Machine(Path(folder))


def test_apt_is_not_asked_when_nothing_is_missing(machine):
    ran = machine.set_up()
    assert "Debian packages: all installed" in ran.stdout
    assert machine.asked() == []


def test_what_is_missing_is_installed_after_one_update(machine):
    machine.has([name for name in machine.wanted if name not in ("xvfb", "libzbar0")])
    machine.note("may-sudo")
    ran = machine.set_up()
    update, install = machine.asked()
    assert update.endswith(" update")
    assert install.endswith(" install --no-install-recommends libzbar0 xvfb")
    assert "no usable Python" in ran.stderr


def test_without_rights_the_exact_command_is_said(machine):
    machine.has([name for name in machine.wanted if name != "xdotool"])
    ran = machine.set_up()
    assert ran.returncode == 1
    assert machine.asked() == []
    assert (
        "sudo apt-get update && sudo apt-get install --no-install-recommends xdotool\n"
        in ran.stderr
    )


def test_an_apt_that_breaks_ends_the_set_up(machine):
    machine.has([])
    machine.note("may-sudo")
    machine.note("apt-breaks")
    ran = machine.set_up()
    assert ran.returncode == 1
    assert "setup: FAILED: apt-get could not install" in ran.stderr


def test_an_apt_that_only_says_it_worked_ends_the_set_up(machine):
    machine.has([name for name in machine.wanted if name != "xauth"])
    machine.note("may-sudo")
    (machine.root / "bin/apt-get").write_text("#!/bin/sh\nexit 0\n")
    ran = machine.set_up()
    assert ran.returncode == 1
    assert "these are missing: xauth" in ran.stderr


def test_a_broker_that_the_host_already_had_is_left_alone(machine):
    machine.has([name for name in machine.wanted if name != "xauth"])
    machine.note("may-sudo")
    machine.set_up()
    assert [line for line in machine.asked() if "mosquitto" in line] == []


def test_a_database_server_that_the_host_already_had_is_left_alone(machine):
    there = [name for name in machine.wanted if name != "postgresql"]
    machine.has([*there, "postgresql-15", "postgresql-common"])
    machine.note("may-sudo")
    machine.set_up()
    assert [line.split()[0] for line in machine.asked()] == ["apt-get", "apt-get"]


def test_a_library_under_its_new_name_counts_as_the_old_one(machine):
    # Debian 13: libglib2.0-0t64 provides libglib2.0-0.
    new = [name for name in machine.wanted if name != "libglib2.0-0"]
    machine.has([*new, "libglib2.0-0t64, libglib2.0-0 (= 2.84.1-1)"])
    assert "Debian packages: all installed" in machine.set_up().stdout


def test_a_python_that_does_not_run_is_refused_by_name(machine):
    ran = machine.set_up()
    assert ran.returncode == 1
    assert f"no usable Python 3.11 or newer at {machine.root}/no-python" in ran.stderr
    assert not (machine.root / ".venv").exists()
