"""A small hall for kiosk tests: its catalog, and answers as the hall would give them."""

from hallserver.client.updates import LinkState
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import (
    BusinessDay,
    CounterId,
    DepartmentId,
    Epoch,
    ServiceId,
    TicketId,
    TicketNumber,
    TicketToken,
    ZoneId,
)
from hallserver.protocol.replies import Reservation, TicketStatus
from hallserver.protocol.snapshots import (
    Catalog,
    CatalogCounter,
    CatalogDepartment,
    CatalogService,
    CatalogZone,
    HallLoad,
    ServiceLoad,
)
from hallserver.protocol.states import TicketState
from kiosk.flow import events as ev
from kiosk.flow.effects import Effect
from kiosk.flow.state import KioskState
from kiosk.flow.step import step
from tests.helpers.checkout import ROOT
from ui.kit.rating_tags import parse_rating_tags

TAGS = parse_rating_tags((ROOT / "ui/kit/rating_tags.toml").read_text("utf-8"))
ISSUED_AT_MS = 1_795_392_000_000  # 2026-11-23 08:00 in Shanghai

_SERVICES = (
    ("home-sale", "二手房转移登记", "Transfer of an existing home", "estate", "public", "esfzydj"),
    ("mortgage", "不动产抵押登记", "Mortgage registration", "estate", "public", "bdcdydj"),
    ("power", "用电报装", "New power connection", "power", "public", "ydbz"),
    ("id-card", "居民身份证办理", "Resident identity card", "police", "civil", "jmsfzbl"),
    ("household", "户口登记与迁移", "Household registration", "police", "civil", "hkdjyqy"),
    ("pension", "养老待遇申领", "Pension claim", "labour", "civil", "yldysl"),
)


def small_catalog(extra_services: int = 0) -> Catalog:
    """Two zones with services, one without, four departments; more services in `civil` on wish."""
    more = tuple(
        (f"more-{i:02d}", f"其他事项{i}", f"Other matter {i}", "labour", "civil", f"qtsx{i}")
        for i in range(extra_services)
    )
    return Catalog(
        epoch=Epoch(1),
        version=0,
        title=Text("测试政务服务中心", "Test Service Centre"),
        zones=(
            CatalogZone(ZoneId("public"), Text("公共服务", "Public utilities"), 1),
            CatalogZone(ZoneId("civil"), Text("民生事务", "Civil affairs"), 1),
            CatalogZone(ZoneId("self"), Text("24小时自助服务", "24-hour self-service"), 1),
        ),
        departments=tuple(
            CatalogDepartment(DepartmentId(name), Text(zh, en))
            for name, zh, en in (
                ("estate", "不动产登记中心", "Real Estate Registration Centre"),
                ("power", "供电公司", "Power Supply Company"),
                ("police", "公安局", "Public Security Bureau"),
                ("labour", "人力资源和社会保障局", "Human Resources and Social Security Bureau"),
            )
        ),
        services=tuple(
            CatalogService(
                id=ServiceId(name),
                name=Text(zh, en),
                department=DepartmentId(department),
                zone=ZoneId(zone),
                initials=initials,
                where=Text("1楼 12—15号窗口", "Floor 1, windows 12 to 15"),
            )
            for name, zh, en, department, zone, initials in (*_SERVICES, *more)
        ),
        counters=(
            CatalogCounter(
                CounterId(12), Text("12号窗口", "Window 12"), zone=ZoneId("public"), floor=1
            ),
        ),
    )


def load_of(catalog: Catalog, waiting: int = 3) -> HallLoad:
    """The same number of people waits for every service."""
    services = {service.id: ServiceLoad(waiting, 2) for service in catalog.services}
    return HallLoad(Epoch(1), 1, services)


def reservation(ordinal: int = 23, service: str = "id-card", ahead: int = 5) -> Reservation:
    """What the hall answers to `ReserveTicket`."""
    ticket = f"20261123-A{ordinal:03d}"
    return Reservation(
        ticket=TicketId(ticket),
        number=TicketNumber(f"A{ordinal:03d}"),
        token=TicketToken(f"JH1.{ticket}.ABCDEFGHIJKLMNOP"),
        service=ServiceId(service),
        day=BusinessDay("20261123"),
        people_ahead=ahead,
        issued_at_ms=ISSUED_AT_MS,
    )


def status(
    state: TicketState = TicketState.WAITING,
    *,
    ordinal: int = 23,
    ahead: int | None = None,
    counter: int | None = None,
    is_rateable: bool = False,
    is_rated: bool = False,
    service: str = "id-card",
) -> TicketStatus:
    """What the hall answers to `ShowTicket`."""
    return TicketStatus(
        ticket=TicketId(f"20261123-A{ordinal:03d}"),
        number=TicketNumber(f"A{ordinal:03d}"),
        service=ServiceId(service),
        state=state,
        people_ahead=ahead,
        counter=None if counter is None else CounterId(counter),
        is_rateable=is_rateable,
        is_rated=is_rated,
    )


class FlowWorld:
    """A flow and its time. Each call lets a second pass first, unless told otherwise."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        """Begin at home with a live link."""
        self.now_s = 100.0
        self.state = KioskState(tags=TAGS)
        self.effects: list[Effect] = []
        catalog = catalog or small_catalog()
        self.happens(ev.CatalogArrived(catalog), ev.LoadArrived(load_of(catalog)))
        self.happens(ev.LinkIs(LinkState.LIVE))
        self.waits(1)  # the first page has been there for a moment
        self.effects.clear()

    def happens(self, *events: ev.Event, after_s: float = 1.0) -> list[Effect]:
        """Let events happen, each after so many seconds; return what the flow wanted done."""
        wanted: list[Effect] = []
        for event in events:
            self.now_s += after_s
            self.state, effects = step(self.state, event, self.now_s)
            wanted += effects
        self.effects += wanted
        return wanted

    def waits(self, seconds: float) -> list[Effect]:
        """Let time pass in ticks of a quarter of a second."""
        wanted: list[Effect] = []
        for _ in range(round(seconds * 4)):
            wanted += self.happens(ev.Tick(), after_s=0.25)
        return wanted
