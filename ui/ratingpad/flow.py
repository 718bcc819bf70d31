"""What a rating pad does, as a pure state machine: `step(state, event) -> (state, effects)`.

Rating is voluntary: the pad asks when the hall says that a service can be rated, and stops asking
after a while. Nothing is chosen beforehand, nothing but the visitor's own touch sends a rating,
and a ticket's rating is sent at most once.
"""

from dataclasses import dataclass, field
from enum import StrEnum, unique

import msgspec

from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol.bounds import MAX_TAGS
from hallserver.protocol.commands import RateAtCounter
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.ids import CounterId, TicketId
from hallserver.protocol.replies import Rejected
from hallserver.protocol.snapshots import ActiveTicket, Catalog, ClerkAtCounter, CounterSnapshot
from ui.kit.rating_tags import RatingTags, needs_tag
from ui.kit.values import replace

ASK_S = 30.0
"""The pad stops asking when nobody touched it for this long."""

SEND_S = 8.0
"""After this long without an answer the visitor is told that the rating is kept, and may go."""

THANKS_S = 4.0
NOTICE_S = 8.0
MAX_REMEMBERED = 32
"""How many tickets the pad remembers to have sent or given up; one counter serves one by one."""


@unique
class Page(StrEnum):
    """What is on the pad."""

    IDLE = "idle"
    ASK = "ask"
    REASONS = "reasons"
    SENDING = "sending"
    KEPT = "kept"
    THANKS = "thanks"
    REFUSED = "refused"


_STAYS_S = {
    Page.ASK: ASK_S,
    Page.REASONS: ASK_S,
    Page.SENDING: SEND_S,
    Page.KEPT: NOTICE_S,
    Page.THANKS: THANKS_S,
    Page.REFUSED: NOTICE_S,
}


class Tick(msgspec.Struct, frozen=True):
    """Time has passed. `now_s` never goes back."""

    now_s: float


@dataclass(frozen=True)
class StarsTapped:
    """The visitor touched a level, 1 to 5 stars."""

    stars: int


@dataclass(frozen=True)
class ReasonTapped:
    """The visitor touched a reason: it is now chosen, or no longer."""

    code: str


@dataclass(frozen=True)
class MoreTapped:
    """The visitor asks for the further reasons, or for the first ones again."""


@dataclass(frozen=True)
class SendTapped:
    """The visitor sends the rating with the chosen reasons."""


@dataclass(frozen=True)
class BackTapped:
    """The visitor goes back to the stars."""


@dataclass(frozen=True)
class SkipTapped:
    """The visitor does not want to rate."""


@dataclass(frozen=True)
class ReopenTapped:
    """The visitor wants to rate after all what the pad has stopped asking about."""


@dataclass(frozen=True)
class NotTaken:
    """The outbox is full: what was sent was not kept."""


Tap = StarsTapped | ReasonTapped | MoreTapped | SendTapped | BackTapped | SkipTapped | ReopenTapped
Event = SnapshotArrived | LinkChanged | ReplyArrived | Tick | NotTaken | Tap


@dataclass(frozen=True)
class Submit:
    """Send this command. Answer with `NotTaken` when it was not taken."""

    command: RateAtCounter


@dataclass(frozen=True)
class Rated:
    """The hall has the rating."""

    ticket: TicketId
    stars: int


Effect = Submit | Rated


@dataclass(frozen=True)
class State:
    """Everything that a pad knows."""

    counter: CounterId
    tags: RatingTags
    link: LinkState = LinkState.CONNECTING
    now_s: float = 0.0
    label: Text | None = None
    snapshot: CounterSnapshot | None = None
    page: Page = Page.IDLE
    since_s: float = 0.0
    """When the page began, or was touched last."""
    ticket: ActiveTicket | None = None
    """What is being rated."""
    clerk: ClerkAtCounter | None = None
    """Who served it."""
    stars: int = 0
    chosen: tuple[str, ...] = ()
    is_expanded: bool = False
    refusal: Text | None = None
    sent: tuple[TicketId, ...] = field(default=())
    passed: tuple[TicketId, ...] = field(default=())
    """Tickets that the pad has stopped asking about."""

    @property
    def offered(self) -> ActiveTicket | None:
        """What can be rated here now and was not sent from here."""
        rateable = None if self.snapshot is None else self.snapshot.rateable
        if rateable is None or rateable.ticket in self.sent:
            return None
        return rateable

    @property
    def may_reopen(self) -> bool:
        """Whether the pad has stopped asking about something that can still be rated."""
        offered = self.offered
        return self.page is Page.IDLE and offered is not None and offered.ticket in self.passed

    @property
    def may_send(self) -> bool:
        """Whether the rating is complete."""
        return self.page is Page.REASONS and (bool(self.chosen) or not needs_tag(self.stars))

    @property
    def page_ends_in_s(self) -> float | None:
        """Seconds until the page leaves by itself; None when it stays."""
        stays_s = _STAYS_S.get(self.page)
        return None if stays_s is None else max(0.0, self.since_s + stays_s - self.now_s)


def step(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    """Take one event. A tap that its page does not offer changes nothing."""
    match event:
        case Tick():
            return _tick(replace(state, now_s=max(state.now_s, event.now_s))), ()
        case LinkChanged():
            return replace(state, link=event.link), ()
        case SnapshotArrived(snapshot=CounterSnapshot() as snapshot):
            return _counter(state, snapshot), ()
        case SnapshotArrived(snapshot=Catalog() as catalog):
            return _catalog(state, catalog), ()
        case SnapshotArrived():
            return state, ()
        case ReplyArrived():
            return _reply(state, event)
        case NotTaken():
            return _not_taken(state), ()
        case _:
            return _tap(state, event)


def _go(state: State, page: Page) -> State:
    return replace(state, page=page, since_s=state.now_s)


def _ask(state: State, ticket: ActiveTicket) -> State:
    clerk = None if state.snapshot is None else state.snapshot.clerk
    asked = replace(
        state, ticket=ticket, clerk=clerk, stars=0, chosen=(), is_expanded=False, refusal=None
    )
    return _go(asked, Page.ASK)


def _rest(state: State) -> State:
    """Go idle, or ask about what waits to be asked about."""
    idle = replace(_go(state, Page.IDLE), ticket=None, clerk=None, stars=0, chosen=(), refusal=None)
    offered = idle.offered
    if offered is None or offered.ticket in idle.passed:
        return idle
    return _ask(idle, offered)


def _pass(state: State) -> State:
    """Stop asking about the present ticket."""
    if state.ticket is None:
        return _rest(state)
    passed = (*state.passed, state.ticket.ticket)[-MAX_REMEMBERED:]
    return _rest(replace(state, passed=passed))


def _tick(state: State) -> State:
    ends_in_s = state.page_ends_in_s
    if ends_in_s is None or ends_in_s > 0:
        return state
    if state.page is Page.SENDING:
        return _go(state, Page.KEPT)
    if state.page in (Page.ASK, Page.REASONS):
        return _pass(state)
    return _rest(state)


def _counter(state: State, snapshot: CounterSnapshot) -> State:
    known = state.snapshot
    is_ours = snapshot.counter == state.counter
    is_old = known is not None and (
        (snapshot.epoch, snapshot.version) <= (known.epoch, known.version)
    )
    if not is_ours or is_old:
        return state
    told = replace(state, snapshot=snapshot)
    if state.page is Page.IDLE:
        return _rest(told)
    if state.page in (Page.ASK, Page.REASONS) and not _is_of(state.ticket, told.offered):
        return _rest(told)  # the next visitor is here, or it was rated elsewhere
    return told


def _is_of(asked: ActiveTicket | None, offered: ActiveTicket | None) -> bool:
    return asked is not None and offered is not None and asked.ticket == offered.ticket


def _catalog(state: State, catalog: Catalog) -> State:
    labels = [counter.label for counter in catalog.counters if counter.id == state.counter]
    return replace(state, label=labels[0]) if labels else state


def _reply(state: State, event: ReplyArrived) -> tuple[State, tuple[Effect, ...]]:
    command = event.command
    if not isinstance(command, RateAtCounter):
        return state, ()
    is_awaited = (
        state.page in (Page.SENDING, Page.KEPT)
        and state.ticket is not None
        and state.ticket.ticket == command.ticket
    )
    if not isinstance(event.reply, Rejected):
        told = _go(state, Page.THANKS) if is_awaited else state
        return told, (Rated(command.ticket, command.stars),)
    if not is_awaited:
        return state, ()
    if event.reply.code is RejectionCode.ALREADY_RATED:
        return _go(replace(state, refusal=event.reply.text), Page.THANKS), ()
    return _go(replace(state, refusal=event.reply.text), Page.REFUSED), ()


def _not_taken(state: State) -> State:
    """What could not be kept was not sent: it may be tried again while it is offered."""
    if state.page is not Page.SENDING or state.ticket is None:
        return state
    sent = tuple(ticket for ticket in state.sent if ticket != state.ticket.ticket)
    passed = (*state.passed, state.ticket.ticket)[-MAX_REMEMBERED:]
    return _go(replace(state, sent=sent, passed=passed), Page.REFUSED)


def _tap(state: State, tap: Tap) -> tuple[State, tuple[Effect, ...]]:
    match state.page, tap:
        case Page.IDLE, ReopenTapped():
            offered = state.offered
            return (_ask(state, offered) if offered and state.may_reopen else state), ()
        case Page.ASK, StarsTapped(stars) if 1 <= stars <= 5:
            chosen = replace(state, stars=stars, chosen=(), is_expanded=False)
            return (_go(chosen, Page.REASONS), ()) if needs_tag(stars) else _send(chosen)
        case Page.REASONS, ReasonTapped(code):
            return _go(_toggle(state, code), Page.REASONS), ()
        case Page.REASONS, MoreTapped():
            return _go(replace(state, is_expanded=not state.is_expanded), Page.REASONS), ()
        case Page.REASONS, SendTapped() if state.may_send:
            return _send(state)
        case Page.REASONS, BackTapped() if state.ticket is not None:
            return _ask(state, state.ticket), ()
        case ((Page.ASK | Page.REASONS), SkipTapped()):
            return _pass(state), ()
        case _:
            return state, ()


def _toggle(state: State, code: str) -> State:
    if code in state.chosen:
        return replace(state, chosen=tuple(other for other in state.chosen if other != code))
    is_known = any(tag.code == code for tag in state.tags.of(state.stars))
    if not is_known or len(state.chosen) >= MAX_TAGS:
        return state
    return replace(state, chosen=(*state.chosen, code))


def _send(state: State) -> tuple[State, tuple[Effect, ...]]:
    ticket = state.ticket
    if ticket is None or ticket.ticket in state.sent:
        return _rest(state), ()
    sent = (*state.sent, ticket.ticket)[-MAX_REMEMBERED:]
    command = RateAtCounter(ticket.ticket, state.stars, state.chosen)
    return _go(replace(state, sent=sent), Page.SENDING), (Submit(command),)
