"""What the voice of a zone tells the hall."""

from enum import StrEnum, unique
from typing import Annotated

from msgspec import Meta

from hallserver.protocol.bounds import MAX_CALLS_ACKNOWLEDGED
from hallserver.protocol.commands.base import CommandBase, WireZoneId

CallSeqs = Annotated[
    tuple[Annotated[int, Meta(ge=1, le=2**53)], ...],
    Meta(min_length=1, max_length=MAX_CALLS_ACKNOWLEDGED),
]


@unique
class VoiceOutcome(StrEnum):
    """What became of an utterance."""

    SPOKEN = "spoken"
    FAILED = "failed"


class AcknowledgeAnnouncement(CommandBase, frozen=True, tag=True):
    """An utterance was said to its end, or the voice failed. Names all calls that it held.

    Calls that the hall has withdrawn meanwhile are passed over.
    """

    zone: WireZoneId
    call_seqs: CallSeqs
    outcome: VoiceOutcome
