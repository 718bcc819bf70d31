"""Whatever people ask and whatever the clock does: what must hold of numbers always holds.

The oracle knows the journal, a calendar and a clock on the wall, and nothing of the hall's state.
"""

from collections import Counter as Tally
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.domain.rules import ServiceRules
from hallserver.hall import Hall
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import Epoch, PersonKey
from hallserver.protocol.replies import Rejected, Reservation, TicketAtCounter
from tests.helpers.counting_house import FOUND_OFF, MADE_UP, House, local_ms, office_plan
from tests.helpers.halls import DAY_MS, KEY, check_password

MORNING, AFTERNOON, DAY = 3, 2, 4
RULES = ServiceRules(
    quota_morning=MORNING, quota_afternoon=AFTERNOON, quota_day=DAY, has_night_tickets=True
)
MINUTE_MS = 60_000
ACTS = (
    ["reserve"] * 8 + ["proxy"] * 2 + ["confirm"] * 6 + ["void", "cancel", "show", "next"]
    + ["wait"] * 6 + ["night", "back", "forward", "other"]
)  # fmt: skip


class World:
    """The hall, and what the world outside knows of it."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.house = House(office_plan(RULES), wall_ms=local_ms(23, 5) + seed % 1_440 * MINUTE_MS)
        self.given: list[Reservation] = []
        self.jumped = False

    def step(self) -> None:
        act = self.chance.choice(ACTS)
        if act in ("wait", "night", "back", "forward"):
            self.pass_time(act)
        elif act == "next":
            self.call()
        elif act in ("reserve", "proxy", "other"):
            self.ask(act)
        elif self.given:
            self.use(act, self.chance.choice(self.given))

    def pass_time(self, act: str) -> None:
        ms = self.chance.randrange(3 * 60 * MINUTE_MS)
        if act == "night":
            ms += DAY_MS * self.chance.choice((1, 1, 1, 2, 3)) // 2
        if act == "back":
            ms = -self.chance.choice((1, ms, DAY_MS, 30 * DAY_MS))
            self.jumped = True
        if act == "forward" and self.chance.random() < 0.1:
            ms = 4_000 * DAY_MS
            self.jumped = True
        self.house.pass_time(ms)
        self.house.tick()
        self.house.tick()

    def ask(self, act: str) -> None:
        person = PersonKey(f"{self.chance.randrange(4):032x}")
        house = self.house
        wish = c.ReserveTicket(
            "b" if act == "other" else "a",  # type: ignore[arg-type]
            person if act == "proxy" or self.chance.random() < 0.8 else None,
            is_proxy=act == "proxy",
        )
        before = len(house.journal)
        reply = house.send("kiosk-01", wish)
        if isinstance(reply, Reservation):
            self.given.append(reply)
            if act != "other" and not self.jumped:
                self.check_hours(reply)
        else:
            assert isinstance(reply, Rejected)
            assert len(house.journal) == before
            if reply.code is RejectionCode.CLOSED_NOW and not self.jumped:
                assert not takes(house.now.wall_ms)

    def check_hours(self, given: Reservation) -> None:
        wall_ms = self.house.now.wall_ms
        assert (given.valid_from_ms is None) is takes(wall_ms)
        if given.valid_from_ms is not None:
            assert takes(given.valid_from_ms)
            assert not any(
                takes(at) for at in range(wall_ms, given.valid_from_ms - MINUTE_MS, MINUTE_MS)
            )
        assert given.day == business_day(given.valid_from_ms or wall_ms)

    def use(self, act: str, ticket: Reservation) -> None:
        commands: dict[str, c.Command] = {
            "confirm": c.ConfirmPrinted(ticket.ticket),
            "void": c.VoidTicket(ticket.ticket, c.VoidReason.LEFT),
            "cancel": c.CancelTicket(ticket.token),
            "show": c.ShowTicket(ticket.token),
        }
        self.house.send("kiosk-01", commands[act])

    def call(self) -> None:
        house = self.house
        house.send("counter-1", c.SignIn("clerk-1", "right"))  # type: ignore[arg-type]
        reply = house.send("counter-1", c.CallNext())
        if isinstance(reply, TicketAtCounter):
            house.send("counter-1", c.Arrive(reply.ticket))
            house.send("counter-1", c.Complete(reply.ticket))


def wall(ms: int) -> datetime:
    """What the clock in Shanghai shows: eight hours ahead, all year."""
    return datetime.fromtimestamp(ms / 1_000, UTC) + timedelta(hours=8)


def takes(ms: int) -> bool:
    at = wall(ms)
    is_working = (at.weekday() < 5 and at.date() != FOUND_OFF) or at.date() == MADE_UP
    is_afternoon = at.hour >= 13 and (at.hour, at.minute) < (16, 30)
    return is_working and (9 <= at.hour < 12 or is_afternoon)


def business_day(ms: int) -> str:
    return (wall(ms) - timedelta(hours=4)).strftime("%Y%m%d")


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_numbers_are_given_once_within_hours_and_quotas_whatever_the_clock_does(seed: int) -> None:
    world = World(seed)
    for _ in range(world.chance.randrange(20, 220)):
        world.step()
    house = world.house
    assert len({each.ticket for each in world.given}) == len(world.given)
    holding: Tally[tuple[str, str, bool]] = Tally()
    held: dict[str, tuple[str, str, bool]] = {}
    counted: Tally[tuple[str, str]] = Tally()
    half: dict[str, tuple[str, str]] = {}
    for recorded in house.journal:
        event = recorded.event
        match event:
            case ev.TicketReserved(ticket=ticket, service="a"):
                day = str(ticket).partition("-")[0]
                at = wall(event.valid_from_ms or recorded.wall_ms)
                noon = datetime.strptime(f"{day} 12 +0000", "%Y%m%d %H %z")
                half[ticket] = (day, "morning" if at < noon else "afternoon")
                counted[half[ticket]] += 1
                if event.person is not None:
                    held[ticket] = (event.person, event.service, event.is_proxy)
                    holding[held[ticket]] += 1
            case ev.TicketVoided(ticket=ticket) | ev.TicketCancelled(ticket=ticket):
                counted[half.get(ticket, ("", ""))] -= 1
                holding[held.pop(ticket, ("", "", False))] -= 1
            case ev.TicketCompleted(ticket=ticket) | ev.TicketExpired(ticket=ticket):
                assert str(ticket).startswith(recorded.day)  # a night ticket ends on its own day
                holding[held.pop(ticket, ("", "", False))] -= 1
            case ev.TicketCalled(ticket=ticket):
                assert str(ticket).startswith(recorded.day)
        assert max(holding.values(), default=0) <= 1
        for (day, part), count in counted.items():
            assert not part or count <= (MORNING if part == "morning" else AFTERNOON)
            assert not part or counted[day, "morning"] + counted[day, "afternoon"] <= DAY


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32))
def test_the_open_day_alone_gives_the_hall_again_and_every_day_is_reported_once(seed: int) -> None:
    world = World(seed)
    for _ in range(world.chance.randrange(20, 160)):
        world.step()
    house = world.house
    opened = [n for n, r in enumerate(house.journal) if isinstance(r.event, ev.DayOpened)]
    again = Hall(house.plan, KEY, check_password)
    for recorded in house.journal[opened[-1] :]:
        again.apply(ev_again(recorded))
    live = house.hall
    again.tick(house.now)
    assert again.state.tickets == live.state.tickets
    assert again.state.night.tickets == live.state.night.tickets
    assert again.state.held == live.state.held
    for service in house.plan.services:
        for given_, wanted in (
            (again.state.numbering, live.state.numbering),
            (again.state.night.numbering, live.state.night.numbering),
        ):
            assert given_.next_number(service) == wanted.next_number(service)
    shown = dict(again.everything(Epoch(1)))["jiaohao/load"]
    assert shown.services == dict(live.everything(Epoch(1)))["jiaohao/load"].services  # type: ignore[union-attr]
    days = [r.event.day for r in house.journal if isinstance(r.event, ev.DayOpened)]
    assert days == sorted(set(days))
    reported = [r.event.day for r in house.journal if isinstance(r.event, ev.MorningReportDue)]
    assert reported in (days[:-1], days[:-2])


def ev_again(recorded: ev.Recorded) -> ev.Recorded:
    """As it comes back from the disk."""
    event = ev.decode_event(ev.encode_event(recorded.event))
    return ev.Recorded(
        recorded.seq,
        recorded.epoch,
        recorded.day,
        recorded.wall_ms,
        recorded.elapsed_ms,
        recorded.client,
        recorded.command,
        event,
    )


def test_the_world_of_these_tests_sees_every_kind_of_number() -> None:
    """Otherwise the tests above would look at a hall in which nothing happens."""
    seen: Tally[str] = Tally()
    for seed in range(60):
        world = World(seed)
        for _ in range(150):
            world.step()
        seen.update(type(r.event).__name__ for r in world.house.journal)
        seen.update("night" for each in world.given if each.day > business_day(each.issued_at_ms))
    wanted = {"TicketCarriedOver", "TicketCancelled", "TicketVoided", "TicketExpired", "night"}
    assert wanted | {"TicketCalled", "MorningReportDue"} <= {k for k, n in seen.items() if n > 5}
