"""What happens at counters, apart from tickets."""

from hallserver.domain.events.base import EventBase
from hallserver.protocol.ids import ClerkId, ClientId, CounterId
from hallserver.protocol.states import PauseReason


class StaffSignedIn(EventBase, frozen=True, tag=True):
    """A guide or a supervisor began to work at a tablet or console."""

    client: ClientId
    clerk: ClerkId


class StaffSignedOut(EventBase, frozen=True, tag=True):
    """A guide or a supervisor left a tablet or console."""

    client: ClientId
    clerk: ClerkId


class ClerkSignedIn(EventBase, frozen=True, tag=True):
    """A shift began."""

    counter: CounterId
    clerk: ClerkId


class ClerkSignedOut(EventBase, frozen=True, tag=True):
    """A shift ended."""

    counter: CounterId
    clerk: ClerkId


class CounterPaused(EventBase, frozen=True, tag=True):
    """A clerk calls nobody for a while."""

    counter: CounterId
    clerk: ClerkId
    reason: PauseReason


class CounterResumed(EventBase, frozen=True, tag=True):
    """A pause ended."""

    counter: CounterId
    clerk: ClerkId
