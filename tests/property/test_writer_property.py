"""However commands are grouped, repeated or garbled: each id acts once and nothing breaks."""

from collections import Counter as Tally
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.protocol.codec import encode_command
from hallserver.writer import Inbound, read_inbound
from tests.helpers.halls import small_plan
from tests.helpers.servers import Clock, Crowd, Hosted, MemoryJournal, play_a_day, replies

PLAN = small_plan(((1, ("a", "b")), (2, ("b", "c")), (3, ("a", "b", "c"))), clerks=4)
seeds = st.integers(0, 2**32)


def hosted_on(journal: MemoryJournal) -> Hosted:
    return Hosted(journal, PLAN, Clock())


def a_crowds_commands(seed: int) -> list[Inbound]:
    """What a crowd sent over a day, each once, in its order."""
    return play_a_day(hosted_on(MemoryJournal()), seed, batches=20).sent


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 40))
def test_how_commands_are_grouped_into_transactions_changes_nothing(seed: int, size: int) -> None:
    sent = a_crowds_commands(seed)
    one_by_one, grouped = MemoryJournal(), MemoryJournal()
    alone, together = hosted_on(one_by_one), hosted_on(grouped)
    answers = [replies(alone.writer.process([each])) for each in sent]
    answers_together = [
        replies(together.writer.process(sent[start : start + size]))
        for start in range(0, len(sent), size)
    ]
    assert grouped.events == one_by_one.events
    assert grouped.answers == one_by_one.answers
    assert [a for some in answers_together for a in some] == [a for some in answers for a in some]
    assert grouped.commits <= one_by_one.commits


@settings(max_examples=40, deadline=None)
@given(seeds, seeds)
def test_a_wire_that_repeats_in_any_place_gives_one_act_an_id(seed: int, noise: int) -> None:
    sent = a_crowds_commands(seed)
    chance = Random(noise)
    clean, noisy = MemoryJournal(), MemoryJournal()
    hosted_clean, hosted_noisy = hosted_on(clean), hosted_on(noisy)
    for each in sent:
        hosted_clean.writer.process([each])
    answers: dict[tuple[str, str], set[object]] = {}
    for number, each in enumerate(sent):
        again = chance.choices(sent[: number + 1], k=chance.randrange(4))
        for client, command, reply in replies(hosted_noisy.writer.process([each, *again])):
            answers.setdefault((client, command), set()).add(reply)
    assert noisy.events == clean.events
    assert {len(different) for different in answers.values()} == {1}


def garbled(chance: Random, payload: bytes) -> bytes:
    """Bytes lost, doubled, changed, or another message's tail."""
    data = bytearray(payload)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(data) + 1)
        damage = chance.randrange(4)
        if damage == 0:
            del data[at : at + chance.randrange(1, 9)]
        elif damage == 1:
            data[at:at] = data[: chance.randrange(9)]
        elif damage == 2 and at < len(data):
            data[at] = chance.randrange(256)
        else:
            data[at:at] = chance.randbytes(chance.randrange(6))
    return bytes(data)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_garbled_bytes_never_break_the_writer_and_never_act_under_another_client(
    seed: int,
) -> None:
    chance = Random(seed)
    journal = MemoryJournal()
    hosted = hosted_on(journal)
    crowd = Crowd(hosted, chance)
    for _ in range(60):
        payload = encode_command(crowd.next().message)
        client = chance.choice(("kiosk-01", "counter-1", "pad-2"))
        before = len(journal.events)
        read = read_inbound(f"jiaohao/command/{client}", garbled(chance, payload))
        assert read is not None
        for answered, _, _ in replies(hosted.writer.process([read])):
            assert answered == client
        assert {line.client for line in journal.events[before:]} <= {client}
    per_command = Tally((line.client, line.command, type(line.event)) for line in journal.events)
    assert max(per_command.values()) == 1
