"""Change the `[[item]]` blocks of a hall file and nothing else: all other bytes stay as they are.

An item that has not changed keeps its block as somebody wrote it, comments included; of one that
has changed, the keys that have changed are written anew (by tomlkit) and the others stay.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit
from tomlkit.items import AbstractTable

from hallserver.config.lines import index_lines
from hallserver.domain.invariant import invariant

Raw = Mapping[str, Any]
"""An item as a hall file has it."""


class BlocksError(Exception):
    """The hall file's items are written in a way that is not changed here; the text says which."""


@dataclass(frozen=True, slots=True)
class _Block:
    """An item in the file: its lines, from `begins` until before `ends`, counted from 0."""

    item: Raw
    begins: int
    ends: int


def with_items(text: str, items: Sequence[Raw]) -> str:
    """Return a hall file's text with these items. Raises BlocksError.

    Those that were there keep their order among themselves and their places, if the new order
    allows it; a new one stands behind the one that is in front of it.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = _lines(text)
    blocks = _blocks(text, lines)
    old = {block.item.get("id"): block for block in blocks}
    wanted = {item["id"] for item in items}
    slots = iter(block for block in blocks if block.item.get("id") in wanted)
    # What stands behind the block that begins in this line; -1 is in front of the first one.
    behind: dict[int, list[str]] = {}
    instead: dict[int, str] = {}
    last = -1
    for item in items:
        before = old.get(item["id"])
        if before is None:
            behind.setdefault(last, []).append(_made(item))
        else:
            source = _lf("".join(lines[before.begins : before.ends]))
            last = next(slots).begins
            instead[last] = _changed(source, before.item, item)
    result = _joined(lines, blocks, instead, behind, newline)
    same = {**tomllib.loads(_lf(text)), "item": [dict(item) for item in items]}
    if not items:
        del same["item"]
    invariant(tomllib.loads(_lf(result)) == same, "the hall file would have become another one")
    return result


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n")


def _lines(text: str) -> list[str]:
    """Split at line feeds alone, as the line index counts, and keep them."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


_OTHER_HEADER = re.compile(r"\s*\[(?!\[?\s*item\s*\.)")


def _blocks(text: str, lines: Sequence[str]) -> list[_Block]:
    items = tomllib.loads(_lf(text)).get("item", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BlocksError("item is no list of blocks; write [[item]]")
    index = index_lines(text)
    blocks = []
    for number, item in enumerate(items):
        first, last = index.line_of(("item", number)), index.last_line_of(("item", number))
        if first is None or last is None:
            raise BlocksError("items are written as one list; write each as a block [[item]]")
        if any(_OTHER_HEADER.match(line) for line in lines[first:last]):
            raise BlocksError("another block stands within an item; write each item in one piece")
        blocks.append(_Block(item, first - 1, last))
    return blocks


def _joined(
    lines: Sequence[str],
    blocks: Sequence[_Block],
    instead: Mapping[int, str],
    behind: Mapping[int, Sequence[str]],
    newline: str,
) -> str:
    parts: list[str] = []

    def put(text: str) -> None:
        parts.append(text.replace("\n", newline))

    position = 0
    for number, block in enumerate(blocks):
        parts += lines[position : block.begins]
        position = block.ends
        if number == 0:
            for new in behind.get(-1, ()):
                put(f"{new}\n")
        if block.begins in instead:
            put(instead[block.begins])
            for new in behind.get(block.begins, ()):
                put(f"\n{new}")
        else:
            # The empty line behind a block that goes, goes with it.
            while position < len(lines) and not lines[position].strip():
                position += 1
    parts += lines[position:]
    if not blocks:
        if parts and not parts[-1].endswith("\n"):
            put("\n")
        for new in behind.get(-1, ()):
            put(f"\n{new}" if parts else new)
    return "".join(parts)


def _changed(source: str, before: Raw, item: Raw) -> str:
    """Return a block as it stands if it says the same, else with the changed keys written anew."""
    if before == item:
        return _ended(source)
    if "\n[" in source:  # parts of it are tables of their own: what would stand where?
        return _made(item)
    document = tomlkit.parse(source)
    changing = document["item"][0]
    invariant(isinstance(changing, AbstractTable), "an item is no table")
    for key in before.keys() - item.keys():
        changing.remove(key)
    for key, value in item.items():
        if before.get(key) != value:
            changing[key] = _toml(value)
    return _ended(tomlkit.dumps(document))


def _made(item: Raw) -> str:
    table = tomlkit.table()
    for key, value in item.items():
        table.append(key, _toml(value))
    blocks = tomlkit.aot()
    blocks.append(table)
    document = tomlkit.document()
    document.append("item", blocks)
    return _ended(tomlkit.dumps(document).strip())


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _toml(value: Any) -> Any:
    """Write a value as people write it in a hall file: a list of tables line by line."""
    return tomlkit.value(_spelled(value))


def _spelled(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key} = {_spelled(each)}" for key, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        inner = "".join(f"  {_spelled(each)},\n" for each in value)
        return f"[\n{inner}]"
    return str(tomlkit.item(value).as_string())
