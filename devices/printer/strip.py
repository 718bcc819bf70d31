"""A strip of paper: things placed on it, and the drawing of them. Knows nothing of tickets."""

from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from devices.printer.fonts import Weight
from devices.printer.typeset import Fitted, baseline, runs_of, width_of

MARGIN = 20
QUIET_MODULES = 4  # ISO/IEC 18004, 6.3.8

INK, PAPER = 0, 255
# Grey edges of the glyphs become ink below this: a little more than half, since thermal paper
# loses hairlines.
THRESHOLD = 150

Box = tuple[int, int, int, int]  # left, top, right, bottom; right and bottom are outside


@dataclass(frozen=True)
class Block:
    """A named piece of the ticket and the box that it has to itself."""

    name: str
    box: Box


@dataclass(frozen=True)
class Text:
    """One line of text; `left` and `baseline` in dots, `ink` INK or PAPER."""

    left: float
    baseline: int
    text: str
    weight: Weight
    size: int
    ink: int


@dataclass(frozen=True)
class Panel:
    """A frame or a filled area with round corners."""

    box: Box
    radius: int
    line_dots: int
    fill: int | None = None
    corners: tuple[bool, bool, bool, bool] = (True, True, True, True)


@dataclass(frozen=True)
class Dashes:
    """A dashed rule across the paper."""

    top: int
    left: int
    right: int


@dataclass(frozen=True)
class Arrow:
    """A round sign that points right."""

    box: Box


@dataclass(frozen=True)
class Qr:
    """A QR code; `left` and `top` are those of its quiet zone, `module` in dots."""

    left: int
    top: int
    module: int
    modules: Image.Image


Item = Text | Panel | Dashes | Arrow | Qr


@dataclass
class Strip:
    """A strip of paper on which things have been placed; it grows downwards.

    Each piece of text has a named block: the box that it has to itself.
    """

    width: int
    height: int = 0
    blocks: list[Block] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    @property
    def column(self) -> int:
        """Width between the margins."""
        return self.width - 2 * MARGIN

    def skip(self, dots: int) -> None:
        """Leave white."""
        self.height += dots

    def lines(
        self, name: str, fitted: Fitted, weight: Weight, *, box_left: int, box_width: int
    ) -> None:
        """Place lines in the middle of a column and go on below them."""
        top = self.height
        for line in fitted.lines:
            left = box_left + (box_width - width_of(line, weight, fitted.size)) / 2
            self._line(line, left, weight, fitted)
        self.blocks.append(Block(name, (box_left, top, box_left + box_width, self.height)))

    def lines_left(
        self, name: str, fitted: Fitted, weight: Weight, *, left: int, width: int
    ) -> None:
        """Place lines flush left and go on below them."""
        top = self.height
        for line in fitted.lines:
            self._line(line, left, weight, fitted)
        self.blocks.append(Block(name, (left, top, left + width, self.height)))

    def _line(self, line: str, left: float, weight: Weight, fitted: Fitted) -> None:
        base = self.height + baseline(fitted.size)
        self.items.append(Text(left, base, line, weight, fitted.size, INK))
        self.height += fitted.line_height


def inked(page: Strip) -> Image.Image:
    """Draw a strip as a picture of mode "1"."""
    image = Image.new("L", (page.width, page.height), PAPER)
    draw = ImageDraw.Draw(image)
    for item in page.items:
        _ink(image, draw, item)
    return image.point([0] * THRESHOLD + [255] * (256 - THRESHOLD), "1")


def _ink(image: Image.Image, draw: ImageDraw.ImageDraw, item: Item) -> None:
    if isinstance(item, Text):
        left = item.left
        for run in runs_of(item.text, item.weight):
            font = run.font.at(item.size)
            draw.text((left, item.baseline), run.text, fill=item.ink, font=font, anchor="ls")
            left += font.getlength(run.text)
    elif isinstance(item, Panel):
        left_, top, right, bottom = item.box
        draw.rounded_rectangle(
            (left_, top, right - 1, bottom - 1),
            item.radius,
            fill=item.fill,
            outline=INK if item.line_dots else None,
            width=item.line_dots,
            corners=item.corners,
        )
    elif isinstance(item, Dashes):
        for x in range(item.left, item.right, 16):
            draw.rectangle((x, item.top, min(x + 8, item.right) - 1, item.top + 1), fill=INK)
    elif isinstance(item, Arrow):
        _draw_arrow(draw, item.box)
    else:
        side = item.modules.width * item.module
        grown = item.modules.resize((side, side), Image.Resampling.NEAREST)
        quiet = QUIET_MODULES * item.module
        image.paste(grown, (item.left + quiet, item.top + quiet))


def _draw_arrow(draw: ImageDraw.ImageDraw, box: Box) -> None:
    left, top, right, bottom = box
    draw.ellipse((left, top, right - 1, bottom - 1), fill=INK)
    middle = (top + bottom) // 2
    draw.line((left + 10, middle, right - 13, middle), fill=PAPER, width=5)
    head = [(right - 21, middle - 10), (right - 9, middle), (right - 21, middle + 10)]
    draw.line(head, fill=PAPER, width=5, joint="curve")
