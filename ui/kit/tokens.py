"""The look of the hall as values: colours, type, spacing, motion. Pure; QML is fed from here.

Colours are checked by `contrast`: WCAG 2.1 asks 4.5:1 for text, and so do the MIIT rules for
elderly people. Both palettes reach 7:1 for all text, the figure for an elder mode.
"""

from dataclasses import dataclass

MIN_TEXT_CONTRAST = 4.5
ELDER_TEXT_CONTRAST = 7.0
MIN_SHAPE_CONTRAST = 3.0
"""WCAG 2.1, 1.4.11: what is no text but has to be seen, as the outline of a star."""

FONT_FAMILY = "Noto Sans CJK SC"


@dataclass(frozen=True)
class Palette:
    """Colours by the part they play, each as `#rrggbb`."""

    ground: str
    surface: str
    sunken: str
    line: str
    ink: str
    ink_soft: str
    accent: str
    accent_pressed: str
    on_accent: str
    accent_soft: str
    accent_ink: str
    highlight: str
    on_highlight: str
    star: str
    star_empty: str
    ok: str
    ok_soft: str
    warn: str
    warn_soft: str
    alert: str
    alert_soft: str


DAY = Palette(
    ground="#f2f5f8",
    surface="#ffffff",
    sunken="#e8eef3",
    line="#cfd9e2",
    ink="#13232f",
    ink_soft="#405261",
    accent="#0b4f94",
    accent_pressed="#073a70",
    on_accent="#ffffff",
    accent_soft="#e4eef8",
    accent_ink="#0a4480",
    highlight="#ffc845",
    on_highlight="#13232f",
    star="#c77800",
    star_empty="#708292",
    ok="#0c5730",
    ok_soft="#e3f3ea",
    warn="#6b3c00",
    warn_soft="#fff2dc",
    alert="#8f1a13",
    alert_soft="#fdeae8",
)
"""What a person touches: kiosk, rating pad, clerk's terminal."""

BOARD = Palette(
    ground="#0a2239",
    surface="#11314f",
    sunken="#081b2e",
    line="#2a4c6d",
    ink="#ffffff",
    ink_soft="#bfd0e0",
    accent="#8cc4ff",
    accent_pressed="#b5d8ff",
    on_accent="#0a2239",
    accent_soft="#1a4166",
    accent_ink="#d3e8ff",
    highlight="#ffc845",
    on_highlight="#0a2239",
    star="#ffc845",
    star_empty="#8ea6bd",
    ok="#a5e6c0",
    ok_soft="#10412c",
    warn="#ffdf9e",
    warn_soft="#4a3200",
    alert="#ffd0cb",
    alert_soft="#5c1712",
)
"""What a hall full of people reads from afar: light on dark."""

TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink_soft", "ground"),
    ("ink_soft", "surface"),
    ("on_accent", "accent"),
    ("on_accent", "accent_pressed"),
    ("accent_ink", "accent_soft"),
    ("accent_ink", "surface"),
    ("accent_ink", "ground"),
    ("on_highlight", "highlight"),
    ("ok", "ok_soft"),
    ("warn", "warn_soft"),
    ("alert", "alert_soft"),
)
"""Which colour may be written on which. Components use these pairs only."""

SHAPE_PAIRS: tuple[tuple[str, str], ...] = (
    ("accent", "ground"),
    ("accent", "surface"),
    ("star", "surface"),
    ("star_empty", "surface"),
)
"""Shapes that carry meaning, on what they are drawn."""


@dataclass(frozen=True)
class Motion:
    """Durations in ms. Small: the software renderer repaints every frame on the processor."""

    fast_ms: int = 110
    slow_ms: int = 220
    flash_half_ms: int = 500
    """Half a period of the highlight: 1 Hz, where WCAG 2.3.1 and the hall's rule allow 2."""


MOTION = Motion()


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    """Compute the relative luminance (WCAG 2.1) of `#rrggbb`, 0 to 1."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def contrast(one: str, other: str) -> float:
    """Compute the contrast ratio (WCAG 2.1) of two colours, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
