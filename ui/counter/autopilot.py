"""A simulated clerk at the real window: presses its buttons and keys by events, at human pace.

Whoever touches keyboard or mouse in the window has it to themselves until they have been away for
`PERSON_AWAY_S`.
"""

from collections import deque
from collections.abc import Callable
from random import Random

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from ui.counter.clerk import Habits, ScriptedClerk, Wish
from ui.counter.flow import Act, State
from ui.counter.window import ACT_OF_KEY, CounterWindow

PERSON_AWAY_S = 60.0
HOLD_S = (0.05, 0.12)
"""How long a key or a mouse button is held down."""
TYPING_S = (0.06, 0.18)
"""From one typed letter to the next."""
NOTHING_CAME_S = 2.0
"""A press that changed nothing is made again after this long."""
MOUSE_SHARE = 0.5

_KEY_OF_ACT = {act: Qt.Key(key) for key, act in ACT_OF_KEY.items()}
_A_PERSON_DOES = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.Wheel,
    QEvent.Type.KeyPress,
    QEvent.Type.TouchBegin,
)


class Autopilot(QObject):
    """Call `look` after every change of the terminal. `clock_s` only goes forward."""

    def __init__(
        self,
        window: CounterWindow,
        state: Callable[[], State],
        clock_s: Callable[[], float],
        *,
        seed: int,
        speed: float,
        account: tuple[str, str] | None,
        habits: Habits | None = None,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._state = state
        self._clock_s = clock_s
        self._rng = Random(f"{seed}/autopilot")
        self._clerk = ScriptedClerk(habits or Habits(), self._rng)
        self._speed = speed
        self._account = account
        self._person_at_s: float | None = None
        self._mouse_at: QPointF | None = None
        self._wish: Wish | None = None
        self._strokes: deque[tuple[float, Callable[[], None]]] = deque()
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self._act)
        self._stroke = QTimer(self)
        self._stroke.setSingleShot(True)
        self._stroke.timeout.connect(self._next_stroke)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    def look(self) -> None:
        """See whether there is something new to do."""
        wish = self._clerk.look(self._state())
        if wish is self._wish:
            return
        self._wish = wish
        self._due.stop()
        if wish is not None and not (wish.act is None and self._account is None):
            self._due.start(int(wish.delay_s(self._speed) * 1_000))

    # A person.

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice a person: what the window system sends is spontaneous, what we post is not."""
        if event.spontaneous() and self._is_by_a_person(event):
            self._person_at_s = self._clock_s()
            self._strokes.clear()
        return super().eventFilter(watched, event)

    def _is_by_a_person(self, event: QEvent) -> bool:
        if event.type() in _A_PERSON_DOES:
            return True
        if event.type() is not QEvent.Type.MouseMove or not isinstance(event, QMouseEvent):
            return False
        # The first place is where the mouse happened to lie when the window came up below it.
        before, self._mouse_at = self._mouse_at, event.globalPosition()
        return before is not None and before != self._mouse_at

    @property
    def _person_stays_s(self) -> float:
        if self._person_at_s is None:
            return 0.0
        return max(0.0, self._person_at_s + PERSON_AWAY_S - self._clock_s())

    # Pressing.

    def _act(self) -> None:
        wish = self._wish
        if wish is None:
            return
        if self._person_stays_s > 0:
            self._due.start(int(self._person_stays_s * 1_000) + 1)
            return
        if wish.act is None:
            self._sign_in()
        else:
            self._press(wish.act)
        # If this changed something, `look` has another wish by then and has stopped the timer.
        self._due.start(int(NOTHING_CAME_S * 1_000))

    def _press(self, act: Act) -> None:
        button = self._window.buttons[act]
        if self._rng.random() < MOUSE_SHARE and button.isEnabled():
            self._click(button)
        else:
            self._tap(self._window, _KEY_OF_ACT[act])
        self._next_stroke()

    def _sign_in(self) -> None:
        if self._account is None:
            return
        self._strokes.clear()
        form = self._window.sign_in
        for field, text in zip((form.account, form.password), self._account, strict=True):
            self._type(field, text)
        self._click(form.button)
        self._next_stroke()

    def _next_stroke(self) -> None:
        """Do what is due at once, and wait for the rest."""
        if not self._strokes or self._stroke.isActive():
            return
        after_s, do = self._strokes.popleft()
        do()
        self._stroke.start(int(after_s * 1_000 / max(1.0, self._speed)))

    def _pause(self, between: tuple[float, float]) -> float:
        return self._rng.uniform(*between)

    def _click(self, widget: QWidget) -> None:
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

        def post(kind: QEvent.Type, held: Qt.MouseButton) -> None:
            middle = QPointF(widget.rect().center())
            place = widget.mapToGlobal(middle)
            nothing = Qt.KeyboardModifier.NoModifier
            QCoreApplication.postEvent(
                widget, QMouseEvent(kind, middle, place, left, held, nothing)
            )

        self._strokes.append(
            (self._pause(HOLD_S), lambda: post(QEvent.Type.MouseButtonPress, left))
        )
        self._strokes.append((0.0, lambda: post(QEvent.Type.MouseButtonRelease, none)))

    def _tap(self, widget: QWidget, key: Qt.Key, text: str = "", after_s: float = 0.0) -> None:
        def post(kind: QEvent.Type) -> None:
            nothing = Qt.KeyboardModifier.NoModifier
            QCoreApplication.postEvent(widget, QKeyEvent(kind, key, nothing, text))

        self._strokes.append((self._pause(HOLD_S), lambda: post(QEvent.Type.KeyPress)))
        self._strokes.append((after_s, lambda: post(QEvent.Type.KeyRelease)))

    def _type(self, field: QLineEdit, text: str) -> None:
        def begin() -> None:
            field.clear()
            field.setFocus()

        self._strokes.append((self._pause(TYPING_S), begin))
        for letter in text:
            self._tap(field, Qt.Key.Key_unknown, letter, self._pause(TYPING_S))
