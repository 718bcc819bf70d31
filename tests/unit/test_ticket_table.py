"""The ticket table: exhaustively, all sequences of moves to length 5."""

from itertools import product
from pathlib import Path

import pytest
from msgspec.structs import fields, replace

from hallserver.domain.ticket import (
    AT_COUNTER,
    HOLDS_PLACE,
    INITIAL,
    MOVES,
    TERMINAL,
    IllegalMoveError,
    Move,
    Parking,
    Ticket,
    diagram,
    may,
    next_state,
)
from hallserver.domain.waiting import Lane, Waiting
from hallserver.protocol.ids import ClientId, CounterId, ServiceId, TicketId, TicketNumber
from hallserver.protocol.states import TicketState

LENGTH = 5

# The life of a ticket once more, written as the paths that the hall's staff know, so that the table
# is not checked against itself.
PATHS = """
reserved printed waiting
reserved voided voided
reserved expired expired
waiting called called
waiting cancelled cancelled
waiting expired expired
called arrived serving
called recalled called
called missed no_show
called released waiting
called expired expired
no_show reinstated waiting
no_show expired expired
serving completed completed
serving transferred waiting
serving parked parked
serving expired expired
parked resumed serving
parked expired expired
"""


def known_paths() -> dict[tuple[str, str], str]:
    rows = (line.split() for line in PATHS.strip().splitlines())
    return {(before, move): after for before, move, after in rows}


def test_every_sequence_of_five_moves_ends_where_staff_expect_or_is_refused() -> None:
    paths = known_paths()
    followed = refused = 0
    for sequence in product(Move, repeat=LENGTH):
        state = INITIAL
        for move in sequence:
            expected = paths.get((state.value, move.value))
            if expected is None:
                with pytest.raises(IllegalMoveError):
                    next_state(state, move)
                refused += 1
                break
            state = next_state(state, move)
            assert state.value == expected
        else:
            followed += 1
    assert followed + refused == len(Move) ** LENGTH
    assert followed > 0


def test_a_refused_move_leaves_the_ticket_as_it_was() -> None:
    for state, move in product(TicketState, Move):
        ticket = Ticket(
            TicketId("20261123-A001"),
            TicketNumber("A001"),
            ServiceId("a"),
            None,
            ClientId("kiosk-01"),
            place=1,
            reserved_ms=0,
            state=state,
        )
        before = repr(ticket)
        if may(state, move):
            assert ticket.moved(move).state is MOVES[state, move]
        else:
            with pytest.raises(IllegalMoveError, match=f"{state} cannot be {move}"):
                ticket.moved(move)
        assert repr(ticket) == before


def test_every_state_can_be_reached_and_only_terminal_ones_cannot_be_left() -> None:
    reached = {INITIAL} | set(MOVES.values())
    assert reached == set(TicketState)
    left = {state for state, _ in MOVES}
    assert set(TicketState) - left == TERMINAL


def test_every_open_ticket_can_expire_so_that_nothing_is_open_after_the_day() -> None:
    for state in set(TicketState) - TERMINAL:
        assert next_state(state, Move.EXPIRED) is TicketState.EXPIRED


def test_a_terminal_ticket_holds_neither_a_place_nor_a_counter() -> None:
    assert not TERMINAL & HOLDS_PLACE
    assert not TERMINAL & AT_COUNTER


def test_the_diagram_names_every_move_once() -> None:
    lines = diagram().splitlines()
    for (before, move), after in MOVES.items():
        assert lines.count(f"    {before.name} --> {after.name}: {move}") == 1
    assert {line for line in lines if line.endswith("--> [*]")} == {
        f"    {state.name} --> [*]" for state in TERMINAL
    }


def test_an_illegal_move_says_what_cannot_be() -> None:
    with pytest.raises(IllegalMoveError, match=r"^a ticket that is waiting cannot be arrived$"):
        next_state(TicketState.WAITING, Move.ARRIVED)


def test_the_architecture_page_shows_the_table_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert diagram() in page


def test_a_person_holds_a_place_from_the_number_to_the_end_but_not_after_a_missed_call() -> None:
    assert {state.value for state in HOLDS_PLACE} == {
        "reserved", "waiting", "called", "serving", "parked",
    }  # fmt: skip
    assert {state.value for state in AT_COUNTER} == {"called", "serving"}
    assert {state.value for state in TERMINAL} == {"completed", "voided", "cancelled", "expired"}


def test_a_new_number_has_been_nowhere_yet() -> None:
    given = {
        "id": TicketId("20261123-A001"),
        "number": TicketNumber("A001"),
        "service": ServiceId("a"),
        "person": None,
        "kiosk": ClientId("kiosk-01"),
        "place": (1,),
        "reserved_ms": 5,
    }
    ticket = Ticket(**given)
    rest = {each.name: getattr(ticket, each.name) for each in fields(ticket)}
    assert rest == given | {
        "state": TicketState.RESERVED,
        **dict.fromkeys(("recalls", "called_wall_ms", "called_ms", "since_ms", "companions"), 0),
        **dict.fromkeys(("reinstated", "step"), 0),
        **dict.fromkeys(("is_due", "is_rated", "is_proxy"), False),
        **dict.fromkeys(("counter", "clerk", "due_ms", "priority", "for_counter", "returns_to")),
        **dict.fromkeys(("returns_as", "first_place", "parking", "item", "quota")),
        "valid_from_ms": None,
    }
    assert ticket.kept_place == (1,)
    assert Parking(7) == Parking(since_wall_ms=7, due_ms=None, due_wall_ms=None)


def test_an_appointment_has_a_line_of_its_own_until_its_visitor_is_sent_to_a_counter() -> None:
    ticket = Ticket(
        id=TicketId("20261123-A001"),
        number=TicketNumber("A001"),
        service=ServiceId("a"),
        person=None,
        kiosk=ClientId("kiosk-01"),
        place=(1,),
        reserved_ms=0,
        since_ms=3,
        due_ms=9,
    )
    assert ticket.lane == Lane(ServiceId("a"), is_booked=True)
    assert ticket.waiting == Waiting((1,), ticket.id, 3, 9)
    sent = replace(ticket, for_counter=CounterId(2))
    assert sent.lane == Lane(ServiceId("a"), counter=CounterId(2))
    assert sent.waiting == Waiting((1,), ticket.id, 3)
    walk_in = replace(ticket, due_ms=None)
    assert walk_in.lane == Lane(ServiceId("a"))
    assert walk_in.waiting == Waiting((1,), ticket.id, 3)
