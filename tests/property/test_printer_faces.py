"""Made-up faces: whatever a hall writes into its configuration, the ticket holds."""

import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pyzbar import pyzbar

from devices.printer.driver import Printed, TicketPrinter
from devices.printer.face import TicketFace
from devices.printer.layout import PAPER_WIDTH_DOTS, compose, draw_ticket
from devices.printer.simulator import LoopbackLink, ManualClock, Mechanism, read_qr
from devices.printer.strip import Text
from devices.printer.typeset import width_of
from tests.helpers.printer_faces import faces, plain_face

SLOW_IS_FINE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@SLOW_IS_FINE
@given(faces())
def test_nothing_overlaps_and_nothing_leaves_the_paper(face: TicketFace):
    page = compose(face)
    boxes = [block.box for block in page.blocks]
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert 0 <= left < right <= PAPER_WIDTH_DOTS
        assert 0 <= top <= bottom <= page.height
        for other in boxes[i + 1 :]:
            is_apart = (
                right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            )
            assert is_apart, (page.blocks[i], other)
    for item in page.items:
        if isinstance(item, Text):
            assert item.left >= 0
            assert item.left + width_of(item.text, item.weight, item.size) <= PAPER_WIDTH_DOTS + 1


@SLOW_IS_FINE
@given(faces())
def test_a_printed_ticket_gives_its_own_code_back(face: TicketFace):
    clock, mechanism = ManualClock(), Mechanism()
    printer = TicketPrinter(lambda: LoopbackLink(mechanism, clock), clock)
    outcome = printer.print_ticket(face, 5.0)
    assert isinstance(outcome, Printed)
    (slip,) = mechanism.slips
    assert slip.holds(draw_ticket(face))
    assert read_qr(slip.image()) == face.qr_text


@SLOW_IS_FINE
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200))
def test_another_reader_reads_the_same_code_at_half_its_size(text: str):
    image = draw_ticket(
        TicketFace(**{**plain_face().__dict__, "qr_text": text})  # all else as usual
    ).convert("L")
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)
    codes = pyzbar.decode(half, symbols=[pyzbar.ZBarSymbol.QRCODE])
    assert [code.data.decode() for code in codes] == [text]


def test_the_code_has_error_correction_m_and_modules_of_five_dots_and_its_quiet_zone():
    for length in (1, 44, 90, 150, 213):
        face = TicketFace(**{**plain_face().__dict__, "qr_text": "x" * length})
        image = draw_ticket(face)
        (code,) = zxingcpp.read_barcodes(image.convert("L"))
        assert code.ec_level == "M"
        modules = 17 + 4 * int(code.extra["Version"])
        side = code.position.top_right.x - code.position.top_left.x
        module = round(side / modules)
        assert module >= 5
        left, top = code.position.top_left.x, code.position.top_left.y
        quiet = 4 * module
        frame = image.crop((left - quiet, top - quiet, left + side + quiet, top))
        assert frame.histogram()[0] == 0
        assert image.crop((left - quiet, top, left, top + side)).histogram()[0] == 0
