"""Whatever a day brings, the journal on disk gives the same hall and the same figures again."""

import contextlib
import json
import sqlite3
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.protocol.ids import Epoch
from tests.helpers.halls import small_plan
from tests.helpers.servers import Clock, Hosted, open_journal, play_a_day

PLAN = small_plan(((1, ("a", "b")), (2, ("b", "c")), (3, ("a", "b", "c"))), clerks=4)
seeds = st.integers(0, 2**32)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_a_server_started_anew_has_the_hall_that_the_last_one_had(seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        clock = Clock()
        with open_journal(directory) as journal:
            hosted = Hosted(journal, PLAN, clock)
            crowd = play_a_day(hosted, seed, batches=25)
            lines = journal.last_seq
            replies = journal.find_replies([(i.client, i.message.id) for i in crowd.sent])
        with open_journal(directory) as journal:
            again = Hosted(journal, PLAN, clock)
            assert journal.last_seq == lines
            everything = list(again.hall.everything(Epoch(1)))
            assert everything == list(hosted.hall.everything(Epoch(1)))
            assert again.hall.state.tickets == hosted.hall.state.tickets
            # Every command sent again, from the first to the last, changes nothing.
            again.writer.process(crowd.sent)
            assert journal.last_seq == lines
            found = journal.find_replies([(i.client, i.message.id) for i in crowd.sent])
            assert found == replies


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_the_reporting_tables_say_what_the_events_say(seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with open_journal(directory) as journal:
            play_a_day(Hosted(journal, PLAN), seed, batches=25)
        file = sqlite3.connect(directory / "journal.sqlite3")
        file.row_factory = sqlite3.Row
        with contextlib.closing(file):
            visits = {row["ticket"]: dict(row) for row in file.execute("SELECT * FROM visit")}
            rated_in = file.execute("SELECT ticket, stars FROM rating")
            ratings = {row["ticket"]: [row["stars"]] for row in rated_in}
            lines = file.execute("SELECT * FROM event ORDER BY seq").fetchall()
    stories: dict[str, list[tuple[str, sqlite3.Row, dict[str, object]]]] = {}
    for line in lines:
        body = json.loads(line["body"])
        if "ticket" in body:
            stories.setdefault(body["ticket"], []).append((line["type"], line, body))
    assert set(visits) == set(stories)
    for ticket, story in stories.items():
        assert told_by(story) == {key: visits[ticket][key] for key in told_by(story)}
        rated = [body["stars"] for kind, _, body in story if kind == "ServiceRated"]
        assert rated == ratings.get(ticket, [])


ENDS = {
    "TicketPrinted": "waiting",
    "TicketVoided": "voided",
    "TicketCalled": "called",
    "TicketRecalled": "called",
    "TicketReleased": "waiting",
    "TicketArrived": "serving",
    "TicketCompleted": "completed",
    "TicketMissed": "no_show",
    "TicketExpired": "expired",
    "TicketReserved": "reserved",
}


def told_by(story: list[tuple[str, sqlite3.Row, dict[str, object]]]) -> dict[str, object]:
    """Tell a visit from its events, by looking back from its end."""
    moved = [each for each in story if each[0] != "ServiceRated"]
    kinds = [kind for kind, _, _ in moved]
    since = len(kinds) - kinds[::-1].index("TicketReleased") if "TicketReleased" in kinds else 0
    call = kinds.index("TicketCalled", since) if "TicketCalled" in kinds[since:] else None

    def at(kind: str, start: int = 0) -> int | None:
        found = [line["elapsed_ms"] for k, line, _ in moved[start:] if k == kind]
        return found[-1] if found else None

    def between(first: int | None, last: int | None) -> int | None:
        return None if first is None or last is None else last - first

    called = None if call is None else at("TicketCalled", since)
    return {
        "state": ENDS[kinds[-1]],
        "kiosk": moved[0][1]["client"],
        "issued_ms": at("TicketReserved"),
        "printed_ms": at("TicketPrinted"),
        "called_ms": called,
        "arrived_ms": at("TicketArrived"),
        "completed_ms": at("TicketCompleted"),
        "counter": None if call is None else moved[call][2]["counter"],
        "clerk": None if call is None else moved[call][2]["clerk"],
        "recalls": 0 if call is None else kinds[call:].count("TicketRecalled"),
        "waiting_ms": between(at("TicketPrinted"), called),
        "way_ms": between(called, at("TicketArrived")),
        "serving_ms": between(at("TicketArrived"), at("TicketCompleted")),
    }


def test_the_crowd_of_these_tests_serves_and_rates_people() -> None:
    """Otherwise the tests above would look at an empty hall."""
    with tempfile.TemporaryDirectory() as name, open_journal(Path(name)) as journal:
        kinds = set()
        for seed in range(4):
            hosted = Hosted(journal, PLAN, epoch=seed + 1)
            hosted.clock.elapsed_ms = journal.last_seq
            play_a_day(hosted, seed, batches=60)
            kinds |= {type(each.event) for each in journal.open_day()}
    assert kinds >= set(ev.Event.__args__) - {ev.DayClosed, ev.TicketExpired}
