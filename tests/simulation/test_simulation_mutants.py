"""A simulation that finds nothing is worth something only if it finds harm that is there.

Each mutant is the product with one faulty part; within a few days one of the invariants that it
must break is broken. What a failure says is tested with them.
"""

from dataclasses import replace

import pytest

from tests.simulation.day import Day
from tests.simulation.mutants import MUTANTS, CallsTwice, VoidsWhatPrinted
from tests.simulation.parts import PRODUCT
from tests.simulation.report import Failure, run_day
from tests.simulation.shape import USUAL, FaultKind, draw
from tests.simulation.world import SHOWN_LINES, BrokenError, Harm

WITHIN_SEEDS = 12


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_harm_is_found_within_a_few_days(mutant):
    found = []
    for seed in range(mutant.first_seed, mutant.first_seed + WITHIN_SEEDS):
        try:
            Day(draw(seed), mutant.parts).run()
        except BrokenError as broken:
            found.append(broken.what)
            if broken.what in mutant.breaks:
                return
    pytest.fail(f"{mutant.name}: found only {found}")


def test_a_failure_says_all_that_it_takes_to_see_it_again():
    shape = draw(1)
    failure = run_day(shape, replace(PRODUCT, hall=CallsTwice))
    assert isinstance(failure, Failure)
    assert failure.what == "nobody is called twice"
    assert failure.harm is Harm.SAFETY
    assert 0 < len(failure.lines) <= SHOWN_LINES
    assert failure.needed == ()
    assert failure.command == (
        f"jiaohao simulate --profile small --seeds 1 --days 1 --minutes {shape.minutes:g}"
        " --faults none --trace"
    )
    for part in (failure.what, failure.command, "needed: no fault at all", failure.lines[-1]):
        assert part in str(failure)


def test_the_reduction_leaves_only_the_faults_that_are_needed():
    kinds = (FaultKind.KIOSK_KILL, FaultKind.LINK_CUT, FaultKind.SERVER_KILL, FaultKind.CLOCK)
    faults = {kind: USUAL[kind] for kind in kinds}
    parts = replace(PRODUCT, spool=VoidsWhatPrinted)
    lived = (run_day(replace(draw(seed), faults=faults), parts) for seed in range(1, 20))
    failure = next(result for result in lived if isinstance(result, Failure))
    assert failure.what == "nothing is voided that somebody holds"
    assert failure.needed == (FaultKind.KIOSK_KILL,)
    assert "--faults kiosk-kill" in failure.command
