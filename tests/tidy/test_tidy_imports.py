"""Who may import whom: the contracts in `.importlinter` bite, and pure rooms are found by name.

The contracts name the rooms that stand. This file finds pure rooms by pattern, so that a new
`flow` or codec is held to the rule from its first line; it also counts what a package's
`__init__.py` drags in, and calls that reach outside without an import.
"""

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.checkout import PACKAGES, ROOT, plant, tracked_sources

PURE = re.compile(
    r"hallserver\.(protocol|domain)(\..+)?"
    r"|hallserver\.hall(_\w+)?"
    r"|hallserver\.client\.(session|outbox|updates|subscriptions)"
    r"|(.+\.)?flow(\..+)?"
    r"|(.+\.)?(\w+_)?codec"
    r"|devices\.scan\.classify"
)
OUTSIDE_CALLS = frozenset({"open", "input", "print", "exec", "eval", "__import__", "breakpoint"})


def forbidden_in_pure_rooms(root: Path = ROOT) -> frozenset[str]:
    """Return the forbidden modules from the contract: one list for both checks."""
    config = configparser.ConfigParser()
    config.read(root / ".importlinter", encoding="utf-8")
    section = config["importlinter:contract:pure-rooms"]
    return frozenset(section["forbidden_modules"].split())


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class House:
    """The modules of our packages below `root`, and what each of them imports."""

    def __init__(self, root: Path) -> None:
        self.paths = {
            _module_name(path): path for path in tracked_sources(root) if path.parts[0] in PACKAGES
        }
        self.trees = {
            name: ast.parse((root / path).read_text(encoding="utf-8"))
            for name, path in self.paths.items()
        }

    def pure_modules(self) -> list[str]:
        return [name for name in self.paths if PURE.fullmatch(name)]

    def imports(self, module: str) -> Iterator[tuple[int, str]]:
        """Yield (line, dotted name) of each import, wherever it stands in the module."""
        is_package = self.paths[module].name == "__init__.py"
        for node in ast.walk(self.trees[module]):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    up = node.level - 1 if is_package else node.level
                    parents = module.split(".")
                    base = ".".join([*parents[: len(parents) - up], *([base] if base else [])])
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    yield node.lineno, inner if inner in self.paths else base

    def reached(self, module: str) -> Iterator[tuple[str, int, str]]:
        """Yield (module, line, imported) for all that importing `module` runs of ours."""
        waiting, seen = [module], set()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in self.paths:
                continue
            seen.add(name)
            # Importing a.b.c runs a/__init__.py and a/b/__init__.py first.
            waiting.append(name.rpartition(".")[0])
            for line, imported in self.imports(name):
                yield name, line, imported
                waiting.append(imported)


def impure_imports(root: Path, forbidden: frozenset[str]) -> list[str]:
    """Return `pure module: file:line imports X` for each way out of a pure room."""
    house = House(root)
    return sorted(
        f"{pure}: {house.paths[module]}:{line} imports {imported}"
        for pure in house.pure_modules()
        for module, line, imported in house.reached(pure)
        if imported.partition(".")[0] in forbidden
    )


def outside_calls(root: Path) -> list[str]:
    """Return `file:line name` for calls with which a pure room would act by itself."""
    house = House(root)
    return sorted(
        f"{house.paths[module]}:{node.lineno} {node.func.id}"
        for module in house.pure_modules()
        for node in ast.walk(house.trees[module])
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in OUTSIDE_CALLS
    )


def test_pure_rooms_reach_nothing_that_acts():
    assert impure_imports(ROOT, forbidden_in_pure_rooms()) == []


def test_pure_rooms_call_nothing_that_acts():
    assert outside_calls(ROOT) == []


@pytest.mark.parametrize(
    "room",
    [
        "hallserver.protocol.codec",
        "hallserver.domain.ticket",
        "hallserver.hall",
        "hallserver.client.session",
        "hallserver.client.outbox",
        "devices.idcard.codec",
        "devices.printer.status_codec",
    ],
)
def test_the_rooms_that_the_plan_names_are_among_the_pure_ones(room):
    assert room in House(ROOT).pure_modules()


def test_pure_rooms_run_without_screen_database_or_network():
    heavy = sorted({"PySide6", "sqlalchemy", "alembic", "paho", "serial", "usb", "cv2"})
    script = (
        "import importlib, sys\n"
        f"for name in {House(ROOT).pure_modules()!r}: importlib.import_module(name)\n"
        f"print(*sorted(sys.modules.keys() & {heavy!r}))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr, ran.stdout.strip()) == (0, "", "")


_CLEAN = {
    f"{package}/__init__.py": ""
    for package in (
        *PACKAGES,
        "hallserver/protocol",
        "hallserver/domain",
        "hallserver/client",
        "hallserver/journal",
        "kiosk/flow",
        "ui/kit",
        "ui/counter",
        "ui/callscreen",
        "devices/idcard",
        "devices/scan",
        "devices/printer",
    )
} | {
    "hallserver/protocol/ids.py": "",
    "hallserver/domain/rules.py": "import hallserver.protocol.ids\n",
    "hallserver/hall.py": "from hallserver.domain import rules\n",
    "hallserver/mqtt.py": "import paho.mqtt, hallserver.hall\n",
    "hallserver/journal/store.py": "import sqlalchemy, hallserver.hall\n",
    "hallserver/bootstrap.py": "import hallserver.mqtt, hallserver.journal.store\n",
    "hallserver/client/session.py": "import hallserver.protocol.ids\n",
    "hallserver/client/outbox.py": "",
    "hallserver/client/paho_link.py": "import paho.mqtt, hallserver.client.session\n",
    "kiosk/flow/steps.py": "from hallserver.protocol import ids\n",
    "kiosk/app.py": "import PySide6, ui.kit.look, devices.idcard.codec\n"
    "import hallserver.client.paho_link\n",
    "ui/kit/look.py": "import PySide6.QtQuick\n",
    "ui/counter/flow.py": "import hallserver.protocol.ids\n",
    "ui/counter/app.py": "import ui.kit.look, hallserver.client.session\n",
    "ui/callscreen/app.py": "import ui.kit.look\n",
    "devices/idcard/codec.py": "import re\n",
    "devices/idcard/driver.py": "import serial, threading, devices.idcard.codec\n",
    "devices/scan/classify.py": "",
    "devices/scan/engine_codec.py": "",
    "devices/printer/status_codec.py": "",
}

# Each breaks a contract by one import: (file, imported module, importing module).
_OFFENCES = [
    ("hallserver/protocol/ids.py", "hallserver.domain", "hallserver.protocol.ids"),
    ("hallserver/domain/rules.py", "hallserver.hall", "hallserver.domain.rules"),
    ("hallserver/hall.py", "hallserver.mqtt", "hallserver.hall"),
    ("hallserver/journal/store.py", "hallserver.bootstrap", "hallserver.journal.store"),
    ("hallserver/mqtt.py", "devices.idcard.driver", "hallserver.mqtt"),
    ("hallserver/journal/store.py", "ui.kit.look", "hallserver.journal.store"),
    ("hallserver/bootstrap.py", "kiosk.app", "hallserver.bootstrap"),
    ("hallserver/client/outbox.py", "hallserver.domain.rules", "hallserver.client.outbox"),
    ("hallserver/client/session.py", "threading", "hallserver.client.session"),
    ("hallserver/client/outbox.py", "pathlib", "hallserver.client.outbox"),
    ("hallserver/domain/rules.py", "random", "hallserver.domain.rules"),
    ("hallserver/hall.py", "time", "hallserver.hall"),
    ("hallserver/protocol/ids.py", "secrets", "hallserver.protocol.ids"),
    ("devices/idcard/driver.py", "hallserver.protocol.ids", "devices.idcard.driver"),
    ("devices/idcard/codec.py", "os", "devices.idcard.codec"),
    ("devices/scan/classify.py", "asyncio", "devices.scan.classify"),
    ("devices/scan/engine_codec.py", "serial", "devices.scan.engine_codec"),
    ("devices/printer/status_codec.py", "socket", "devices.printer.status_codec"),
    ("kiosk/flow/steps.py", "PySide6", "kiosk.flow.steps"),
    ("kiosk/app.py", "ui.counter.app", "kiosk.app"),
    ("kiosk/app.py", "hallserver.hall", "kiosk.app"),
    ("ui/counter/flow.py", "subprocess", "ui.counter.flow"),
    ("ui/counter/app.py", "hallserver.domain.rules", "ui.counter.app"),
    ("ui/counter/app.py", "ui.callscreen.app", "ui.counter.app"),
    ("ui/callscreen/app.py", "kiosk.flow.steps", "ui.callscreen.app"),
    ("ui/kit/look.py", "ui.callscreen.app", "ui.kit.look"),
]


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    (root / ".importlinter").write_text((ROOT / ".importlinter").read_text("utf-8"), "utf-8")
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [linter, "--no-cache"], cwd=root, capture_output=True, text=True, check=False
    )


def test_the_contracts_keep_a_clean_house(tmp_path):
    plant(tmp_path, _CLEAN)
    ran = _lint(tmp_path)
    assert (ran.returncode, "BROKEN" in ran.stdout) == (0, False), ran.stdout
    assert impure_imports(tmp_path, forbidden_in_pure_rooms()) == []


@pytest.mark.parametrize(("file", "imported", "importer"), _OFFENCES)
def test_the_contracts_find_a_planted_import(tmp_path, file, imported, importer):
    plant(tmp_path, {**_CLEAN, file: _CLEAN[file] + f"import {imported}\n"})
    ran = _lint(tmp_path)
    assert ran.returncode == 1
    assert re.search(rf"{re.escape(importer)} ->\s+{re.escape(imported)}\b", ran.stdout), ran.stdout


@pytest.mark.parametrize(
    ("files", "finding"),
    [
        (
            {"kiosk/flow/late.py": "def f():\n    from os import path\n"},
            "kiosk.flow.late: kiosk/flow/late.py:2 imports os",
        ),
        (
            {"ui/ratingpad/flow.py": "import asyncio.queues\n"},
            "ui.ratingpad.flow: ui/ratingpad/flow.py:1 imports asyncio.queues",
        ),
        (
            {
                "devices/sign/led_codec.py": "from . import port\n",
                "devices/sign/port.py": "import serial\n",
            },
            "devices.sign.led_codec: devices/sign/port.py:1 imports serial",
        ),
        (
            {
                "hallserver/domain/a/b.py": "from ..c import x\n",
                "hallserver/domain/c.py": "import time\n",
                "hallserver/domain/a/__init__.py": "",
            },
            "hallserver.domain.a.b: hallserver/domain/c.py:1 imports time",
        ),
        (
            {"kiosk/__init__.py": "import PySide6.QtCore\n", "kiosk/flow.py": "x = 1\n"},
            "kiosk.flow: kiosk/__init__.py:1 imports PySide6.QtCore",
        ),
    ],
)
def test_a_way_out_of_a_new_pure_room_is_found(tmp_path, files, finding):
    plant(tmp_path, files)
    assert finding in impure_imports(tmp_path, forbidden_in_pure_rooms())


def test_a_pure_room_that_opens_a_file_is_found(tmp_path):
    plant(
        tmp_path,
        {
            "kiosk/flow.py": "def f(door):\n    door.open()\n    return open('x')\n",
            "kiosk/app.py": "open('y')\n",
        },
    )
    assert outside_calls(tmp_path) == ["kiosk/flow.py:3 open"]
