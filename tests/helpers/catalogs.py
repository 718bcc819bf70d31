"""Workbooks of items for tests: right ones, and ways to make them wrong."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook

from hallserver.config import parse_plan
from hallserver.config.catalog import catalog_workbook
from tests.helpers.hall_files import FULL_HALL

ITEMS, STEPS, MATERIALS = "事项 Items", "步骤 Steps", "材料 Materials"


class CatalogDesk:
    """A folder with a hall file and a workbook of its items."""

    def __init__(self, folder: Path, hall: str = FULL_HALL) -> None:
        self.hall = folder / "hall.toml"
        self.hall.write_text(hall, encoding="utf-8", newline="")
        self.workbook = folder / "items.xlsx"
        self.workbook.write_bytes(catalog_workbook(parse_plan(self.hall.read_bytes()).items))

    def edit(self, change: Callable[[Workbook], None]) -> None:
        """Open the workbook as an office programme would, change it, save it."""
        book = openpyxl.load_workbook(self.workbook)
        change(book)
        book.save(self.workbook)

    def set(self, sheet: str, cell: str, value: Any) -> None:
        """Write into one cell."""

        def change(book: Workbook) -> None:
            book[sheet][cell] = value

        self.edit(change)

    def repack(self, change: Callable[[str, bytes], bytes]) -> None:
        """Change the parts of the archive by their names."""
        old = zipfile.ZipFile(io.BytesIO(self.workbook.read_bytes()))
        with zipfile.ZipFile(self.workbook, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, change(name, old.read(name)))
