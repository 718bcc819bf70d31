"""Millimetres to pixels: what a person touches and reads has a size in the world, not in pixels."""

from dataclasses import dataclass

MM_PER_INCH = 25.4

HANZI_HEIGHT_EM = 0.92
"""Height of a hanzi in Noto Sans CJK as a part of its em (the pixel size of a font)."""

DIGIT_HEIGHT_EM = 0.733
"""Height of a digit or capital in Noto Sans CJK as a part of its em."""

MIN_TOUCH_MM = 20.0
ELDER_TOUCH_MM = 30.0
MIN_TEXT_MM = 7.25

SMALL_PANEL_MM = 330.0
"""Panels with a shorter diagonal (13 inches) are held at arm's length and use the small scale."""


@dataclass(frozen=True)
class Panel:
    """A screen as it stands in the hall: pixels and millimetres, both upright as mounted."""

    width_px: int
    height_px: int
    width_mm: float
    height_mm: float

    @property
    def px_per_mm(self) -> float:
        """Pixels per millimetre, the smaller of both directions."""
        return min(self.width_px / self.width_mm, self.height_px / self.height_mm)

    @property
    def diagonal_mm(self) -> float:
        """Length of the diagonal in mm."""
        return float((self.width_mm**2 + self.height_mm**2) ** 0.5)


def panel_of_inches(width_px: int, height_px: int, diagonal_in: float) -> Panel:
    """Describe a panel with square pixels by its diagonal in inches."""
    mm_per_px = diagonal_in * MM_PER_INCH / (width_px**2 + height_px**2) ** 0.5
    return Panel(width_px, height_px, width_px * mm_per_px, height_px * mm_per_px)


KIOSK_PANEL = panel_of_inches(1080, 1920, 21.5)
PAD_PANEL = panel_of_inches(1280, 800, 10.1)
WIDE_PANEL = panel_of_inches(1920, 1080, 55)
TALL_PANEL = panel_of_inches(1080, 1920, 55)


@dataclass(frozen=True)
class TypeScale:
    """Sizes of text in mm of the em. The smallest one shows hanzi of `MIN_TEXT_MM`."""

    caption_mm: float
    body_mm: float
    lead_mm: float
    title_mm: float
    display_mm: float
    number_mm: float


LARGE_SCALE = TypeScale(8.0, 10.0, 13.0, 17.0, 26.0, 46.0)
SMALL_SCALE = TypeScale(7.9, 7.9, 9.0, 11.5, 16.0, 26.0)


@dataclass(frozen=True)
class Sizes:
    """All lengths that a screen is built from, in pixels of its panel."""

    mm: float
    """Pixels per millimetre, for what has no name here."""
    touch: int
    gap: int
    space: int
    margin: int
    radius: int
    hairline: int
    text_caption: int
    text_body: int
    text_lead: int
    text_title: int
    text_display: int
    text_number: int


def sizes_for(panel: Panel, *, is_elder: bool = False, text_scale: float = 1.0) -> Sizes:
    """Lay the scales onto a panel. `text_scale` enlarges text only, 1.0 to 2.0.

    Raises ValueError outside that range: text never gets smaller than `MIN_TEXT_MM`.
    """
    if not 1.0 <= text_scale <= 2.0:
        raise ValueError(f"text scale {text_scale} is not within 1.0 to 2.0")
    scale = SMALL_SCALE if panel.diagonal_mm < SMALL_PANEL_MM else LARGE_SCALE
    mm = panel.px_per_mm

    def length(of_mm: float) -> int:
        return max(1, -int(-of_mm * mm // 1))  # round up: a target is never below its minimum

    def text(of_mm: float) -> int:
        return length(of_mm * text_scale)

    is_small = scale is SMALL_SCALE
    return Sizes(
        mm=mm,
        touch=length(ELDER_TOUCH_MM if is_elder else MIN_TOUCH_MM),
        gap=length(2.5 if is_small else 4.0),
        space=length(4.0 if is_small else 8.0),
        margin=length(6.0 if is_small else 12.0),
        radius=length(2.5 if is_small else 4.0),
        hairline=length(0.3),
        text_caption=text(scale.caption_mm),
        text_body=text(scale.body_mm),
        text_lead=text(scale.lead_mm),
        text_title=text(scale.title_mm),
        text_display=text(scale.display_mm),
        text_number=text(scale.number_mm),
    )


def em_px_for_digits(panel: Panel, height_mm: float) -> int:
    """Return the pixel size of a font whose digits stand at least `height_mm` high on a panel."""
    return max(1, -int(-height_mm * panel.px_per_mm / DIGIT_HEIGHT_EM // 1))


def em_px_for_hanzi(panel: Panel, height_mm: float) -> int:
    """Return the pixel size of a font whose hanzi stand at least `height_mm` high on a panel."""
    return max(1, -int(-height_mm * panel.px_per_mm / HANZI_HEIGHT_EM // 1))
