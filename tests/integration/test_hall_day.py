"""A whole day of the example hall, for real: broker, server, 30 kiosks, 92 counters, devices.

Cards are read as bytes through ptys, codes from drawn camera frames, tickets are printed to virtual
printers and their codes read off the paper again. The records of what clients were told and the
journal on disk are held against each other.
"""

import sqlite3
from collections import Counter as Tally
from pathlib import Path

import pytest

from hallserver.config import load_plan
from hallserver.demo.audit import Line, Row, read_journal, read_records
from hallserver.demo.run import Demo, Options
from hallserver.demo.summary import Summary
from tests.helpers.hall_files import EXAMPLE

pytestmark = pytest.mark.slow

OPEN = {"TicketPrinted", "TicketCalled", "TicketArrived", "TicketReleased"}
"""The last event of a ticket that is still in somebody's way: after the day there is none."""


class Day:
    """One run of the hall and what is left of it."""

    def __init__(self, out: Path, people: int, seed: int) -> None:
        self.said: list[str] = []
        options = Options(
            hall_file=EXAMPLE,
            out=out,
            people=people,
            speed=0,
            seed=seed,
            is_headless=True,
            has_screens=False,
        )
        self.people = people
        self.demo = Demo(load_plan(EXAMPLE), options, self.said.append)
        self.records: list[Row] = []
        self.journal: list[Line] = []

    def finish(self) -> Summary:
        summary = self.demo.close_and_audit()
        self.records = list(read_records(self.demo.stage.records.glob("*.jsonl")))
        self.journal = read_journal(self.demo.stage.journal)
        return summary

    def kinds(self, kind: str) -> list[Row]:
        return [row for row in self.records if row["kind"] == kind]

    def tickets_given(self) -> int:
        connection = sqlite3.connect(f"file:{self.demo.stage.journal}?mode=ro", uri=True)
        try:
            query = "SELECT count(*) FROM event WHERE type = 'TicketReserved'"
            return int(connection.execute(query).fetchone()[0])
        finally:
            connection.close()


def assert_the_day_was_sound(day: Day, summary: Summary) -> None:
    findings = summary.findings
    assert findings.complaints == []
    assert (findings.duplicates, findings.lost, findings.double_called) == (0, 0, 0)
    assert findings.wrong_papers == 0
    last = {}
    for line in day.journal:
        if "ticket" in line.body and line.type != "ServiceRated":
            last[line.body["ticket"]] = line.type
    left_over = {ticket: kind for ticket, kind in last.items() if kind in OPEN}
    assert left_over == {}
    ended = Tally(last.values())
    assert ended["TicketCompleted"] + ended["TicketMissed"] == len(
        {line.body["ticket"] for line in day.journal if line.type == "TicketPrinted"}
    )


CARD_KINDS = 4
SOME = 20
"""So many of each kind at least: far below what people are drawn to do, far above an accident."""


def assert_cards_and_codes_were_really_read(day: Day) -> None:
    """A card that was read left its keyed hash in the journal; a code led to its ticket."""
    with_person = {
        line.body["ticket"]
        for line in day.journal
        if line.type == "TicketReserved" and line.body["person"] is not None
    }
    took = day.kinds("took")
    kinds = Tally(row["card"] for row in took if row["ticket"] in with_person)
    assert kinds.pop(None, 0) == 0  # nobody holds the paper of another person
    assert len(kinds) == CARD_KINDS
    assert min(kinds.values()) >= SOME
    assert Tally(row["way"] for row in took)["code"] >= SOME


def test_three_thousand_tickets_and_none_is_lost_doubled_or_called_twice(tmp_path: Path) -> None:
    day = Day(tmp_path / "hall", people=3_000, seed=11)
    try:
        summary = day.demo.play()
        day.finish()
    finally:
        day.demo.close()
    assert_the_day_was_sound(day, summary)
    assert summary.findings.tickets >= 3_000
    kiosks = {line.client for line in day.journal if line.type == "TicketReserved"}
    assert len(kiosks) == 30
    counters = {line.body["counter"] for line in day.journal if line.type == "TicketCalled"}
    assert len(counters) == 92
    assert_cards_and_codes_were_really_read(day)


def test_a_server_killed_in_the_middle_of_the_day_changes_nothing(tmp_path: Path) -> None:
    day = Day(tmp_path / "hall", people=600, seed=12)
    kills_at = [100, 250, 400]
    try:
        day.demo.open_hall()
        crowds = day.demo.let_people_in()
        for tickets in kills_at:
            while day.tickets_given() < tickets:
                assert any(crowd.is_running for crowd in crowds), "people left too early"
                crowds[0].wait(0.1)
            day.demo.server.kill()
        day.demo.wait_for(crowds)
        summary = day.finish()
        deaths = day.demo.server.deaths
    finally:
        day.demo.close()
    assert deaths == len(kills_at)
    assert_the_day_was_sound(day, summary)
    assert summary.findings.tickets >= 600
