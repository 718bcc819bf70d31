"""How large a call has to be to be read from the last row of seats, and how many then fit. Pure."""

from dataclasses import dataclass

from ui.kit.sizes import DIGIT_HEIGHT_EM, HANZI_HEIGHT_EM, Panel

CALL_PER_DISTANCE = 1 / 100
"""A called number stands at least this part of the viewing distance high."""

HISTORY_PER_DISTANCE = 1 / 200

MAX_LARGE = 3
MAX_LISTED = 10
MIN_LISTED = 3

LARGE_ROW_EM = 1.2
"""Height of a large call in parts of its number's em, before the words below the counter."""

LIST_ROW_EM = 1.30
PORTRAIT_COUNTER_AT = 0.5
"""Where the counters of the list end on an upright panel, as a part of its width."""

MAX_STRETCH = 1.25
"""Rows of the list may grow by this much to fill the screen."""

NUMBER_WIDTH_EM = 3.62
"""The widest five characters, WW888 in bold; longer numbers are set smaller."""

ARROW_EM = 0.7
COUNTER_WIDTH_EM = 1.2
"""Two bold digits."""

WORDS_WIDTH_EM = 4.8
"""What stands below a counter's number, as "综合窗口", or "请上2楼" with its arrow."""

LIST_NUMBER_WIDTH_EM = 3.65
"""The same in parts of the list's em."""

STATUS_WIDTH_EM = 2.65
"""What became of a call, as "办理中"."""


class PanelTooSmallError(ValueError):
    """The panel cannot show a call large enough for the viewing distance; the text says which."""


@dataclass(frozen=True)
class BoardLayout:
    """Lengths in pixels and how many calls fit: `large` ones above or left, `listed` ones after."""

    is_portrait: bool
    large: int
    listed: int
    number_em: int
    words_em: int
    list_em: int
    list_words_em: int
    head_height: int
    list_head_height: int
    list_row_height: int
    large_row_height: int
    number_width: int
    list_width: int
    list_number_width: int
    list_counter_width: int
    list_counter_right: int
    margin: int
    gap: int
    radius: int


def _up(length: float) -> int:
    return -int(-length // 1)


def farthest_m(panel: Panel) -> float:
    """Return the distance from which this panel can be read, in whole metres."""
    distance = 1
    while distance < 100 and _fits(_measure(panel, distance + 1), panel):
        distance += 1
    return distance


def plan_board(panel: Panel, viewing_m: float) -> BoardLayout:
    """Lay out a board for people as far away as `viewing_m`. Raises PanelTooSmallError."""
    layout = _measure(panel, viewing_m)
    if not _fits(layout, panel):
        raise PanelTooSmallError(
            f"a panel of {panel.width_mm:.0f} by {panel.height_mm:.0f} mm cannot be read from "
            f"{viewing_m:g} m, from {farthest_m(panel):g} m it can"
        )
    return layout


def _measure(panel: Panel, viewing_m: float) -> BoardLayout:
    mm = panel.px_per_mm
    distance_mm = viewing_m * 1000
    is_portrait = panel.height_px > panel.width_px
    number_em = _up(distance_mm * CALL_PER_DISTANCE / DIGIT_HEIGHT_EM * mm)
    list_em = _up(distance_mm * HISTORY_PER_DISTANCE / DIGIT_HEIGHT_EM * mm)
    small_em = _up(distance_mm * HISTORY_PER_DISTANCE / HANZI_HEIGHT_EM * mm)
    margin = round(min(panel.width_px, panel.height_px) * 0.035)
    gap = round(margin * 0.55)
    head_height = round(small_em * 1.9)
    list_head_height = round(small_em * 1.5)
    list_row_height = round(list_em * LIST_ROW_EM)
    room = panel.height_px - head_height - margin * 2
    large_row = round(number_em * LARGE_ROW_EM + small_em)
    list_numbers = (LIST_NUMBER_WIDTH_EM + COUNTER_WIDTH_EM) * list_em
    if is_portrait:
        wanted = list_head_height + list_row_height * MIN_LISTED + gap
        large = min(MAX_LARGE, max(0, (room - wanted)) // (large_row + gap))
        list_room = room - large * (large_row + gap) - list_head_height
    else:
        large = min(MAX_LARGE, (room + gap) // (large_row + gap))
        list_room = room - list_head_height
    listed = min(MAX_LISTED, max(0, list_room) // list_row_height)
    if listed:
        list_row_height = min(list_room // listed, round(list_row_height * MAX_STRETCH))
    counter_right = gap + list_numbers
    if is_portrait:
        counter_right = max(counter_right, panel.width_px * PORTRAIT_COUNTER_AT)
    return BoardLayout(
        is_portrait=is_portrait,
        large=large,
        listed=listed,
        number_em=number_em,
        words_em=small_em,
        list_em=list_em,
        list_words_em=small_em,
        head_height=head_height,
        list_head_height=list_head_height,
        list_row_height=list_row_height,
        large_row_height=large_row,
        number_width=round(number_em * NUMBER_WIDTH_EM),
        list_width=round(list_numbers + STATUS_WIDTH_EM * small_em + gap * 3),
        list_number_width=round(list_em * LIST_NUMBER_WIDTH_EM),
        list_counter_width=round(list_em * COUNTER_WIDTH_EM),
        list_counter_right=round(counter_right),
        margin=margin,
        gap=gap,
        radius=round(gap * 0.8),
    )


def _fits(layout: BoardLayout, panel: Panel) -> bool:
    """One call and a short list have to fit, in height and in width."""
    room = panel.width_px - layout.margin * 2
    if layout.is_portrait:
        is_wide_enough = max(large_width_px(layout), layout.list_width) <= room
    else:
        is_wide_enough = large_width_px(layout) + layout.gap + layout.list_width <= room
    return is_wide_enough and layout.large >= 1 and layout.listed >= MIN_LISTED


def large_width_px(layout: BoardLayout) -> int:
    """Return how wide a large call is at least: number, arrow, counter, words below it."""
    counter = max(
        COUNTER_WIDTH_EM * layout.number_em + 1.1 * layout.words_em,
        WORDS_WIDTH_EM * layout.words_em,
    )
    return round((NUMBER_WIDTH_EM + ARROW_EM) * layout.number_em + counter + layout.gap * 3)
