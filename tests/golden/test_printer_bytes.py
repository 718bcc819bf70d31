"""The bytes of a job, against values written down here, and read back by another ear."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from devices.printer.escpos_bytes import (
    CHUNK_ROWS,
    CLEAR_BUFFERS,
    FLUSH,
    MARKER,
    MAX_WIDTH_BYTES,
    RECOVER_AND_CLEAR,
    build_job,
)
from devices.printer.escpos_parser import AskPaper, Cut, EscPosParser, Feed, Init, RasterRow
from devices.printer.layout import draw_ticket
from tests.helpers.printer_faces import english_face, long_face, plain_face, short_face

REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")


def picture(rows: list[bytes]) -> Image.Image:
    """Make a picture of rows of packed dots, 1 is ink."""
    paper = b"".join(rows).translate(bytes(byte ^ 0xFF for byte in range(256)))
    return Image.frombytes("1", (len(rows[0]) * 8, len(rows)), paper)


def commands(data: bytes) -> list[object]:
    parser = EscPosParser()
    parser.append(data)
    found: list[object] = []
    while (command := parser.next()) is not None:
        found.append(command)
    assert len(parser) == 0
    return found


def test_a_small_picture_becomes_exactly_these_bytes():
    job = build_job(picture([b"\x81\x00", b"\xff\x00"]))
    assert job.opening.hex(" ") == "1b 40 1d 61 00"
    assert [chunk.hex(" ") for chunk in job.chunks] == ["1d 76 30 00 01 00 02 00 81 ff 1d 72 01"]
    assert job.closing.hex(" ") == "1b 64 06 1d 56 00 1d 72 01"
    assert job.data == job.opening + job.chunks[0] + job.closing


def test_the_commands_for_trouble_are_those_of_the_manual():
    assert CLEAR_BUFFERS.hex(" ") == "10 14 08 01 03 14 01 06 02 08"
    assert RECOVER_AND_CLEAR.hex(" ") == "10 05 02"
    assert MARKER.hex(" ") == "1d 72 01"


def test_white_rows_and_white_right_of_the_ink_cost_next_to_nothing():
    rows = [b"\xff" * 72] * 20 + [bytes(72)] * 40 + [b"\x80" + bytes(71)] * 20
    data = b"".join(build_job(picture(rows)).chunks)
    assert len(data) == 20 * 72 + 40 + 20 + 3 * 8 + len(MARKER)


def test_chunks_are_even_so_that_the_last_one_is_no_mere_margin():
    job = build_job(picture([b"\xff"] * (2 * CHUNK_ROWS + 1)))
    heights = [
        len([c for c in commands(chunk) if isinstance(c, RasterRow)]) for chunk in job.chunks
    ]
    assert heights == [86, 86, 85]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pictures_that_are_not_black_and_white_are_refused(mode: str):
    with pytest.raises(ValueError, match="mode 1"):
        build_job(Image.new(mode, (8, 8)))


def test_pictures_wider_than_the_paper_are_refused():
    with pytest.raises(ValueError, match="576"):
        build_job(Image.new("1", (MAX_WIDTH_BYTES * 8 + 1, 8)))


@pytest.mark.parametrize("face", [plain_face(), long_face(), english_face(), short_face()])
def test_a_ticket_is_one_opening_its_rows_one_cut_and_a_marker_at_the_end(face):
    image = draw_ticket(face)
    found = commands(build_job(image).data)
    assert isinstance(found[0], Init)
    assert len([c for c in found if isinstance(c, RasterRow)]) == image.height
    assert found[-3:] == [Feed(lines=6), Cut(), AskPaper()]
    assert found.count(Cut()) == 1


# Bytes that look like the start of a real-time command are what a picture must not hold.
DOTS = st.sampled_from([0x10, 0x04, 0x05, 0x14, 0x00, 0x18, 0xFF, 0x01, 0x02])


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 6).flatmap(
        lambda width: st.lists(
            st.lists(DOTS, min_size=width, max_size=width).map(bytes), min_size=1, max_size=40
        )
    )
)
def test_a_picture_never_holds_a_real_time_command_and_loses_no_dot(rows: list[bytes]):
    job = build_job(picture(rows))
    assert REAL_TIME.search(job.data) is None
    printed = [c.dots for c in commands(job.data) if isinstance(c, RasterRow)]
    assert len(printed) == len(rows)
    for drawn, dots in zip(rows, printed, strict=True):
        got = int.from_bytes(dots.ljust(len(drawn), b"\0"))
        wanted = int.from_bytes(drawn)
        assert got & wanted == wanted
        # Each dot more stands beside a DLE of the drawing.
        assert (got ^ wanted).bit_count() <= drawn.count(0x10)


def test_the_flush_is_as_long_as_the_longest_raster_command():
    job = build_job(picture([b"\xff" * MAX_WIDTH_BYTES] * CHUNK_ROWS))
    assert len(FLUSH) == len(job.chunks[0]) - 8 - len(MARKER)
    assert set(FLUSH) == {0}
