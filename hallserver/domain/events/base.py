"""What every event is."""

import msgspec


class EventBase(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of all events: frozen, tagged with its class name."""
