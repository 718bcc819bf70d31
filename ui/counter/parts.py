"""The widgets that the terminal's pages are made of. They draw what they are told, nothing more."""

from PySide6.QtCore import QSize, Qt
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


def _ink_height(font: QFont, text: str) -> int:
    """Return the height of a box in which a text, centred by its line, is not cut.

    Less than the height of the line: the face leaves half an em above and below for other scripts.
    """
    metrics = QFontMetrics(font)
    middle = (metrics.ascent() - metrics.descent()) / 2  # above the base line
    ink = metrics.tightBoundingRect(text)
    return int(2 * max(-ink.top() - middle, middle + ink.bottom())) + 2


class TypeLabel(QLabel):
    """A text of one role. It never elides: what is too long for its box is drawn smaller.

    A flexible one asks for no more height than its ink and gives way before the others.
    """

    def __init__(
        self,
        role: Role,
        text: str = "",
        *,
        is_flexible: bool = False,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    ) -> None:
        super().__init__(text)
        self._role = role
        self._px = int(role.value[0])
        self._is_flexible = is_flexible
        self.setAlignment(alignment)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font_of(role, self._px))

    def rescale(self, scale: Scale) -> None:
        """Take another size of type."""
        self._px = scale.type_px(self._role)
        self._fit()
        self.updateGeometry()

    def say(self, text: str) -> None:
        """Show a text."""
        if text != self.text():
            self.setText(text)
            self._fit()

    def sizeHint(self) -> QSize:
        """Ask for room for the text at its full size, however small it is drawn now."""
        return self._hint(self._px, is_tight=self._is_flexible)

    def minimumSizeHint(self) -> QSize:
        """Be as narrow as the smallest type allows; only a flexible text gives way in height."""
        least = self._hint(self._least_px, is_tight=True)
        return least if self._is_flexible else QSize(least.width(), self.sizeHint().height())

    @property
    def _least_px(self) -> int:
        return max(1, int(self._px * SHRINK_TO))

    def _hint(self, px: int, *, is_tight: bool) -> QSize:
        now, then = QFontMetrics(self.font()), QFontMetrics(font_of(self._role, px))
        text = self.text()
        frame = super().sizeHint() - QSize(now.horizontalAdvance(text), now.height())
        height = _ink_height(font_of(self._role, px), text) if is_tight else then.height()
        return QSize(then.horizontalAdvance(text), height) + frame

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text to its new box."""
        super().resizeEvent(event)
        self._fit()

    def fits(self) -> bool:
        """Whether the whole text is drawn within the box."""
        return self._fits_at(self.font())

    def _fits_at(self, font: QFont) -> bool:
        box, text = self.contentsRect(), self.text()
        is_narrow_enough = QFontMetrics(font).horizontalAdvance(text) <= box.width()
        return is_narrow_enough and _ink_height(font, text) <= box.height()

    def _fit(self) -> None:
        px = self._px
        font = font_of(self._role, px)
        while px > self._least_px and not self._fits_at(font):
            px -= 1
            font = font_of(self._role, px)
        if font != self.font():
            self.setFont(font)


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
        column.addStretch(1)
        column.addWidget(self.zh)
        column.addWidget(self.en)
        column.addStretch(1)

    def say(self, text: Text) -> None:
        """Show a text."""
        self.zh.say(text.zh)
        self.en.say(text.en)


class ActButton(QPushButton):
    """A key of the terminal: the name of its function key, and what it does in both languages."""

    def __init__(self, key: str, words: Text, *, is_flat: bool = False) -> None:
        super().__init__()
        self._words = words
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
        labels = (self.zh, self.en, self.key) if is_flat else (self.key, self.zh, self.en)
        for label in labels:
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setVisible(bool(label.text()))
            box.addWidget(label)
        box.addStretch(1)
        self._look = "plain"
        self.pressed.connect(self._draw)
        self.released.connect(self._draw)

    def minimumSizeHint(self) -> QSize:
        """Leave room for the words: a button's own hint knows nothing of them."""
        layout = self.layout()
        return layout.minimumSize() if layout else super().minimumSizeHint()

    def sizeHint(self) -> QSize:
        """Return the words' own size."""
        layout = self.layout()
        return layout.sizeHint() if layout else super().sizeHint()

    def show_as(self, look: str, english: str | None = None) -> None:
        """Draw as `plain`, `main`, `off` or `pending`; `english` replaces the small line."""
        self.en.say(english or self._words.en)
        self._look = look
        self._draw()

    def _draw(self) -> None:
        """A finger on the button looks like a press under way: from its first moment on."""
        set_look(self, "look", "pending" if self.isDown() else self._look)
        is_useful = self._look != "off"
        shape = Qt.CursorShape.PointingHandCursor if is_useful else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
