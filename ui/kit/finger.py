"""A simulated finger: real touch events at the middle of a named item, as a panel sends them."""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QInputDevice
from PySide6.QtQuick import QQuickItem, QQuickWindow
from PySide6.QtTest import QTest


def items_below(item: QQuickItem) -> Iterator[QQuickItem]:
    """Walk an item and all that is drawn below it, delegates of repeaters too."""
    yield item
    for child in item.childItems():
        yield from items_below(child)


def find_item(window: QQuickWindow, name: str) -> QQuickItem | None:
    """Find the visible item with this `objectName`."""
    for item in items_below(window.contentItem()):
        if item.objectName() == name and item.isVisible():
            return item
    return None


class Finger:
    """Touches what has a name and is visible, enabled and within the window."""

    def __init__(self, window: QQuickWindow) -> None:
        self._window = window
        self._screen = QTest.createTouchDevice(QInputDevice.DeviceType.TouchScreen)

    def place_of(self, name: str) -> QPoint | None:
        """Return the middle of a named item in the window; None when it cannot be touched."""
        item = find_item(self._window, name)
        if item is None or not item.isEnabled():
            return None
        at = item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint()
        is_inside = 0 <= at.x() < self._window.width() and 0 <= at.y() < self._window.height()
        return at if is_inside else None

    def tap(self, name: str) -> bool:
        """Press and release; False when there is nothing of that name to touch."""
        at = self.place_of(name)
        if at is None:
            return False
        QTest.touchEvent(self._window, self._screen).press(0, at, self._window).commit()
        QTest.touchEvent(self._window, self._screen).release(0, at, self._window).commit()
        return True
