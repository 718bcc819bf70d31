"""The rating pad as a Qt program: feeds the flow, draws its state, sends what the visitor says."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from hallserver.client.outbox import OutboxFull
from hallserver.client.record import Record
from hallserver.client.updates import Update
from hallserver.protocol.commands import Command
from hallserver.protocol.ids import CommandId, CounterId
from ui.kit.app import Kit, seconds_since_now
from ui.kit.finger import Finger
from ui.kit.i18n import STAR_WORDS, pick
from ui.kit.rating_tags import RatingTags
from ui.kit.view import Actions, View
from ui.ratingpad import flow
from ui.ratingpad.autopilot import Autopilot
from ui.ratingpad.view import pad_view

QML = Path(__file__).parent / "qml" / "RatingPad.qml"
TICK_MS = 250

Submit = Callable[[Command], CommandId | OutboxFull]


def tap_of(name: str, value: object) -> flow.Tap | None:
    """Read what QML reports as an event of the flow; None for what it does not know."""
    match name, value:
        case "stars", int(stars):
            return flow.StarsTapped(stars)
        case "stars", float(stars):  # JavaScript has one kind of number
            return flow.StarsTapped(int(stars))
        case "reason", str(code):
            return flow.ReasonTapped(code)
    return _TAPS.get(name)


_TAPS: dict[str, flow.Tap] = {
    "more": flow.MoreTapped(),
    "send": flow.SendTapped(),
    "back": flow.BackTapped(),
    "skip": flow.SkipTapped(),
    "reopen": flow.ReopenTapped(),
}


class RatingPad(QObject):
    """The pad of one counter. Give it every update of its link through `take`."""

    def __init__(
        self,
        kit: Kit,
        counter: CounterId,
        tags: RatingTags,
        submit: Submit,
        record: Record,
        *,
        name: str,
        autopilot_seed: int | None = None,
        now_s: Callable[[], float] | None = None,
        tick_ms: int = TICK_MS,
    ) -> None:
        super().__init__()
        self._kit = kit
        self._submit = submit
        self._record = record
        self._name = name
        self._now_s = now_s if now_s is not None else seconds_since_now()
        self.state = flow.State(counter, tags)
        self.view = View()
        self.actions = Actions()
        self.actions.acted.connect(self._acted)
        self._show()
        language = kit.settings.language
        words = [pick(STAR_WORDS[stars], language) for stars in range(1, 6)]
        self.window = kit.load_window(
            QML, {"view": self.view, "actions": self.actions, "starWords": words}
        )
        self.window.setTitle(name)
        self.setParent(self.window)  # our timer ends with the window
        self._shots = kit.shots()
        self._autopilot = (
            None if autopilot_seed is None else Autopilot(Finger(self.window), autopilot_seed)
        )
        kit.app.aboutToQuit.connect(self._leave)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(tick_ms)

    @Slot(object)
    def take(self, update: Update) -> None:
        """Take what the link tells."""
        self._record.told(update)
        self._clock()
        self._step(update)

    def _tick(self) -> None:
        self._clock()
        if self._autopilot is not None:
            self._autopilot.look(self.state)

    def _clock(self) -> None:
        self._step(flow.Tick(self._now_s()))

    @Slot(str, object)
    def _acted(self, name: str, value: object) -> None:
        tap = tap_of(name, value)
        if tap is not None:
            self._clock()
            self._step(tap)

    def _step(self, event: flow.Event) -> None:
        before = self.state.page
        self.state, effects = flow.step(self.state, event)
        self._show()
        for effect in effects:
            self._perform(effect)
        if self.state.page is not before:
            page = self.state.page
            self._shots.take(f"{self._name}-{page}", is_still=lambda: self.state.page is page)

    def _perform(self, effect: flow.Effect) -> None:
        match effect:
            case flow.Rated(ticket, stars):
                self._record.note("rated", ticket=ticket, stars=stars)
            case flow.Submit(command):
                taken = self._submit(command)
                if isinstance(taken, OutboxFull):
                    self._step(flow.NotTaken())
                else:
                    self._record.asked(taken, command)

    def _show(self) -> None:
        self.view.show(pad_view(self.state, self._kit.settings.language))

    def _leave(self) -> None:
        self._timer.stop()
        self._shots.save_now(self._name)
