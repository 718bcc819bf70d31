"""Ratings as events."""

from enum import StrEnum, unique

from hallserver.domain.events.base import EventBase
from hallserver.protocol.ids import ClerkId, CounterId, ServiceId, TicketId


@unique
class RatingChannel(StrEnum):
    """Where a rating was given. Official channel codes are mapped at the edge."""

    KIOSK = "kiosk"
    PAD = "pad"


class ServiceRated(EventBase, frozen=True, tag=True):
    """A visitor rated a completed service."""

    ticket: TicketId
    service: ServiceId
    counter: CounterId
    clerk: ClerkId
    stars: int
    tags: tuple[str, ...]
    channel: RatingChannel
