"""The kiosk's one decision function: `step(state, event, now_s) -> (state, effects)`."""

from hallserver.client.updates import LinkState
from hallserver.protocol.commands import (
    CheckIn,
    ConfirmPrinted,
    RateService,
    ReserveTicket,
    ShowTicket,
    VoidTicket,
)
from hallserver.protocol.replies import Done, Rejected, Reservation, TicketStatus
from kiosk.flow import browse, issue, show
from kiosk.flow import events as ev
from kiosk.flow.effects import Effect, Listen
from kiosk.flow.events import Device
from kiosk.flow.moves import Moved, go, go_home, notify, owe, stay, tell
from kiosk.flow.pages import (
    Broken,
    CheckingIn,
    Home,
    Looking,
    OutOfService,
    Printing,
    Rating,
    RatingSending,
    RatingThanks,
    Refused,
    Reserving,
    TicketOut,
    TicketShown,
)
from kiosk.flow.sentences import ASK_AT_DESK, TOO_MUCH_WAITS, fault_text
from kiosk.flow.state import (
    DEAF_S,
    IDLE_S,
    MESSAGE_S,
    NUMBER_WITHOUT_PAPER_S,
    PRINT_S,
    REPLY_S,
    THANKS_S,
    TICKET_S,
    WARNING_S,
    KioskState,
)
from ui.kit.i18n import Language
from ui.kit.values import replace

_BETWEEN_TWO = (Reserving, CheckingIn, Printing, RatingSending, OutOfService)
"""Pages that a finger cannot leave: something is under way, or there is nowhere to go."""


def step(state: KioskState, event: ev.Event, now_s: float) -> Moved:
    """Take one event. `now_s` never goes backward; what a person may do next is in the state."""
    state = replace(state, now_s=max(now_s, state.now_s))
    state, effects = _decide(state, event)
    state, listened = _listen(state)
    return state, effects + listened


def _decide(state: KioskState, event: ev.Event) -> Moved:
    match event:
        case ev.Touch():
            return _touched(state, event)
        case ev.CardRead(person, priority):
            return browse.card_read(state, person, priority)
        case ev.CardFault(code):
            if not state.is_browsing:
                return stay(state)
            return notify(state, fault_text(Device.READER, code), is_good=False)
        case ev.TicketScanned(token):
            return show.ticket_scanned(state, token) if state.may_scan else stay(state)
        case ev.AppointmentScanned(token):
            return issue.check_in(state, token) if state.may_scan else stay(state)
        case ev.ServiceScanned():
            return browse.service_scanned(state, event)
        case ev.ForeignScanned():
            return browse.foreign_scanned(state, event)
        case ev.PrintFinished():
            return issue.print_finished(state, event)
        case ev.Answered():
            return _answered(state, event)
        case ev.SubmitRefused():
            return _submit_refused(state, event)
        case ev.Tick():
            return _tick(state)
    return _changed(state, event)


def _changed(state: KioskState, event: ev.Event) -> Moved:
    """Take in how the hall and the devices are."""
    match event:
        case ev.DeviceChanged(device, fault):
            others = tuple(item for item in state.faults if item[0] is not device)
            known = others if fault is None else (*others, (device, fault))
            return replace(state, faults=known), ()
        case ev.LoadArrived(load):
            return replace(state, load=load), ()
        case ev.CatalogArrived(catalog):
            state = replace(state, catalog=catalog)
        case ev.LinkIs(link):
            state = replace(state, link=link)
    if isinstance(state.page, OutOfService):
        if state.link is LinkState.LIVE and state.catalog is not None:
            return go_home(state)
    elif state.is_browsing and state.link is not LinkState.LIVE:
        return go_home(state)
    return stay(state)


# Touches.


def _touched(state: KioskState, event: ev.Touch) -> Moved:
    was_asked = state.warning_left_s is not None
    is_deaf = state.now_s < state.deaf_until_s
    state = replace(state, touched_s=state.now_s)
    if is_deaf or was_asked:  # an answer to "is somebody there?" chooses nothing
        return replace(state, deaf_until_s=state.now_s + DEAF_S), ()
    match event:
        case ev.HomeTouched() if not isinstance(state.page, _BETWEEN_TWO):
            return go_home(state)
        case ev.LanguageTouched() if not isinstance(state.page, OutOfService):
            other = Language.EN if state.language is Language.ZH else Language.ZH
            return replace(state, language=other, deaf_until_s=state.now_s + DEAF_S), ()
        case ev.StarsTouched(stars):
            return show.stars_touched(state, stars)
        case ev.TagTouched(code):
            return show.tag_touched(state, code)
        case ev.RateTouched():
            return show.rate_touched(state)
    return browse.touched(state, event) if state.is_browsing else stay(state)


# Answers of the hall.


def _answered(state: KioskState, event: ev.Answered) -> Moved:
    match event.command, event.reply:
        case ((ReserveTicket() | CheckIn()), Reservation() as reservation):
            return issue.reserved(state, event, reservation)
        case ((ReserveTicket() | CheckIn()), Rejected() as rejected):
            return issue.reservation_rejected(state, event, rejected)
        case ShowTicket(), TicketStatus() as status:
            return show.ticket_found(state, event, status)
        case ShowTicket(), Rejected() as rejected:
            return show.lookup_rejected(state, event, rejected)
        case RateService(), (Done() | Rejected()) as reply:
            return show.rating_answered(state, event, reply)
    return stay(state)  # confirmations and voids: the hall's word is in the journal


def _submit_refused(state: KioskState, event: ev.SubmitRefused) -> Moved:
    if isinstance(event.command, ConfirmPrinted | VoidTicket):
        return owe(state, event.command), ()
    page = state.page
    if isinstance(page, Reserving | CheckingIn | Looking | RatingSending) and page.tag == event.tag:
        return go(state, Refused(TOO_MUCH_WAITS, ASK_AT_DESK))
    return stay(state)


# Time.

_LIMITS_S: dict[type, float] = {
    Reserving: REPLY_S,
    CheckingIn: REPLY_S,
    Printing: PRINT_S,
    Looking: REPLY_S,
    RatingSending: REPLY_S,
    RatingThanks: THANKS_S,
    Refused: MESSAGE_S,
    Broken: MESSAGE_S,
}


def page_limit_s(state: KioskState) -> float | None:
    """How long the present page stays by itself; None if it waits for a person or the hall."""
    page = state.page
    if isinstance(page, TicketOut):
        return TICKET_S if page.is_on_paper else NUMBER_WITHOUT_PAPER_S
    return _LIMITS_S.get(type(page))


def next_change_s(state: KioskState) -> float | None:
    """When time alone changes something next; None when nothing is put off.

    A tick before it changes nothing but the clock.
    """
    limit_s = page_limit_s(state)
    moments = (
        state.now_s if state.owed else None,
        state.notice.until_s if state.notice is not None else None,
        state.touched_s + IDLE_S + WARNING_S if state.has_idle_limit else None,
        state.page_since_s + limit_s if limit_s is not None else None,
    )
    return min((moment for moment in moments if moment is not None), default=None)


def is_counting_down(state: KioskState, now_s: float) -> bool:
    """Whether people see time run out: then the screen has to be drawn anew with every tick."""
    has_asked = state.has_idle_limit and now_s - state.touched_s >= IDLE_S
    return has_asked or page_limit_s(state) is not None


def _tick(state: KioskState) -> Moved:
    owed, state = state.owed, replace(state, owed=())
    effects: tuple[Effect, ...] = ()
    for command in owed:
        state, told = tell(state, command)
        effects += told
    if state.notice is not None and state.now_s >= state.notice.until_s:
        state = replace(state, notice=None)
    state, more = _time_passed(state)
    return state, effects + more


def _time_passed(state: KioskState) -> Moved:
    if state.has_idle_limit and state.now_s - state.touched_s >= IDLE_S + WARNING_S:
        return go_home(state)
    limit_s = page_limit_s(state)
    if limit_s is None or state.now_s - state.page_since_s < limit_s:
        return stay(state)
    match state.page:
        case Reserving() | CheckingIn():
            return issue.reservation_timed_out(state)
        case Printing():
            return issue.print_timed_out(state)
        case Looking():
            return show.lookup_timed_out(state)
        case RatingSending():
            return show.rating_timed_out(state)
    return go_home(state)


# Devices listen only while what they hear means something.


def _listen(state: KioskState) -> Moved:
    wanted = (
        (Device.READER, state.is_browsing),
        (Device.SCANNER, state.may_scan),
    )
    if wanted == state.listening:
        return stay(state)
    changed = tuple(
        Listen(device, is_on) for device, is_on in wanted if (device, is_on) not in state.listening
    )
    return replace(state, listening=wanted), changed


__all__ = [
    "Home",
    "Rating",
    "TicketShown",
    "is_counting_down",
    "next_change_s",
    "page_limit_s",
    "step",
]
