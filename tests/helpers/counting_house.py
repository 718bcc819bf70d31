"""A hall with opening hours, quotas and night tickets, and people who come to it at odd times."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hallserver.domain.acts.base import Decision
from hallserver.domain.plan import Clerk, HallPlan, StaffTablet, Text
from hallserver.domain.rules import (
    Holidays,
    Item,
    Period,
    Permission,
    PriorityClass,
    Schedule,
    ServiceRules,
    Step,
    StepKind,
)
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    ItemId,
    PersonKey,
    PriorityId,
    ServiceId,
)
from hallserver.protocol.replies import Done, Rejected, Reply, Reservation, SignedIn, TicketStatus
from tests.helpers.halls import PASSWORD, Played, small_plan, text

GUIDE, CONSOLE = "guide-01", "console-01"
SHANGHAI = ZoneInfo("Asia/Shanghai")
ME, OTHER = PersonKey("0" * 32), PersonKey("1" * 32)

OFFICE = Schedule(
    "office",
    (*((Period(540, 720), Period(780, 1020)),) * 5, (), ()),  # 9:00 to 12:00, 13:00 to 17:00
    last_ticket_min=30,
)
FOUND_OFF = date(2026, 11, 25)  # a Wednesday
MADE_UP = date(2026, 11, 28)  # a Saturday
HOLIDAYS = Holidays(frozenset({FOUND_OFF}), frozenset({MADE_UP}))

ELDERLY = PriorityClass(PriorityId("elderly"), text("老年人"), min_age=65)
VETERAN = PriorityClass(PriorityId("veteran"), text("退役军人"))


def local_ms(day: int, hour: int, minute: int = 0, *, month: int = 11, year: int = 2026) -> int:
    """A moment in Shanghai, in Unix milliseconds. 23 November 2026 is a Monday."""
    return int(datetime(year, month, day, hour, minute, tzinfo=SHANGHAI).timestamp() * 1_000)


def office_plan(rules: ServiceRules | None = None, **changes: object) -> HallPlan:
    """Service `a` has office hours and these rules, `b` is to be had at all hours."""
    plan = small_plan(((1, ("a", "b")), (2, ("b", "c"))))
    office = replace(rules or ServiceRules(), schedule=OFFICE.id)
    boss = Clerk(ClerkId("boss"), text("主管"), "900", "", frozenset({Permission.SUPERVISE}))
    step = Step(ServiceId("a"), StepKind.FRONT)
    return replace(
        plan,
        rules=replace(plan.rules, companions_limit=4, **changes),  # type: ignore[arg-type]
        services=tuple(
            replace(service, rules=office) if service.id == "a" else service
            for service in plan.services
        ),
        clerks=(*plan.clerks, boss),
        guides=(StaffTablet(ClientId(GUIDE), text("大堂")),),
        consoles=(StaffTablet(ClientId(CONSOLE), text("办公室")),),
        priorities=(VETERAN, ELDERLY),
        schedules=(OFFICE,),
        holidays=HOLIDAYS,
        items=(Item(ItemId("birth"), text("出生一件事"), (step, step)),),
    )


class House(Played):
    """The hall, and what people do in it, each in one word."""

    def __init__(self, plan: HallPlan | None = None, *, wall_ms: int | None = None) -> None:
        begins_ms = local_ms(23, 10) if wall_ms is None else wall_ms
        super().__init__(plan or office_plan(), wall_ms=begins_ms)

    def go_to(self, wall_ms: int) -> None:
        """Let time pass until a later moment, looking at the clock on the way and at the end."""
        self.pass_time(wall_ms - self.now.wall_ms)
        self.tick()

    def ask(self, service: str = "a", client: str = "kiosk-01", **wish: object) -> Reply:
        """Ask for a number."""
        return self.send(client, c.ReserveTicket(ServiceId(service), **wish))  # type: ignore[arg-type]

    def reserve(self, service: str = "a", client: str = "kiosk-01", **wish: object) -> Reservation:
        """Ask for a number and get it."""
        reply = self.ask(service, client, **wish)
        assert isinstance(reply, Reservation), reply
        return reply

    def take(self, service: str = "a", client: str = "kiosk-01", **wish: object) -> Reservation:
        """Take a number, with its paper."""
        given = self.reserve(service, client, **wish)
        assert self.send(client, c.ConfirmPrinted(given.ticket)) == Done()
        return given

    def take_in(self, decision: Decision) -> None:
        """Record what an act decided that was asked by itself."""
        for event in decision.events:
            self._record(ClientId("kiosk-01"), None, event)

    def show(self, given: Reservation) -> TicketStatus:
        """Show a ticket's code at a kiosk."""
        status = self.send("kiosk-02", c.ShowTicket(given.token))
        assert isinstance(status, TicketStatus)
        return status

    def sign_in(self, client: str, clerk: str) -> None:
        """Sign in at a counter, a tablet or a console."""
        reply = self.send(client, c.SignIn(ClerkId(clerk), PASSWORD))
        assert isinstance(reply, SignedIn)

    def kinds(self) -> list[str]:
        """Name the events so far."""
        return [type(recorded.event).__name__ for recorded in self.journal]


def refused(reply: Reply, code: RejectionCode) -> Text:
    """Make sure that it was refused for that, and return the sentence."""
    assert isinstance(reply, Rejected), reply
    assert reply.code is code
    return reply.text
