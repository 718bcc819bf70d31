"""A hall with call screens, a console and a tidal rule, and people who fill it."""

from collections.abc import Sequence
from dataclasses import replace

from hallserver.domain.plan import CallScreen, Clerk, Counter, HallPlan, StaffTablet, Zone
from hallserver.domain.rules import CounterRules, Permission, TidalRule
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId, ClientId, CounterId, ServiceId, ZoneId
from hallserver.protocol.replies import Done, Reservation, SignedIn, TicketAtCounter
from tests.helpers.halls import PASSWORD, Played, small_plan, text

SCREEN, CONSOLE = "callscreen-01", "console-01"
HALL, CELLAR = ZoneId("hall"), ZoneId("cellar")
COUNTERS = tuple((number, ("a", "b")) for number in range(1, 10))
BOSS = "boss"


def staffed_plan(
    counters: Sequence[tuple[int, Sequence[str]]] = COUNTERS,
    *,
    cellar: Sequence[int] = (),
    back_offices: Sequence[int] = (),
    tidal: Sequence[TidalRule] = (),
    recall_limit: int = 3,
) -> HallPlan:
    """A hall whose first zone has a call screen; the counters of the cellar have none."""
    plan = small_plan(counters, clerks=len(counters), recall_limit=recall_limit)

    def placed(counter: Counter) -> Counter:
        zone = CELLAR if counter.id in cellar else HALL
        rules = CounterRules(is_back_office=counter.id in back_offices)
        return replace(counter, zone=zone, rules=rules)

    boss = Clerk(ClerkId(BOSS), text("主管"), "900", "", frozenset({Permission.SUPERVISE}))
    return replace(
        plan,
        zones=(*plan.zones, Zone(CELLAR, text("地下"), -1)),
        counters=tuple(placed(counter) for counter in plan.counters),
        clerks=(*plan.clerks, boss),
        callscreens=(CallScreen(ClientId(SCREEN), (HALL,), 1, text("入口")),),
        consoles=(StaffTablet(ClientId(CONSOLE), text("办公室")),),
        tidal=tuple(tidal),
    )


class Staffed(Played):
    """A hall at work: every act in one word."""

    def take(self, service: str = "a") -> Reservation:
        """Take a number, with its paper."""
        given = self.send("kiosk-01", c.ReserveTicket(service=ServiceId(service)))
        assert isinstance(given, Reservation)
        assert self.send("kiosk-01", c.ConfirmPrinted(ticket=given.ticket)) == Done()
        return given

    def open(self, *counters: int) -> None:
        """Have a clerk sign in at each counter."""
        for number in counters:
            command = c.SignIn(clerk=ClerkId(f"clerk-{number}"), password=PASSWORD)
            assert isinstance(self.send(f"counter-{number}", command), SignedIn)

    def supervise(self) -> None:
        """Have the supervisor sign in at the console."""
        command = c.SignIn(clerk=ClerkId(BOSS), password=PASSWORD)
        assert isinstance(self.send(CONSOLE, command), SignedIn)

    def call(self, counter: int) -> TicketAtCounter:
        """Call the next at a counter."""
        called = self.send(f"counter-{counter}", c.CallNext())
        assert isinstance(called, TicketAtCounter)
        return called

    def serve(self, counter: int) -> TicketAtCounter:
        """Call the next at a counter and complete the service."""
        called = self.call(counter)
        self.send(f"counter-{counter}", c.Arrive(ticket=called.ticket))
        self.send(f"counter-{counter}", c.Complete(ticket=called.ticket))
        return called

    def wait(self, seconds: float) -> None:
        """Let time pass, and have the hall look at the clock every half second."""
        for _ in range(int(seconds * 2)):
            self.pass_time(500)
            self.tick()

    def assign(self, counter: int, *services: str) -> object:
        """Have the supervisor move services."""
        named = tuple(ServiceId(service) for service in services)
        return self.send(CONSOLE, c.AssignServices(counter=CounterId(counter), services=named))
