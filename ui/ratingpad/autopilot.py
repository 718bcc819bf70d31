"""A simulated visitor at the pad: looks, thinks, touches. The same seed does the same."""

from random import Random

from ui.kit.finger import Finger
from ui.ratingpad.flow import Page, State

STARS = (5, 4, 3, 2, 1)
WEIGHTS = (58, 24, 9, 6, 3)
"""Made up: enough bad ratings in a short demonstration to see their reasons."""

SKIPS = 0.1
THINKS_S = (0.8, 2.5)


class Autopilot:
    """Call `look` as often as the pad ticks; it touches when its time has come."""

    def __init__(self, finger: Finger, seed: int) -> None:
        self._finger = finger
        self._random = Random(seed)
        self._seen: tuple[Page, object, int] | None = None
        self._touches_at_s = 0.0
        self._wants = 0

    def look(self, state: State) -> None:
        """See what the pad shows, and touch it when thought over."""
        seen = (state.page, state.ticket, len(state.chosen))
        if seen != self._seen:
            self._seen = seen
            self._touches_at_s = state.now_s + self._random.uniform(*THINKS_S)
        elif state.now_s >= self._touches_at_s:
            self._touch(state)
            self._touches_at_s = state.now_s + self._random.uniform(*THINKS_S)

    def _touch(self, state: State) -> None:
        if state.page is Page.ASK:
            skips = self._random.random() < SKIPS
            self._wants = self._random.choice((1, 1, 2))
            stars = self._random.choices(STARS, WEIGHTS)[0]
            self._finger.tap("skip" if skips else f"star{stars}")
        elif state.page is Page.REASONS and len(state.chosen) < self._wants:
            codes = [tag.code for tag in state.tags.of(state.stars) if tag.is_core]
            free = [code for code in codes if code not in state.chosen]
            if free:
                self._finger.tap(f"tag_{self._random.choice(free)}")
        elif state.page is Page.REASONS:
            self._finger.tap("send")
