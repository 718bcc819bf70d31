"""Hall-days, one or several in a row: faults on, heal, settle, compare, close, compare again."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from hallserver.hall import Hall
from hallserver.protocol.ids import ClientId, CommandId, CounterId
from hallserver.writer import fold, read_inbound
from tests.helpers.halls import KEY
from tests.simulation import settled
from tests.simulation.auditor import Auditor
from tests.simulation.clerks import Clerk, CounterPlace
from tests.simulation.counter import CallScreen, Client, CounterTerminal, RatingPad
from tests.simulation.crafts import Crafts
from tests.simulation.customs import GUIDE, SUPERVISOR
from tests.simulation.evening import Evening
from tests.simulation.faults import Fates
from tests.simulation.kiosk import Kiosk
from tests.simulation.ledger import Ledger, Line
from tests.simulation.logs import read_logs
from tests.simulation.parts import PRODUCT, Parts
from tests.simulation.people import Hallway
from tests.simulation.server import ServerProcess, check_password
from tests.simulation.shape import Arrivals, Shape
from tests.simulation.staff import Console, Device, Gateway, Guide
from tests.simulation.truth import Truth
from tests.simulation.world import BrokenError, CrashedError, World, demand, demand_end

AUTOSAVE_S = 60.0
SETTLES_WITHIN_S = 5_400.0
QUIET_S = 120.0
NIGHT_STEP_S = 1_800.0
NIGHT_STEPS = 4 * 48
"""Nothing happens at night: the clock on the wall is moved on."""
LOOKS_EVERY_S = 9.37
A_MOMENT_S = 0.1


@dataclass
class Result:
    """What came of it."""

    trace_hash: str
    counts: dict[str, int] = field(default_factory=dict)


class Day:
    """Everything that takes part in a day, or in several. `run` raises BrokenError."""

    def __init__(
        self,
        shape: Shape,
        parts: Parts = PRODUCT,
        *,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self.shape = shape
        self.parts = parts
        self.world = world = World(shape.seed, on_line)
        plan = shape.plan
        self.has_leapt = False
        self.broker = parts.broker(world)
        self.ledger = Ledger(world, plan)
        self.truth = Truth(world, self.ledger)
        self.journal = parts.journal(self.ledger.on_commit)
        self.auditor = Auditor(world, self.journal)
        self.auditor.on_reserve = self._reserves
        self.auditor.freed = self.ledger.freed
        self.ledger.command_of = lambda client, command: self.auditor.asked.get((client, command))
        self.server = ServerProcess(
            world,
            self.broker,
            self.journal,
            plan,
            parts,
            self.auditor.published,
            self.auditor.acknowledged,
        )
        common = (world, self.broker, self.auditor)
        self.kiosks = [Kiosk(*common, self.truth, parts, kiosk.id) for kiosk in plan.kiosks]
        self.terminals = [CounterTerminal(*common, parts, c.id) for c in plan.counters]
        self.pads = [RatingPad(*common, parts, c.id) for c in plan.counters if shape.has_pads]
        self.screens = [
            CallScreen(*common, self.ledger, parts, s.id, s.zones, shape.screen_capacity)
            for s in plan.callscreens
        ]
        desk = (*common, parts)
        self.guides = [Guide(*desk, g.id, plan, self.ledger) for g in plan.guides]
        self.consoles = [Console(*desk, each.id, plan, self.ledger) for each in plan.consoles]
        self.gateways = [Gateway(*desk, g.id, plan, self.ledger) for g in plan.gateways]
        self.staff: list[Device] = [*self.guides, *self.consoles, *self.gateways]
        self.clients: list[Client] = [*self.terminals, *self.pads, *self.screens, *self.staff]
        pad_at = {pad.counter: pad for pad in self.pads}
        self.places: dict[CounterId, CounterPlace] = {
            terminal.counter: CounterPlace(terminal, pad_at.get(terminal.counter))
            for terminal in self.terminals
        }
        self.hallway = Hallway(
            world,
            plan,
            self.truth,
            self.ledger,
            self.kiosks,
            self.places,
            shape.nature,
            shape.customs,
        )
        for screen in self.screens:
            screen.on_call = self.hallway.saw
            screen.speaks = shape.customs.speaks
        for guide in self.guides:
            guide.truth = self.truth
            self.hallway.guide = guide
        self.truth.on_moved = self._moved
        self.truth.on_sent = self._sent_on
        self.evening = Evening(self)
        self.clerks = [
            Clerk(
                world,
                Random(f"{shape.seed}/clerk/{clerk.id}"),
                clerk.id,
                shape.habits,
                Crafts(Random(f"{shape.seed}/craft/{clerk.id}"), plan, self.ledger, shape.customs),
            )
            for clerk in plan.clerks
            if clerk.id not in (GUIDE, SUPERVISOR)
        ]
        for each in self.clerks:
            each.on_leave = self._seat
        self.fates = Fates(self)
        self._kiosk_of = {kiosk.client: kiosk for kiosk in self.kiosks}

    def run(self) -> Result:
        """Live the days to their end."""
        with read_logs(), _collecting_rarely():
            return self._run()

    def _run(self) -> Result:
        try:
            self._open()
            for number, arrivals in enumerate(self.shape.days, 1):
                self._begin(number, arrivals)
                self.world.run(self.world.now_s + self.shape.minutes * 60)
                self._heal()
                self.settle()
                settled.compare(self)
                self._replay(f"at quiet of day {number}")
                self._close()
                self._replay(f"after the close of day {number}")
        except BrokenError:
            raise
        except Exception as error:
            raise CrashedError(
                f"production code raised {type(error).__name__}", str(error)
            ) from error
        return Result(self.world.trace_hash(), self._counts())

    # Phases.

    def _open(self) -> None:
        world = self.world
        self.evening.begins()
        self.server.start()
        boot = world.rng("boot")
        for start in [each.start for each in self.kiosks] + [each.start for each in self.clients]:
            world.at(boot.uniform(0.1, 8.0), start)
        world.after(AUTOSAVE_S, self._autosave)

    def _begin(self, number: int, arrivals: Arrivals) -> None:
        """The morning: clerks come, then visitors, then trouble."""
        world = self.world
        if number > 1:
            world.sleep_until_morning()
            self.server.look()
            self.auditor.begin_day()
            self.has_leapt = False
        world.say("day", f"{number} begins")
        coming = world.rng(f"coming/{number}")
        for clerk in self.clerks:
            clerk.is_steady = clerk.is_leaving = False
            world.after(coming.uniform(5.0, 40.0), self._seat, clerk)
        for after_s, service in arrivals:
            world.after(after_s, self.hallway.enters, self.shape.plan.service(service))
        self.fates.plan(world.now_s + self.shape.minutes * 60)

    def _heal(self) -> None:
        self.world.say("day", "heals")
        self.fates.heal()
        for clerk in self.clerks:
            clerk.is_steady = True
        for device in self.staff:
            device.is_steady = True

    def settle(self) -> None:
        """Without faults everything has to come to its end."""
        healed_s = self.world.now_s
        while (why := settled.why_not(self)) is not None:
            waited_s = self.world.now_s - healed_s
            demand_end(waited_s < SETTLES_WITHIN_S, "without faults everything settles", why)
            self.world.run(self.world.now_s + LOOKS_EVERY_S)
            self._fill_chairs()
        self.world.run(self.world.now_s + QUIET_S)
        self._look_at_kiosks()
        why = settled.why_not(self)
        if why is not None:  # somebody has just pressed a key that does nothing
            self.world.run(self.world.now_s + LOOKS_EVERY_S)
            why = settled.why_not(self)
        demand_end(why is None, "what has settled stays settled", why)

    def _close(self) -> None:
        """Clerks leave, the night comes, the next day opens."""
        for clerk in self.clerks[::2]:  # every other one forgets to sign out
            clerk.is_leaving = True
            clerk.look()
        self.world.run(self.world.now_s + 120)
        closed = self.ledger.day
        for _ in range(NIGHT_STEPS):
            if self.ledger.day != closed:
                break
            self.world.wall_offset_s += NIGHT_STEP_S
            self.server.look()
            self.world.run(self.world.now_s + 1.0)
            self.evening.goes_on()
        has_opened = self.ledger.day not in (None, closed)
        demand_end(has_opened, "the next business day opens", closed)
        self.world.run(self.world.now_s + 120)
        self._look_at_kiosks()
        self.evening.ends()
        settled.compare_after_close(self)
        for clerk in self.clerks:
            clerk.stand_up()

    # In between.

    def _look_at_kiosks(self) -> None:
        for kiosk in self.kiosks:
            kiosk.look()
        self.world.run(self.world.now_s + A_MOMENT_S)

    def _autosave(self) -> None:
        self.broker.autosave()
        self.world.after(AUTOSAVE_S, self._autosave)

    def _reserves(self, client: ClientId, command_id: CommandId) -> None:
        giver = self._kiosk_of.get(client) or self.hallway.guide
        customer = None if giver is None else giver.customer
        visit = getattr(customer, "visit", None)
        if visit is not None:
            self.truth.asked_by(client, command_id, visit)

    def _moved(self, line: Line) -> None:
        """Whoever stands at the counter sees what becomes of the number."""
        if line.state == "completed":
            visitor = self.hallway.by_number.get((str(self.ledger.day), line.number))
            if visitor is not None:
                self.world.after(0.5, visitor.moved, line.state)

    def _sent_on(self, line: Line) -> None:
        visitor = self.hallway.by_number.get((line.day, line.number))
        if visitor is not None:
            self.world.after(0.5, visitor.sent_on)

    def _seat(self, clerk: Clerk) -> None:
        """A clerk takes a free chair, if there is one."""
        clerk.stand_up()
        if clerk.is_leaving:
            return
        free = [place for place in self.places.values() if place.clerk is None]
        if free:
            clerk.sit(self.world.rng(f"chair/{clerk.account}/{self.world.now_s:.3f}").choice(free))
        else:
            self.world.after(60.0, self._seat_later, clerk)

    def _seat_later(self, clerk: Clerk) -> None:
        if clerk.post is None:
            self._seat(clerk)

    def _fill_chairs(self) -> None:
        free = [place for place in self.places.values() if place.clerk is None]
        idle = [clerk for clerk in self.clerks if clerk.post is None]
        for place, clerk in zip(free, idle, strict=False):
            clerk.sit(place)

    # Replaying, folding.

    def _replay(self, when: str) -> None:
        """Say the last days' commands once more: nothing changes, everybody hears the same."""
        writer, hall = self.server.writer, self.server.hall
        assert writer is not None
        assert hall is not None
        answered = set(self.journal.answered())
        inbound = [read_inbound(topic, payload) for topic, payload in self.auditor.messages]
        again = [
            each
            for each in inbound
            if each is not None and (each.client, getattr(each.message, "id", None)) in answered
        ]
        self.world.rng(f"replay {when}").shuffle(again)
        seq, count = self.journal.last_seq, len(answered)
        before = settled.picture(hall)
        for first in range(0, len(again), 256):
            for outbound in writer.process(again[first : first + 256]):
                self.auditor.published(outbound)
        unchanged = (self.journal.last_seq, len(self.journal.answered())) == (seq, count)
        demand(unchanged, "replaying any command changes nothing", when)
        demand(settled.picture(hall) == before, "replaying any command changes nothing", when)

    def folded(self) -> Hall:
        """Fold the journal into a new hall."""
        again = self.parts.hall(self.shape.plan, KEY, check_password)
        fold(again, self.journal.open_day())
        return again

    def _counts(self) -> dict[str, int]:
        counts = dict(sorted(self.ledger.counts.items()))
        counts |= dict(sorted(self.ledger.reasons.items()))
        counts |= dict(sorted(self.hallway.counts.items()))
        counts["visitors"] = len(self.hallway.visitors)
        counts["commands"] = len(self.auditor.asked)
        counts["server deaths"] = self.server.deaths
        counts["commands dropped"] = self.server.dropped
        counts["longest line"] = self.ledger.longest_line
        counts["most in the mailbox"] = self.server.max_waiting
        return counts


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Look for dead cycles less often: a day makes few, and keeps most of what it makes."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)
