"""The look of the terminal's widgets: colours as QSS and sizes of type, from the kit's tokens."""

from dataclasses import dataclass
from enum import Enum

from ui.kit.tokens import FONT_FAMILY, Palette

FONT_FAMILIES = (FONT_FAMILY, "Microsoft YaHei", "PingFang SC")
"""The hall's own face first; then what a clerk's computer has, if it is not installed there."""

DESIGN_WIDTH, DESIGN_HEIGHT = 960, 600
"""The size at which the numbers below are pixels."""
MIN_WIDTH, MIN_HEIGHT = 640, 420
MIN_UNIT, MAX_UNIT = 0.6, 2.2

TONED = ("link", "state", "said", "banner")
"""Object names of what takes a tone."""


class Role(Enum):
    """What a text is for: its size in px at the design size, the least size, and the weight."""

    NUMBER = (150, 72, 700)
    COUNT = (72, 44, 700)
    TITLE = (27, 18, 700)
    SERVICE = (30, 20, 500)
    SENTENCE = (25, 17, 500)
    KEY = (25, 17, 700)
    BODY = (19, 14, 400)
    STRONG = (19, 14, 700)
    CLOCK = (34, 22, 500)
    CAPTION = (14, 12, 400)

    @property
    def weight(self) -> int:
        """100 to 900, as QFont counts."""
        return int(self.value[2])


@dataclass(frozen=True)
class Scale:
    """How large everything is drawn; 1.0 at the design size."""

    unit: float

    def px(self, design_px: float) -> int:
        """Scale a length."""
        return max(1, round(design_px * self.unit))

    def type_px(self, role: Role) -> int:
        """Scale a text, never below what can be read at arm's length."""
        return max(int(role.value[1]), round(role.value[0] * self.unit))


def scale_for(width: int, height: int) -> Scale:
    """Choose the scale that fits a window, in steps that keep resizing smooth."""
    unit = min(width / DESIGN_WIDTH, height / DESIGN_HEIGHT)
    return Scale(round(min(MAX_UNIT, max(MIN_UNIT, unit)) * 20) / 20)


def tones(palette: Palette) -> dict[str, tuple[str, str]]:
    """Name the ground and the ink of every tone; all are pairs that the kit has checked."""
    return {
        "calm": (palette.sunken, palette.ink),
        "ok": (palette.ok_soft, palette.ok),
        "accent": (palette.accent_soft, palette.accent_ink),
        "warn": (palette.warn_soft, palette.warn),
        "alert": (palette.alert_soft, palette.alert),
    }


def style_sheet(palette: Palette, scale: Scale) -> str:
    """Write the QSS of the whole window."""
    p, px = palette, scale.px
    tone_rules = "\n".join(
        f'#{name}[tone="{tone}"] {{ background: {ground}; color: {ink}; }}\n'
        f'#{name}[tone="{tone}"] QLabel {{ color: {ink}; }}'
        for tone, (ground, ink) in tones(palette).items()
        for name in TONED
    )
    line = max(1, px(1.4))
    return f"""
QWidget {{ color: {p.ink}; }}
#window {{ background: {p.ground}; }}
QLabel {{ background: transparent; }}
[ink="soft"] {{ color: {p.ink_soft}; }}

#header {{ background: {p.accent}; }}
#header QLabel {{ color: {p.on_accent}; }}
#link {{ border-radius: {px(8)}px; padding: {px(5)}px {px(14)}px; }}
#banner {{ border: {line}px solid {p.alert}; }}

[card="true"] {{
    background: {p.surface}; border: {line}px solid {p.line}; border-radius: {px(12)}px;
}}
[card="true"][ring="true"] {{ border: {px(4)}px solid {p.star}; }}
[card="true"][stale="true"] {{ background: {p.sunken}; }}
[card="true"][stale="true"] QLabel {{ color: {p.ink_soft}; }}
#number {{ color: {p.accent_ink}; }}
[empty="true"] #number {{ color: {p.line}; }}
[stale="true"] #number {{ color: {p.star_empty}; }}
#state {{ border-radius: {px(8)}px; padding: {px(4)}px {px(14)}px; }}
#nextNumber {{
    background: {p.accent_soft}; color: {p.accent_ink};
    border-radius: {px(7)}px; padding: {px(3)}px {px(10)}px;
}}
[stale="true"] #nextNumber {{ background: {p.surface}; color: {p.ink_soft}; }}
#said {{ border-radius: {px(10)}px; }}
{tone_rules}
[stale="true"] #state {{ background: {p.surface}; color: {p.ink_soft}; }}

ActButton {{
    background: {p.surface}; border: {px(2)}px solid {p.accent}; border-radius: {px(12)}px;
}}
ActButton[look="plain"]:hover {{ background: {p.accent_soft}; }}
ActButton[look="main"] {{ background: {p.accent}; }}
ActButton[look="main"]:hover {{ background: {p.accent_pressed}; border-color: {p.accent_pressed}; }}
ActButton[look="main"] QLabel {{ color: {p.on_accent}; }}
ActButton[look="off"] {{ background: {p.sunken}; border-color: {p.line}; }}
ActButton[look="off"] QLabel {{ color: {p.star_empty}; }}
ActButton[look="pending"] {{ background: {p.highlight}; border-color: {p.on_highlight}; }}
ActButton[look="pending"] QLabel {{ color: {p.on_highlight}; }}
ActButton:focus {{ border: {px(4)}px solid {p.star}; }}

#header ActButton {{ border-radius: {px(8)}px; border-color: {p.on_accent}; }}
#header ActButton[look="plain"] {{ background: {p.accent_pressed}; }}
#header ActButton[look="plain"]:hover {{ background: {p.accent}; }}
#header ActButton[look="plain"] QLabel {{ color: {p.on_accent}; }}
#header ActButton[look="off"] {{ background: {p.accent}; border-color: {p.accent_pressed}; }}
#header ActButton[look="off"] QLabel {{ color: {p.line}; }}
#header ActButton[look="pending"] {{ background: {p.highlight}; }}
#header ActButton[look="pending"] QLabel {{ color: {p.on_highlight}; }}
#header ActButton:focus {{ border-color: {p.highlight}; }}

QLineEdit {{
    background: {p.surface}; color: {p.ink}; border: {px(2)}px solid {p.line};
    border-radius: {px(8)}px; padding: 0 {px(12)}px;
    selection-background-color: {p.accent}; selection-color: {p.on_accent};
}}
QLineEdit:focus {{ border-color: {p.accent}; }}
QLineEdit:disabled {{ background: {p.sunken}; color: {p.ink_soft}; }}
"""
