"""The terminal's window: header, banner and pages. It draws `Shown` and tells what was pressed."""

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from hallserver.protocol.errors import Text
from ui.counter import texts
from ui.counter.flow import Act
from ui.counter.look import MIN_HEIGHT, MIN_WIDTH, Role, Scale, scale_for, style_sheet
from ui.counter.pages import DeskPage, SignInPage, look_of
from ui.counter.parts import ActButton, TwoLines, TypeLabel, set_look
from ui.counter.view import Page, Shown
from ui.kit.tokens import DAY, Palette

PENDING_SHOWN_MS = 160
"""A press is seen as taken for this long at least: the hall mostly answers within 5 ms."""

ACT_OF_KEY: dict[int, Act] = {
    Qt.Key.Key_F1: Act.NEXT,
    Qt.Key.Key_F2: Act.RECALL,
    Qt.Key.Key_F3: Act.ARRIVE,
    Qt.Key.Key_F4: Act.COMPLETE,
    Qt.Key.Key_F5: Act.NO_SHOW,
    Qt.Key.Key_F12: Act.SIGN_OUT,
}


class Header(QFrame):
    """Where this is, who works here, whether the hall is there, and the way out."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("header")
        self.counter = TwoLines(Role.TITLE, ink="own")
        self.clerk = TwoLines(Role.STRONG, ink="own")
        self.link = TypeLabel(Role.STRONG)
        self.link.setObjectName("link")
        self.sign_out = ActButton(
            texts.KEY_NAMES[Act.SIGN_OUT], texts.KEY_WORDS[Act.SIGN_OUT], is_flat=True
        )
        self.sign_out.setObjectName(Act.SIGN_OUT.value)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.counter)
        self._row.addWidget(self.clerk)
        self._row.addStretch(1)
        self._row.addWidget(self.link, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self.sign_out)

    def rescale(self, scale: Scale) -> None:
        """Take another size."""
        self._row.setContentsMargins(scale.px(18), scale.px(8), scale.px(16), scale.px(8))
        self._row.setSpacing(scale.px(22))
        self.sign_out.setFixedHeight(max(scale.px(48), 34))
        self.setFixedHeight(max(scale.px(76), 54))

    def show_state(self, shown: Shown) -> None:
        """Draw what is to be shown."""
        self.counter.say(shown.counter)
        is_at_desk = shown.page is Page.DESK
        self.clerk.setVisible(is_at_desk)
        self.sign_out.setVisible(is_at_desk)
        name = "  ".join(word for word in (shown.clerk.zh, shown.staff.zh) if word)
        english = "  ".join(word for word in (shown.clerk.en, shown.staff.en) if word)
        self.clerk.say(Text(name, english))
        self.link.say(shown.link.zh)
        self.link.setAccessibleName(f"{shown.link.zh} {shown.link.en}")
        set_look(self.link, "tone", shown.link_tone.value)


class Banner(QFrame):
    """Says over everything that what is shown may be old."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setProperty("tone", "alert")
        self.words = TwoLines(Role.STRONG, alignment=Qt.AlignmentFlag.AlignHCenter, ink="own")
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.words)
        self.hide()

    def rescale(self, scale: Scale) -> None:
        """Take another size."""
        self._row.setContentsMargins(scale.px(18), scale.px(6), scale.px(18), scale.px(6))

    def show_state(self, shown: Shown) -> None:
        """Draw what is to be shown."""
        if shown.banner is not None:
            self.words.say(shown.banner)
            self.setAccessibleName(f"{shown.banner.zh} {shown.banner.en}")
        self.setVisible(shown.banner is not None)


class CounterWindow(QWidget):
    """One counter's terminal."""

    pressed = Signal(object)
    """An `Act`: by function key, mouse, or the keyboard on a button."""

    sign_in_pressed = Signal(str, str)
    """Account and password."""

    drawn = Signal(object)
    """The `Shown` that the widgets now hold."""

    def __init__(self, palette: Palette = DAY) -> None:
        super().__init__()
        self._palette = palette
        self._shown: Shown | None = None
        self._scale: Scale | None = None
        self._pressed_act: Act | None = None
        self._flash = QTimer(self)
        self._flash.setSingleShot(True)
        self._flash.timeout.connect(self._end_flash)
        self.setObjectName("window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(f"{texts.WINDOW_TITLE.zh} {texts.WINDOW_TITLE.en}")
        self.setMinimumSize(MIN_WIDTH, MIN_HEIGHT)
        self.header, self.banner = Header(), Banner()
        self.sign_in, self.desk = SignInPage(), DeskPage()
        self._pages = QStackedWidget()
        self._page_widgets: dict[Page, SignInPage | DeskPage] = {
            Page.SIGN_IN: self.sign_in,
            Page.DESK: self.desk,
        }
        for page in self._page_widgets.values():
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.header, self.banner):
            column.addWidget(widget)
        column.addWidget(self._pages, 1)
        self.buttons = {**self.desk.buttons, Act.SIGN_OUT: self.header.sign_out}
        self.header.sign_out.clicked.connect(lambda _=False: self.pressed.emit(Act.SIGN_OUT))
        self.desk.pressed.connect(self.pressed)
        self.sign_in.submitted.connect(self.sign_in_pressed)
        self._order_focus()

    def _order_focus(self) -> None:
        """Tab goes down the page, then to the way out; the form starts at the account."""
        order: list[QWidget] = [self.desk.number_card, *self.desk.buttons.values()]
        order.append(self.header.sign_out)
        form: list[QWidget] = [self.sign_in.account, self.sign_in.password, self.sign_in.button]
        for chain in (order, form):
            for before, after in pairwise(chain):
                QWidget.setTabOrder(before, after)

    # Input.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the function keys; one held down is pressed once."""
        act = ACT_OF_KEY.get(event.key())
        is_plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if act is None or not is_plain or self._is_on(Page.SIGN_IN):
            super().keyPressEvent(event)
            return
        event.accept()
        if not event.isAutoRepeat():
            self.pressed.emit(act)

    def _is_on(self, page: Page) -> bool:
        return self._shown is None or self._shown.page is page

    # Drawing.

    def show_state(self, shown: Shown) -> None:
        """Draw a state; only what changed is drawn again."""
        if shown == self._shown:
            return
        before, self._shown = self._shown, shown
        self.header.show_state(shown)
        self.banner.show_state(shown)
        self._page_widgets[shown.page].show_state(shown)
        self._draw_keys()
        if before is None or before.page is not shown.page:
            self._turn_to(shown.page)
        if before is None or (before.said, before.banner) != (shown.said, shown.banner):
            self._announce(shown)
        self.drawn.emit(shown)

    def acknowledge(self, act: Act) -> None:
        """Draw a press as taken, now and for a moment that can be seen."""
        self._pressed_act = act
        self._flash.start(PENDING_SHOWN_MS)
        self._draw_keys()

    def _end_flash(self) -> None:
        self._pressed_act = None
        self._draw_keys()

    def _turn_to(self, page: Page) -> None:
        if page is Page.SIGN_IN:
            self.sign_in.begin()
        self._pages.setCurrentWidget(self._page_widgets[page])
        if page is Page.DESK:
            self.sign_in.password.clear()
            self.desk.number_card.setFocus()

    def _draw_keys(self) -> None:
        shown = self._shown
        if shown is None or shown.page is not Page.DESK:
            return
        for act, button in self.buttons.items():
            key = shown.keys[act]
            look = look_of(key)
            if act is self._pressed_act:
                look = "pending"
            self._enable(button, is_enabled=key.is_enabled)
            button.show_as(look, texts.UNDER_WAY.zh if key.is_pending else None)

    def _enable(self, button: ActButton, *, is_enabled: bool) -> None:
        """Enable or disable a button, without Qt handing its focus to the next one.

        Whoever presses the space bar twice would otherwise press what has got the focus.
        """
        if not is_enabled and button.hasFocus():
            self.desk.number_card.setFocus()
        button.setEnabled(is_enabled)

    def _announce(self, shown: Shown) -> None:
        """Have a screen reader say the sentence, and the banner before it."""
        said = [text.zh for text in (shown.banner, shown.said) if text is not None and text.zh]
        if said and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, " ".join(said)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw everything in proportion to the window."""
        super().resizeEvent(event)
        scale = scale_for(self.width(), self.height())
        if scale == self._scale:
            return
        self._scale = scale
        self.setStyleSheet(style_sheet(self._palette, scale))
        for label in self.findChildren(TypeLabel):
            label.rescale(scale)
        rescaling: tuple[Callable[[Scale], None], ...] = (
            self.header.rescale,
            self.banner.rescale,
            self.sign_in.rescale,
            self.sign_in.said.rescale,
            self.desk.rescale,
        )
        for rescale in rescaling:
            rescale(scale)
