"""What is known of a service for a stretch of wall time: all that the clock alone decides."""

from dataclasses import dataclass

from hallserver.domain.calendar import HalfDay
from hallserver.protocol.ids import BusinessDay
from hallserver.protocol.states import ServiceStatus


@dataclass(frozen=True, slots=True)
class Availability:
    """What a visitor gets who asks now.

    `day` and `half` are those that a number counts for. `again_ms`, in Unix milliseconds: while
    open None, in the night the opening that a number is for, else when to come again, None when
    nobody knows.
    """

    status: ServiceStatus
    day: BusinessDay
    half: HalfDay
    again_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Steady:
    """What holds from `begins_ms` until before `ends_ms`, in Unix milliseconds.

    `full` is what a visitor gets while numbers are left; a clock that jumps leaves the stretch and
    does no harm.
    """

    begins_ms: int
    ends_ms: int
    full: Availability
