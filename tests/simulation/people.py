"""The hallway: everybody who is there, and where they can go.

A visitor knows what was on paper and on screens, nothing else.
"""

from collections import Counter
from dataclasses import dataclass
from random import Random

from hallserver.domain.plan import HallPlan, Service
from hallserver.protocol.ids import (
    CounterId,
)
from tests.simulation.attempt import is_reachable
from tests.simulation.clerks import CounterPlace
from tests.simulation.customs import Customs
from tests.simulation.kiosk import Kiosk
from tests.simulation.ledger import Ledger
from tests.simulation.staff import Guide
from tests.simulation.truth import Truth
from tests.simulation.visitor import Visitor
from tests.simulation.world import World


@dataclass(frozen=True)
class Nature:
    """How people of this day are: shares of them, and seconds."""

    card: float = 0.5
    double_taps: float = 0.15
    walks_away: float = 0.03
    no_show: float = 0.06
    inattentive: float = 0.1
    shows_ticket: float = 0.1
    rates_at_pad: float = 0.4
    rates_at_kiosk: float = 0.15
    rates_twice: float = 0.1
    """At the pad, while a companion holds the ticket to a kiosk."""
    returns: float = 0.3
    """Of those who missed their call, so many take a new number."""
    checks_after_s: tuple[float, float] = (240.0, 700.0)
    way_s: tuple[float, float] = (3.0, 25.0)


class Hallway:
    """Everybody in the hall, and where they can go."""

    def __init__(
        self,
        world: World,
        plan: HallPlan,
        truth: Truth,
        ledger: Ledger,
        kiosks: list[Kiosk],
        places: dict[CounterId, CounterPlace],
        nature: Nature,
        customs: Customs,
    ) -> None:
        self.world = world
        self.customs = customs
        self.guide: Guide | None = None
        self.plan = plan
        self.truth = truth
        self.ledger = ledger
        self.kiosks = kiosks
        self.places = places
        self.nature = nature
        self.rng = world.rng("people")
        self.visitors: list[Visitor] = []
        self.by_number: dict[tuple[str, str], Visitor] = {}
        self.counts: Counter[str] = Counter()

    def enters(self, service: Service, *, is_back: bool = False) -> None:
        """A new visitor comes through the door, or one who has missed the first call."""
        visitor = self.makes(service)
        visitor.is_back = is_back
        visitor.enter()

    def makes(self, service: Service) -> "Visitor":
        """Somebody makes up their mind to come."""
        visitor = Visitor(self, len(self.visitors), service)
        self.visitors.append(visitor)
        return visitor

    def saw(self, number: str, counter: CounterId, call_seq: int) -> None:
        """A screen shows a call; whoever holds the number may see it."""
        visitor = self.by_number.get((str(self.ledger.day), number))
        if visitor is not None:
            visitor.saw(counter, call_seq)

    @property
    def open_visits(self) -> list["Visitor"]:
        """Who is not done yet, but for those who come again tomorrow."""
        night = self.ledger.night
        return [
            each
            for each in self.visitors
            if each.is_at_kiosk or not (each.is_done or each.ticket in night)
        ]

    def choose_kiosk(self, rng: Random) -> Kiosk | None:
        """Choose among the kiosks that seem to work, rather a short line."""
        working = [kiosk for kiosk in self.kiosks if is_reachable(kiosk)]
        if not working:
            return None
        some = rng.sample(working, min(2, len(working)))
        return min(some, key=lambda kiosk: len(kiosk.line) + (kiosk.customer is not None))
