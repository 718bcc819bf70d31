"""What the QML of a call screen binds to, made from the flow's state. Pure."""

from dataclasses import asdict, dataclass

from hallserver.client.updates import LinkState
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId
from hallserver.protocol.snapshots import BoardCall
from hallserver.protocol.states import TicketState
from ui.callscreen.flow import State
from ui.callscreen.texts import (
    GO_DOWN,
    GO_UP,
    OUTDATED,
    RECALLED,
    STALE,
    STALE_UNHEARD,
    STATUS,
)
from ui.kit.i18n import Language, pick
from ui.kit.labels import split_label

MAX_NAMED_ZONES = 2


@dataclass(frozen=True)
class CallRow:
    """One call. `unit` stands beside the counter's number, `words` below; `way` is up or down."""

    number: str
    counter: str
    unit: str
    words: str
    way: str
    status: str
    is_new: bool
    is_flashing: bool
    is_over: bool


@dataclass(frozen=True)
class BoardView:
    """All that is on the screen."""

    title: str
    clock: str
    notice: str
    """Why what is shown may be old; empty while it is not."""
    is_connecting: bool
    large: tuple[CallRow, ...]
    listed: tuple[CallRow, ...]

    def for_qml(self) -> dict[str, object]:
        """Turn into plain types, by the names that QML binds to."""
        return {
            "title": self.title,
            "clock": self.clock,
            "notice": self.notice,
            "isConnecting": self.is_connecting,
            "large": [asdict(row) for row in self.large],
            "listed": [asdict(row) for row in self.listed],
        }


def board_view(state: State, language: Language, large: int, floor: int | None) -> BoardView:
    """Describe the screen. `large` calls are shown large; `floor` is where the screen hangs."""
    calls = state.calls[: state.capacity]
    here = floor if floor is not None else _floor_of(state)
    rows = tuple(_row(state, call, language, here) for call in calls)
    return BoardView(
        title=_title(state, language),
        clock=state.clock,
        notice=_notice(state, language),
        is_connecting=state.link is LinkState.CONNECTING,
        large=rows[:large],
        listed=rows[large:],
    )


def _title(state: State, language: Language) -> str:
    """Name the zones, or the hall when there are too many for the head."""
    if len(state.hall_zones) > MAX_NAMED_ZONES and state.hall is not None:
        return pick(state.hall, language)
    return " · ".join(pick(zone.name, language) for zone in state.hall_zones)


def _floor_of(state: State) -> int | None:
    """Take the floor of our zones for the screen's own, when they all lie on one."""
    floors = {zone.floor for zone in state.hall_zones}
    return floors.pop() if len(floors) == 1 else None


def _notice(state: State, language: Language) -> str:
    if not state.is_stale:
        return ""
    if state.link is not LinkState.STALE:
        return pick(OUTDATED, language)
    if not state.live_clock:
        return pick(STALE_UNHEARD, language)
    return pick(STALE, language).format(clock=state.live_clock)


def _row(state: State, call: BoardCall, language: Language, here: int | None) -> CallRow:
    known = state.counters.get(call.counter)
    label = _unknown_label(call.counter) if known is None else known.label
    unit, words = split_label(call.counter, label, language)
    way, way_words = _way(state, call.counter, language, here)
    is_recalled = call.recalls > 0 and call.state is TicketState.CALLED
    status = RECALLED if is_recalled else STATUS.get(call.state, Text("", ""))
    return CallRow(
        number=call.number,
        counter=str(call.counter),
        unit=unit,
        words=way_words or words,
        way=way,
        status=pick(status, language),
        is_new=state.is_new(call),
        is_flashing=state.is_flashing(call),
        is_over=call.state in (TicketState.COMPLETED, TicketState.NO_SHOW),
    )


def _unknown_label(counter: CounterId) -> Text:
    """Name a counter before the catalog has come."""
    return Text(f"{counter}号窗口", f"Window {counter}")


def _way(state: State, counter: CounterId, language: Language, here: int | None) -> tuple[str, str]:
    """Say which way a counter on another floor lies: ("up", "请上2楼"); empty on this one."""
    known = state.counters.get(counter)
    if known is None or here is None or known.floor == here:
        return "", ""
    text, way = (GO_UP, "up") if known.floor > here else (GO_DOWN, "down")
    return way, pick(text, language).format(floor=known.floor)
