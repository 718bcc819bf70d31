"""The catalogue of items as a spreadsheet: `jiaohao catalog import` and `export`.

`layout` says what the sheets are, `workbook` reads and writes them, `reading` turns rows into
items, `blocks` puts those into the hall file. Nothing is written unless all is right.
"""

import codecs
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hallserver.config import (
    Mistake,
    check_tables,
    decode,
    in_order,
    parse_plan,
    parse_tables,
    read_hall_file,
)
from hallserver.config.catalog.blocks import BlocksError, with_items
from hallserver.config.catalog.layout import ITEMS, KINDS, MATERIALS, MINUTES_A_DAY, STEPS
from hallserver.config.catalog.reading import Catalogue, CellMistake, read_catalogue
from hallserver.config.catalog.workbook import (
    CatalogUnreadableError,
    read_workbook,
    workbook_bytes,
)
from hallserver.config.fields import WRONG, Report, Wrong
from hallserver.config.lines import LineIndex, Place
from hallserver.domain.invariant import invariant
from hallserver.domain.rules import Item

__all__ = [
    "CatalogError",
    "CatalogUnreadableError",
    "CellMistake",
    "Change",
    "catalog_workbook",
    "import_catalog",
    "write_whole",
]


class CatalogError(Exception):
    """A catalogue has mistakes: `cells` in the workbook, `mistakes` in the hall file that would be.

    There are mistakes in the hall file only when there are none in the workbook.
    """

    def __init__(self, cells: Sequence[CellMistake], mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__("\n".join(map(str, (*cells, *mistakes))))
        self.cells = tuple(cells)
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Change:
    """What an import does: the hall file's new bytes, and the ids of the items by what happens."""

    data: bytes
    new: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    is_nothing: bool
    """The file would stay as it is, byte for byte."""


def catalog_workbook(items: Sequence[Item]) -> bytes:
    """Write items as a workbook."""
    steps = [
        (item.id, order, step.service, KINDS[step.kind], *_promised(step.promised_min))
        for item in items
        for order, step in enumerate(item.steps, 1)
    ]
    materials = [(item.id, text.zh, text.en) for item in items for text in item.materials]
    return workbook_bytes(
        (
            (ITEMS, [(item.id, item.name.zh, item.name.en) for item in items]),
            (STEPS, steps),
            (MATERIALS, materials),
        )
    )


def _promised(promised_min: int | None) -> tuple[int | None, int | None]:
    """Whole working days are written as days."""
    if promised_min is not None and promised_min % MINUTES_A_DAY == 0:
        return None, promised_min // MINUTES_A_DAY
    return promised_min, None


def import_catalog(workbook: Path, hall_file: Path) -> Change:
    """Work out a hall file with the items of a workbook; writes nothing.

    Raises CatalogUnreadableError, CatalogError with all mistakes, and ConfigError when the hall
    file is no TOML at all.
    """
    data = read_hall_file(hall_file)
    text = decode(data, hall_file.name)
    root, lines = parse_tables(text, hall_file.name)
    catalogue = read_catalogue(read_workbook(workbook))
    if catalogue.is_whole:
        _check(catalogue, root, lines)
    if catalogue.mistakes:
        raise CatalogError(catalogue.in_order())
    items = [_ordered(item) for item in catalogue.items]
    try:
        changed = with_items(text, items)
    except BlocksError as error:
        raise CatalogError((), (Mistake(hall_file.name, None, str(error)),)) from error
    changed_data = (codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b"") + changed.encode()
    # What is written is what will be read: the whole file, once more.
    plan = parse_plan(changed_data, hall_file.name)
    invariant([item.id for item in plan.items] == [item["id"] for item in items], "items differ")
    return _change(data, changed_data, root.get("item", []), items)


def _ordered(item: Mapping[str, Any]) -> dict[str, Any]:
    """Write an item's keys in the order of a hall file; without materials there is no such key."""
    keys = ("id", "name", "steps", *(("materials",) if item["materials"] else ()))
    return {key: item[key] for key in keys}


def _change(
    before_data: bytes, data: bytes, before: Sequence[Any], items: Sequence[Mapping[str, Any]]
) -> Change:
    old = {str(item.get("id")): item for item in before}
    new = {item["id"]: item for item in items}
    kept = [name for name in new if name in old]
    return Change(
        data,
        new=tuple(name for name in new if name not in old),
        changed=tuple(name for name in kept if new[name] != old[name]),
        removed=tuple(name for name in old if name not in new),
        unchanged=tuple(name for name in kept if new[name] == old[name]),
        is_nothing=data == before_data,
    )


class _CatalogReport(Report):
    """Puts the mistakes of items where they stand in the workbook."""

    def __init__(self, lines: LineIndex, catalogue: Catalogue) -> None:
        super().__init__(lines)
        self._catalogue = catalogue
        # One mistake a cell: what is wrong in itself is not also missing.
        self._said = {(each.sheet, each.row, each.column) for each in catalogue.mistakes}

    def add(self, at: Place, text: str, hint: str | None = None) -> Wrong:
        if at[:1] != ("item",):
            return super().add(at, text, hint)
        where = self._catalogue.where(at)
        if self._catalogue.has_strays and at[2:] == ("steps",):
            return WRONG  # its steps are there, but not under its name
        if (where.sheet, where.row, where.column) not in self._said:
            self._catalogue.mistakes.append(where.mistake(text, hint))
        return WRONG

    def where(self, at: Place) -> str:
        if at[:1] != ("item",):
            return super().where(at)
        return f"row {self._catalogue.where(at).row}"


def _check(catalogue: Catalogue, root: Mapping[str, object], lines: LineIndex) -> None:
    """Check the hall file as it would be with these items. Raises CatalogError when the workbook
    is right and the hall file is not."""
    would_be = {key: value for key, value in root.items() if key != "item"}
    if catalogue.items:
        would_be["item"] = catalogue.items
    report = _CatalogReport(lines, catalogue)
    check_tables(would_be, report)
    if report.mistakes and not catalogue.mistakes:
        raise CatalogError((), in_order(report.mistakes))


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file by another one, whole or not at all. Raises OSError."""
    path = path.resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), path.stat().st_mode & 0o7777 if path.exists() else 0o644)
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
