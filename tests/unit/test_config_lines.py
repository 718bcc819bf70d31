import pytest

from hallserver.config.lines import index_lines

FILE = '''\
# a comment with [brackets] = and "quotes"
top = 1
"quoted key" . sub = 'x'   # dotted

[table]
text = """
[not.a.table]
key = "no"
"""
after = 2

[[row]]
id = 1
list = [
  "a", # ]
  "]",
  [ "b",
    "c" ],
]

[row.sub]
deep.er = true

[[row]]
pair = { zh = "}", en = ", x = 1" }
[[row.inner]]
z = 1
[[row.inner]]
z = 2
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("top",), 2),
        (("quoted key",), 3),
        (("quoted key", "sub"), 3),
        (("table",), 5),
        (("table", "text"), 6),
        (("table", "after"), 10),
        (("row",), 12),
        (("row", 0), 12),
        (("row", 0, "id"), 13),
        (("row", 0, "list"), 14),
        (("row", 0, "list", 0), 15),
        (("row", 0, "list", 1), 16),
        (("row", 0, "list", 2, 0), 17),
        (("row", 0, "list", 2, 1), 18),
        (("row", 0, "sub"), 21),
        (("row", 0, "sub", "deep", "er"), 22),
        (("row", 1), 24),
        (("row", 1, "pair", "en"), 25),
        (("row", 1, "inner", 0, "z"), 27),
        (("row", 1, "inner", 1), 28),
        (("row", 1, "inner", 1, "z"), 29),
    ],
)
def test_every_place_has_its_line(place, line):
    assert index_lines(FILE).line_of(place) == line


def test_a_missing_key_stands_where_its_table_begins():
    lines = index_lines(FILE)
    assert lines.line_of(("row", 1, "missing")) == 24
    assert lines.line_of(("missing",)) is None


def test_windows_line_ends_count_once():
    assert index_lines(FILE.replace("\n", "\r\n")).line_of(("row", 1, "inner", 1, "z")) == 29
