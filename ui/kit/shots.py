"""Pictures of a screen, taken after what they show has really been drawn."""

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtQuick import QQuickWindow


class Shots(QObject):
    """Saves `<name>.png` of a window to a folder, each name once unless `again` is given.

    Without a folder every call is a no-op, so that a screen need not ask whether to take one.
    Encoding a picture of a large screen takes about 0.1 s of the thread that draws it.
    """

    taken = Signal(str)
    """A picture of this name is complete."""

    def __init__(self, window: QQuickWindow, folder: Path | None, *, settle_ms: int = 400) -> None:
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._settle_ms = settle_ms
        self._taken: set[str] = set()
        self._wanted: list[tuple[str, Callable[[], bool]]] = []
        self._is_waiting = False
        self._after_frame = QTimer(self)
        self._after_frame.setSingleShot(True)
        self._after_frame.timeout.connect(self._save)

    def take(
        self, name: str, *, again: bool = False, is_still: Callable[[], bool] = lambda: True
    ) -> None:
        """Ask for a picture as soon as animations have had `settle_ms` to end.

        Where `is_still` says by then that something else is shown, none is taken: it may be asked
        for again.
        """
        if self._folder is None or (name in self._taken and not again):
            return
        self._taken.add(name)
        settled = QTimer(self)  # a child: it dies with us, where singleShot would still fire
        settled.setSingleShot(True)
        settled.timeout.connect(lambda: self._await_frame(name, is_still, settled))
        settled.start(self._settle_ms)

    def _await_frame(self, name: str, is_still: Callable[[], bool], settled: QTimer) -> None:
        settled.deleteLater()
        self._wanted.append((name, is_still))
        if not self._is_waiting:
            self._is_waiting = True
            self._window.frameSwapped.connect(self._drawn)
        self._window.update()

    @Slot()
    def _drawn(self) -> None:
        self._window.frameSwapped.disconnect(self._drawn)
        self._is_waiting = False
        self._after_frame.start()  # a frame may not be grabbed while it is drawn

    def _save(self) -> None:
        wanted, self._wanted = self._wanted, []
        for name, is_still in wanted:
            if is_still():
                self.save_now(name)
            else:
                self._taken.discard(name)

    def save_now(self, name: str) -> None:
        """Draw and save at once; whoever reads the folder never sees half a file."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".{name}.part"
        if not self._window.grabWindow().save(str(part), "PNG"):  # type: ignore[call-overload]
            raise OSError(f"cannot write a picture to {self._folder}")
        os.replace(part, self._folder / f"{name}.png")
        self.taken.emit(name)
