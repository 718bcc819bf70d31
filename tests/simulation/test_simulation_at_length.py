"""A hundred days, and one whole day of the example hall."""

import pytest

from tests.simulation.day import Result
from tests.simulation.report import run_day
from tests.simulation.shape import draw, example_day

pytestmark = pytest.mark.slow

FIRST_SEED = 1_000
DAYS = 100
A_TEST = 10


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + DAYS, A_TEST))
def test_ten_days_with_faults_keep_every_promise_and_settle(first):
    for seed in range(first, first + A_TEST):
        result = run_day(draw(seed))
        assert isinstance(result, Result), f"\n{result}"


def test_a_whole_day_of_the_example_hall_keeps_every_promise_and_settles():
    shape = example_day(1)
    result = run_day(shape, is_reduced=False)
    assert isinstance(result, Result), f"\n{result}"
    assert sum(not counter.rules.is_back_office for counter in shape.plan.counters) == 92
    assert result.counts["visitors"] >= 3_000
    assert result.counts["TicketCompleted"] > 2_500
    assert result.counts["server deaths"] > 0
