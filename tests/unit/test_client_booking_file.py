"""A file of bookings: each row is a wish or a mistake, and no ID number comes out of it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallserver.client.booking_file import (
    MAX_FIELD_CHARS,
    BadRow,
    BookingFileError,
    Wish,
    read_bookings,
)
from hallserver.client.person import person_key
from hallserver.protocol.commands import BookAppointment

KEY = b"hall" * 8
PERSON = "0123456789abcdef" * 2
ID_NUMBER = "11010519491231002X"
"""The example of the standard itself, GB 11643."""
HEAD = "service,day,slot,person_key\n"
BY_NUMBER = "service,day,slot,id_number\n"
ROW = f"passport,20261125,09:30,{PERSON}\n"


def read(text: str, key: bytes | None = KEY) -> list[Wish | BadRow]:
    return list(read_bookings(io.StringIO(text, newline=""), key))


def test_a_row_is_what_it_asks_for() -> None:
    [wish] = read(HEAD + ROW)
    assert isinstance(wish, Wish)
    assert wish.line == 2
    assert wish.command == BookAppointment("passport", "20261125", "09:30", PERSON)


def test_columns_may_stand_in_any_order_beside_others_and_blanks_and_forms_do_not_count() -> None:
    text = (
        f"name,slot,person_key,day,service\nsomebody, 9:30 ,{PERSON.upper()},2026-11-25,passport\n"
    )
    [wish] = read(text)
    [plain] = read(HEAD + ROW)
    assert isinstance(wish, Wish)
    assert isinstance(plain, Wish)
    assert (wish.command, wish.command_id) == (plain.command, plain.command_id)


@pytest.mark.parametrize("number", [ID_NUMBER, ID_NUMBER.lower(), "FRA123456789012"])
def test_an_id_number_is_hashed_as_a_kiosk_hashes_the_card(number: str) -> None:
    [wish] = read(f"{BY_NUMBER}passport,20261125,09:30,{number}\n")
    assert isinstance(wish, Wish)
    assert wish.command.person == person_key(number.upper(), KEY)
    assert number not in repr(wish)


@pytest.mark.parametrize(
    "number", ["110105194912310021", "11010519491231002", "1101051949123100２X", "somebody", ""]
)
def test_what_no_card_has_is_a_mistake_that_quotes_nothing(number: str) -> None:
    [row] = read(f"{BY_NUMBER}passport,20261125,09:30,{number}\n")
    assert row == BadRow(2, "id_number: this is none")


@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True), st.integers(0, 16))
def test_every_wrong_digit_is_caught(number: str, at: int) -> None:
    """At most one last character is right, and with it no other digit can be changed alone."""

    def is_taken(text: str) -> bool:
        [row] = read(f"{BY_NUMBER}passport,20261125,09:30,{text}\n")
        return isinstance(row, Wish)

    right = [number[:-1] + last for last in "0123456789X" if is_taken(number[:-1] + last)]
    assert len(right) == 1
    wrong = right[0][:at] + str((int(right[0][at]) + 1) % 10) + right[0][at + 1 :]
    assert not is_taken(wrong)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (f"passport,20261125,0930,{PERSON}", "slot: expected HH:MM"),
        (f"passport,20261125,24:00,{PERSON}", "slot: expected HH:MM"),
        (f"passport,25.11.2026,09:30,{PERSON}", "day: expected YYYYMMDD"),
        (
            f"\ud800,20261125,09:30,{PERSON}",
            "service: expected the id of a service, as in the hall file",
        ),
        (f",20261125,09:30,{PERSON}", "service: expected the id of a service, as in the hall file"),
        (
            f"{'s' * 65},20261125,09:30,{PERSON}",
            "service: expected the id of a service, as in the hall file",
        ),
        (f"passport,20261125,09:30,{PERSON}0", "person_key: this is none"),
        ("passport,20261125,09:30", "it has not as many fields as the first line"),
        (f"passport,20261125,09:30,{PERSON},x", "it has not as many fields as the first line"),
        (
            f"{'s' * (MAX_FIELD_CHARS + 1)},20261125,09:30,{PERSON}",
            f"a field is longer than {MAX_FIELD_CHARS} characters",
        ),
    ],
)
def test_each_bad_row_says_what_is_wrong_and_the_others_go_on(row: str, why: str) -> None:
    first, second = read(f"{HEAD}{row}\n{ROW}")
    assert first == BadRow(2, why)
    assert isinstance(second, Wish)
    assert second.line == 3


def test_the_same_row_has_the_same_id_in_every_file_and_another_has_another() -> None:
    [first] = read(HEAD + ROW)
    _, again, other = read(f"{HEAD}x,20261125,09:30,{PERSON}\n{ROW}{ROW.replace('09', '10')}")
    assert isinstance(first, Wish)
    assert isinstance(again, Wish)
    assert isinstance(other, Wish)
    assert first.command_id == again.command_id != other.command_id


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "lacks: service, day, slot"),
        ("service,day,person_key\n", "lacks: slot"),
        ("service,day,slot\n", "one of person_key and id_number"),
        ("service,day,slot,person_key,id_number\n", "one of person_key and id_number"),
        ("service,day,slot,slot,person_key\n", "twice"),
        (f'{HEAD}"passport,20261125,09:30,{PERSON}\n', "not CSV"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused(text: str, why: str) -> None:
    with pytest.raises(BookingFileError, match=why):
        read(text)


def test_without_the_halls_key_no_id_number_is_read() -> None:
    with pytest.raises(BookingFileError, match="--person-key-file"):
        read(BY_NUMBER, key=None)
    assert isinstance(read(HEAD + ROW, key=None)[0], Wish)


def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hallserver.client.booking_file.MAX_ROWS", 2)
    with pytest.raises(BookingFileError, match="divide"):
        read(HEAD + ROW * 3)


@given(st.text(max_size=200))
def test_whatever_stands_in_a_file_it_is_read_or_refused(text: str) -> None:
    try:
        rows = read(HEAD + text)
    except BookingFileError:
        return
    assert all(isinstance(row, Wish | BadRow) for row in rows)
