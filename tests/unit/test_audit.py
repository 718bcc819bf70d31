"""The auditor finds each kind of harm: every sentence plants one."""

from typing import Any

import pytest

from hallserver.demo.audit import Findings, Line, audit, call_latencies_ms, waiting_ms
from hallserver.demo.figures import percentile

T1, T2 = "20261123-A001", "20261123-A002"


def line(seq: int, kind: str, **body: Any) -> Line:
    return Line(seq, seq * 1000, "server", kind, body)


def told(kind: str, t_ns: int = 0, **fields: Any) -> dict[str, Any]:
    return {"t_ns": t_ns, "kind": kind, **fields}


def sound_day() -> tuple[list[dict[str, Any]], list[Line]]:
    records = [
        told("reserved", ticket=T1, number="A001"),
        told("printed", ticket=T1, number="A001", qr_token=f"JH1.{T1}.TAG"),
        told("confirmed", ticket=T1),
        told("called", ticket=T1, counter=1, number="A001"),
        told("arrived", ticket=T1, counter=1),
        told("completed", ticket=T1, counter=1),
        told("rated", ticket=T1, stars=5),
    ]
    journal = [
        line(1, "DayOpened", day="20261123"),
        line(2, "TicketReserved", ticket=T1, number="A001"),
        line(3, "TicketPrinted", ticket=T1),
        line(4, "TicketCalled", ticket=T1, counter=1),
        line(5, "TicketArrived", ticket=T1, counter=1),
        line(6, "TicketCompleted", ticket=T1, counter=1),
        line(7, "ServiceRated", ticket=T1),
    ]
    return records, journal


def test_a_sound_day_has_no_complaint() -> None:
    findings = audit(*sound_day())
    assert findings == Findings(tickets=1, calls=1, ratings=1, acknowledged=6, papers=1)
    assert findings.is_clean


@pytest.mark.parametrize("gone", [2, 3, 4, 5, 6, 7])
def test_whatever_was_acknowledged_and_is_not_in_the_journal_is_lost(gone: int) -> None:
    records, journal = sound_day()
    findings = audit(records, [each for each in journal if each.seq != gone])
    assert findings.lost == 1
    assert not findings.is_clean


def test_a_number_given_twice_is_found_in_the_journal_and_in_what_kiosks_heard() -> None:
    records, journal = sound_day()
    twice = line(8, "TicketReserved", ticket=T1, number="A001")
    assert audit(records, [*journal, twice]).duplicates == 1
    assert audit([*records, records[0]], journal).duplicates == 1


def test_a_second_paper_of_one_ticket_is_found() -> None:
    records, journal = sound_day()
    assert audit([*records, records[1]], journal).duplicates == 1


@pytest.mark.parametrize("token", [None, f"JH1.{T2}.TAG", "https://example.invalid"])
def test_a_paper_with_the_code_of_another_ticket_is_found(token: str | None) -> None:
    records, journal = sound_day()
    records[1]["qr_token"] = token
    assert audit(records, journal).wrong_papers == 1


def test_two_clerks_given_one_person_are_found() -> None:
    records, journal = sound_day()
    again = told("called", ticket=T1, counter=2, number="A001")
    findings = audit([*records, again], [*journal, line(8, "TicketCalled", ticket=T1, counter=2)])
    assert findings.double_called == 1  # after its completion: found by what the clerks heard


def test_a_ticket_called_to_a_second_counter_is_found_in_the_journal() -> None:
    journal = [*sound_day()[1][:4], line(5, "TicketCalled", ticket=T1, counter=2)]
    assert audit([], journal).double_called == 1


def test_a_counter_with_two_people_is_found_in_the_journal() -> None:
    journal = [
        line(1, "TicketPrinted", ticket=T1),
        line(2, "TicketPrinted", ticket=T2),
        line(3, "TicketCalled", ticket=T1, counter=1),
        line(4, "TicketCalled", ticket=T2, counter=1),
    ]
    assert audit([], journal).double_called == 1


def test_a_released_ticket_may_be_called_again() -> None:
    records, journal = sound_day()
    journal = [
        *journal[:4],
        line(5, "TicketReleased", ticket=T1, counter=1),
        line(6, "TicketCalled", ticket=T1, counter=2),
    ]
    again = told("called", ticket=T1, counter=2, number="A001")
    assert audit([*records[:4], again], journal).is_clean


@pytest.mark.parametrize(
    "sent_on", ["TicketTransferred", "TicketReturned", "StepCompleted", "TicketReinstated"]
)
def test_who_went_on_or_came_back_is_called_by_another_counter(sent_on: str) -> None:
    records, journal = sound_day()
    missed = [line(5, "TicketMissed", ticket=T1, counter=1)] if "Rein" in sent_on else []
    journal = [
        *journal[:4],
        *missed,
        line(6, sent_on, ticket=T1, counter=1),
        line(7, "TicketCalled", ticket=T1, counter=2),
    ]
    again = told("called", ticket=T1, counter=2, number="A001")
    assert audit([*records[:4], again], journal).is_clean


def test_a_counter_that_parked_somebody_is_free_and_a_resumed_ticket_takes_it() -> None:
    _, journal = sound_day()
    journal = [
        *journal[:5],
        line(6, "TicketParked", ticket=T1, counter=1),
        line(7, "TicketPrinted", ticket=T2),
        line(8, "TicketCalled", ticket=T2, counter=1),
    ]
    assert audit([], journal).is_clean
    resumed = line(9, "TicketResumed", ticket=T1, counter=1)
    assert audit([], [*journal, resumed]).double_called == 1


def test_a_completed_step_is_a_completion_that_the_clerk_was_told() -> None:
    records, journal = sound_day()
    step = line(6, "StepCompleted", ticket=T1, counter=1)
    assert audit(records[:6], [*journal[:5], step]).is_clean


def test_a_call_of_a_number_without_paper_is_found() -> None:
    findings = audit([], [line(1, "TicketCalled", ticket=T1, counter=1)])
    assert findings.complaints == [f"{T1}: called and never on paper"]


def test_a_second_rating_is_found() -> None:
    records, journal = sound_day()
    assert audit(records, [*journal, line(8, "ServiceRated", ticket=T1)]).duplicates == 1


def test_a_calls_latency_runs_from_its_own_key_press_to_the_first_frame() -> None:
    records = [
        told("key_next", 1_000_000, counter=1),
        told("key_next", 2_000_000, counter=2),
        told("shown", 4_000_000, counter=1, number="A001", call_seq=4),
        told("shown", 5_000_000, counter=2, number="A002", call_seq=5),
        told("shown", 9_000_000, counter=2, number="A002", call_seq=5),
        told("shown", 9_500_000, counter=3, number="A003", call_seq=6),
    ]
    assert call_latencies_ms(records) == [3.0, 3.0]


def test_percentiles_are_by_nearest_rank() -> None:
    values = list(range(1, 101))
    assert [percentile(values, share) for share in (0.5, 0.9, 0.99, 1.0)] == [50, 90, 99, 100]
    assert percentile([], 0.5) is None
    with pytest.raises(ValueError, match="share"):
        percentile(values, 50)


def test_waiting_runs_from_the_paper_to_the_first_call() -> None:
    assert waiting_ms(sound_day()[1]) == [1000]
