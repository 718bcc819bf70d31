"""The clerk's terminal as a pure state machine: `step(state, event) -> (state, effects)`.

The counter's snapshot is the truth; a reply is shown at once and holds until the snapshot has
caught up. One press is one command, and while it is under way every further press is ignored: a
bouncing key or an impatient finger calls nobody twice.
"""

from dataclasses import dataclass
from enum import StrEnum, unique

from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.ids import ClerkId, CommandId, TicketNumber
from hallserver.protocol.replies import Rejected, TicketAtCounter
from hallserver.protocol.snapshots import ActiveTicket, Catalog, CounterSnapshot, ServerInfo
from hallserver.protocol.states import TicketState
from ui.counter.desk import Ahead, Desk, desk_after, desk_of, go_ahead
from ui.counter.sentences import (
    ABOUT_THE_LINK,
    OUTBOX_FULL,
    SHIFT_ENDED,
    SIGNED_OUT,
    away,
    obeyed,
)
from ui.kit.values import replace

SAME_KEY_GUARD_S = 0.5
"""The same key again before it has rested this long is the same press: a bounce, a double click.

The hall answers in a few ms, long before the second click of a double click: `pending` alone
would let it through as a second recall.
"""


@unique
class Act(StrEnum):
    """What a clerk can do, one key each."""

    NEXT = "next"
    RECALL = "recall"
    ARRIVE = "arrive"
    COMPLETE = "complete"
    NO_SHOW = "no_show"
    SIGN_OUT = "sign_out"


_ACTS_BY_STATE: dict[TicketState | None, frozenset[Act]] = {
    None: frozenset({Act.NEXT, Act.SIGN_OUT}),
    TicketState.CALLED: frozenset({Act.RECALL, Act.ARRIVE, Act.NO_SHOW, Act.SIGN_OUT}),
    TicketState.SERVING: frozenset({Act.COMPLETE}),
}

_ABOUT_A_TICKET: dict[Act, type[c.Recall | c.Arrive | c.Complete | c.MarkNoShow]] = {
    Act.RECALL: c.Recall,
    Act.ARRIVE: c.Arrive,
    Act.COMPLETE: c.Complete,
    Act.NO_SHOW: c.MarkNoShow,
}


# Events.


@dataclass(frozen=True)
class SignInPressed:
    """The clerk entered account and password. The password is never kept in the state."""

    account: str
    password: str
    at_s: float | None = None
    """When, on any clock that only goes forward; None where no key can bounce."""

    def __repr__(self) -> str:
        """Leave the password out of every log."""
        return f"SignInPressed(account={self.account!r})"


@dataclass(frozen=True)
class Pressed:
    """A key or a button of the terminal; `at_s` as in `SignInPressed`."""

    act: Act
    at_s: float | None = None


@dataclass(frozen=True)
class Asked:
    """The clerk asks for what has no key: to undo, park, transfer, pause, call a given number …

    The hall says what of it may be; here it is one press like any other. `at_s` as in
    `SignInPressed`.
    """

    command: c.Command
    at_s: float | None = None


@dataclass(frozen=True)
class Submitted:
    """The link took the command of the last `Submit` under this id."""

    command_id: CommandId


@dataclass(frozen=True)
class SubmitRefused:
    """The outbox is full: the command was not taken."""


Event = (
    SignInPressed
    | Pressed
    | Asked
    | Submitted
    | SubmitRefused
    | LinkChanged
    | SnapshotArrived
    | ReplyArrived
)


# Effects.


@dataclass(frozen=True)
class Submit:
    """Hand a command to the link, then tell `Submitted`; its answer comes as `ReplyArrived`."""

    command: c.Command


Effect = Submit


# State.


@dataclass(frozen=True)
class Pending:
    """The press whose answer is not there yet, and what was shown when it was made."""

    command: c.Command
    act: Act | None
    """None for signing in, and for what has no key."""
    shown: Desk
    command_id: CommandId | None = None


@dataclass(frozen=True)
class KeyPress:
    """The last press that led to a command or bounced after it; what has no key by its command."""

    act: Act | type[c.Command]
    at_s: float


@dataclass(frozen=True)
class State:
    """All that the terminal shows.

    `said` is the last sentence for the clerk, `is_refusal` whether it says no; `last` the number
    that was called here last.
    """

    link: LinkState = LinkState.CONNECTING
    counter: CounterSnapshot | None = None
    ahead: Ahead | None = None
    catalog: Catalog | None = None
    info: ServerInfo | None = None
    pending: Pending | None = None
    pressed: KeyPress | None = None
    said: Text | None = None
    is_refusal: bool = False
    refusal: RejectionCode | None = None
    """Why the last command was refused; None when it was obeyed or is under way."""
    last: TicketNumber | None = None

    @property
    def desk(self) -> Desk:
        """Who works here on what, as far as the terminal knows."""
        return self.ahead.desk if self.ahead else desk_of(self.counter)

    @property
    def is_signed_in(self) -> bool:
        """Somebody works here."""
        known = self.ahead.desk if self.ahead else self.counter
        return known is not None and known.clerk is not None

    @property
    def active(self) -> ActiveTicket | None:
        """The ticket at this counter."""
        known = self.ahead.desk if self.ahead else self.counter
        return None if known is None else known.active

    @property
    def offered(self) -> frozenset[Act]:
        """The keys that fit the ticket's state: none while the hall is away."""
        if not self.is_signed_in or self.link is not LinkState.LIVE:
            return frozenset()
        return _ACTS_BY_STATE.get(self.active.state if self.active else None, frozenset())

    @property
    def allowed(self) -> frozenset[Act]:
        """The keys that do something now: of those offered none while a press is under way."""
        return frozenset() if self.pending else self.offered

    @property
    def may_ask(self) -> bool:
        """What has no key can be asked for now."""
        return self.is_signed_in and self.link is LinkState.LIVE and self.pending is None

    @property
    def may_sign_in(self) -> bool:
        """The sign-in form does something now."""
        is_live = self.link is LinkState.LIVE
        return is_live and self.pending is None and not self.is_signed_in


def step(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    """Take one event. Pure: the same state and event always give the same answer."""
    match event:
        case Pressed(act, at_s):
            return _press(state, act, at_s)
        case SignInPressed():
            return _sign_in(state, event)
        case Asked(command, at_s):
            return _ask(state, command, at_s)
        case Submitted(command_id):
            return _taken(state, command_id), ()
        case SubmitRefused():
            return _say(replace(state, pending=None), OUTBOX_FULL, is_refusal=True), ()
        case SnapshotArrived(snapshot):
            return _show(state, snapshot), ()
        case ReplyArrived():
            return _answer(state, event), ()
        case LinkChanged(link):
            return _link(state, link), ()


def _say(state: State, said: Text | None, *, is_refusal: bool = False) -> State:
    return replace(state, said=said, is_refusal=is_refusal)


# What the clerk does.


def _press(state: State, act: Act, at_s: float | None) -> tuple[State, tuple[Effect, ...]]:
    if state.link is not LinkState.LIVE:
        return _refuse_away(state), ()
    if _is_bounce(state, act, at_s):
        return _bounced(state, act, at_s), ()
    if act not in state.allowed:
        return state, ()
    command = _command(state, act)
    return _submit(state, command, act, at_s), (Submit(command),)


def _ask(state: State, command: c.Command, at_s: float | None) -> tuple[State, tuple[Effect, ...]]:
    if state.link is not LinkState.LIVE:
        return _refuse_away(state), ()
    if _is_bounce(state, type(command), at_s):
        return _bounced(state, type(command), at_s), ()
    if not state.may_ask:
        return state, ()
    return _submit(state, command, None, at_s), (Submit(command),)


def _command(state: State, act: Act) -> c.Command:
    if act is Act.NEXT:
        return c.CallNext()
    if act is Act.SIGN_OUT:
        return c.SignOut()
    active = state.active
    if active is None:
        raise ValueError(f"{act} needs a ticket")  # `allowed` has none without one
    return _ABOUT_A_TICKET[act](ticket=active.ticket)


def _sign_in(state: State, entered: SignInPressed) -> tuple[State, tuple[Effect, ...]]:
    clerk = ClerkId(entered.account.strip())
    if state.link is not LinkState.LIVE:
        return _refuse_away(state), ()
    if _is_bounce(state, c.SignIn, entered.at_s):
        return _bounced(state, c.SignIn, entered.at_s), ()
    if not state.may_sign_in or not clerk or not entered.password:
        return state, ()
    without_password = c.SignIn(clerk=clerk, password="*")
    now = _submit(state, without_password, None, entered.at_s)
    return now, (Submit(c.SignIn(clerk=clerk, password=entered.password)),)


def _is_bounce(state: State, act: Act | type[c.Command], at_s: float | None) -> bool:
    last = state.pressed
    if last is None or at_s is None or last.act is not act:
        return False
    return at_s - last.at_s < SAME_KEY_GUARD_S


def _bounced(state: State, act: Act | type[c.Command], at_s: float | None) -> State:
    """Let the key rest anew: a finger that drums on it gives one command, not two a second."""
    return state if at_s is None else replace(state, pressed=KeyPress(act, at_s))


def _submit(state: State, command: c.Command, act: Act | None, at_s: float | None) -> State:
    pressed = None if at_s is None else KeyPress(act or type(command), at_s)
    pending = Pending(command, act, state.desk)
    return _say(replace(state, pending=pending, pressed=pressed, refusal=None), None)


def _refuse_away(state: State) -> State:
    return _say(state, away(state.link, is_pending=state.pending is not None), is_refusal=True)


# What the link tells.


def _taken(state: State, command_id: CommandId) -> State:
    if state.pending is None:
        return state  # refused before it left: its answer was there first
    return replace(state, pending=replace(state.pending, command_id=command_id))


def _link(state: State, link: LinkState) -> State:
    now = replace(state, link=link)
    is_over = link is LinkState.LIVE and state.said in ABOUT_THE_LINK
    return _say(now, None) if is_over else now


def _is_old(snapshot: CounterSnapshot | Catalog, known: CounterSnapshot | Catalog | None) -> bool:
    if known is None:
        return False
    return (snapshot.epoch, snapshot.version) <= (known.epoch, known.version)


def _show(state: State, snapshot: object) -> State:
    match snapshot:
        case CounterSnapshot() if not _is_old(snapshot, state.counter):
            is_behind = state.ahead is not None and state.ahead.has_passed(desk_of(snapshot))
            ahead = state.ahead if is_behind else None
            return _look_at(state, replace(state, counter=snapshot, ahead=ahead))
        case Catalog() if not _is_old(snapshot, state.catalog):
            return replace(state, catalog=snapshot)
        case ServerInfo():
            return replace(state, info=snapshot)
        case _:
            return state


def _look_at(before: State, now: State) -> State:
    """Draw from a changed desk what follows from it."""
    if now.is_signed_in:
        return replace(now, last=now.active.number) if now.active else now
    is_leaving = now.pending is not None and now.pending.act is Act.SIGN_OUT
    if before.is_signed_in and not is_leaving and now.said != SIGNED_OUT:
        now = _say(now, SHIFT_ENDED, is_refusal=True)
    return replace(now, last=None)


def _is_answer(pending: Pending, arrived: ReplyArrived) -> bool:
    if pending.command_id is not None:
        return pending.command_id == arrived.command_id
    # The link answers before it has told the id: it refused the command itself.
    ours, theirs = pending.command, arrived.command
    if isinstance(ours, c.SignIn) and isinstance(theirs, c.SignIn):
        return ours.clerk == theirs.clerk
    return ours == theirs


def _answer(state: State, arrived: ReplyArrived) -> State:
    pending, reply = state.pending, arrived.reply
    if pending is None or not _is_answer(pending, arrived):
        return state  # of a press before the terminal was started anew: the snapshot shows it
    answered = replace(state, pending=None)
    if isinstance(reply, Rejected):
        return replace(_say(answered, reply.text, is_refusal=True), refusal=reply.code)
    answered = _say(answered, obeyed(arrived.command, reply))
    if not isinstance(reply, TicketAtCounter) or not state.desk.is_same(pending.shown):
        return answered  # a shift's news are the snapshot's; or one overtook the reply
    desk = desk_after(pending.shown, reply)
    if desk.is_same(pending.shown):
        return answered  # of a ticket that is not at this counter
    ahead = go_ahead(state.ahead, pending.shown, desk)
    return _look_at(answered, replace(answered, ahead=ahead))
