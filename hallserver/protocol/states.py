"""The states of a ticket, as both ends name them. The moves are in `hallserver.domain.ticket`."""

from enum import StrEnum, unique


@unique
class TicketState(StrEnum):
    """Where a ticket is in its life."""

    RESERVED = "reserved"
    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    PARKED = "parked"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    VOIDED = "voided"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
