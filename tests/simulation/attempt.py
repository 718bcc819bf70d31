"""One person in front of one kiosk, until they turn away: looks at the screen, thinks, touches.

Knows the screen only. People tap twice, drum on a screen that waits, walk away, come back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from random import Random
from typing import Any

from devices.faults import FaultCode
from hallserver.client.updates import LinkState
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text
from hallserver.protocol.ids import (
    AppointmentToken,
    PersonKey,
    PriorityId,
    ServiceId,
    TicketToken,
    ZoneId,
)
from hallserver.protocol.replies import TicketStatus
from kiosk.flow import events as ev
from kiosk.flow import pages as pg
from kiosk.flow.state import KioskState
from tests.helpers.kiosks import TAGS
from tests.simulation.kiosk import Customer, Kiosk
from tests.simulation.truth import Paper, Visit
from tests.simulation.world import World
from ui.kit.rating_tags import needs_tag

PATIENCE_S = 150.0
TRIES_A_PAGE = 4


@unique
class Wants(StrEnum):
    """Why somebody goes to a kiosk."""

    NUMBER = "a number"
    STATUS = "to know how the ticket stands"
    RATE = "to rate"


@dataclass(frozen=True)
class Errand:
    """What somebody brings along."""

    wants: Wants
    service: ServiceId
    zone: ZoneId
    initials: str
    person: PersonKey | None = None
    priority: PriorityId | None = None
    """The class that the age on the card gives."""
    token: TicketToken | None = None
    booking: AppointmentToken | None = None
    """The code of an appointment that is shown instead of choosing."""
    stars: int = 5
    is_double_tapper: bool = False
    walks_away: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    number: str | None = None
    paper: Paper | None = None
    status: TicketStatus | None = None
    refusal: RejectionCode | None = None
    is_rated: bool = False
    has_left: bool = False


_CODE_OF: dict[Text, RejectionCode] = {text: code for code, text in SENTENCES.items()}


class Attempt(Customer):
    """Steps in front of a kiosk by `Kiosk.come`; tells `done` when it turns away."""

    def __init__(
        self,
        world: World,
        rng: Random,
        kiosk: Kiosk,
        errand: Errand,
        visit: Visit,
        done: Callable[[Outcome], None],
    ) -> None:
        self._world = world
        self._rng = rng
        self._kiosk = kiosk
        self._errand = errand
        self.visit = visit
        self._done = done
        self._is_here = False
        self._has_begun = False
        self._has_shown_card = False
        self._page: object = None
        self._turn = 0
        self._tries = 0
        self._paper: Paper | None = None
        self._number: str | None = None
        self._status: TicketStatus | None = None
        self._refusal: RejectionCode | None = None
        self._is_rated = False
        self._has_had_enough = False

    # What the kiosk tells.

    def begin(self) -> None:
        """Step in front of the screen and look."""
        self._is_here = True
        self._world.after(PATIENCE_S, self._give_up)
        if self._kiosk.is_up and self._kiosk.terminal is not None:
            self.look(self._kiosk.terminal.state)
        else:
            self._later(self._think(), self._leave)

    def look(self, state: KioskState) -> None:
        """The screen shows something."""
        if not self._is_here or self._has_had_enough or state.page == self._page:
            return
        self._page = state.page
        self._turn += 1
        self._tries = 0
        self._plan()

    def died(self) -> None:
        """Wait a little whether a ticket still comes, then go."""
        self._turn += 1
        self._page = None
        self._has_had_enough = True
        if self._is_here:
            self._later(self._rng.uniform(1, 5), self._leave)

    def paper(self, paper: Paper) -> None:
        """Take the ticket, if it can be one's own."""
        if self._is_here and self._has_begun and self._errand.wants is Wants.NUMBER:
            self._paper = paper
            if not self._kiosk.is_up:
                self._later(1.0, self._leave)

    # What the person does.

    def _think(self) -> float:
        return self._rng.uniform(0.7, 3.5)

    def _later(self, delay_s: float, do: Callable[..., None], *args: Any) -> None:
        self._world.after(delay_s, self._if_still, self._turn, do, args)

    def _if_still(self, turn: int, do: Callable[..., None], args: tuple[Any, ...]) -> None:
        if self._is_here and turn == self._turn:
            do(*args)

    def _plan(self) -> None:
        match self._page:
            case pg.OutOfService():
                self._later(self._rng.uniform(3, 15), self._leave)
            case pg.Home():
                self._later(self._think(), self._at_home)
            case _ if not self._has_begun:
                self._later(self._think(), self._touch, ev.HomeTouched())
                self._later(14.0, self._plan)
            case (
                pg.Reserving() | pg.CheckingIn() | pg.Printing() | pg.Looking() | pg.RatingSending()
            ):
                self._wait()
            case pg.TicketOut(number=number):
                self._number = number
                self._later(self._rng.uniform(0.5, 4), self._leave)
            case pg.TicketShown(status=status):
                self._status = status
                self._later(self._think(), self._leave)
            case pg.Rating():
                self._rate()
            case pg.RatingThanks():
                self._is_rated = True
                self._later(self._think(), self._leave)
            case pg.Refused(title=title):
                self._refusal = _CODE_OF.get(title)
                self._later(self._think(), self._leave)
            case pg.Broken():
                self._later(self._think(), self._leave)
            case _:
                self._later(self._think(), self._choose)

    def _at_home(self) -> None:
        self._has_begun = True
        self._tries += 1
        if self._tries > TRIES_A_PAGE:
            self._leave()
            return
        self._later(25.0, self._at_home)
        errand = self._errand
        if errand.wants is not Wants.NUMBER:
            if errand.token is not None and self._kiosk.scanner.is_on:
                self._kiosk.post_event(ev.TicketScanned(errand.token))
            return
        if errand.booking is not None and self._kiosk.scanner.is_on:
            self._kiosk.post_event(ev.AppointmentScanned(errand.booking))
            return
        if errand.person is not None and not self._has_shown_card and self._kiosk.reader.is_on:
            self._show_card()
            return
        self._choose()

    def _show_card(self) -> None:
        assert self._errand.person is not None
        if self._rng.random() < 0.1:
            self._kiosk.post_event(ev.CardFault(FaultCode.CARD_LIFTED))
            self._later(self._think(), self._at_home)
            return
        self._has_shown_card = True
        self._kiosk.post_event(ev.CardRead(self._errand.person, self._errand.priority))
        self._later(self._think(), self._choose)

    def _choose(self) -> None:
        errand, rng = self._errand, self._rng
        match self._page:
            case pg.Home():
                way = rng.random()
                if way < 0.5:
                    self._touch(ev.ServiceTouched(errand.service))
                elif way < 0.7:
                    self._touch(ev.ZoneTouched(errand.zone))
                elif way < 0.85:
                    self._touch(ev.SearchTouched())
                elif self._kiosk.scanner.is_on:
                    self._kiosk.post_event(ev.ServiceScanned(errand.service))
            case pg.Search(typed=typed) if len(typed) < 2 and len(typed) < len(errand.initials):
                self._touch(ev.LetterTouched(errand.initials[len(typed)]))
            case pg.Search() | pg.Services():
                self._touch(ev.ServiceTouched(errand.service))
            case pg.ServiceChosen():
                self._touch(ev.TakeNumberTouched())
            case _:
                self._touch(ev.BackTouched())
        self._later(20.0, self._try_again)

    def _try_again(self) -> None:
        self._tries += 1
        if self._tries > TRIES_A_PAGE:
            self._leave()
        else:
            self._choose()

    def _wait(self) -> None:
        if self._errand.walks_away:
            self._later(self._rng.uniform(0.1, 1.0), self._leave)
        if self._rng.random() < 0.15:
            drum = (ev.Touch(), ev.HomeTouched(), ev.ServiceTouched(self._errand.service))
            for beat in range(self._rng.randint(1, 5)):
                self._later(0.2 + beat * 0.17, self._touch, self._rng.choice(drum))

    def _rate(self) -> None:
        stars = self._errand.stars
        self._later(1.0, self._touch, ev.StarsTouched(stars))
        if needs_tag(stars):
            self._later(2.0, self._touch, ev.TagTouched(TAGS.of(stars)[0].code))
        self._later(3.0, self._touch, ev.RateTouched())

    def _touch(self, event: ev.Event) -> None:
        self._kiosk.touch(event)
        if self._errand.is_double_tapper:
            for _ in range(self._rng.randint(1, 2)):
                self._world.after(self._rng.uniform(0.04, 0.5), self._tap_again, event)

    def _tap_again(self, event: ev.Event) -> None:
        if self._is_here:
            self._kiosk.touch(event)

    # Turning away.

    def _give_up(self) -> None:
        if self._is_here and not isinstance(self._page, pg.Reserving | pg.Printing):
            self._leave()
        elif self._is_here:
            self._world.after(10.0, self._give_up)

    def _leave(self) -> None:
        is_answer = isinstance(self._page, pg.TicketOut | pg.TicketShown | pg.Refused | pg.Broken)
        if is_answer and self._rng.random() < 0.6:
            self._kiosk.touch(ev.HomeTouched())
        self._is_here = False
        self._turn += 1
        self._kiosk.leave(self)
        outcome = Outcome(
            number=self._number,
            paper=self._paper,
            status=self._status,
            refusal=self._refusal,
            is_rated=self._is_rated,
            has_left=self._errand.walks_away,
        )
        self._done(outcome)


def is_reachable(kiosk: Kiosk) -> bool:
    """Whether a kiosk looks, from some steps away, as if it worked."""
    terminal = kiosk.terminal
    return kiosk.is_up and terminal is not None and terminal.state.link is LinkState.LIVE
