"""What the kiosk's QML binds to, made from the flow's state. Pure.

A text is a pair `{main, other}`: the language that leads, and the other one below it.
"""

from collections.abc import Iterable, Sequence

from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId, ServiceId
from hallserver.protocol.snapshots import Catalog, CatalogService
from kiosk.flow import choices
from kiosk.flow import pages as p
from kiosk.flow.browse import sheet_count
from kiosk.flow.events import Device
from kiosk.flow.issue import MENDED_BY_PRINTING
from kiosk.flow.sentences import LINK_ADVICE, LINK_TITLES, TICKET_STATES, fault_text
from kiosk.flow.show import STARS, may_rate
from kiosk.flow.state import KioskState
from kiosk.flow.step import page_limit_s
from kiosk.texts import (
    FLOOR,
    MANY_WAITING,
    NONE_WAITING,
    NOT_NOW,
    PRIVACY,
    SHEET,
    WINDOW,
    WORDS,
)
from ui.kit.i18n import STAR_WORDS, Language, pick
from ui.kit.rating_tags import needs_tag

View = dict[str, object]

_ZONE_GLYPHS = {
    "project": "building",
    "public": "home",
    "business": "company",
    "civil": "family",
    "self-service": "hours",
}
_WAITING_PAGES = {
    p.Reserving: ("reserving", "ticket"),
    p.CheckingIn: ("checking_in", "ticket"),
    p.Printing: ("printing", "printer"),
    p.Looking: ("looking", "wait"),
    p.RatingSending: ("sending", "wait"),
}
_NOTHING: View = {}


def pair(text: Text, language: Language) -> View:
    """Put a text's leading language before the other one."""
    other = Language.EN if language is Language.ZH else Language.ZH
    return {"main": pick(text, language), "other": pick(text, other)}


def words(language: Language) -> View:
    """List all fixed words as pairs."""
    return {key: pair(text, language) for key, text in WORDS.items()}


def page_name(state: KioskState) -> str:
    """Name the page as its QML file is named."""
    if type(state.page) in _WAITING_PAGES:
        return "Waiting"
    return type(state.page).__name__


def shot_name(state: KioskState) -> str:
    """Name a picture of the page: one for each look that it has."""
    page = state.page
    name = type(page).__name__.lower()
    match page:
        case p.TicketOut(is_on_paper=False):
            return f"{name}-without-paper"
        case p.TicketShown(status=status):
            return f"{name}-{status.state}"
        case p.Rating(stars=stars) if stars:
            return f"{name}-bad" if needs_tag(stars) else f"{name}-good"
        case p.OutOfService():
            return f"{name}-{state.link}"
        case p.Home() if state.person is not None:
            return f"{name}-with-card"
        case p.Services(is_zone=is_zone):
            return f"{name}-of-{'zone' if is_zone else 'department'}"
    return name


def kiosk_view(state: KioskState) -> View:
    """Describe the whole screen in plain types, by the names that QML binds to."""
    language, catalog = state.language, state.catalog
    warning = state.warning_left_s
    return {
        "screen": {"page": page_name(state), "facts": _facts(state)},
        "hall": pair(catalog.title if catalog else Text("", ""), language),
        "waiting": _waiting(state),
        "notice": _notice(state),
        "card": _card(state),
        "printer": _printer(state),
        "warning": -1 if warning is None else int(warning + 0.999),
        "remaining": _remaining(state),
        "isBrowsing": state.is_browsing,
        "mayLeave": not isinstance(state.page, p.Home | p.OutOfService),
    }


def _facts(state: KioskState) -> View:
    if state.catalog is None:
        return _out_of_service(state)
    return _browsing(state, state.catalog) or _answer(state, state.catalog)


def _browsing(state: KioskState, catalog: Catalog) -> View:
    language = state.language
    match state.page:
        case p.Home():
            return {
                "zones": _zones(catalog, language),
                "frequent": _services(choices.frequent(catalog), language),
            }
        case p.Departments(sheet) as page:
            shown = choices.sheet_of(
                choices.departments(catalog), sheet, choices.DEPARTMENTS_A_SHEET
            )
            tiles = [{"id": item.id, "name": pair(item.name, language)} for item in shown]
            return {"departments": tiles, **_sheet(catalog, page, language)}
        case p.Services(of, is_zone, sheet) as page:
            listed = choices.services_of(catalog, of, is_zone=is_zone)
            shown_services = choices.sheet_of(listed, sheet, choices.SERVICES_A_SHEET)
            return {
                "title": pair(_name_of(catalog, page), language),
                "services": _services(shown_services, language),
                **_sheet(catalog, page, language),
            }
        case p.Search(typed):
            found = choices.search(catalog, typed)
            return {
                "typed": typed.upper(),
                "letters": sorted(choices.next_letters(catalog, typed)),
                "services": _services(found[: choices.SEARCH_RESULTS], language),
                "hasMore": len(found) > choices.SEARCH_RESULTS,
            }
        case p.ServiceChosen(service):
            return _service(catalog, service, language)
        case p.Privacy():
            return {"paragraphs": [pair(text, language) for text in PRIVACY]}
    return _NOTHING


def _answer(state: KioskState, catalog: Catalog) -> View:
    language = state.language
    match state.page:
        case p.Reserving(service=service):
            return {**_waiting_for(state), **_service(catalog, service, language)}
        case p.Printing(reservation):
            return {**_waiting_for(state), **_service(catalog, reservation.service, language)}
        case p.CheckingIn() | p.Looking() | p.RatingSending():
            return _waiting_for(state)
        case p.TicketOut(number, service, people_ahead, is_on_paper, note):
            named = _service(catalog, service, language)
            if note is not None:  # what matters first: it is not called before
                named["where"] = pair(note, language)
            return {"number": number, "ahead": people_ahead, "isOnPaper": is_on_paper, **named}
        case p.TicketShown(status):
            is_open = status.people_ahead is not None
            return {
                "number": status.number,
                "state": status.state.value,
                "sentence": pair(TICKET_STATES[status.state], language),
                "ahead": status.people_ahead if is_open else -1,
                "counter": _counter(catalog, status.counter, language),
                **_service(catalog, status.service, language),
            }
        case p.Rating() as page:
            return {"number": page.number, **_service(catalog, page.service, language)} | _rating(
                state, page
            )
        case p.Refused(title, text):
            return {"title": pair(title, language), "text": pair(text, language)}
        case p.Broken(text=text, void_number=number):
            return {"text": pair(text, language), "voidNumber": number or ""}
    return _out_of_service(state)


def _out_of_service(state: KioskState) -> View:
    return {
        "title": pair(LINK_TITLES[state.link], state.language),
        "text": pair(LINK_ADVICE[state.link], state.language),
        "isPassing": state.link in ("connecting", "live"),
    }


def _waiting_for(state: KioskState) -> View:
    word, glyph = _WAITING_PAGES[type(state.page)]
    return {"title": pair(WORDS[word], state.language), "glyph": glyph, "name": {}, "where": {}}


def _rating(state: KioskState, page: p.Rating) -> View:
    return {
        "stars": page.stars,
        "starWords": [pick(STAR_WORDS[stars], state.language) for stars in STARS],
        "starOthers": [pair(STAR_WORDS[stars], state.language)["other"] for stars in STARS],
        "reasons": [
            {
                "code": tag.code,
                "text": pick(tag.text, state.language),
                "chosen": tag.code in page.tags,
            }
            for tag in state.tags.of(page.stars)
        ],
        "needsReason": needs_tag(page.stars) if page.stars else False,
        "maySubmit": may_rate(page),
    }


def _zones(catalog: Catalog, language: Language) -> list[View]:
    return [
        {
            "id": zone.id,
            "name": pair(zone.name, language),
            "floor": pick(FLOOR, language).format(floor=zone.floor),
            "glyph": _ZONE_GLYPHS.get(zone.id, "service"),
        }
        for zone in choices.zones(catalog)
    ]


def _services(services: Iterable[CatalogService], language: Language) -> list[View]:
    return [{"id": service.id, "name": pair(service.name, language)} for service in services]


def _service(catalog: Catalog, service_id: ServiceId, language: Language) -> View:
    service = choices.find_service(catalog, service_id)
    name = service.name if service else Text(service_id, service_id)
    where = service.where if service else Text("", "")
    return {
        "service": str(service_id),
        "name": pair(name, language),
        "where": pair(where, language),
    }


def _sheet(catalog: Catalog, page: p.Departments | p.Services, language: Language) -> View:
    count = sheet_count(catalog, page)
    text = pick(SHEET, language).format(sheet=page.sheet + 1, sheets=count)
    return {
        "sheet": text if count > 1 else "",
        "hasNext": page.sheet + 1 < count,
        "hasPrevious": page.sheet > 0,
    }


def _name_of(catalog: Catalog, page: p.Services) -> Text:
    listed: Sequence[tuple[str, Text]] = [
        (item.id, item.name) for item in (catalog.zones if page.is_zone else catalog.departments)
    ]
    return dict(listed).get(page.of, Text("", ""))


def _counter(catalog: Catalog, counter: CounterId | None, language: Language) -> View:
    if counter is None:
        return _NOTHING
    unknown = Text(*(text.format(counter=counter) for text in (WINDOW.zh, WINDOW.en)))
    labels = {item.id: item.label for item in catalog.counters}
    return pair(labels.get(counter, unknown), language)


def _waiting(state: KioskState) -> View:
    """Say how many wait, by service id and, with `zone:` before it, by zone."""
    catalog, load = state.catalog, state.load
    if catalog is None or load is None or not state.is_browsing:
        return _NOTHING
    by_name: View = {}
    for service in catalog.offered:
        here = load.services.get(service.id)
        words = None if here is None else NOT_NOW.get(here.status)
        by_name[service.id] = (
            _count(choices.waiting(load, [service]), state.language)
            if words is None
            else pick(words, state.language)
        )
    for zone in choices.zones(catalog):
        services = choices.services_of(catalog, zone.id, is_zone=True)
        by_name[f"zone:{zone.id}"] = _count(choices.waiting(load, services), state.language)
    return by_name


def _count(waiting: int | None, language: Language) -> str:
    if waiting is None:
        return ""
    return pick(MANY_WAITING if waiting else NONE_WAITING, language).format(count=waiting)


def _notice(state: KioskState) -> View:
    if state.notice is None:
        closed = state.load.notice if state.load is not None and state.is_browsing else None
        return _NOTHING if closed is None else {**pair(closed, state.language), "isGood": False}
    return {**pair(state.notice.text, state.language), "isGood": state.notice.is_good}


def _card(state: KioskState) -> str:
    if state.person is not None:
        return "held"
    return "off" if state.fault_of(Device.READER) is not None else "invite"


def _printer(state: KioskState) -> View:
    """Say before anybody chooses that there is no paper."""
    fault = state.fault_of(Device.PRINTER)
    if fault is None or fault in MENDED_BY_PRINTING:
        return _NOTHING
    return pair(fault_text(Device.PRINTER, fault), state.language)


def _remaining(state: KioskState) -> float:
    """Return how much is left of a page that leaves by itself, 1 to 0; -1 for others."""
    limit_s = page_limit_s(state)
    if limit_s is None:
        return -1.0
    left = 1.0 - (state.now_s - state.page_since_s) / limit_s
    return round(max(0.0, min(1.0, left)), 2)
