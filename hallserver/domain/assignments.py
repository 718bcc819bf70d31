"""Which counter serves what today: the hall file, and what supervisors moved since."""

from collections.abc import Iterable, Sequence

from hallserver.domain.plan import HallPlan, where_to_go
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId, ServiceId


class Assignments:
    """Services of counters and counters of services, always in step. All look-ups are O(1)."""

    def __init__(self, plan: HallPlan) -> None:
        """Begin with what the hall file says."""
        self._plan = plan
        self._rank = {counter.id: rank for rank, counter in enumerate(plan.counters)}
        self._services = {counter.id: counter.services for counter in plan.counters}
        self._counters = {
            service.id: tuple(counter.id for counter in plan.counters_of(service.id))
            for service in plan.services
        }
        self._where: dict[ServiceId, Text] = {}
        self._moved: dict[CounterId, None] = {}

    def services_of(self, counter: CounterId) -> tuple[ServiceId, ...]:
        """Return what a counter serves, in its order."""
        return self._services[counter]

    def counters_of(self, service: ServiceId) -> tuple[CounterId, ...]:
        """Return the counters that serve a service, in the order of the hall file."""
        return self._counters[service]

    def where_to_go(self, service: ServiceId) -> Text:
        """Say where a service is served."""
        return self._where.get(service) or self._plan.where_to_go(service)

    def moved(self) -> tuple[CounterId, ...]:
        """Return the counters that serve something else than the hall file says, in its order."""
        return tuple(sorted(self._moved, key=self._rank.__getitem__))

    def unserved_by(self, counter: CounterId, services: Iterable[ServiceId]) -> list[ServiceId]:
        """List what nobody would serve any more if a counter served these services alone.

        A back office does not count for what visitors take numbers for: it calls without a voice.
        """
        left = set(self._services[counter]) - set(services)
        return [service for service in sorted(left) if not self._is_served(service, counter)]

    def _is_served(self, service: ServiceId, without: CounterId) -> bool:
        others = [self._plan.counter(each) for each in self._counters[service] if each != without]
        if not self._plan.is_for_visitors(service):
            return bool(others)
        return any(not counter.rules.is_back_office for counter in others)

    def assign(self, counter: CounterId, services: Sequence[ServiceId]) -> set[ServiceId]:
        """Have a counter serve these and nothing else; answers what is served otherwise now."""
        before, after = set(self._services[counter]), set(services)
        for service in before - after:
            rest = (each for each in self._counters[service] if each != counter)
            self._counters[service] = tuple(rest)
        for service in after - before:
            serving = (*self._counters[service], counter)
            self._counters[service] = tuple(sorted(serving, key=self._rank.__getitem__))
        self._services[counter] = tuple(services)
        if self._services[counter] == self._plan.counter(counter).services:
            self._moved.pop(counter, None)
        else:
            self._moved[counter] = None
        changed = before ^ after
        for service in changed:
            serving_now = (self._plan.counter(each) for each in self._counters[service])
            self._where[service] = where_to_go(self._plan, service, serving_now)
        return changed
