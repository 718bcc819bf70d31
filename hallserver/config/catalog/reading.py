"""From sheets to items as a hall file writes them, with the cell of everything that was said."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import get_column_letter

from hallserver.config.catalog.layout import (
    ITEMS,
    KINDS,
    MATERIALS,
    MINUTES_A_DAY,
    SHEETS,
    STEPS,
    Column,
    SheetLayout,
    names_of,
)
from hallserver.config.catalog.workbook import MAX_COLUMNS, MAX_ROWS, Cell, Sheet, Unusable
from hallserver.config.fields import did_you_mean, echo
from hallserver.config.lines import Place

MAX_MERGED_NAMED = 5


@dataclass(frozen=True, slots=True)
class CellMistake:
    """One thing that is wrong in a workbook. Rows count from 1, as spreadsheets do.

    `row` is None when it is about the whole sheet, `column` when it is about the whole row.
    """

    sheet: str
    row: int | None
    column: str | None
    text: str
    hint: str | None = None

    def __str__(self) -> str:
        row = f", row {self.row}" if self.row is not None else ""
        column = f", column {self.column}" if self.column is not None else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.sheet}{row}{column}: {self.text}{hint}"


@dataclass(frozen=True, slots=True)
class Where:
    """A cell, or a row where there is no single cell for it."""

    sheet: str
    row: int | None = None
    column: str | None = None

    def mistake(self, text: str, hint: str | None = None) -> CellMistake:
        """Say what is wrong here."""
        return CellMistake(self.sheet, self.row, self.column, text, hint)


@dataclass(slots=True)
class Catalogue:
    """What a workbook says: `items` as the tables of a hall file, and where each place stands."""

    items: list[dict[str, Any]] = field(default_factory=list)
    cells: dict[Place, Where] = field(default_factory=dict)
    mistakes: list[CellMistake] = field(default_factory=list)
    is_whole: bool = True
    """Sheets and columns are all there; otherwise what the cells say is not worth checking."""
    has_strays: bool = False
    """There are steps that no item could be given, perhaps for its misspelt id."""

    def deform(self, where: Where, text: str, hint: str | None = None) -> None:
        """Note a mistake in the form of a sheet."""
        self.mistakes.append(where.mistake(text, hint))
        self.is_whole = False

    def in_order(self) -> list[CellMistake]:
        """Sort the mistakes as the sheets and rows stand, what is about a whole sheet first."""
        position = {_plain(n): at for at, layout in enumerate(SHEETS) for n in names_of(layout)}
        return sorted(
            self.mistakes,
            key=lambda each: (position[_plain(each.sheet)], each.row or 0),
        )

    def where(self, place: Place) -> Where:
        """Return the cell of a place, or of what it is part of."""
        for length in range(len(place), 0, -1):
            found = self.cells.get(place[:length])
            if found is not None:
                return found
        return Where(ITEMS.title)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a known sheet, by the keys of its columns; without the empty cells."""

    values: Mapping[str, Cell]
    places: Mapping[str, Where]
    at: Where


def read_catalogue(sheets: Sequence[Sheet]) -> Catalogue:
    """Read the three sheets. Cells are looked at when sheets and columns are all there."""
    catalogue = Catalogue()
    rows = {
        layout.key: _rows_of(layout, _find_sheet(layout, sheets, catalogue), catalogue)
        for layout in SHEETS
    }
    if not catalogue.is_whole:
        return catalogue
    places = _read_items(rows[ITEMS.key], catalogue)
    _read_steps(rows[STEPS.key], places, catalogue)
    _read_materials(rows[MATERIALS.key], places, catalogue)
    return catalogue


def _find_sheet(layout: SheetLayout, sheets: Sequence[Sheet], catalogue: Catalogue) -> Sheet | None:
    names = {_plain(name) for name in names_of(layout)}
    found = [sheet for sheet in sheets if _plain(sheet.title) in names]
    if not found:
        known = {_plain(name) for each in SHEETS for name in names_of(each)}
        others = [sheet.title for sheet in sheets if _plain(sheet.title) not in known]
        hint = did_you_mean(layout.title, others)
        catalogue.deform(Where(layout.title), "is missing", hint)
        return None
    if len(found) > 1:
        text = f"is there twice, as {echo(found[0].title)} and {echo(found[1].title)}"
        catalogue.deform(Where(layout.title), text)
    return found[0]


def _rows_of(layout: SheetLayout, sheet: Sheet | None, catalogue: Catalogue) -> list[_Row]:
    if sheet is None:
        return []
    whole = Where(sheet.title)
    for merged in sheet.merged[:MAX_MERGED_NAMED]:
        text = f"has merged cells at {echo(merged)}"
        catalogue.deform(whole, text, "unmerge them and fill in every cell")
    if sheet.is_cut:
        catalogue.deform(whole, f"has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns")
    header = _read_header(layout, sheet, catalogue)
    rows = []
    for number, cells in enumerate(sheet.rows[1:], 2):
        if all(cell is None for cell in cells):
            continue
        places = {
            key: Where(sheet.title, number, _column_name(index, column))
            for key, (index, column) in header.items()
        }
        values = {
            key: cells[index] if index < len(cells) else None for key, (index, _) in header.items()
        }
        rows.append(_Row(values, places, Where(sheet.title, number)))
    return rows


def _column_name(index: int, column: Column) -> str:
    return f"{get_column_letter(index + 1)} ({column.header})"


def _read_header(
    layout: SheetLayout, sheet: Sheet, catalogue: Catalogue
) -> dict[str, tuple[int, Column]]:
    """Find the columns by their names, in whatever order they stand."""
    header: dict[str, tuple[int, Column]] = {}
    by_name = {_plain(name): column for column in layout.columns for name in names_of(column)}
    for index, cell in enumerate(sheet.rows[0] if sheet.rows else ()):
        if cell is None:
            continue
        where = Where(sheet.title, 1, get_column_letter(index + 1))
        column = by_name.get(_plain(cell)) if isinstance(cell, str) else None
        if column is None:
            hint = did_you_mean(cell_text(cell), (each.header for each in layout.columns))
            catalogue.deform(where, f"{echo(cell_text(cell))} is no known column", hint)
        elif column.key in header:
            catalogue.deform(where, f"{echo(column.header)} is there twice")
        else:
            header[column.key] = index, column
    for column in layout.columns:
        if column.is_required and column.key not in header:
            catalogue.deform(Where(sheet.title, 1), f"has no column {echo(column.header)}")
    return header


def cell_text(cell: Cell) -> str:
    """Write what stands in a cell, for a mistake."""
    return cell.what if isinstance(cell, Unusable) else str(cell)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _text(row: _Row, key: str, catalogue: Catalogue) -> str | None:
    """Return a cell as text; None for an empty one and for one that is reported here."""
    value = row.values.get(key)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = f"is {_kind(value)}, not text"
    catalogue.mistakes.append(row.places[key].mistake(text, _hint(value, "text")))
    return None


def _whole(row: _Row, key: str, catalogue: Catalogue) -> int | None:
    """Return a cell as a whole number; None for an empty one and for one that is reported here."""
    value = row.values.get(key)
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    said = echo(value) if isinstance(value, str | float) else _kind(value)
    mistake = row.places[key].mistake(f"is {said}, not a whole number", _hint(value, "number"))
    catalogue.mistakes.append(mistake)
    return None


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((datetime.date, datetime.time, datetime.timedelta), "a date or time"),
    ((int, float), "a number"),
    (str, "text"),
)


def _kind(value: Cell) -> str:
    if isinstance(value, Unusable):
        return value.what
    return next(name for kind, name in _KINDS if isinstance(value, kind))


def _hint(value: Cell, wanted: str) -> str | None:
    if isinstance(value, Unusable):
        return "paste the value instead"
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return f"format the column as {wanted} and type it again"
    return None


def _read_items(rows: Iterable[_Row], catalogue: Catalogue) -> dict[str, int]:
    """Read the sheet of items; returns the index of each by its id."""
    index_of: dict[str, int] = {}
    for row in rows:
        index = len(catalogue.items)
        at: Place = ("item", index)
        item: dict[str, Any] = {"name": {}, "steps": [], "materials": []}
        for key in ("id", "zh", "en"):
            place = (*at, key) if key == "id" else (*at, "name", key)
            catalogue.cells[place] = row.places.get(key, row.at)
            text = _text(row, key, catalogue)
            if text is not None:
                (item if key == "id" else item["name"])[key] = text
        catalogue.cells[at] = catalogue.cells[(*at, "name")] = row.at
        catalogue.cells[(*at, "steps")] = Where(row.at.sheet, row.at.row, STEPS.title)
        catalogue.cells[(*at, "materials")] = Where(row.at.sheet, row.at.row, MATERIALS.title)
        catalogue.items.append(item)
        if isinstance(item.get("id"), str):
            index_of.setdefault(item["id"], index)
    return index_of


def _item_of(row: _Row, index_of: Mapping[str, int], catalogue: Catalogue) -> int | None:
    name = _text(row, "item", catalogue)
    if name is None:
        if row.values.get("item") is None and "item" in row.places:
            catalogue.mistakes.append(row.places["item"].mistake("is empty"))
        catalogue.has_strays = True
        return None
    if name not in index_of:
        named = {
            item["name"].get(language): item.get("id", "")
            for item in catalogue.items
            for language in ("zh", "en")
        }
        hint = did_you_mean(named.get(name, name), index_of)
        text = f"there is no item {echo(name)} in {ITEMS.title}"
        catalogue.mistakes.append(row.places["item"].mistake(text, hint))
        catalogue.has_strays = True
        return None
    return index_of[name]


_KIND_BY_NAME = {_plain(name): kind for kind, zh in KINDS.items() for name in (zh, kind.value)}


_SAME_NAME = (("service", "service"), ("kind", "kind"))


def _read_steps(rows: Iterable[_Row], index_of: Mapping[str, int], catalogue: Catalogue) -> None:
    found: dict[int, dict[int, tuple[_Row, dict[str, Any]]]] = {}
    for row in rows:
        index = _item_of(row, index_of, catalogue)
        order = _order(row, catalogue)
        step = _step(row, catalogue)
        if order is None:
            catalogue.has_strays = True
        if index is None or order is None:
            continue
        first, _ = found.setdefault(index, {}).setdefault(order, (row, step))
        if first is not row:
            text = f"{order} is already the order of the step in row {first.at.row}"
            catalogue.mistakes.append(row.places["order"].mistake(text))
    for index, by_order in found.items():
        for number, (_, (row, step)) in enumerate(sorted(by_order.items())):
            at: Place = ("item", index, "steps", number)
            catalogue.items[index]["steps"].append(step)
            catalogue.cells[at] = row.at
            promised = "minutes" if row.values.get("days") is None else "days"
            for key, column in (*_SAME_NAME, ("promised_min", promised)):
                catalogue.cells[(*at, key)] = row.places.get(column, row.at)


def _order(row: _Row, catalogue: Catalogue) -> int | None:
    order = _whole(row, "order", catalogue)
    if order is None and row.values.get("order") is None and "order" in row.places:
        hint = "number the steps of an item 1, 2, 3"
        catalogue.mistakes.append(row.places["order"].mistake("is empty", hint))
    if order is not None and order < 1:
        catalogue.mistakes.append(row.places["order"].mistake(f"{order} is less than 1"))
        return None
    return order


def _step(row: _Row, catalogue: Catalogue) -> dict[str, Any]:
    """Read a step's own values; what is missing is found when the hall file's readers look."""
    step: dict[str, Any] = {}
    service = _text(row, "service", catalogue)
    if service is not None:
        step["service"] = service
    kind = _text(row, "kind", catalogue)
    if kind is not None:
        known = _KIND_BY_NAME.get(_plain(kind))
        if known is None:
            hint = did_you_mean(kind, (*KINDS.values(), *KINDS))
            mistake = row.places["kind"].mistake(f"{echo(kind)} is not known here", hint)
            catalogue.mistakes.append(mistake)
        else:
            step["kind"] = known.value
    minutes, days = _whole(row, "minutes", catalogue), _whole(row, "days", catalogue)
    if minutes is not None and days is not None:
        text = "the promised time is there twice, in minutes and in days"
        catalogue.mistakes.append(row.places["days"].mistake(text, "leave one of them empty"))
    elif minutes is not None:
        step["promised_min"] = minutes
    elif days is not None:
        step["promised_min"] = days * MINUTES_A_DAY
    return step


def _read_materials(
    rows: Iterable[_Row], index_of: Mapping[str, int], catalogue: Catalogue
) -> None:
    for row in rows:
        index = _item_of(row, index_of, catalogue)
        words = {key: _text(row, key, catalogue) for key in ("zh", "en")}
        if index is None:
            continue
        materials = catalogue.items[index]["materials"]
        at: Place = ("item", index, "materials", len(materials))
        catalogue.cells[at] = row.at
        for key in words:
            catalogue.cells[(*at, key)] = row.places.get(key, row.at)
        materials.append({key: word for key, word in words.items() if word is not None})
