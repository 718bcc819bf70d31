import re

import pytest

from hallserver.config import ConfigError, Mistake, parse_plan
from hallserver.config.checks import REFERENCES, UNIQUE
from hallserver.config.fields import REQUIRED
from hallserver.config.tables import TABLES
from hallserver.domain.plan import Rules, Text
from tests.helpers.hall_files import FULL_HALL, SMALL_HALL, changed, line_with, mistakes_of


def only_mistake(text):
    mistakes = mistakes_of(text)
    assert len(mistakes) == 1, mistakes
    return mistakes[0]


def test_a_right_file_becomes_a_plan_and_what_it_leaves_out_follows():
    plan = parse_plan(SMALL_HALL.encode())
    assert plan.id == "small"
    assert plan.title == Text("小大厅", "Small hall")
    assert plan.rules == Rules("Asia/Shanghai", business_day_starts=4 * 60 + 30)
    assert [(each.start, each.width) for each in plan.services] == [(1, 3), (101, 4)]
    assert [each.floor for each in plan.counters] == [1, 3, 1]
    assert [each.label.zh for each in plan.counters] == ["1号窗口", "2号窗口", "综合窗口"]
    assert [each.is_comprehensive for each in plan.counters] == [False, False, True]
    assert plan.clerks[0].staff_number == "0007"
    assert plan.kiosks[0].floor == 2
    assert plan.callscreens[0].floor == 1
    assert plan.callscreens[0].zones == ("ground", "upper")


WRONG_VALUES = [
    # what is changed, into what, the place, part of the text, part of the hint
    ('id = "small"', 'id = "Small"', "hall.id", "is not an id", None),
    ('id = "small"', 'id = ""', "hall.id", "is not an id", None),
    ('id = "small"', f'id = "{"a" * 33}"', "hall.id", "is not an id", None),
    ('id = "small"', "id = 7", "hall.id", "must be text, but is a whole number", "quotes"),
    ('"小大厅"', '" "', "hall.title.zh", "is empty", None),
    ('"小大厅"', '"小大厅 "', "hall.title.zh", "space", "remove"),
    ('"小大厅"', '"小\\n厅"', "hall.title.zh", "cannot be shown", None),
    ('"小大厅"', f'"{"厅" * 61}"', "hall.title.zh", "61 characters", None),
    ('{ zh = "小大厅", en = "Small hall" }', '"厅"', "hall.title", "a table", "{ zh ="),
    ('{ zh = "小大厅", en = "Small hall" }', '{ zh = "厅" }', "hall.title.en", "missing", None),
    ("Asia/Shanghai", "Asia/Shangai", "rules.timezone", "time zone", '"Asia/Shanghai"'),
    ("Asia/Shanghai", "Asia", "rules.timezone", "time zone", None),
    ("Asia/Shanghai", "../etc/passwd", "rules.timezone", "time zone", None),
    ("Asia/Shanghai", "\\u0000", "rules.timezone", "time zone", None),
    ('"Asia/Shanghai"', "8", "rules.timezone", "must be text", "quotes"),
    ('"04:30"', '"24:00"', "rules.business_day_starts", "time of day", '"04:00"'),
    ('"04:30"', '"4:30"', "rules.business_day_starts", "time of day", '"04:00"'),
    ('"04:30"', "04:30:00", "rules.business_day_starts", "a time", "quotes"),
    ('"04:30"', '"04:30"\nrecall_limit = 11', "rules.recall_limit", "between 0 and 10", None),
    ('"04:30"', '"04:30"\nrecall_limit = true', "rules.recall_limit", "true or false", None),
    ('"04:30"', '"04:30"\nrecall_limit = "3"', "rules.recall_limit", "text", "without quotes"),
    ('"04:30"', '"04:30"\nrecall_limit = 3.0', "rules.recall_limit", "point", None),
    ('"04:30"', '"04:30"\ncall_timeout_s = 9', "rules.call_timeout_s", "9 is not", None),
    ("floor = 1", "floor = 0", "zone[1].floor", "between 1 and 99", None),
    ("floor = 1", "floor = 2026-01-01", "zone[1].floor", "a date", None),
    ('prefix = "A"', 'prefix = "a"', "service[1].prefix", "is not a prefix", None),
    ('prefix = "A"', 'prefix = "ABC"', "service[1].prefix", "is not a prefix", None),
    ('prefix = "A"', 'prefix = "甲"', "service[1].prefix", "is not a prefix", None),
    ('initials = "hz"', 'initials = "HZ"', "service[1].initials", "small letters", None),
    ("width = 4", "width = 1", "service[2].width", "between 2 and 5", None),
    ("width = 4", "width = 2", "service[2].width", "fewer than 100 numbers", "more digits"),
    ("start = 101", "start = 9950", "service[2].width", "fewer than 100 numbers", "more digits"),
    ("start = 101", "start = 0", "service[2].start", "between 1 and 99999", None),
    ("id = 7", "id = 1000", "counter[3].id", "between 1 and 999", None),
    ("id = 7", 'id = "7"', "counter[3].id", "a whole number", "without quotes"),
    ('services = ["passport"]', "services = []", "counter[1].services", "is empty", None),
    ('services = ["passport"]', 'services = "passport"', "counter[1].services", "list", "bracket"),
    ('services = ["passport"]', "services = [[]]", "counter[1].services[1]", "a list", None),
    (
        'services = ["passport"]',
        'services = ["passport", "passport"]',
        "counter[1].services[2]",
        "already number 1",
        None,
    ),
    ("comprehensive = true", "comprehensive = 1", "counter[3].comprehensive", "true or", None),
    ("kiosk-01", "terminal-01", "kiosk[1].id", '"kiosk-01"', None),
    ("callscreen-01", "screen-01", "callscreen[1].id", '"callscreen-01"', None),
    ('"li.ming"', '"L"', "clerk[1].id", "an account", None),
    ('"0007"', '"七"', "clerk[1].staff_number", "a staff number", None),
    ("scrypt$16384", "md5$16384", "clerk[1].password_hash", "scrypt$n", "hash-password"),
    ("scrypt$16384", "scrypt$1024", "clerk[1].password_hash", "too cheap", "hash-password"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "text", "hint"),
    WRONG_VALUES,
    ids=[f"{place} {new[:24]!r}" for _, new, place, _, _ in WRONG_VALUES],
)
def test_a_wrong_value_is_named_with_its_place_and_line(old, new, place, text, hint):
    file = changed(old, new)
    by_place = {each.place: each for each in mistakes_of(file)}
    mistake = by_place[place]
    assert text in mistake.text
    assert hint is None or hint in mistake.hint
    key = place.rpartition(".")[2].partition("[")[0]
    assert (
        file.splitlines()[mistake.line - 1]
        .lstrip()
        .startswith(
            (f"{key} =", "title =")  # the two halves of a title stand in its line
        )
    )


RELATIONS = [
    ('zone = "ground"\nprefix', 'zone = "groud"\nprefix', "service[1].zone", "no zone", '"ground"'),
    ('zone = "ground"\nprefix', 'zone = "一楼"\nprefix', "service[1].zone", "no zone", '"ground"'),
    (
        'services = ["invoice"]',
        'services = ["invoice", "pasport"]',
        "counter[2].services[2]",
        'no service "pasport"',
        '"passport"',
    ),
    (
        'zone = "upper"\nplace',
        'zone = "xyz"\nplace',
        "kiosk[1].zone",
        'no zone "xyz"',
        "known here: ground, upper",
    ),
    ('"ground", "upper"]', '"ground", "uper"]', "callscreen[1].zones[2]", "no zone", '"upper"'),
    (
        '"invoice",\n]',
        ']\n[[service]]\nid = "lost"\nname = { zh = "丢", en = "Lost" }\ninitials = "d"\n'
        'department = "tax"\nzone = "upper"\nprefix = "C"',
        "service[3]",
        '"lost": no counter serves',
        None,
    ),
    (
        "[[service]]",
        '[[department]]\nid = "idle"\nname = { zh = "闲", en = "Idle" }\n\n[[service]]',
        "department[3]",
        '"idle": no service belongs',
        None,
    ),
    (
        "[[department]]",
        '[[zone]]\nid = "empty"\nname = { zh = "空", en = "Empty" }\nfloor = 1\n\n[[department]]',
        "zone[3]",
        '"empty": this zone has neither',
        None,
    ),
    (
        'services = ["invoice"]',
        'services = ["invoice", "passport"]',
        "counter[2].services[2]",
        '"passport" belongs to zone "ground"',
        "comprehensive",
    ),
    ('prefix = "A"', 'prefix = "B"\nstart = 101', "service[2].width", "4 differs from 3", "share"),
    ('prefix = "A"', 'prefix = "B"\nwidth = 4', "service[2].start", "101 differs from 1", "share"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "text", "hint"),
    RELATIONS,
    ids=[f"{row[2]} {row[3]}" for row in RELATIONS],
)
def test_what_does_not_agree_is_the_only_mistake_named(old, new, place, text, hint):
    mistake = only_mistake(changed(old, new))
    assert mistake.place == place
    assert text in mistake.text
    assert hint is None or hint in mistake.hint


def test_a_wrong_department_is_named_and_the_one_that_is_left_without_a_service_too():
    wrong, idle = sorted(
        mistakes_of(changed('department = "tax"', 'department = "Tax"')),
        key=lambda each: -each.line,
    )
    assert wrong.place == "service[2].department"
    assert wrong.text == 'there is no department "Tax"'
    assert wrong.hint == 'did you mean "tax"?'
    assert idle.place == "department[2]"


@pytest.mark.parametrize(
    ("prefix", "width", "other", "other_width", "is_clash"),
    [
        ("O", 3, "Q", 3, True),
        ("A", 4, "AI", 3, True),
        ("AB", 3, "A", 4, True),
        ("A", 3, "AI", 3, False),
        ("A", 4, "AC", 3, False),
        ("A", 3, "C", 3, False),
        ("AA", 3, "AC", 3, False),
    ],
)
def test_prefixes_whose_numbers_look_alike_clash(prefix, width, other, other_width, is_clash):
    file = changed('prefix = "A"', f'prefix = "{prefix}"\nwidth = {width}')
    file = changed('prefix = "B"\nstart = 101\nwidth = 4', f'prefix = "{other}"\nstart = 1', file)
    file = changed("start = 1\n", f"start = 1\nwidth = {other_width}\n", file)
    places = [(each.place, each.line) for each in mistakes_of(file)]
    expected = [("service[2].prefix", line_with(file, f'prefix = "{other}"'))]
    assert places == expected * is_clash


DUPLICATES = [
    ("zone", "id", '"upper"', '"ground"'),
    ("zone", "name", '{ zh = "二楼", en = "Upper floor" }', '{ zh = "一楼", en = "Ground floor" }'),
    ("department", "id", '"tax"', '"police"'),
    ("department", "name", '{ zh = "税务局", en = "Tax" }', '{ zh = "公安局", en = "Police" }'),
    ("service", "id", '"invoice"', '"passport"'),
    ("counter", "id", "id = 2", "id = 1"),
    ("clerk", "id", "", ""),
    ("clerk", "staff_number", "", ""),
    ("kiosk", "id", "", ""),
    ("callscreen", "id", "", ""),
    ("priority", "id", "", ""),
    ("priority", "name", "", ""),
    ("policy", "id", "", ""),
    ("schedule", "id", "", ""),
    ("guide", "id", "", ""),
    ("console", "id", "", ""),
    ("gateway", "id", "", ""),
    ("item", "id", "", ""),
    ("item", "name", "", ""),
    ("tidal", "id", "", ""),
]


def block_of(table):
    """The file's first block of that table."""
    return re.findall(rf"^\[\[{table}\]\]\n(?:[^\[\n].*\n)*", FULL_HALL, re.MULTILINE)[0]


def test_every_unique_key_has_its_duplicate_here():
    assert {row[:2] for row in DUPLICATES} == set(UNIQUE)


@pytest.mark.parametrize(("table", "key", "old", "new"), DUPLICATES)
def test_a_duplicate_names_the_first_one(table, key, old, new):
    # Where the full hall has only one of a kind, its block is repeated at the end.
    file = changed(old, new, FULL_HALL) if old else f"{FULL_HALL}\n{block_of(table)}"
    mistakes = [each for each in mistakes_of(file) if "is already" in each.text]
    at = 2 if old else file.count(f"[[{table}]]")
    mistake = next(each for each in mistakes if each.place == f"{table}[{at}].{key}")
    assert f"is already the {key} of {table}[1], line " in mistake.text
    first_line = int(mistake.text.rpartition(" ")[2])
    assert file.splitlines()[first_line - 1].startswith(f"{key} =")
    assert mistake.line > first_line


def required_keys():
    for table in TABLES:
        for each in table.fields:
            if each.default is REQUIRED:
                yield table, each.key


@pytest.mark.parametrize(
    ("table", "key"),
    list(required_keys()),
    ids=[f"{table.key}.{key}" for table, key in required_keys()],
)
def test_each_required_key_is_missed_at_the_head_of_its_block(table, key):
    head = f"[[{table.key}]]" if table.is_list else f"[{table.key}]"
    start = FULL_HALL.index(head)
    file = FULL_HALL[:start] + re.sub(
        rf"^{key} = (\[\n(?: .*\n)*\]|.*(\\\n.*)?)\n", "", FULL_HALL[start:], count=1, flags=re.M
    )
    place = f"{table.key}[1].{key}" if table.is_list else f"{table.key}.{key}"
    found = [each for each in mistakes_of(file) if each.place == place]
    assert [(each.text, each.line) for each in found] == [("is missing", line_with(file, head))]


@pytest.mark.parametrize("table", [each.key for each in TABLES if each.is_required])
def test_a_missing_table_is_one_mistake_and_not_one_for_each_reference(table):
    file = re.sub(
        rf"^\[\[?{table}\]\]?\n(?:(?!\[)[^\n]*\n)*(?:\]\n\n)?", "", FULL_HALL, flags=re.MULTILINE
    )
    mistakes = mistakes_of(file)
    assert Mistake(table, None, "is missing") in mistakes
    assert len(mistakes) <= 3


def test_a_misspelt_key_is_one_mistake_with_the_right_word():
    mistake = only_mistake(changed("initials", "intials"))
    assert mistake == Mistake(
        "service[1].intials",
        line_with(SMALL_HALL, "initials"),
        "is not a known key",
        'did you mean "initials"?',
    )


def test_an_unknown_key_is_named_though_nothing_is_like_it():
    mistake = only_mistake(changed('prefix = "A"', 'prefix = "A"\ncolour = "red"'))
    assert mistake.place == "service[1].colour"
    assert "known here: " in mistake.hint


def test_an_unknown_table_is_named_with_the_right_word():
    file = changed("[[kiosk]]", "[[kiosks]]")
    mistake = only_mistake(file)
    assert mistake.place == "kiosks"
    assert mistake.line == line_with(file, "[[kiosks]]")
    assert mistake.hint == 'did you mean "kiosk"?'


def test_single_and_double_brackets_are_told_apart():
    single = changed("[[kiosk]]", "[kiosk]")
    assert only_mistake(single).hint == "write [[kiosk]]"
    double = changed("[hall]", "[[hall]]")
    assert only_mistake(double).hint == "write [hall]"


def test_an_empty_list_of_blocks_says_how_to_write_one():
    file = "kiosk = []\n" + SMALL_HALL.replace(block_of("kiosk"), "")
    assert only_mistake(file) == Mistake("kiosk", 1, "is empty", "write [[kiosk]]")


def test_many_mistakes_are_all_reported_in_the_order_of_their_lines():
    file = SMALL_HALL
    for old, new in (
        ("Asia/Shanghai", "Mars"),
        ("04:30", "noon"),
        ("floor = 1", 'floor = "one"'),
        ('department = "police"', 'department = "polise"'),
        ('prefix = "A"', 'prefix = "1"'),
        ("width = 4", "width = 4\nheight = 4"),
        ('services = ["invoice"]', 'services = ["invoise", "invoyce"]'),
        ('staff_number = "0007"\n', ""),
        ("place = { zh", "palce = { zh"),
    ):
        file = changed(old, new, file)
    mistakes = mistakes_of(file)
    assert [each.place for each in mistakes] == [
        "rules.timezone",
        "rules.business_day_starts",
        "zone[1].floor",
        "department[1]",
        "service[1].department",
        "service[1].prefix",
        "service[2].height",
        "counter[2].services[1]",
        "counter[2].services[2]",
        "clerk[1].staff_number",
        "kiosk[1].palce",
    ]
    assert [each.line for each in mistakes] == sorted(each.line for each in mistakes)


def test_every_reference_that_dangles_is_found():
    for table, key, target in REFERENCES:
        head = re.search(rf"^\[\[?{table}\]", FULL_HALL, re.MULTILINE)
        broken = re.sub(
            rf'^({key} = \[?")', r"\1zz-", FULL_HALL[head.start() :], count=1, flags=re.MULTILINE
        )
        found = mistakes_of(FULL_HALL[: head.start()] + broken)
        assert any(
            each.text.startswith(f'there is no {target} "zz-')
            and re.fullmatch(rf"{table}(\[\d\])?\.{key}(\[1\])?", each.place)
            for each in found
        ), (table, key)


def test_neither_a_password_hash_nor_a_clerks_name_is_repeated():
    file = changed("scrypt$16384$8", "scrypt$16384$x")
    file = changed("李明", "李明\\u0007", file)
    file = changed('"Li Ming"', '" Li Ming"', file)
    with pytest.raises(ConfigError) as caught:
        parse_plan(file.encode())
    assert len(caught.value.mistakes) == 3
    for secret in ("李明", "Li Ming", "AAECAw"):
        assert secret not in str(caught.value)


def test_control_characters_of_the_file_do_not_reach_the_terminal():
    file = changed('prefix = "A"', 'prefix = "\\u001b[2J"\n"\\u001b[31m" = 1')
    shown = "\n".join(map(str, mistakes_of(file)))
    assert "[2J" in shown
    assert "[31m" in shown
    assert "\x1b" not in shown


def test_a_mistake_reads_as_one_line():
    mistake = Mistake("counter[12].services[2]", 40, 'there is no service "x"', "did you mean y?")
    assert str(mistake) == (
        'line 40: counter[12].services[2]: there is no service "x" (did you mean y?)'
    )
    assert str(Mistake("zone", None, "is missing")) == "zone: is missing"
