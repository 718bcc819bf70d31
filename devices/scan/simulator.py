"""Both simulated scanners: a camera and a serial engine."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

import numpy as np

from devices.faults import DeviceFault, FaultCode
from devices.scan.decode import Frame
from devices.scan.draw import (
    HEIGHT,
    WIDTH,
    Difficulty,
    draw_code_frame,
    draw_empty_frame,
)
from devices.scan.engine_simulator import EngineFault, SimulatedScanEngine

__all__ = [
    "Difficulty",
    "EngineFault",
    "SimulatedCamera",
    "SimulatedScanEngine",
    "draw_code_frame",
    "draw_empty_frame",
]

EMPTY_FPS: Final = 2.0  # nobody there: pictures are rare, so that thirty of these fit one machine
_POSES: Final = 6  # different pictures of one showing, drawn when first seen


class SimulatedCamera:
    """A `FrameSource` with somebody in front of it. Every method is for any thread."""

    def __init__(
        self,
        rng: Random,
        difficulty: Difficulty = Difficulty.EVERYDAY,
        *,
        fps: float = 10.0,
    ) -> None:
        self._rng = rng
        self._difficulty = difficulty
        self._frame_s = 1.0 / fps
        self._changed = threading.Condition()
        self._text: str | None = None
        self._poses: list[Frame] = []
        self._empty: Frame | None = None
        self._is_plugged = True
        self._is_covered = False
        self._is_closed = False
        self._shown_frames = 0
        self._next_frame = time.monotonic()

    def show(self, text: str) -> None:
        """Hold a code in front of the camera until `clear`; it moves a little all the time."""
        with self._new_scene():
            self._text = text
            self._poses.clear()

    def clear(self) -> None:
        """Take the code away."""
        with self._new_scene():
            self._text = None
            self._poses.clear()

    def cover(self) -> None:
        """Put a cap on the lens."""
        with self._new_scene():
            self._is_covered = True

    def uncover(self) -> None:
        """Take the cap off."""
        with self._new_scene():
            self._is_covered = False

    def unplug(self) -> None:
        """Pull the cable."""
        with self._new_scene():
            self._is_plugged = False

    def replug(self) -> None:
        """Put the cable back in."""
        with self._new_scene():
            self._is_plugged = True

    def close(self) -> None:
        """Stop taking pictures."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def wait_for_frames(self, count: int, timeout_s: float) -> bool:
        """Wait until the present scene was seen in `count` pictures; False when time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: self._shown_frames >= count, timeout_s)

    def grab(self, timeout_s: float) -> Frame | DeviceFault | None:
        """See `FrameSource.grab`."""
        give_up = time.monotonic() + timeout_s
        with self._changed:
            self._changed.wait_for(self._is_working, timeout_s)
            if not self._is_working():
                return DeviceFault(FaultCode.CAMERA_MISSING, "simulated camera")
            while (now := time.monotonic()) < self._next_frame:
                if now >= give_up:
                    return None
                self._changed.wait(min(self._next_frame, give_up) - now)
            self._next_frame = now + (self._frame_s if self._text else 1.0 / EMPTY_FPS)
            self._shown_frames += 1
            self._changed.notify_all()
            return self._picture()

    def _is_working(self) -> bool:
        return self._is_plugged and not self._is_closed

    @contextmanager
    def _new_scene(self) -> Iterator[None]:
        with self._changed:
            yield
            self._shown_frames = 0
            self._next_frame = time.monotonic()  # at once, not when the old scene's turn is over
            self._changed.notify_all()

    def _picture(self) -> Frame:
        if self._is_covered:
            noise = np.random.default_rng(self._rng.getrandbits(64))
            return noise.integers(0, 5, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        if self._text is None:
            if self._empty is None:
                self._empty = draw_empty_frame(self._rng)
            return self._empty
        if len(self._poses) < _POSES:
            self._poses.append(draw_code_frame(self._text, self._rng, self._difficulty))
            return self._poses[-1]
        return self._poses[self._shown_frames % _POSES]
