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


@unique
class ServiceStatus(StrEnum):
    """Whether a number of a service can be had."""

    OPEN = "open"
    NIGHT = "night"
    """After hours: a number taken now is for the next opening."""

    CLOSED = "closed"
    USED_UP = "used_up"
    """No more numbers for now: a quota or the series has come to its end."""


@unique
class PauseReason(StrEnum):
    """Why nobody is called at a staffed counter for a while."""

    MEAL = "meal"
    BREAK = "break"
    MEETING = "meeting"
    EQUIPMENT = "equipment"
    OTHER = "other"
