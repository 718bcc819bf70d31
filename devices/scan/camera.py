"""A camera as the kiosk sees it: the text of a code, a fault or nothing."""

from collections.abc import Callable
from typing import Final

from devices.faults import DeviceFault, FaultCode
from devices.scan.decode import Frame, decode_frame, is_black
from devices.scan.frames import FrameSource
from devices.scan.scanner import Debounce

THOROUGH_INTERVAL_S: Final = 0.2  # the whole ladder at most so often: it costs 70 ms of a core
GRAB_S: Final = 0.25
BLACK_S: Final = 2.0  # a hand that passes over the lens is no fault


class CameraScanner:
    """A `CodeScanner` over a source of pictures."""

    def __init__(self, source: FrameSource, clock: Callable[[], float]) -> None:
        """Take the monotonic `clock` in seconds."""
        self._source = source
        self._clock = clock
        self._debounce = Debounce()
        self._standing: DeviceFault | None = None
        self._black_since: float | None = None
        self._next_thorough = clock()

    @property
    def fault(self) -> DeviceFault | None:
        """The camera's standing fault, if it has one."""
        return self._standing

    def poll(self, deadline_s: float) -> str | DeviceFault | None:
        """See `CodeScanner.poll`; may last longer by the decoding of one picture."""
        give_up = self._clock() + deadline_s
        while True:
            # In short turns: a source says that it is broken only when its time is up.
            taken = self._source.grab(min(GRAB_S, max(0.0, give_up - self._clock())))
            if isinstance(taken, DeviceFault):
                news: str | DeviceFault | None = self._stand(taken)
            elif taken is None:
                self._no_picture_yet()
                news = None
            else:
                news = self._look_at(taken)
            if news is not None:
                return news
            if self._clock() >= give_up:
                return self._standing

    def forget(self) -> None:
        """See `CodeScanner.forget`: a camera keeps no code, it looks anew at each picture."""

    def close(self) -> None:
        """Give the camera back."""
        self._source.close()

    def _no_picture_yet(self) -> None:
        """A source that only has nothing new is there again."""
        if self._standing is not None and self._standing.code is FaultCode.CAMERA_MISSING:
            self._standing = None

    def _look_at(self, frame: Frame) -> str | DeviceFault | None:
        now = self._clock()
        if is_black(frame):
            if self._black_since is None:
                self._black_since = now
            if now - self._black_since < BLACK_S:
                return None
            return self._stand(DeviceFault(FaultCode.CAMERA_BLACK))
        self._black_since = None
        self._standing = None
        is_thorough = now >= self._next_thorough
        text = decode_frame(frame, is_thorough=is_thorough)
        if is_thorough:
            self._next_thorough = self._clock() + THOROUGH_INTERVAL_S
        return text if text is not None and self._debounce.is_new(text, now) else None

    def _stand(self, fault: DeviceFault) -> DeviceFault | None:
        is_news = self._standing is None or self._standing.code is not fault.code
        self._standing = fault
        return fault if is_news else None
