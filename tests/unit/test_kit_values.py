"""A frozen value is replaced by one with other fields, as the standard library does it."""

import dataclasses

import pytest

from kiosk.flow.pages import Home, Reserving
from kiosk.flow.state import KioskState
from ui.callscreen.flow import State
from ui.kit.values import replace


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (KioskState(), {"now_s": 3.0, "page": Home()}),
        (KioskState(), {}),
        (State((), 12), {"clock": "09:41"}),
        (Reserving(1, "a"), {"tag": 2}),
    ],
)
def test_it_makes_what_the_standard_library_makes(value, changes):
    before = dataclasses.asdict(value)
    made = replace(value, **changes)
    expected = dataclasses.replace(value, **changes)
    assert made == expected
    assert dataclasses.asdict(value) == before


def test_a_name_that_is_no_field_is_refused():
    with pytest.raises(TypeError, match="KioskState has no"):
        replace(KioskState(), pgae=Home())


def test_what_is_made_is_as_frozen_as_before():
    made = replace(KioskState(), now_s=1.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.now_s = 2.0
