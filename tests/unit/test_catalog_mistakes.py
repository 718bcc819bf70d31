"""Every mistake of a spreadsheet is named at once, with its sheet, row and column."""

import datetime
import io
import zipfile

import pytest

from hallserver import cli
from hallserver.config import ConfigError
from hallserver.config.catalog import CatalogError, CatalogUnreadableError, import_catalog
from hallserver.config.catalog.workbook import (
    MAX_CELL_CHARS,
    MAX_FILE_BYTES,
    MAX_ROWS,
    MAX_UNPACKED_BYTES,
)
from tests.helpers.catalogs import ITEMS, MATERIALS, STEPS, CatalogDesk
from tests.helpers.hall_files import FULL_HALL


@pytest.fixture
def desk(tmp_path):
    return CatalogDesk(tmp_path)


def mistakes_in(desk):
    with pytest.raises(CatalogError) as caught:
        import_catalog(desk.workbook, desk.hall)
    return caught.value


WRONG_CELLS = [
    # sheet, cell, value, row, column letter, part of the text, part of the hint
    (ITEMS, "A2", "Start up", 2, "A", "is not an id", None),
    (ITEMS, "A2", True, 2, "A", "is true or false, not text", None),
    (ITEMS, "A2", datetime.date(2026, 1, 2), 2, "A", "a date or time", "format the column"),
    (ITEMS, "A2", "=B2", 2, "A", "is a formula", "paste the value"),
    (ITEMS, "A2", "#REF!", 2, "A", "an error of a formula", "paste the value"),
    (ITEMS, "A2", None, 2, "A", "is missing", None),
    (ITEMS, "B2", None, 2, "B", "is missing", None),
    (ITEMS, "B2", "两\n行", 2, "B", "cannot be shown", None),
    (ITEMS, "C2", "x" * 61, 2, "C", "61 characters", None),
    (ITEMS, "C2", "x" * (MAX_CELL_CHARS + 1), 2, "C", "text of more than", None),
    (STEPS, "A2", "startup", 2, "A", 'no item "startup"', '"start-up"'),
    (STEPS, "A2", "开办企业", 2, "A", "no item", '"start-up"'),
    (STEPS, "A2", None, 2, "A", "is empty", None),
    (STEPS, "B2", None, 2, "B", "is empty", "1, 2, 3"),
    (STEPS, "B3", 1, 3, "B", "already the order of the step in row 2", None),
    (STEPS, "B2", 0, 2, "B", "less than 1", None),
    (STEPS, "B2", 1.5, 2, "B", "not a whole number", None),
    (STEPS, "B2", "first", 2, "B", '"first", not a whole number', None),
    (STEPS, "C2", "invoyce", 2, "C", 'no service "invoyce"', '"invoice"'),
    (STEPS, "C2", "发票", 2, "C", "no service", '"invoice"'),
    (STEPS, "C2", None, 2, "C", "is missing", None),
    (STEPS, "C3", "passport", 3, "C", "no back-office counter serves", "this step is back"),
    (STEPS, "D2", "前 台", 2, "D", "is not known", "前台"),
    (STEPS, "D2", None, 2, "D", "is missing", None),
    (STEPS, "E2", -1, 2, "E", "between 1 and", None),
    (STEPS, "E2", "half an hour", 2, "E", "not a whole number", None),
    (STEPS, "E2", datetime.timedelta(minutes=30), 2, "E", "a date or time", "as number"),
    (STEPS, "F2", 1, 2, "F", "twice", "empty"),
    (MATERIALS, "A3", "start_up", 3, "A", "no item", '"start-up"'),
    (MATERIALS, "C3", None, 3, "C", "is missing", None),
    (MATERIALS, "B3", "身份证", 3, None, "already number 1", None),
    (MATERIALS, "B3", "x" * 121, 3, "B", "121 characters", None),
]


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "row", "column", "text", "hint"),
    WRONG_CELLS,
    ids=[f"{row[1]} {str(row[2])[:20]!r}" for row in WRONG_CELLS],
)
def test_a_wrong_cell_is_named(desk, sheet, cell, value, row, column, text, hint):
    before = desk.hall.read_bytes()
    desk.set(sheet, cell, value)
    if (sheet, cell) == (MATERIALS, "B3") and value == "身份证":
        desk.set(sheet, "C3", "Identity card")
    found = mistakes_in(desk)
    assert found.mistakes == ()
    named = [each for each in found.cells if each.sheet == sheet and each.row == row]
    assert len(named) == 1, found
    (mistake,) = named
    assert (mistake.column or "")[:1] == (column or "")
    assert text in mistake.text
    assert hint is None or hint in mistake.hint
    assert desk.hall.read_bytes() == before


def test_many_mistakes_are_all_named_in_the_order_of_the_sheets(desk, capsys):
    desk.set(MATERIALS, "B2", None)
    desk.set(STEPS, "E3", "long")
    desk.set(STEPS, "C2", "invoyce")
    desk.set(ITEMS, "C2", " ")
    assert cli.main(["catalog", "import", str(desk.workbook), "--hall", str(desk.hall)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{desk.workbook}: {line}"
        for line in (
            "事项 Items, row 2, column C (英文名称 name en): is missing",
            '步骤 Steps, row 2, column C (办理事项 service): there is no service "invoyce" '
            '(did you mean "invoice"?)',
            '步骤 Steps, row 3, column E (承诺分钟 minutes): is "long", not a whole number',
            "材料 Materials, row 2, column B (中文名称 name zh): is missing",
        )
    ] + ["4 mistakes; nothing was written"]


def test_an_item_twice_names_the_first_row(desk):
    desk.edit(lambda book: book[ITEMS].append(["start-up", "另一", "Another"]))
    texts = [str(each) for each in mistakes_in(desk).cells]
    assert '事项 Items, row 3, column A (编号 id): "start-up" is already the id of row 2' in texts


def test_an_item_without_steps_is_named(desk):
    desk.edit(lambda book: book[ITEMS].append(["idle", "闲", "Idle"]))
    assert [str(each) for each in mistakes_in(desk).cells] == [
        "事项 Items, row 3, column 步骤 Steps: is empty"
    ]


def test_a_hall_that_would_be_wrong_without_the_item_is_told_with_its_line(desk):
    def clear(book):
        for sheet in (ITEMS, STEPS, MATERIALS):
            book[sheet].delete_rows(2, 20)

    desk.edit(clear)
    found = mistakes_in(desk)
    assert found.cells == ()
    (mistake,) = found.mistakes
    assert mistake.place == "counter[4].services[1]"
    assert FULL_HALL.splitlines()[mistake.line - 1] == 'services = ["review"]'


def rename(title):
    def change(book):
        book[STEPS].title = title

    return change


def delete_column(book):
    book[STEPS].delete_cols(3)


def misspell_column(book):
    book[STEPS]["C1"] = "办理事顶 servise"


def double_column(book):
    book[STEPS]["G1"] = "service"


def merge(book):
    book[STEPS].merge_cells("A2:A4")


def merge_all(book):
    book[STEPS].merge_cells("A2:XFD1048576")


def long_sheet(book):
    for number in range(MAX_ROWS):
        book[MATERIALS].append(["start-up", f"材料{number}", "Paper"])


def far_column(book):
    book[STEPS]["ZZ3"] = "here"


def second_sheet(book):
    book.create_sheet("Steps")


@pytest.mark.parametrize(
    ("change", "sheet", "text", "hint"),
    [
        (rename("步聚 Steps"), STEPS, "is missing", "步聚 Steps"),
        (rename("其他"), STEPS, "is missing", None),
        (delete_column, STEPS, 'no column "办理事项 service"', None),
        (misspell_column, STEPS, "is no known column", "办理事项 service"),
        (double_column, STEPS, "is there twice", None),
        (merge, STEPS, 'merged cells at "A2:A4"', "unmerge"),
        (long_sheet, MATERIALS, f"more than {MAX_ROWS} rows", None),
        (far_column, STEPS, "columns", None),
        (second_sheet, STEPS, "is there twice, as", None),
    ],
)
def test_a_sheet_of_another_form_is_named_and_its_cells_are_not_guessed_at(
    desk, change, sheet, text, hint
):
    desk.edit(change)
    cells = mistakes_in(desk).cells
    assert any(
        each.sheet == sheet and text in each.text and (hint or "") in (each.hint or "")
        for each in cells
    ), cells
    assert {each.sheet for each in cells} == {sheet}
    assert {each.row for each in cells} <= {None, 1}


# Files that are not what they seem.


def unreadable(desk):
    with pytest.raises(CatalogUnreadableError) as caught:
        import_catalog(desk.workbook, desk.hall)
    return str(caught.value)


@pytest.mark.parametrize("data", [b"", b"PK", b"id,name\n1,2\n", b"\xd0\xcf\x11\xe0" + bytes(600)])
def test_what_is_no_workbook_is_said_to_be_none(desk, data):
    desk.workbook.write_bytes(data)
    assert "no .xlsx workbook" in unreadable(desk)


def test_a_workbook_that_is_cut_off_is_damaged(desk):
    whole = desk.workbook.read_bytes()
    for length in range(0, len(whole), 997):
        desk.workbook.write_bytes(whole[:length])
        assert "no .xlsx workbook" in unreadable(desk)


def test_a_large_file_is_refused_unread(desk):
    desk.workbook.write_bytes(bytes(MAX_FILE_BYTES + 1))
    assert "is larger than" in unreadable(desk)


def test_an_archive_that_unpacks_to_too_much_is_refused_unpacked(desk):
    with zipfile.ZipFile(desk.workbook, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", bytes(MAX_UNPACKED_BYTES + 1))
    assert desk.workbook.stat().st_size < 100_000
    assert "unpacks to more than" in unreadable(desk)


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_of_another_packing_is_refused_unpacked(desk, packing):
    with zipfile.ZipFile(desk.workbook, "a", packing) as archive:
        archive.writestr("xl/more.xml", b"<a/>")
    assert "no office programme packs" in unreadable(desk)


def test_an_archive_of_very_many_parts_is_refused(desk):
    with zipfile.ZipFile(desk.workbook, "a") as archive:
        for number in range(300):
            archive.writestr(f"part{number}", b"")
    assert "parts" in unreadable(desk)


def test_a_part_that_lies_about_its_size_is_damaged(desk):
    data = bytearray(desk.workbook.read_bytes())
    archive = zipfile.ZipFile(io.BytesIO(bytes(data)))
    # The central directory's sizes: offset 24 of each record (APPNOTE.TXT, 4.3.12).
    at = archive.start_dir
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    desk.workbook.write_bytes(bytes(data))
    assert "damaged" in unreadable(desk)


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><sst>&b;</sst>'
)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "_rels/.rels"])
def test_entities_in_its_xml_are_refused(desk, part):
    desk.repack(lambda name, data: BOMB if name == part else data)
    assert "XML that no office programme writes" in unreadable(desk)


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet2.xml", "xl/styles.xml"]
)
def test_xml_that_is_none_is_damage_and_no_crash(desk, part):
    desk.repack(lambda name, data: b"<worksheet><sheetData><row" if name == part else data)
    assert "damaged" in unreadable(desk)


def test_a_merge_over_the_whole_sheet_costs_nothing(desk):
    wide = b'<mergeCells count="1"><mergeCell ref="A2:XFD1048576"/></mergeCells><pageMargins'
    desk.repack(
        lambda name, data: (
            data.replace(b"<pageMargins", wide) if name.endswith("sheet2.xml") else data
        )
    )
    assert any("merged" in each.text for each in mistakes_in(desk).cells)


def test_a_cell_at_the_end_of_the_world_costs_nothing(desk):
    desk.edit(lambda book: book[STEPS].cell(1_048_576, 16_384, "here"))
    assert any("more than" in each.text for each in mistakes_in(desk).cells)


def test_a_workbook_with_a_password_is_told_so(desk):
    data = bytearray(desk.workbook.read_bytes())
    # The flags of each record of the central directory, offset 8 (APPNOTE.TXT, 4.4.4).
    at = zipfile.ZipFile(io.BytesIO(bytes(data))).start_dir
    data[at + 8] |= 1
    desk.workbook.write_bytes(bytes(data))
    assert "password" in unreadable(desk)


def test_a_hall_file_that_is_no_toml_is_told_with_its_line(desk):
    desk.hall.write_text("[hall]\nid = \n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        import_catalog(desk.workbook, desk.hall)
    assert caught.value.mistakes[0].line == 2


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('item = [{ id = "a" }]\n', "write each as a block"),
        ("item = 5\n", "is no list of blocks"),
        ('item = ["a"]\n', "is no list of blocks"),
        (
            '[[item]]\nid = "a"\n[[schedule]]\nid = "x"\ndaily = ["09:00-10:00"]\n'
            '[[item.steps]]\nservice = "photo"\n',
            "stands within an item",
        ),
    ],
)
def test_items_that_are_written_otherwise_are_not_guessed_at(tmp_path, written, text):
    desk = CatalogDesk(tmp_path)
    start = FULL_HALL.index("[[item]]")
    end = FULL_HALL.index("[[tidal]]")
    desk.hall.write_text(written + FULL_HALL[:start] + FULL_HALL[end:], encoding="utf-8")
    (mistake,) = mistakes_in(desk).mistakes
    assert text in mistake.text
