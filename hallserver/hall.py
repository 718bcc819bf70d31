"""The hall as a pure function: a command in, a reply and events out.

`handle` and `tick` decide and change nothing; `apply` changes and decides nothing. One writer owns
the hall, so no two counters can be given one person.
"""

from collections.abc import Callable, Iterator, Mapping

from hallserver.domain import desk_view, fold, views
from hallserver.domain import events as ev
from hallserver.domain.acts import (
    appointments,
    call,
    check_in,
    choosing,
    clock,
    counter,
    issue,
    journeys,
    kiosks,
    rate,
    shift,
    steps,
    supervise,
    voice,
)
from hallserver.domain.acts.base import Act, Decision, Room, refuse
from hallserver.domain.instant import Now
from hallserver.domain.load import ShownLoad
from hallserver.domain.plan import HallPlan
from hallserver.domain.state import HallState
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import BusinessDay, ClientId, CounterId, Epoch, ServiceId
from hallserver.protocol.routes import Role
from hallserver.protocol.snapshots import Published

__all__ = ["Decision", "Hall", "refuse"]

_ACTS: dict[type[c.Command], Act] = {
    **issue.ACTS,
    **kiosks.ACTS,
    **rate.ACTS,
    **shift.ACTS,
    **call.ACTS,
    **choosing.ACTS,
    **appointments.ACTS,
    **check_in.ACTS,
    **counter.ACTS,
    **journeys.ACTS,
    **steps.ACTS,
    **voice.ACTS,
    **supervise.ACTS,
}


class Hall:
    """One hall on its open business day.

    `key` signs ticket tokens. `verify_password(account, password)` is given from outside: comparing
    passwords takes chance (a salt) and time on purpose.
    """

    def __init__(
        self, plan: HallPlan, key: bytes, verify_password: Callable[[str, str], bool]
    ) -> None:
        self._plan = plan
        self.state = HallState(plan)
        self.room = Room(plan, key, verify_password, self.state)
        self._load = ShownLoad(self.state)
        self._shown_at: dict[CounterId, int] = {}
        """With which event each counter was shown last."""

    @property
    def day(self) -> BusinessDay | None:
        """The open business day; None before the first and between two."""
        return self.state.day

    # Deciding.

    def handle(self, client: ClientId, command: c.Command, now: Now) -> Decision:
        """Decide on one command of one client. Changes nothing."""
        role = routes.role_of(client)
        if role is None or type(command) not in routes.MAY_SEND[role]:
            return refuse(RejectionCode.NOT_PERMITTED)
        if role in (Role.COUNTER, Role.PAD):
            counter = routes.counter_of(client)
            if counter is None or self._plan.find_counter(counter) is None:
                return refuse(RejectionCode.NOT_PERMITTED)
        return _ACTS[type(command)](self.room, client, command, now)

    def tick(self, now: Now) -> tuple[ev.Event, ...]:
        """Say what the clock brings: the business day opens, or changes, forward only.

        The look at the clock is kept for what is shown (`changed_counts`); it decides nothing.
        """
        self._load.look(now)
        return clock.tick(self.room, now)

    # Changing.

    def apply(self, recorded: ev.Recorded) -> None:
        """Change the hall by one recorded event."""
        fold.apply(self.state, recorded)

    # Showing.

    def changed(self, epoch: Epoch) -> Iterator[tuple[str, Published]]:
        """Yield topic and snapshot of all that changed since the last call.

        The counts of waiting people are not among them: `changed_counts`.
        """
        state = self.state
        zones, state.touched_zones = state.touched_zones, set()
        voices, state.touched_voices = state.touched_voices, set()
        counters, state.touched_counters = state.touched_counters, set()
        for zone in sorted(zones):
            yield routes.topic(routes.BOARD, zone=zone), views.board(state, zone, epoch)
        for zone in sorted(voices):
            yield routes.topic(routes.VOICE, zone=zone), views.voice(state, zone, epoch)
        for desk in sorted(counters):
            yield self._counter(desk, epoch)
        if state.is_console_touched:
            state.is_console_touched = False
            yield routes.topic(routes.CONSOLE), views.console(state, epoch)
        if state.is_catalog_touched:
            state.is_catalog_touched = False
            yield routes.topic(routes.CATALOG), views.catalog_today(state, epoch)

    def changed_counts(self, epoch: Epoch) -> Iterator[tuple[str, Published]]:
        """Yield what shows how many wait, where it changed.

        Apart from `changed`, because one number at a kiosk changes the counts of many counters: the
        writer publishes these a few times a second, not with every command.
        """
        services, self.state.touched_services = self.state.touched_services, {}
        if services or self._load.has_news:
            yield routes.topic(routes.LOAD), self._load.show(epoch, services)
        for desk in sorted(self._behind(services)):
            yield self._counter(desk, epoch)

    def _behind(self, touched: Mapping[ServiceId, int]) -> set[CounterId]:
        """Return the counters that were not shown since a service of theirs was touched."""
        return {
            counter
            for service, seq in touched.items()
            for counter in self.state.counters_of(service)
            if self._shown_at.get(counter, -1) < seq
        }

    def _counter(self, desk: CounterId, epoch: Epoch) -> tuple[str, Published]:
        self._shown_at[desk] = self.state.seq
        shown = desk_view.counter(self.state, desk, epoch)
        return routes.topic(routes.COUNTER, counter=desk), shown

    def everything(self, epoch: Epoch) -> Iterator[tuple[str, Published]]:
        """Yield every retained snapshot: for a broker that has lost them."""
        state = self.state
        yield routes.topic(routes.CATALOG), views.catalog_today(state, epoch)
        yield routes.topic(routes.CONSOLE), views.console(state, epoch)
        yield routes.topic(routes.LOAD), self._load.show(epoch, state.touched_services)
        for zone in self._plan.zones:
            yield routes.topic(routes.BOARD, zone=zone.id), views.board(state, zone.id, epoch)
        for voiced in state.voices.zones:
            yield routes.topic(routes.VOICE, zone=voiced), views.voice(state, voiced, epoch)
        for desk in self._plan.counters:
            yield (
                routes.topic(routes.COUNTER, counter=desk.id),
                desk_view.counter(state, desk.id, epoch),
            )
