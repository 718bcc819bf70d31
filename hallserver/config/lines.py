"""Find the line of every key and value of a TOML text, which the standard parser does not tell.

The text must be valid: parse it with `tomllib` first. A place is the way to a value, table by
table: `("counter", 11, "services", 1)` is the second service of the twelfth `[[counter]]`.
Written after the grammar of TOML 1.0 (https://toml.io/en/v1.0.0).
"""

import re
import tomllib
from bisect import bisect_right

Place = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]+")
# Three to five quotes close a multi-line string: up to two of them belong to the text.
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)


class LineIndex:
    """Where each place of a TOML text begins. Lines count from 1."""

    def __init__(self, lines: dict[Place, int], ends: dict[Place, int] | None = None) -> None:
        self._lines = lines
        self._ends = ends or {}

    def line_of(self, place: Place) -> int | None:
        """Return the line of a place; of a missing one, the line of what it is missing from."""
        for length in range(len(place), 0, -1):
            line = self._lines.get(place[:length])
            if line is not None:
                return line
        return None

    def last_line_of(self, block: Place) -> int | None:
        """Return the last line with a key or value of a block, sub-tables included.

        Comments and empty lines behind it do not count. None for what is no block of its own.
        """
        ends = [end for place, end in self._ends.items() if place[: len(block)] == block]
        return max(ends, default=None)


def index_lines(valid_text: str) -> LineIndex:
    """Index a TOML text that `tomllib` accepts."""
    scanner = _Scanner(valid_text.replace("\r\n", "\n"))
    scanner.scan()
    return LineIndex(scanner.lines, scanner.ends)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self.ends: dict[Place, int] = {}
        self._text = text
        self._pos = 0
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._elements: dict[Place, int] = {}

    def scan(self) -> None:
        table: Place = ()
        while True:
            self._skip(_BLANK)
            if self._pos >= len(self._text):
                return
            start = self._pos
            if self._text[start] == "[":
                table = self._header(start)
            else:
                self._pair(table)
            self.ends[table] = bisect_right(self._line_starts, self._pos - 1)

    def _header(self, start: int) -> Place:
        is_element = self._text.startswith("[[", start)
        self._pos += 2 if is_element else 1
        *parents, last = self._key()
        self._pos += 2 if is_element else 1
        place: Place = ()
        for part in parents:
            place = self._newest((*place, part))
        place = (*place, last)
        if is_element:
            self._record(place, start)
            self._elements[place] = self._elements.get(place, -1) + 1
        place = self._newest(place)
        self._record(place, start)
        return place

    def _newest(self, place: Place) -> Place:
        """Point to the newest element when the place is an array of tables."""
        element = self._elements.get(place)
        return place if element is None else (*place, element)

    def _pair(self, table: Place) -> None:
        start = self._pos
        place = table
        for part in self._key():
            place = (*place, part)
            self._record(place, start)
        self._pos += 1  # the equals sign
        self._skip(_SPACE)
        self._value(place)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            if self._text[self._pos] in "\"'":
                parts.append(tomllib.loads(f"key = {self._skip(_STRING)}")["key"])
            else:
                parts.append(self._skip(_BARE_KEY))
            self._skip(_SPACE)
            if self._text[self._pos] != ".":
                return parts
            self._pos += 1

    def _value(self, place: Place) -> None:
        self._record(place, self._pos)
        opening = self._text[self._pos]
        if opening == "[":
            self._array(place)
        elif opening == "{":
            self._inline_table(place)
        else:
            self._skip(_STRING if opening in "\"'" else _SCALAR)

    def _array(self, place: Place) -> None:
        self._pos += 1
        element = 0
        while True:
            self._skip(_BLANK)
            if self._text[self._pos] == "]":
                self._pos += 1
                return
            self._value((*place, element))
            element += 1
            self._skip_comma()

    def _inline_table(self, place: Place) -> None:
        self._pos += 1
        while True:
            self._skip(_BLANK)
            if self._text[self._pos] == "}":
                self._pos += 1
                return
            self._pair(place)
            self._skip_comma()

    def _skip_comma(self) -> None:
        self._skip(_BLANK)
        if self._text[self._pos] == ",":
            self._pos += 1

    def _record(self, place: Place, position: int) -> None:
        self.lines.setdefault(place, bisect_right(self._line_starts, position))

    def _skip(self, pattern: re.Pattern[str]) -> str:
        """Step over what the pattern matches and return it."""
        match = pattern.match(self._text, self._pos)
        if match is None:
            raise ValueError(f"not valid TOML at character {self._pos}")
        self._pos = match.end()
        return match[0]
