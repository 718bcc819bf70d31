"""What the voice of a zone has to say, one sentence a test."""

import pytest

from hallserver.domain import events as ev
from hallserver.domain.announcements import (
    BACKLOG_LIMIT_MS,
    MAX_CALLS_TOGETHER,
    TOO_OLD_MS,
    Announcement,
    Outcome,
    Sentence,
    Voices,
    sentences,
    speech_ms,
)
from hallserver.domain.invariant import InvariantError
from hallserver.domain.plan import counter_label
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.ids import CounterId, Epoch, TicketId, TicketNumber, ZoneId
from hallserver.protocol.replies import Done, Rejected
from hallserver.protocol.snapshots import MAX_VOICE_CALLS, SpokenCall, Utterance, VoiceSnapshot
from hallserver.protocol.voice import sentence
from tests.helpers.halls import DAY_MS
from tests.helpers.staffed import CELLAR, HALL, SCREEN, Staffed, staffed_plan


def busy(people: int = 6, counters: int = 4, **more: object) -> Staffed:
    """A hall where people wait and clerks sit; nobody is called yet."""
    played = Staffed(staffed_plan(**more))  # type: ignore[arg-type]
    played.open(*range(1, counters + 1))
    for _ in range(people):
        played.take()
    list(played.hall.changed(Epoch(1)))
    return played


def spoken(played: Staffed) -> tuple[Utterance, ...]:
    """What the zone's screen was told last, which is what is published on every change."""
    shown = dict(played.hall.everything(Epoch(1)))["jiaohao/voice/hall"]
    assert isinstance(shown, VoiceSnapshot)
    return shown.pending


def numbers(played: Staffed) -> list[list[str]]:
    return [[call.number for call in utterance.calls] for utterance in spoken(played)]


def say(played: Staffed, *seqs: int, outcome: c.VoiceOutcome = c.VoiceOutcome.SPOKEN) -> object:
    command = c.AcknowledgeAnnouncement(zone=HALL, call_seqs=seqs, outcome=outcome)
    return played.send(SCREEN, command)


def say_next(played: Staffed) -> list[int]:
    seqs = [seq for call in spoken(played)[0].calls for seq in call.call_seqs]
    assert say(played, *seqs) == Done()
    return seqs


def outcomes(played: Staffed) -> dict[int, Outcome | None]:
    return dict(played.hall.state.voices.outcomes)


def test_a_call_is_said_twice_with_its_number_and_counter():
    played = busy()
    played.call(2)
    seq = len(played.journal)
    (utterance,) = spoken(played)
    assert utterance == Utterance((SpokenCall("A001", 2, (seq,)),), times=2, age_ms=0)


def test_a_call_is_published_for_the_voice_of_its_zone_and_so_is_its_end():
    played = busy()
    played.call(1)
    assert "jiaohao/voice/hall" in dict(played.hall.changed(Epoch(1)))
    assert "jiaohao/voice/hall" not in dict(played.hall.changed(Epoch(1)))
    say_next(played)
    assert "jiaohao/voice/hall" in dict(played.hall.changed(Epoch(1)))
    assert spoken(played) == ()


def test_what_was_said_is_announced_and_the_journal_shows_it():
    played = busy()
    played.call(1)
    (seq,) = say_next(played)
    ended = ev.AnnouncementEnded(HALL, seq, Outcome.ANNOUNCED, ev.EndReason.SPOKEN)
    assert played.journal[-1].event == ended
    assert outcomes(played) == {seq: Outcome.ANNOUNCED}


def test_a_recall_joins_its_call_that_was_not_said_yet_and_keeps_its_place():
    played = busy()
    first = played.call(1)
    played.call(2)
    played.pass_time(1_000)
    played.send("counter-1", c.Recall(ticket=first.ticket))
    calls = [call for utterance in spoken(played) for call in utterance.calls]
    assert [call.number for call in calls] == ["A001", "A002"]
    recalled = calls[0].call_seqs
    assert len(recalled) == 2
    say(played, *recalled)
    assert [outcomes(played)[seq] for seq in recalled] == [Outcome.ANNOUNCED, Outcome.MERGED]


def test_a_recall_after_its_call_was_said_is_said_again():
    played = busy()
    called = played.call(1)
    say_next(played)
    played.send("counter-1", c.Recall(ticket=called.ticket))
    assert numbers(played) == [["A001"]]
    say_next(played)
    assert list(outcomes(played).values()) == [Outcome.ANNOUNCED] * 2


def test_a_recall_during_the_sentence_is_said_once_more():
    played = busy()
    called = played.call(1)
    seq = len(played.journal)
    played.send("counter-1", c.Recall(ticket=called.ticket))
    say(played, seq)
    assert numbers(played) == [["A001"]]
    assert outcomes(played) == {seq: Outcome.ANNOUNCED, seq + 1: None}


@pytest.mark.parametrize("act", [c.Arrive, c.MarkNoShow, c.UndoCall])
def test_a_call_that_is_over_before_it_was_said_is_withdrawn(act):
    played = busy()
    called = played.call(1)
    seq = len(played.journal)
    assert not isinstance(played.send("counter-1", act(ticket=called.ticket)), Rejected)
    assert spoken(played) == ()
    assert outcomes(played) == {seq: Outcome.WITHDRAWN}


def test_the_call_of_a_counter_that_closes_is_withdrawn():
    played = busy()
    played.call(1)
    played.send("counter-1", c.SignOut())
    assert numbers(played) == []
    assert list(outcomes(played).values()) == [Outcome.WITHDRAWN]


def test_who_is_called_again_after_an_undone_call_stands_behind_the_others():
    played = busy(2)
    undone = played.call(1)
    played.call(2)
    played.send("counter-1", c.UndoCall(ticket=undone.ticket))
    assert played.call(3).number == "A001"
    assert [n for group in numbers(played) for n in group] == ["A002", "A001"]


def test_a_long_backlog_is_said_together_and_once():
    played = busy()
    for counter in (1, 2, 3):
        played.call(counter)
    (utterance,) = spoken(played)
    assert [(call.number, call.counter) for call in utterance.calls] == [
        ("A001", 1),
        ("A002", 2),
        ("A003", 3),
    ]
    assert utterance.times == 1
    first, *others = say_next(played)
    assert outcomes(played)[first] is Outcome.ANNOUNCED
    assert {outcomes(played)[seq] for seq in others} == {Outcome.MERGED}


def test_no_sentence_holds_more_calls_than_people_keep_in_mind():
    played = busy(9, counters=9)
    for counter in range(1, 10):
        played.call(counter)
    assert [len(group) for group in numbers(played)] == [4, 4, 1]
    assert {utterance.times for utterance in spoken(played)} == {1}


def test_the_voice_that_fails_drops_the_calls_and_says_so():
    played = busy()
    played.call(1)
    seq = len(played.journal)
    say(played, seq, outcome=c.VoiceOutcome.FAILED)
    dropped = ev.AnnouncementEnded(HALL, seq, Outcome.DROPPED, ev.EndReason.FAILED)
    assert played.journal[-1].event == dropped
    assert spoken(played) == ()


def test_what_nobody_said_in_time_is_withdrawn_by_the_clock():
    played = busy()
    called = played.call(1)
    seq = len(played.journal)
    played.pass_time(TOO_OLD_MS - 1)
    played.tick()
    assert numbers(played) == [["A001"]]
    played.send("counter-1", c.Recall(ticket=called.ticket))
    played.pass_time(1)
    played.tick()
    ended = ev.AnnouncementEnded(HALL, seq, Outcome.WITHDRAWN, ev.EndReason.TOO_OLD)
    assert played.journal[-1].event == ended
    assert [call.call_seqs for u in spoken(played) for call in u.calls] == [(seq + 1,)]
    played.tick()
    assert played.journal[-1].event == ended


def test_the_age_of_an_utterance_is_that_of_its_newest_call():
    played = busy()
    called = played.call(1)
    played.pass_time(7_000)
    played.send("counter-1", c.Recall(ticket=called.ticket))
    played.pass_time(3_000)
    played.take()
    assert [utterance.age_ms for utterance in spoken(played)] == [3_000]


def test_more_than_a_zone_keeps_drops_the_oldest():
    voices = Voices([HALL])
    for seq in range(1, MAX_VOICE_CALLS + 3):
        voices.call(HALL, announcement(seq))
    assert [calls[0].call_seq for calls in voices.pending(HALL)] == [*range(3, MAX_VOICE_CALLS + 3)]
    assert [seq for seq, outcome in voices.outcomes.items() if outcome is Outcome.DROPPED] == [1, 2]


def announcement(seq: int, number: str = "A001", counter: int = 1) -> Announcement:
    ticket = TicketId(f"ticket-{seq}")
    return Announcement(seq, ticket, TicketNumber(number), CounterId(counter), seq)


def test_a_zone_without_a_call_screen_has_nothing_to_say():
    played = busy(cellar=[1])
    played.call(1)
    assert spoken(played) == ()
    assert outcomes(played) == {}
    assert f"jiaohao/voice/{CELLAR}" not in dict(played.hall.everything(Epoch(1)))
    assert "jiaohao/voice/hall" not in dict(played.hall.changed(Epoch(1)))


def test_a_back_office_calls_without_screen_and_voice():
    played = busy(back_offices=[1])
    called = played.call(1)
    assert outcomes(played) == {}
    assert spoken(played) == ()
    board = dict(played.hall.everything(Epoch(1)))["jiaohao/board/hall"]
    assert board.calls == ()
    assert called.number == "A001"


def test_a_stale_acknowledgement_changes_nothing_and_is_answered():
    played = busy()
    called = played.call(1)
    (seq,) = say_next(played)
    length = len(played.journal)
    assert say(played, seq) == Done()
    assert say(played, 4_711) == Done()
    assert say(played, seq, outcome=c.VoiceOutcome.FAILED) == Done()
    played.send("counter-1", c.Arrive(ticket=called.ticket))
    assert len(played.journal) == length + 1
    assert outcomes(played) == {seq: Outcome.ANNOUNCED}


@pytest.mark.parametrize(
    ("client", "zone"),
    [(SCREEN, "cellar"), (SCREEN, "nowhere"), ("callscreen-02", "hall"), ("kiosk-01", "hall")],
)
def test_only_a_call_screen_that_shows_the_zone_may_acknowledge(client, zone):
    played = busy()
    played.call(1)
    command = c.AcknowledgeAnnouncement(ZoneId(zone), (1,), c.VoiceOutcome.SPOKEN)
    refused = played.send(client, command)
    assert isinstance(refused, Rejected)
    assert refused.code is RejectionCode.NOT_PERMITTED


def test_the_close_of_the_day_withdraws_what_was_not_said():
    played = busy()
    played.call(1)
    seq = len(played.journal)
    state = played.hall.state
    before = state.voices
    played.pass_time(DAY_MS)
    played.tick()
    assert before.outcomes == {seq: Outcome.WITHDRAWN}
    assert outcomes(played) == {}
    assert played.refolded().state.voices.outcomes == {}


def test_what_does_not_wait_cannot_end():
    voices = Voices([HALL])
    voices.call(HALL, announcement(1))
    voices.end(HALL, 1, Outcome.ANNOUNCED)
    with pytest.raises(InvariantError, match="call 1"):
        voices.end(HALL, 1, Outcome.MERGED)
    assert not voices.withdraw(HALL, TicketId("ticket-1"))
    assert not voices.withdraw(ZoneId("mute"), TicketId("ticket-1"))
    assert voices.pending(ZoneId("mute")) == ()


def test_speech_takes_longer_for_more_words_and_twice():
    one, two = (announcement(1),), (announcement(2, "A0002", 12),)
    assert speech_ms(Sentence((one,), 1)) < speech_ms(Sentence((two,), 1))
    assert speech_ms(Sentence((one,), 1)) < speech_ms(Sentence((one,), 2)) <= BACKLOG_LIMIT_MS
    assert speech_ms(Sentence((one, two), 1)) > BACKLOG_LIMIT_MS / 2
    assert MAX_CALLS_TOGETHER * speech_ms(Sentence((one,), 1)) < 15_000


def test_nothing_waiting_makes_no_sentence():
    assert sentences(()) == ()


def test_the_sentence_names_every_number_and_the_sign_above_its_counter():
    calls = (SpokenCall("A001", 3, (1,)), SpokenCall("A002", 5, (2,)))
    assert sentence(calls, counter_label) == Text(
        "请A001号到3号窗口，A002号到5号窗口",
        "Number A001, please go to Window 3; number A002 to Window 5",
    )
    assert sentence(calls[:1], counter_label) == Text(
        "请A001号到3号窗口", "Number A001, please go to Window 3"
    )
