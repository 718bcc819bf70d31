"""Places in line: always one more between two, so that nobody else has to move.

A place is a list of whole numbers that sorts as Python's tuples do. A ticket's first place is the
journal's sequence number of its reservation; a ticket that comes back in between gets a place
between its neighbours'. Every place ends in the sequence number of the event that gave it, so no
place is given twice, not even when somebody who left the line comes back to it.
"""

Place = tuple[int, ...]


def at_end(seq: int) -> Place:
    """Give the place behind everybody who has one: sequence numbers only rise."""
    return (seq,)


def between(before: Place | None, after: Place, seq: int) -> Place:
    """Give a place behind `before` and ahead of `after`; `before` is None at the head of a line.

    Raises ValueError unless `before` sorts ahead of `after`.
    """
    return (*_gap(before, after), seq)


def _gap(before: Place | None, after: Place) -> Place:
    """Give what sorts between the two, and begins neither: more numbers may follow it."""
    if before is None:
        return (after[0] - 1,)
    if before >= after:
        raise ValueError(f"{before} is not ahead of {after}")
    if after[: len(before)] == before:
        return (*before, after[len(before)] - 1)
    differs = next(n for n, low in enumerate(before) if low < after[n])
    tail = before[differs + 1 : differs + 2]
    return (*before[: differs + 1], tail[0] + 1 if tail else 0)
