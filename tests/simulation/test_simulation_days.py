"""Small hall-days with everything that can go wrong, each drawn from one number.

A day that breaks says how to live it again: `python -m tests.simulation --seed N …`.
"""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.helpers.checkout import ROOT
from tests.simulation.day import Day, Result
from tests.simulation.report import run_day
from tests.simulation.shape import USUAL, FaultKind, draw

SEEDS = range(1, 21)
CUSTOMARY = (3045, 2011)
"""Days on which nearly everything is done that can be done."""
NEWER = frozenset(
    [
        "TicketTransferred",
        "TicketReturned",
        "TicketReaddressed",
        "StepCompleted",
        "TicketParked",
        "ParkedDue",
        "TicketResumed",
        "TicketReinstated",
        "TicketReleased",
        "TicketCancelled",
        "TicketCarriedOver",
        "CounterPaused",
        "CounterResumed",
        "PriorityGranted",
        "StaffSignedIn",
        "KiosksClosed",
        "KiosksOpened",
        "ServicesAssigned",
        "ProposalMade",
        "ProposalApproved",
        "AnnouncementEnded",
        "AppointmentBooked",
        "AppointmentCheckedIn",
        "AppointmentMissed",
        "AppointmentCarriedOver",
        "by_clerk",
        "aged",
        "addressed",
        "appointment",
        "green_channel",
    ]
)
"""Events and reasons of calls that a plain day does not have."""


@pytest.mark.parametrize("seed", SEEDS[:14])
def test_a_day_with_faults_keeps_every_promise_and_settles(seed):
    result = run_day(draw(seed))
    assert isinstance(result, Result), f"\n{result}"


def test_a_day_without_faults_serves_everybody_who_stays():
    shape = replace(draw(2).plain, faults={})
    result = run_day(shape)
    assert isinstance(result, Result), f"\n{result}"
    counts = result.counts
    assert counts["server deaths"] == counts["commands dropped"] == 0
    assert counts["TicketReserved"] == counts["TicketPrinted"] == counts["visitors"]
    assert counts["TicketCompleted"] + counts["TicketMissed"] == counts["TicketPrinted"]
    assert counts["TicketCompleted"] > 0.7 * counts["visitors"]
    assert counts["ServiceRated"] > 0.2 * counts["visitors"]


def test_every_kind_of_fault_strikes_in_some_of_the_days():
    assert {kind for seed in SEEDS for kind in draw(seed).faults} == set(FaultKind)


def test_on_a_day_with_every_kind_of_fault_each_does_its_harm():
    shape = draw(6, minutes=40)
    habits = replace(shape.habits, abandons=0.1)
    faults = {kind: rate * 2 for kind, rate in USUAL.items()}
    day = Day(replace(shape, habits=habits, faults=faults))
    counts = day.run().counts
    assert set(day.fates.struck) == set(FaultKind)
    assert counts["server deaths"] > 5
    assert counts["commands dropped"] > 0
    assert counts["TicketVoided"] > 0
    assert counts["TicketReleased"] > 0
    assert counts["counted because shown"] > 0
    assert counts["DayOpened"] > 2


def test_a_day_whose_length_is_given_is_the_same_as_one_that_drew_it():
    for seed in SEEDS:
        shape = draw(seed)
        assert draw(seed, float(shape.minutes)) == shape


def test_the_same_seed_gives_the_same_trace_and_another_one_another():
    first, again, other = (Day(draw(seed)).run().trace_hash for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_the_trace_does_not_depend_on_how_python_hashes():
    def trace(hash_seed: str) -> str:
        told = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--seed", "4"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        return told.partition("trace ")[2].split(":")[0]

    assert trace("1") == trace("2") != ""


def test_on_days_with_every_custom_each_newer_rule_is_played():
    played = set()
    for seed in CUSTOMARY:
        counts = Day(draw(seed)).run().counts
        played |= {name for name, count in counts.items() if count}
    assert not NEWER - played


def test_some_days_have_no_customs_and_mean_what_they_meant():
    plain = [shape for shape in map(draw, SEEDS) if shape.plan == shape.plain_plan]
    assert len(plain) >= 3
    for shape in plain:
        assert not (shape.plan.guides)
        assert not (shape.plan.consoles)
        assert not (shape.plan.gateways)
        assert shape.customs.transfers == shape.customs.parks == shape.customs.books == 0
