"""Our own bugs: found, said, and never served on."""


class InvariantError(Exception):
    """The hall contradicts itself. The process ends and is started anew from the journal."""


def invariant(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise InvariantError unless `holds`. Unlike `assert` it is never compiled away."""
    if not holds:
        raise InvariantError(what)
