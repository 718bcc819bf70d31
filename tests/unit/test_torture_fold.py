"""What screens show is held against the journal, folded anew: each difference is found."""

import json
from random import Random
from typing import Any

import msgspec
import pytest

from hallserver.domain.events import Recorded, encode_event
from hallserver.protocol.ids import Epoch
from hallserver.torture.clients import topic_of
from hallserver.torture.fold import check_fold
from hallserver.torture.journal import Line
from tests.helpers.servers import Crowd, Hosted, MemoryJournal

Seen = dict[str, dict[str, Any]]


def line_of(recorded: Recorded) -> Line:
    return Line(
        recorded.seq,
        recorded.epoch,
        recorded.day,
        recorded.wall_ms,
        recorded.elapsed_ms,
        recorded.client,
        recorded.command,
        type(recorded.event).__name__,
        json.loads(encode_event(recorded.event)),
    )


@pytest.fixture(scope="module")
def day() -> tuple[Hosted, list[Line], Seen]:
    """A day of chance, as journal lines and as the live server's screens show its end."""
    journal = MemoryJournal()
    hosted = Hosted(journal)
    crowd = Crowd(hosted, Random(5))
    for _ in range(40):
        hosted.writer.process(crowd.batch(8))
        hosted.clock.pass_ms(500)
    lines = [line_of(recorded) for recorded in journal.events]
    seen = {
        topic_of(snapshot): json.loads(msgspec.json.encode(snapshot))
        for _, snapshot in hosted.hall.everything(Epoch(9))
    }
    return hosted, lines, seen


def test_screens_that_show_what_the_journal_says_are_right(
    day: tuple[Hosted, list[Line], Seen],
) -> None:
    hosted, lines, seen = day
    assert len(lines) > 50
    assert {"HallLoad", "Catalog"} < set(seen)
    assert list(check_fold(hosted.plan, lines, {"somebody": seen})) == []


@pytest.mark.parametrize("field", ["waiting", "next_numbers", "clerk", "active"])
def test_a_counter_that_is_shown_otherwise_is_named(
    day: tuple[Hosted, list[Line], Seen], field: str
) -> None:
    hosted, lines, seen = day
    counter = next(topic for topic in seen if topic.startswith("CounterSnapshot"))
    lie = {**seen, counter: {**seen[counter], field: "a lie"}}
    (complaint,) = check_fold(hosted.plan, lines, {"counter-1": lie})
    assert f"counter-1 sees {counter} otherwise" in complaint
    assert f"{field} is a lie" in complaint


def test_a_line_that_is_missing_at_the_end_of_the_journal_shows(
    day: tuple[Hosted, list[Line], Seen],
) -> None:
    hosted, lines, seen = day
    last = max(
        at for at, line in enumerate(lines) if line.type in ("TicketPrinted", "TicketCalled")
    )
    assert list(check_fold(hosted.plan, lines[:last], {"somebody": seen})) != []
