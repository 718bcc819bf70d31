"""Every value of any TOML text is found in the line where it stands."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.config.lines import index_lines

# A `@` becomes a marker of its own, so that the text itself tells in which line it stands.
TRICKY = (
    '"""[x]\n\\"" y = 1\n"" """',
    "'''\n'' ] = \n'''''",
    '"# no comment \\" ]"',
    "'\\'",
    "1979-05-27 07:32:00",
    "-1_000.5e-3",
    "0xFF",
    "true",
    "[]",
    "{}",
)
MARKER = '"@"'
KEYS = st.sampled_from(["a", "b-c", '"x.y"', "'='", '"\\u0041 ]"', "9", "deep . er", "a.'b'.c"])
BREAKS = st.sampled_from(["", " ", "\n", " # ] , = '\n  ", "\n\n"])


def array(items_and_breaks):
    return "[" + "".join(f"{gap}{item}{gap}," for item, gap in items_and_breaks) + "]"


def inline_table(items):
    return "{ " + ", ".join(f"k{n} = {item}" for n, item in enumerate(items)) + " }"


VALUES = st.recursive(
    st.one_of(st.just(MARKER), st.sampled_from(TRICKY)),
    lambda inner: st.one_of(
        st.lists(st.tuples(inner, BREAKS), max_size=4).map(array),
        st.lists(inner, max_size=3).map(inline_table),
    ),
    max_leaves=12,
)
HEADS = st.sampled_from(["[[t]]", "[[ t . u ]]", "[t.v{n}]", "['s{n}'.\"w\"]", "# note"])
BLOCKS = st.tuples(HEADS, st.lists(st.tuples(KEYS, VALUES), max_size=3, unique_by=lambda x: x[0]))


def spell(blocks):
    """Write blocks as TOML. Keys are numbered, so that none repeats."""
    text = "[[t]]\n"
    for n, (head, pairs) in enumerate(blocks):
        text += head.replace("{n}", str(n)) + "\n"
        for m, (key, value) in enumerate(pairs):
            text += f"  n{n}m{m}.{key} = {value} # end\n"
    parts = text.split("@")
    return "".join(f"{part}@{n}@" for n, part in enumerate(parts[:-1])) + parts[-1]


def markers(value, place=()):
    if isinstance(value, str) and value.startswith("@"):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from markers(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from markers(inner, (*place, number))


@settings(max_examples=300, deadline=None)
@given(st.lists(BLOCKS, max_size=5))
def test_every_value_is_found_in_its_line(blocks):
    text = spell(blocks)
    root = tomllib.loads(text)
    lines = index_lines(text)
    for place, marker in markers(root):
        assert lines.line_of(place) == text[: text.index(f'"{marker}"')].count("\n") + 1, place
