"""The call screen's flow: no order of messages makes it show something old as new."""

from dataclasses import dataclass

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.client.updates import LinkChanged, LinkState, SnapshotArrived
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId, Epoch, TicketNumber, ZoneId
from hallserver.protocol.snapshots import (
    BoardCall,
    BoardSnapshot,
    Catalog,
    CatalogCounter,
    CatalogZone,
)
from hallserver.protocol.states import TicketState
from ui.callscreen.flow import (
    FLASH_S,
    NEW_S,
    CallShown,
    Event,
    FreshnessChanged,
    State,
    Tick,
    step,
)
from ui.callscreen.view import board_view
from ui.kit.i18n import Language

ZONES = (ZoneId("civil"), ZoneId("public"))
CAPACITY = 5


def a_call(call_seq: int, number: str = "", state: TicketState = TicketState.CALLED) -> BoardCall:
    name = TicketNumber(number or f"A{call_seq:03}")
    return BoardCall(call_seq, name, CounterId(call_seq % 9 + 1), 0, state, 0)


def a_board(version: int, *call_seqs: int, zone: ZoneId = ZONES[0], epoch: int = 1) -> Event:
    calls = tuple(a_call(call_seq) for call_seq in sorted(call_seqs, reverse=True))
    return SnapshotArrived(BoardSnapshot(Epoch(epoch), version, zone, calls))


def run(*events: Event, state: State | None = None) -> tuple[State, list[object]]:
    at = state or State(ZONES, CAPACITY)
    effects: list[object] = []
    for event in events:
        at, more = step(at, event)
        effects.extend(more)
    return at, effects


LIVE = LinkChanged(LinkState.LIVE)
STALE = LinkChanged(LinkState.STALE)


def new_of(state: State) -> list[int]:
    return [call.call_seq for call in state.calls if state.is_new(call)]


def test_what_was_there_when_the_screen_started_is_history() -> None:
    state, effects = run(LIVE, a_board(1, 7, 8))
    assert [call.call_seq for call in state.calls] == [8, 7]
    assert new_of(state) == []
    assert effects == [FreshnessChanged(is_stale=False)]


def test_a_call_that_comes_while_live_is_new_for_a_while() -> None:
    state, effects = run(a_board(1, 7), LIVE, Tick(10.0, "09:41"), a_board(2, 7, 9))
    assert effects[1:] == [CallShown(TicketNumber("A009"), CounterId(1), 9)]
    newest = state.calls[0]
    assert (state.is_new(newest), state.is_flashing(newest)) == (True, True)
    state, _ = run(Tick(10.0 + FLASH_S, "09:41"), state=state)
    assert (state.is_new(newest), state.is_flashing(newest)) == (True, False)
    state, _ = run(Tick(10.0 + NEW_S, "09:41"), state=state)
    assert (state.is_new(newest), state.is_flashing(newest)) == (False, False)


def test_a_call_whose_visitor_has_come_is_no_longer_marked() -> None:
    state, _ = run(a_board(1, 7), LIVE, a_board(2, 7, 9))
    newest = state.calls[0]
    assert state.is_new(newest)
    for over in set(TicketState) - {TicketState.CALLED}:
        served = msgspec.structs.replace(newest, state=over)
        assert (state.is_new(served), state.is_flashing(served)) == (False, False)


def test_a_recall_is_new_again() -> None:
    first = a_call(9, "A001")
    again = replace_call(first, call_seq=12, recalls=1)
    board = BoardSnapshot(Epoch(1), 2, ZONES[0], (first,))
    state, effects = run(a_board(1), LIVE, SnapshotArrived(board))
    state, _ = run(Tick(60.0, "09:41"), state=state)
    assert new_of(state) == []
    recalled = BoardSnapshot(Epoch(1), 3, ZONES[0], (again,))
    state, effects = run(SnapshotArrived(recalled), state=state)
    assert new_of(state) == [12]
    assert effects == [CallShown(TicketNumber("A001"), again.counter, 12)]


def replace_call(call: BoardCall, *, call_seq: int, recalls: int) -> BoardCall:
    return BoardCall(call_seq, call.number, call.counter, recalls, call.state, call.called_at_ms)


def test_a_change_of_state_is_no_new_call() -> None:
    state, _ = run(a_board(1), LIVE, a_board(2, 9), Tick(60.0, "09:41"))
    served = BoardSnapshot(Epoch(1), 3, ZONES[0], (a_call(9, state=TicketState.SERVING),))
    state, effects = run(SnapshotArrived(served), state=state)
    assert (new_of(state), effects) == ([], [])
    assert state.calls[0].state is TicketState.SERVING


def test_losing_the_server_takes_every_mark_away_and_says_so() -> None:
    state, _ = run(a_board(1), LIVE, Tick(5.0, "09:41"), a_board(2, 9))
    assert new_of(state) == [9]
    state, effects = run(STALE, state=state)
    assert (new_of(state), effects) == ([], [FreshnessChanged(is_stale=True)])
    state, _ = run(Tick(6.0, "09:42"), state=state)
    view = board_view(state, Language.ZH, 3, None)
    assert view.notice == "连接中断，信息停在 09:41"
    assert view.clock == "09:42"


def test_calls_made_while_the_screen_was_cut_off_are_history_when_it_returns() -> None:
    state, _ = run(a_board(1), LIVE, STALE)
    state, effects = run(a_board(2, 9), LIVE, state=state)
    assert (new_of(state), effects) == ([], [FreshnessChanged(is_stale=False)])
    state, effects = run(a_board(3, 9, 10), state=state)
    assert new_of(state) == [10]


def test_a_late_copy_of_an_older_board_changes_nothing() -> None:
    state, _ = run(a_board(1), LIVE, a_board(3, 9, 10))
    same, effects = run(a_board(2, 9), a_board(3, 9), state=state)
    assert (same, effects) == (state, [])


def test_boards_of_other_zones_are_not_shown() -> None:
    state, _ = run(LIVE, a_board(1, 9, zone=ZoneId("project")))
    assert state.calls == ()


def test_what_has_no_room_on_the_screen_is_not_said_to_be_shown() -> None:
    seqs = range(10, 10 + CAPACITY + 2)
    _, effects = run(a_board(1), LIVE, a_board(2, *seqs))
    shown = [effect.call_seq for effect in effects if isinstance(effect, CallShown)]
    assert shown == list(seqs)[2:]


def test_a_restarted_server_makes_no_old_call_new() -> None:
    state, _ = run(a_board(5), LIVE, a_board(6, 9), STALE, Tick(60.0, "09:41"))
    state, effects = run(LIVE, a_board(1, 9, epoch=2), state=state)
    assert (new_of(state), effects) == ([], [FreshnessChanged(is_stale=False)])


def test_a_screen_that_does_not_fit_the_server_says_that_it_is_not_updated() -> None:
    for link in (LinkState.UPDATE_CLIENT, LinkState.UPDATE_SERVER):
        state, effects = run(LIVE, LinkChanged(link))
        assert effects[-1] == FreshnessChanged(is_stale=True)
        assert board_view(state, Language.ZH, 3, None).notice == "本屏暂停更新，请留意窗口叫号"


def test_while_it_connects_it_says_that_and_not_that_it_is_stale() -> None:
    view = board_view(State(ZONES, CAPACITY), Language.ZH, 3, None)
    assert (view.is_connecting, view.notice) == (True, "")
    state, _ = run(STALE)
    assert board_view(state, Language.ZH, 3, None).notice == "连接中断，请留意窗口叫号"


def test_the_view_says_where_to_go_and_which_way() -> None:
    counters = tuple(
        CatalogCounter(CounterId(n), Text(f"{n}号窗口", f"Window {n}"), ZONES[0], floor)
        for n, floor in ((1, 1), (2, 2))
    )
    zones = (CatalogZone(ZONES[0], Text("民生事务", "Civil affairs"), 1),)
    catalog = Catalog(Epoch(1), 1, Text("大厅", "Hall"), zones, (), (), counters)
    calls = (
        BoardCall(9, TicketNumber("A009"), CounterId(2), 1, TicketState.CALLED, 0),
        BoardCall(8, TicketNumber("A008"), CounterId(1), 1, TicketState.SERVING, 0),
        BoardCall(7, TicketNumber("A007"), CounterId(3), 0, TicketState.NO_SHOW, 0),
    )
    board = SnapshotArrived(BoardSnapshot(Epoch(1), 1, ZONES[0], calls))
    state, _ = run(SnapshotArrived(catalog), board, LIVE, Tick(1.0, "09:41"))
    view = board_view(state, Language.ZH, 2, None)
    assert view.title == "民生事务"
    assert [(row.words, row.way, row.status) for row in view.large] == [
        ("请上2楼", "up", "再次呼叫"),
        ("窗口", "", "办理中"),
    ]
    assert [(row.number, row.status, row.is_over) for row in view.listed] == [
        ("A007", "过号", True)
    ]
    upstairs = board_view(state, Language.EN, 2, 2)
    assert [(row.words, row.way) for row in upstairs.large] == [
        ("Window", ""),
        ("Down to floor 1", "down"),
    ]


@dataclass(frozen=True)
class World:
    """What a hall did: all its board snapshots of both zones, in order."""

    boards: tuple[BoardSnapshot, ...]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a day: calls and recalls with rising seqs, withdrawals, restarts of the server."""
    seq, epoch = 0, 1
    boards: list[BoardSnapshot] = []
    calls: dict[ZoneId, tuple[BoardCall, ...]] = {zone: () for zone in ZONES}
    for _ in range(draw(st.integers(1, 14))):
        zone = draw(st.sampled_from(ZONES))
        seq += draw(st.integers(1, 3))
        what = draw(st.sampled_from(["call", "call", "recall", "withdraw", "restart"]))
        epoch += what == "restart"
        if what == "call":
            calls[zone] = (a_call(seq), *calls[zone])
        elif what == "recall" and calls[zone]:
            old = draw(st.sampled_from(calls[zone]))
            rest = tuple(call for call in calls[zone] if call.number != old.number)
            calls[zone] = (a_call(seq, old.number), *rest)
        elif what == "withdraw":
            calls[zone] = calls[zone][1:]
        boards.append(BoardSnapshot(Epoch(epoch), seq, zone, calls[zone]))
    return World(tuple(boards))


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """Deliver a day's boards in any order, repeated or lost, between cuts and ticks."""
    boards = draw(worlds()).boards
    told = draw(st.lists(st.sampled_from(boards), max_size=20))
    events: list[Event] = []
    now_s = 0.0
    for board in told:
        now_s += draw(st.sampled_from([0.0, 0.25, 3.0, 25.0]))
        events.append(Tick(now_s, "09:41"))
        events.append(SnapshotArrived(board))
        if draw(st.integers(0, 3)) == 0:
            events.append(LinkChanged(draw(st.sampled_from(LinkState))))
    return [LIVE, *events] if draw(st.booleans()) else events


@settings(max_examples=400, deadline=None)
@given(stories())
def test_no_order_of_messages_shows_an_older_call_as_new(events: list[Event]) -> None:
    state = State(ZONES, CAPACITY)
    link = LinkState.CONNECTING
    seen: dict[ZoneId, set[int]] = {}
    announced: set[int] = set()
    for event in events:
        before = state
        state, effects = step(state, event)
        if isinstance(event, LinkChanged):
            link = event.link
        shown = [effect.call_seq for effect in effects if isinstance(effect, CallShown)]
        # A mark appears with a new call only: never by time passing or the link returning.
        gained = set(new_of(state)) - set(new_of(before))
        assert set(shown) <= gained
        if gained:
            assert isinstance(event, SnapshotArrived)
            board = event.snapshot
            assert isinstance(board, BoardSnapshot)
            assert link is LinkState.LIVE
            assert board.zone in seen, "the first board of a zone is history"
            assert min(gained) > max(seen[board.zone], default=0)
            assert gained <= {call.call_seq for call in board.calls}
            assert gained.isdisjoint(announced), "no call is new twice"
        announced |= gained
        if isinstance(event, SnapshotArrived) and isinstance(event.snapshot, BoardSnapshot):
            board = event.snapshot
            if state.boards.get(board.zone) is board:
                known = seen.setdefault(board.zone, set())
                known |= {call.call_seq for call in board.calls}
        if link is not LinkState.LIVE:
            assert new_of(state) == []
        order = [call.call_seq for call in state.calls]
        assert order == sorted(order, reverse=True)
        versions = {zone: (b.epoch, b.version) for zone, b in state.boards.items()}
        for zone, known_board in before.boards.items():
            assert versions[zone] >= (known_board.epoch, known_board.version)


@settings(max_examples=200, deadline=None)
@given(stories())
def test_every_view_says_it_is_old_exactly_while_it_is_and_marks_nothing_then(
    events: list[Event],
) -> None:
    state = State(ZONES, CAPACITY)
    for event in events:
        state, _ = step(state, event)
        view = board_view(state, Language.EN, 3, None)
        is_cut_off = state.link not in (LinkState.LIVE, LinkState.CONNECTING)
        assert bool(view.notice) is is_cut_off
        rows = (*view.large, *view.listed)
        assert len(rows) == min(CAPACITY, len(state.calls))
        if state.link is not LinkState.LIVE:
            assert not any(row.is_new or row.is_flashing for row in rows)
        assert not any(row.is_flashing and not row.is_new for row in rows)


@given(st.lists(st.floats(0, 60), max_size=12))
def test_time_that_jumps_back_takes_no_mark_away_and_gives_none(ticks: list[float]) -> None:
    state, _ = run(a_board(1), LIVE, Tick(5.0, "09:41"), a_board(2, 9))
    latest = 5.0
    for now_s in ticks:
        latest = max(latest, now_s)
        state, effects = step(state, Tick(now_s, "09:41"))
        assert effects == ()
        assert state.now_s == latest
        assert new_of(state) == ([9] if latest - 5.0 < NEW_S else [])
