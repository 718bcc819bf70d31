"""From a card to a keyed hash, and nothing more."""

import hashlib
import hmac
from pathlib import Path

import msgspec
import pytest

from hallserver.client.person import PersonKeyError, person_key, read_hall_key
from hallserver.protocol.commands import ReserveTicket

NUMBER = "11010519491231002X"
KEY = bytes(range(32))


def test_the_key_of_a_person_is_the_first_half_of_an_hmac():
    whole = hmac.new(KEY, NUMBER.encode(), hashlib.sha256).hexdigest()
    assert person_key(NUMBER, KEY) == whole[:32]


def test_the_same_person_is_known_again_and_others_are_not():
    assert person_key(NUMBER, KEY) == person_key(NUMBER.lower(), KEY)
    assert person_key(NUMBER, KEY) != person_key("110105194912310038", KEY)
    assert person_key(NUMBER, KEY) != person_key(NUMBER, bytes(32))


def test_the_wire_takes_it():
    wire = msgspec.json.encode({"type": "ReserveTicket", "service": "a", "person": "0" * 32})
    assert msgspec.json.decode(wire, type=ReserveTicket).person == "0" * 32
    made = msgspec.json.encode(ReserveTicket("a", person_key(NUMBER, KEY)))  # type: ignore[arg-type]
    assert msgspec.json.decode(made, type=ReserveTicket).person == person_key(NUMBER, KEY)


def test_a_key_file_is_a_line_of_hex(tmp_path: Path):
    path = tmp_path / "person.key"
    path.write_text(KEY.hex() + "\n")
    assert read_hall_key(path) == KEY


@pytest.mark.parametrize("text", ["", "00" * 15, "xyz" * 20, "0" * 33, "é" * 40, "00" * 2000 + "!"])
def test_a_file_that_is_no_key_is_refused_without_quoting_it(tmp_path: Path, text: str):
    path = tmp_path / "person.key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PersonKeyError) as caught:
        read_hall_key(path)
    assert text == "" or text not in str(caught.value)


def test_a_missing_key_file_is_named(tmp_path: Path):
    with pytest.raises(PersonKeyError, match=r"no\.key"):
        read_hall_key(tmp_path / "no.key")
