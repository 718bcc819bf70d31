import pytest

from hallserver.config import ConfigUnreadableError, load_plan, parse_plan
from hallserver.config.tables import TABLES
from tests.helpers.hall_files import SMALL_HALL, line_with, mistakes_of


def only_mistake(text):
    mistakes = mistakes_of(text)
    assert len(mistakes) == 1, mistakes
    return mistakes[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[hall]\nid = \n", 2),
        ("[hall]\nid = 1\nid = 2\n", 3),
        ("[hall\n", 1),
        ('[hall]\n\nid = "x', 3),
        ("[hall]\n[hall]\n", 2),
    ],
)
def test_a_slip_in_the_syntax_is_named_with_its_line(text, line):
    mistake = only_mistake(text)
    assert mistake.line == line
    assert "is not valid TOML: " in mistake.text
    assert "(at " not in mistake.text


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a = " + "[" * 9000 + "]" * 9000])
def test_values_beyond_any_bound_are_a_mistake_and_not_a_crash(text):
    assert "too" in only_mistake(text).text


def test_an_empty_file_lacks_every_required_table():
    assert {each.place for each in mistakes_of("")} == {
        each.key for each in TABLES if each.is_required
    }


def test_a_file_that_notepad_wrote_is_read():
    notepad = b"\xef\xbb\xbf" + SMALL_HALL.replace("\n", "\r\n").encode()
    assert parse_plan(notepad) == parse_plan(SMALL_HALL.encode())


def test_a_file_in_another_encoding_says_so_with_the_line():
    with pytest.raises(ConfigUnreadableError) as caught:
        parse_plan(SMALL_HALL.encode("gb18030"), "hall.toml")
    (mistake,) = caught.value.mistakes
    assert mistake.place == "hall.toml"
    assert mistake.line == line_with(SMALL_HALL, "小大厅")
    assert "UTF-8" in mistake.hint


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(ConfigUnreadableError, match="larger than"):
        parse_plan(b"#" * 1_048_577)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ConfigUnreadableError, match="No such file"):
        load_plan(tmp_path / "none.toml")
    with pytest.raises(ConfigUnreadableError, match="Is a directory"):
        load_plan(tmp_path)
