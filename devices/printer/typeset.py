"""Breaking and fitting lines of mixed Chinese and Latin text. Measures; draws nothing."""

import functools
from dataclasses import dataclass

from devices.printer.fonts import GETA, FontFile, Weight, font_for, main_font

# What may not begin or end a line (GB/T 15834-2011, 5.1).
_NEVER_FIRST = frozenset("、，。．,.;:；：！？!?）】》〉」』”’)]}%％‰℃·～~–—-…")
_NEVER_LAST = frozenset("（【《〈「『“‘([{￥$第")
_PHRASE_END = frozenset(" 、，；。：,;·")
_AFTER_DIGIT = frozenset("号楼层人名位")  # "30号" is read as one
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-–'’.,:/&@_+#")


@dataclass(frozen=True)
class Run:
    """A piece of a line in one font."""

    font: FontFile
    text: str


@dataclass(frozen=True)
class Step:
    """One thing to try when fitting a text: this size, if it takes no more lines than that."""

    size: int
    max_lines: int


@dataclass(frozen=True)
class Fitted:
    """A text broken into lines, all of one size."""

    size: int
    lines: tuple[str, ...]

    @property
    def line_height(self) -> int:
        """Dots from baseline to baseline. Leaves room for descenders and for dots above."""
        return line_height(self.size)

    @property
    def height(self) -> int:
        """Dots that all lines take."""
        return self.line_height * len(self.lines)


def line_height(size: int) -> int:
    """Return the height of one line in dots."""
    return round(size * 1.26)


def baseline(size: int) -> int:
    """Dots from the top of a line to its baseline (hanzi reach 0.88 em above, 0.12 em below)."""
    return round(size * 0.98)


@functools.lru_cache(maxsize=4096)
def runs_of(text: str, weight: Weight) -> tuple[Run, ...]:
    """Split `text` by font, putting a geta mark where no font has the character."""
    runs: list[Run] = []
    for char in text:
        font = font_for(char, weight)
        shown, used = (GETA, main_font(weight)) if font is None else (char, font)
        if runs and runs[-1].font == used:
            runs[-1] = Run(used, runs[-1].text + shown)
        else:
            runs.append(Run(used, shown))
    return tuple(runs)


@functools.lru_cache(maxsize=16384)
def _advance(char: str, weight: Weight, size: int) -> float:
    return sum(run.font.at(size).getlength(run.text) for run in runs_of(char, weight))


def width_of(text: str, weight: Weight, size: int) -> float:
    """Return the width of `text` on one line, in dots."""
    return sum(_advance(char, weight, size) for char in text)


def _words(text: str) -> list[str]:
    """Split into pieces that stay whole: Latin words, single hanzi, and marks glued to them."""
    words: list[str] = []
    for char in text:
        last = words[-1] if words else ""
        glue = bool(last) and (
            (char in _LATIN and last[-1] in _LATIN)
            or (char in _NEVER_FIRST and last[-1] != " ")
            or (char in _AFTER_DIGIT and last[-1].isdigit())
            or last[-1] in _NEVER_LAST
        )
        if glue:
            words[-1] = last + char
        else:
            words.append(char)
    return words


def wrap(text: str, weight: Weight, size: int, width: float) -> list[str]:
    """Break `text` into lines of at most `width` dots. A word wider than that is broken too.

    Breaks between phrases (at a space, after a comma, before a bracket) where that costs no line.
    """
    words = _words(text)
    tight = _fill([[word] for word in words], weight, size, width)
    by_phrase = _fill(_phrases(words), weight, size, width)
    return by_phrase if len(by_phrase) <= len(tight) else tight


def _phrases(words: list[str]) -> list[list[str]]:
    phrases: list[list[str]] = []
    for word in words:
        last = phrases[-1][-1] if phrases else " "
        if word != " " and (last[-1] in _PHRASE_END or word[0] in _NEVER_LAST):
            phrases.append([word])
        elif phrases:
            phrases[-1].append(word)
        else:
            phrases.append([word])
    return phrases


def _fill(phrases: list[list[str]], weight: Weight, size: int, width: float) -> list[str]:
    """Put phrases onto lines; one that is wider than a line is filled in word by word."""
    lines = [""]

    def put(piece: str) -> None:
        if not lines[-1] and piece.isspace():
            return
        if lines[-1] and width_of((lines[-1] + piece).rstrip(), weight, size) > width:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()

    for phrase in phrases:
        whole = "".join(phrase)
        if width_of(whole.rstrip(), weight, size) <= width:
            put(whole)
        else:
            for word in phrase:
                for piece in _broken(word, weight, size, width):
                    put(piece)
    return [line.rstrip() for line in lines if line.rstrip()]


def _broken(word: str, weight: Weight, size: int, width: float) -> list[str]:
    if width_of(word, weight, size) <= width:
        return [word]
    pieces = [""]
    for char in word:
        if pieces[-1] and width_of(pieces[-1] + char, weight, size) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces


def fit(text: str, weight: Weight, steps: tuple[Step, ...], width: float) -> Fitted:
    """Take the first step whose size needs few enough lines; else the last size, all its lines.

    Nothing is ever cut off. Lines are evened out, so that none holds one lone character.
    """
    for step in steps:
        lines = wrap(text, weight, step.size, width)
        if len(lines) <= step.max_lines:
            break
    return Fitted(step.size, tuple(_evened(text, weight, step.size, width, lines)))


def _evened(text: str, weight: Weight, size: int, width: float, lines: list[str]) -> list[str]:
    """Find the narrowest column that needs no more lines than the widest one."""
    if len(lines) < 2:
        return lines
    low, high = width / 2, width
    while high - low > size / 4:
        middle = (low + high) / 2
        if len(wrap(text, weight, size, middle)) <= len(lines):
            high = middle
        else:
            low = middle
    return wrap(text, weight, size, high)
