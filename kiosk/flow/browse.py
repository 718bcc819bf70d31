"""Looking for a service: by zone, department, letters or code; with a card or without."""

from hallserver.protocol.ids import PersonKey, PriorityId
from hallserver.protocol.snapshots import Catalog
from kiosk.flow import choices
from kiosk.flow import events as ev
from kiosk.flow.issue import reserve
from kiosk.flow.moves import Moved, go, go_home, notify, stay
from kiosk.flow.pages import (
    Departments,
    Home,
    Page,
    Privacy,
    Search,
    ServiceChosen,
    Services,
)
from kiosk.flow.sentences import FOREIGN_CODES, NO_SUCH_SERVICE
from kiosk.flow.state import KioskState
from ui.kit.values import replace


def touched(state: KioskState, event: ev.Touch) -> Moved:
    """Act on a touch on one of the pages for browsing."""
    catalog, page = state.catalog, state.page
    if catalog is None:
        return stay(state)
    match event:
        case ev.ServiceTouched(service) if isinstance(page, Home | Services | Search):
            return reserve(state, service)
        case ev.TakeNumberTouched() if isinstance(page, ServiceChosen):
            return reserve(state, page.service)
        case ev.BackTouched():
            return go(state, _behind(catalog, page))
        case ev.ForgetCardTouched():
            return replace(state, person=None, priority=None, notice=None), ()
        case ev.PrivacyTouched() if isinstance(
            page, Home | Departments | Services | Search | ServiceChosen
        ):
            return go(state, Privacy(page))
        case ev.SheetTouched(by):
            return _turned(state, catalog, by)
        case ev.LetterTouched(letter) if isinstance(page, Search):
            if letter not in choices.next_letters(catalog, page.typed):
                return stay(state)
            return replace(state, page=Search(page.typed + letter)), ()
        case ev.LetterErased() if isinstance(page, Search):
            return replace(state, page=Search(page.typed[:-1])), ()
    return _looked_into(state, catalog, event)


def _looked_into(state: KioskState, catalog: Catalog, event: ev.Touch) -> Moved:
    page = state.page
    match event:
        case ev.ZoneTouched(zone) if isinstance(page, Home):
            is_known = choices.find_zone(catalog, zone) is not None
            return go(state, Services(zone, is_zone=True)) if is_known else stay(state)
        case ev.DepartmentTouched(department) if isinstance(page, Departments):
            is_known = choices.find_department(catalog, department) is not None
            return go(state, Services(department, is_zone=False)) if is_known else stay(state)
        case ev.DepartmentsTouched() if isinstance(page, Home):
            return go(state, Departments())
        case ev.SearchTouched() if isinstance(page, Home):
            return go(state, Search())
    return stay(state)


def _behind(catalog: Catalog, page: Page) -> Page:
    match page:
        case Privacy(behind):
            return behind
        case Services(of, is_zone=False):
            listed = [item.id for item in choices.departments(catalog)]
            at = listed.index(of) if of in listed else 0  # type: ignore[arg-type]
            return Departments(at // choices.DEPARTMENTS_A_SHEET)
    return Home()


def sheet_count(catalog: Catalog, page: Departments | Services) -> int:
    """Count the sheets of a page."""
    if isinstance(page, Departments):
        return choices.sheets(len(choices.departments(catalog)), choices.DEPARTMENTS_A_SHEET)
    services = choices.services_of(catalog, page.of, is_zone=page.is_zone)
    return choices.sheets(len(services), choices.SERVICES_A_SHEET)


def _turned(state: KioskState, catalog: Catalog, by: int) -> Moved:
    page = state.page
    if not isinstance(page, Departments | Services):
        return stay(state)
    sheet = page.sheet + by
    if abs(by) != 1 or not 0 <= sheet < sheet_count(catalog, page):
        return stay(state)
    return go(state, replace(page, sheet=sheet))


def card_read(state: KioskState, person: PersonKey, priority: PriorityId | None) -> Moved:
    """Hold the person's key until a number is taken; a chosen service needs no more touch."""
    if not state.is_browsing:
        return stay(state)
    held = replace(state, person=person, priority=priority)
    if isinstance(state.page, ServiceChosen):
        return reserve(held, state.page.service)
    return replace(held, notice=None, touched_s=state.now_s), ()


def service_scanned(state: KioskState, event: ev.ServiceScanned) -> Moved:
    """Show the service; with a card in the hand of the kiosk, take its number at once."""
    if not state.is_browsing or state.catalog is None:
        return stay(state)
    if choices.find_service(state.catalog, event.service) is None:
        return notify(state, NO_SUCH_SERVICE, is_good=False)
    if state.person is not None:
        return reserve(state, event.service)
    if state.page == ServiceChosen(event.service):
        return stay(state)
    return go(state, ServiceChosen(event.service))


def foreign_scanned(state: KioskState, event: ev.ForeignScanned) -> Moved:
    """Say that this is not one of our codes."""
    if not state.may_scan:
        return stay(state)
    if not state.is_browsing:
        state, _ = go_home(state)
    return notify(state, FOREIGN_CODES[event.kind], is_good=False)
