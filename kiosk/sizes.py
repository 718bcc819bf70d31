"""The kit's sizes for a kiosk. On a panel that is small, or lies across, height is scarce: type
gets smaller there, never below the smallest size that the kit allows. Pure.
"""

from dataclasses import replace

from ui.kit.sizes import Panel, Sizes, sizes_for

ROOMY_MM = 400.0
"""A panel of 21.5 inches, upright, is 476 mm high."""

TIGHT_MM = {
    "text_body": 8.8,
    "text_lead": 10.5,
    "text_title": 13.0,
    "text_display": 19.0,
    "text_number": 36.0,
    "gap": 3.0,
    "space": 5.0,
    "margin": 8.0,
}


def kiosk_sizes(panel: Panel) -> Sizes:
    """Lay the kit's scales onto a kiosk's panel."""
    sizes = sizes_for(panel)
    if panel.height_mm >= ROOMY_MM:
        return sizes
    smallest_px = sizes.text_caption
    px = {name: max(1, -int(-of_mm * sizes.mm // 1)) for name, of_mm in TIGHT_MM.items()}
    texts = {name: max(size, smallest_px) for name, size in px.items() if name.startswith("text")}
    return replace(sizes, **{**px, **texts})
