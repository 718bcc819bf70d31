"""What the hall answers, held against the auditor's own lines and counts."""

from collections.abc import Callable, Iterable, Mapping

from hallserver.domain.plan import HallPlan
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ServiceId
from hallserver.protocol.replies import Rejected, Reply, Reservation, TicketStatus
from tests.simulation.lines import Line
from tests.simulation.world import demand

NOT_KEPT = frozenset(
    {
        RejectionCode.MALFORMED,
        RejectionCode.CLIENT_TOO_OLD,
        RejectionCode.CLIENT_TOO_NEW,
        RejectionCode.NOT_PERMITTED,
    }
)
"""Refusals before the hall is asked: the journal need not hold them."""

MatesOf = Callable[[Line], Iterable[Line]]


def is_kept(reply: Reply) -> bool:
    """Whether the journal has to hold an answer before anybody sees it."""
    return not (isinstance(reply, Rejected) and reply.code in NOT_KEPT)


def hold_reservation(given: Reservation, line: Line, mates_of: MatesOf) -> None:
    """A number that was given is as the journal has it, and people ahead are counted."""
    same = (line.number, line.service) == (given.number, given.service)
    demand(same, "a reservation says what is in the journal", given)
    ahead = _ahead_of(line, mates_of)
    demand(given.people_ahead == ahead, "people ahead are counted", (given, ahead))


def hold_status(status: TicketStatus, line: Line, mates_of: MatesOf) -> None:
    """A ticket is shown as the journal has it."""
    demand(status.state.value == line.state, "a shown ticket is shown as it is", status)
    if line.state == "waiting":
        ahead = _ahead_of(line, mates_of)
        demand(status.people_ahead == ahead, "people ahead are counted", (status, ahead))
    is_rated = line.ratings > 0
    demand(status.is_rated == is_rated, "a shown ticket says whether it is rated", status)


def _ahead_of(line: Line, mates_of: MatesOf) -> int:
    """Count who is to be called before it, as people are told: classes left aside."""
    return sum(line.is_behind(each) for each in mates_of(line) if each is not line)


def hold_quota(
    plan: HallPlan, given: Mapping[tuple[str, ServiceId, str], int], day: str, service: ServiceId
) -> None:
    """No quota is exceeded by the numbers that are given and not given back."""
    rules = plan.service(service).rules
    morning = given.get((day, service, "morning"), 0)
    afternoon = given.get((day, service, "afternoon"), 0)
    for count, limit in (
        (morning, rules.quota_morning),
        (afternoon, rules.quota_afternoon),
        (morning + afternoon, rules.quota_day),
    ):
        demand(limit is None or count <= limit, "no quota is exceeded", (service, count))
