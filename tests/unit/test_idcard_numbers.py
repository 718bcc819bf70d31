"""Check characters of identity numbers, against published samples."""

from datetime import date

import pytest

from devices.idcard.numbers import (
    check_character,
    is_old_foreigner_number,
    is_resident_number,
    parse_day,
)

PUBLISHED = [
    "11010519491231002X",  # the sample in GB 11643 itself
    "932682198501010017",  # permanent residents, form of 2023
    "911124198108030024",
    "931586198001010028",
    "810000199001010019",  # Hong Kong, Taiwan
    "830000199001010012",
]


@pytest.mark.parametrize("number", PUBLISHED)
def test_published_numbers_check(number: str) -> None:
    assert is_resident_number(number)


@pytest.mark.parametrize("number", PUBLISHED)
def test_every_single_wrong_digit_is_caught(number: str) -> None:
    for at, right in enumerate(number):
        for wrong in set("0123456789X") - {right}:
            assert not is_resident_number(number[:at] + wrong + number[at + 1 :])


@pytest.mark.parametrize("number", PUBLISHED)
def test_swapped_neighbours_are_caught(number: str) -> None:
    for at in range(17):
        swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        assert swapped == number or not is_resident_number(swapped)


@pytest.mark.parametrize(
    "number", ["", "1", "11010519491231002x", "１1010519491231002X", "11010519491231002X0"]
)
def test_what_is_no_number_is_refused(number: str) -> None:
    assert not is_resident_number(number)


def test_a_day_that_is_not_in_the_calendar_is_refused_though_the_check_holds() -> None:
    body = "11010519490230002"
    assert not is_resident_number(body + check_character(body))


def test_a_check_character_needs_seventeen_digits() -> None:
    with pytest.raises(ValueError, match="17 digits"):
        check_character("123")


def test_old_foreigner_numbers_have_three_letters_and_twelve_digits() -> None:
    assert is_old_foreigner_number("USA430580010112")
    assert not is_old_foreigner_number("US4430580010112")
    assert not is_old_foreigner_number("USA43058001011")
    assert not is_old_foreigner_number("usa430580010112")


def test_days_are_read_strictly() -> None:
    assert parse_day("20240229") == date(2024, 2, 29)
    for text in ("20230229", "2024022", "2024 229", "２0240229", "00000101", "+2024022"):
        assert parse_day(text) is None
