"""What a call screen shows, as a pure state machine: `step(state, event) -> (state, effects)`.

Nothing old is ever shown as new. A call is new when its `call_seq` is above everything that its
zone had before, it arrived while the link was live, and the zone had been heard before: what was
already there when the screen started, or came while it was cut off, is history.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId, TicketNumber, ZoneId
from hallserver.protocol.snapshots import (
    BoardCall,
    BoardSnapshot,
    Catalog,
    CatalogCounter,
    CatalogZone,
)
from hallserver.protocol.states import TicketState
from ui.kit.values import replace

NEW_S = 20.0
"""How long a call is marked as new."""

FLASH_S = 6.0
"""How long the mark of a new call moves; then it is still."""


class Tick(msgspec.Struct, frozen=True):
    """Time has passed. `now_s` never goes back; `clock` is what a wall clock shows, as 09:41."""

    now_s: float
    clock: str


Event = SnapshotArrived | LinkChanged | ReplyArrived | Tick


class CallShown(msgspec.Struct, frozen=True):
    """A new call is on the screen from the next frame on."""

    number: TicketNumber
    counter: CounterId
    call_seq: int


@dataclass(frozen=True)
class FreshnessChanged:
    """The screen says from the next frame on that it is stale, or that it no longer is."""

    is_stale: bool


Effect = CallShown | FreshnessChanged


@dataclass(frozen=True)
class State:
    """Everything that a call screen knows."""

    zones: tuple[ZoneId, ...]
    capacity: int
    """How many calls fit on the screen; what is not on it is not said to be shown."""
    link: LinkState = LinkState.CONNECTING
    now_s: float = 0.0
    clock: str = ""
    live_clock: str = ""
    """What the clock showed when the server was heard last."""
    hall: Text | None = None
    hall_zones: tuple[CatalogZone, ...] = ()
    counters: Mapping[CounterId, CatalogCounter] = field(default_factory=dict)
    boards: Mapping[ZoneId, BoardSnapshot] = field(default_factory=dict)
    horizon: Mapping[ZoneId, int] = field(default_factory=dict)
    """The highest `call_seq` that each zone has had."""
    new_since_s: Mapping[int, float] = field(default_factory=dict)
    """Since when each new call is shown, by `call_seq`."""

    @property
    def is_stale(self) -> bool:
        """Whether people have to be told that what they see may be old."""
        return self.link not in (LinkState.LIVE, LinkState.CONNECTING)

    @property
    def calls(self) -> tuple[BoardCall, ...]:
        """The calls of all its zones, newest first, each ticket's newest only."""
        every = (call for board in self.boards.values() for call in board.calls)
        return tuple(sorted(every, key=lambda call: call.call_seq, reverse=True))

    def is_new(self, call: BoardCall) -> bool:
        """Whether a call is marked as new: it is recent, and its visitor is still awaited."""
        return self._is_awaited_since(call, NEW_S)

    def is_flashing(self, call: BoardCall) -> bool:
        """Whether a new call's mark moves."""
        return self._is_awaited_since(call, FLASH_S)

    def _is_awaited_since(self, call: BoardCall, limit_s: float) -> bool:
        since_s = self.new_since_s.get(call.call_seq)
        is_recent = since_s is not None and self.now_s - since_s < limit_s
        return is_recent and call.state is TicketState.CALLED


def step(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    """Take one event; the effects hold from the frame on that shows the new state."""
    match event:
        case Tick():
            return _tick(state, event), ()
        case LinkChanged():
            return _link(state, event.link)
        case SnapshotArrived(snapshot=BoardSnapshot() as board):
            return _board(state, board)
        case SnapshotArrived(snapshot=Catalog() as catalog):
            return _catalog(state, catalog), ()
        case SnapshotArrived() | ReplyArrived():
            return state, ()


def _tick(state: State, tick: Tick) -> State:
    now_s = max(state.now_s, tick.now_s)
    running = state.new_since_s and {
        call_seq: since_s
        for call_seq, since_s in state.new_since_s.items()
        if now_s - since_s < NEW_S
    }
    return replace(
        state,
        now_s=now_s,
        clock=tick.clock,
        new_since_s=running,
        live_clock=tick.clock if state.link is LinkState.LIVE else state.live_clock,
    )


def _link(state: State, link: LinkState) -> tuple[State, tuple[Effect, ...]]:
    marks = state.new_since_s if link is LinkState.LIVE else {}
    changed = replace(state, link=link, new_since_s=marks)
    if link is LinkState.CONNECTING or (
        changed.is_stale == state.is_stale and state.link is not LinkState.CONNECTING
    ):
        return changed, ()
    return changed, (FreshnessChanged(changed.is_stale),)


def _catalog(state: State, catalog: Catalog) -> State:
    known = {zone.id: zone for zone in catalog.zones}
    return replace(
        state,
        hall=catalog.title,
        hall_zones=tuple(known[zone] for zone in state.zones if zone in known),
        counters={counter.id: counter for counter in catalog.counters},
    )


def _board(state: State, board: BoardSnapshot) -> tuple[State, tuple[Effect, ...]]:
    known = state.boards.get(board.zone)
    is_ours = board.zone in state.zones
    is_old = known is not None and (board.epoch, board.version) <= (known.epoch, known.version)
    if not is_ours or is_old:
        return state, ()
    horizon = state.horizon.get(board.zone)
    beyond = [call for call in board.calls if call.call_seq > (horizon or 0)]
    boards = {**state.boards, board.zone: board}
    if not beyond and horizon is not None:
        return replace(state, boards=boards), ()
    is_news = horizon is not None and state.link is LinkState.LIVE
    fresh = beyond if is_news else []
    highest = max((call.call_seq for call in beyond), default=0)
    changed = replace(
        state,
        boards=boards,
        horizon={**state.horizon, board.zone: highest},
        new_since_s={**state.new_since_s, **{call.call_seq: state.now_s for call in fresh}},
    )
    if not fresh:
        return changed, ()
    on_screen = {call.call_seq for call in changed.calls[: state.capacity]}
    shown = tuple(
        CallShown(call.number, call.counter, call.call_seq)
        for call in sorted(fresh, key=lambda call: call.call_seq)
        if call.call_seq in on_screen
    )
    return changed, shown
