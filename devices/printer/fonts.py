"""The fonts that tickets are drawn with, and what to do when one lacks a hanzi.

What Noto Sans CJK lacks is looked for in the other installed fonts. A character that no font has
is drawn as a geta mark, the printer's sign for a missing sort, never as an empty box.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from PIL import ImageFont

GETA = "〓"  # U+3013
FONT_QUERY_TIMEOUT_S = 3.0

_NO_GLYPH = "\U0010ffff"  # a noncharacter: no font maps it, so its picture is the font's .notdef
_PROBE_SIZE = 24


class FontMissing(Exception):  # noqa: N818 (a state of the machine, said as one)
    """No usable CJK font is installed: a mistake of the installation, not of a device."""


@unique
class Weight(StrEnum):
    """The two weights in use."""

    REGULAR = "Regular"
    BOLD = "Bold"


@dataclass(frozen=True)
class FontFile:
    """One face of one font file."""

    path: str
    index: int = 0

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """Open at `size` dots per em; opened once and kept."""
        return _open(self.path, self.index, size)


# Debian's fonts-noto-cjk; in this collection Simplified Chinese is face 2.
KNOWN_DIRECTORIES = (
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/noto-cjk",
    "/usr/local/share/fonts/noto",
)
_SC_INDEX = 2

FontQuery = Callable[[str, str], list[FontFile]]
"""Asks a fontconfig program about a pattern."""


@functools.lru_cache(maxsize=128)
def _open(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.BASIC)


@functools.lru_cache(maxsize=8)
def main_font(weight: Weight) -> FontFile:
    """Find Noto Sans CJK SC in `weight`. Raises `FontMissing` with what to install."""
    return find_main_font(weight, KNOWN_DIRECTORIES, _ask_fontconfig)


def find_main_font(
    weight: Weight, directories: Sequence[str], ask_fontconfig: FontQuery
) -> FontFile:
    """Look in the known places, then ask fontconfig. Raises `FontMissing`."""
    for directory in directories:
        path = f"{directory}/NotoSansCJK-{weight}.ttc"
        if os.path.exists(path):
            return FontFile(path, _SC_INDEX)
    found = ask_fontconfig("fc-match", f"Noto Sans CJK SC:{weight.lower()}")
    if found and has_glyph(found[0], "务"):  # fc-match answers with something always
        return found[0]
    raise FontMissing(
        "no CJK font for tickets: install Noto Sans CJK (Debian package fonts-noto-cjk)"
    )


@functools.lru_cache(maxsize=8192)
def font_for(char: str, weight: Weight) -> FontFile | None:
    """Return a font that has `char`: the main one where possible; None if no font has it."""
    main = main_font(weight)
    if has_glyph(main, char):
        return main
    for font in _ask_fontconfig("fc-list", f":charset={ord(char):x}"):
        if font.path.endswith((".ttf", ".ttc", ".otf")) and _has_scalable_glyph(font, char):
            return font
    return None


def _has_scalable_glyph(font: FontFile, char: str) -> bool:
    try:
        return has_glyph(font, char)
    except OSError:  # a font of fixed pictures, such as colour emoji, opens at one size only
        return False


def has_glyph(font: FontFile, char: str) -> bool:
    """Say whether `font` draws `char` as something else than its sign for a missing glyph."""
    opened = font.at(_PROBE_SIZE)
    glyph, missing = opened.getmask(char), opened.getmask(_NO_GLYPH)
    return glyph.size != missing.size or bytes(glyph) != bytes(missing)


def _ask_fontconfig(program: str, pattern: str) -> list[FontFile]:
    path = shutil.which(program)
    if path is None:
        return []
    command = [path, "-f", "%{file}\t%{index}\n", pattern]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=FONT_QUERY_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    fonts = []
    for line in sorted(answer.stdout.splitlines()):
        file, _, index = line.partition("\t")
        # fontconfig puts the named instance of a variable font into the upper 16 bits.
        if file and index.isdecimal() and int(index) < 1 << 16:
            fonts.append(FontFile(file, int(index)))
    return fonts
