"""How a ticket looks: an 80 mm strip drawn as a picture, 8 dots to the millimetre.

Two stages. `compose` measures and places everything and can be asked where each block lies;
`draw_ticket` puts ink there. The order of the blocks is that of the tickets people know: hall,
zone, department, matter, number, people ahead, where to go, hints, time.
"""

from dataclasses import dataclass

import numpy as np
import zxingcpp
from PIL import Image

from devices.printer.face import TicketFace, TicketLanguage
from devices.printer.fonts import Weight
from devices.printer.strip import (
    INK,
    MARGIN,
    PAPER,
    QUIET_MODULES,
    Arrow,
    Block,
    Dashes,
    Panel,
    Qr,
    Strip,
    Text,
    inked,
)
from devices.printer.typeset import Step, fit, runs_of, width_of

__all__ = [
    "PAPER_WIDTH_DOTS",
    "TicketFace",
    "TicketLanguage",
    "compose",
    "draw_ticket",
    "draw_void_strip",
]

PAPER_WIDTH_DOTS = 576  # 72 mm printable on 80 mm paper at 203 dpi
MIN_MODULE_DOTS = 5  # 0.62 mm: phones and the kiosk's camera read it at arm's length
MAX_MODULE_DOTS = 7


@dataclass(frozen=True)
class _Style:
    """Sizes to try, largest first. The compact style is for tickets that say much."""

    title: tuple[Step, ...]
    service: tuple[Step, ...]
    where: tuple[Step, ...]
    number_size: int
    qr_column_dots: int


_ROOMY = _Style(
    title=(Step(44, 1), Step(38, 1), Step(34, 1), Step(36, 2), Step(30, 2), Step(26, 9)),
    service=(Step(52, 1), Step(46, 1), Step(40, 1), Step(44, 2), Step(38, 2), Step(34, 9)),
    where=(Step(40, 1), Step(36, 1), Step(32, 1), Step(34, 2), Step(28, 9)),
    number_size=232,
    qr_column_dots=228,
)
_COMPACT = _Style(
    title=(Step(36, 1), Step(32, 1), Step(28, 1), Step(28, 2), Step(24, 9)),
    service=(Step(40, 1), Step(36, 2), Step(32, 2), Step(28, 3), Step(24, 9)),
    where=(Step(32, 1), Step(28, 1), Step(28, 2), Step(24, 9)),
    number_size=180,
    qr_column_dots=190,
)
ROOMY_HEIGHT_DOTS = 920

_ORIGIN = (Step(28, 1), Step(25, 1), Step(26, 2), Step(23, 3), Step(22, 9))
_SERVICE_SMALL = (Step(25, 1), Step(22, 2), Step(20, 9))
_SMALL = (Step(22, 99),)
_TIME = (Step(26, 1), Step(22, 9))
_NOTE = (Step(26, 1), Step(23, 2), Step(22, 9))
_NUMBER_MIN_SIZE = 60
_NUMBER_DOTS = 484


@dataclass(frozen=True)
class _Words:
    """The few words that belong to the ticket itself."""

    where: str
    scan: str
    time: str
    ahead: tuple[str, str, str]  # before, the count, after
    ahead_small: str


def _words(face: TicketFace) -> _Words:
    n = face.people_ahead
    chinese = ("前面还有", str(n), "人") if n else ("前面无人等候，请留意叫号", "", "")
    if n == 0:
        english = ("You are next. Watch the screen.", "", "")
    else:
        english = ("", str(n), "person ahead of you" if n == 1 else "people ahead of you")
    if face.language is TicketLanguage.EN:
        return _Words("Please go to  请到", "扫码 Scan to follow", "Issued at", english, "")
    small = f"{n} ahead" if n else ""
    return _Words("请到  Please go to", "扫码查看进度 Scan", "取号时间", chinese, small)


def compose(face: TicketFace, width_dots: int = PAPER_WIDTH_DOTS) -> Strip:
    """Place everything that `face` says. Raises `fonts.FontMissing`."""
    page = _compose(face, width_dots, _ROOMY)
    return page if page.height <= ROOMY_HEIGHT_DOTS else _compose(face, width_dots, _COMPACT)


def _compose(face: TicketFace, width_dots: int, style: _Style) -> Strip:
    page = Strip(width_dots)
    words = _words(face)
    page.skip(10)
    _head(page, face, style)
    page.skip(14)
    _card(page, face, words, style)
    page.skip(16)
    _where(page, face, words, style)
    _foot(page, face, words, style)
    page.skip(8)
    return page


def _head(page: Strip, face: TicketFace, style: _Style) -> None:
    title = fit(face.hall_title, Weight.BOLD, style.title, page.column)
    page.lines("hall", title, Weight.BOLD, box_left=MARGIN, box_width=page.column)
    page.skip(4)
    origin = "·".join(text for text in (face.zone, face.department) if text)
    if origin:
        fitted = fit(origin, Weight.REGULAR, _ORIGIN, page.column)
        page.lines("origin", fitted, Weight.REGULAR, box_left=MARGIN, box_width=page.column)
    if face.note:
        page.skip(10)
        top = page.height
        page.skip(7)
        fitted = fit(face.note, Weight.BOLD, _NOTE, page.column - 40)
        page.lines("note", fitted, Weight.BOLD, box_left=MARGIN + 20, box_width=page.column - 40)
        page.skip(7)
        box = (MARGIN, top, page.width - MARGIN, page.height)
        page.items.append(Panel(box, radius=8, line_dots=2))


def _card(page: Strip, face: TicketFace, words: _Words, style: _Style) -> None:
    """The framed middle: the matter, the number, and in white on black who is ahead."""
    top, left, width = page.height, MARGIN, page.column
    inner = width - 36
    page.skip(16)
    first, second = face.service_zh, face.service_en
    if face.language is TicketLanguage.EN:
        first, second = second or first, first if second else ""
    box_left = left + 18
    service = fit(first, Weight.BOLD, style.service, inner)
    page.lines("service", service, Weight.BOLD, box_left=box_left, box_width=inner)
    if second:
        page.skip(2)
        small = fit(second, Weight.REGULAR, _SERVICE_SMALL, inner)
        page.lines("service_other", small, Weight.REGULAR, box_left=box_left, box_width=inner)
    page.skip(24)
    _number(page, face, style)
    page.skip(26)
    strip_top = page.height
    _ahead(page, words)
    bottom = page.height
    page.items.insert(0, Panel((left, top, left + width, bottom), radius=20, line_dots=3))
    strip = Panel(
        (left, strip_top, left + width, bottom), 20, 0, INK, corners=(False, False, True, True)
    )
    page.items.insert(1, strip)


def _number(page: Strip, face: TicketFace, style: _Style) -> None:
    sizes = range(style.number_size, _NUMBER_MIN_SIZE, -4)
    size = next(
        (s for s in sizes if width_of(face.number, Weight.BOLD, s) <= _NUMBER_DOTS),
        _NUMBER_MIN_SIZE,
    )
    wide = width_of(face.number, Weight.BOLD, size)
    boxes = [
        r.font.at(size).getbbox(r.text, anchor="ls") for r in runs_of(face.number, Weight.BOLD)
    ]
    ascent, descent = -min(box[1] for box in boxes), max(0, *(box[3] for box in boxes))
    top = page.height
    base = round(top + ascent)
    left = (page.width - wide) / 2
    page.items.append(Text(left, base, face.number, Weight.BOLD, size, INK))
    page.height = round(base + descent)
    page.blocks.append(Block("number", (MARGIN, top, page.width - MARGIN, page.height)))


def _ahead(page: Strip, words: _Words) -> None:
    """One white line on the black strip: the count larger than the words around it."""
    top, height, gap = page.height, 64, 14
    before, count, after = words.ahead
    parts = [
        (text, size)
        for text, size in ((before, 30), (count, 50), (after, 30), (words.ahead_small, 24))
        if text
    ]
    wide = sum(width_of(text, Weight.BOLD, size) for text, size in parts) + gap * (len(parts) - 1)
    left = (page.width - wide) / 2
    base = top + 48 if count else top + 43
    for text, size in parts:
        page.items.append(Text(left, base, text, Weight.BOLD, size, PAPER))
        left += width_of(text, Weight.BOLD, size) + gap
    page.skip(height)
    page.blocks.append(Block("ahead", (MARGIN, top, page.width - MARGIN, page.height)))


def _where(page: Strip, face: TicketFace, words: _Words, style: _Style) -> None:
    if not face.where_lines:
        return
    top, left = page.height, MARGIN + 62
    width = page.width - MARGIN - left
    label = fit(words.where, Weight.REGULAR, _SMALL, width)
    page.lines_left("where_label", label, Weight.REGULAR, left=left, width=width)
    # All lines in the size of the one that needs the smallest.
    size = min(fit(line, Weight.BOLD, style.where, width).size for line in face.where_lines)
    for i, line in enumerate(face.where_lines):
        fitted = fit(line, Weight.BOLD, (Step(size, 99),), width)
        page.lines_left(f"where_{i}", fitted, Weight.BOLD, left=left, width=width)
    middle = (top + page.height) // 2
    page.items.append(Arrow((MARGIN + 4, middle - 22, MARGIN + 48, middle + 22)))
    page.skip(14)


def _foot(page: Strip, face: TicketFace, words: _Words, style: _Style) -> None:
    """The code at the left, the small print beside it, both about the same middle."""
    page.items.append(Dashes(page.height, MARGIN, page.width - MARGIN))
    page.skip(6)
    top = page.height
    modules = _qr_modules(face.qr_text)
    count = modules.width + 2 * QUIET_MODULES
    module = max(MIN_MODULE_DOTS, min(MAX_MODULE_DOTS, style.qr_column_dots // count))
    side = module * count
    first_item, first_block = len(page.items), len(page.blocks)
    page.skip(8)
    _small_print(page, face, words, side + 2, page.width - MARGIN - side - 2)
    used = page.height - top
    if used < side:
        _shift(page, first_item, first_block, (side - used) // 2)
    qr_top = top + max(0, used - side) // 2
    page.items.append(Qr(0, qr_top, module, modules))
    page.blocks.append(Block("qr", (0, qr_top, side, qr_top + side)))
    page.height = top + max(side, used)


def _small_print(page: Strip, face: TicketFace, words: _Words, left: int, width: int) -> None:
    label = fit(words.time, Weight.REGULAR, _SMALL, width)
    page.lines_left("time_label", label, Weight.REGULAR, left=left, width=width)
    issued = fit(face.issued_text, Weight.BOLD, _TIME, width)
    page.lines_left("time", issued, Weight.BOLD, left=left, width=width)
    for name, text in (
        ("hint", face.hint),
        ("missed_call_rule", face.missed_call_rule),
        ("scan", words.scan),
    ):
        if text:
            page.skip(6)
            fitted = fit(text, Weight.REGULAR, _SMALL, width)
            page.lines_left(name, fitted, Weight.REGULAR, left=left, width=width)


def _shift(page: Strip, first_item: int, first_block: int, dots: int) -> None:
    for i in range(first_item, len(page.items)):
        item = page.items[i]
        if isinstance(item, Text):
            base = item.baseline + dots
            page.items[i] = Text(item.left, base, item.text, item.weight, item.size, item.ink)
    for i in range(first_block, len(page.blocks)):
        name, (left, top, right, bottom) = page.blocks[i].name, page.blocks[i].box
        page.blocks[i] = Block(name, (left, top + dots, right, bottom + dots))


def _qr_modules(text: str) -> Image.Image:
    """One dot per module, no quiet zone, error correction M (15 % may be lost)."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return Image.fromarray(np.asarray(code.to_image(scale=1, add_quiet_zones=False)))


def draw_ticket(face: TicketFace, width_dots: int = PAPER_WIDTH_DOTS) -> Image.Image:
    """Draw `face` as a picture of mode "1", `width_dots` wide. Raises `fonts.FontMissing`."""
    return inked(compose(face, width_dots))


def draw_void_strip(width_dots: int = PAPER_WIDTH_DOTS) -> Image.Image:
    """Draw what goes below a broken-off ticket, so that nobody takes it for one."""
    page = Strip(width_dots)
    page.skip(6)
    bar = Panel((0, page.height, width_dots, page.height + 64), 0, 0, INK)
    page.items.append(bar)
    wide = width_of(_VOID, Weight.BOLD, 44)
    page.items.append(Text((width_dots - wide) / 2, 54, _VOID, Weight.BOLD, 44, PAPER))
    page.skip(68)
    below = fit(_VOID_SMALL, Weight.REGULAR, _SMALL, page.column)
    page.lines("void", below, Weight.REGULAR, box_left=MARGIN, box_width=page.column)
    page.skip(6)
    return inked(page)


_VOID = "作废 VOID"
_VOID_SMALL = "以上内容无效 Disregard what is printed above"
