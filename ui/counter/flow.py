"""The clerk's terminal as a pure state machine: `step(state, event) -> (state, effects)`.

The counter's snapshot is the truth; a reply is shown at once and holds until the snapshot has
caught up. One press is one command, and while it is under way every further press is ignored: a
bouncing key or an impatient finger calls nobody twice.
"""

from dataclasses import dataclass, replace
from enum import StrEnum, unique

from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text
from hallserver.protocol.ids import ClerkId, CommandId, TicketNumber
from hallserver.protocol.replies import Done, Rejected, Reply, SignedIn, TicketAtCounter
from hallserver.protocol.snapshots import (
    ActiveTicket,
    Catalog,
    ClerkAtCounter,
    CounterSnapshot,
    ServerInfo,
)
from hallserver.protocol.states import TicketState


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

_HERE = (TicketState.CALLED, TicketState.SERVING)


# Events.


@dataclass(frozen=True)
class SignInPressed:
    """The clerk entered account and password. The password is never kept in the state."""

    account: str
    password: str

    def __repr__(self) -> str:
        """Leave the password out of every log."""
        return f"SignInPressed(account={self.account!r})"


@dataclass(frozen=True)
class Pressed:
    """A key or a button of the terminal."""

    act: Act


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
class Desk:
    """Who works at the counter and on which ticket."""

    clerk: ClerkAtCounter | None = None
    active: ActiveTicket | None = None

    def is_same(self, other: "Desk") -> bool:
        """Compare what the hall's rules know of; a reply lacks the rest (times, staff number)."""
        return self._key() == other._key()

    def _key(self) -> tuple[object, ...]:
        active = self.active
        about = (active.ticket, active.state, active.recalls) if active else ()
        return (self.clerk.clerk if self.clerk else None, *about)


@dataclass(frozen=True)
class Pending:
    """The press whose answer is not there yet, and what was shown when it was made."""

    command: c.Command
    act: Act | None
    """None for signing in."""
    shown: Desk
    command_id: CommandId | None = None


@dataclass(frozen=True)
class Ahead:
    """What replies said that no snapshot has said yet.

    `passed` are the desks that the replies left behind. A snapshot of one of them is from before
    the reply, though it may come after it; any other is at least as new as the reply, because
    nothing but this terminal moves a ticket here, and others can only end the shift.
    """

    desk: Desk
    passed: tuple[Desk, ...]

    def has_passed(self, desk: Desk) -> bool:
        """Say whether a snapshot of this desk is older than what is shown."""
        return any(desk.is_same(left) for left in self.passed)


MAX_PASSED_DESKS = 16
"""Presses answered while not one snapshot came; each is followed by one in practice."""


@dataclass(frozen=True)
class State:
    """All that the terminal shows.

    `said` is the last sentence for the clerk; `last` the number that was called here last.
    """

    link: LinkState = LinkState.CONNECTING
    counter: CounterSnapshot | None = None
    ahead: Ahead | None = None
    catalog: Catalog | None = None
    info: ServerInfo | None = None
    pending: Pending | None = None
    said: Text | None = None
    last: TicketNumber | None = None

    @property
    def desk(self) -> Desk:
        """Who works here on what, as far as the terminal knows."""
        return self.ahead.desk if self.ahead else _desk_of(self.counter)

    @property
    def is_signed_in(self) -> bool:
        """Somebody works here."""
        return self.desk.clerk is not None

    @property
    def active(self) -> ActiveTicket | None:
        """The ticket at this counter."""
        return self.desk.active

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


_OUTBOX_FULL = Text(
    "未送出：待发送的操作过多，请稍候再试。",
    "Not sent: too many operations are waiting. Please try again in a moment.",
)
_AWAY = Text("与服务器的连接已中断，此操作未执行。", "The hall server is away; nothing was done.")
_UNCONFIRMED = Text(
    "与服务器的连接已中断，上一操作待确认，请勿重复操作。",
    "The hall server is away; the last operation is not confirmed yet. Please do not repeat it.",
)
_SHIFT_ENDED = Text(
    "本窗口的登录已结束，请重新登录。",
    "The shift at this window has ended. Please sign in again.",
)
_SIGNED_OUT = Text("已退出登录。", "Signed out.")

_NOT_LIVE = {
    LinkState.UPDATE_CLIENT: SENTENCES[RejectionCode.CLIENT_TOO_OLD],
    LinkState.UPDATE_SERVER: SENTENCES[RejectionCode.CLIENT_TOO_NEW],
}

_ABOUT_THE_LINK = (_AWAY, _UNCONFIRMED, *_NOT_LIVE.values())


def step(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    """Take one event. Pure: the same state and event always give the same answer."""
    match event:
        case Pressed(act):
            return _press(state, act)
        case SignInPressed(account, password):
            return _sign_in(state, account, password)
        case Submitted(command_id):
            return _taken(state, command_id), ()
        case SubmitRefused():
            return replace(state, pending=None, said=_OUTBOX_FULL), ()
        case SnapshotArrived(snapshot):
            return _show(state, snapshot), ()
        case ReplyArrived():
            return _answer(state, event), ()
        case LinkChanged(link):
            return _link(state, link), ()


# What the clerk does.


def _press(state: State, act: Act) -> tuple[State, tuple[Effect, ...]]:
    if state.link is not LinkState.LIVE:
        return _say_away(state), ()
    if act not in state.allowed:
        return state, ()
    return _submit(state, _command(state, act), act)


def _command(state: State, act: Act) -> c.Command:
    if act is Act.NEXT:
        return c.CallNext()
    if act is Act.SIGN_OUT:
        return c.SignOut()
    active = state.active
    if active is None:
        raise ValueError(f"{act} needs a ticket")  # `allowed` has none without one
    return _ABOUT_A_TICKET[act](ticket=active.ticket)


def _sign_in(state: State, account: str, password: str) -> tuple[State, tuple[Effect, ...]]:
    clerk = ClerkId(account.strip())
    if state.link is not LinkState.LIVE:
        return _say_away(state), ()
    if state.pending or state.is_signed_in or not clerk or not password:
        return state, ()
    without_password = c.SignIn(clerk=clerk, password="*")
    waiting, _ = _submit(state, without_password, None)
    return waiting, (Submit(c.SignIn(clerk=clerk, password=password)),)


def _submit(state: State, command: c.Command, act: Act | None) -> tuple[State, tuple[Effect, ...]]:
    pending = Pending(command, act, state.desk)
    return replace(state, pending=pending, said=None), (Submit(command),)


def _say_away(state: State) -> State:
    away = _UNCONFIRMED if state.pending else _AWAY
    return replace(state, said=_NOT_LIVE.get(state.link, away))


# What the link tells.


def _taken(state: State, command_id: CommandId) -> State:
    if state.pending is None:
        return state  # refused before it left: its answer was there first
    return replace(state, pending=replace(state.pending, command_id=command_id))


def _link(state: State, link: LinkState) -> State:
    is_old = link is LinkState.LIVE and state.said in _ABOUT_THE_LINK
    return replace(state, link=link, said=None if is_old else state.said)


def _desk_of(counter: CounterSnapshot | None) -> Desk:
    return Desk(counter.clerk, counter.active) if counter else Desk()


def _is_old(snapshot: CounterSnapshot | Catalog, known: CounterSnapshot | Catalog | None) -> bool:
    if known is None:
        return False
    return (snapshot.epoch, snapshot.version) <= (known.epoch, known.version)


def _show(state: State, snapshot: object) -> State:
    match snapshot:
        case CounterSnapshot() if not _is_old(snapshot, state.counter):
            return _show_counter(state, snapshot)
        case Catalog() if not _is_old(snapshot, state.catalog):
            return replace(state, catalog=snapshot)
        case ServerInfo():
            return replace(state, info=snapshot)
        case _:
            return state


def _show_counter(state: State, counter: CounterSnapshot) -> State:
    is_behind = state.ahead is not None and state.ahead.has_passed(_desk_of(counter))
    ahead = state.ahead if is_behind else None
    return _look_at(state, replace(state, counter=counter, ahead=ahead))


def _look_at(before: State, now: State) -> State:
    """Draw from a changed desk what follows from it."""
    said, last = now.said, now.last
    if now.active is not None:
        last = now.active.number
    if not now.is_signed_in:
        last = None
        is_own_doing = now.pending is not None and now.pending.act is Act.SIGN_OUT
        if before.is_signed_in and not is_own_doing:
            said = _SHIFT_ENDED
    return replace(now, said=said, last=last)


def _is_answer(pending: Pending, reply: ReplyArrived) -> bool:
    if pending.command_id is not None:
        return pending.command_id == reply.command_id
    # The link answers before it has told the id: it refused the command itself.
    ours, theirs = pending.command, reply.command
    if isinstance(ours, c.SignIn) and isinstance(theirs, c.SignIn):
        return ours.clerk == theirs.clerk
    return ours == theirs


def _answer(state: State, arrived: ReplyArrived) -> State:
    pending = state.pending
    if pending is None or not _is_answer(pending, arrived):
        return state  # of a press before the terminal was started anew: the snapshot shows it
    reply = arrived.reply
    answered = replace(state, pending=None)
    if isinstance(reply, Rejected):
        return replace(answered, said=reply.text)
    answered = replace(answered, said=_sentence(reply, pending))
    desk = _desk_after(pending.shown, reply)
    if not state.desk.is_same(pending.shown):
        return answered  # a snapshot overtook the reply and may be further on
    passed = (*(state.ahead.passed if state.ahead else ()), pending.shown)
    ahead = Ahead(desk, passed[-MAX_PASSED_DESKS:])
    now = _look_at(answered, replace(answered, ahead=ahead))
    return replace(now, said=answered.said)


def _desk_after(shown: Desk, reply: Reply) -> Desk:
    match reply:
        case SignedIn(clerk=clerk, name=name):
            return Desk(ClerkAtCounter(clerk=clerk, name=name, staff_number=""), shown.active)
        case TicketAtCounter() if reply.state in _HERE:
            known = shown.active
            is_known = known is not None and known.ticket == reply.ticket
            active = ActiveTicket(
                ticket=reply.ticket,
                number=reply.number,
                service=reply.service,
                state=reply.state,
                recalls=reply.recalls,
                called_at_ms=known.called_at_ms if known and is_known else 0,
            )
            return Desk(shown.clerk, active)
        case TicketAtCounter():
            return Desk(shown.clerk, None)
        case _:
            return Desk()


def _sentence(reply: Reply, pending: Pending) -> Text | None:
    """Say that the press was obeyed."""
    match reply:
        case SignedIn(name=name):
            return Text(f"{name.zh}，您好。", f"Welcome, {name.en}.")
        case Done():
            return _SIGNED_OUT
        case TicketAtCounter(number=number, recalls=recalls):
            if pending.act is Act.RECALL:
                return Text(
                    f"已重呼 {number}（第 {recalls} 次）", f"Recalled {number} ({recalls}×)"
                )
            what = _OBEYED.get(reply.state)
            return Text(what.zh.format(number), what.en.format(number)) if what else None
        case _:
            return None


_OBEYED = {
    TicketState.CALLED: Text("已呼叫 {}", "Called {}"),
    TicketState.SERVING: Text("{} 开始办理", "Serving {}"),
    TicketState.COMPLETED: Text("{} 已办结", "{} completed"),
    TicketState.NO_SHOW: Text("{} 已过号", "{} marked as no-show"),
}
