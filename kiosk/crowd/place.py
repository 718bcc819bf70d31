"""One kiosk of the crowd and who stands before it: errands run as generators, one at a time.

An errand yields what it waits for, and is told whether that came about in time.
"""

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from dataclasses import dataclass
from random import Random
from typing import Final

from devices.scan.classify import SERVICE_PREFIX
from hallserver.protocol.ids import ServiceId
from kiosk.flow import events as ev
from kiosk.flow.pages import Home, OutOfService
from kiosk.flow.state import DEAF_S, KioskState
from kiosk.loop import OwnerLoop
from kiosk.simulated import SimulatedDevices
from kiosk.terminal import KioskTerminal

SETTLE_S: Final = DEAF_S + 0.02
"""The shortest that anybody needs to see that a page has changed."""

SHOW_AGAIN_S: Final = 0.5
SHOWS: Final = 10
GO_HOME_TRIES: Final = 20
FRESH_WITHIN_S: Final = 120.0


@dataclass(frozen=True)
class Until:
    """Wait until this holds, for so long at most."""

    holds: Callable[[], bool]
    timeout_s: float


@dataclass(frozen=True)
class Pause:
    """Let this time pass."""

    seconds: float


Wanted = Until | Pause
Errand = Generator[Wanted, bool, None]


class Place:
    """A kiosk, its devices, and the line before it. On the owner's thread only."""

    def __init__(
        self,
        name: str,
        terminal: KioskTerminal,
        devices: SimulatedDevices,
        loop: OwnerLoop,
        hands: Executor,
        *,
        random: Random,
        speed: float,
    ) -> None:
        """Listen to the kiosk. `hands` draw what is held to a camera."""
        self.name = name
        self.terminal = terminal
        self.devices = devices
        self.random = random
        self.line: deque[Callable[[Place], Errand]] = deque()
        self._loop = loop
        self._hands = hands
        self._speed = speed
        self._errand: Errand | None = None
        self._awaited: Until | None = None
        self._turn = 0
        self._has_begun = False
        self._is_poked = False
        terminal.on_state = self._seen
        devices.on_paper = lambda _: loop.post(self._poke)

    @property
    def state(self) -> KioskState:
        """What the kiosk shows."""
        return self.terminal.state

    @property
    def is_free(self) -> bool:
        """Whether nobody is here."""
        return self._errand is None and not self.line

    def queue_up(self, errand: Callable[["Place"], Errand]) -> None:
        """Join the line."""
        self.line.append(errand)
        if self._errand is None:
            self._next()

    # What people do.

    def touch(self, touch: ev.Touch) -> None:
        """Touch the screen."""
        self.terminal.handle(touch)

    def think(self, seconds: float = 2.0) -> Pause:
        """Look at the page and decide; faster people still need to see it."""
        drawn_s = self.random.uniform(0.5, 1.5) * seconds
        return Pause(max(SETTLE_S, drawn_s / self._speed if self._speed else 0.0))

    def hold_up(self, text: str, is_read: Callable[[], bool]) -> Errand:
        """Hold a code to the scanner until something happens."""
        for _ in range(SHOWS):
            self._hands.submit(self.devices.show_code, text)
            if (yield Until(is_read, SHOW_AGAIN_S)):
                break
        self.devices.hide_code()

    def hold_up_service(self, service: ServiceId, is_read: Callable[[], bool]) -> Errand:
        """Hold up the code of a service, as on a poster."""
        yield from self.hold_up(SERVICE_PREFIX + service, is_read)

    def go_home(self) -> Errand:
        """Touch "home" until the kiosk is there; a page that has just come up is deaf."""
        for _ in range(GO_HOME_TRIES):
            if isinstance(self.state.page, Home | OutOfService):
                return
            yield self.think(1.0)
            self.touch(ev.HomeTouched())
            yield Until(lambda: isinstance(self.state.page, Home | OutOfService), SETTLE_S)

    # The errand of the moment.

    def _next(self) -> None:
        self._errand = self._visit(self.line.popleft()) if self.line else None
        self._has_begun = False
        if self._errand is not None:
            self._advance(came_about=False)

    def _visit(self, errand: Callable[["Place"], Errand]) -> Errand:
        yield Until(lambda: self.state.is_fresh, FRESH_WITHIN_S)
        yield from errand(self)
        self.devices.lift_card()
        self.devices.hide_code()
        yield from self.go_home()

    def _seen(self, _: KioskState) -> None:
        # By way of the loop: the errand itself may be what touched the screen just now.
        if self._awaited is not None and not self._is_poked and self._awaited.holds():
            self._is_poked = True
            self._loop.post(self._poke)

    def _poke(self) -> None:
        self._is_poked = False
        if self._awaited is not None and self._awaited.holds():
            self._advance(came_about=True)

    def _time_is_up(self, turn: int) -> None:
        if turn == self._turn:
            came_about = self._awaited is not None and self._awaited.holds()
            self._advance(came_about=came_about)

    def _advance(self, *, came_about: bool) -> None:
        errand = self._errand
        while errand is not None:
            self._awaited = None
            self._turn += 1
            try:
                wanted = errand.send(came_about) if self._has_begun else next(errand)
            except StopIteration:
                self._next()
                return
            self._has_begun = True
            if isinstance(wanted, Until) and wanted.holds():
                came_about = True
                continue
            self._wait_for(wanted)
            return

    def _wait_for(self, wanted: Until | Pause) -> None:
        turn = self._turn
        seconds = wanted.seconds if isinstance(wanted, Pause) else wanted.timeout_s
        self._awaited = wanted if isinstance(wanted, Until) else None
        self._loop.later(seconds, lambda: self._time_is_up(turn))
