"""The widgets that the terminal's pages are made of. They draw what they are told, nothing more."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from hallserver.protocol.errors import Text
from ui.counter.look import FONT_FAMILIES, Role, Scale

SHRINK_TO = 0.55
"""A text that does not fit shrinks to this part of its size before its box is too small."""


def set_look(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet asks for, and draw by it; below the widget too."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    for each in (widget, *widget.findChildren(QWidget)):
        each.style().unpolish(each)
        each.style().polish(each)


def font_of(role: Role, px: int) -> QFont:
    """Make the font of a role."""
    font = QFont()
    font.setFamilies(list(FONT_FAMILIES))
    font.setPixelSize(px)
    font.setWeight(QFont.Weight(role.weight))
    return font


class TypeLabel(QLabel):
    """A text of one role. It never elides: what is too long for its box is drawn smaller."""

    def __init__(
        self,
        role: Role,
        text: str = "",
        *,
        is_wrapping: bool = False,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    ) -> None:
        super().__init__(text)
        self._role = role
        self._px = int(role.value[0])
        self._is_wrapping = is_wrapping
        self.setAlignment(alignment)
        self.setWordWrap(is_wrapping)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font_of(role, self._px))
        if is_wrapping:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)

    def rescale(self, scale: Scale) -> None:
        """Take another size of type."""
        self._px = scale.type_px(self._role)
        self._fit()

    def say(self, text: str) -> None:
        """Show a text."""
        if text != self.text():
            self.setText(text)
            self._fit()

    def minimumSizeHint(self) -> QSize:
        """Be as small as the smallest type allows: the layout decides."""
        least = QFontMetrics(font_of(self._role, max(1, int(self._px * SHRINK_TO))))
        margins = self.contentsMargins()
        extra = margins.left() + margins.right()
        width = 0 if self._is_wrapping else least.horizontalAdvance(self.text()) + extra
        return QSize(width, least.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text to its new box."""
        super().resizeEvent(event)
        self._fit()

    def fits(self) -> bool:
        """Whether the whole text is drawn within the box."""
        return self._fits_at(self.font())

    def _fits_at(self, font: QFont) -> bool:
        box = self.contentsRect()
        metrics = QFontMetrics(font)
        if not self._is_wrapping:
            return metrics.horizontalAdvance(self.text()) <= box.width()
        flags = int(Qt.TextFlag.TextWordWrap)
        used = metrics.boundingRect(0, 0, box.width(), 10_000, flags, self.text())
        return used.width() <= box.width() and used.height() <= box.height()

    def _fit(self) -> None:
        px, least = self._px, max(1, int(self._px * SHRINK_TO))
        font = font_of(self._role, px)
        while px > least and not self._fits_at(font):
            px -= 1
            font = font_of(self._role, px)
        if font != self.font():
            self.setFont(font)
            self.updateGeometry()


class TwoLines(QWidget):
    """A text in both languages: Chinese large, English small below it."""

    def __init__(
        self,
        role: Role,
        *,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        ink: str = "soft",
    ) -> None:
        super().__init__()
        middle = alignment | Qt.AlignmentFlag.AlignVCenter
        self.zh = TypeLabel(role, alignment=middle)
        self.en = TypeLabel(Role.CAPTION, alignment=middle)
        self.en.setProperty("ink", ink)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.zh)
        column.addWidget(self.en)

    def say(self, text: Text) -> None:
        """Show a text."""
        self.zh.say(text.zh)
        self.en.say(text.en)


class ActButton(QPushButton):
    """A key of the terminal: the name of its function key, and what it does in both languages."""

    def __init__(self, key: str, words: Text, *, is_flat: bool = False) -> None:
        super().__init__()
        self._words = words
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus where it is
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"{words.zh} {words.en}" + (f" {key}" if key else ""))
        centre = Qt.AlignmentFlag.AlignCenter
        self.key = TypeLabel(Role.CAPTION, key, alignment=centre)
        self.zh = TypeLabel(Role.STRONG if is_flat else Role.KEY, words.zh, alignment=centre)
        self.en = TypeLabel(Role.CAPTION, words.en, alignment=centre)
        box = QHBoxLayout(self) if is_flat else QVBoxLayout(self)
        box.setContentsMargins(8, 4, 8, 4)
        box.setSpacing(8 if is_flat else 0)
        box.addStretch(1)
        for label in (self.key, self.zh, self.en):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setVisible(bool(label.text()))
            box.addWidget(label)
        box.addStretch(1)
        self.pressed.connect(self._sync_down)
        self.released.connect(self._sync_down)

    def minimumSizeHint(self) -> QSize:
        """Leave room for the words: a button's own hint knows nothing of them."""
        layout = self.layout()
        return layout.minimumSize() if layout else super().minimumSizeHint()

    def sizeHint(self) -> QSize:
        """Return the words' own size."""
        layout = self.layout()
        return layout.sizeHint() if layout else super().sizeHint()

    def show_as(self, look: str, english: str | None = None) -> None:
        """Draw as `plain`, `main` or `pending`; `english` replaces the small line meanwhile."""
        self.en.say(english or self._words.en)
        set_look(self, "look", look)

    def _sync_down(self) -> None:
        set_look(self, "down", "true" if self.isDown() else "false")

    def changeEvent(self, event: QEvent) -> None:
        """Point only at what can be pressed."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.EnabledChange:
            shape = Qt.CursorShape.PointingHandCursor
            self.setCursor(shape if self.isEnabled() else Qt.CursorShape.ArrowCursor)
