"""How many numbers of each service are given, for quotas: counted as they are given and taken back.

What was voided, or cancelled by its visitor, does not count any more: somebody else may come.
"""

from collections import Counter
from typing import NamedTuple

from hallserver.domain.calendar import HalfDay
from hallserver.domain.rules import ServiceRules
from hallserver.protocol.ids import BusinessDay, ServiceId
from hallserver.protocol.states import TicketState

GIVEN_BACK = frozenset({TicketState.VOIDED, TicketState.CANCELLED})
"""After these a ticket counts for no quota."""


class Quota(NamedTuple):
    """What a ticket counts for: the service it was taken for, and the half of which day."""

    day: BusinessDay
    service: ServiceId
    half: HalfDay


class Quotas:
    """The counts of the open business day, and of the next one."""

    def __init__(self) -> None:
        self._given: Counter[Quota] = Counter()

    def note(self, quota: Quota | None, before: TicketState | None, after: TicketState) -> None:
        """Take note of a new ticket (`before` is None) or of one that has another state now."""
        if quota is None:
            return
        was = before is not None and before not in GIVEN_BACK
        is_ = after not in GIVEN_BACK
        self._given[quota] += int(is_) - int(was)

    def has_day(self, rules: ServiceRules, day: BusinessDay, service: ServiceId) -> bool:
        """Whether the day's quota has a number left."""
        if rules.quota_day is None:
            return True
        given = sum(self._given[Quota(day, service, half)] for half in HalfDay)
        return given < rules.quota_day

    def has_half(self, rules: ServiceRules, quota: Quota) -> bool:
        """Whether the half day's quota has a number left."""
        is_morning = quota.half is HalfDay.MORNING
        limit = rules.quota_morning if is_morning else rules.quota_afternoon
        return limit is None or self._given[quota] < limit
