"""Whatever a day brings, the journal on disk gives the same hall and the same figures again."""

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.journal import sqlite_url
from hallserver.protocol.ids import Epoch
from tests.helpers.full_days import full_plan, play_full_days
from tests.helpers.journals import named_rows
from tests.helpers.postgres import Cluster
from tests.helpers.servers import Clock, Hosted, MemoryJournal, open_journal

PLAN = full_plan()
seeds = st.integers(0, 2**32)


Fresh = Callable[[], AbstractContextManager[str]]


@contextlib.contextmanager
def in_a_file() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        yield sqlite_url(Path(name))


@pytest.fixture(scope="module")
def in_postgresql(postgres: Cluster) -> Fresh:
    @contextlib.contextmanager
    def fresh() -> Iterator[str]:
        with postgres.fresh() as name:
            yield postgres.url(name)

    return fresh


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(seeds)
def test_a_server_started_anew_has_the_hall_that_the_last_one_had(seed: int) -> None:
    check_a_restart(in_a_file, seed)


@settings(max_examples=3, deadline=None)
@given(seeds)
def test_a_server_started_anew_on_postgresql_has_it_too(in_postgresql: Fresh, seed: int) -> None:
    check_a_restart(in_postgresql, seed)


def check_a_restart(fresh: Fresh, seed: int) -> None:
    with fresh() as url:
        clock = Clock()
        with open_journal(url) as journal:
            hosted = Hosted(journal, PLAN, clock)
            crowd = play_full_days(hosted, seed, batches=40)
            lines = journal.last_seq
            replies = journal.find_replies([(i.client, i.message.id) for i in crowd.sent])
        with open_journal(url) as journal:
            again = Hosted(journal, PLAN, clock)
            assert journal.last_seq == lines
            everything = list(again.hall.everything(Epoch(1)))
            assert everything == list(hosted.hall.everything(Epoch(1)))
            assert again.hall.state.tickets == hosted.hall.state.tickets
            assert again.hall.state.desks == hosted.hall.state.desks
            assert again.hall.state.reminders == hosted.hall.state.reminders
            # Every command sent again, from the first to the last, changes nothing.
            again.writer.process(crowd.sent)
            assert journal.last_seq == lines
            found = journal.find_replies([(i.client, i.message.id) for i in crowd.sent])
            assert found == replies


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seeds)
def test_the_reporting_tables_say_what_the_events_say(seed: int) -> None:
    check_the_tables(in_a_file, seed)


@settings(max_examples=3, deadline=None)
@given(seeds)
def test_the_reporting_tables_say_it_in_postgresql_too(in_postgresql: Fresh, seed: int) -> None:
    check_the_tables(in_postgresql, seed)


def check_the_tables(fresh: Fresh, seed: int) -> None:
    with fresh() as url:
        with open_journal(url) as journal:
            play_full_days(Hosted(journal, PLAN), seed, batches=60)
        visits = {row["ticket"]: row for row in named_rows(url, "SELECT * FROM visit")}
        stints: dict[str, list[Row]] = {ticket: [] for ticket in visits}
        for row in named_rows(url, "SELECT * FROM stint ORDER BY began_seq"):
            stints[row["ticket"]].append(row)
        rated_in = named_rows(url, "SELECT ticket, stars FROM rating")
        ratings = {row["ticket"]: [row["stars"]] for row in rated_in}
        lines = named_rows(url, "SELECT * FROM event ORDER BY seq")
    stories: dict[str, list[Row]] = {ticket: [] for ticket in visits}
    for line in lines:
        body = json.loads(line["body"])
        if line["type"] == "TicketReserved":
            assert body["ticket"] in stories
        if "ticket" in body:
            stories[body["ticket"]].append(line)
    for ticket, story in stories.items():
        told_visit, told_stints, told_stars = tell(story)
        assert told_visit == {key: visits[ticket][key] for key in told_visit}
        assert len(told_stints) == len(stints[ticket])
        for told, row in zip(told_stints, stints[ticket], strict=True):
            assert told == {key: row[key] for key in told}
        assert told_stars == ratings.get(ticket, [])


Row = dict[str, Any]
Told = dict[str, Any]


def tell(story: Sequence[Row]) -> tuple[Told, list[Told], list[int]]:
    """Tell a visit, its stints and its stars from the events of a ticket, one after another."""
    visit: Told = {}
    stints: list[Told] = []
    served: list[list[tuple[int, int | None]]] = []
    stars: list[int] = []
    for line in story:
        kind, body, now = line["type"], json.loads(line["body"]), line["elapsed_ms"]
        last = stints[-1] if stints else {}
        if kind == "TicketReserved":
            visit = {
                "day": body["ticket"][:8],
                "service": body["service"],
                "item": body["item"],
                "step": 0,
                "kiosk": line["client"],
                "issued_ms": now,
                "printed_ms": None,
                "completed_ms": None,
            }
        elif kind == "TicketPrinted":
            visit["printed_ms"] = now
        elif kind == "TicketCalled":
            last |= {"counter": body["counter"], "clerk": body["clerk"]}
            last |= {"called_ms": now, "recalls": 0}
        elif kind == "TicketRecalled":
            last["recalls"] += 1
        elif kind == "TicketReleased":
            last |= {"counter": None, "clerk": None, "called_ms": None, "recalls": 0}
        elif kind == "TicketArrived":
            last["arrived_ms"] = now
            served[-1].append((now, None))
        elif kind == "TicketResumed":
            last |= {"counter": body["counter"], "clerk": body["clerk"]}
            served[-1].append((now, None))
        elif kind == "ServiceRated":
            stars.append(body["stars"])
        if kind in ("TicketParked", *SERVED):
            served[-1][-1] = (served[-1][-1][0], now)
        if kind in SERVED or (kind in UNSERVED and last and last["ended_ms"] is None):
            last |= {"ended_ms": now, "ended_as": (SERVED | UNSERVED)[kind]}
            given = body.get("services")
            last["services"] = (
                json.dumps(given or [], separators=(",", ":")) if kind in SERVED else None
            )
        if kind == "TicketCompleted":
            visit["completed_ms"] = now
        if kind in JOINS:
            visit["service"] = body.get("service", visit["service"])
            visit["step"] = body.get("step", visit["step"])
            stints.append(
                {**NEW, **{key: visit[key] for key in ("day", "service", "item", "step")}}
            )
            stints[-1]["began_ms"] = now
            served.append([])
    for stint, stretches in zip(stints, served, strict=True):
        stint["waiting_ms"] = between(stint["began_ms"], stint["called_ms"])
        stint["way_ms"] = between(stint["called_ms"], stint["arrived_ms"])
        ended = [end - begin for begin, end in stretches if end is not None]
        stint["serving_ms"] = sum(ended) if ended else None
    for column in ("waiting_ms", "way_ms", "serving_ms"):
        known = [stint[column] for stint in stints if stint[column] is not None]
        visit[column] = sum(known) if known else None
    kinds = [line["type"] for line in story if line["type"] in ENDS]
    visit["state"] = ENDS[kinds[-1]]
    for column in ("counter", "clerk", "recalls", "called_ms", "arrived_ms"):
        visit[column] = stints[-1][column] if stints else NEW[column]
    return visit, stints, stars


NEW: Told = {
    "counter": None,
    "clerk": None,
    "recalls": 0,
    "called_ms": None,
    "arrived_ms": None,
    "ended_ms": None,
    "ended_as": None,
    "services": None,
}
JOINS = {
    "TicketPrinted",
    "TicketReinstated",
    "TicketTransferred",
    "TicketReturned",
    "StepCompleted",
}
SERVED = {
    "TicketCompleted": "completed",
    "TicketTransferred": "transferred",
    "TicketReturned": "returned",
    "StepCompleted": "step_completed",
}
UNSERVED = {
    "TicketMissed": "no_show",
    "TicketExpired": "expired",
    "TicketCancelled": "cancelled",
}
ENDS = {
    "TicketReserved": "reserved",
    "TicketPrinted": "waiting",
    "TicketVoided": "voided",
    "TicketCancelled": "cancelled",
    "TicketCalled": "called",
    "TicketRecalled": "called",
    "TicketReleased": "waiting",
    "TicketReinstated": "waiting",
    "TicketTransferred": "waiting",
    "TicketReturned": "waiting",
    "StepCompleted": "waiting",
    "TicketArrived": "serving",
    "TicketParked": "parked",
    "TicketResumed": "serving",
    "TicketCompleted": "completed",
    "TicketMissed": "no_show",
    "TicketExpired": "expired",
}


def between(first: int | None, last: int | None) -> int | None:
    return None if first is None or last is None else last - first


def test_the_crowd_of_these_tests_brings_everything_that_can_happen() -> None:
    """Otherwise the tests above would look at an empty hall."""
    kinds = set()
    for seed in range(40):
        journal = MemoryJournal()
        play_full_days(Hosted(journal, PLAN), seed, batches=60)
        kinds |= {type(each.event) for each in journal.events}
    # Numbers are skipped by the restoring of a journal only.
    assert kinds == set(ev.Event.__args__) - {ev.NumbersSkipped}
