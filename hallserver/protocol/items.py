"""How far a matter of several departments has come (一件事一次办)."""

import msgspec

from hallserver.protocol.ids import ItemId


class ItemStep(msgspec.Struct, frozen=True):
    """The step that a ticket is at: the first is 1, of `steps` in all.

    Without `is_attendance_needed` the papers are being reviewed and its holder need not stay.
    """

    item: ItemId
    step: int
    steps: int
    is_attendance_needed: bool
