"""Every page of the kiosk in the example hall, as states that the flow itself came to."""

from collections.abc import Callable
from itertools import cycle

from msgspec import structs

from devices.faults import FaultCode
from hallserver.client.updates import LinkState
from hallserver.config import load_plan
from hallserver.domain.views import catalog
from hallserver.protocol.commands import RateService, ReserveTicket, ShowTicket
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.ids import (
    AppointmentToken,
    DepartmentId,
    Epoch,
    PersonKey,
    ServiceId,
    TicketToken,
    ZoneId,
)
from hallserver.protocol.replies import Done, Reservation, reject
from hallserver.protocol.snapshots import Catalog
from hallserver.protocol.states import ServiceStatus, TicketState
from kiosk.flow import events as ev
from kiosk.flow.events import Device, Tag
from kiosk.flow.pages import CheckingIn, Looking, RatingSending, Reserving
from kiosk.flow.state import KioskState
from tests.helpers.checkout import ROOT
from tests.helpers.kiosks import TAGS, FlowWorld, load_of, reservation, status

SERVICE = ServiceId("energy-review")
PERSON = PersonKey("ab" * 16)
APPOINTMENT = AppointmentToken("JA1.20261123-0042.ABCDEFGHIJKLMNOP")
TOKEN = TicketToken("JH1.20261123-A023.ABCDEFGHIJKLMNOP")


def example_catalog() -> Catalog:
    """The hall file that the project ships."""
    return catalog(load_plan(ROOT / "examples" / "shaoyang.toml"), Epoch(1))


def pages(hall: Catalog, *before: ev.Event) -> dict[str, KioskState]:
    """Come to every page anew; `before` happens first, a change of language for example."""
    shown = {}
    for name, walk in _WALKS.items():
        world = FlowWorld(hall)
        world.happens(*before)
        world.waits(1)
        walk(world)
        shown[name] = world.state
    return shown


def _tag(world: FlowWorld) -> Tag:
    page = world.state.page
    assert isinstance(page, Reserving | CheckingIn | Looking | RatingSending)
    return page.tag


def _walk(*events: ev.Event) -> Callable[[FlowWorld], object]:
    return lambda world: world.happens(*events)


def _reserved(world: FlowWorld, ahead: int = 23) -> Reservation:
    world.happens(ev.ServiceTouched(SERVICE))
    answer = reservation(service=SERVICE, ahead=ahead)
    world.happens(ev.Answered(_tag(world), ReserveTicket(SERVICE), answer))
    return answer


def _printed(paper: ev.Paper, ahead: int = 23) -> Callable[[FlowWorld], None]:
    def walk(world: FlowWorld) -> None:
        ticket = _reserved(world, ahead).ticket
        world.happens(ev.PrintFinished(ticket, paper, FaultCode.PAPER_END))

    return walk


def _at_night(world: FlowWorld) -> None:
    world.happens(ev.ServiceTouched(SERVICE))
    note = Text("本号11月24日（星期二）9:00起叫号", "Called from Tue 24 Nov, 9:00 on")
    answer = structs.replace(reservation(service=SERVICE), note=note)
    world.happens(ev.Answered(_tag(world), ReserveTicket(SERVICE), answer))
    world.happens(ev.PrintFinished(answer.ticket, ev.Paper.PRINTED))


def _refused(code: RejectionCode) -> Callable[[FlowWorld], None]:
    def walk(world: FlowWorld) -> None:
        world.happens(ev.ServiceTouched(SERVICE))
        world.happens(ev.Answered(_tag(world), ReserveTicket(SERVICE), reject(code)))

    return walk


def _shown(state: TicketState, **more: object) -> Callable[[FlowWorld], None]:
    def walk(world: FlowWorld) -> None:
        world.happens(ev.TicketScanned(TOKEN))
        answer = status(state, service=SERVICE, **more)  # type: ignore[arg-type]
        world.happens(ev.Answered(_tag(world), ShowTicket(TOKEN), answer))

    return walk


def _rating(stars: int = 0, tags: int = 0) -> Callable[[FlowWorld], None]:
    def walk(world: FlowWorld) -> None:
        _shown(TicketState.COMPLETED, is_rateable=True)(world)
        if stars:
            world.happens(ev.StarsTouched(stars))
        world.happens(*(ev.TagTouched(tag.code) for tag in TAGS.of(stars)[:tags]))

    return walk


def _thanked(world: FlowWorld) -> None:
    _rating(5)(world)
    world.happens(ev.RateTouched())
    world.happens(ev.Answered(_tag(world), RateService(TOKEN, 5), Done()))


def _sending(world: FlowWorld) -> None:
    _rating(5)(world)
    world.happens(ev.RateTouched())


def _still_there(world: FlowWorld) -> None:
    world.happens(ev.ZoneTouched(ZoneId("civil")))
    world.waits(72)


def _timed_out(world: FlowWorld) -> None:
    world.happens(ev.ServiceTouched(SERVICE))
    world.waits(16)


def _closed(world: FlowWorld, *events: ev.Event) -> None:
    """A hall whose numbers cannot be had, each for its reason, and that says why."""
    assert world.state.catalog is not None
    load = load_of(world.state.catalog)
    statuses = cycle(ServiceStatus)
    services = {
        service: structs.replace(each, status=next(statuses))
        for service, each in load.services.items()
    }
    why = Text(
        "因线路检修，今天下午暂停取号，请明天9:00再来，敬请谅解。",
        "No numbers this afternoon because of repairs. Please come tomorrow from 9:00.",
    )
    world.happens(ev.LoadArrived(structs.replace(load, services=services, notice=why)), *events)


_WALKS: dict[str, Callable[[FlowWorld], object]] = {
    "home": _walk(),
    "home-with-card": _walk(ev.CardRead(PERSON)),
    "home-card-lifted": _walk(ev.CardFault(FaultCode.CARD_LIFTED)),
    "home-foreign-code": _walk(ev.ForeignScanned(ev.ForeignCode.LINK)),
    "home-no-paper": _walk(ev.DeviceChanged(Device.PRINTER, FaultCode.PAPER_END)),
    "home-no-reader": _walk(ev.DeviceChanged(Device.READER, FaultCode.PORT_MISSING)),
    "home-closed": _closed,
    "services-closed": lambda world: _closed(world, ev.ZoneTouched(ZoneId("civil"))),
    "ticketout-night": _at_night,
    "services-of-zone": _walk(ev.ZoneTouched(ZoneId("project"))),
    "services-of-zone-3": _walk(
        ev.ZoneTouched(ZoneId("civil")), ev.SheetTouched(1), ev.SheetTouched(1)
    ),
    "services-with-card": _walk(ev.ZoneTouched(ZoneId("business")), ev.CardRead(PERSON)),
    "checking-in": _walk(ev.AppointmentScanned(APPOINTMENT)),
    "departments": _walk(ev.DepartmentsTouched()),
    "departments-2": _walk(ev.DepartmentsTouched(), ev.SheetTouched(1)),
    "services-of-department": _walk(
        ev.DepartmentsTouched(), ev.DepartmentTouched(DepartmentId("housing"))
    ),
    "search": _walk(ev.SearchTouched()),
    "search-found": _walk(
        ev.SearchTouched(), ev.LetterTouched("j"), ev.LetterTouched("s"), ev.LetterTouched("g")
    ),
    "search-many": _walk(ev.SearchTouched(), ev.LetterTouched("y")),
    "servicechosen": _walk(ev.ServiceScanned(SERVICE)),
    "privacy": _walk(ev.PrivacyTouched()),
    "reserving": _walk(ev.ServiceTouched(SERVICE)),
    "printing": _reserved,
    "ticketout": _printed(ev.Paper.PRINTED),
    "ticketout-next": _printed(ev.Paper.PRINTED, ahead=0),
    "ticketout-without-paper": _printed(ev.Paper.UNCERTAIN),
    "broken-void": _printed(ev.Paper.NOT_PRINTED),
    "broken": _walk(
        ev.DeviceChanged(Device.PRINTER, FaultCode.COVER_OPEN), ev.ServiceTouched(SERVICE)
    ),
    "refused": _refused(RejectionCode.ALREADY_WAITING),
    "refused-used-up": _refused(RejectionCode.NUMBERS_USED_UP),
    "refused-timed-out": _timed_out,
    "looking": _walk(ev.TicketScanned(TOKEN)),
    "ticketshown-waiting": _shown(TicketState.WAITING, ahead=7),
    "ticketshown-called": _shown(TicketState.CALLED, counter=12),
    "ticketshown-no-show": _shown(TicketState.NO_SHOW),
    "rating": _rating(),
    "rating-good": _rating(5, tags=1),
    "rating-bad": _rating(1),
    "rating-bad-why": _rating(2, tags=2),
    "ratingsending": _sending,
    "ratingthanks": _thanked,
    "outofservice-stale": _walk(ev.LinkIs(LinkState.STALE)),
    "outofservice-connecting": _walk(ev.LinkIs(LinkState.CONNECTING)),
    "outofservice-update": _walk(ev.LinkIs(LinkState.UPDATE_CLIENT)),
    "still-there": _still_there,
}
