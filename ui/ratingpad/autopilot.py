"""A simulated visitor at the pad: looks, thinks, touches. Seed and ticket decide what they say."""

from dataclasses import dataclass
from random import Random

from hallserver.protocol.ids import TicketId
from ui.kit.finger import Finger
from ui.kit.rating_tags import RatingTags
from ui.ratingpad.flow import Page, State

STARS = (5, 4, 3, 2, 1)
WEIGHTS = (58, 24, 9, 6, 3)
"""Made up: enough bad ratings in a short demonstration to see their reasons."""

SKIPS = 0.1
THINKS_S = (0.8, 2.5)


@dataclass(frozen=True)
class Mind:
    """What a visitor thinks of one service."""

    skips: bool
    stars: int
    reasons: tuple[str, ...]


def mind_of(seed: int, ticket: TicketId, tags: RatingTags) -> Mind:
    """Make up a visitor's mind; the same seed and ticket always give the same."""
    random = Random(f"{seed} {ticket}")
    skips = random.random() < SKIPS
    stars = random.choices(STARS, WEIGHTS)[0]
    core = [tag.code for tag in tags.of(stars) if tag.is_core]
    return Mind(skips, stars, tuple(random.sample(core, min(len(core), random.choice((1, 1, 2))))))


class Autopilot:
    """Call `look` as often as the pad ticks; it touches when its time has come."""

    def __init__(self, finger: Finger, seed: int) -> None:
        self._finger = finger
        self._seed = seed
        self._random = Random(seed)
        self._seen: object = None
        self._touches_at_s = 0.0

    def look(self, state: State) -> None:
        """See what the pad shows, and touch it when thought over."""
        seen = (state.page, state.ticket, state.chosen)
        if seen != self._seen:
            self._seen = seen
            self._touches_at_s = state.now_s + self._random.uniform(*THINKS_S)
        elif state.ticket is not None and state.now_s >= self._touches_at_s:
            self._touch(state, mind_of(self._seed, state.ticket.ticket, state.tags))

    def _touch(self, state: State, mind: Mind) -> None:
        if state.page is Page.ASK:
            self._finger.tap("skip" if mind.skips else f"star{mind.stars}")
        elif state.page is Page.REASONS:
            missing = [code for code in mind.reasons if code not in state.chosen]
            self._finger.tap(f"tag_{missing[0]}" if missing else "send")
