"""What a recorded day was made of: people's stretches of waiting, and when counters were open."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

from hallserver.domain import events as ev
from hallserver.domain import fold
from hallserver.domain.past import Version
from hallserver.domain.plan import HallPlan
from hallserver.domain.state import HallState
from hallserver.domain.ticket import AT_COUNTER, Move, Ticket
from hallserver.domain.waiting import Lane
from hallserver.protocol.ids import BusinessDay, CounterId, PriorityId, ServiceId
from hallserver.protocol.routes import SERVER_CLIENT, counter_of
from hallserver.protocol.states import TicketState


class MisfitError(Exception):
    """The hall file is not the one of the recorded day. The text says what it lacks."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One stretch of waiting: for what, in which class, how long; None: never called."""

    service: ServiceId
    priority: PriorityId | None
    waited_ms: int | None


@dataclass(frozen=True, slots=True)
class Leg:
    """One stretch of waiting and what came of it. All but `lanes` are in milliseconds.

    `joins_ms` is when it began: on the hall's own clock for a visit's first leg, for the others
    after the end of the leg before. `lanes` are the lines that it stood in, each from so many
    milliseconds on after the beginning. `brings_ms` is the waiting that it brought along. `held_ms`
    is how long a counter was taken by it, None when nobody can know. Who gave the number up while
    it waited did so after `stays_ms`.
    """

    ticket: Ticket
    joins_ms: int
    lanes: tuple[tuple[int, Lane], ...]
    brings_ms: int
    waited_ms: int | None
    held_ms: int | None
    stays_ms: int | None = None


Visit = tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch in which a counter called people, and what it served then."""

    counter: CounterId
    from_ms: int
    until_ms: int
    services: tuple[ServiceId, ...]


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """One business day, as far as the order of calling matters."""

    day: BusinessDay
    visits: tuple[Visit, ...]
    openings: tuple[Opening, ...]

    def waits(self) -> tuple[Wait, ...]:
        """Return how long people really waited."""
        legs = (leg for visit in self.visits for leg in visit)
        return tuple(Wait(leg.ticket.service, leg.ticket.priority, leg.waited_ms) for leg in legs)


def record(plan: HallPlan, lines: Sequence[ev.Recorded]) -> RecordedDay:
    """Read a business day out of its lines, from `DayOpened` on, with the hall file of that day.

    Raises MisfitError when the hall file lacks what the journal speaks of.
    """
    _check_fit(plan, lines)
    state = HallState(plan)
    openings = _Openings(lines)
    for line in lines:
        if isinstance(line.event, ev.DayClosed):
            break
        state.touched_counters.clear()
        fold.apply(state, line)
        for counter in state.touched_counters:
            openings.look(state, counter, line)
    openings.close(lines[-1].elapsed_ms)
    visits = (_visit(state.past.versions(ticket), lines[-1].elapsed_ms) for ticket in state.tickets)
    return RecordedDay(
        day=lines[0].day,
        visits=tuple(visit for visit in visits if visit),
        openings=tuple(openings.found),
    )


def _check_fit(plan: HallPlan, lines: Iterable[ev.Recorded]) -> None:
    for line in lines:
        service = getattr(line.event, "service", None)
        if service is not None and plan.find_service(service) is None:
            raise MisfitError(f'the hall file has no service "{service}"')
        counter = getattr(line.event, "counter", None)
        if counter is not None and plan.find_counter(counter) is None:
            raise MisfitError(f"the hall file has no counter {counter}")


# Counters.


@dataclass(slots=True)
class _Openings:
    """Watches the counters. A clerk who forgot to sign out left with the terminal's last act."""

    lines: Sequence[ev.Recorded]
    found: list[Opening] = field(default_factory=list)
    open: dict[CounterId, tuple[int, tuple[ServiceId, ...]]] = field(default_factory=dict)
    last_act_ms: dict[CounterId, int] = field(init=False)

    def __post_init__(self) -> None:
        self.last_act_ms = {
            counter: line.elapsed_ms
            for line in self.lines
            if (counter := counter_of(line.client)) is not None
        }

    def look(self, state: HallState, counter: CounterId, line: ev.Recorded) -> None:
        """See whether a counter calls people now, and for what."""
        services = state.services_of(counter) if state.desks[counter].is_open else None
        was = self.open.get(counter)
        if was is not None and was[1] != services:
            del self.open[counter]
            is_by_server = line.client == SERVER_CLIENT and services is None
            self._add(counter, was, self.last_act_ms[counter] if is_by_server else line.elapsed_ms)
        if services is not None and counter not in self.open:
            self.open[counter] = (line.elapsed_ms, services)

    def close(self, now_ms: int) -> None:
        """End what is still open when the recording ends."""
        for counter, since in self.open.items():
            self._add(counter, since, now_ms)

    def _add(
        self, counter: CounterId, since: tuple[int, tuple[ServiceId, ...]], until_ms: int
    ) -> None:
        if since[0] < until_ms:
            self.found.append(Opening(counter, since[0], until_ms, since[1]))


# People.


@dataclass(frozen=True, slots=True)
class _Stay:
    """A stretch of one kind: in line, at a counter, or neither."""

    from_ms: int
    until_ms: int
    versions: tuple[Version, ...]

    @property
    def last(self) -> Ticket:
        return self.versions[-1].ticket


def _visit(versions: Sequence[Version], end_ms: int) -> Visit:
    """Cut a ticket's life into legs."""
    stays = list(_stays(_without_undone(versions), end_ms))
    in_line = [number for number, stay in enumerate(stays) if _kind(stay.last) == "line"]
    legs: list[Leg] = []
    left_ms = 0
    for number, following in pairwise([*in_line, len(stays)]):
        line, rest = stays[number], stays[number + 1 : following]
        served = [stay for stay in rest if _kind(stay.last) == "counter"]
        since_ms = line.versions[0].ticket.since_ms
        # Who took the number in the night waits from the opening on.
        from_ms = min(max(line.from_ms, since_ms), line.until_ms)
        is_over = bool(rest) and rest[0].last.state is TicketState.CANCELLED
        legs.append(
            Leg(
                ticket=line.last,
                joins_ms=from_ms - left_ms,
                lanes=_lanes(line, from_ms),
                brings_ms=from_ms - since_ms,
                waited_ms=line.until_ms - from_ms if served else None,
                held_ms=_held_ms(rest),
                stays_ms=line.until_ms - from_ms if is_over else None,
            )
        )
        left_ms = served[-1].until_ms if served else line.until_ms
    return tuple(legs)


def _held_ms(stays: Sequence[_Stay]) -> int | None:
    """Add up the time at counters; what only the end of the day or of the recording ended, and
    nobody completed, says nothing."""
    ended = [
        stay.until_ms - stay.from_ms
        for stay, after in zip_longest(stays, stays[1:])
        if _kind(stay.last) == "counter"
        and after is not None
        and after.versions[0].ticket.state is not TicketState.EXPIRED
    ]
    return sum(ended) if ended else None


def _without_undone(versions: Iterable[Version]) -> list[Version]:
    """Leave out calls that were taken back: their people have waited on."""
    kept: list[Version] = []
    for version in versions:
        if version.move is Move.RELEASED:
            while kept[-1].ticket.state in AT_COUNTER:
                kept.pop()
        kept.append(version)
    return kept


def _kind(ticket: Ticket) -> str:
    if ticket.state is TicketState.WAITING:
        return "line"
    return "counter" if ticket.state in AT_COUNTER else "neither"


def _stays(versions: Sequence[Version], end_ms: int) -> Iterator[_Stay]:
    first = 0
    for number in range(1, len(versions) + 1):
        if number < len(versions) and _kind(versions[number].ticket) == _kind(
            versions[first].ticket
        ):
            continue
        until_ms = versions[number].elapsed_ms if number < len(versions) else end_ms
        yield _Stay(versions[first].elapsed_ms, until_ms, tuple(versions[first:number]))
        first = number


def _lanes(line: _Stay, from_ms: int) -> tuple[tuple[int, Lane], ...]:
    found: dict[int, Lane] = {}
    for version in line.versions:
        found[max(0, version.elapsed_ms - from_ms)] = version.ticket.lane
    return tuple(found.items())
