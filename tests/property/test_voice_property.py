"""Whatever is called and acknowledged: every call ends in one way, in order, within bounds."""

from itertools import accumulate
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.domain import views
from hallserver.domain.announcements import (
    TOO_OLD_MS,
    Announcement,
    Outcome,
    Sentence,
    Voices,
    sentences,
    speech_ms,
)
from hallserver.protocol import commands as c
from hallserver.protocol.ids import CounterId, Epoch, TicketId, TicketNumber
from hallserver.protocol.replies import Done
from hallserver.protocol.snapshots import MAX_VOICE_CALLS, VoiceSnapshot
from tests.helpers.staffed import HALL, SCREEN, Staffed, staffed_plan

COUNTERS = range(1, 10)
ACTS = (
    ["call"] * 8
    + ["recall"] * 8
    + ["arrive"] * 2
    + ["miss", "undo", "leave", "say", "say", "say", "fail", "say_any", "wait", "wait"]
)
ENDS = (ev.TicketArrived, ev.TicketMissed, ev.TicketReleased, ev.TicketExpired)


class World:
    """The hall, and what its voice is known to have said."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.played = Staffed(staffed_plan(back_offices=[9], cellar=[8], recall_limit=6))
        self.played.open(*COUNTERS)
        for _ in range(80):
            self.played.take()
        self.utterances = 0
        self.spoken = 0
        self.order: list[TicketId] = []

    def step(self, act: str) -> None:
        counter = self.chance.choice(COUNTERS)
        client = f"counter-{counter}"
        ticket = self.played.hall.state.desks[counter].active or TicketId("none")
        asked: dict[str, c.Command] = {
            "call": c.CallNext(),
            "recall": c.Recall(ticket=ticket),
            "arrive": c.Arrive(ticket=ticket),
            "miss": c.MarkNoShow(ticket=ticket),
            "undo": c.UndoCall(ticket=ticket),
            "leave": c.SignOut(),
        }
        if act in asked:
            self.played.send(client, asked[act])
            if act == "arrive":
                self.played.send(client, c.Complete(ticket=ticket))
            if act == "leave":
                self.played.open(counter)
        elif act == "wait":
            self.played.pass_time(self.chance.randrange(1, 20_000))
            self.played.tick()
        else:
            self.acknowledge(act)
        self.check()

    def acknowledge(self, act: str) -> None:
        pending = self.snapshot().pending
        seqs = [seq for call in pending[0].calls for seq in call.call_seqs] if pending else [1]
        if act == "say_any":
            seqs = self.chance.choices(range(1, len(self.played.journal) + 1), k=5)
        outcome = c.VoiceOutcome.FAILED if act == "fail" else c.VoiceOutcome.SPOKEN
        before = len(self.played.journal)
        command = c.AcknowledgeAnnouncement(HALL, tuple(seqs), outcome)
        assert self.played.send(SCREEN, command) == Done()
        fresh = [each.event for each in self.played.journal[before:]]
        assert {event.call_seq for event in fresh} <= set(seqs)
        if outcome is c.VoiceOutcome.SPOKEN and fresh:
            self.utterances += 1
            self.spoken += len(fresh)

    def snapshot(self) -> VoiceSnapshot:
        return views.voice(self.played.hall.state, HALL, Epoch(1))

    def check(self) -> None:
        state = self.played.hall.state
        pending = state.voices.pending(HALL)
        assert sum(map(len, pending)) <= MAX_VOICE_CALLS
        order = [calls[0].ticket for calls in pending]
        assert len(order) == len(set(order))
        still = [ticket for ticket in self.order if ticket in order]
        assert order[: len(still)] == still
        self.order = order
        for calls in pending:
            seqs = [call.call_seq for call in calls]
            assert seqs == sorted(seqs)
            assert state.tickets[calls[0].ticket].state == "called"
            assert state.now_ms - calls[0].called_ms <= TOO_OLD_MS + 20_000
        said = self.snapshot().pending
        named = [seq for utterance in said for call in utterance.calls for seq in call.call_seqs]
        assert named == [call.call_seq for calls in pending for call in calls]
        made = sentences(pending)
        if {sentence.times for sentence in made} == {2}:
            assert sum(map(speech_ms, made)) <= 8_000

    def told_by_the_journal(self) -> dict[int, Outcome | None]:
        """How each call ended, read off the journal line by line."""
        ended: dict[int, Outcome | None] = {}
        waiting: list[tuple[int, TicketId]] = []
        for line in self.played.journal:
            event = line.event
            if isinstance(event, ev.TicketCalled | ev.TicketRecalled) and event.counter < 8:
                if len(waiting) == MAX_VOICE_CALLS:
                    ended[min(waiting)[0]] = Outcome.DROPPED
                    waiting.remove(min(waiting))
                waiting.append((line.seq, event.ticket))
                ended[line.seq] = None
            elif isinstance(event, ev.AnnouncementEnded):
                assert ended[event.call_seq] is None
                ended[event.call_seq] = event.outcome
                waiting = [each for each in waiting if each[0] != event.call_seq]
            elif isinstance(event, ENDS):
                for seq, ticket in waiting:
                    if ticket == event.ticket:
                        ended[seq] = Outcome.WITHDRAWN
                waiting = [each for each in waiting if each[1] != event.ticket]
        return ended


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_every_call_ends_exactly_once_and_in_order(seed: int) -> None:
    world = World(seed)
    for act in world.chance.choices(ACTS, k=world.chance.randrange(10, 220)):
        world.step(act)
    outcomes = world.played.hall.state.voices.outcomes
    assert dict(outcomes) == world.told_by_the_journal()
    assert world.played.refolded().state.voices.outcomes == outcomes
    world.played.pass_time(TOO_OLD_MS)
    world.played.tick()
    assert None not in outcomes.values()
    assert dict(outcomes) == world.told_by_the_journal()
    told = list(outcomes.values())
    assert told.count(Outcome.ANNOUNCED) == world.utterances
    assert told.count(Outcome.ANNOUNCED) + told.count(Outcome.MERGED) == world.spoken


def test_the_days_above_see_every_outcome() -> None:
    """Otherwise they would prove nothing about some of them."""
    seen: set[Outcome | None] = set()
    for seed in range(12):
        world = World(seed)
        for act in world.chance.choices(ACTS, k=200):
            world.step(act)
        seen |= set(world.played.hall.state.voices.outcomes.values())
    assert seen >= set(Outcome)


def waits_for_the_voice(seed: int, calls_a_minute: float, minutes: int) -> list[int]:
    """Let one zone be called at random and its voice speak; how long each call waits for it."""
    chance = Random(seed)
    voices = Voices([HALL])
    calls = accumulate(
        chance.expovariate(calls_a_minute / 60_000) for _ in range(int(calls_a_minute * minutes))
    )
    waited: list[int] = []
    free_ms = 0
    for seq, called_ms in enumerate(map(int, calls), start=1):
        while voices.pending(HALL) and free_ms <= called_ms:
            free_ms = speak(voices, free_ms, waited)
        free_ms = max(free_ms, called_ms)
        number, counter = TicketNumber(f"A{seq:03}"), CounterId(chance.randrange(1, 93))
        ticket = TicketId(f"day-{number}")
        voices.call(HALL, Announcement(seq, ticket, number, counter, called_ms))
    while voices.pending(HALL):
        free_ms = speak(voices, free_ms, waited)
    assert len(waited) == len(voices.outcomes)
    return waited


def speak(voices: Voices, now_ms: int, waited: list[int]) -> int:
    first, *_ = sentences(voices.pending(HALL))
    for calls in first.calls:
        waited += [now_ms - call.called_ms for call in calls]
        for call in calls:
            voices.end(HALL, call.call_seq, Outcome.ANNOUNCED)
    return now_ms + speech_ms(first)


@pytest.mark.parametrize("calls_a_minute", [4, 8])
def test_the_voice_begins_in_time_at_twice_the_peak(calls_a_minute: float) -> None:
    """A peak of 12 calls a minute, twice, over three zones: within 8 s, at the worst within 15."""
    waited = sorted(
        waited for seed in range(20) for waited in waits_for_the_voice(seed, calls_a_minute, 60)
    )
    assert waited[len(waited) * 95 // 100] <= 8_000
    assert waited[len(waited) * 99 // 100] <= 15_000


def test_without_merging_the_voice_would_begin_too_late() -> None:
    """Every call said twice by itself: the figures above are not there by themselves."""
    call = Announcement(1, TicketId("day-A001"), TicketNumber("A001"), CounterId(12), 0)
    assert 60_000 / speech_ms(Sentence(((call,),), 2)) < 10
