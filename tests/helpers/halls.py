"""Small halls for tests, and a driver that plays the writer: decide, number, apply."""

from collections.abc import Sequence

from hallserver.domain import events as ev
from hallserver.domain.instant import Now
from hallserver.domain.plan import (
    Clerk,
    Counter,
    Department,
    HallPlan,
    Kiosk,
    Rules,
    Service,
    Text,
    Zone,
)
from hallserver.hall import Hall
from hallserver.protocol import commands as c
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CommandId,
    CounterId,
    DepartmentId,
    Epoch,
    HallId,
    ServiceId,
    ZoneId,
)
from hallserver.protocol.replies import Reply

KEY = b"k" * 32
PASSWORD = "right"
MORNING_MS = 1_795_392_000_000  # 2026-11-23 08:00 in Shanghai
DAY_MS = 86_400_000


def text(word: str) -> Text:
    """The same word in both languages."""
    return Text(word, word)


def small_plan(
    counters: Sequence[tuple[int, Sequence[str]]] = ((1, ("a", "b")), (2, ("b", "c"))),
    *,
    width: int = 3,
    recall_limit: int = 2,
    clerks: int = 3,
) -> HallPlan:
    """A hall of one zone; services are named by letters, their prefix is the letter in capitals."""
    names = sorted({name for _, services in counters for name in services})
    zone = ZoneId("hall")
    department = DepartmentId("office")
    return HallPlan(
        id=HallId("test"),
        title=text("测试大厅"),
        rules=Rules(timezone="Asia/Shanghai", business_day_starts=240, recall_limit=recall_limit),
        zones=(Zone(zone, text("大厅"), 1),),
        departments=(Department(department, text("办公室")),),
        services=tuple(
            Service(ServiceId(n), text(n), department, zone, n.upper(), n, width=width)
            for n in names
        ),
        counters=tuple(
            Counter(CounterId(number), zone, 1, tuple(ServiceId(n) for n in services))
            for number, services in counters
        ),
        clerks=tuple(
            Clerk(ClerkId(f"clerk-{n}"), text(f"{n}"), f"00{n}", "") for n in range(1, clerks + 1)
        ),
        kiosks=tuple(Kiosk(ClientId(f"kiosk-0{n}"), zone, 1, text("入口")) for n in range(1, 4)),
    )


def check_password(account: str, password: str) -> bool:
    """Accept one password for all accounts."""
    return bool(account) and password == PASSWORD


class Played:
    """A hall and its journal in memory, driven one command at a time."""

    def __init__(self, plan: HallPlan | None = None, *, wall_ms: int = MORNING_MS) -> None:
        self.plan = plan or small_plan()
        self.hall = Hall(self.plan, KEY, check_password)
        self.now = Now(wall_ms, 0)
        self.journal: list[ev.Recorded] = []
        self.tick()

    def pass_time(self, ms: int) -> None:
        """Let both clocks go on."""
        self.now = Now(self.now.wall_ms + ms, self.now.elapsed_ms + ms)

    def tick(self) -> None:
        """Let the hall look at the clock."""
        for event in self.hall.tick(self.now):
            self._record(ClientId("server"), None, event)

    def send(self, client: str, command: c.Command) -> Reply:
        """Decide and apply."""
        decision = self.hall.handle(ClientId(client), command, self.now)
        for event in decision.events:
            self._record(ClientId(client), CommandId(f"command-{len(self.journal)}"), event)
        return decision.reply

    def _record(self, client: ClientId, command: CommandId | None, event: ev.Event) -> None:
        opened = event.day if isinstance(event, ev.DayOpened) else self.hall.day
        assert opened is not None
        recorded = ev.Recorded(
            seq=len(self.journal) + 1,
            epoch=Epoch(1),
            day=opened,
            wall_ms=self.now.wall_ms,
            elapsed_ms=self.now.elapsed_ms,
            client=client,
            command=command,
            event=event,
        )
        self.hall.apply(recorded)
        self.journal.append(recorded)

    def refolded(self) -> Hall:
        """Fold the journal into a new hall."""
        again = Hall(self.plan, KEY, check_password)
        for recorded in self.journal:
            again.apply(recorded)
        return again
