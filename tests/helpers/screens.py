"""What tests of QML screens share: a kit offscreen, Qt's complaints, the walk over all items."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import (
    QEventLoop,
    QMessageLogContext,
    QRectF,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtQuick import QQuickItem, QQuickWindow

from hallserver.protocol.errors import Text
from ui.kit.app import Kit, KitSettings, make_app, prepare_environment
from ui.kit.finger import items_below
from ui.kit.i18n import Language
from ui.kit.sizes import Panel
from ui.kit.tokens import DAY, Palette


def open_kit(
    panel: Panel,
    texts: Mapping[str, Text],
    *,
    palette: Palette = DAY,
    language: Language = Language.ZH,
    shots: Path | None = None,
) -> Kit:
    """Start a kit as the programs do, on a panel of this size."""
    prepare_environment()
    settings = KitSettings(panel, language, True, shots)
    return make_app("test", settings, palette=palette, texts=texts)


@contextmanager
def no_qt_messages() -> Iterator[None]:
    """Fail on anything that Qt or QML says while the block runs."""
    said: list[str] = []

    def listen(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        said.append(text)

    former = qInstallMessageHandler(listen)
    try:
        yield
    finally:
        qInstallMessageHandler(former)
    assert said == [], said


def wait_until(is_done: Callable[[], bool], timeout_ms: int = 5_000) -> bool:
    """Run the event loop until a condition holds; False when it never did."""
    loop = QEventLoop()
    poll, limit = QTimer(), QTimer()
    poll.timeout.connect(lambda: loop.quit() if is_done() else None)
    limit.timeout.connect(loop.quit)
    limit.setSingleShot(True)
    poll.start(5)
    limit.start(timeout_ms)
    if not is_done():
        loop.exec()
    poll.stop()
    limit.stop()
    return is_done()


def draw(window: QQuickWindow) -> None:
    """Run until a frame with everything up to now is drawn."""
    frames: list[int] = []

    def swapped() -> None:
        frames.append(1)

    window.frameSwapped.connect(swapped)

    def has_drawn() -> bool:
        if len(frames) < 2:
            window.update()
        return len(frames) >= 2

    drawn = wait_until(has_drawn)
    window.frameSwapped.disconnect(swapped)
    assert drawn


def visible_items(window: QQuickWindow) -> list[QQuickItem]:
    """List every item that is drawn."""
    return [item for item in items_below(window.contentItem()) if item.isVisible()]


def parent_of(item: QQuickItem) -> QQuickItem | None:
    """Find the item around an item: the topmost has none, though PySide's types do not say so."""
    return item.parentItem()


def button_of(item: QQuickItem) -> QQuickItem | None:
    """Find the item that is touched where a text is drawn."""
    above = parent_of(item)
    while above is not None and above.metaObject().indexOfSignal("tapped()") < 0:
        above = parent_of(above)
    return above


def ill_fitting_texts(window: QQuickWindow) -> list[str]:
    """Name every drawn text that is cut off, runs out of its item, or out of the window."""
    odd = []
    for item in visible_items(window):
        if not item.inherits("QQuickText") or not item.property("text"):
            continue
        text = str(item.property("text"))
        place = item.mapRectToScene(QRectF(0, 0, item.width(), item.height()))
        too_wide = item.property("contentWidth") > item.width() + 1
        # The font's line box is 1.45 em high, what is drawn in a line of it at most 0.92 em.
        empty = 0.53 * item.property("font").pixelSize()
        too_high = item.property("contentHeight") - empty > item.height() + 1
        button = button_of(item)
        if button is not None:
            drawn = item.mapRectToScene(item.boundingRect())
            too_wide |= drawn.width() > button.width() or drawn.height() > button.height() * 1.2
        outside = (
            place.left() < -1
            or place.right() > window.width() + 1
            or place.top() < -1
            or place.bottom() > window.height() + 1
        )
        if item.property("truncated") or too_wide or too_high or outside:
            odd.append(text)
    return odd


def colours_of(window: QQuickWindow) -> int:
    """Count the different colours of a coarse grid over the window: 1 when it is blank."""
    image = window.grabWindow()
    step_x, step_y = max(1, image.width() // 200), max(1, image.height() // 200)
    return len(
        {
            image.pixel(x, y)
            for x in range(0, image.width(), step_x)
            for y in range(0, image.height(), step_y)
        }
    )
