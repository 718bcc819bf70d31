"""The two pages below the header: the sign-in form, and the desk where a clerk works."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from hallserver.protocol.bounds import MAX_ID_CHARS, MAX_PASSWORD_CHARS
from ui.counter import texts
from ui.counter.flow import Act
from ui.counter.look import Role, Scale
from ui.counter.parts import ActButton, TwoLines, TypeLabel, font_of, set_look
from ui.counter.view import Key, Shown

CENTRE = Qt.AlignmentFlag.AlignCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ROW = (Act.NEXT, Act.RECALL, Act.ARRIVE, Act.COMPLETE, Act.NO_SHOW)
MAX_NEXT_NUMBERS = 3


def card() -> QFrame:
    """Make a panel with the look of a card."""
    frame = QFrame()
    frame.setProperty("card", "true")
    return frame


def look_of(key: Key) -> str:
    """Name how a button is drawn."""
    if key.is_pending:
        return "pending"
    if not key.is_enabled:
        return "off"
    return "main" if key.is_main else "plain"


class Said(QFrame):
    """The last sentence for the clerk."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("said")
        self.words = TwoLines(Role.SENTENCE)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.words)

    def rescale(self, scale: Scale) -> None:
        """Take another size."""
        self._row.setContentsMargins(scale.px(18), scale.px(6), scale.px(18), scale.px(6))

    def show_state(self, shown: Shown) -> None:
        """Say it, with its tone."""
        self.words.say(shown.said)
        set_look(self, "tone", shown.said_tone.value if shown.said.zh else "none")
        spoken = f"{shown.said.zh} {shown.said.en}".strip()
        self.setAccessibleName(spoken)


class SignInPage(QWidget):
    """Account, password, Enter."""

    submitted = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.card = card()
        self.title = TwoLines(Role.TITLE, alignment=CENTRE)
        self.title.say(texts.SIGN_IN_TITLE)
        self.hall = TypeLabel(Role.BODY, alignment=CENTRE)
        self.hall.setProperty("ink", "soft")
        self.account = self._field(texts.ACCOUNT.zh, texts.ACCOUNT.en, MAX_ID_CHARS)
        self.password = self._field(texts.PASSWORD.zh, texts.PASSWORD.en, MAX_PASSWORD_CHARS)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.button = ActButton("Enter", texts.SIGN_IN, is_flat=True)
        self.button.setObjectName("signIn")
        self.said = Said()
        self._layout()
        self.account.returnPressed.connect(self._enter_account)
        self.password.returnPressed.connect(self.submit)
        self.button.clicked.connect(self.submit)

    def _field(self, zh: str, en: str, limit: int) -> QLineEdit:
        field = QLineEdit()
        field.setMaxLength(limit)
        field.setPlaceholderText(f"{zh}  {en}")
        field.setAccessibleName(f"{zh} {en}")
        field.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        return field

    def _layout(self) -> None:
        self._inner = QVBoxLayout(self.card)
        for widget in (self.title, self.account, self.password, self.button, self.said):
            self._inner.addWidget(widget)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.card)
        row.addStretch(1)
        self._outer = QVBoxLayout(self)
        self._outer.addStretch(1)
        self._outer.addWidget(self.hall)
        self._outer.addLayout(row)
        self._outer.addStretch(2)

    def rescale(self, scale: Scale) -> None:
        """Take another size."""
        for field in (self.account, self.password):
            field.setFont(font_of(Role.BODY, scale.type_px(Role.BODY)))
            field.setFixedHeight(scale.px(50))
        self.card.setFixedWidth(scale.px(480))
        self.button.setFixedHeight(scale.px(60))
        self.said.setFixedHeight(max(scale.px(70), 54))
        self._inner.setContentsMargins(scale.px(28), scale.px(18), scale.px(28), scale.px(18))
        self._inner.setSpacing(scale.px(12))
        self._outer.setSpacing(scale.px(10))

    def show_state(self, shown: Shown) -> None:
        """Draw what is to be shown."""
        self.hall.say(" · ".join(word for word in (shown.hall.zh, shown.hall.en) if word))
        for field in (self.account, self.password):
            field.setReadOnly(shown.is_signing_in)
        self.button.setEnabled(shown.is_form_enabled or shown.is_signing_in)
        key = Key(shown.is_form_enabled, shown.is_signing_in, is_main=True)
        self.button.show_as(look_of(key), texts.SIGNING_IN.zh if shown.is_signing_in else None)
        self.said.show_state(shown)

    def begin(self) -> None:
        """Empty the form for the next person."""
        self.account.clear()
        self.password.clear()
        self.account.setFocus()

    def submit(self) -> None:
        """Hand over what was entered."""
        self.submitted.emit(self.account.text(), self.password.text())

    def _enter_account(self) -> None:
        if self.password.text():
            self.submit()
        else:
            self.password.setFocus()


class NumberCard(QFrame):
    """The number at this counter: its state and time, the number itself, its service."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("card", "true")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", "false")
        self.state = TypeLabel(Role.STRONG)
        self.state.setObjectName("state")
        self.state_en = TypeLabel(Role.CAPTION)
        self.state_en.setProperty("ink", "soft")
        self.elapsed = TypeLabel(Role.CLOCK, alignment=RIGHT)
        self.number = TypeLabel(Role.NUMBER, is_flexible=True, alignment=CENTRE)
        self.number.setObjectName("number")
        self.service = TwoLines(Role.SERVICE, alignment=CENTRE)
        self._top = QHBoxLayout()
        self._top.addWidget(self.state)
        self._top.addWidget(self.state_en)
        self._top.addStretch(1)
        self._top.addWidget(self.elapsed)
        self._box = QVBoxLayout(self)
        self._box.addLayout(self._top)
        self._box.addWidget(self.number, 1)
        self._box.addWidget(self.service)

    def rescale(self, scale: Scale) -> None:
        """Take another size."""
        side = scale.px(20)
        self._box.setContentsMargins(side, scale.px(14), side, scale.px(16))
        self._box.setSpacing(0)
        self._top.setSpacing(scale.px(10))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show a ring to who comes by the keyboard; otherwise the focus only rests here."""
        super().focusInEvent(event)
        by_tab = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        set_look(self, "ring", "true" if event.reason() in by_tab else "false")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        set_look(self, "ring", "false")

    def show_state(self, shown: Shown) -> None:
        """Draw what is to be shown."""
        self.state.say(shown.state.zh)
        self.state_en.say(shown.state.en)
        set_look(self.state, "tone", shown.state_tone.value)
        self.elapsed.say(shown.elapsed)
        set_look(self, "empty", "false" if shown.elapsed else "true")
        self.number.say(shown.number)
        self.service.say(shown.service)
        self.setAccessibleName(shown.number_words)


class WaitingCard(QFrame):
    """How many wait for this counter, and who is next."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("card", "true")
        self.title = TwoLines(Role.STRONG)
        self.title.say(texts.WAITING)
        self.count = TypeLabel(Role.COUNT, is_flexible=True, alignment=RIGHT)
        self.next_title = TwoLines(Role.STRONG)
        self.numbers = [TypeLabel(Role.STRONG, alignment=CENTRE) for _ in range(MAX_NEXT_NUMBERS)]
        for label in self.numbers:
            label.setObjectName("nextNumber")
        self.last = TwoLines(Role.BODY)
        self._top = QHBoxLayout()
        self._top.addWidget(self.title)
        self._top.addWidget(self.count, 1)
        self._row = QHBoxLayout()
        for label in self.numbers:
            self._row.addWidget(label, 1)
        self._box = QVBoxLayout(self)
        self._box.addLayout(self._top)
        self._box.addStretch(1)
        self._box.addWidget(self.next_title)
        self._box.addLayout(self._row)
        self._box.addStretch(1)
        self._box.addWidget(self.last)

    def rescale(self, scale: Scale) -> None:
        """Take another size."""
        side = scale.px(18)
        self._box.setContentsMargins(side, scale.px(12), side, scale.px(14))
        self._box.setSpacing(scale.px(8))
        self._row.setSpacing(scale.px(8))

    def show_state(self, shown: Shown) -> None:
        """Draw what is to be shown."""
        self.count.say(shown.waiting)
        numbers = shown.next_numbers[:MAX_NEXT_NUMBERS]
        self.next_title.say(texts.NEXT_NUMBERS if numbers else texts.NOBODY)
        for at, label in enumerate(self.numbers):
            label.say(numbers[at] if at < len(numbers) else "")
            label.setVisible(at < len(numbers))
        self.last.say(shown.last)
        spoken = f"{texts.WAITING.zh} {shown.waiting}，{self.next_title.zh.text()} "
        self.setAccessibleName(spoken + " ".join(numbers))


class DeskPage(QWidget):
    """Where the clerk works."""

    pressed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.number_card = NumberCard()
        self.waiting_card = WaitingCard()
        self.said = Said()
        self.buttons: dict[Act, ActButton] = {}
        self._row = QHBoxLayout()
        for act in ROW:
            button = ActButton(texts.KEY_NAMES[act], texts.KEY_WORDS[act])
            button.setObjectName(act.value)
            button.clicked.connect(lambda _checked=False, act=act: self.pressed.emit(act))
            self.buttons[act] = button
            self._row.addWidget(button, 1)
        self._cards = QHBoxLayout()
        self._cards.addWidget(self.number_card, 19)
        self._cards.addWidget(self.waiting_card, 10)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._cards, 1)
        self._column.addWidget(self.said)
        self._column.addLayout(self._row)

    def rescale(self, scale: Scale) -> None:
        """Take another size."""
        gap = scale.px(12)
        for layout in (self._row, self._cards, self._column):
            layout.setSpacing(gap)
        self._column.setContentsMargins(scale.px(16), gap, scale.px(16), scale.px(16))
        self.said.setFixedHeight(max(scale.px(70), 54))
        for button in self.buttons.values():
            button.setFixedHeight(max(scale.px(100), 76))
        for each in (self.number_card, self.waiting_card, self.said):
            each.rescale(scale)

    def show_state(self, shown: Shown) -> None:
        """Draw what is to be shown."""
        stale = "true" if shown.banner else "false"
        for frame in (self.number_card, self.waiting_card):
            set_look(frame, "stale", stale)
        self.number_card.show_state(shown)
        self.waiting_card.show_state(shown)
        self.said.show_state(shown)
