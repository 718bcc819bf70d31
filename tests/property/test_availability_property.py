"""What is kept of the clock's decisions is what would be worked out anew, whatever happens."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import views
from hallserver.domain.availability import availability
from hallserver.domain.load import LOOK_EVERY_MS
from hallserver.domain.rules import ALWAYS, Period, Schedule, ServiceRules
from hallserver.protocol import commands as c
from hallserver.protocol.ids import Epoch, ServiceId, TicketToken
from hallserver.protocol.replies import Reservation
from hallserver.protocol.states import ServiceStatus
from tests.helpers.halls import DAY_MS, MORNING_MS, Played, small_plan

MINUTE_MS = 60_000
SCHEDULES = (
    ALWAYS,
    Schedule("office", ((Period(540, 720), Period(840, 1020)),) * 5 + ((), ()), 30),
    Schedule("late", ((Period(600, 1440),),) * 7),
    Schedule("early", ((Period(0, 200), Period(230, 719)),) * 7, keeps_holidays=False),
    Schedule("never", ((),) * 7),
)
EDGES_MIN = sorted(
    {0, 240, 720, 1440} | {m for s in SCHEDULES for p in s.week[0] for m in (p.begins, p.ends)}
)

quotas = st.none() | st.integers(0, 3)
rules = st.builds(
    ServiceRules,
    schedule=st.sampled_from([each.id for each in SCHEDULES]),
    quota_day=quotas,
    quota_morning=quotas,
    quota_afternoon=quotas,
    has_night_tickets=st.booleans(),
)
jumps_ms = st.one_of(
    st.tuples(st.sampled_from(EDGES_MIN), st.integers(-1, 1), st.integers(0, 6)).map(
        lambda each: ("to", each)
    ),
    st.integers(-3 * DAY_MS, 3 * DAY_MS).map(lambda ms: ("by", ms)),
)
doings = st.lists(
    st.one_of(
        jumps_ms,
        st.sampled_from("abc").map(lambda name: ("take", name)),
        st.just(("give back", None)),
        st.just(("confirm", None)),
        st.just(("tick", None)),
    ),
    max_size=25,
)


def a_busy_time(seed):
    """Mostly numbers: lists that Hypothesis grows itself stay short, and jump about."""
    chance = Random(seed)
    whats = ["take"] * 9 + ["give back"] * 4 + ["confirm"] * 3 + ["tick", "by", "to"]
    values = {
        "take": lambda: chance.choice("abc"),
        "by": lambda: chance.choice((-1, 1)) * chance.randrange(DAY_MS),
        "to": lambda: (chance.choice(EDGES_MIN), chance.randint(-1, 1), chance.randint(0, 6)),
    }
    drawn = chance.choices(whats, k=chance.randrange(10, 50))
    return [(what, values.get(what, lambda: None)()) for what in drawn]


busy_times = st.integers(0, 2**32).map(a_busy_time)
MIDNIGHT_MS = MORNING_MS - 480 * MINUTE_MS


def a_hall(service_rules, width, *, is_shared=False):
    plan = small_plan(width=width)
    services = tuple(
        replace(service, rules=given_rules, prefix="A" if is_shared else service.prefix)
        for service, given_rules in zip(plan.services, service_rules, strict=True)
    )

    return Played(replace(plan, services=services, schedules=SCHEDULES[1:]))


def kept_is_worked_out(played):
    state, wall_ms = played.hall.state, played.now.wall_ms
    for service in played.plan.services:
        kept = availability(state, service, wall_ms)
        before, state.steady = state.steady, {}
        assert availability(state, service, wall_ms) == kept
        state.steady = before


def do(played, given_numbers, what, value):
    match what:
        case "by":
            played.now = replace(played.now, wall_ms=played.now.wall_ms + value)
        case "to":
            minute, off_ms, days = value
            wall_ms = MIDNIGHT_MS + days * DAY_MS + minute * MINUTE_MS + off_ms
            played.now = replace(played.now, wall_ms=wall_ms)
        case "tick":
            played.tick()
        case "take":
            reply = played.send("kiosk-01", c.ReserveTicket(ServiceId(value)))
            if isinstance(reply, Reservation):
                given_numbers.append(reply)
        case "confirm" if given_numbers:
            played.send("kiosk-01", c.ConfirmPrinted(given_numbers[-1].ticket))
        case "give back" if given_numbers:
            played.send("kiosk-01", c.CancelTicket(TicketToken(given_numbers.pop().token)))


@settings(max_examples=150)
@given(st.tuples(rules, rules, rules), st.sampled_from((1, 3)), doings)
def test_what_is_kept_is_what_would_be_worked_out(service_rules, width, doings):
    played = a_hall(service_rules, width)
    given_numbers = []
    for what, value in doings:
        do(played, given_numbers, what, value)
        kept_is_worked_out(played)


@settings(max_examples=100)
@given(st.tuples(rules, rules, rules), st.sampled_from((1, 3)), st.booleans(), busy_times)
def test_the_load_that_was_shown_last_is_what_would_be_worked_out(
    service_rules, width, is_shared, doings
):
    played = a_hall(service_rules, width, is_shared=is_shared)
    shown, given_numbers = {}, []
    for number, (what, value) in enumerate(doings):
        do(played, given_numbers, what, value)
        if number % 3:  # often, but not always
            continue
        played.now = replace(played.now, elapsed_ms=played.now.elapsed_ms + LOOK_EVERY_MS)
        played.tick()
        changed = played.hall.changed_counts if shown else played.hall.everything
        shown |= dict(changed(Epoch(1)))
        anew = views.hall_load(played.hall.state, Epoch(1))
        assert shown["jiaohao/load"].services == anew.services
        assert shown["jiaohao/load"].day == anew.day


def test_the_last_millisecond_of_a_stretch_still_belongs_to_it():
    played = a_hall((ServiceRules(schedule="office"),) * 3, 3)
    service = played.plan.services[0]
    state = played.hall.state
    for minute, before, after in ((540, "closed", "open"), (690 + 300, "open", "closed")):
        edge_ms = MIDNIGHT_MS + minute * MINUTE_MS
        assert availability(state, service, edge_ms - 1).status is ServiceStatus(before)
        assert availability(state, service, edge_ms).status is ServiceStatus(after)
        assert availability(state, service, edge_ms - 1).status is ServiceStatus(before)
