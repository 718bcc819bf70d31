"""`packaging/` is a folder and not a package; pins are exact, hashed and complete; one version."""

import ast
import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

from tests.helpers.checkout import ROOT, plant, tracked_files, tracked_sources

PINS = Path("packaging/requirements")
DEBIAN_LIST = Path("packaging/debian-packages.txt")
# Lock files of other tools write download addresses beside each pin.
ADDRESS_LOCKS = frozenset({"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml"})
# Qt modules that the product must not carry: size, and in part their licence.
UNWANTED = frozenset({"pyside6", "pyside6-addons"})

_PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[0-9][0-9A-Za-z.!+]*)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def package_inits(root: Path) -> list[str]:
    """Return every `__init__.py` that would let our folder shadow the library `packaging`."""
    folder = root / "packaging"
    return sorted(str(path.relative_to(root)) for path in folder.rglob("__init__.py"))


def read_pins(text: str) -> tuple[dict[str, str], list[str]]:
    """Return (name to version, mistakes) of one requirements file."""
    pins: dict[str, str] = {}
    mistakes: list[str] = []
    for logical in text.replace("\\\n", " ").splitlines():
        words = logical.partition("#")[0].split()
        if not words:
            continue
        pin = _PIN.fullmatch(words[0])
        if pin is None:
            mistakes.append(f"{words[0]} is not an exact pin")
            continue
        pins[pin["name"]] = pin["version"]
        if not words[1:] or not all(_HASH.fullmatch(word) for word in words[1:]):
            mistakes.append(f"{pin['name']} has no hashes, or more than hashes")
        if pin["name"] in UNWANTED:
            mistakes.append(f"{pin['name']} must not be installed")
    return pins, mistakes


def _normal(requirement: str) -> str:
    """Return the normalised name of a requirement (PEP 503)."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""


def debian_names(text: str) -> list[str]:
    """Return the package names of the list, in its order."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def version_copies(root: Path, version: str) -> list[str]:
    """Return Python files that write the product's version a second time."""
    found = []
    for path in tracked_sources(root):
        if path.parts[0] == "tests":
            continue
        for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"))):
            names = (
                [target.id for target in node.targets if isinstance(target, ast.Name)]
                if isinstance(node, ast.Assign)
                else []
            )
            says_it = isinstance(node, ast.Constant) and node.value == version
            if says_it or "__version__" in names:
                found.append(f"{path}:{node.lineno}")
    return found


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _pins_of(name: str) -> tuple[dict[str, str], list[str]]:
    return read_pins((ROOT / PINS / name).read_text(encoding="utf-8"))


def test_the_library_packaging_is_not_shadowed():
    assert package_inits(ROOT) == []
    library = importlib.util.find_spec("packaging.version")
    assert library is not None
    assert not Path(library.origin).is_relative_to(ROOT / "packaging")


def test_a_planted_init_is_found_at_any_depth(tmp_path):
    plant(tmp_path, {"packaging/__init__.py": "", "packaging/image/lib/__init__.py": ""})
    assert package_inits(tmp_path) == ["packaging/__init__.py", "packaging/image/lib/__init__.py"]


def test_no_lock_file_with_addresses_is_tracked():
    assert [str(path) for path in tracked_files(ROOT) if path.name in ADDRESS_LOCKS] == []


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_every_package_is_pinned_exactly_and_hashed(name):
    pins, mistakes = _pins_of(name)
    assert mistakes == []
    assert pins


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("six>=1.17\n", "six>=1.17 is not an exact pin"),
        ("six==1.17.0\n", "six has no hashes, or more than hashes"),
        (f"six==1.17.0 --hash=md5:{'0' * 32}\n", "six has no hashes, or more than hashes"),
        ("--index-url x\n", "--index-url is not an exact pin"),
        (f"pyside6==6.12.0 --hash=sha256:{'0' * 64}\n", "pyside6 must not be installed"),
    ],
)
def test_a_weak_pin_is_found(text, mistake):
    assert read_pins(text)[1] == [mistake]


def test_what_the_project_asks_for_is_pinned():
    project = _project()
    runtime, _ = _pins_of("runtime.txt")
    dev, _ = _pins_of("dev.txt")
    assert {_normal(name) for name in project["dependencies"]} - runtime.keys() == set()
    extras = {_normal(name) for name in project["optional-dependencies"]["dev"]}
    assert extras - dev.keys() == set()


def test_tests_run_on_the_versions_that_are_shipped():
    runtime, _ = _pins_of("runtime.txt")
    dev, _ = _pins_of("dev.txt")
    assert {name: dev.get(name) for name in runtime} == runtime


def test_the_debian_list_names_each_package_once():
    names = debian_names((ROOT / DEBIAN_LIST).read_text(encoding="utf-8"))
    assert "mosquitto" in names
    # Debian Policy 5.6.1: lower case letters, digits, plus, minus, full stop; two at least.
    assert [name for name in names if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name)] == []
    assert sorted(set(names)) == sorted(names)


def test_the_version_is_written_once():
    assert version_copies(ROOT, _project()["version"]) == []


def test_a_second_copy_of_the_version_is_found(tmp_path):
    plant(
        tmp_path,
        {
            "kiosk/a.py": "__version__ = read()\n",
            "ui/b.py": "x = 1\ny = '7.8.9'\n",
            "ui/c.py": "SCHEMA_VERSION = 1\nz = '7.8'\n",
        },
    )
    assert version_copies(tmp_path, "7.8.9") == ["kiosk/a.py:1", "ui/b.py:2"]
