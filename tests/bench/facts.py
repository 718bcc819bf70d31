"""What the figures were taken on."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path


def machine_facts(directory: Path) -> dict[str, str]:
    """Say which machine, which disk holds `directory`, which programs, and how busy it is now."""
    one, five, _ = os.getloadavg()
    return {
        "processor": _field(Path("/proc/cpuinfo"), "model name"),
        "cores": str(os.cpu_count()),
        "memory": f"{int(_field(Path('/proc/meminfo'), 'MemTotal').split()[0]) / 2**20:.0f} GB",
        "kernel": platform.release(),
        "disk": _disk(directory),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "SQLAlchemy": version("SQLAlchemy"),
        "paho-mqtt": version("paho-mqtt"),
        "mosquitto": _mosquitto(),
        "load before": f"{one:.1f} in one minute, {five:.1f} in five",
    }


def _field(path: Path, name: str) -> str:
    for line in path.read_text("utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def _disk(directory: Path) -> str:
    """Name device and file system of the innermost mount over a directory (proc(5))."""
    found = ("", "unknown", "unknown")
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        device, mounted_at, system = line.split()[:3]
        inside = directory.resolve().is_relative_to(mounted_at)
        if inside and len(mounted_at) >= len(found[0]):
            found = (mounted_at, device, system)
    return f"{found[1]}, {found[2]}"


def _mosquitto() -> str:
    # It says its version with the help, and ends with 3.
    program = subprocess.run(
        ["/usr/sbin/mosquitto", "-h"], capture_output=True, text=True, check=False
    )
    first = program.stdout.partition("\n")[0]
    return first.removeprefix("mosquitto version ") or "unknown"
