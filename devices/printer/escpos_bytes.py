"""A drawn ticket as the bytes that a printer wants, through python-escpos' builder.

The job comes in parts, since the driver looks at the printer between them: an opening, chunks of
picture each followed by a marker, and a closing that cuts. A marker is GS r 1: a request that
waits its turn in the printer's buffer, so its answer says that all before it has been done.
"""

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from escpos.printer import Dummy
from PIL import Image

# The nearest of python-escpos' profiles: 576 dots, full cut. Its default profile knows no width,
# and says so on standard output once per picture.
PROFILE = "TM-T20II"
DOTS_PER_BYTE = 8
CHUNK_ROWS = 128  # 16 mm; two of them are at most 18 kB under way
BLANK_RUN_ROWS = 12  # from here on white rows are worth a raster command of their own
MAX_WIDTH_BYTES = 72

ASB_OFF = b"\x1d\x61\x00"  # GS a 0
MARKER = b"\x1d\x72\x01"  # GS r 1
CLEAR_BUFFERS = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # DLE DC4 8, obeyed while offline
RECOVER_AND_CLEAR = b"\x10\x05\x02"  # DLE ENQ 2; its sister DLE ENQ 1 would print on: never sent

# The longest raster command: as many NULs end a picture that an earlier job left half sent.
# Outside a picture printers ignore NUL.
FLUSH = b"\x00" * (CHUNK_ROWS * MAX_WIDTH_BYTES)

# DLE followed by EOT, ENQ or DC4 is a real-time command even inside picture data (Epson, "Notes
# of Real-time Commands"): a picture could ask for status or clear the buffer by accident. One
# more dot beside a lone dot ends that and cannot be seen.
_REAL_TIME_IN_PICTURE = re.compile(rb"\x10(?=[\x04\x05\x14])")
_LONE_DOT_WIDENED = b"\x18"
_INVERTED = bytes(byte ^ 0xFF for byte in range(256))


@dataclass(frozen=True)
class TicketJob:
    """The bytes of one ticket, in the order of sending."""

    opening: bytes
    chunks: tuple[bytes, ...]
    closing: bytes

    @property
    def data(self) -> bytes:
        """All of it."""
        return self.opening + b"".join(self.chunks) + self.closing


_Rows = np.ndarray[tuple[int, int], np.dtype[np.uint8]]  # a row of packed bytes each, 1 is ink


def build_job(image: Image.Image) -> TicketJob:
    """Turn a picture of mode "1" (0 is ink), at most 576 dots wide, into a job."""
    ink = _packed(image)
    # Even chunks: the last one then holds the lower half of the QR code, and paper without it
    # cannot pass for a ticket.
    rows = math.ceil(len(ink) / math.ceil(len(ink) / CHUNK_ROWS))
    return TicketJob(
        opening=opening_bytes(),
        chunks=tuple(
            b"".join(_raster(band) for band in _bands(ink[top : top + rows])) + MARKER
            for top in range(0, len(ink), rows)
        ),
        closing=_closing_bytes(),
    )


def opening_bytes() -> bytes:
    """ESC @ and silence about status changes: from here on it only answers."""
    printer = Dummy(profile=PROFILE)
    printer.hw("INIT")
    return bytes(printer.output) + ASB_OFF


def _closing_bytes() -> bytes:
    printer = Dummy(profile=PROFILE)
    printer.cut(mode="FULL")  # ESC d 6 carries the last row past the knife, then GS V 0
    return bytes(printer.output) + MARKER


def _packed(image: Image.Image) -> _Rows:
    if image.mode != "1" or not 0 < image.width <= MAX_WIDTH_BYTES * DOTS_PER_BYTE:
        raise ValueError(f"a picture of mode 1, at most {MAX_WIDTH_BYTES * DOTS_PER_BYTE} wide")
    packed: _Rows = np.packbits(~np.asarray(image), axis=1)
    return packed


def _bands(
    rows: _Rows,
) -> Iterator[_Rows]:
    """Split at long white runs and drop the white right of the ink: bytes are time on a wire."""
    has_ink: list[bool] = np.any(rows, axis=1).tolist()
    cuts = [0]
    run_start: int | None = None
    for i, is_inked in enumerate([*has_ink, True]):
        if not is_inked and run_start is None:
            run_start = i
        elif is_inked and run_start is not None:
            if i - run_start >= BLANK_RUN_ROWS:
                cuts += [run_start, i]
            run_start = None
    cuts.append(len(rows))
    for top, bottom in itertools.pairwise(cuts):
        if top < bottom:
            inked_columns = np.flatnonzero(rows[top:bottom].any(axis=0))
            width = int(inked_columns[-1]) + 1 if len(inked_columns) else 1
            yield rows[top:bottom, :width]


def _raster(band: _Rows) -> bytes:
    """GS v 0 for one band."""
    height, width = band.shape
    ink = _REAL_TIME_IN_PICTURE.sub(_LONE_DOT_WIDENED, band.tobytes())
    paper = ink.translate(_INVERTED)
    picture = Image.frombytes("1", (width * DOTS_PER_BYTE, height), paper)
    printer = Dummy(profile=PROFILE)
    printer.image(picture, impl="bitImageRaster", fragment_height=CHUNK_ROWS)
    return bytes(printer.output)
