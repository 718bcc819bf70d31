"""One simulated printer, one driver, and what can be said about the paper afterwards."""

from dataclasses import dataclass

from PIL import Image, ImageDraw

from devices.printer.driver import NotPrinted, Printed, PrintOutcome, Uncertain
from devices.printer.escpos_bytes import CHUNK_ROWS, TicketJob, build_job
from devices.printer.fonts import Weight, main_font
from devices.printer.layout import draw_void_strip
from devices.printer.paper import Slip, rows_of

FEED_AND_CUT_ROWS = 6 * 30  # ESC d 6 at the line spacing after ESC @


@dataclass(frozen=True)
class Sample:
    """A ticket as picture and as bytes."""

    image: Image.Image
    rows: tuple[bytes, ...]
    job: TicketJob

    def is_alone_on(self, slip: Slip) -> bool:
        """Whether `slip` is this ticket, whole, and nothing else."""
        return len(slip.rows) == self.image.height + FEED_AND_CUT_ROWS and slip.holds_rows(
            self.rows
        )


def sample(number: str) -> Sample:
    """Make a small ticket with `number` on it, three chunks long, so that many can be printed."""
    image = Image.new("1", (192, 2 * CHUNK_ROWS + 40), 1)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 191, image.height - 1), outline=0, width=3)
    draw.text((20, 40), number, font=main_font(Weight.BOLD).at(160), fill=0)
    draw.text((20, 240), number, font=main_font(Weight.BOLD).at(40), fill=0)
    return Sample(image, rows_of(image), build_job(image))


VOID_STRIP = rows_of(draw_void_strip())


def is_void(slip: Slip) -> bool:
    """Whether `slip` says that it is none."""
    return slip.holds_rows(VOID_STRIP)


def valid_tickets(slips: list[Slip], wanted: Sample) -> int:
    """Count the slips that a person could show as `wanted`: whole, cut off, not marked void."""
    return sum(slip.holds_rows(wanted.rows) and not is_void(slip) for slip in slips)


def judge(outcome: PrintOutcome, slips: list[Slip], wanted: Sample) -> None:
    """Compare what the driver says with what is on paper."""
    count = valid_tickets(slips, wanted)
    if isinstance(outcome, Printed):
        assert count == 1, "said to be printed"
    elif isinstance(outcome, NotPrinted):
        assert count == 0, "said not to be printed"
    else:
        assert isinstance(outcome, Uncertain)
        assert count <= 1, "printed twice"


def sampled_positions(total: int, step: int = 500) -> list[int]:
    """Return the first 64 byte positions, the last 64, and every so many between."""
    return [*range(64), *range(64, total - 64, step), *range(total - 64, total + 1)]
