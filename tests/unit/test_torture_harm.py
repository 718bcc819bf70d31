"""The torture's plan is drawn from its seed, exactly as large as asked for."""

from collections import Counter as Tally

import pytest

from hallserver.torture.harm import (
    MAX_ABSENCE_S,
    MAX_KILLS_AT_ONCE,
    MAX_WORK_S,
    Counts,
    Store,
    Target,
    corrupted,
    draw_harms,
)


@pytest.mark.parametrize(
    "counts",
    [
        Counts(250, 75, 15),
        Counts(0, 0, 0),
        Counts(1, 0, 0),
        Counts(0, 9, 0),
        Counts(2, 40, 1),
        Counts(7, 0, 3),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_plan_has_exactly_the_kills_that_were_asked_for(counts: Counts, seed: int) -> None:
    harms = draw_harms(counts, seed)
    assert sum(harm.server_kills for harm in harms) == counts.server
    assert sum(harm.broker_kills for harm in harms) == counts.broker
    assert sum(harm.target is Target.CLIENT for harm in harms) == counts.client
    for harm in harms:
        assert 0 <= harm.after_s <= MAX_WORK_S
        assert 1 + len(harm.again_after_s) <= MAX_KILLS_AT_ONCE
        assert harm.target is Target.STANDSTILL or 0 <= harm.absence_s <= MAX_ABSENCE_S


def test_the_same_seed_draws_the_same_plan_and_another_one_another() -> None:
    counts = Counts(30, 10, 5)
    assert draw_harms(counts, 1) == draw_harms(counts, 1)
    assert draw_harms(counts, 1) != draw_harms(counts, 2)


def test_a_long_plan_has_every_kind_of_harm_and_every_fate_of_a_store() -> None:
    harms = draw_harms(Counts(250, 75, 15), 7)
    assert {harm.target for harm in harms} == set(Target)
    fates = Tally(harm.store for harm in harms if harm.broker_kills)
    assert max(fates.values()) - min(fates.values()) <= 2
    assert set(fates) == set(Store)
    assert any(harm.again_after_s for harm in harms)
    assert {harm.saves for harm in harms if harm.broker_kills} == {False, True}


def test_a_corrupted_store_is_another_one_and_never_longer() -> None:
    whole = bytes(range(256)) * 40
    harmed = [corrupted(whole, draw) for draw in range(200)]
    assert whole not in harmed
    assert max(map(len, harmed)) == len(whole)
    assert any(len(each) < len(whole) for each in harmed)
    assert corrupted(whole, 3) == corrupted(whole, 3)
    assert corrupted(b"", 3) != b""
