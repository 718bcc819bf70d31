"""What was given, coming back after a missed call, and being sent on: one sentence a test."""

from dataclasses import replace

import pytest

from hallserver.domain import events as ev
from hallserver.domain.rules import (
    PriorityClass,
    ReinstatePlace,
    ServiceRules,
    TransferPlace,
)
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import PersonKey, PriorityId, ServiceId, TicketNumber
from hallserver.protocol.replies import Done, Rejected, Reservation, SignedIn, TicketAtCounter
from hallserver.protocol.states import TicketState
from tests.helpers.desks import BACK_OFFICE, GUIDE, Desks, counter_id, desks_plan
from tests.helpers.halls import PASSWORD, text

A, B, C = ServiceId("a"), ServiceId("b"), ServiceId("c")
A001 = TicketNumber("A001")


@pytest.fixture
def hall() -> Desks:
    return Desks()


# What was really given.


def test_the_services_really_given_are_recorded(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Complete(ticket=ticket, services=(C, A, C)))
    assert hall.since(0)[-1] == ev.TicketCompleted(ticket, 1, (C, A))


def test_without_saying_so_the_tickets_own_service_was_given(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Complete(ticket=ticket))
    assert hall.since(0)[-1] == ev.TicketCompleted(ticket, 1, (A,))


def test_what_the_hall_does_not_offer_cannot_have_been_given(hall: Desks) -> None:
    hall.take("a")
    given = c.Complete(ticket=hall.receive(1), services=(A, ServiceId("zzz")))
    hall.refuses(1, given, RejectionCode.UNKNOWN_SERVICE)


# Reinstating.


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        (ReinstatePlace.HEAD, ["A001", "A002", "A003", "A004", "A005"]),
        (ReinstatePlace.AFTER, ["A002", "A003", "A001", "A004", "A005"]),
        (ReinstatePlace.END, ["A002", "A003", "A004", "A005", "A001"]),
    ],
)
def test_a_missed_number_comes_back_where_the_rule_says(
    rule: ReinstatePlace, order: list[str]
) -> None:
    hall = Desks(reinstate=rule, reinstate_after=2)
    for _ in range(5):
        hall.take("a")
    assert hall.miss(1) == A001
    reply = hall.done(3, c.Reinstate(number=A001))
    assert (reply.state, reply.recalls) == (TicketState.WAITING, 0)
    assert hall.board() == ()
    assert list(hall.desk(1).next_numbers) == order
    hall.holds()
    assert hall.order(1) == order


def test_behind_fewer_than_the_rule_says_is_the_end(hall: Desks) -> None:
    for _ in range(3):
        hall.take("a")
    hall.miss(1)
    hall.done(1, c.Reinstate(number=A001))
    hall.take("a")
    assert hall.order(1) == ["A002", "A003", "A001", "A004"]


def test_a_service_may_have_a_rule_of_its_own() -> None:
    plan = desks_plan(reinstate=ReinstatePlace.REFUSED)
    own = ServiceRules(reinstate=ReinstatePlace.HEAD)
    services = tuple(replace(s, rules=own) if s.id == B else s for s in plan.services)
    hall = Desks(plan=replace(plan, services=services))
    hall.take("a")
    hall.take("b")
    hall.miss(1)
    hall.miss(1)
    hall.refuses(1, c.Reinstate(number=A001), RejectionCode.REINSTATE_REFUSED)
    hall.done(1, c.Reinstate(number=TicketNumber("B001")))


def test_a_number_comes_back_so_often_and_no_more() -> None:
    hall = Desks(reinstate_limit=2)
    hall.take("a")
    for _ in range(2):
        hall.miss(1)
        hall.done(1, c.Reinstate(number=A001))
    hall.miss(1)
    hall.refuses(1, c.Reinstate(number=A001), RejectionCode.REINSTATE_LIMIT)
    hall.holds()


def test_only_a_missed_number_comes_back(hall: Desks) -> None:
    hall.take("a")
    hall.refuses(1, c.Reinstate(number=A001), RejectionCode.WRONG_STATE)
    hall.refuses(1, c.Reinstate(number=TicketNumber("X999")), RejectionCode.UNKNOWN_TICKET)


def test_a_guide_who_is_signed_in_lets_a_visitor_wait_again(hall: Desks) -> None:
    hall.take("a")
    hall.miss(1)
    reinstate = c.Reinstate(number=A001)
    refused = hall.send(GUIDE, reinstate)
    assert isinstance(refused, Rejected)
    assert refused.code is RejectionCode.NOT_SIGNED_IN
    assert isinstance(hall.send(GUIDE, c.SignIn(clerk="guide", password=PASSWORD)), SignedIn)
    assert isinstance(hall.send(GUIDE, reinstate), TicketAtCounter)
    assert hall.order(1) == ["A001"]


def test_who_took_another_number_since_has_that_one(hall: Desks) -> None:
    def take(person: PersonKey, *, is_proxy: bool = False) -> Reservation:
        command = c.ReserveTicket(service=A, person=person, is_proxy=is_proxy)
        given = hall.send("kiosk-01", command)
        assert isinstance(given, Reservation), given
        assert hall.send("kiosk-01", c.ConfirmPrinted(ticket=given.ticket)) == Done()
        return given

    person = PersonKey("0" * 32)
    take(person)
    hall.miss(1)
    take(person, is_proxy=True)
    assert hall.miss(1) == "A002"
    take(person)
    hall.refuses(1, c.Reinstate(number=A001), RejectionCode.ALREADY_WAITING)
    hall.done(1, c.Reinstate(number=TicketNumber("A002")))  # that one is for somebody else


def test_who_comes_back_has_not_waited_before_that(hall: Desks) -> None:
    hall.take("a")
    hall.pass_time(1_000_000)
    hall.miss(1)
    hall.pass_time(1_000)
    hall.done(1, c.Reinstate(number=A001))
    [ticket] = hall.hall.state.tickets.values()
    assert ticket.since_ms == hall.now.elapsed_ms


# Transfers.


def test_a_visitor_is_sent_on_to_another_service_with_the_same_number(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    reply = hall.done(1, c.Transfer(ticket=ticket, service=C))
    assert (reply.number, reply.service, reply.state) == ("A001", C, TicketState.WAITING)
    assert hall.board() == ()
    assert (hall.desk(1).active, hall.desk(1).waiting) == (None, 0)
    assert hall.order(2) == ["A001"]
    hall.holds()


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        (TransferPlace.KEPT, ["C001", "A001", "C002", "C003"]),
        (TransferPlace.HEAD, ["A001", "C001", "C002", "C003"]),
        (TransferPlace.END, ["C001", "C002", "C003", "A001"]),
    ],
)
def test_a_transferred_ticket_goes_where_the_rule_says(
    rule: TransferPlace, order: list[str]
) -> None:
    hall = Desks(transfer_place=rule)
    for service in "cacc":
        hall.take(service)
    hall.done(1, c.Transfer(ticket=hall.receive(1), service=C))
    assert list(hall.desk(2).next_numbers) == order
    assert hall.order(2) == order
    hall.holds()


def test_the_head_of_a_line_is_never_behind_the_place_that_it_was_given_first() -> None:
    """Nobody waits for c, but many wait for b at the same counter, and all came later."""
    hall = Desks(transfer_place=TransferPlace.HEAD)
    for service in "abbb":
        hall.take(service)
    hall.done(1, c.Transfer(ticket=hall.receive(1), service=C))
    assert hall.order(2)[0] == "A001"


def test_a_place_is_kept_over_many_moves() -> None:
    hall = Desks(transfer_place=TransferPlace.KEPT, reinstate=ReinstatePlace.END)
    hall.take("a")
    hall.take("c")
    hall.miss(1)
    hall.done(1, c.Reinstate(number=A001))
    hall.done(1, c.Transfer(ticket=hall.receive(1), service=C))
    assert hall.order(2) == ["A001", "C001"]


def test_who_keeps_the_place_keeps_the_waiting_and_not_the_serving() -> None:
    for rule, waited_ms in ((TransferPlace.KEPT, 300_000), (TransferPlace.END, 0)):
        hall = Desks(transfer_place=rule)
        hall.take("a")
        hall.pass_time(300_000)
        ticket = hall.receive(1)
        hall.pass_time(5_000_000)
        hall.done(1, c.Transfer(ticket=ticket, service=C))
        since_ms = hall.hall.state.tickets[ticket].since_ms
        assert hall.now.elapsed_ms - since_ms == waited_ms


def test_who_is_sent_to_one_counter_is_called_there_and_nowhere_else(hall: Desks) -> None:
    hall.take("b")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, counter=counter_id(2)))
    assert (hall.desk(1).waiting, hall.desk(3).waiting) == (0, 0)
    hall.refuses(3, c.CallNext(), RejectionCode.NOBODY_WAITING)
    assert hall.call(2).ticket == ticket
    hall.holds()


def test_both_a_service_and_a_counter_may_be_given(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, service=C, counter=counter_id(2)))
    assert hall.desk(3).waiting == 0
    assert hall.call(2).service == C


def test_a_transfer_that_leads_nowhere_is_refused(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.sign_out(2)

    def to(service: str | None, counter: int | None, code: RejectionCode) -> None:
        command = c.Transfer(
            ticket=ticket,
            service=None if service is None else ServiceId(service),
            counter=None if counter is None else counter_id(counter),
        )
        hall.refuses(1, command, code)

    to("zzz", None, RejectionCode.UNKNOWN_SERVICE)
    to("zzz", 3, RejectionCode.UNKNOWN_SERVICE)
    to(None, None, RejectionCode.TRANSFER_TO_ITSELF)
    to("a", None, RejectionCode.TRANSFER_TO_ITSELF)
    to(None, 1, RejectionCode.TRANSFER_TO_ITSELF)
    to("b", 1, RejectionCode.TRANSFER_TO_ITSELF)
    to(None, 77, RejectionCode.UNKNOWN_COUNTER)
    to("a", 2, RejectionCode.COUNTER_LACKS_SERVICE)
    to("c", 2, RejectionCode.COUNTER_UNSTAFFED)


def test_a_service_that_no_counter_offers_takes_nobody() -> None:
    plan = desks_plan()
    counters = tuple(each for each in plan.counters if each.id != BACK_OFFICE)
    hall = Desks(plan=replace(plan, counters=counters))
    hall.take("a")
    to_review = c.Transfer(ticket=hall.receive(1), service=ServiceId("r"))
    hall.refuses(1, to_review, RejectionCode.SERVICE_NOT_SERVED)


def test_only_who_is_being_served_is_sent_on(hall: Desks) -> None:
    hall.take("a")
    called = hall.call(1)
    hall.refuses(1, c.Transfer(ticket=called.ticket, service=C), RejectionCode.WRONG_STATE)


def test_a_kept_appointment_gives_no_claim_at_the_next_counter() -> None:
    """It has been kept; from there on the rule of transfers decides, as for everybody."""
    hall = Desks(transfer_place=TransferPlace.END)
    given = hall.take("a")
    hall.take("c")
    hall.hall.state.alter(given.ticket, due_ms=0)
    hall.done(1, c.Transfer(ticket=hall.receive(1), service=C))
    assert hall.order(2) == ["C001", "A001"]


def test_a_missed_appointment_gives_no_claim_to_be_called_first_again() -> None:
    hall = Desks(reinstate=ReinstatePlace.END)
    given = hall.take("a")
    hall.take("a")
    hall.hall.state.alter(given.ticket, due_ms=0)
    assert hall.miss(1) == A001
    hall.done(1, c.Reinstate(number=A001))
    assert hall.order(1) == ["A002", "A001"]


def test_a_transferred_ticket_keeps_its_class() -> None:
    elder = PriorityClass(PriorityId("elder"), text("老人"), min_age=70)
    hall = Desks(plan=replace(desks_plan(), priorities=(elder,)))
    command = c.ReserveTicket(service=A, person=PersonKey("1" * 32), priority=elder.id)
    given = hall.send("kiosk-01", command)
    assert isinstance(given, Reservation)
    hall.send("kiosk-01", c.ConfirmPrinted(ticket=given.ticket))
    hall.done(1, c.Transfer(ticket=hall.receive(1), service=C))
    called = hall.call(2)
    shown = hall.desk(2).active
    assert shown is not None
    assert (called.ticket, shown.priority) == (given.ticket, "elder")
