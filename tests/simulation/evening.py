"""Evenings: what is taken and booked for the next day, and who comes by appointment."""

from typing import TYPE_CHECKING

from hallserver.domain.plan import Service
from hallserver.domain.slots import slots_on
from hallserver.protocol import commands as c
from hallserver.protocol.ids import AppointmentToken, BusinessDay
from tests.helpers.halls import MORNING_MS
from tests.simulation.customs import CLOSES_MIN

if TYPE_CHECKING:
    from tests.simulation.day import Day

TODAY, TOMORROW = BusinessDay("20261123"), BusinessDay("20261124")
TEN_HOURS_S = 36_000.0
EVENING_LASTS_S = 45.0
NEVER, GIVEN_BACK = 0.12, 0.1
STRAYS_S = (-400.0, 900.0)
"""From so much before the slot to so much after it, people come."""
NIGHT_VISITORS = 3
STAYS_S = 400.0


class Evening:
    """What of a day has to do with another day."""

    def __init__(self, day: "Day") -> None:
        self._day = day
        self._customs = day.shape.customs
        self._rng = day.world.rng("evening")
        self.has_come = False

    def begins(self) -> None:
        """Begin the day, perhaps on the evening before; book what is to be booked."""
        day, customs = self._day, self._customs
        if customs.has_evening:
            day.world.wall_offset_s = -TEN_HOURS_S
            day.world.at(EVENING_LASTS_S, self._morning)
        bookable = [s for s in day.shape.plan.services if s.rules.appointments is not None]
        if not bookable or not day.gateways:
            return
        count = max(3, int(len(day.shape.days[0]) * customs.books))
        latest_s = 40.0 if customs.has_evening else 120.0
        for _ in range(count):
            service = self._rng.choice(bookable)
            day.world.at(self._rng.uniform(12.0, latest_s), self._books, service, TODAY)

    def _morning(self) -> None:
        if self._day.world.wall_offset_s == -TEN_HOURS_S:
            self._day.world.wall_offset_s = 0.0
            self._day.server.look()

    def _books(self, service: Service, on: BusinessDay) -> None:
        """Somebody books a slot of the hours in which the day is lived, and comes about then."""
        day, rng = self._day, self._rng
        rules = service.rules.appointments
        assert rules is not None
        lived_ms = MORNING_MS + int(day.shape.minutes * 60_000)
        slots = [
            slot
            for slot in slots_on(day.shape.plan, service.id, rules, on)
            if on == TOMORROW or MORNING_MS < slot.from_ms < lived_ms
        ]
        if not slots:
            return
        slot = rng.choice(slots)
        visitor = day.hallway.makes(service)
        command = c.BookAppointment(service.id, on, slot.name, visitor.person)
        is_given_back = rng.random() < GIVEN_BACK
        stays_away = on == TOMORROW or rng.random() < NEVER

        def booked(token: AppointmentToken | None) -> None:
            day.hallway.counts["books" if token is not None else "does not get a slot"] += 1
            visitor.books(token)

        day.gateways[0].book(command, booked, is_given_back=is_given_back)
        if stays_away:
            visitor.stays_away()
            return
        at_s = (slot.from_ms - MORNING_MS) / 1_000 + rng.uniform(*STRAYS_S)
        latest_s = day.shape.minutes * 60 - 5
        day.world.at(min(max(at_s, EVENING_LASTS_S + 5), latest_s), visitor.enter)

    # The evening after.

    def goes_on(self) -> None:
        """Look at the clock: when the hall has closed, some come for the next day."""
        day = self._day
        local_min = (day.world.wall_s() / 60 + 480) % 1440
        if not self._customs.has_evening or self.has_come or local_min < CLOSES_MIN + 20:
            return
        self.has_come = True
        night = [s for s in day.shape.plan.services if s.rules.has_night_tickets]
        for _ in range(NIGHT_VISITORS if night else 0):
            day.world.after(self._rng.uniform(0, 30), day.hallway.enters, self._rng.choice(night))
        bookable = [s for s in day.shape.plan.services if s.rules.appointments is not None]
        if bookable and day.gateways:
            for _ in range(NIGHT_VISITORS):
                self._books(self._rng.choice(bookable), TOMORROW)
        day.world.run(day.world.now_s + STAYS_S)

    def ends(self) -> None:
        """The next day has begun: whoever came in the night is served."""
        day = self._day
        if not self.has_come:
            return
        for clerk in day.clerks:
            clerk.is_leaving = False
        day.settle()
