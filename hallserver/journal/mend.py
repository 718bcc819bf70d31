"""A row in which one bit was flipped, found again by its checksum.

A checksum of 128 bits fits no other of the few thousand rows that differ in one bit: what fits is
what was written.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

INTEGER_BITS = 63


def mend(row: Sequence[Any], fits: Callable[[tuple[Any, ...]], bool]) -> tuple[Any, ...] | None:
    """Return the row that fits and differs from this one in a single bit; None if none does."""
    return next((each for each in _neighbours(tuple(row)) if fits(each)), None)


def differ_in_one_bit(one: bytes, other: bytes) -> bool:
    """Whether two checksums are the same but for one bit."""
    both = zip(one, other, strict=False)
    return len(one) == len(other) and sum((a ^ b).bit_count() for a, b in both) == 1


def _neighbours(row: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for at, value in enumerate(row):
        for other in _flipped(value):
            yield (*row[:at], other, *row[at + 1 :])


def _flipped(value: Any) -> Iterator[Any]:
    if isinstance(value, int):
        yield from (value ^ (1 << bit) for bit in range(INTEGER_BITS))
    elif isinstance(value, str):
        # Damaged text is read with escapes, and becomes whole again.
        content = bytearray(value.encode("utf-8", "surrogateescape"))
        for index in range(len(content)):
            for bit in range(8):
                content[index] ^= 1 << bit
                yield content.decode("utf-8", "surrogateescape")
                content[index] ^= 1 << bit
