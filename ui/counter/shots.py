"""Pictures of the terminal: one of each page and state, when it is first there to be seen."""

import os
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from ui.counter.view import Shown
from ui.counter.window import CounterWindow

SETTLED_AFTER_MS = 240
"""After the flash of the key that led here."""


class Shots(QObject):
    """Saves `counter-<state>.png`; a state that passes too quickly is taken the next time."""

    def __init__(self, window: CounterWindow, folder: Path) -> None:
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._taken: set[str] = set()
        self._now = ""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._take)
        window.drawn.connect(self._drawn)

    def _drawn(self, shown: Shown) -> None:
        if shown.name != self._now:
            self._now = shown.name
            self._settle.start(SETTLED_AFTER_MS)

    def _take(self) -> None:
        if self._now in self._taken:
            return
        self._taken.add(self._now)
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".counter-{self._now}.part"
        if not self._window.grab().save(str(part), "PNG"):
            raise OSError(f"cannot write a picture to {self._folder}")
        os.replace(part, self._folder / f"counter-{self._now}.png")
