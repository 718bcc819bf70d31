"""The kit's tables: every colour can be read, every length can be touched, every text is there."""

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from devices.faults import FaultCode
from hallserver.protocol.bounds import MAX_TAGS
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId
from ui.callscreen import texts as callscreen_texts
from ui.kit import gallery
from ui.kit.i18n import FAULT_SENTENCES, KIT_TEXTS, STAR_WORDS, Language, fault_sentence
from ui.kit.labels import split_label
from ui.kit.rating_tags import RatingTagsError, needs_tag, parse_rating_tags
from ui.kit.sizes import (
    DIGIT_HEIGHT_EM,
    ELDER_TOUCH_MM,
    HANZI_HEIGHT_EM,
    KIOSK_PANEL,
    MIN_TEXT_MM,
    MIN_TOUCH_MM,
    PAD_PANEL,
    TALL_PANEL,
    WIDE_PANEL,
    Panel,
    em_px_for_digits,
    em_px_for_hanzi,
    panel_of_inches,
    sizes_for,
)
from ui.kit.tokens import (
    BOARD,
    DAY,
    ELDER_TEXT_CONTRAST,
    MIN_SHAPE_CONTRAST,
    MIN_TEXT_CONTRAST,
    MOTION,
    SHAPE_PAIRS,
    TEXT_PAIRS,
    Palette,
    contrast,
)
from ui.ratingpad import texts as ratingpad_texts

UI = Path(__file__).parent.parent.parent / "ui"
TAGS = (UI / "kit" / "rating_tags.toml").read_text("utf-8")
PANELS = [KIOSK_PANEL, PAD_PANEL, WIDE_PANEL, TALL_PANEL]
TABLES = {
    "kit": KIT_TEXTS,
    "callscreen": callscreen_texts.TEXTS,
    "ratingpad": ratingpad_texts.TEXTS,
    "gallery": gallery.TEXTS,
}


def test_contrast_agrees_with_the_values_that_wcag_names() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


@pytest.mark.parametrize("palette", [DAY, BOARD], ids=["day", "board"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_every_text_can_be_read_on_its_ground(palette: Palette, ink: str, ground: str) -> None:
    ratio = contrast(getattr(palette, ink), getattr(palette, ground))
    assert ratio >= MIN_TEXT_CONTRAST
    assert ratio >= ELDER_TEXT_CONTRAST


@pytest.mark.parametrize("palette", [DAY, BOARD], ids=["day", "board"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_every_shape_with_a_meaning_can_be_seen(palette: Palette, shape: str, ground: str) -> None:
    assert contrast(getattr(palette, shape), getattr(palette, ground)) >= MIN_SHAPE_CONTRAST


def test_nothing_flashes_faster_than_twice_a_second() -> None:
    assert 1000 / (2 * MOTION.flash_half_ms) <= 2


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize(("is_elder", "least_mm"), [(False, MIN_TOUCH_MM), (True, ELDER_TOUCH_MM)])
def test_a_target_is_never_below_its_millimetres(
    panel: Panel, is_elder: bool, least_mm: float
) -> None:
    assert sizes_for(panel, is_elder=is_elder).touch / panel.px_per_mm >= least_mm


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("text_scale", [1.0, 1.3, 2.0])
def test_a_hanzi_is_never_below_its_millimetres(panel: Panel, text_scale: float) -> None:
    sizes = asdict(sizes_for(panel, text_scale=text_scale))
    texts = {name: size for name, size in sizes.items() if name.startswith("text_")}
    assert len(texts) == 6
    for size in texts.values():
        assert size * HANZI_HEIGHT_EM / panel.px_per_mm >= MIN_TEXT_MM * text_scale


@pytest.mark.parametrize("text_scale", [0.9, 2.1, float("nan")])
def test_text_does_not_shrink_below_its_minimum(text_scale: float) -> None:
    with pytest.raises(ValueError, match="text scale"):
        sizes_for(KIOSK_PANEL, text_scale=text_scale)


@pytest.mark.parametrize("height_mm", [7.25, 40.0, 80.0])
def test_a_font_is_large_enough_for_a_height_in_millimetres(height_mm: float) -> None:
    for panel in PANELS:
        digits = em_px_for_digits(panel, height_mm) * DIGIT_HEIGHT_EM / panel.px_per_mm
        hanzi = em_px_for_hanzi(panel, height_mm) * HANZI_HEIGHT_EM / panel.px_per_mm
        assert height_mm <= digits < height_mm + 1.5
        assert height_mm <= hanzi < height_mm + 1.5


def test_a_panel_is_described_by_its_diagonal() -> None:
    panel = panel_of_inches(1080, 1920, 21.5)
    assert panel.width_mm == pytest.approx(267.7, abs=0.1)
    assert panel.height_mm == pytest.approx(476.0, abs=0.1)
    assert panel.diagonal_mm == pytest.approx(21.5 * 25.4)


@pytest.mark.parametrize("table", TABLES)
def test_every_text_is_there_in_both_languages(table: str) -> None:
    for key, text in TABLES[table].items():
        assert key.startswith(table + ".")
        assert text.zh.strip() == text.zh != ""
        assert text.en.strip() == text.en != ""


def test_texts_that_are_no_table_are_there_in_both_languages() -> None:
    texts = [value for value in vars(callscreen_texts).values() if isinstance(value, Text)]
    texts += [*callscreen_texts.STATUS.values(), *STAR_WORDS.values()]
    assert len(texts) >= 10
    for text in texts:
        assert text.zh
        assert text.en
        assert re.findall(r"\{\w+\}", text.zh) == re.findall(r"\{\w+\}", text.en)


def test_qml_asks_only_for_texts_that_are_there() -> None:
    known = {key for table in TABLES.values() for key in table}
    asked = set()
    for file in UI.rglob("*.qml"):
        asked |= set(re.findall(r'"((?:kit|callscreen|ratingpad|gallery)\.\w+)"', file.read_text()))
    # "kit." + modelData and "gallery.zone" + index are put together from parts.
    asked -= {"gallery.zone"}
    assert asked <= known
    assert len(asked) > 20


@pytest.mark.parametrize("code", list(FaultCode))
def test_every_fault_has_a_sentence_that_says_what_happened_and_what_to_do(code: FaultCode) -> None:
    text = FAULT_SENTENCES[code]
    assert text.zh.endswith("。")
    assert text.zh.count("。") == 2
    assert text.en.endswith(".")
    assert text.en.count(".") == 2
    assert fault_sentence(code, Language.ZH) == text.zh
    assert fault_sentence(code, Language.EN) == text.en


def test_there_is_a_word_for_each_of_the_five_levels() -> None:
    assert sorted(STAR_WORDS) == [1, 2, 3, 4, 5]
    assert len({text.zh for text in STAR_WORDS.values()}) == 5


@pytest.mark.parametrize(
    ("counter", "label", "language", "split"),
    [
        (12, Text("12号窗口", "Window 12"), Language.ZH, ("号", "窗口")),
        (23, Text("23号综合窗口", "Window 23 (comprehensive)"), Language.ZH, ("号", "综合窗口")),
        (23, Text("23号综合窗口", "Window 23 (comprehensive)"), Language.EN, ("", "Window")),
        (1, Text("12号窗口", "Window 12"), Language.ZH, ("", "12号窗口")),
        (1, Text("12号窗口", "Window 12"), Language.EN, ("", "Window 12")),
        (7, Text("导办台", "Help desk"), Language.ZH, ("", "导办台")),
    ],
)
def test_a_label_is_split_around_its_own_number_only(
    counter: int, label: Text, language: Language, split: tuple[str, str]
) -> None:
    assert split_label(CounterId(counter), label, language) == split


def test_the_table_of_reasons_has_the_official_codes() -> None:
    tags = parse_rating_tags(TAGS)
    first_codes = {1: 108, 2: 207, 3: 307, 4: 406, 5: 510}
    for stars, first in first_codes.items():
        level = tags.of(stars)
        assert [tag.code for tag in level] == [str(first + i) for i in range(8)]
        assert [tag.is_core for tag in level] == [True] * 3 + [False] * 5
        assert len(level) <= MAX_TAGS
    assert tags.of(6) == ()
    assert [stars for stars in range(1, 6) if needs_tag(stars)] == [1, 2]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda toml: toml.replace('"108"', '"109"'), "109"),
        (lambda toml: toml.replace('"108"', '"' + "9" * 17 + '"'), "length"),
        (lambda toml: toml.replace("stars = 1", "stars = 2"), "twice"),
        (lambda toml: toml.replace("stars = 1", "stars = 7"), "7"),
        (lambda toml: toml[: toml.rindex("[[level]]")], "at least one"),
        (lambda toml: toml.replace("core = true", "cored = true"), "cored"),
        (lambda toml: toml.replace("version =", "versions ="), "version"),
        (lambda toml: toml + "]", "not a table"),
        (
            lambda toml: toml.replace(
                '{ code = "115"', '{ code = "116", zh = "x", en = "x" },\n  { code = "115"'
            ),
            "more than",
        ),
    ],
)
def test_a_wrong_table_of_reasons_is_refused_with_its_mistake(change, why: str) -> None:
    changed = change(TAGS)
    assert changed != TAGS
    with pytest.raises(RatingTagsError, match=why):
        parse_rating_tags(changed)


def test_reasons_are_sorted_core_first_whatever_the_file_says() -> None:
    data = tomllib.loads(TAGS)
    level = next(level for level in data["level"] if level["stars"] == 1)
    lines = [
        f'{{ code = "{tag["code"]}", zh = "{tag["zh"]}", en = "{tag["en"]}", '
        f"core = {str(tag.get('core', False)).lower()} }},"
        for tag in reversed(level["tags"])
    ]
    head = TAGS[: TAGS.rindex("[[level]]")]
    toml = head + "[[level]]\nstars = 1\ntags = [\n" + "\n".join(lines) + "\n]\n"
    assert [tag.is_core for tag in parse_rating_tags(toml).of(1)] == [True] * 3 + [False] * 5
