"""A spreadsheet of items becomes blocks of a hall file, and nothing else of the file changes."""

import pytest

from hallserver import cli
from hallserver.config import load_plan, parse_plan
from hallserver.config.catalog import import_catalog
from hallserver.domain.rules import Step, StepKind
from tests.helpers.catalogs import ITEMS, MATERIALS, STEPS, CatalogDesk
from tests.helpers.hall_files import EXAMPLE, FULL_HALL, SMALL_HALL


@pytest.fixture
def desk(tmp_path):
    return CatalogDesk(tmp_path)


def run(desk, *arguments):
    return cli.main(["catalog", "import", str(desk.workbook), "--hall", str(desk.hall), *arguments])


def add_item(book, name="photo-card", service="photo"):
    book[ITEMS].append([name, "照相办卡", "Photo card"])
    book[STEPS].append([name, 1, service, "front", None, 2])
    book[STEPS].append([name, 2, "passport", "出件", 15, None])


def test_what_was_exported_changes_nothing_when_it_is_imported(desk):
    before = desk.hall.read_bytes()
    assert run(desk) == 0
    assert desk.hall.read_bytes() == before


def test_the_example_hall_goes_out_and_in_unchanged(tmp_path):
    desk = CatalogDesk(tmp_path, EXAMPLE.read_text(encoding="utf-8"))
    change = import_catalog(desk.workbook, desk.hall)
    assert change.is_nothing
    assert change.unchanged == ("company-start", "newborn", "retirement")


def test_a_changed_name_changes_its_line_and_no_other(desk, capsys):
    desk.set(ITEMS, "B2", "企业开办")
    assert run(desk) == 0
    assert "changed: start-up" in capsys.readouterr().out
    assert desk.hall.read_text(encoding="utf-8") == FULL_HALL.replace("开办企业", "企业开办")


def test_a_new_item_stands_behind_the_one_in_front_of_it(desk, capsys):
    desk.edit(add_item)
    assert run(desk) == 0
    assert "new: photo-card" in capsys.readouterr().out
    added = """
[[item]]
id = "photo-card"
name = { zh = "照相办卡", en = "Photo card" }
steps = [
  { service = "photo", kind = "front", promised_min = 960 },
  { service = "passport", kind = "window", promised_min = 15 },
]
"""
    expected = FULL_HALL.replace("\n[[tidal]]", f"{added}\n[[tidal]]")
    assert desk.hall.read_text(encoding="utf-8") == expected


def test_a_new_item_in_front_stands_in_front(desk):
    def change(book):
        book[ITEMS].insert_rows(2)
        for column, value in enumerate(("photo-card", "照相办卡", "Photo card"), 1):
            book[ITEMS].cell(2, column, value)
        book[STEPS].append(["photo-card", 1, "photo", "前台"])

    desk.edit(change)
    assert run(desk) == 0
    assert [item.id for item in load_plan(desk.hall).items] == ["photo-card", "start-up"]
    text = desk.hall.read_text(encoding="utf-8")
    assert text.startswith(FULL_HALL[: FULL_HALL.index("[[item]]")])
    assert text.endswith(FULL_HALL[FULL_HALL.index("[[item]]") :])


THREE = FULL_HALL.replace(
    "[[tidal]]",
    """\
# about b
[[item]]
id = "b"  # the second
name = { zh = "乙", en = "B" }
steps = [{ service = "photo", kind = "front" }]  # one step only

# about c, which has its parts in blocks of their own

[[item]]
id = "c"
[item.name]
zh = "丙"
en = "C"
[[item.steps]]
service = "photo"
kind = "front"

# behind all items
[[tidal]]""",
)


def test_comments_around_and_in_unchanged_items_stay(tmp_path):
    desk = CatalogDesk(tmp_path, THREE)
    desk.set(ITEMS, "C4", "See")
    assert run(desk) == 0
    text = desk.hall.read_text(encoding="utf-8")
    before = THREE[: THREE.index('[[item]]\nid = "c"')]
    after = THREE[THREE.index("\n# behind all items") :]
    assert text.startswith(before)
    assert text.endswith(after)
    assert load_plan(desk.hall).items[2].name.en == "See"


def test_a_changed_key_leaves_the_comments_of_its_block(tmp_path):
    desk = CatalogDesk(tmp_path, THREE)
    desk.set(ITEMS, "C3", "Bee")
    assert run(desk) == 0
    assert desk.hall.read_text(encoding="utf-8") == THREE.replace('en = "B"', 'en = "Bee"')


def test_a_removed_item_goes_and_the_others_stay_where_they_were(tmp_path):
    desk = CatalogDesk(tmp_path, THREE)

    def change(book):
        book[ITEMS].delete_rows(3)
        for row in reversed(range(2, book[STEPS].max_row + 1)):
            if book[STEPS].cell(row, 1).value == "b":
                book[STEPS].delete_rows(row)

    desk.edit(change)
    assert import_catalog(desk.workbook, desk.hall).removed == ("b",)
    assert run(desk) == 0
    gone = THREE[THREE.index('[[item]]\nid = "b"') : THREE.index("# about c")]
    assert desk.hall.read_text(encoding="utf-8") == THREE.replace(gone, "")


def test_another_order_changes_places(tmp_path):
    desk = CatalogDesk(tmp_path, THREE)

    def change(book):
        sheet = book[ITEMS]
        second, third = ([cell.value for cell in sheet[row]] for row in (3, 4))
        for column in range(3):
            sheet.cell(3, column + 1, third[column])
            sheet.cell(4, column + 1, second[column])

    desk.edit(change)
    assert run(desk) == 0
    assert [item.id for item in load_plan(desk.hall).items] == ["start-up", "c", "b"]
    assert 'id = "b"  # the second' in desk.hall.read_text(encoding="utf-8")


def test_the_first_items_of_a_hall_stand_at_its_end(tmp_path):
    desk = CatalogDesk(tmp_path, SMALL_HALL.rstrip("\n"))

    def change(book):
        book[ITEMS].append(["first", "第一件", "First"])
        book[STEPS].append(["first", 1, "passport", "front"])

    desk.edit(change)
    assert run(desk) == 0
    assert desk.hall.read_text(encoding="utf-8").startswith(f"{SMALL_HALL}\n[[item]]\n")
    assert load_plan(desk.hall).items[0].steps == (Step("passport", StepKind.FRONT),)


def test_windows_line_ends_and_a_byte_order_mark_stay(tmp_path):
    desk = CatalogDesk(tmp_path, FULL_HALL)
    windows = b"\xef\xbb\xbf" + FULL_HALL.replace("\n", "\r\n").encode()
    desk.hall.write_bytes(windows)
    assert run(desk) == 0
    assert desk.hall.read_bytes() == windows
    desk.edit(add_item)
    assert run(desk) == 0
    data = desk.hall.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert data.startswith(b"\xef\xbb\xbf[hall]")
    assert len(parse_plan(data).items) == 2


def test_sheets_and_columns_are_known_by_either_language_in_any_order(desk):
    def change(book):
        book[STEPS].move_range("C1:C4", cols=6)
        book[STEPS]["I1"] = "Service"
        book[STEPS].title = " steps "
        book[ITEMS].title = "事项"
        book[MATERIALS]["B1"] = "中文名称"
        book.create_sheet("说明", 0)["A1"] = "Anything at all"

    desk.edit(change)
    assert import_catalog(desk.workbook, desk.hall).is_nothing


def test_spaces_around_and_empty_rows_between_are_not_minded(desk):
    def change(book):
        book[ITEMS]["B2"] = "  开办企业 "
        book[STEPS].insert_rows(3, 5)
        book[STEPS]["E2"] = "30"
        book[STEPS]["B2"] = 1.0
        book[STEPS]["D2"] = " Front "

    desk.edit(change)
    assert import_catalog(desk.workbook, desk.hall).is_nothing


def test_a_dry_run_and_another_file_leave_the_hall_file_alone(desk, tmp_path, capsys):
    desk.edit(add_item)
    before = desk.hall.read_bytes()
    assert run(desk, "--dry-run") == 0
    assert "nothing was written" in capsys.readouterr().out
    out = tmp_path / "new.toml"
    assert run(desk, "--out", str(out)) == 0
    assert desk.hall.read_bytes() == before
    assert len(load_plan(out).items) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "hall.toml",
        "items.xlsx",
        "new.toml",
    ]


def test_the_hall_file_keeps_its_rights_and_its_link(desk, tmp_path):
    desk.hall.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(desk.hall)
    desk.edit(add_item)
    arguments = ["catalog", "import", str(desk.workbook), "--hall", str(link)]
    assert cli.main(arguments) == 0
    assert link.is_symlink()
    assert desk.hall.stat().st_mode & 0o777 == 0o640
    assert len(load_plan(desk.hall).items) == 2


def test_export_writes_a_workbook_and_says_how_many(desk, tmp_path, capsys):
    out = tmp_path / "out.xlsx"
    assert cli.main(["catalog", "export", str(desk.hall), str(out)]) == 0
    assert "1 items written" in capsys.readouterr().out
    assert import_catalog(out, desk.hall).is_nothing


def test_a_wrong_hall_file_is_not_exported(desk, tmp_path, capsys):
    desk.hall.write_text(FULL_HALL.replace("floor = 1", "floor = 0"), encoding="utf-8")
    out = tmp_path / "out.xlsx"
    assert cli.main(["catalog", "export", str(desk.hall), str(out)]) == 1
    assert "zone[1].floor" in capsys.readouterr().out
    assert not out.exists()


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(desk, tmp_path, capsys):
    folder = tmp_path / "folder"
    folder.mkdir()
    desk.edit(add_item)
    assert run(desk, "--out", str(folder)) == 2
    assert "cannot be written" in capsys.readouterr().out
    assert not list(folder.iterdir())
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("which", ["hall", "workbook", "out"])
def test_a_file_that_cannot_be_reached_is_told_apart(desk, tmp_path, capsys, which):
    if which == "out":
        assert run(desk, "--out", str(tmp_path / "none" / "x.toml")) == 2
        assert "cannot be written" in capsys.readouterr().out
        return
    getattr(desk, which).unlink()
    assert run(desk) == 2
    assert "cannot be read: No such file" in capsys.readouterr().out
