"""Ratings."""

from hallserver.protocol.commands.base import CommandBase, Stars, Tags, WireTicketId, WireToken


class RateService(CommandBase, frozen=True, tag=True):
    """Rate a completed service by the ticket's QR code; at most once."""

    token: WireToken
    stars: Stars
    tags: Tags = ()


class RateAtCounter(CommandBase, frozen=True, tag=True):
    """Rate, on the pad of a counter, the service that was completed there last; at most once."""

    ticket: WireTicketId
    stars: Stars
    tags: Tags = ()
