"""The import of bookings, row by row: every row has one result, said in the file's order."""

import queue
from dataclasses import dataclass, field

import pytest

from hallserver.cli_appointments import MAX_UNDER_WAY, Import, Result
from hallserver.client.booking_file import BadRow, Wish, row_id
from hallserver.client.outbox import OutboxFull
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, Update
from hallserver.protocol.commands import BookAppointment
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import CommandId
from hallserver.protocol.replies import Booked, Done, Reply, reject


def wish(line: int, who: int | None = None) -> Wish:
    person = f"{line if who is None else who:032x}"
    command = BookAppointment("passport", "20261125", "09:30", person)
    return Wish(line, command, row_id(command))


def booked(row: Wish) -> Booked:
    name = f"20261125-{row.line:04}"
    return Booked(name, f"JA1.{name}.X", "passport", "20261125", "09:30", 1, 2)


@dataclass
class Hall:
    """Takes what is asked, as far as there is room; answers when told to."""

    room: int = 1_000
    asked: list[CommandId] = field(default_factory=list)

    def submit(self, _: BookAppointment, command_id: CommandId) -> CommandId | OutboxFull:
        if len(self.asked) >= self.room:
            return OutboxFull()
        self.asked.append(command_id)
        return command_id


def arrived(row: Wish, reply: Reply) -> ReplyArrived:
    return ReplyArrived(row.command_id, row.command, reply)


def test_every_row_has_its_result_in_the_order_of_the_file() -> None:
    hall, said = Hall(), []
    one, two, three = wish(2), wish(4), wish(5)
    rows = [one, BadRow(3, "slot: expected HH:MM"), two, three]
    importing = Import(rows, hall.submit, said.append)
    importing.go_on()
    importing.answered(arrived(two, reject(RejectionCode.SLOT_FULL)))
    importing.go_on()
    assert said == []  # not before the first one is known
    importing.answered(arrived(one, booked(one)))
    importing.go_on()
    assert [line.split(": ")[:2] for line in said] == [
        ["line 2", "booked"],
        ["line 3", "bad_row"],
        ["line 4", "slot_full"],
    ]
    assert not importing.is_done
    importing.answered(arrived(three, booked(three)))
    importing.go_on()
    assert importing.is_done
    assert importing.results[0] == Result(
        2, "booked", "passport 20261125 09:30", "20261125-0002", "JA1.20261125-0002.X"
    )


def test_a_row_that_stands_twice_in_a_file_is_asked_once_and_points_at_the_first() -> None:
    hall, first, second = Hall(), wish(2, who=7), wish(3, who=7)
    importing = Import([first, second], hall.submit, lambda _: None)
    importing.go_on()
    importing.answered(arrived(first, booked(first)))
    importing.go_on()
    assert len(hall.asked) == 1
    assert [result.word for result in importing.results] == ["booked", "repeated"]
    assert importing.results[1].text == "the same as line 2"


def test_so_many_are_under_way_and_no_more() -> None:
    hall, rows = Hall(), [wish(line) for line in range(2, 2 + 3 * MAX_UNDER_WAY)]
    importing = Import(rows, hall.submit, lambda _: None)
    importing.go_on()
    assert len(hall.asked) == MAX_UNDER_WAY
    for row in rows:
        importing.answered(arrived(row, booked(row)))
        importing.go_on()
    assert hall.asked == [row.command_id for row in rows]
    assert importing.is_done


def test_an_outbox_without_room_is_asked_again_later() -> None:
    hall, rows = Hall(room=1), [wish(2), wish(3)]
    importing = Import(rows, hall.submit, lambda _: None)
    importing.go_on()
    hall.room = 2
    importing.answered(arrived(rows[0], booked(rows[0])))
    importing.go_on()
    assert hall.asked == [row.command_id for row in rows]


def test_answers_to_an_earlier_run_are_of_no_interest_and_silence_ends_it() -> None:
    updates: queue.SimpleQueue[Update] = queue.SimpleQueue()
    hall, rows, said = Hall(), [wish(2), wish(3), BadRow(4, "x")], []
    stranger = wish(9)
    for update in (
        LinkChanged(LinkState.LIVE),
        arrived(stranger, booked(stranger)),
        arrived(rows[1], booked(rows[1])),
    ):
        updates.put(update)
    importing = Import(rows, hall.submit, said.append)
    importing.run(updates, wait_s=0.0)
    assert [result.word for result in importing.results] == ["no_answer", "booked", "bad_row"]
    assert len(said) == 3


def test_an_answer_that_is_none_to_a_booking_is_a_bug() -> None:
    hall, row = Hall(), wish(2)
    importing = Import([row], hall.submit, lambda _: None)
    importing.go_on()
    importing.answered(arrived(row, Done()))
    with pytest.raises(TypeError, match="Done"):
        importing.go_on()
