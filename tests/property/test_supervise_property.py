"""Whatever rushes come and supervisors decide: one proposal a rule, done once, nothing unserved."""

from collections import Counter as Tally
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.domain.rules import TidalRule
from hallserver.domain.tidal import QUIET_MS
from hallserver.protocol import commands as c
from hallserver.protocol.ids import CounterId, Epoch, ProposalId, ServiceId
from hallserver.protocol.replies import Done
from hallserver.protocol.snapshots import ProposalKind
from tests.helpers.halls import DAY_MS
from tests.helpers.staffed import CONSOLE, Staffed, staffed_plan

PLACES = ((1, ("a", "b")), (2, ("c",)), (3, ("b", "c")), (4, ("a",)))
SERVICES = tuple(map(ServiceId, "abc"))
TIDAL = (
    TidalRule("noon", (SERVICES[0], SERVICES[1]), CounterId(2), waiting_over=3, waited_over_s=900),
    TidalRule("late", (SERVICES[2],), CounterId(4), waiting_over=2),
    TidalRule("both", (SERVICES[0],), CounterId(2), waiting_over=5),
)
ACTS = (
    ["take"] * 10 + ["serve"] * 7 + ["wait"] * 6 + ["long_wait"] * 4 + ["approve"] * 4
    + ["decline"] * 2 + ["assign", "assign", "as_in_file", "stand_up", "sit_down", "sit_down"]
)  # fmt: skip
ENDS = (ev.ProposalWithdrawn, ev.ProposalApproved, ev.ProposalDeclined)


class World:
    """The hall, its supervisor, and chance."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.played = Staffed(staffed_plan(PLACES, tidal=TIDAL))
        self.played.open(1, 2, 3)
        self.played.supervise()

    def step(self, act: str) -> None:
        chance, played = self.chance, self.played
        counter = chance.choice(PLACES)[0]
        if act == "take":
            played.take(chance.choice(SERVICES))
        elif act == "serve":
            self.serve(counter)
        elif act == "wait":
            played.wait(chance.randrange(1, 5))
        elif act == "long_wait":
            played.pass_time(chance.randrange(60_000, 1_000_000))
            played.wait(1)
        elif act in ("approve", "decline"):
            self.answer(act)
        elif act == "assign":
            services = chance.sample(SERVICES, k=chance.randrange(1, 4))
            played.assign(counter, *services)
        elif act == "as_in_file":
            played.assign(counter)
        elif act == "stand_up":
            played.send(f"counter-{counter}", c.SignOut())
        else:
            played.open(counter)
        self.check()

    def serve(self, counter: int) -> None:
        self.played.send(f"counter-{counter}", c.CallNext())
        ticket = self.played.hall.state.desks[CounterId(counter)].active
        if ticket is not None:
            self.played.send(f"counter-{counter}", c.Arrive(ticket=ticket))
            self.played.send(f"counter-{counter}", c.Complete(ticket=ticket))

    def answer(self, act: str) -> None:
        made = [each.event for each in self.played.journal]
        ids = [event.proposal for event in made if isinstance(event, ev.ProposalMade)]
        ids = ids[-3:] or [ProposalId("20261123-0001")]
        proposal = self.chance.choice(ids)
        command = c.ApproveProposal if act == "approve" else c.DeclineProposal
        is_open = proposal in {each.id for each in self.played.hall.state.tides.open()}
        before = len(self.played.journal)
        is_done = self.played.send(CONSOLE, command(proposal=proposal)) == Done()
        assert is_open or not is_done
        assert is_done == (len(self.played.journal) > before)

    def check(self) -> None:
        state = self.played.hall.state
        for service in SERVICES:
            serving = {n for n, _ in PLACES if service in state.services_of(CounterId(n))}
            assert serving == set(state.counters_of(service))
            assert serving  # whoever waits is served somewhere
        open_now = state.tides.open()
        assert len({proposal.rule for proposal in open_now}) == len(open_now)


def check_journal(played: Staffed) -> None:
    """Read the journal line by line: one proposal a rule, one end each, done exactly once."""
    is_open: dict[ProposalId, ev.ProposalMade] = {}
    names: set[ProposalId] = set()
    declined_ms: dict[tuple[str, bool], int] = {}
    for line, after in zip(played.journal, [*played.journal[1:], None], strict=True):
        event = line.event
        if isinstance(event, ev.ProposalMade):
            assert event.proposal not in names
            assert event.rule not in {each.rule for each in is_open.values()}
            since = declined_ms.get((event.rule, event.kind is ProposalKind.BACK))
            assert since is None or line.elapsed_ms - since >= QUIET_MS
            names.add(event.proposal)
            is_open[event.proposal] = event
        elif isinstance(event, ENDS):
            ended = is_open.pop(event.proposal)
            if isinstance(event, ev.ProposalDeclined):
                key = (ended.rule, ended.kind is ProposalKind.BACK)
                declined_ms[key] = line.elapsed_ms
            if isinstance(event, ev.ProposalApproved) and event.services:
                assert after is not None
                assert isinstance(after.event, ev.ServicesAssigned)
                assert after.event.counter == ended.counter
                is_back = ended.kind is ProposalKind.BACK
                assert (set(event.services) <= set(after.event.services)) is not is_back
                assert set(event.services) <= set(ended.services)
    assert {each.id for each in played.hall.state.tides.open()} == set(is_open)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_a_rule_proposes_once_at_a_time_and_what_is_approved_is_done_once(seed: int) -> None:
    world = World(seed)
    for act in world.chance.choices(ACTS, k=world.chance.randrange(10, 160)):
        world.step(act)
    check_journal(world.played)
    again = world.played.refolded()
    assert list(again.everything(Epoch(1))) == list(world.played.hall.everything(Epoch(1)))
    assert list(again.tick(world.played.now)) == list(world.played.hall.tick(world.played.now))
    world.played.pass_time(DAY_MS)
    world.played.tick()
    check_journal(world.played)
    assert world.played.hall.state.tides.open() == ()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_line_that_sways_around_the_threshold_makes_one_proposal(seed: int) -> None:
    chance = Random(seed)
    played = Staffed(staffed_plan(PLACES, tidal=TIDAL[:1]))
    played.open(1, 2)
    for _ in range(4):
        played.take("a")
    for _ in range(60):
        if chance.random() < 0.5 and played.hall.state.lines.length(SERVICES[0]) == 4:
            played.serve(1)
        elif played.hall.state.lines.length(SERVICES[0]) == 3:
            played.take("a")
        played.wait(2)
    kinds = Tally(type(each.event).__name__ for each in played.journal)
    assert (kinds["ProposalMade"], kinds["ProposalWithdrawn"]) == (1, 0)


def test_the_days_above_see_every_kind_of_proposal_and_end() -> None:
    """Otherwise they would prove nothing about some of them."""
    seen: set[object] = set()
    for seed in range(25):
        world = World(seed)
        for act in world.chance.choices(ACTS, k=150):
            world.step(act)
        for line in world.played.journal:
            event = line.event
            if isinstance(event, ev.ProposalMade):
                seen.add(event.kind)
            elif isinstance(event, ev.ProposalWithdrawn):
                seen.add(event.reason)
            else:
                seen.add(type(event))
    reasons = set(ev.WithdrawReason) - {ev.WithdrawReason.DAY_ENDED}
    assert seen >= {*ProposalKind, *reasons, *ENDS[1:], ev.ServicesAssigned, ev.RushTurned}
