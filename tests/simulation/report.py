"""Running days by their seed, and what to say when one breaks: enough to run it again, smaller."""

from dataclasses import dataclass

from tests.simulation.day import Day, Result
from tests.simulation.parts import PRODUCT, Parts
from tests.simulation.shape import FaultKind, Shape
from tests.simulation.world import BrokenError, Harm


@dataclass(frozen=True)
class Failure:
    """A day that broke: the first invariant, and a smallest set of faults that breaks it."""

    shape: Shape
    harm: Harm
    what: str
    detail: str
    lines: tuple[str, ...]
    needed: tuple[FaultKind, ...]
    command: str

    def __str__(self) -> str:
        """Say all of it."""
        needed = ", ".join(self.needed) or "no fault at all"
        return "\n".join(
            (
                f"seed {self.shape.seed} broke ({self.harm}): {self.what}",
                f"  {self.detail}",
                f"  {self.shape.describe()}",
                *self.lines,
                f"needed: {needed}",
                f"again: {self.command}",
            )
        )


def run_day(
    shape: Shape,
    parts: Parts = PRODUCT,
    *,
    is_reduced: bool = True,
) -> Result | Failure:
    """Live a day; when it breaks, find out which faults it takes."""
    day = Day(shape, parts)
    try:
        return day.run()
    except BrokenError as broken:
        lines = tuple(day.world.lines)
        needed = _reduce(shape, parts, broken.what) if is_reduced else tuple(shape.faults)
        again = _command(shape, needed)
        return Failure(shape, broken.harm, broken.what, str(broken), lines, needed, again)


def _reduce(shape: Shape, parts: Parts, what: str) -> tuple[FaultKind, ...]:
    """Switch kinds of faults off one at a time, and leave off what is not needed."""
    for kind in tuple(shape.faults):
        smaller = shape.without(kind)
        if _breaks(smaller, parts, what):
            shape = smaller
    return tuple(shape.faults)


def _breaks(shape: Shape, parts: Parts, what: str) -> bool:
    try:
        Day(shape, parts).run()
    except BrokenError as broken:
        return broken.what == what
    return False


def _command(shape: Shape, needed: tuple[FaultKind, ...]) -> str:
    return (
        f"jiaohao simulate --profile {shape.profile} --seeds {shape.seed} --days {len(shape.days)}"
        f" --minutes {shape.minutes:g} --faults {','.join(needed) or 'none'} --trace"
    )
