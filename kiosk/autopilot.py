"""A simulated visitor at the real screen: looks, thinks, touches; lays cards, shows codes.

The same seed does the same. When a real person touches the screen, it steps back for a minute.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from random import Random
from typing import Final, Protocol

from devices.idcard.encode import CardContents
from devices.idcard.synthetic import synthetic_card
from devices.scan.classify import SERVICE_PREFIX
from hallserver.protocol.snapshots import Catalog, CatalogService
from kiosk.flow import pages as p
from kiosk.flow.state import KioskState
from ui.kit.i18n import Language
from ui.kit.rating_tags import needs_tag

STEP_BACK_S: Final = 60.0
THINKS_S: Final = (0.5, 1.2)
READS_S: Final = (1.5, 3.0)
MAX_PATIENCE: Final = 40
"""So many looks at one errand; then this visitor goes home and another one comes."""

SHOWS_TICKET: Final = 0.4
USES_CARD: Final = 0.45
READS_ENGLISH: Final = 0.12
READS_PRIVACY: Final = 0.1
GIVES_REASON: Final = 0.3
STARS: Final = (5, 4, 3, 2, 1)
STAR_WEIGHTS: Final = (58, 24, 9, 5, 4)
"""Made up: enough bad ratings in a short demonstration to see their reasons."""


class Hand(Protocol):
    """`kiosk.simulated.SimulatedDevices`, as far as a person touches it."""

    def put_card(self, card: CardContents) -> None:
        """Lay a card on the reader."""
        ...

    def lift_card(self) -> None:
        """Take it away."""
        ...

    def show_code(self, text: str) -> None:
        """Hold a code to the scanner."""
        ...

    def hide_code(self) -> None:
        """Take the code away."""
        ...

    def take_paper(self) -> str | None:
        """Take the oldest paper."""
        ...


class FingerLike(Protocol):
    """`ui.kit.finger.Finger`."""

    def tap(self, name: str) -> bool:
        """Press and release a named item; False when there is nothing of that name to touch."""
        ...


@unique
class Way(StrEnum):
    """How a visitor looks for a service."""

    AREA = "area"
    DEPARTMENT = "department"
    LETTERS = "letters"
    CODE = "code"


_WAYS: Final = (Way.AREA, Way.DEPARTMENT, Way.LETTERS, Way.CODE)
_WAY_WEIGHTS: Final = (50, 15, 15, 20)


@dataclass
class _Errand:
    """What this visitor came for; `shows` is a ticket to ask about instead of a service."""

    service: CatalogService
    way: Way
    card: CardContents | None
    is_english: bool
    reads_privacy: bool
    shows: str | None = None
    looks: int = 0
    is_card_laid: bool = False


class Autopilot:
    """Call `look` as often as the kiosk ticks; it acts when its time has come."""

    def __init__(self, finger: FingerLike, hand: Hand, seed: int) -> None:
        self._finger = finger
        self._hand = hand
        self._random = Random(seed)
        self._errand: _Errand | None = None
        self._tickets: deque[str] = deque(maxlen=64)
        self._acts_at_s = 0.0
        self._quiet_until_s = 0.0
        self._is_touching = False
        self._page: type[object] = p.OutOfService

    def noticed_touch(self, now_s: float) -> None:
        """Somebody touched the screen: if it was not us, leave them alone."""
        if not self._is_touching:
            self._leave()
            self._quiet_until_s = now_s + STEP_BACK_S

    def look(self, state: KioskState) -> None:
        """See what the kiosk shows, and act on it when thought over."""
        if state.now_s < max(self._quiet_until_s, self._acts_at_s):
            return
        is_news = type(state.page) is not self._page
        self._page = type(state.page)
        pause_s = READS_S if is_news and not isinstance(state.page, p.Home) else THINKS_S
        self._acts_at_s = state.now_s + self._random.uniform(*pause_s)
        if is_news and not isinstance(state.page, p.Home):
            return  # read it first
        act = _ACTS.get(type(state.page))
        if state.warning_left_s is not None:
            self._tap("still_here")
        elif act is not None and state.catalog is not None:
            act(self, state, state.catalog)

    def _tap(self, name: str) -> bool:
        self._is_touching = True
        try:
            return self._finger.tap(name)
        finally:
            self._is_touching = False

    def _leave(self) -> None:
        self._hand.lift_card()
        self._hand.hide_code()
        self._errand = None

    # Page by page.

    def _home(self, state: KioskState, catalog: Catalog) -> None:
        errand = self._errand
        if errand is None or errand.looks >= MAX_PATIENCE:
            self._leave()
            self._errand = errand = self._new_errand(catalog)
        errand.looks += 1
        if errand.shows is not None:
            self._hand.show_code(errand.shows)
        elif errand.is_english and state.language is Language.ZH:
            self._tap("language")
        elif errand.reads_privacy:
            errand.reads_privacy = not self._tap("privacy")
        elif errand.card is not None and not errand.is_card_laid and errand.way is not Way.CODE:
            self._lay_card(errand)
        else:
            self._choose_way(errand)

    def _new_errand(self, catalog: Catalog) -> _Errand:
        random = self._random
        shows = None
        if self._tickets and random.random() < SHOWS_TICKET:
            shows = self._tickets.popleft()
        return _Errand(
            service=random.choice(catalog.offered),
            way=random.choices(_WAYS, _WAY_WEIGHTS)[0],
            card=synthetic_card(random) if random.random() < USES_CARD else None,
            is_english=random.random() < READS_ENGLISH,
            reads_privacy=random.random() < READS_PRIVACY,
            shows=shows,
        )

    def _lay_card(self, errand: _Errand) -> None:
        if errand.card is not None:
            self._hand.put_card(errand.card)
        errand.is_card_laid = True

    def _choose_way(self, errand: _Errand) -> None:
        match errand.way:
            case Way.CODE:
                self._hand.show_code(SERVICE_PREFIX + errand.service.id)
            case Way.DEPARTMENT:
                self._tap("departments")
            case Way.LETTERS:
                self._tap("search")
            case Way.AREA:
                _ = self._tap(f"service_{errand.service.id}") or self._tap(
                    f"zone_{errand.service.zone}"
                )

    def _departments(self, _state: KioskState, _catalog: Catalog) -> None:
        errand = self._errand
        if errand is None or not (
            self._tap(f"department_{errand.service.department}") or self._tap("next_sheet")
        ):
            self._tap("back")

    def _services(self, _state: KioskState, _catalog: Catalog) -> None:
        errand = self._errand
        if errand is None or not (
            self._tap(f"service_{errand.service.id}") or self._tap("next_sheet")
        ):
            self._tap("back")

    def _search(self, state: KioskState, _catalog: Catalog) -> None:
        errand = self._errand
        if errand is None or not isinstance(state.page, p.Search):
            self._tap("back")
        elif not self._tap(f"service_{errand.service.id}"):
            letters = errand.service.initials
            at = len(state.page.typed)
            if at >= len(letters) or not self._tap(f"letter_{letters[at]}"):
                self._errand = None
                self._tap("home")

    def _chosen(self, _state: KioskState, _catalog: Catalog) -> None:
        self._hand.hide_code()
        errand = self._errand
        if errand is not None and errand.card is not None and not errand.is_card_laid:
            self._lay_card(errand)
        else:
            self._tap("take_number")

    def _privacy(self, _state: KioskState, _catalog: Catalog) -> None:
        self._tap("back")

    def _ticket(self, _state: KioskState, _catalog: Catalog) -> None:
        token = self._hand.take_paper()
        if token is not None:
            self._tickets.append(token)
        self._leave()
        self._tap("home")

    def _shown(self, _state: KioskState, _catalog: Catalog) -> None:
        if self._errand is not None and self._errand.shows is not None:
            self._tickets.append(self._errand.shows)  # and once more later
        self._leave()
        self._tap("home")

    def _message(self, _state: KioskState, _catalog: Catalog) -> None:
        self._leave()
        self._tap("home")

    def _rate(self, state: KioskState, _catalog: Catalog) -> None:
        page = state.page
        if not isinstance(page, p.Rating):
            return
        self._hand.hide_code()
        self._errand = None
        if page.stars == 0:
            self._tap(f"star{self._random.choices(STARS, STAR_WEIGHTS)[0]}")
        elif not page.tags and (needs_tag(page.stars) or self._random.random() < GIVES_REASON):
            self._tap(f"tag_{self._random.choice(state.tags.of(page.stars)).code}")
        else:
            self._tap("rate")


_ACTS: dict[type[object], Callable[[Autopilot, KioskState, Catalog], None]] = {
    p.Home: Autopilot._home,
    p.Departments: Autopilot._departments,
    p.Services: Autopilot._services,
    p.Search: Autopilot._search,
    p.ServiceChosen: Autopilot._chosen,
    p.Privacy: Autopilot._privacy,
    p.TicketOut: Autopilot._ticket,
    p.TicketShown: Autopilot._shown,
    p.Rating: Autopilot._rate,
    p.Refused: Autopilot._message,
    p.Broken: Autopilot._message,
}
