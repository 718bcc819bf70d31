"""A call is as large as the distance asks, or the panel is refused."""

import pytest

from ui.callscreen.layout import (
    CALL_PER_DISTANCE,
    HISTORY_PER_DISTANCE,
    MAX_LARGE,
    MIN_LISTED,
    PanelTooSmallError,
    farthest_m,
    large_width_px,
    plan_board,
)
from ui.kit.sizes import (
    DIGIT_HEIGHT_EM,
    HANZI_HEIGHT_EM,
    TALL_PANEL,
    WIDE_PANEL,
    Panel,
    panel_of_inches,
)

PANELS = [
    WIDE_PANEL,
    TALL_PANEL,
    panel_of_inches(1920, 1080, 32),
    panel_of_inches(3840, 2160, 75),
    panel_of_inches(1280, 800, 43),
]


@pytest.mark.parametrize("panel", PANELS)
def test_up_to_the_farthest_distance_everything_is_large_enough_and_fits(panel: Panel) -> None:
    farthest = farthest_m(panel)
    assert farthest >= 3
    for viewing_m in range(1, int(farthest) + 1):
        layout = plan_board(panel, viewing_m)
        mm = panel.px_per_mm
        distance_mm = viewing_m * 1000
        assert layout.number_em * DIGIT_HEIGHT_EM / mm >= distance_mm * CALL_PER_DISTANCE
        assert layout.list_em * DIGIT_HEIGHT_EM / mm >= distance_mm * HISTORY_PER_DISTANCE
        assert layout.words_em * HANZI_HEIGHT_EM / mm >= distance_mm * HISTORY_PER_DISTANCE
        assert 1 <= layout.large <= MAX_LARGE
        assert layout.listed >= MIN_LISTED
        large = layout.large * layout.large_row_height + (layout.large - 1) * layout.gap
        listed = layout.list_head_height + layout.listed * layout.list_row_height
        used = large + layout.gap + listed if layout.is_portrait else max(large, listed)
        assert layout.head_height + layout.margin * 2 + used <= panel.height_px
        wide = large_width_px(layout) + layout.gap + layout.list_width
        if layout.is_portrait:
            wide = max(large_width_px(layout), layout.list_width)
        assert wide + layout.margin * 2 <= panel.width_px


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_that_cannot_be_read_from_there_is_refused_with_what_it_can(panel: Panel) -> None:
    farthest = farthest_m(panel)
    with pytest.raises(PanelTooSmallError, match=f"from {farthest:g} m it can"):
        plan_board(panel, farthest + 1)


def test_the_usual_panel_of_a_hall_is_read_from_eight_metres() -> None:
    layout = plan_board(WIDE_PANEL, 8)
    assert (layout.is_portrait, layout.large, layout.listed) == (False, 3, 6)
    assert plan_board(TALL_PANEL, 7).is_portrait
