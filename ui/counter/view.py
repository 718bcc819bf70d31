"""What the terminal's window shows, made from the flow's state. Pure: the window only draws it."""

from dataclasses import dataclass
from enum import StrEnum, unique

from hallserver.client.updates import LinkState
from hallserver.protocol.commands import SignIn
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId, TicketId
from hallserver.protocol.snapshots import ClerkAtCounter
from hallserver.protocol.states import TicketState
from ui.counter import texts
from ui.counter.flow import Act, State
from ui.counter.sentences import away

NO_TEXT = Text("", "")


@unique
class Page(StrEnum):
    """The pages of the window."""

    SIGN_IN = "sign-in"
    DESK = "desk"


@unique
class Tone(StrEnum):
    """How something is meant; the look gives each its colours."""

    CALM = "calm"
    OK = "ok"
    ACCENT = "accent"
    WARN = "warn"
    ALERT = "alert"


@dataclass(frozen=True)
class Key:
    """One button. `is_main` is what the clerk most likely does next."""

    is_enabled: bool
    is_pending: bool
    is_main: bool


@dataclass(frozen=True)
class Shown:
    """All that is on the window. `name` tells pages and states apart in pictures."""

    name: str
    page: Page
    counter: Text
    hall: Text
    clerk: Text
    staff: Text
    link: Text
    link_tone: Tone
    banner: Text | None
    number: str
    number_words: str
    """For a screen reader: number, state and service in one sentence."""
    service: Text
    state: Text
    state_tone: Tone
    elapsed: str
    waiting: str
    next_numbers: tuple[str, ...]
    last: Text
    said: Text
    said_tone: Tone
    keys: dict[Act, Key]
    is_form_enabled: bool
    is_signing_in: bool


@dataclass(frozen=True)
class Elapsed:
    """How long the ticket is in its state, in s; `is_exact` when the terminal saw it begin."""

    seconds: int
    is_exact: bool


class Stopwatch:
    """Measures how long the ticket is in its state, from when the terminal was told."""

    def __init__(self) -> None:
        self._key: tuple[TicketId, TicketState] | None = None
        self._since_s = 0.0
        self._is_exact = True
        self._has_seen_a_desk = False

    def look(self, state: State, now_s: float) -> Elapsed | None:
        """Return the time so far; None without a ticket. `now_s` only goes forward."""
        active = state.active
        key = (active.ticket, active.state) if active else None
        if key != self._key:
            # What was there at the first look had begun before the terminal was started.
            self._key, self._since_s, self._is_exact = key, now_s, self._has_seen_a_desk
        self._has_seen_a_desk = self._has_seen_a_desk or state.counter is not None
        return None if key is None else Elapsed(int(now_s - self._since_s), self._is_exact)


_MAIN: dict[TicketState | None, Act] = {
    None: Act.NEXT,
    TicketState.CALLED: Act.ARRIVE,
    TicketState.SERVING: Act.COMPLETE,
}

_LINK_TONES = {LinkState.LIVE: Tone.OK, LinkState.CONNECTING: Tone.WARN}

_STATE_TONES = {TicketState.CALLED: Tone.WARN, TicketState.SERVING: Tone.OK}


def show(state: State, counter: CounterId, elapsed: Elapsed | None) -> Shown:
    """Describe the window."""
    page = Page.DESK if state.is_signed_in else Page.SIGN_IN
    clerk = state.desk.clerk
    active = state.active
    service = _service(state)
    words = _state_words(state)
    snapshot = state.counter
    return Shown(
        name=_name(state, page),
        page=page,
        counter=_label(state, counter),
        hall=state.catalog.title if state.catalog else NO_TEXT,
        clerk=clerk.name if clerk else NO_TEXT,
        staff=_staff(clerk),
        link=texts.LINK_WORDS[state.link],
        link_tone=_LINK_TONES.get(state.link, Tone.ALERT),
        banner=_banner(state),
        number=active.number if active else "—",
        number_words=_spoken(state, words, service),
        service=service,
        state=words,
        state_tone=_STATE_TONES.get(active.state, Tone.ACCENT) if active else Tone.CALM,
        elapsed=_elapsed(elapsed),
        waiting=str(snapshot.waiting) if snapshot else "",
        next_numbers=tuple(snapshot.next_numbers) if snapshot else (),
        last=_fill(texts.LAST_NUMBER, state.last) if state.last and not active else NO_TEXT,
        said=state.said or NO_TEXT,
        said_tone=_said_tone(state),
        keys={act: _key(state, act) for act in Act},
        is_form_enabled=state.may_sign_in,
        is_signing_in=state.pending is not None and isinstance(state.pending.command, SignIn),
    )


def is_stale(state: State) -> bool:
    """What is shown may be old, and the window has to say so."""
    return state.link not in (LinkState.LIVE, LinkState.CONNECTING)


def _fill(text: Text, value: object) -> Text:
    return Text(text.zh.format(value), text.en.format(value))


def _staff(clerk: ClerkAtCounter | None) -> Text:
    if clerk is None or not clerk.staff_number:
        return NO_TEXT
    return _fill(texts.STAFF_NUMBER, clerk.staff_number)


def _name(state: State, page: Page) -> str:
    """Name what is shown, as its picture is named."""
    if is_stale(state):
        return "stale"
    if state.link is LinkState.CONNECTING:
        return "connecting"
    if page is Page.SIGN_IN:
        return page
    active = state.active
    return active.state.value if active else "idle"


def _label(state: State, counter: CounterId) -> Text:
    labels = state.catalog.counters if state.catalog else ()
    found = next((each.label for each in labels if each.id == counter), None)
    return found or texts.counter_label(counter)


def _service(state: State) -> Text:
    active = state.active
    if active is None:
        is_anybody = state.counter is not None and state.counter.waiting > 0
        hint = texts.PRESS_NEXT if is_anybody else texts.NOBODY
        return hint if Act.NEXT in state.offered else NO_TEXT
    services = state.catalog.services if state.catalog else ()
    return next((each.name for each in services if each.id == active.service), NO_TEXT)


def _state_words(state: State) -> Text:
    active = state.active
    if active is None:
        return texts.STATE_WORDS[None]
    if active.state is TicketState.CALLED and active.recalls:
        return _fill(texts.RECALLED, active.recalls)
    return texts.STATE_WORDS.get(active.state, texts.OTHER_STATE)


def _spoken(state: State, words: Text, service: Text) -> str:
    if state.active is None:
        return f"{texts.NO_NUMBER.zh}，{words.zh}"
    return f"{texts.CURRENT.zh} {state.active.number}，{words.zh}，{service.zh}"


def _banner(state: State) -> Text | None:
    if not is_stale(state):
        return None
    if state.link is LinkState.STALE:
        return texts.BANNER
    return away(state.link, is_pending=False)


def _elapsed(elapsed: Elapsed | None) -> str:
    if elapsed is None:
        return ""
    minutes, seconds = divmod(elapsed.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
    return clock if elapsed.is_exact else f"≥ {clock}"


def _said_tone(state: State) -> Tone:
    if state.said is None:
        return Tone.CALM
    return Tone.WARN if state.is_refusal else Tone.OK


def _key(state: State, act: Act) -> Key:
    main = _MAIN.get(state.active.state if state.active else None)
    return Key(
        is_enabled=act in state.offered,
        is_pending=state.pending is not None and state.pending.act is act,
        is_main=act is main,
    )
