"""Lines against a model that keeps everybody in one list and looks at all of them."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain.place import at_end
from hallserver.domain.waiting import Lane, Waiting, WaitingLines
from hallserver.protocol.ids import CounterId, PriorityId, ServiceId, TicketId

SERVICES = ("a", "b")
lanes = st.builds(
    Lane,
    st.sampled_from([ServiceId(name) for name in SERVICES]),
    st.sampled_from([None, PriorityId("old"), PriorityId("veteran")]),
    st.sampled_from([None, CounterId(1), CounterId(2)]),
    st.booleans(),
)
# A step: which lane, how many go ahead, since when, due when; or who leaves.
joins = st.tuples(lanes, st.integers(0, 4), st.integers(0, 50), st.integers(0, 50))
steps = st.lists(st.one_of(joins, st.integers(0, 30)), max_size=40)


@dataclass
class Model:
    """Everybody who waits, in no order at all."""

    people: list[tuple[Lane, Waiting]] = field(default_factory=list)

    def line(self, lane: Lane) -> list[Waiting]:
        here = [waiting for other, waiting in self.people if other == lane]
        return sorted(here, key=lambda w: (w.due_ms or 0, w.place, w.ticket))


def play(sequence: list[object]) -> tuple[WaitingLines, Model]:
    lines, model = WaitingLines(ServiceId(name) for name in SERVICES), Model()
    for seq, step in enumerate(sequence, 1):
        if isinstance(step, tuple):
            lane, others, since, due = step
            before = model.line(lane)
            place = lines.place_after(lane, others, seq)
            assert place not in {each.place for _, each in model.people}
            waiting = Waiting(place, TicketId(f"t{seq}"), since, due if lane.is_booked else None)
            lines.join(lane, waiting)
            model.people.append((lane, waiting))
            if not lane.is_booked:
                assert model.line(lane).index(waiting) == min(others, len(before))
            else:
                assert place == at_end(seq)
        elif model.people:
            gone = model.people.pop(step % len(model.people))
            lines.leave(*gone)
    return lines, model


@settings(max_examples=300)
@given(steps)
def test_lines_are_what_a_list_of_everybody_says(sequence):
    lines, model = play(sequence)
    for lane in {lane for lane, _ in model.people} | {Lane(ServiceId("a"))}:
        line = model.line(lane)
        assert list(lines.line(lane)) == line
        patient = sorted(
            line, key=lambda w: (max(w.since_ms, w.due_ms or w.since_ms), w.place, w.ticket)
        )
        for index in range(len(line) + 1):
            assert lines.nth(lane, index) == next(iter(line[index:]), None)
            assert lines.nth_longest(lane, index) == next(iter(patient[index:]), None)
    for service in SERVICES:
        assert lines.length(ServiceId(service)) == sum(
            lane.service == service for lane, _ in model.people
        )


@settings(max_examples=200)
@given(steps)
def test_a_counter_sees_the_open_lines_of_its_services_and_who_was_sent_to_it(sequence):
    lines, model = play(sequence)
    for counter in (CounterId(1), CounterId(2), CounterId(3)):
        for services in ((), ("a",), ("b", "a")):
            seen = list(lines.lanes_at(counter, map(ServiceId, services)))
            wanted = {
                lane
                for lane, _ in model.people
                if (lane.counter is None and lane.service in services) or lane.counter == counter
            }
            assert set(seen) == wanted
            assert len(seen) == len(wanted)
            assert lines.length_at(counter, map(ServiceId, services)) == sum(
                lane in wanted for lane, _ in model.people
            )


@settings(max_examples=200)
@given(steps)
def test_ahead_are_earlier_places_and_appointments_go_before_walk_ins(sequence):
    lines, model = play(sequence)
    for lane, waiting in model.people:
        ahead = 0
        for other_lane, other in model.people:
            if other_lane.service != lane.service or other == waiting:
                continue
            if other_lane.is_booked != lane.is_booked:
                ahead += other_lane.is_booked
            elif lane.is_booked and other.due_ms != waiting.due_ms:
                ahead += other.due_ms < waiting.due_ms
            else:
                ahead += other.place < waiting.place
        assert lines.ahead_of(lane, waiting) == ahead


def test_who_does_not_wait_cannot_leave():
    lines = WaitingLines([ServiceId("a")])
    lane, waiting = Lane(ServiceId("a")), Waiting((1,), TicketId("one"))
    with pytest.raises(KeyError):
        lines.leave(lane, waiting)
    lines.join(lane, waiting)
    for other in (Waiting((1,), TicketId("two")), Waiting((2,), TicketId("one"))):
        with pytest.raises(KeyError):
            lines.leave(lane, other)
    lines.leave(lane, waiting)
    assert list(lines.lanes_at(CounterId(1), [ServiceId("a")])) == []


def test_a_wait_for_an_appointment_counts_from_its_beginning():
    assert Waiting((1,), TicketId("early"), 10, 20).counts_from_ms == 20
    assert Waiting((1,), TicketId("late"), 30, 20).counts_from_ms == 30
    assert Waiting((1,), TicketId("walk-in"), 30).counts_from_ms == 30
