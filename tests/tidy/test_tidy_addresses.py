"""Tracked files name no package registry and no place on the machine where they were written.

Packages are pinned by version and hash; where to fetch them from is each machine's own setting.
"""

import re
from pathlib import Path

import pytest

from tests.helpers.checkout import ROOT, plant, text_of, tracked_files

# Written in parts, or this file would be its own first offence.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("pypi", "tuna", "tsinghua", "edu", "cn"),
        ("mirrors", "aliyun", "com"),
        ("mirrors", "ustc", "edu", "cn"),
        ("registry", "npmjs", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("download", "qt", "io"),
        ("ghcr", "io"),
        ("docker", "io"),
    )
)
_REGISTRY = re.compile("|".join(rf"(?<![\w-]){re.escape(host)}(?![\w-])" for host in REGISTRIES))

# Top folders that mean the same on every Debian machine.
COMMON_TOPS = frozenset(
    {"bin", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run"}
    | {"sbin", "srv", "sys", "tmp", "usr", "var"}
)


def own_place(root: Path) -> re.Pattern[str] | None:
    """Return what a path into this machine looks like, or None where it looks like any other.

    A checkout below an unusual top folder makes that whole folder machine-specific; below a usual
    one (`home`, `srv`), the checkout's own full path is.
    """
    top = root.resolve().parts[1]
    place = f"/{top}/" if top not in COMMON_TOPS else f"{root.resolve()}/"
    return re.compile(rf"(?<![\w.}}-]){re.escape(place)}")


def offences(root: Path, place: re.Pattern[str] | None) -> list[str]:
    """Return `file:line what` for each registry and each path into this machine."""
    found = []
    for path in tracked_files(root):
        for number, line in enumerate((text_of(root / path) or "").splitlines(), start=1):
            for pattern in (_REGISTRY, place):
                if pattern and (match := pattern.search(line)):
                    found.append(f"{path}:{number} {match[0]}")
    return found


def test_no_tracked_file_names_a_registry_or_a_place_on_this_machine():
    assert offences(ROOT, own_place(ROOT)) == []


@pytest.mark.parametrize("host", REGISTRIES)
def test_each_registry_is_found_where_it_is_planted(tmp_path, host):
    plant(tmp_path, {"docs/a.txt": f"first\n--index-url https://{host}/simple\n"})
    assert offences(tmp_path, None) == [f"docs/a.txt:2 {host}"]


def test_a_path_into_an_unusual_top_folder_is_found(tmp_path):
    place = own_place(Path("/unusual/checkout"))
    plant(tmp_path, {"a.sh": "cat /unusual/notes.md\n", "b.sh": "cd /tmp && ls x/unusual/y\n"})
    assert offences(tmp_path, place) == ["a.sh:1 /unusual/"]


def test_below_a_usual_top_folder_only_the_checkout_itself_is_ours(tmp_path):
    place = own_place(Path("/srv/hall/checkout"))
    plant(tmp_path, {"a.sh": "ls /srv/hall/checkout/packaging\n", "b.sh": "ls /srv/hall/data\n"})
    assert offences(tmp_path, place) == ["a.sh:1 /srv/hall/checkout/"]
