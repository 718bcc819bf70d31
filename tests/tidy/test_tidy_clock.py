"""Time and chance have one module each: `hallserver/clock.py` and `hallserver/client/ids.py`.

ruff's banned-API rule sees the same names; this test also holds where somebody wrote a `noqa`, and
it knows which module may use which name.
"""

import ast
from pathlib import Path

import pytest

from tests.helpers.checkout import ROOT, plant, tracked_sources

WALL_CLOCK = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
        "time.gmtime",
        "time.ctime",
        "PySide6.QtCore.QDate.currentDate",
        "PySide6.QtCore.QTime.currentTime",
        "PySide6.QtCore.QDateTime.currentDateTime",
        "PySide6.QtCore.QDateTime.currentDateTimeUtc",
        "PySide6.QtCore.QDateTime.currentMSecsSinceEpoch",
        "PySide6.QtCore.QDateTime.currentSecsSinceEpoch",
    }
)
SLEEP = frozenset(
    {
        "time.sleep",
        "asyncio.sleep",
        "PySide6.QtCore.QThread.sleep",
        "PySide6.QtCore.QThread.msleep",
        "PySide6.QtTest.QTest.qSleep",
        "PySide6.QtTest.QTest.qWait",
    }
)
NEW_ID = frozenset({"uuid.uuid1", "uuid.uuid4"})
BANNED = WALL_CLOCK | SLEEP | NEW_ID

ALLOWED = {
    Path("hallserver/clock.py"): WALL_CLOCK,
    Path("hallserver/client/ids.py"): NEW_ID,
}


def _imported_names(tree: ast.AST) -> dict[str, str]:
    """Map each name that an import binds to the dotted thing that it stands for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, names)
        return base and f"{base}.{node.attr}"
    return None


def banned_uses(source: str) -> list[tuple[int, str]]:
    """Return (line, banned name) for every use, called or only mentioned."""
    tree = ast.parse(source)
    names = _imported_names(tree)
    uses = {
        (node.lineno, name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute) and (name := _dotted(node, names)) in BANNED
    }
    return sorted(uses)


def offences(root: Path) -> list[str]:
    """Return `file:line name` for each use outside the module that may."""
    return [
        f"{path}:{line} {name}"
        for path in tracked_sources(root)
        for line, name in banned_uses((root / path).read_text(encoding="utf-8"))
        if name not in ALLOWED.get(path, frozenset())
    ]


def test_only_the_clock_and_the_id_module_ask_for_time_and_chance():
    assert offences(ROOT) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import datetime\nx = datetime.datetime.now()\n", "datetime.datetime.now"),
        ("import datetime as d\nx = d.date.today()\n", "datetime.date.today"),
        ("from datetime import datetime as D\nx = D.utcnow()\n", "datetime.datetime.utcnow"),
        ("def f():\n    from time import sleep\n    sleep(1)\n", "time.sleep"),
        ("import time\nclock = time.time\n", "time.time"),
        ("import uuid\nx = uuid.uuid4().hex\n", "uuid.uuid4"),
        ("from uuid import uuid1 as make\nx = make()\n", "uuid.uuid1"),
        ("from PySide6.QtTest import QTest\nQTest.qWait(5)\n", "PySide6.QtTest.QTest.qWait"),
    ],
)
def test_a_planted_use_is_found_under_any_name(tmp_path, source, name):
    plant(tmp_path, {"kiosk/flow.py": source, "hallserver/clock.py": "import time\ntime.time()\n"})
    [offence] = offences(tmp_path)
    assert offence.startswith("kiosk/flow.py:")
    assert offence.endswith(f" {name}")


def test_each_home_may_do_its_own_thing_only(tmp_path):
    plant(
        tmp_path,
        {
            "hallserver/clock.py": "import time, uuid\ntime.time()\nuuid.uuid4()\n",
            "hallserver/client/ids.py": "import time, uuid\nuuid.uuid4()\ntime.sleep(1)\n",
        },
    )
    assert offences(tmp_path) == [
        "hallserver/client/ids.py:3 time.sleep",
        "hallserver/clock.py:3 uuid.uuid4",
    ]


def test_the_monotonic_clock_and_unrelated_names_are_left_alone():
    assert banned_uses("import time\ntime.monotonic()\nclass A:\n    now = 1\nA.now\n") == []
