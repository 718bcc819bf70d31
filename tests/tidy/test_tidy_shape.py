"""Files have a bearable size, packages are packages, and tests are collected and not hidden."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.helpers.checkout import PACKAGES, ROOT, plant, tracked_files, tracked_sources

LOOK_AGAIN_LINES = 400
MAX_LINES = 500


def long_files(root: Path, limit: int) -> list[str]:
    """Return `lines file` for each module of more than `limit` lines, longest first."""
    sizes = [
        (len((root / path).read_text(encoding="utf-8").splitlines()), path)
        for suffix in (".py", ".qml")
        for path in tracked_sources(root, suffix)
    ]
    return [f"{size} {path}" for size, path in sorted(sizes, reverse=True) if size > limit]


def folders_without_init(root: Path) -> list[str]:
    """Return folders with modules that the built package would miss."""
    sources = [path for path in tracked_sources(root) if path.parts[0] in PACKAGES]
    folders = {parent for path in sources for parent in path.parents if parent != Path()}
    return sorted(str(folder) for folder in folders if folder / "__init__.py" not in sources)


def _is_test_module(path: Path) -> bool:
    return path.name.startswith("test_")


def uncollected_tests(root: Path) -> list[str]:
    """Return files below tests/ that define tests under a name that pytest does not collect."""
    return [
        str(path)
        for path in tracked_sources(root)
        if path.parts[0] == "tests" and not _is_test_module(path)
        if any(
            isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            for node in ast.parse((root / path).read_text(encoding="utf-8")).body
        )
    ]


def twice_used_names(root: Path) -> list[str]:
    """Return names that two test files share: a failure should say which one it is."""
    names = Counter(path.name for path in tracked_sources(root) if _is_test_module(path))
    return sorted(name for name, count in names.items() if count > 1)


_HIDERS = ("pytest.skip", "pytest.xfail", "pytest.importorskip")
_MARKS = ("pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail")


def hidden_without_reason(source: str) -> list[int]:
    """Return lines of skips and expected failures that do not say why."""
    tree = ast.parse(source)
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    lines = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or (name := ast.unparse(node)) not in (
            *_HIDERS,
            *_MARKS,
        ):
            continue
        call = called.get(id(node))
        if call is None:
            lines.append(node.lineno)
            continue
        keywords = {keyword.arg for keyword in call.keywords}
        # The first argument of skip and xfail is the reason; of skipif and importorskip it is not.
        says_first = name in ("pytest.skip", "pytest.xfail", "pytest.mark.skip") and call.args
        if "reason" not in keywords and not says_first:
            lines.append(node.lineno)
    return sorted(lines)


def test_no_module_has_outgrown_its_one_job():
    assert long_files(ROOT, MAX_LINES) == [], (
        f"more than {MAX_LINES} lines; look again at: {long_files(ROOT, LOOK_AGAIN_LINES)}"
    )


def test_every_folder_with_modules_is_a_package():
    assert folders_without_init(ROOT) == []


def test_every_test_is_collected():
    assert uncollected_tests(ROOT) == []


def test_no_two_test_files_share_a_name():
    assert twice_used_names(ROOT) == []


def test_every_skip_says_why():
    assert [
        f"{path}:{line}"
        for path in tracked_sources(ROOT)
        if path.parts[0] == "tests"
        for line in hidden_without_reason((ROOT / path).read_text(encoding="utf-8"))
    ] == []


def test_tracked_files_are_seen_at_all():
    assert Path("pyproject.toml") in tracked_files(ROOT)


def test_a_long_module_is_found(tmp_path):
    plant(tmp_path, {"kiosk/a.py": "x = 1\n" * 501, "ui/B.qml": "//\n" * 502, "c.py": "#\n" * 500})
    assert long_files(tmp_path, MAX_LINES) == ["502 ui/B.qml", "501 kiosk/a.py"]


def test_a_folder_that_the_wheel_would_miss_is_found(tmp_path):
    plant(
        tmp_path,
        {"ui/__init__.py": "", "ui/kit/a/b.py": "", "ui/kit/__init__.py": "", "tests/x.py": ""},
    )
    assert folders_without_init(tmp_path) == ["ui/kit/a"]


def test_a_test_that_nobody_collects_is_found(tmp_path):
    plant(
        tmp_path,
        {"tests/unit/hidden.py": "def test_a():\n    pass\n", "tests/helpers/h.py": "x = 1\n"},
    )
    assert uncollected_tests(tmp_path) == ["tests/unit/hidden.py"]


def test_two_test_files_of_one_name_are_found(tmp_path):
    plant(tmp_path, {"tests/unit/test_a.py": "", "tests/qt/test_a.py": "", "tests/test_b.py": ""})
    assert twice_used_names(tmp_path) == ["test_a.py"]


@pytest.mark.parametrize(
    "line",
    [
        "pytest.skip()",
        "pytest.importorskip('cv2')",
        "x = pytest.mark.skip",
        "x = pytest.mark.skipif(True)",
        "x = pytest.mark.xfail(strict=True)",
    ],
)
def test_a_skip_without_a_reason_is_found(line):
    assert hidden_without_reason(f"import pytest\n{line}\n") == [2]


@pytest.mark.parametrize(
    "line",
    [
        "pytest.skip('no display')",
        "pytest.importorskip('cv2', reason='no camera here')",
        "x = pytest.mark.skipif(True, reason='no display')",
    ],
)
def test_a_skip_with_a_reason_is_left_alone(line):
    assert hidden_without_reason(f"import pytest\n{line}\n") == []
