"""Where pictures come from: a camera, a folder, or the program itself.

A source never raises for what its device does and never waits longer than told. `cv2` gives no
bound on how long a camera may take for one picture, so a camera is read by a thread of its own.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from devices.faults import DeviceFault, FaultCode
from devices.scan.decode import Frame
from devices.scan.opencv import cv2

WIDTH: Final = 1280
HEIGHT: Final = 720
NO_PICTURE_S: Final = 3.0  # an open camera that sends nothing for so long hangs
REOPEN_INTERVAL_S: Final = 1.0
FOLDER_INTERVAL_S: Final = 0.05
PICTURE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".bmp"})


class FrameSource(Protocol):
    """Something that takes pictures."""

    def grab(self, timeout_s: float) -> Frame | DeviceFault | None:
        """Return the newest picture not yet seen, waiting at most `timeout_s` for one.

        A fault comes when the time is up, so that asking a broken device again is no busy loop.
        """
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


class CameraSource:
    """A camera by its number or device path, or a video file that stands in for one.

    Opens the device by itself and again after a loss. With `is_live` False every picture waits
    until it was grabbed: a file is not in a hurry.
    """

    def __init__(
        self, device: int | str, *, is_live: bool = True, no_picture_s: float = NO_PICTURE_S
    ) -> None:
        self._device = device
        self._is_live = is_live
        self._no_picture_s = no_picture_s
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._is_closed = False
        self._is_open = False
        self._has_tried = False
        self._last_frame = time.monotonic()
        # A daemon: a driver that hangs in the kernel must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def grab(self, timeout_s: float) -> Frame | DeviceFault | None:
        """See `FrameSource.grab`. CAMERA_MISSING when there is none, or it hangs."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None, timeout_s)
            frame, self._frame = self._frame, None
            if frame is not None:
                self._changed.notify_all()
                return frame
            if self._has_tried and not self._is_open:
                return DeviceFault(FaultCode.CAMERA_MISSING, f"camera {self._device}")
            if time.monotonic() - self._last_frame > self._no_picture_s:
                return DeviceFault(FaultCode.CAMERA_MISSING, f"camera {self._device}: no picture")
            return None

    def close(self) -> None:
        """Stop; returns without waiting for a camera that hangs."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._is_closed:
            camera = cv2.VideoCapture(self._device)
            if camera.isOpened():
                self._ask_for_size(camera)
                self._pass_on(camera)
            camera.release()
            with self._changed:
                self._is_open = False
                self._has_tried = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._is_closed, REOPEN_INTERVAL_S)

    def _ask_for_size(self, camera: cv2.VideoCapture) -> None:
        if self._is_live:
            # Uncompressed 720p does not fit USB 2 at 30 pictures a second; MJPG does.
            camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            camera.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
            camera.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
            camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def _pass_on(self, camera: cv2.VideoCapture) -> None:
        while True:
            is_good, picture = camera.read()
            with self._changed:
                if not is_good or self._is_closed:
                    return
                self._is_open = True
                self._last_frame = time.monotonic()
                self._frame = np.asarray(picture, dtype=np.uint8)
                self._changed.notify_all()
                if not self._is_live:
                    self._changed.wait_for(lambda: self._frame is None or self._is_closed)


class FolderSource:
    """Pictures that somebody puts into a folder: each once, in the order of their names.

    Write a picture under another suffix and rename it, so that no half picture is seen. With
    `may_delete` a picture is deleted once seen, so that nothing that a person held up stays on
    the disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        may_delete: bool = False,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._folder = folder
        self._may_delete = may_delete
        self._pause = pause or threading.Event().wait
        self._last_name = ""

    def grab(self, timeout_s: float) -> Frame | DeviceFault | None:
        """See `FrameSource.grab`. CAMERA_MISSING while there is no such folder."""
        give_up = time.monotonic() + timeout_s
        while True:
            taken: Frame | DeviceFault | None
            try:
                taken = self._next()
            except OSError:
                taken = DeviceFault(FaultCode.CAMERA_MISSING, f"folder {self._folder}")
            rest_s = give_up - time.monotonic()
            if rest_s <= 0 or isinstance(taken, np.ndarray):
                return taken
            self._pause(min(FOLDER_INTERVAL_S, rest_s))

    def close(self) -> None:
        """Nothing is held."""

    def _next(self) -> Frame | None:
        names = sorted(
            path.name
            for path in self._folder.iterdir()
            if path.suffix.lower() in PICTURE_SUFFIXES and path.name > self._last_name
        )
        for name in names:
            self._last_name = name
            path = self._folder / name
            picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
            if self._may_delete:
                path.unlink(missing_ok=True)
                self._last_name = ""
            if picture is not None:
                return np.asarray(picture, dtype=np.uint8)
        return None


class MemorySource:
    """Pictures that the program itself hands over."""

    def __init__(self, frames: Iterable[Frame] = ()) -> None:
        self._frames = deque(frames, maxlen=64)
        self._changed = threading.Condition()

    def add(self, frame: Frame) -> None:
        """Hand over one more picture, from any thread. Of more than 64 the oldest is lost."""
        with self._changed:
            self._frames.append(frame)
            self._changed.notify_all()

    def grab(self, timeout_s: float) -> Frame | DeviceFault | None:
        """Return the oldest picture not yet seen, waiting at most `timeout_s` for one."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames, timeout_s)
            return self._frames.popleft() if self._frames else None

    def close(self) -> None:
        """Nothing is held."""
