"""The call screen as a Qt program: feeds the flow, draws its state, notes what was really drawn."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from hallserver.client.record import Record
from hallserver.client.updates import Update
from hallserver.protocol.ids import ZoneId
from ui.callscreen.flow import CallShown, Effect, Event, FreshnessChanged, State, Tick, step
from ui.callscreen.layout import BoardLayout
from ui.callscreen.view import board_view
from ui.kit.app import Kit, seconds_since_now
from ui.kit.view import View

QML = Path(__file__).parent / "qml" / "CallScreen.qml"
TICK_MS = 250


class CallScreen(QObject):
    """One screen of one hall. Give it every update of its link through `take`.

    `clock` tells what a clock on the wall shows, as 09:41; without it the screen has its own.
    """

    def __init__(
        self,
        kit: Kit,
        zones: tuple[ZoneId, ...],
        layout: BoardLayout,
        record: Record,
        *,
        name: str,
        floor: int | None = None,
        clock: Callable[[], str] | None = None,
    ) -> None:
        super().__init__()
        self._kit = kit
        self._layout = layout
        self._record = record
        self._name = name
        self._floor = floor
        self._clock = self._wall_clock if clock is None else clock
        self._now_s = seconds_since_now()
        self._undrawn: list[Effect] = []
        self.state = State(zones=zones, capacity=layout.large + layout.listed)
        self.view = View()
        self._show()
        self.window = kit.load_window(QML, {"view": self.view, "plan": asdict(layout)})
        self.window.setTitle(name)
        self.setParent(self.window)  # our timer ends with the window
        self._shots = kit.shots()
        self.window.frameSwapped.connect(self._drawn)
        kit.app.aboutToQuit.connect(self._leave)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)
        self._tick()

    @Slot(object)
    def take(self, update: Update) -> None:
        """Take what the link tells."""
        self._record.told(update)
        self._tick()
        self._step(update)

    def _wall_clock(self) -> str:
        return str(self.window.property("wallClock"))

    def _tick(self) -> None:
        self._step(Tick(self._now_s(), self._clock()))

    def _step(self, event: Event) -> None:
        self.state, effects = step(self.state, event)
        self._show()
        if effects:
            self._undrawn.extend(effects)
            self.window.update()

    def _show(self) -> None:
        view = board_view(self.state, self._kit.settings.language, self._layout.large, self._floor)
        self.view.show(view.for_qml())

    @Slot()
    def _drawn(self) -> None:
        """A frame with everything up to now is on the screen."""
        drawn, self._undrawn = self._undrawn, []
        on_screen = {call.call_seq for call in self.state.calls[: self.state.capacity]}
        for effect in drawn:
            match effect:
                case CallShown(call_seq=call_seq) if call_seq not in on_screen:
                    pass  # newer calls took its place before the frame was drawn
                case CallShown(number, counter, call_seq):
                    self._record.note("shown", number=number, counter=counter, call_seq=call_seq)
                    self._shots.take(f"{self._name}-new-call")
                case FreshnessChanged(is_stale=True):
                    self._record.note("stale")
                    self._shots.take(f"{self._name}-stale")
                case FreshnessChanged():
                    self._record.note("live")
                    self._shots.take(f"{self._name}-live")

    def _leave(self) -> None:
        self._timer.stop()
        self._shots.save_now(self._name)
