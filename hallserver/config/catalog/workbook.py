"""Workbooks in and out. What is read comes from outside: everything about it is bounded.

A workbook is a zip archive of XML files (ECMA-376). Its size is bounded before it is unpacked, its
XML may have no DTD, and cells are read one row at a time.
"""

import datetime
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from hallserver.config.catalog.layout import SheetLayout

MAX_FILE_BYTES = 2_097_152
MAX_UNPACKED_BYTES = 16_777_216
MAX_PARTS = 200
MAX_ROWS = 5_000
MAX_COLUMNS = 40
MAX_CELL_CHARS = 1_000

Value = str | int | float | bool | datetime.date | datetime.time | datetime.timedelta | None


class CatalogUnreadableError(Exception):
    """The file is no workbook that can be read at all; the text says why."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """What stands in a cell that holds no value of its own, in words."""

    what: str


Cell = Value | Unusable


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it was read. `merged` are the ranges of merged cells, such as "A2:A4"."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]
    merged: tuple[str, ...] = ()
    is_cut: bool = False
    """It has more rows or columns than are read."""


def read_workbook(path: Path) -> tuple[Sheet, ...]:
    """Read all sheets. Raises CatalogUnreadableError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as problem:
        text = f"cannot be read: {problem.strerror or type(problem).__name__}"
        raise CatalogUnreadableError(text) from problem
    if len(data) > MAX_FILE_BYTES:
        raise CatalogUnreadableError(f"is larger than {MAX_FILE_BYTES} bytes")
    _check_archive(data)
    try:
        with warnings.catch_warnings():
            # About styles and extensions that nobody asked for.
            warnings.simplefilter("ignore")
            return tuple(_sheets(data))
    except CatalogUnreadableError:
        raise
    except Exception as problem:
        text = f"is damaged or no .xlsx workbook ({type(problem).__name__})"
        raise CatalogUnreadableError(text) from problem


_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _check_archive(data: bytes) -> None:
    if not data.startswith(b"PK"):
        text = "is no .xlsx workbook; save it as “Excel workbook (.xlsx)”"
        raise CatalogUnreadableError(text)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            # zipfile reads no more of a part than the size that is declared here.
            if len(parts) > MAX_PARTS or sum(p.file_size for p in parts) > MAX_UNPACKED_BYTES:
                text = f"unpacks to more than {MAX_UNPACKED_BYTES} bytes or {MAX_PARTS} parts"
                raise CatalogUnreadableError(text)
            if any(part.flag_bits & 1 for part in parts):
                raise CatalogUnreadableError("is protected by a password")
            if any(part.compress_type not in _COMPRESSIONS for part in parts):
                raise CatalogUnreadableError("is packed as no office programme packs")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _check_xml(archive.read(part))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as problem:
        text = f"is damaged or no .xlsx workbook ({type(problem).__name__})"
        raise CatalogUnreadableError(text) from problem


def _check_xml(part: bytes) -> None:
    """Refuse a DTD, which can name files and multiply text. No office programme writes one."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part or b"\0" in part[:4]:
        raise CatalogUnreadableError("has XML that no office programme writes")


def _sheets(data: bytes) -> Iterator[Sheet]:
    with (
        closing(openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)) as book,
        zipfile.ZipFile(io.BytesIO(data)) as archive,
    ):
        for sheet in book.worksheets:
            # Sizes that a file declares are not to be believed.
            sheet.reset_dimensions()
            yield _read_sheet(sheet, _merged(archive, sheet))


def _merged(archive: zipfile.ZipFile, sheet: Any) -> tuple[str, ...]:
    """Find merged cells: row by row, the library does not tell."""
    with archive.open(sheet._worksheet_path) as part:
        found = []
        for _, element in ElementTree.iterparse(part):
            if element.tag.endswith("}mergeCell"):
                found.append(str(element.get("ref")))
            element.clear()
        return tuple(found)


def _read_sheet(sheet: Any, merged: tuple[str, ...]) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    is_cut = False
    for row in sheet.iter_rows(max_row=MAX_ROWS + 1):
        if len(rows) == MAX_ROWS or len(row) > MAX_COLUMNS:
            is_cut = True
            break
        rows.append(tuple(_value(cell) for cell in row))
    return Sheet(sheet.title, tuple(rows), merged, is_cut)


_KINDS_OF_NO_USE: Final = {"f": "a formula", "e": "an error of a formula"}


def _value(cell: Any) -> Cell:
    if cell.value is None:
        return None
    if cell.data_type in _KINDS_OF_NO_USE:
        return Unusable(_KINDS_OF_NO_USE[cell.data_type])
    value: Value = cell.value
    if isinstance(value, str):
        if len(value) > MAX_CELL_CHARS:
            return Unusable(f"text of more than {MAX_CELL_CHARS} characters")
        return _unescaped(value).strip() or None
    return value


# Office programmes write characters by their codes: _x000D_. Text that looks so is escaped
# itself as _x005F_x000D_ (ECMA-376-1, 22.4.2.4); the library leaves both as they are.
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x005F_(?=x[0-9A-Fa-f]{4}_)")


def _escaped(text: str) -> str:
    return _LOOKS_ESCAPED.sub("_x005F_", text)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub("_", text)


Rows = Sequence[Sequence[str | int | None]]


def workbook_bytes(sheets: Sequence[tuple[SheetLayout, Rows]]) -> bytes:
    """Write sheets with their headers; text is written as text, whatever it begins with."""
    book = openpyxl.Workbook()
    first = book.active
    if first is not None:
        book.remove(first)
    for layout, rows in sheets:
        sheet = book.create_sheet(layout.title)
        sheet.freeze_panes = "A2"
        for number, column in enumerate(layout.columns, 1):
            sheet.column_dimensions[get_column_letter(number)].width = column.width
            head = sheet.cell(1, number, column.header)
            head.font = Font(bold=True)
            head.fill = PatternFill("solid", fgColor="DDE6F0")
        for row_number, row in enumerate(rows, 2):
            for number, value in enumerate(row, 1):
                cell = sheet.cell(row_number, number)
                if isinstance(value, str):
                    cell.value = _escaped(value)
                    cell.data_type = "s"  # "=1+1" is a text here, no formula
                    cell.number_format = "@"
                    cell.alignment = Alignment(vertical="top", wrap_text=True)
                else:
                    cell.value = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
