"""Pictures of the terminal: one of each page and state, when it is first there to be seen."""

import os
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer

from ui.counter.view import Shown
from ui.counter.window import CounterWindow

SETTLED_AFTER_MS = 240
"""After the flash of the key that led here."""


class Shots(QObject):
    """Saves `<name>-<state>.png`, as soon as a state is drawn and again when it has settled."""

    def __init__(self, window: CounterWindow, folder: Path, name: str) -> None:
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._name = name
        self._begun: set[str] = set()
        self._settled: set[str] = set()
        self._now = ""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._take_settled)
        window.drawn.connect(self._drawn)

    def _drawn(self, shown: Shown) -> None:
        if shown.name == self._now:
            return
        self._now = shown.name
        if shown.name not in self._settled:
            self._settle.start(SETTLED_AFTER_MS)
        if shown.name not in self._begun:  # it may be gone before it settles
            self._begun.add(shown.name)
            self._save(shown.name)

    def _take_settled(self) -> None:
        if self._now not in self._settled:
            self._settled.add(self._now)
            self._save(self._now)

    def _save(self, state: str) -> None:
        # Let texts that have just changed get their room first, as before each frame.
        for _ in range(2):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".{self._name}-{state}.part"
        if not self._window.grab().save(str(part), "PNG"):
            raise OSError(f"cannot write a picture to {self._folder}")
        os.replace(part, self._folder / f"{self._name}-{state}.png")
