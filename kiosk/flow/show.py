"""A ticket that somebody shows: how it stands, and how the service was."""

from hallserver.protocol.commands import RateService, ShowTicket
from hallserver.protocol.errors import SENTENCES, RejectionCode
from hallserver.protocol.ids import TicketToken
from hallserver.protocol.replies import Done, Rejected, TicketStatus
from kiosk.flow.events import Answered
from kiosk.flow.moves import Moved, go, stay, submit
from kiosk.flow.pages import Looking, Rating, RatingSending, RatingThanks, Refused, TicketShown
from kiosk.flow.sentences import (
    ASK_AT_DESK,
    NOT_FOUND_OUT,
    NOT_FOUND_OUT_ADVICE,
    RATING_KEPT,
    RATING_KEPT_ADVICE,
    REFUSAL_ADVICE,
)
from kiosk.flow.state import KioskState
from ui.kit.rating_tags import needs_tag
from ui.kit.values import replace

STARS = (1, 2, 3, 4, 5)
MAX_TAGS_GIVEN = 3
"""More reasons than that are seldom given, and each has to be read."""


def ticket_scanned(state: KioskState, token: TicketToken) -> Moved:
    """Ask the hall about it, unless it is the one on the screen, still before the scanner."""
    page = state.page
    if isinstance(page, TicketShown | Refused) and page.token == token:
        return stay(state)
    state, tag, asked = submit(replace(state, person=None, priority=None), ShowTicket(token))
    state, _ = go(state, Looking(tag, token))
    return state, asked


def ticket_found(state: KioskState, event: Answered, status: TicketStatus) -> Moved:
    """Show it; a completed one that is not rated yet asks for its rating."""
    page = state.page
    if not isinstance(page, Looking) or event.tag != page.tag:
        return stay(state)
    if status.is_rateable:
        return go(state, Rating(status.number, status.service, page.token))
    if status.is_rated:
        refusal = RejectionCode.ALREADY_RATED
        return go(state, Refused(SENTENCES[refusal], REFUSAL_ADVICE[refusal], page.token))
    return go(state, TicketShown(status, page.token))


def lookup_rejected(state: KioskState, event: Answered, reply: Rejected) -> Moved:
    """Say why the hall does not know this ticket."""
    page = state.page
    if not isinstance(page, Looking) or event.tag != page.tag:
        return stay(state)
    advice = REFUSAL_ADVICE.get(reply.code, ASK_AT_DESK)
    return go(state, Refused(reply.text, advice, page.token))


def lookup_timed_out(state: KioskState) -> Moved:
    """Give up waiting for the hall."""
    token = state.page.token if isinstance(state.page, Looking) else None
    return go(state, Refused(NOT_FOUND_OUT, NOT_FOUND_OUT_ADVICE, token))


def stars_touched(state: KioskState, stars: int) -> Moved:
    """Choose the stars; reasons belong to their stars and go with them."""
    if not isinstance(state.page, Rating) or stars not in STARS:
        return stay(state)
    tags = state.page.tags if state.page.stars == stars else ()
    return replace(state, page=replace(state.page, stars=stars, tags=tags)), ()


def tag_touched(state: KioskState, code: str) -> Moved:
    """Switch a reason on or off."""
    page = state.page
    if not isinstance(page, Rating) or code not in [tag.code for tag in state.tags.of(page.stars)]:
        return stay(state)
    if code in page.tags:
        tags = tuple(tag for tag in page.tags if tag != code)
    elif len(page.tags) < MAX_TAGS_GIVEN:
        tags = (*page.tags, code)
    else:
        tags = page.tags
    return replace(state, page=replace(page, tags=tags)), ()


def may_rate(page: Rating) -> bool:
    """Whether the rating is complete: stars, and a reason if it is a bad one."""
    return page.stars > 0 and (bool(page.tags) or not needs_tag(page.stars))


def rate_touched(state: KioskState) -> Moved:
    """Hand the rating in."""
    page = state.page
    if not isinstance(page, Rating) or not may_rate(page):
        return stay(state)
    state, tag, asked = submit(state, RateService(page.token, page.stars, page.tags))
    state, _ = go(state, RatingSending(tag, page.stars))
    return state, asked


def rating_answered(state: KioskState, event: Answered, reply: Done | Rejected) -> Moved:
    """Thank, or say why it does not count."""
    if not isinstance(state.page, RatingSending) or event.tag != state.page.tag:
        return stay(state)
    if isinstance(reply, Rejected):
        return go(state, Refused(reply.text, REFUSAL_ADVICE.get(reply.code, ASK_AT_DESK)))
    return go(state, RatingThanks())


def rating_timed_out(state: KioskState) -> Moved:
    """The outbox keeps the rating until the hall has it."""
    return go(state, Refused(RATING_KEPT, RATING_KEPT_ADVICE))
