"""Whatever is done to a hall file: it loads, or each slip is named where it stands."""

import re
from dataclasses import dataclass

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hallserver.config import ConfigError, parse_plan
from hallserver.config.checks import REFERENCES
from hallserver.config.fields import REQUIRED
from hallserver.config.tables import TABLES
from tests.helpers.hall_files import EXAMPLE, FULL_HALL, mistakes_of

LINES = EXAMPLE.read_text(encoding="utf-8").splitlines()
REQUIRED_KEYS = {
    (table.key, field.key)
    for table in TABLES
    for field in table.fields
    if field.default is REQUIRED
}
KNOWN_KEYS = {field.key for table in TABLES for field in table.fields}
REFERENCE_KEYS = {(table, key) for table, key, _ in REFERENCES}


@dataclass(frozen=True)
class KeyLine:
    """A line `key = …` of the example: where it is, and where its block begins (both from 1)."""

    line: int
    head_line: int
    table: str
    block: str
    key: str


def key_lines():
    counts, found, head_line, table, block = {}, [], 0, "", ""
    for line, text in enumerate(LINES, 1):
        if match := re.match(r"(\[+)(\w+)\]", text):
            table, head_line = match[2], line
            counts[table] = counts.get(table, 0) + 1
            block = f"{table}[{counts[table]}]" if match[1] == "[[" else table
        elif match := re.match(r"(\w+) = .*[^\[]$", text):
            found.append(KeyLine(line, head_line, table, block, match[1]))
    return found


KEY_LINES = key_lines()
QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
words = st.from_regex(r"[a-z]{1,12}", fullmatch=True)


def with_line(line, *instead):
    return "\n".join([*LINES[: line - 1], *instead, *LINES[line:]]) + "\n"


def test_the_example_offers_lines_of_every_table_but_clerks():
    assert {each.table for each in KEY_LINES} == {table.key for table in TABLES} - {"clerk"}


@QUICK
@given(st.sampled_from([each for each in KEY_LINES if (each.table, each.key) in REQUIRED_KEYS]))
def test_a_dropped_key_is_missed_at_the_head_of_its_block(at):
    found = {(each.place, each.line) for each in mistakes_of(with_line(at.line))}
    assert (f"{at.block}.{at.key}", at.head_line) in found


@QUICK
@given(st.sampled_from(KEY_LINES), words)
def test_a_renamed_key_is_named_at_its_line(at, word):
    assume(word not in KNOWN_KEYS)
    text = with_line(at.line, LINES[at.line - 1].replace(at.key, word, 1))
    found = {(each.place, each.line, each.text) for each in mistakes_of(text)}
    assert (f"{at.block}.{word}", at.line, "is not a known key") in found


@QUICK
@given(
    st.sampled_from([each for each in KEY_LINES if (each.table, each.key) in REFERENCE_KEYS]), words
)
def test_a_changed_reference_is_named_at_its_line(at, word):
    reference = f"zz-{word}"
    text = with_line(at.line, re.sub(r'"[\w-]+"', f'"{reference}"', LINES[at.line - 1], count=1))
    found = [each for each in mistakes_of(text) if each.line == at.line]
    assert any(
        each.place.startswith(f"{at.block}.{at.key}")
        and each.text.startswith("there is no ")
        and reference in each.text
        for each in found
    )


@QUICK
@given(st.sets(st.sampled_from(KEY_LINES), min_size=2, max_size=12))
def test_many_slips_at_once_are_all_named(slips):
    lines = list(LINES)
    for at in slips:
        lines[at.line - 1] = f"zz{lines[at.line - 1]}"
    found = {(each.place, each.line) for each in mistakes_of("\n".join(lines))}
    assert {(f"{at.block}.zz{at.key}", at.line) for at in slips} <= found


def check_outcome(data):
    """A plan, or mistakes with places and lines within the file; nothing else may come out."""
    mistakes = ()
    try:
        assert parse_plan(data).counters
    except ConfigError as error:
        mistakes = error.mistakes or (None,)
    for mistake in mistakes:
        assert mistake.place
        assert mistake.text
        assert mistake.line is None or 1 <= mistake.line <= data.count(b"\n") + 1


FULL_LINES = FULL_HALL.splitlines()
SCALARS = ("true", "nan", "inf", "2026-11-23", "04:30:00", "2026-11-23T04:30:00Z", "''")
NESTED = ("[]", "{}", "[[]]", "[{}]", '[["a"]]', "{ zh = 1 }", '{ id = "a" }', '[1, "1", true]')
VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:e}"),
    st.sampled_from((*SCALARS, *NESTED, '"\\u0000"')),
    st.text(st.characters(exclude_characters="'\n", exclude_categories=["Cs", "Cc"])).map(
        lambda text: f"'{text}'"
    ),
)


@settings(QUICK, max_examples=400)
@given(st.sampled_from([n for n, text in enumerate(FULL_LINES) if " = " in text]), VALUES)
def test_any_value_at_any_key_is_taken_or_named(line, value):
    lines = list(FULL_LINES)
    lines[line] = f"{lines[line].partition(' = ')[0]} = {value}"
    check_outcome("\n".join(lines).encode())


@settings(QUICK, max_examples=400)
@given(st.sampled_from([table.key for table in TABLES]), VALUES)
def test_any_value_in_place_of_a_table_is_taken_or_named(table, value):
    rest = re.sub(rf"^\[\[?{table}\]\]?\n", "[other]\n", FULL_HALL, count=1, flags=re.MULTILINE)
    check_outcome(f"{table} = {value}\n{rest}".encode())


@settings(QUICK, max_examples=400)
@given(st.integers(0, len(FULL_HALL)), st.integers(0, 40), st.text(max_size=8))
def test_any_cut_and_any_insertion_is_taken_or_named(start, length, inserted):
    text = FULL_HALL[:start] + inserted + FULL_HALL[start + length :]
    check_outcome(text.encode("utf-8", "surrogatepass"))


@settings(QUICK, max_examples=400)
@given(st.binary(max_size=200))
def test_any_bytes_are_named_as_what_they_are(data):
    check_outcome(data)
