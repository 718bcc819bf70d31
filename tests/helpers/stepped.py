"""A hall on a machine whose clocks a test sets: real clock, real writer, real journal on disk."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from hallserver.clock import HallClock
from hallserver.hall import Hall
from hallserver.journal import Journal
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId, ServiceId
from hallserver.protocol.replies import Reservation
from hallserver.uptime import start_clock
from hallserver.writer import Writer, fold
from tests.helpers.halls import KEY, PASSWORD, check_password, small_plan
from tests.helpers.servers import inbound, open_journal, replies


@dataclass
class SteppedHall:
    """`true_s` is the time that it really is, in Unix seconds; the machine shows it, and more."""

    directory: Path
    zone: str
    day_starts_min: int
    true_s: float
    wrong_s: float = 0.0
    """By how much the machine's wall clock is off."""
    mono_s: float = 10.0
    boots: int = 1
    true_of_seq: dict[int, float] = field(default_factory=dict)
    starts: int = 0

    def __post_init__(self) -> None:
        plan = small_plan()
        rules = replace(plan.rules, timezone=self.zone, business_day_starts=self.day_starts_min)
        self.plan = replace(plan, rules=rules)
        self._ids = count(1)
        self.start()

    def start(self) -> None:
        """Start a server, as `hallserver.bootstrap.build_server` does."""
        self.starts += 1
        (self.directory / "boot_id").write_text(f"{self.boots}\n", "ascii")
        self.journal: Journal = open_journal(self.directory)
        clock: HallClock = start_clock(
            self.journal.last_clock,
            self.directory,
            lambda: self.true_s + self.wrong_s,
            lambda: self.mono_s,
            self.directory / "boot_id",
        )
        epoch = self.journal.begin_epoch(clock.now())
        self.hall = Hall(self.plan, KEY, check_password)
        fold(self.hall, self.journal.open_day())
        self.writer = Writer(
            self.hall,
            self.journal,
            clock.now,
            epoch=epoch,
            hall_id=self.plan.id,
            server_version="0",
        )
        self.tell()

    def restart(self) -> None:
        """Start the server anew."""
        self.journal.close()
        self.start()

    def reboot(self) -> None:
        """Start the whole machine anew: its uptime begins again."""
        self.boots += 1
        self.mono_s = 1.0
        self.restart()

    def pass_s(self, seconds: float) -> None:
        """Let time pass, in truth."""
        self.true_s += seconds
        self.mono_s += seconds
        self.tell()

    def tell(self, *asked: tuple[str, c.Command]) -> list[object]:
        """Have the writer look at the clock and answer."""
        before = self.journal.last_seq
        batch = [inbound(client, f"command-{next(self._ids)}", each) for client, each in asked]
        told = replies(self.writer.process(batch))
        for seq in range(before + 1, self.journal.last_seq + 1):
            self.true_of_seq[seq] = self.true_s
        return [reply for _, _, reply in told]

    def reserve(self) -> None:
        """Give somebody a number, and print it."""
        (reply,) = self.tell(("kiosk-01", c.ReserveTicket(ServiceId("a"))))
        assert isinstance(reply, Reservation)
        self.pass_s(2.0)
        self.tell(("kiosk-01", c.ConfirmPrinted(reply.ticket)))

    def serve(self) -> None:
        """Go a step on at the counter: sign in and call, receive, or be done."""
        active = self.hall.state.desks[self.plan.counters[0].id].active
        if active is None:
            self.tell(("counter-1", c.SignIn(ClerkId("clerk-1"), PASSWORD)))
            self.tell(("counter-1", c.CallNext()))
        elif self.hall.state.tickets[active].state.value == "called":
            self.tell(("counter-1", c.Arrive(active)))
        else:
            self.tell(("counter-1", c.Complete(active)))

    def day_at(self, unix_s: float) -> str:
        """Name the business day of a moment, by the calendar alone."""
        local = datetime.fromtimestamp(unix_s, ZoneInfo(self.zone))
        return f"{local - timedelta(minutes=self.day_starts_min):%Y%m%d}"
