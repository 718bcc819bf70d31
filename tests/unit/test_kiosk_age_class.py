"""Who is old enough for a class of the hall is known at the reader, and nowhere is an age kept."""

import dataclasses
from datetime import date, datetime
from typing import get_args, get_type_hints

import pytest
from msgspec import structs

from hallserver.protocol.commands import ReserveTicket
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import BusinessDay, Epoch, PriorityId
from hallserver.protocol.snapshots import Catalog, CatalogPriority, HallLoad
from kiosk.age_class import age_on, class_by_age
from kiosk.flow import events as ev
from kiosk.flow.effects import Submit
from kiosk.flow.state import KioskState
from tests.helpers.kiosk_visits import ID_CARD, PERSON, commands
from tests.helpers.kiosks import FlowWorld, small_catalog

VETERAN, GREAT_AGE, ELDERLY = map(PriorityId, ("veteran", "great-age", "elderly"))
TODAY = BusinessDay("20261123")


def named(priority: PriorityId, min_age: int | None) -> CatalogPriority:
    return CatalogPriority(priority, Text(priority, priority), min_age)


CATALOG: Catalog = structs.replace(
    small_catalog(),
    priorities=(named(VETERAN, None), named(GREAT_AGE, 80), named(ELDERLY, 65)),
)
LOAD = HallLoad(Epoch(1), 1, {}, day=TODAY)


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(1961, 11, 23), date(2026, 11, 23), 65),
        (date(1961, 11, 24), date(2026, 11, 23), 64),
        (date(2004, 2, 29), date(2026, 2, 28), 21),
        (date(2004, 2, 29), date(2026, 3, 1), 22),
        (date(2004, 2, 29), date(2028, 2, 29), 24),
        (date(2026, 11, 23), date(2026, 11, 23), 0),
    ],
)
def test_an_age_is_counted_in_whole_years(birth: date, day: date, age: int) -> None:
    assert age_on(birth, day) == age


@pytest.mark.parametrize(
    ("birth", "priority"),
    [
        (date(1961, 11, 23), ELDERLY),
        (date(1961, 11, 24), None),
        (date(1946, 11, 23), GREAT_AGE),
        (date(1990, 1, 1), None),
    ],
)
def test_the_highest_class_that_an_age_gives_is_found(
    birth: date, priority: PriorityId | None
) -> None:
    assert class_by_age(birth, CATALOG, LOAD) == priority


def test_nobody_has_a_class_before_the_hall_has_told_its_day_and_its_classes() -> None:
    birth = date(1930, 1, 1)
    assert class_by_age(birth, None, LOAD) is None
    assert class_by_age(birth, CATALOG, None) is None
    assert class_by_age(birth, CATALOG, structs.replace(LOAD, day=None)) is None
    assert class_by_age(birth, small_catalog(), LOAD) is None


def test_the_class_goes_into_the_command_and_is_gone_from_the_kiosk() -> None:
    world = FlowWorld()
    world.happens(ev.CardRead(PERSON, ELDERLY))
    effects = world.happens(ev.ServiceTouched(ID_CARD))
    assert commands(effects) == [ReserveTicket(ID_CARD, PERSON, priority=ELDERLY)]
    assert (world.state.person, world.state.priority) == (None, None)


def test_the_next_card_brings_its_own_class_or_none() -> None:
    world = FlowWorld()
    world.happens(ev.CardRead(PERSON, ELDERLY), ev.CardRead(PERSON))
    assert world.state.priority is None


@pytest.mark.parametrize("leaving", [ev.ForgetCardTouched(), ev.HomeTouched()])
def test_the_class_is_forgotten_with_the_card(leaving: ev.Touch) -> None:
    world = FlowWorld()
    world.happens(ev.CardRead(PERSON, ELDERLY), leaving)
    assert world.state.priority is None
    effects = world.happens(ev.ServiceTouched(ID_CARD))
    assert commands(effects) == [ReserveTicket(ID_CARD)]


def test_a_class_is_in_no_text_that_could_be_logged() -> None:
    world = FlowWorld()
    world.happens(ev.CardRead(PERSON, ELDERLY))
    assert ELDERLY not in repr(ev.CardRead(PERSON, ELDERLY))
    assert ELDERLY not in repr(dataclasses.replace(world.state, catalog=None))


def test_neither_what_a_reader_tells_nor_what_a_kiosk_keeps_has_room_for_a_birth() -> None:
    for kind in (ev.CardRead, KioskState, Submit, ReserveTicket):
        for hint in get_type_hints(kind).values():
            assert not {date, datetime} & {hint, *get_args(hint)}, kind
    read = {field.name for field in dataclasses.fields(ev.CardRead)}
    assert read == {"person", "priority"}
