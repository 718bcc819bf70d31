"""The thinnest program has to be correct, or what is held against it says nothing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.bench.hall_under_test import the_plan
from tests.bench.rounds import Asked
from tests.bench.stand import thin, thin_hall
from tests.bench.thin import Program


def asked_for(command: str, command_id: str, service: str = "") -> bytes:
    return msgspec.json.encode({"id": command_id, "command": {"type": command, "service": service}})


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(thin_hall(the_plan()), tmp_path / "thin.sqlite3")
    yield program
    program.database.close()


def test_the_same_id_gets_the_same_answer_and_changes_nothing(program: Program) -> None:
    ask = ("kiosk-01", asked_for("ReserveTicket", "one", "invest-approval"))
    [first, twice] = program.process([ask, ask])
    [again] = program.process([ask])
    assert first == twice == again
    assert program.last == {"AA": 1}


def test_two_counters_do_not_call_one_ticket(program: Program) -> None:
    counters = [
        name for name, served in program.hall.services.items() if "invest-approval" in served
    ]
    assert len(counters) > 1
    program.process([("kiosk-01", asked_for("ReserveTicket", "one", "invest-approval"))])
    said = program.process([(name, asked_for("CallNext", f"call-{name}")) for name in counters])
    answers = [
        msgspec.json.decode(body)["reply"]["type"] for topic, body, _ in said if "reply" in topic
    ]
    assert answers == ["TicketAtCounter", *["Rejected"] * (len(counters) - 1)]


def test_it_goes_on_where_its_database_ends(program: Program, tmp_path: Path) -> None:
    for number in range(3):
        ask = asked_for("ReserveTicket", f"{number}", "invest-approval")
        program.process([("kiosk-01", ask)])
    [counter, *_] = [
        name for name, served in program.hall.services.items() if "invest-approval" in served
    ]
    program.process([(counter, asked_for("CallNext", "call"))])
    program.database.close()
    later = Program(program.hall, tmp_path / "thin.sqlite3")
    assert later.last == {"AA": 3}
    assert [each.number for each in later.lines["invest-approval"]] == ["AA002", "AA003"]
    later.database.close()


@pytest.mark.slow
def test_kiosks_and_counters_at_once_get_each_number_and_person_once(tmp_path: Path) -> None:
    """`Asked` itself refuses a number or a person that was given before."""
    plan = the_plan()
    with thin(tmp_path, plan) as stand, Asked(stand, plan) as asked:
        asked.issue_at_once(600)
        asked.call_at_once(2)
    with sqlite3.connect(tmp_path / "thin.sqlite3") as database:
        numbers = database.execute("SELECT prefix, number FROM ticket").fetchall()
        [(called,)] = database.execute("SELECT count(counter) FROM ticket")
    database.close()
    assert len(numbers) == len(set(numbers)) == 600 + 2 * len(plan.counters)
    assert called == len(asked.call_crowd.ms)
