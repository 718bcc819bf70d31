"""The built package holds every file that the code opens beside itself, and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.helpers.checkout import PACKAGES, ROOT, tracked_files

pytestmark = pytest.mark.slow


@pytest.fixture
def source(tmp_path):
    """A copy of the tracked files: building writes into the folder that it builds from."""
    for path in tracked_files(ROOT):
        target = tmp_path / "source" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)
    return tmp_path / "source"


def names_in_wheel(source: Path, out: Path) -> set[Path]:
    """Build the wheel of `source` into `out` and return the names of what it holds."""
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    built = subprocess.run(
        [*build, "--wheel-dir", out, source], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    [wheel] = out.glob("*.whl")
    return {Path(name) for name in zipfile.ZipFile(wheel).namelist()}


def test_the_wheel_holds_every_tracked_file_of_the_packages_and_no_other(source, tmp_path):
    tracked = {
        path.relative_to(source)
        for package in PACKAGES
        for path in (source / package).rglob("*")
        if path.is_file()
    }
    names = names_in_wheel(source, tmp_path / "wheel")
    packed = {path for path in names if not path.parts[0].endswith(".dist-info")}
    assert packed == tracked
    assert "LICENSE" in {path.name for path in names}


def test_a_kind_of_file_that_nobody_declared_is_left_out_of_the_wheel(source, tmp_path):
    (source / "ui/kit/undeclared.xyz").touch()
    (source / "ui/kit/declared.svg").touch()
    names = names_in_wheel(source, tmp_path / "wheel")
    assert Path("ui/kit/undeclared.xyz") not in names
    assert Path("ui/kit/declared.svg") in names
