"""Simulated paper: rows of dots below the head, slips behind the knife."""

from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageDraw

from devices.printer.fonts import Weight, main_font

WIDTH_DOTS = 576
ROW_BYTES = WIDTH_DOTS // 8
TEXT_DOTS = 24  # a hanzi of the printer's own font; Latin letters are half as wide
LINE_DOTS = 30  # 1/6 inch, the line spacing after ESC @
_WHITE = bytes(ROW_BYTES)


@dataclass(frozen=True)
class Slip:
    """A piece of paper that has been cut off: rows of 72 bytes, 1 is ink."""

    rows: tuple[bytes, ...]

    def image(self) -> Image.Image:
        """Return the slip as a picture of mode "1"."""
        ink = b"".join(self.rows)
        paper = ink.translate(bytes(byte ^ 0xFF for byte in range(256)))
        return Image.frombytes("1", (WIDTH_DOTS, len(self.rows)), paper)

    def holds(self, image: Image.Image) -> bool:
        """Say whether the whole of `image` (mode "1") is on it, row by row, flush left.

        A row may have a few dots more than drawn: `escpos_bytes` widens a lone dot here and
        there, to keep real-time commands out of the picture.
        """
        return self.holds_rows(rows_of(image))

    def holds_rows(self, wanted: tuple[bytes, ...]) -> bool:
        """Do the same for rows from `rows_of`."""
        span = len(wanted)
        return any(
            all(map(_is_same_or_widened, self.rows[top : top + span], wanted))
            for top in range(len(self.rows) - span + 1)
        )


MAX_WIDENED_DOTS = 3


def _is_same_or_widened(printed: bytes, wanted: bytes) -> bool:
    if printed == wanted:
        return True
    a, b = int.from_bytes(printed), int.from_bytes(wanted)
    return a & b == b and (a ^ b).bit_count() <= MAX_WIDENED_DOTS


def rows_of(image: Image.Image) -> tuple[bytes, ...]:
    """Return the rows of a picture of mode "1" as the printer would put them on paper."""
    wide = Image.new("1", (WIDTH_DOTS, image.height), 1)
    wide.paste(image, (0, 0))
    ink = wide.tobytes().translate(bytes(byte ^ 0xFF for byte in range(256)))
    return tuple(ink[i : i + ROW_BYTES] for i in range(0, len(ink), ROW_BYTES))


class Paper:
    """The strip that hangs from the printer. Rows are counted over its whole life."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self.rows_printed = 0

    @property
    def hanging(self) -> tuple[bytes, ...]:
        """Rows that have been printed and not yet cut off."""
        return tuple(self._rows)

    def add(self, dots: bytes) -> None:
        """Print one row; what is wider than the paper is lost."""
        self._rows.append(dots[:ROW_BYTES].ljust(ROW_BYTES, b"\0"))
        self.rows_printed += 1

    def feed(self, count: int) -> None:
        """Move on, white."""
        self._rows.extend([_WHITE] * count)

    def cut(self) -> Slip:
        """Cut off all that hangs."""
        slip = Slip(tuple(self._rows))
        self._rows.clear()
        return slip


def text_rows(data: bytes, size: int = 0, align: int = 0) -> list[bytes]:
    """Draw one line in the printer's own font: `size` as in GS !, `align` as in ESC a."""
    text = data.decode("gb18030", errors="replace")
    font = main_font(Weight.REGULAR).at(TEXT_DOTS)
    plain = Image.new("1", (WIDTH_DOTS, LINE_DOTS), 1)
    ImageDraw.Draw(plain).text((0, 24), text, font=font, anchor="ls", fill=0)
    wide, high = (size >> 4 & 7) + 1, (size & 7) + 1
    used = min(WIDTH_DOTS, round(font.getlength(text)))
    line = plain.crop((0, 0, max(1, used), LINE_DOTS))
    line = line.resize((line.width * wide, LINE_DOTS * high), Image.Resampling.NEAREST)
    left = {1: (WIDTH_DOTS - line.width) // 2, 2: WIDTH_DOTS - line.width}.get(align, 0)
    page = Image.new("1", (WIDTH_DOTS, line.height), 1)
    page.paste(line, (max(0, left), 0))
    return list(rows_of(page))


_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


def read_qr(image: Image.Image) -> str | None:
    """Read the QR code on a slip; None if there is none that can be read."""
    found = zxingcpp.read_barcodes(image.convert("L"), formats=_QR)
    return str(found[0].text) if found else None
