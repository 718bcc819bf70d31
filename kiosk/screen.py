"""The kiosk's window: draws the flow's state, and reports every finger."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtQuick import QQuickWindow

from kiosk.flow import events as ev
from kiosk.flow.state import KioskState
from kiosk.touches import touch_of
from kiosk.view import kiosk_view, shot_name, words
from ui.kit.app import Kit
from ui.kit.i18n import Language
from ui.kit.view import Actions, View

QML = Path(__file__).parent / "screens" / "Kiosk.qml"

_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin)


class KioskScreen(QObject):
    """Give it every new state; it hands `on_touch` what fingers do. For the GUI thread."""

    def __init__(
        self, kit: Kit, state: KioskState, on_touch: Callable[[ev.Touch], None], *, name: str
    ) -> None:
        """Open the window."""
        super().__init__()
        self._kit = kit
        self._on_touch = on_touch
        self._language: Language | None = None
        self._view = View()
        self._actions = Actions()
        self._actions.acted.connect(self._acted)
        self._set_language(state.language)
        self._view.show(kiosk_view(state))
        self.window: QQuickWindow = kit.load_window(
            QML, {"view": self._view, "actions": self._actions}
        )
        self.window.setTitle(name)
        self.window.installEventFilter(self)
        self._shots = kit.shots()
        self._shown = ""

    def show(self, state: KioskState) -> None:
        """Draw a state; what did not change is not drawn again."""
        self._set_language(state.language)
        self._view.show(kiosk_view(state))
        self._shown = name = f"kiosk-{shot_name(state)}"
        self._shots.take(name, is_still=lambda: self._shown == name)

    def _set_language(self, language: Language) -> None:
        if language is not self._language:
            self._language = language
            self._kit.set_language(language)
            self._view.show({"words": words(language)})

    @Slot(str, object)
    def _acted(self, name: str, value: object) -> None:
        touch = touch_of(name, value)
        if touch is not None:
            self._on_touch(touch)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Report presses beside all buttons too: somebody is there."""
        if event.type() in _PRESSES:
            self._on_touch(ev.Touch())
        return super().eventFilter(watched, event)
