"""What the tidy tests look at: the files of this checkout that git tracks."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hallserver", "kiosk", "ui", "devices")


def tracked_files(root: Path = ROOT) -> list[Path]:
    """Return the tracked files of `root` that exist, relative to it, sorted.

    Raises CalledProcessError outside a git checkout: a tidy test that looks at nothing must fail.
    """
    listing = subprocess.run(
        # A checkout that belongs to another account (a container's mount) is looked at as well.
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=root,
        check=True,
        capture_output=True,
    ).stdout.decode()
    return sorted(Path(name) for name in listing.split("\0") if name and (root / name).is_file())


def tracked_sources(root: Path = ROOT, suffix: str = ".py") -> list[Path]:
    """Return the tracked files with `suffix`, relative to `root`."""
    return [path for path in tracked_files(root) if path.suffix == suffix]


def text_of(path: Path) -> str | None:
    """Return the file's text, or None for a binary file."""
    raw = path.read_bytes()
    if b"\0" in raw:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def plant(root: Path, files: dict[str, str]) -> None:
    """Write `files` (relative name to text) below `root` and let git track them."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "--all", "--force"], cwd=root, check=True)
