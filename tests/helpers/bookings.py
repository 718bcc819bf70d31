"""A small hall with appointments, and the people who have them."""

from dataclasses import replace
from typing import Any, TypeVar

from hallserver.domain.appointments import Appointment
from hallserver.domain.plan import HallPlan, StaffTablet
from hallserver.domain.rules import AppointmentRules, Period, Schedule
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, ClientId, PersonKey, ServiceId
from hallserver.protocol.replies import Booked, Rejected, Reply, Reservation
from tests.helpers.halls import PASSWORD, Played, small_plan, text

TODAY, TOMORROW = "20261123", "20261124"
"""A Monday and a Tuesday."""
MINUTE_MS = 60_000
RULES = AppointmentRules(slot_min=30, capacity=2, days_ahead=3, early_min=15, late_min=15)
OFFICE = Schedule("office", ((Period(540, 720), Period(840, 1020)),) * 5 + ((), ()))
"""Monday to Friday, 9:00 to 12:00 and 14:00 to 17:00."""

R = TypeVar("R", bound=Reply)


def booking_plan(rules: AppointmentRules = RULES, **more: Any) -> HallPlan:
    """Services `a` and `b` take appointments, `c` none; all have the office's hours."""
    plan = small_plan()
    services = tuple(
        replace(
            service,
            rules=replace(
                service.rules, appointments=None if service.id == "c" else rules, schedule="office"
            ),
        )
        for service in plan.services
    )
    place = text("窗口")
    return replace(
        plan,
        services=services,
        schedules=(OFFICE,),
        guides=(StaffTablet(ClientId("guide-01"), place),),
        gateways=(StaffTablet(ClientId("gateway-01"), place),),
        **more,
    )


def person(number: int) -> PersonKey:
    """One of many people."""
    return PersonKey(f"{number:032x}")


class Bookings(Played):
    """A hall on Monday at eight, with words for what is done with appointments."""

    def __init__(self, plan: HallPlan | None = None) -> None:
        super().__init__(plan or booking_plan())

    def at(self, clock: str) -> None:
        """Let time pass until the clock shows `HH:MM`, today or tomorrow."""
        hours, minutes = map(int, clock.split(":"))
        shown = (self.now.wall_ms // MINUTE_MS + 480) % 1440
        self.pass_time((hours * 60 + minutes - shown) % 1440 * MINUTE_MS)
        self.tick()

    def wish(
        self, who: int = 1, slot: str = "09:30", *, service: str = "a", day: str = TODAY
    ) -> c.BookAppointment:
        return c.BookAppointment(ServiceId(service), day, slot, person(who))

    def book(self, who: int = 1, slot: str = "09:30", **more: str) -> Booked:
        return self.answer(Booked, "gateway-01", self.wish(who, slot, **more))

    def check_in(self, who: int = 1, *, kiosk: str = "kiosk-01", **more: str) -> Reservation:
        return self.answer(Reservation, kiosk, self.checking_in(who, **more))

    def checking_in(self, who: int = 1, service: str | None = None) -> c.CheckIn:
        wanted = None if service is None else ServiceId(service)
        return c.CheckIn(person=person(who), service=wanted)

    def walk_in(self, service: str = "a", who: int | None = None) -> Reservation:
        """Take a number and let it be printed."""
        known = None if who is None else person(who)
        given = self.answer(Reservation, "kiosk-01", c.ReserveTicket(ServiceId(service), known))
        return self.printed(given)

    def printed(self, given: Reservation, kiosk: str = "kiosk-01") -> Reservation:
        self.send(kiosk, c.ConfirmPrinted(given.ticket))
        return given

    def void(self, given: Reservation, kiosk: str = "kiosk-01") -> None:
        self.send(kiosk, c.VoidTicket(given.ticket, c.VoidReason.NOT_PRINTED))

    def served(self, count: int) -> list[str]:
        """Call, serve and complete so many at counter 1; their numbers in that order."""
        self.send("counter-1", c.SignIn(ClerkId("clerk-1"), PASSWORD))
        numbers = []
        for _ in range(count):
            called = self.send("counter-1", c.CallNext())
            assert not isinstance(called, Rejected), called.code
            self.send("counter-1", c.Arrive(called.ticket))  # type: ignore[union-attr]
            self.send("counter-1", c.Complete(called.ticket))  # type: ignore[union-attr]
            numbers.append(called.number)  # type: ignore[union-attr]
        return numbers

    def known(self, booked: Booked) -> Appointment:
        found = self.hall.state.appointments.find(booked.appointment)
        assert found is not None
        return found

    def answer(self, kind: type[R], client: str, command: c.Command) -> R:
        """Send, and take nothing else for an answer."""
        reply = self.send(client, command)
        assert isinstance(reply, kind), reply
        return reply

    def refusal(self, client: str, command: c.Command) -> Rejected:
        """Send, and see that it is refused and nothing has happened."""
        before = len(self.journal)
        reply = self.answer(Rejected, client, command)
        assert len(self.journal) == before
        return reply

    def refused(self, client: str, command: c.Command) -> RejectionCode:
        return self.refusal(client, command).code

    def said(self, kind: type[Any]) -> list[Any]:
        """The events of one kind, in order."""
        return [line.event for line in self.journal if isinstance(line.event, kind)]
