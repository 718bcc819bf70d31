"""There is always a place between two, and never the same twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallserver.domain.place import at_end, between

places = st.lists(st.integers(-3, 3), min_size=1, max_size=4).map(tuple)


@given(places, places, st.integers(1, 9))
def test_between_two_places_lies_another(one, another, seq):
    if one == another:
        with pytest.raises(ValueError, match="is not ahead of"):
            between(one, another, seq)
        return
    before, after = sorted((one, another))
    made = between(before, after, seq)
    assert before < made < after
    assert made[-1] == seq
    with pytest.raises(ValueError, match="is not ahead of"):
        between(after, before, seq)


@given(places, st.integers(1, 9))
def test_at_the_head_of_a_line_is_a_place_ahead_of_its_first(after, seq):
    assert between(None, after, seq) < after


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_however_people_are_put_between_each_other_the_line_is_as_they_were_put(where):
    line: list[tuple[int, ...]] = []
    wanted: list[tuple[int, ...]] = []
    for seq, wish in enumerate(where, 1):
        index = min(wish, len(wanted))
        if index == len(wanted):
            place = at_end(seq)
        else:
            place = between(wanted[index - 1] if index else None, wanted[index], seq)
        wanted.insert(index, place)
        line.append(place)
    assert sorted(line) == wanted
    assert len(set(line)) == len(line)


@pytest.mark.parametrize(
    ("before", "after", "made"),
    [
        (None, (7,), (6, 9)),
        (None, (7, 2), (6, 9)),
        ((7,), (8,), (7, 0, 9)),
        ((7, 3), (8,), (7, 4, 9)),
        ((7, 3, 1), (8,), (7, 4, 9)),
        ((7,), (7, 3), (7, 2, 9)),
        ((7, 1), (7, 3), (7, 1, 0, 9)),
    ],
)
def test_places_are_made_as_short_as_they_can_be(before, after, made):
    assert between(before, after, 9) == made
