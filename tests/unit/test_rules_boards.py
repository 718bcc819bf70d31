"""What the boards show of tickets that go other ways than called, served, done."""

import pytest

from hallserver.protocol import commands as c
from hallserver.protocol.ids import CounterId, Epoch, ServiceId, TicketId
from hallserver.protocol.replies import Rejected
from hallserver.protocol.snapshots import BoardCall
from hallserver.protocol.states import TicketState
from tests.helpers.staffed import Staffed, staffed_plan


def busy(**more: object) -> Staffed:
    played = Staffed(staffed_plan(**more))  # type: ignore[arg-type]
    played.open(1, 2)
    for _ in range(3):
        played.take()
    return played


def board(played: Staffed, zone: str = "hall") -> list[BoardCall]:
    return list(dict(played.hall.everything(Epoch(1)))[f"jiaohao/board/{zone}"].calls)


def shown(played: Staffed, zone: str = "hall") -> list[tuple[str, int, TicketState]]:
    return [(call.number, call.counter, call.state) for call in board(played, zone)]


def act(played: Staffed, client: str, command: c.Command) -> None:
    assert not isinstance(played.send(client, command), Rejected)


def serving(played: Staffed, counter: int = 1) -> TicketId:
    called = played.call(counter)
    act(played, f"counter-{counter}", c.Arrive(ticket=called.ticket))
    return called.ticket


def test_an_undone_call_is_taken_off_and_the_calls_before_it_stay():
    played = busy()
    played.call(1)
    slip = played.call(2)
    act(played, "counter-2", c.UndoCall(ticket=slip.ticket))
    assert shown(played) == [("A001", 1, TicketState.CALLED)]
    assert "jiaohao/board/hall" in dict(played.hall.changed(Epoch(1)))


def test_a_transferred_ticket_is_off_the_board_until_it_is_called_anew():
    played = busy()
    ticket = serving(played)
    act(
        played,
        "counter-1",
        c.Transfer(ticket=ticket, service=ServiceId("b"), counter=CounterId(2)),
    )
    assert shown(played) == []
    assert played.call(2).ticket == ticket
    assert shown(played) == [("A001", 2, TicketState.CALLED)]


def test_a_ticket_transferred_to_another_zone_leaves_the_board_of_the_first():
    played = busy(cellar=[2])
    ticket = serving(played)
    act(played, "counter-1", c.Transfer(ticket=ticket, counter=CounterId(2)))
    played.call(2)
    assert shown(played) == []
    assert shown(played, "cellar") == [("A001", 2, TicketState.CALLED)]


def test_a_parked_ticket_is_marked_so_and_served_again_when_resumed():
    played = busy()
    ticket = serving(played)
    act(played, "counter-1", c.Park(ticket=ticket))
    assert shown(played) == [("A001", 1, TicketState.PARKED)]
    act(played, "counter-1", c.Resume(ticket=ticket))
    assert shown(played) == [("A001", 1, TicketState.SERVING)]


def test_a_parked_ticket_that_another_counter_resumes_is_not_sent_to_the_first_any_more():
    played = busy()
    ticket = serving(played)
    act(played, "counter-1", c.Park(ticket=ticket))
    act(played, "counter-1", c.SignOut())
    act(played, "counter-2", c.Resume(ticket=ticket))
    assert shown(played) == []


def test_a_missed_ticket_stays_to_be_read_until_it_waits_again():
    played = busy()
    called = played.call(1)
    act(played, "counter-1", c.MarkNoShow(ticket=called.ticket))
    assert shown(played) == [("A001", 1, TicketState.NO_SHOW)]
    act(played, "counter-1", c.Reinstate(number=called.number))
    assert shown(played) == []


@pytest.mark.parametrize("command", [c.Complete, c.Park])
def test_a_back_office_shows_nothing_from_its_call_on(command):
    played = busy(back_offices=[1])
    called = played.call(1)
    assert shown(played) == []
    act(played, "counter-1", command(ticket=called.ticket))
    assert shown(played) == []
    assert played.call(2).number == "A002"
    assert shown(played) == [("A002", 2, TicketState.CALLED)]


def test_a_recall_comes_to_the_top_with_a_number_of_its_own():
    played = busy()
    called = played.call(1)
    played.call(2)
    act(played, "counter-1", c.Recall(ticket=called.ticket))
    assert [(call.number, call.recalls) for call in board(played)] == [("A001", 1), ("A002", 0)]
    assert board(played)[0].call_seq > board(played)[1].call_seq


def test_a_new_day_begins_with_empty_boards():
    played = busy()
    played.call(1)
    played.pass_time(86_400_000)
    played.tick()
    assert shown(played) == []
