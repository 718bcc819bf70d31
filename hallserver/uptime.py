"""How long the hall had no server, told by the machine's uptime instead of its wall clock.

The monotonic clock counts from the start of the machine, for every process alike. What one server
notes of it helps the next one, as long as the machine has not been started anew in between.
"""

import contextlib
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from hallserver.clock import HallClock, Pause, wall_s
from hallserver.domain.instant import Now

FILE_NAME = "uptime.json"
ROUNDING_MS = 5
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Drawn at every start of the machine (random(4))."""

_LOG = logging.getLogger(__name__)


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a server started: by the uptime of the machine, and by the hall's own time."""

    boot: str
    mono_ms: int
    elapsed_ms: int


def start_clock(
    last: Now | None,
    state_dir: Path,
    wall: Callable[[], float] = wall_s,
    mono: Callable[[], float] = time.monotonic,
    boot_id: Path = _BOOT_ID,
) -> HallClock:
    """Make the clock of a server whose journal ends at `last`, and leave a mark for the next one.

    Raises ImplausibleClockError.
    """
    boot = _read_boot(boot_id)
    file = state_dir / FILE_NAME
    mono_ms = int(mono() * 1_000)
    pause = None if last is None else _pause(_read_mark(file), boot, mono_ms, last)
    clock = HallClock.after(last, wall, mono, pause)
    if boot is not None:
        _write(file, Mark(boot, mono_ms, clock.elapsed_ms()))
    return clock


def _pause(mark: Mark | None, boot: str | None, mono_ms: int, last: Now) -> Pause | None:
    if mark is None or boot is None or mark.boot != boot:
        return None
    # What the journal knows is later than the mark, unless it is another journal than it was.
    since_mark_ms, known_ms = mono_ms - mark.mono_ms, last.elapsed_ms - mark.elapsed_ms
    if not 0 <= known_ms <= since_mark_ms + ROUNDING_MS:
        return None
    return Pause(max(0, since_mark_ms - known_ms))


def _read_boot(path: Path) -> str | None:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _read_mark(path: Path) -> Mark | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except (OSError, msgspec.DecodeError):
        return None


def _write(path: Path, mark: Mark) -> None:
    """Write it whole or not at all. After a power cut it is of no use, so nothing is synced."""
    drawn = path.with_name(path.name + ".new")
    try:
        drawn.write_bytes(msgspec.json.encode(mark))
        os.replace(drawn, path)
    except OSError as error:
        _LOG.warning("%s: %s; after a restart waits may be too short", path, error.strerror)
        with contextlib.suppress(OSError):
            drawn.unlink(missing_ok=True)
