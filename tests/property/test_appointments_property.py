"""Whatever is booked, checked in, voided and called: no slot too full, nobody with two places.

What must hold is worked out from replies alone, in a ledger that knows nothing of the hall's state.
"""

from collections import Counter as Tally
from collections.abc import Iterator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.domain.appointments import Booking
from hallserver.domain.policy import CallReason
from hallserver.domain.ticket import HOLDS_PLACE, Ticket
from hallserver.hall import Hall
from hallserver.protocol import commands as c
from hallserver.protocol.ids import AppointmentId, ClerkId, ServiceId
from hallserver.protocol.replies import (
    Booked,
    Done,
    Rejected,
    Reservation,
    TicketAtCounter,
)
from hallserver.protocol.states import TicketState
from tests.helpers.bookings import MINUTE_MS, RULES, TODAY, TOMORROW, Bookings, person
from tests.helpers.halls import DAY_MS, KEY, PASSWORD, check_password

PEOPLE = 12
SLOTS = ("09:00", "09:30", "10:00")
ACTS = (
    ["book"] * 4
    + ["check_in", "check_in_by_code"] * 4
    + ["reserve", "walk_in", "walk_in"]
    + ["print"] * 8
    + ["call"] * 6
    + ["void", "cancel", "wait", "wait", "jump", "restart"]
)
days = st.integers(0, 2**32)


class Ledger:
    """What clients were told."""

    def __init__(self) -> None:
        self.booked: dict[AppointmentId, tuple[c.BookAppointment, Booked]] = {}
        self.cancelled: set[AppointmentId] = set()
        self.given: list[tuple[str, Reservation]] = []

    def live(self) -> Iterator[c.BookAppointment]:
        for appointment, (wish, _) in self.booked.items():
            if appointment not in self.cancelled:
                yield wish

    def check(self) -> None:
        taken = Tally((wish.service, wish.day, wish.slot) for wish in self.live())
        assert all(count <= RULES.capacity for count in taken.values())
        of_one = Tally((wish.person, wish.service, wish.day) for wish in self.live())
        assert all(count == 1 for count in of_one.values())
        tickets = [reservation.ticket for _, reservation in self.given]
        assert len(tickets) == len(set(tickets))


class World:
    """A hall in the rush of its first slots, driven by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.hall = Bookings()
        self.ledger = Ledger()
        for number in (1, 2):
            self.hall.send(f"counter-{number}", c.SignIn(ClerkId(f"clerk-{number}"), PASSWORD))
        for _ in range(self.chance.randrange(20)):
            self.step("book")
        self.hall.at("08:50")

    def play(self, steps: int) -> None:
        for _ in range(steps):
            self.hall.pass_time(self.chance.randrange(2 * MINUTE_MS))
            self.hall.tick()
            self.step(self.chance.choice(ACTS))
            self.ledger.check()
            self.check_places()

    def step(self, act: str) -> None:
        chance, kiosk = self.chance, self.chance.choice(("kiosk-01", "kiosk-02"))
        who, service = person(chance.randrange(PEOPLE)), ServiceId(chance.choice("ab"))
        a_booking = chance.choice([b for _, b in self.ledger.booked.values()] or [None])
        match act:
            case "book":
                day = chance.choice((TODAY, TODAY, TOMORROW))
                wish = c.BookAppointment(service, day, chance.choice(SLOTS), who)
                reply = self.hall.send("gateway-01", wish)
                if isinstance(reply, Booked):
                    assert reply.appointment not in self.ledger.booked
                    self.ledger.booked[reply.appointment] = (wish, reply)
            case "cancel" if a_booking is not None:
                cancel = c.CancelAppointment(a_booking.appointment)
                if self.hall.send("gateway-01", cancel) == Done():
                    self.ledger.cancelled.add(a_booking.appointment)
            case "check_in":
                self.take(kiosk, c.CheckIn(person=who))
            case "check_in_by_code" if a_booking is not None:
                self.take(kiosk, c.CheckIn(token=a_booking.token))
            case "reserve":
                self.take(kiosk, c.ReserveTicket(service, who))
            case "walk_in":
                self.take(kiosk, c.ReserveTicket(service))
            case "print" | "void" if self.ledger.given:
                self.end_of_paper(act)
            case "call":
                self.call(chance.choice((1, 2)))
            case "wait":
                self.hall.pass_time(chance.randrange(20) * MINUTE_MS)
                self.hall.tick()
            case "jump":
                minutes = chance.randrange(-30, 10)
                now = self.hall.now
                self.hall.pass_time(minutes * MINUTE_MS)
                self.hall.now = type(now)(self.hall.now.wall_ms, now.elapsed_ms)
            case "restart":
                self.restart()

    def take(self, kiosk: str, command: c.Command) -> None:
        reply = self.hall.send(kiosk, command)
        if isinstance(reply, Reservation):
            self.ledger.given.append((kiosk, reply))

    def end_of_paper(self, act: str) -> None:
        kiosk, given = self.chance.choice(self.ledger.given[-3:])
        if act == "print":
            self.hall.send(kiosk, c.ConfirmPrinted(given.ticket))
        else:
            self.hall.send(kiosk, c.VoidTicket(given.ticket, c.VoidReason.NOT_PRINTED))

    def call(self, counter: int) -> None:
        services = [each.id for each in self.hall.plan.services if each.id in "ab"]
        services = services if counter == 1 else services[1:]
        waiting = [
            ticket
            for ticket in self.hall.hall.state.tickets.values()
            if ticket.state is TicketState.WAITING and ticket.service in services
        ]
        reply = self.hall.send(f"counter-{counter}", c.CallNext())
        if isinstance(reply, TicketAtCounter):
            self.check_order(waiting, reply)
            self.finish(counter, reply)

    def finish(self, counter: int, called: TicketAtCounter) -> None:
        for command in (c.Arrive(called.ticket), c.Complete(called.ticket)):
            assert not isinstance(self.hall.send(f"counter-{counter}", command), Rejected)

    def check_order(self, waiting: list[Ticket], called: TicketAtCounter) -> None:
        """Slots that have begun, the earliest first; then walk-ins; then slots to come."""
        [event] = [e for e in self.hall.said(ev.TicketCalled)[-1:] if e.ticket == called.ticket]
        if event.reason is CallReason.AGED:
            return
        booked = [(t.due_ms, t.place, t.id) for t in waiting if t.due_ms is not None]
        begun = [each for each in booked if each[0] <= self.hall.now.elapsed_ms]
        walk_ins = [(t.place, t.id) for t in waiting if t.due_ms is None]
        if begun:
            assert called.ticket == min(begun)[2]
        elif walk_ins:
            assert called.ticket == min(walk_ins)[1]
        else:
            assert called.ticket == min(booked)[2]

    def check_places(self) -> None:
        """Nobody stands twice for a service; an appointment has one number that counts."""
        state = self.hall.hall.state
        held = Tally(
            (ticket.person, ticket.service)
            for ticket in state.tickets.values()
            if ticket.state in HOLDS_PLACE and ticket.person is not None
        )
        assert all(count == 1 for count in held.values())
        counting: Tally[AppointmentId] = Tally()
        for event in self.hall.said(ev.AppointmentCheckedIn):
            ticket = state.tickets.get(event.ticket)
            if ticket is not None and ticket.state is not TicketState.VOIDED:
                counting[event.appointment] += 1
                known = state.appointments.find(event.appointment)
                assert known is not None
                assert known.ticket == event.ticket
        assert all(count == 1 for count in counting.values())

    def restart(self) -> None:
        """A server started anew folds the open day, and is the same hall."""
        journal = self.hall.journal
        opened = max(n for n, line in enumerate(journal) if isinstance(line.event, ev.DayOpened))
        again, before = Hall(self.hall.plan, KEY, check_password), self.hall.hall.state
        for line in journal[opened:]:
            again.apply(line)
        assert again.state.tickets == before.tickets
        assert again.state.appointments.everyone() == before.appointments.everyone()
        assert again.state.appointments.last_numbers() == before.appointments.last_numbers()
        self.hall.hall = again


@settings(max_examples=60, deadline=None)
@given(days)
def test_no_slot_is_too_full_nobody_stands_twice_and_the_merge_is_by_rule(seed: int) -> None:
    world = World(seed)
    world.play(80)
    world.hall.pass_time(DAY_MS)
    world.hall.tick()
    world.restart()
    world.play(40)


@settings(max_examples=40, deadline=None)
@given(days)
def test_after_its_day_each_appointment_was_kept_missed_or_cancelled_and_nothing_else(
    seed: int,
) -> None:
    world = World(seed)
    world.play(60)
    before = {each.id: each for each in world.hall.hall.state.appointments.everyone()}
    world.hall.pass_time(2 * DAY_MS)
    world.hall.tick()
    missed = {event.appointment for event in world.hall.said(ev.AppointmentMissed)}
    kept = {id for id, each in before.items() if each.state in (Booking.CHECKED_IN, Booking.LATE)}
    assert set(before) == set(world.ledger.booked)
    assert {id for id in before if before[id].state is Booking.CANCELLED} == world.ledger.cancelled
    for appointment in before:
        is_kept = appointment in kept
        is_cancelled = appointment in world.ledger.cancelled
        assert is_kept + is_cancelled <= 1
        assert is_kept or is_cancelled or appointment in missed
        assert not (is_cancelled and appointment in missed)
