"""What became of announcements. That a call has to be said follows from the call itself, and that
it need not be said any more from what its ticket did."""

from enum import StrEnum, unique

from hallserver.domain.announcements import Outcome
from hallserver.domain.events.base import EventBase
from hallserver.protocol.ids import ZoneId


@unique
class EndReason(StrEnum):
    """Why an announcement ended so."""

    SPOKEN = "spoken"
    FAILED = "failed"
    TOO_OLD = "too_old"


class AnnouncementEnded(EventBase, frozen=True, tag=True):
    """A call or recall was said, or will not be. `call_seq` is its line in the journal."""

    zone: ZoneId
    call_seq: int
    outcome: Outcome
    reason: EndReason
