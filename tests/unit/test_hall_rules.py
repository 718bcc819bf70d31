"""The hall's rules, one sentence a test."""

import pytest

from hallserver.domain import token as tokens
from hallserver.domain.acts.number import SUPERSEDE_AFTER_MS
from hallserver.domain.events import (
    ClerkSignedOut,
    DayClosed,
    DayOpened,
    TicketExpired,
    TicketPrinted,
    TicketVoided,
    VoidCause,
)
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, RejectionCode
from hallserver.protocol.ids import (
    ClerkId,
    CounterId,
    Epoch,
    PersonKey,
    ServiceId,
    TicketId,
    TicketToken,
)
from hallserver.protocol.replies import (
    Done,
    Rejected,
    Reply,
    Reservation,
    SignedIn,
    TicketAtCounter,
    TicketStatus,
)
from hallserver.protocol.snapshots import (
    BoardSnapshot,
    Catalog,
    ConsoleSnapshot,
    CounterSnapshot,
    HallLoad,
)
from hallserver.protocol.states import TicketState
from tests.helpers.halls import DAY_MS, KEY, PASSWORD, Played, small_plan

PERSON = PersonKey("0" * 32)


def reserve(
    played: Played, service: str = "a", person: PersonKey | None = None, kiosk: str = "kiosk-01"
) -> Reservation:
    reply = played.send(kiosk, c.ReserveTicket(service=ServiceId(service), person=person))
    assert isinstance(reply, Reservation)
    return reply


def take(played: Played, service: str = "a", person: PersonKey | None = None) -> Reservation:
    reservation = reserve(played, service, person)
    assert played.send("kiosk-01", c.ConfirmPrinted(ticket=reservation.ticket)) == Done()
    return reservation


def sign_in(played: Played, counter: int = 1, clerk: str = "clerk-1") -> Reply:
    command = c.SignIn(clerk=ClerkId(clerk), password=PASSWORD)
    return played.send(f"counter-{counter}", command)


def call(played: Played, counter: int = 1) -> TicketAtCounter:
    reply = played.send(f"counter-{counter}", c.CallNext())
    assert isinstance(reply, TicketAtCounter)
    return reply


def serve(played: Played, counter: int = 1) -> TicketAtCounter:
    called = call(played, counter)
    played.send(f"counter-{counter}", c.Arrive(ticket=called.ticket))
    reply = played.send(f"counter-{counter}", c.Complete(ticket=called.ticket))
    assert isinstance(reply, TicketAtCounter)
    return reply


def assert_refused(reply: Reply, code: RejectionCode) -> None:
    assert isinstance(reply, Rejected)
    assert reply.code is code
    assert reply.text == SENTENCES[code]


def test_numbers_of_a_series_count_up_with_their_prefix_and_width() -> None:
    played = Played()
    assert [reserve(played).number for _ in range(3)] == ["A001", "A002", "A003"]
    assert reserve(played, "b").number == "B001"


def test_a_reserved_number_is_not_callable_before_its_paper_is_confirmed() -> None:
    played = Played()
    sign_in(played)
    reservation = reserve(played)
    assert_refused(played.send("counter-1", c.CallNext()), RejectionCode.NOBODY_WAITING)
    played.send("kiosk-01", c.ConfirmPrinted(ticket=reservation.ticket))
    assert call(played).ticket == reservation.ticket


def test_a_voided_number_is_never_called_and_its_number_is_not_given_again() -> None:
    played = Played()
    sign_in(played)
    first = reserve(played)
    void = c.VoidTicket(ticket=first.ticket, reason=c.VoidReason.NOT_PRINTED)
    assert played.send("kiosk-01", void) == Done()
    assert played.send("kiosk-01", void) == Done()
    assert_refused(played.send("counter-1", c.CallNext()), RejectionCode.NOBODY_WAITING)
    assert reserve(played).number == "A002"
    confirm = c.ConfirmPrinted(ticket=first.ticket)
    assert_refused(played.send("kiosk-01", confirm), RejectionCode.WRONG_STATE)


def test_another_kiosk_can_neither_confirm_nor_void() -> None:
    played = Played()
    reservation = reserve(played)
    for command in (
        c.ConfirmPrinted(ticket=reservation.ticket),
        c.VoidTicket(ticket=reservation.ticket, reason=c.VoidReason.LEFT),
    ):
        assert_refused(played.send("kiosk-02", command), RejectionCode.NOT_PERMITTED)


def test_first_come_is_first_served_across_the_services_of_a_counter() -> None:
    played = Played()
    order = [take(played, service).number for service in ("b", "a", "b", "a")]
    sign_in(played)
    assert [serve(played).number for _ in order] == order


def test_a_counter_calls_only_its_own_services() -> None:
    played = Played()
    take(played, "a")
    sign_in(played, counter=2)
    assert_refused(played.send("counter-2", c.CallNext()), RejectionCode.NOBODY_WAITING)


def test_a_late_confirmation_does_not_lose_the_place_in_line() -> None:
    played = Played()
    slow, quick = reserve(played), reserve(played)
    for reservation in (quick, slow):
        played.send("kiosk-01", c.ConfirmPrinted(ticket=reservation.ticket))
    sign_in(played)
    assert serve(played).ticket == slow.ticket
    assert serve(played).ticket == quick.ticket


def test_people_ahead_counts_who_waits_for_the_service() -> None:
    played = Played()
    assert [take(played).people_ahead for _ in range(3)] == [0, 1, 2]
    assert take(played, "b").people_ahead == 0


def test_a_person_holds_one_open_ticket_a_service() -> None:
    played = Played()
    take(played, "a", PERSON)
    again = c.ReserveTicket(service=ServiceId("a"), person=PERSON)
    assert_refused(played.send("kiosk-02", again), RejectionCode.ALREADY_WAITING)
    take(played, "b", PERSON)
    sign_in(played)
    serve(played)
    assert isinstance(played.send("kiosk-02", again), Reservation)


def test_a_number_without_paper_holds_its_persons_place_for_a_minute_only() -> None:
    played = Played()
    first = reserve(played, "a", PERSON)
    again = c.ReserveTicket(service=ServiceId("a"), person=PERSON)
    assert_refused(played.send("kiosk-02", again), RejectionCode.ALREADY_WAITING)
    played.pass_time(SUPERSEDE_AFTER_MS)
    second = played.send("kiosk-02", again)
    assert isinstance(second, Reservation)
    assert TicketVoided(first.ticket, VoidCause.SUPERSEDED) in [r.event for r in played.journal]
    shown = played.send("kiosk-02", c.ShowTicket(token=first.token))
    assert isinstance(shown, TicketStatus)
    assert shown.state is TicketState.VOIDED


def test_a_series_that_is_used_up_says_so_and_gives_no_number_twice() -> None:
    played = Played(small_plan(width=1))
    assert [reserve(played).number for _ in range(9)] == [f"A{n}" for n in range(1, 10)]
    refused = played.send("kiosk-01", c.ReserveTicket(service=ServiceId("a")))
    assert_refused(refused, RejectionCode.NUMBERS_USED_UP)


def test_an_unknown_service_is_refused() -> None:
    refused = Played().send("kiosk-01", c.ReserveTicket(service=ServiceId("zzz")))
    assert_refused(refused, RejectionCode.UNKNOWN_SERVICE)


@pytest.mark.parametrize(
    ("client", "command"),
    [
        ("counter-1", c.ReserveTicket(service=ServiceId("a"))),
        ("callscreen-1", c.CallNext()),
        ("kiosk-01", c.CallNext()),
        ("pad-1", c.CallNext()),
        ("counter-1", c.RateAtCounter(ticket=TicketId("x"), stars=5)),
        ("counter-99", c.CallNext()),
        ("stranger", c.CallNext()),
        ("server", c.CallNext()),
    ],
)
def test_a_client_may_send_only_what_its_role_may(client: str, command: c.Command) -> None:
    played = Played()
    assert_refused(played.send(client, command), RejectionCode.NOT_PERMITTED)


def test_one_press_calls_one_person_and_a_second_press_nobody() -> None:
    played = Played()
    take(played)
    take(played)
    sign_in(played)
    call(played)
    assert_refused(played.send("counter-1", c.CallNext()), RejectionCode.COUNTER_BUSY)


def test_nobody_calls_without_signing_in() -> None:
    played = Played()
    take(played)
    assert_refused(played.send("counter-1", c.CallNext()), RejectionCode.NOT_SIGNED_IN)


def test_a_wrong_password_signs_nobody_in() -> None:
    played = Played()
    wrong = c.SignIn(clerk=ClerkId("clerk-1"), password="wrong")
    assert_refused(played.send("counter-1", wrong), RejectionCode.WRONG_PASSWORD)
    unknown = c.SignIn(clerk=ClerkId("nobody"), password=PASSWORD)
    assert_refused(played.send("counter-1", unknown), RejectionCode.WRONG_PASSWORD)


def test_signing_in_again_at_the_same_counter_changes_nothing() -> None:
    played = Played()
    sign_in(played)
    length = len(played.journal)
    assert isinstance(sign_in(played), SignedIn)
    assert len(played.journal) == length


def test_a_clerk_who_signs_in_elsewhere_leaves_the_first_counter() -> None:
    played = Played()
    reservation = take(played, "b")
    sign_in(played, 1)
    call(played, 1)
    assert isinstance(sign_in(played, 2), SignedIn)
    assert played.hall.state.desks[CounterId(1)].clerk is None
    assert call(played, 2).ticket == reservation.ticket


def test_a_clerk_who_serves_somebody_cannot_sign_in_elsewhere() -> None:
    played = Played()
    take(played)
    sign_in(played, 1)
    played.send("counter-1", c.Arrive(ticket=call(played).ticket))
    assert_refused(sign_in(played, 2), RejectionCode.CLERK_ELSEWHERE)


def test_the_next_clerk_takes_over_a_free_counter_but_not_a_busy_one() -> None:
    played = Played()
    sign_in(played, 1, "clerk-1")
    assert isinstance(sign_in(played, 1, "clerk-2"), SignedIn)
    take(played)
    call(played)
    assert_refused(sign_in(played, 1, "clerk-3"), RejectionCode.COUNTER_TAKEN)


def test_signing_out_puts_a_called_ticket_back_to_its_place() -> None:
    played = Played()
    first, second = take(played, "b"), take(played, "b")
    sign_in(played, 1, "clerk-1")
    sign_in(played, 2, "clerk-2")
    assert call(played, 1).ticket == first.ticket
    assert played.send("counter-1", c.SignOut()) == Done()
    assert [serve(played, 2).ticket, serve(played, 2).ticket] == [first.ticket, second.ticket]


def test_signing_out_while_serving_is_refused() -> None:
    played = Played()
    take(played)
    sign_in(played)
    played.send("counter-1", c.Arrive(ticket=call(played).ticket))
    assert_refused(played.send("counter-1", c.SignOut()), RejectionCode.COUNTER_BUSY)


def test_recalls_are_limited() -> None:
    played = Played(small_plan(recall_limit=2))
    take(played)
    sign_in(played)
    recall = c.Recall(ticket=call(played).ticket)
    replies = [played.send("counter-1", recall) for _ in range(3)]
    assert [r.recalls for r in replies if isinstance(r, TicketAtCounter)] == [1, 2]
    assert_refused(replies[2], RejectionCode.RECALL_LIMIT)


def test_a_missed_ticket_frees_its_counter_and_is_not_called_again() -> None:
    played = Played()
    missed, other = take(played), take(played)
    sign_in(played)
    call(played)
    reply = played.send("counter-1", c.MarkNoShow(ticket=missed.ticket))
    assert isinstance(reply, TicketAtCounter)
    assert reply.state is TicketState.NO_SHOW
    assert call(played).ticket == other.ticket


def test_a_counter_cannot_touch_the_ticket_of_another_counter() -> None:
    played = Played()
    take(played, "b")
    sign_in(played, 1, "clerk-1")
    sign_in(played, 2, "clerk-2")
    ticket = call(played, 1).ticket
    for command in (c.Arrive(ticket=ticket), c.Recall(ticket=ticket), c.MarkNoShow(ticket=ticket)):
        refused = played.send("counter-2", command)
        assert_refused(refused, RejectionCode.NOT_AT_THIS_COUNTER)


def test_an_act_that_the_table_does_not_have_is_refused_and_changes_nothing() -> None:
    played = Played()
    take(played)
    sign_in(played)
    ticket = call(played).ticket
    length = len(played.journal)
    refused = played.send("counter-1", c.Complete(ticket=ticket))
    assert_refused(refused, RejectionCode.WRONG_STATE)
    assert len(played.journal) == length


def test_a_shown_ticket_whose_kiosk_died_counts_from_then_on() -> None:
    played = Played()
    reservation = reserve(played)
    status = played.send("kiosk-02", c.ShowTicket(token=reservation.token))
    assert isinstance(status, TicketStatus)
    assert (status.state, status.people_ahead) == (TicketState.WAITING, 0)
    assert TicketPrinted(reservation.ticket, is_by_showing=True) == played.journal[-1].event
    assert played.send("kiosk-01", c.ConfirmPrinted(ticket=reservation.ticket)) == Done()


def test_a_shown_ticket_tells_where_it_stands() -> None:
    played = Played()
    take(played)
    mine = take(played)
    show = c.ShowTicket(token=mine.token)

    def status() -> TicketStatus:
        reply = played.send("kiosk-02", show)
        assert isinstance(reply, TicketStatus)
        return reply

    assert status().people_ahead == 1
    sign_in(played)
    serve(played)
    assert status().people_ahead == 0
    call(played)
    assert (status().state, status().counter) == (TicketState.CALLED, 1)
    played.send("counter-1", c.Arrive(ticket=mine.ticket))
    played.send("counter-1", c.Complete(ticket=mine.ticket))
    assert status().is_rateable


@pytest.mark.parametrize(
    "token",
    ["", "JH1", "JH1..", "JH1.20261123-A001.", "JH1.20261123-A001.AAAAAAAAAAAAAAAA", "号.号.号"],
)
def test_a_forged_token_is_refused(token: str) -> None:
    played = Played()
    take(played)
    refused = played.send("kiosk-01", c.ShowTicket(token=TicketToken(token)))
    assert_refused(refused, RejectionCode.FORGED_TICKET)


def test_a_ticket_of_another_day_is_refused_as_such() -> None:
    played = Played()
    old = take(played)
    played.pass_time(DAY_MS)
    played.tick()
    refused = played.send("kiosk-01", c.ShowTicket(token=old.token))
    assert_refused(refused, RejectionCode.OTHER_DAY_TICKET)


def test_a_completed_service_is_rated_once_over_all_channels() -> None:
    played = Played()
    mine = take(played)
    sign_in(played)
    rate = c.RateService(token=mine.token, stars=5)
    assert_refused(played.send("kiosk-01", rate), RejectionCode.NOT_SERVED_YET)
    serve(played)
    elsewhere = played.send("pad-2", c.RateAtCounter(ticket=mine.ticket, stars=1))
    assert_refused(elsewhere, RejectionCode.NOT_AT_THIS_COUNTER)
    assert played.send("pad-1", c.RateAtCounter(ticket=mine.ticket, stars=4)) == Done()
    assert_refused(played.send("kiosk-01", rate), RejectionCode.ALREADY_RATED)


def test_the_close_of_the_day_expires_what_is_open_and_numbers_start_again() -> None:
    played = Played()
    reserve(played)
    waiting = take(played)
    sign_in(played)
    call(played)
    served = take(played, "b")
    played.pass_time(DAY_MS)
    played.tick()
    events = [recorded.event for recorded in played.journal]
    assert TicketExpired(waiting.ticket) in events
    assert TicketExpired(served.ticket) in events
    assert ClerkSignedOut(CounterId(1), ClerkId("clerk-1")) in events
    assert [type(event) for event in events[-2:]] == [DayClosed, DayOpened]
    assert reserve(played).number == "A001"


def test_the_day_changes_at_its_own_boundary_and_never_back() -> None:
    played = Played()
    day = played.hall.day
    played.pass_time(20 * 3_600_000 - 1)  # from 08:00 to just before 04:00
    played.tick()
    assert played.hall.day == day
    played.pass_time(1)
    played.tick()
    assert played.hall.day != day
    changed = played.hall.day
    played.pass_time(-10 * DAY_MS)
    played.tick()
    assert played.hall.day == changed


def test_tokens_are_of_one_hall() -> None:
    ticket = TicketId("20261123-A001")
    token = tokens.sign(ticket, KEY)
    assert tokens.verify(token, KEY) == ticket
    assert tokens.verify(token, b"other" * 8) is None
    assert tokens.verify(TicketToken(token[:-1]), KEY) is None


def test_snapshots_show_the_call_and_nothing_of_the_person() -> None:
    played = Played()
    take(played, "a", PERSON)
    take(played, "a")
    sign_in(played)
    call(played)
    published = dict(played.hall.changed(Epoch(1)))
    board = published["jiaohao/board/hall"]
    assert isinstance(board, BoardSnapshot)
    assert [(x.number, x.counter) for x in board.calls] == [("A001", 1)]
    counter = published["jiaohao/counter/1"]
    assert isinstance(counter, CounterSnapshot)
    assert counter.active is not None
    assert (counter.active.number, counter.waiting, counter.next_numbers) == ("A001", 1, ("A002",))
    assert PERSON not in repr(list(played.hall.everything(Epoch(1))))


def test_everything_covers_each_retained_topic_and_changes_are_told_once() -> None:
    played = Played()
    take(played)
    assert {type(s) for _, s in played.hall.everything(Epoch(1))} == {
        Catalog,
        HallLoad,
        BoardSnapshot,
        CounterSnapshot,
        ConsoleSnapshot,
    }
    list(played.hall.changed(Epoch(1)))
    assert set(dict(played.hall.changed_counts(Epoch(1)))) == {"jiaohao/load"}
    assert list(played.hall.changed(Epoch(1))) == []
    assert list(played.hall.changed_counts(Epoch(1))) == []


def test_a_counter_that_was_shown_since_its_lines_changed_is_not_shown_for_them_again() -> None:
    played = Played()
    hall = played.hall
    for shown in (hall.changed, hall.changed_counts):
        list(shown(Epoch(1)))
    take(played, "b")
    take(played, "b")
    sign_in(played)
    assert set(dict(hall.changed(Epoch(1)))) == {"jiaohao/counter/1"}
    assert set(dict(hall.changed_counts(Epoch(1)))) == {"jiaohao/load", "jiaohao/counter/2"}
    called = call(played)
    played.send("counter-1", c.Arrive(ticket=called.ticket))
    take(played, "b")
    list(hall.changed(Epoch(1)))
    played.send("counter-1", c.Complete(ticket=called.ticket))
    take(played, "b")
    assert set(dict(hall.changed_counts(Epoch(1)))) == {
        "jiaohao/load",
        "jiaohao/counter/1",
        "jiaohao/counter/2",
    }
