"""What a ticket looks like, as far as boxes and dots can tell."""

import dataclasses
import time

import pytest
from PIL import Image, ImageChops

from devices.printer.face import MAX_TEXT_CHARS, TicketFace, TicketLanguage, one_line
from devices.printer.fonts import (
    GETA,
    FontMissing,
    Weight,
    find_main_font,
    font_for,
    has_glyph,
    main_font,
)
from devices.printer.layout import PAPER_WIDTH_DOTS, compose, draw_ticket, draw_void_strip
from devices.printer.strip import Strip, Text, inked
from devices.printer.typeset import Step, fit, runs_of, width_of, wrap
from tests.helpers.printer_faces import english_face, long_face, plain_face, short_face

FACES = {
    "plain": plain_face(),
    "long": long_face(),
    "english": english_face(),
    "short": short_face(),
}


def overlaps(page: Strip) -> list[tuple[str, str]]:
    found = []
    for i, a in enumerate(page.blocks):
        for b in page.blocks[i + 1 :]:
            is_beside = a.box[2] <= b.box[0] or b.box[2] <= a.box[0]
            is_below = a.box[3] <= b.box[1] or b.box[3] <= a.box[1]
            if not (is_beside or is_below):
                found.append((a.name, b.name))
    return found


def ink_outside_blocks(page: Strip) -> int:
    """Draw only the texts, wipe every block, and count what is left."""
    texts = [dataclasses.replace(i, ink=0) for i in page.items if isinstance(i, Text)]
    image = inked(Strip(page.width, page.height, items=list(texts)))
    for block in page.blocks:
        image.paste(1, block.box)
    return image.histogram()[0]


@pytest.mark.parametrize("name", FACES)
def test_no_block_touches_another_and_all_are_on_the_paper(name: str):
    page = compose(FACES[name])
    assert overlaps(page) == []
    for block in page.blocks:
        left, top, right, bottom = block.box
        assert 0 <= left < right <= PAPER_WIDTH_DOTS, block
        assert 0 <= top < bottom <= page.height, block


@pytest.mark.parametrize("name", FACES)
def test_every_dot_of_text_lies_inside_its_block(name: str):
    assert ink_outside_blocks(compose(FACES[name])) == 0


@pytest.mark.parametrize("name", FACES)
def test_every_text_of_the_face_is_on_the_ticket(name: str):
    face = FACES[name]
    page = compose(face)
    printed = "".join(item.text for item in page.items if isinstance(item, Text)).replace(" ", "")
    for text in (
        face.hall_title,
        face.zone,
        face.department,
        face.service_zh,
        face.service_en,
        face.number,
        face.issued_text,
        face.hint,
        face.missed_call_rule,
        face.note,
        *face.where_lines,
    ):
        assert text.replace(" ", "") in printed
    if face.people_ahead:
        assert str(face.people_ahead) in printed


@pytest.mark.parametrize("name", FACES)
def test_tickets_stay_short(name: str):
    image = draw_ticket(FACES[name])
    assert image.mode == "1"
    assert image.width == PAPER_WIDTH_DOTS
    assert 500 < image.height <= 1000


def test_an_ordinary_ticket_is_at_most_nine_hundred_dots_long():
    assert draw_ticket(plain_face()).height <= 900


def test_the_number_is_the_largest_thing_on_the_ticket():
    for face in FACES.values():
        texts = [item for item in compose(face).items if isinstance(item, Text)]
        largest = max(texts, key=lambda item: item.size)
        assert largest.text == face.number
        assert largest.size >= 100


def test_the_longest_allowed_texts_are_all_there_and_nothing_overlaps():
    text = "企业变更登记" * (MAX_TEXT_CHARS // 6)
    face = dataclasses.replace(
        long_face(),
        hall_title=text,
        zone=text,
        department=text,
        service_zh=text,
        service_en="registration " * (MAX_TEXT_CHARS // 13),
        where_lines=(text,) * 4,
        hint=text,
        missed_call_rule=text,
        note=text,
        number="综ABCDE1001"[:10],
        qr_text="x" * 213,
    )
    page = compose(face)
    assert overlaps(page) == []
    assert ink_outside_blocks(page) == 0


def test_a_word_wider_than_the_paper_is_broken_not_clipped():
    face = dataclasses.replace(plain_face(), service_zh="W" * 100, where_lines=("M" * 90,))
    page = compose(face)
    for item in page.items:
        if isinstance(item, Text):
            assert item.left >= 0
            assert item.left + width_of(item.text, item.weight, item.size) <= PAPER_WIDTH_DOTS


def test_long_names_shrink_and_wrap_while_short_ones_stay_large():
    sizes = []
    for count in (2, 10, 20, 40, 80):
        face = dataclasses.replace(plain_face(), service_zh="登" * count)
        texts = [i for i in compose(face).items if isinstance(i, Text) and "登" in i.text]
        sizes.append(texts[0].size)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] >= 22


def test_lines_are_evened_out_so_that_no_character_stands_alone():
    text = "一" * 21
    fitted = fit(text, Weight.REGULAR, (Step(30, 9),), 600)
    assert [len(line) for line in fitted.lines] == [11, 10]


def test_a_line_never_begins_with_a_closing_mark_nor_tears_a_number_from_its_word():
    for width in range(60, 400, 7):
        for line in wrap("请到（二楼）21–30号窗口，再到5号。", Weight.REGULAR, 24, width):
            if width >= 200:
                assert line[0] not in "，。）号"
                assert line[-1] != "（"


@pytest.mark.parametrize("people", [0, 1, 7, 99999])
@pytest.mark.parametrize("language", TicketLanguage)
def test_the_line_of_people_ahead_fits_its_strip(people: int, language: TicketLanguage):
    page = compose(dataclasses.replace(plain_face(people_ahead=people), language=language))
    assert ink_outside_blocks(page) == 0


@pytest.mark.parametrize("char", "㙍䶮龘𠮷𬱖𫖯㛃〇鿏")
def test_rare_hanzi_are_drawn_by_a_font_that_has_them(char: str):
    for weight in Weight:
        font = font_for(char, weight)
        assert font is not None
        assert has_glyph(font, char)


def test_a_character_that_no_font_has_becomes_a_geta_mark_and_no_empty_box():
    assert font_for("\U0010fffe", Weight.BOLD) is None
    assert [run.text for run in runs_of("a\U0010fffeb", Weight.BOLD)] == [f"a{GETA}b"]
    with_hole = dataclasses.replace(plain_face(), hint="请\U0010fffe留意")
    with_geta = dataclasses.replace(plain_face(), hint=f"请{GETA}留意")
    assert ImageChops.logical_xor(draw_ticket(with_hole), draw_ticket(with_geta)).getbbox() is None


def test_a_machine_without_a_cjk_font_is_told_what_to_install():
    with pytest.raises(FontMissing, match="fonts-noto-cjk"):
        find_main_font(Weight.BOLD, ["/nowhere"], lambda program, pattern: [])


def test_a_font_elsewhere_is_found_through_fontconfig():
    font = main_font(Weight.BOLD)
    assert find_main_font(Weight.BOLD, ["/nowhere"], lambda program, pattern: [font]) == font


def test_control_characters_and_line_breaks_do_not_reach_the_paper():
    assert one_line(" a\nb\t\x07c\u200b\u202ed\ufe0f ") == "a b cd"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", ""),
        ("number", "A" * 11),
        ("people_ahead", -1),
        ("where_lines", ("a",) * 5),
        ("qr_text", ""),
        ("qr_text", "x" * 214),
        ("service_zh", "长" * (MAX_TEXT_CHARS + 1)),
    ],
)
def test_a_face_beyond_its_limits_is_refused(field: str, value: object):
    with pytest.raises(ValueError):  # noqa: PT011 (each field has its own words)
        dataclasses.replace(plain_face(), **{field: value})


def test_a_face_has_no_field_for_a_name_or_an_id_number():
    names = {field.name for field in dataclasses.fields(TicketFace)}
    assert not {name for name in names if "visitor" in name or "person" in name or "id_" in name}


def test_the_void_strip_is_short_and_mostly_ink():
    image = draw_void_strip()
    assert image.height < 130
    bar = image.crop((0, 6, 60, 70))
    assert bar.histogram()[255] == 0


def test_drawing_the_same_face_twice_gives_the_same_dots():
    a, b = draw_ticket(plain_face()), draw_ticket(plain_face())
    assert a.tobytes() == b.tobytes()


def test_drawing_is_quick():
    draw_ticket(long_face())
    started = time.perf_counter()
    for _ in range(5):
        draw_ticket(long_face())
    per_ticket_s = (time.perf_counter() - started) / 5
    assert per_ticket_s < 0.15, f"{per_ticket_s * 1000:.0f} ms"


def test_narrow_paper_gets_a_narrow_ticket():
    image: Image.Image = draw_ticket(short_face(), width_dots=512)
    assert image.width == 512
