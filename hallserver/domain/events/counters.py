"""What happens at counters, apart from tickets."""

from hallserver.domain.events.base import EventBase
from hallserver.protocol.ids import ClerkId, CounterId


class ClerkSignedIn(EventBase, frozen=True, tag=True):
    """A shift began."""

    counter: CounterId
    clerk: ClerkId


class ClerkSignedOut(EventBase, frozen=True, tag=True):
    """A shift ended."""

    counter: CounterId
    clerk: ClerkId
