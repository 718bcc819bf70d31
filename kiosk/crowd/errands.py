"""What people do at a kiosk, step by step."""

from collections.abc import Callable, Generator
from typing import Final

from devices.idcard.simulator import ReaderFault
from hallserver.protocol.errors import SENTENCES, RejectionCode
from hallserver.protocol.ids import TicketToken
from hallserver.protocol.states import TicketState
from kiosk.crowd.people import FOREIGN_CODES, Person, Quirk, Way
from kiosk.crowd.place import Errand, Pause, Place, Until, Wanted
from kiosk.flow import choices
from kiosk.flow import events as ev
from kiosk.flow import pages as p
from kiosk.simulated import number_of_token
from ui.kit.rating_tags import needs_tag

CARD_S: Final = 8.0
TICKET_S: Final = 75.0
"""Longer than the flow itself waits for the hall and the printer together."""

PAPER_S: Final = 5.0
ANSWER_S: Final = 20.0
MAX_FAILURES: Final = 40
DRUMS: Final = 25
DRUM_S: Final = 0.1

Told = Callable[[Person], None]


def take_ticket(place: Place, person: Person, got: Told, failed: Told) -> Errand:
    """Take a number by finger, card or code, and the paper with it."""
    if person.quirk is Quirk.FOREIGN_CODE:
        code = place.random.choice(FOREIGN_CODES)
        yield from place.hold_up(code, lambda: _has_answer(place))
        yield from place.go_home()
    yield from _ask(place, person)
    # A kiosk that can be browsed was not asked, or has come back from a break and forgotten it.
    yield Until(lambda: isinstance(place.state.page, _ENDS) or place.state.is_browsing, TICKET_S)
    token = yield from _take_paper(place)
    if token is None:
        person.failures += 1
        failed(person)
        return
    person.token = token
    person.ticket_number = number_of_token(token)
    got(person)
    if person.quirk is Quirk.COMES_AGAIN:
        yield from _come_again(place, person)


_ENDS: Final = (p.TicketOut, p.Refused, p.Broken, p.OutOfService)


def _has_answer(place: Place) -> bool:
    return place.state.notice is not None or isinstance(place.state.page, p.Looking | p.Refused)


def _ask(place: Place, person: Person) -> Errand:
    """Come as far as the question to the hall, whatever way."""
    if person.way in (Way.CODE, Way.CODE_AND_CARD):
        yield from place.hold_up_service(
            person.service, lambda: isinstance(place.state.page, p.ServiceChosen)
        )
    if isinstance(place.state.page, p.ServiceChosen) and person.way is Way.CODE:
        yield place.think()
        place.touch(ev.TakeNumberTouched())
        return
    if person.is_card_needed:
        yield from _lay_card(place, person)
    if place.state.is_browsing and not isinstance(place.state.page, p.ServiceChosen):
        yield from _find_service(place, person)


def _lay_card(place: Place, person: Person) -> Errand:
    if person.card is None:
        return
    if person.quirk is Quirk.LIFTS_CARD:
        at_byte = place.random.randrange(1300)
        place.devices.reader_simulator.fail(ReaderFault.LIFTED_MID_READ, times=1, at_byte=at_byte)
        place.devices.put_card(person.card)
        yield Until(lambda: place.state.notice is not None, CARD_S)
        place.devices.reader_simulator.fail(None)
    place.devices.put_card(person.card)
    yield Until(lambda: place.state.person is not None or not place.state.is_browsing, CARD_S)
    place.devices.lift_card()


def _find_service(place: Place, person: Person) -> Errand:
    """By the start page, or by the area and its sheets."""
    catalog = place.state.catalog
    service = choices.find_service(catalog, person.service) if catalog else None
    if catalog is None or service is None:
        return
    if service not in choices.frequent(catalog):
        yield place.think()
        place.touch(ev.ZoneTouched(service.zone))
        listed = choices.services_of(catalog, service.zone, is_zone=True)
        for _ in range(listed.index(service) // choices.SERVICES_A_SHEET):
            yield place.think()
            place.touch(ev.SheetTouched(1))
    yield place.think()
    taps = {Quirk.DOUBLE_TAP: 2, Quirk.DRUMS: DRUMS}.get(person.quirk, 1)
    for tap in range(taps):
        place.touch(ev.ServiceTouched(person.service))
        if tap + 1 < taps:
            yield Pause(DRUM_S)


def _take_paper(place: Place) -> Generator[Wanted, bool, TicketToken | None]:
    """Take the paper out of the printer; without one, there is nothing to hold."""
    page = place.state.page
    if not isinstance(page, p.TicketOut):
        yield place.think()
        return None
    papers: list[str] = []

    def is_there() -> bool:
        # The scrap of a ticket that failed may lie on top; people take the number on the screen.
        while (paper := place.devices.take_paper()) is not None:
            if number_of_token(TicketToken(paper)) == page.number:
                papers.append(paper)
        return bool(papers)

    yield Until(is_there, PAPER_S)
    yield place.think()
    place.touch(ev.HomeTouched())
    return TicketToken(papers[-1]) if papers else None


def _come_again(place: Place, person: Person) -> Errand:
    """Try for a second number with the same card; the hall has to refuse."""
    yield Until(lambda: place.state.is_fresh, ANSWER_S)
    if person.card is not None:
        place.devices.put_card(person.card)
    yield Until(lambda: place.state.person is not None, CARD_S)
    place.devices.lift_card()
    yield from _find_service(place, person)
    yield Until(lambda: isinstance(place.state.page, _ENDS), TICKET_S)
    yield from _take_paper(place)


def show_ticket(place: Place, person: Person, told: Told) -> Errand:
    """Ask how the ticket stands; rate the service if the kiosk asks for it and the person wants."""
    token = person.token
    if token is None:
        raise RuntimeError("nobody shows a ticket without having one")
    yield from place.hold_up(token, lambda: not place.state.is_browsing)
    yield Until(lambda: isinstance(place.state.page, _ANSWERS), ANSWER_S)
    page = place.state.page
    if isinstance(page, p.TicketShown):
        person.seen = page.status.state
    elif isinstance(page, p.Rating):
        person.seen = TicketState.COMPLETED
        yield from _rate(place, person)
    elif isinstance(page, p.Refused) and page.title == SENTENCES[RejectionCode.ALREADY_RATED]:
        person.seen = TicketState.COMPLETED
        person.stars = 0
    yield place.think()
    told(person)


_ANSWERS: Final = (p.TicketShown, p.Rating, p.Refused, p.OutOfService)


def _rate(place: Place, person: Person) -> Errand:
    if person.stars == 0:
        return
    yield place.think()
    place.touch(ev.StarsTouched(person.stars))
    if needs_tag(person.stars):
        yield place.think(1.0)
        reasons = place.state.tags.of(person.stars)
        place.touch(ev.TagTouched(place.random.choice(reasons).code))
    yield place.think(1.0)
    place.touch(ev.RateTouched())
    yield Until(lambda: isinstance(place.state.page, p.RatingThanks | p.Refused), ANSWER_S)
    if isinstance(place.state.page, p.RatingThanks | p.Refused):
        person.stars = 0  # given, refused because given elsewhere, or kept by the outbox
