"""A visitor: knows what was on paper and on screens, nothing else."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from hallserver.domain.plan import Service
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import (
    AppointmentToken,
    CounterId,
    ItemId,
    PersonKey,
    PriorityId,
    TicketId,
    TicketNumber,
    TicketToken,
)
from hallserver.protocol.states import TicketState
from tests.simulation.attempt import Attempt, Errand, Outcome, Wants
from tests.simulation.clerks import CounterPlace
from tests.simulation.customs import Customs
from tests.simulation.truth import Paper, Visit
from tests.simulation.world import demand
from ui.kit.rating_tags import needs_tag
from ui.ratingpad import flow as pad

if TYPE_CHECKING:
    from tests.simulation.people import Hallway

MAX_TRIES = 6
SUPERSEDED_AFTER_S = 75.0
DONE = frozenset({"completed", "no_show", "expired", "voided", "cancelled", "unknown"})
MAX_COMEBACKS = 3


class Visitor:
    """One person."""

    def __init__(self, hall: "Hallway", index: int, service: Service) -> None:
        self._hall = hall
        self._world = hall.world
        self._rng = rng = Random(f"{hall.world.seed}/visitor/{index}")
        nature = hall.nature
        self.name = f"visitor-{index}"
        self._service = service
        has_card = rng.random() < nature.card
        digits = f"5ec2e75ec2e7{index:08x}{rng.getrandbits(48):012x}"
        self._person = PersonKey(digits) if has_card else None
        self.visit = Visit(self.name)
        self._custom = Random(f"{hall.world.seed}/custom/{index}")
        self._priority = self._class_by_age() if has_card else None
        self._booking: AppointmentToken | None = None
        self._has_booked = False
        self._comebacks = 0
        self.is_back = False
        """Has come again with a new number; a second time nobody does, or a day might never end."""
        self._is_coming = rng.random() >= nature.no_show
        self._tries = 0
        self.number = ""
        self.ticket: TicketId | None = None
        self._token: TicketToken | None = None
        self._place: CounterPlace | None = None
        self._heard_seq = 0
        self._is_walking = False
        self.is_at_kiosk = False
        self._checks = 0
        self.is_done = False

    # Taking a number.

    def enter(self) -> None:
        """Go to a kiosk, or ask the guide."""
        customs, guide = self._hall.customs, self._hall.guide
        by_guide = guide is not None and not self._has_booked
        if by_guide and self._custom.random() < customs.by_guide:
            self._ask_guide()
            return
        self._go_to_kiosk(Wants.NUMBER, self._took)

    def _go_to_kiosk(self, wants: Wants, done: Callable[[Outcome], None]) -> None:
        kiosk = self._hall.choose_kiosk(self._rng)
        if kiosk is None:
            self.is_at_kiosk = True
            self._world.after(self._rng.uniform(5, 15), self._go_to_kiosk, wants, done)
            return
        nature, rng = self._hall.nature, self._rng
        errand = Errand(
            wants=wants,
            service=self._service.id,
            zone=self._service.zone,
            initials=self._service.initials,
            person=self._person,
            priority=self._priority,
            token=self._token,
            booking=self._booking if wants is Wants.NUMBER and self._custom_shows() else None,
            stars=rng.choices((5, 4, 3, 2, 1), (60, 20, 10, 6, 4))[0],
            is_double_tapper=rng.random() < nature.double_taps,
            walks_away=wants is Wants.NUMBER and rng.random() < nature.walks_away,
        )
        self.is_at_kiosk = True

        def back(outcome: Outcome) -> None:
            self.is_at_kiosk = False
            done(outcome)

        kiosk.come(Attempt(self._world, rng, kiosk, errand, self.visit, back))

    def _custom_shows(self) -> bool:
        """Whether an appointment's code is shown, and not the card."""
        return self._booking is not None and self._custom.random() < 0.6

    def _class_by_age(self) -> PriorityId | None:
        is_old = self._custom.random() < self._hall.customs.by_age
        ages = [each.id for each in self._hall.plan.priorities if each.min_age is not None]
        return ages[0] if is_old and ages else None

    def books(self, token: AppointmentToken | None) -> None:
        """An appointment was made, or was not to be had."""
        self._booking = token

    @property
    def person(self) -> PersonKey:
        """Who it is, for whoever books: who books has a card."""
        self._has_booked = True
        if self._person is None:
            self._person = PersonKey(f"5ec2e75ec2e7{self._custom.getrandbits(80):020x}")
        return self._person

    def stays_away(self) -> None:
        """Never come."""
        self._go("has booked and stays away")

    # At the guide's.

    def _ask_guide(self) -> None:
        guide, rng, plan = self._hall.guide, self._custom, self._hall.plan
        assert guide is not None
        classes: list[PriorityId | None] = [None, None, *(each.id for each in plan.priorities)]
        item: ItemId | None = None
        for each in plan.items:
            if each.steps[0].service == self._service.id and rng.random() < 0.7:
                item = each.id
        no_card = None if self._person is not None else rng.choice(tuple(c.NoCardReason))
        command = c.ReserveTicket(
            self._service.id,
            person=self._person,
            companions=rng.choice((0, 0, 1, 2, 4)),
            is_proxy=self._person is not None and rng.random() < 0.2,
            priority=rng.choice(classes),
            no_card=no_card,
            item=item,
        )
        self.is_at_kiosk = True
        guide.ask(self, command)

    def given(self, paper: Paper) -> None:
        """The guide hands a number over."""
        self.is_at_kiosk = False
        self._hall.counts["given by the guide"] += 1
        self._took(Outcome(number=paper.number, paper=paper))

    def sent_away(self, code: RejectionCode) -> None:
        """The guide has none."""
        self.is_at_kiosk = False
        self._took(Outcome(refusal=code))

    def _took(self, outcome: Outcome) -> None:
        if outcome.paper is not None or outcome.number is not None:
            self._hold(outcome)
            return
        self._tries += 1
        if outcome.has_left or self._tries > MAX_TRIES:
            self._go("without a number")
        elif outcome.refusal is RejectionCode.ALREADY_WAITING:
            self._world.after(SUPERSEDED_AFTER_S, self.enter)
        elif outcome.refusal is RejectionCode.NUMBERS_USED_UP:
            self._go("numbers used up")
        elif self._has_booked:
            self._world.after(self._custom.uniform(20, 120), self.enter)
        else:
            self._world.after(self._rng.uniform(2, 30), self.enter)

    def _hold(self, outcome: Outcome) -> None:
        if outcome.paper is not None:
            self.ticket, self.number = outcome.paper.ticket, outcome.paper.number
            self._token = TicketToken(outcome.paper.token)
        else:
            assert outcome.number is not None
            self.number = outcome.number
            self.ticket = TicketId(f"{self._hall.ledger.day}-{self.number}")
        self._hall.counts["holds"] += 1
        self._hall.by_number[self.ticket.partition("-")[0], self.number] = self
        self._world.say(self.name, f"holds {self.number}")
        self._check_later()
        if self._token is not None and self._rng.random() < self._hall.nature.shows_ticket:
            self._world.after(self._rng.uniform(5, 60), self._show)
        if self._token is not None and self._custom.random() < self._hall.customs.cancels:
            self._world.after(self._custom.uniform(3, 90), self._cancel)

    def _cancel(self) -> None:
        """Give the number up at a kiosk, unless it is called."""
        kiosk = self._hall.choose_kiosk(self._custom)
        is_busy = self._is_walking or self._place is not None or self.is_at_kiosk
        if self.is_done or is_busy or self._token is None or kiosk is None or kiosk.link is None:
            return
        assert self.ticket is not None
        self._hall.truth.given_up.add(self.ticket)
        self._hall.counts["gives up"] += 1
        self._is_coming = False
        kiosk.link.submit(c.CancelTicket(self._token))

    # Waiting.

    def _check_later(self) -> None:
        after_s = self._rng.uniform(*self._hall.nature.checks_after_s)
        self._world.after(after_s, self._check)

    def _check(self) -> None:
        """Has my call gone by? Ask a kiosk with the paper, the desk without."""
        if self.is_done or not self.ticket:
            return
        self._check_later()
        self._checks += 1
        is_away = self._is_walking or self._place is not None or self.is_at_kiosk
        if is_away:
            return
        if self._token is not None and self._is_coming and self._checks < 20:
            self._show()
        else:
            self._ask_desk()

    def _show(self) -> None:
        is_busy = self._is_walking or self._place is not None or self.is_at_kiosk
        if not (self.is_done or is_busy):
            self._go_to_kiosk(Wants.STATUS, self._shown)

    def _shown(self, outcome: Outcome) -> None:
        if self.is_done:
            return
        if outcome.refusal is RejectionCode.OTHER_DAY_TICKET:
            self._go("ticket of another day")
            return
        if outcome.is_rated or outcome.refusal is RejectionCode.ALREADY_RATED:
            self._go("ticket is completed")
            return
        status = outcome.status
        if status is None:
            return
        same = (status.ticket, status.number) == (self.ticket, self.number)
        demand(same, "a shown ticket is answered for itself", (self.name, status))
        match status.state:
            case TicketState.NO_SHOW:
                self._missed()
            case TicketState.CALLED if status.counter is not None:
                self._walk(status.counter)
            case (
                TicketState.VOIDED
                | TicketState.CANCELLED
                | TicketState.EXPIRED
                | TicketState.COMPLETED
            ):
                self._go(f"ticket is {status.state}")
            case TicketState.RESERVED:
                demand(False, "a number counts once its paper was shown", status)

    def _ask_desk(self) -> None:
        """The staff looks the number up."""
        assert self.ticket is not None
        state = self._hall.ledger.state_of(self.ticket)
        if state == "no_show":
            self._missed()
        elif state in DONE:
            self._go(f"ticket is {state}")
        elif state == "reserved" and not self._is_coming:
            self._go("left with a ticket that does not count yet")
        elif state == "reserved" and self._checks >= 3 and self._token is None:
            demand(False, "a promised number counts", (self.name, self.ticket))

    def _missed(self) -> None:
        self._comebacks += 1
        if (
            self._is_coming
            and self._comebacks <= MAX_COMEBACKS
            and self._custom.random() < self._hall.customs.reinstates
        ):
            self._ask_to_wait_again()
        elif (
            self._is_coming and self._rng.random() < self._hall.nature.returns and not self.is_back
        ):
            self._go("missed, comes again")
            self._hall.enters(self._service, is_back=True)
        else:
            self._go("missed")

    def _ask_to_wait_again(self) -> None:
        """Ask the guide, or at some counter."""
        command = c.Reinstate(TicketNumber(self.number))
        self._hall.counts["asks to wait again"] += 1
        guide = self._hall.guide
        if guide is not None and self._custom.random() < 0.5:
            guide.submit(command)
            return
        place = self._custom.choice(list(self._hall.places.values()))
        place.terminal.ask(command)

    # Being called.

    def saw(self, counter: CounterId, call_seq: int) -> None:
        """The number is on a screen."""
        if self.is_done or call_seq <= self._heard_seq or self._is_walking:
            return
        self._heard_seq = call_seq
        if not self._is_coming or self._rng.random() < self._hall.nature.inattentive:
            return
        self._walk(counter)

    def _walk(self, counter: CounterId) -> None:
        if self._place is not None:
            self._step_back()
        self._is_walking = True
        way_s = self._rng.uniform(*self._hall.nature.way_s)
        self._world.after(way_s, self._stand, counter)

    def _stand(self, counter: CounterId) -> None:
        self._is_walking = False
        if self.is_done or self.is_at_kiosk:
            return
        self._place = self._hall.places[counter]
        self._world.after(self._rng.uniform(60, 120), self._stood_long, self._place)
        self._place.come(self)

    def _stood_long(self, place: CounterPlace) -> None:
        if self._place is not place:
            return
        active = place.terminal.state.active
        if active is not None and active.number == self.number:
            self._world.after(30.0, self._stood_long, place)
        else:
            self._step_back()

    def _step_back(self) -> None:
        if self._place is not None:
            self._place.go(self)
            self._place = None

    def sent_on(self) -> None:
        """The counter is done with me for now: I keep my number and wait."""
        self._step_back()

    # Being served.

    def moved(self, state: str) -> None:
        """The counter has finished with this ticket, one way or the other."""
        place = self._place
        if state == "completed":
            self._step_back()
            if place is None or self.is_done:
                self._go_home()
                return
            self._go("served")
            self._maybe_rate(place)

    def _go_home(self) -> None:
        """Somebody who was parked, or whose matter ended in an office, hears that it is done."""
        if not self.is_done and self._hall.customs != Customs():
            self._go("served elsewhere")

    def _maybe_rate(self, place: CounterPlace) -> None:
        nature, rng = self._hall.nature, self._rng
        is_twice = self._token is not None and rng.random() < nature.rates_twice
        if is_twice or rng.random() < nature.rates_at_pad:
            self._world.after(rng.uniform(1.0, 8.0), self._tap_star, place)
        if is_twice or (self._token is not None and rng.random() < nature.rates_at_kiosk):
            self.is_at_kiosk = True  # on the way there
            soon_s = 0.2 if is_twice else rng.uniform(5.0, 60.0)
            self._world.after(soon_s, self._rate_at_kiosk)

    def _rate_at_kiosk(self) -> None:
        self._go_to_kiosk(Wants.RATE, lambda _outcome: None)

    def _tap_star(self, place: CounterPlace) -> None:
        asked = place.pad.state.ticket if place.pad is not None else None
        if place.pad is None or asked is None or asked.ticket != self.ticket:
            return
        stars = self._rng.choices((5, 4, 3, 2, 1), (60, 20, 10, 6, 4))[0]
        for _ in range(2 if self._rng.random() < self._hall.nature.double_taps else 1):
            place.pad.tap(pad.StarsTapped(stars))
        if needs_tag(stars):
            self._world.after(2.0, self._tap_reason, place, stars)

    def _tap_reason(self, place: CounterPlace, stars: int) -> None:
        if place.pad is None or place.pad.state.ticket is None:
            return
        if place.pad.state.ticket.ticket != self.ticket:
            return
        place.pad.tap(pad.ReasonTapped(place.pad.state.tags.of(stars)[0].code))
        place.pad.tap(pad.SendTapped())
        place.pad.tap(pad.SendTapped())

    def _go(self, why: str) -> None:
        self.is_done = True
        self._step_back()
        self._hall.counts[why] += 1
        self._world.say(self.name, f"goes: {why}")
