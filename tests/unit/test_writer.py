"""The writer, sentence by sentence, on a journal in memory."""

from random import Random

import pytest

from hallserver.domain import events as ev
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.codec import decode_published
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, ClientId, ServiceId, TicketId
from hallserver.protocol.replies import Rejected, Reservation, TicketAtCounter
from hallserver.protocol.version import MIN_SCHEMA_VERSION, SCHEMA_VERSION
from tests.helpers.halls import DAY_MS, PASSWORD
from tests.helpers.servers import DiskFullError, Hosted, MemoryJournal, codes, inbound, replies

RESERVE = c.ReserveTicket(ServiceId("a"))
KIOSK = ClientId("kiosk-01")
TOPIC = "jiaohao/command/kiosk-01"


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def hosted(journal: MemoryJournal) -> Hosted:
    return Hosted(journal)


def test_the_first_thing_of_all_is_that_the_day_opens(journal: MemoryJournal) -> None:
    hosted = Hosted(journal)
    assert [type(line.event) for line in journal.events] == [ev.DayOpened]
    assert journal.events[0].client == "server"
    assert journal.events[0].day == hosted.hall.day == "20261123"


def test_a_command_is_journaled_with_its_sender_its_id_and_its_moment(
    hosted: Hosted, journal: MemoryJournal
) -> None:
    hosted.clock.pass_ms(1_234)
    [(client, command, reply)] = replies(
        hosted.writer.process([inbound(KIOSK, "command-1", RESERVE)])
    )
    assert (client, command) == (KIOSK, "command-1")
    assert isinstance(reply, Reservation)
    line = journal.events[-1]
    assert (line.seq, line.epoch, line.day) == (2, 1, "20261123")
    assert (line.client, line.command, line.elapsed_ms) == (KIOSK, "command-1", 1_234)
    assert journal.answers == {(KIOSK, "command-1"): reply}


def test_a_repeated_id_gets_its_first_answer_and_changes_nothing(
    hosted: Hosted, journal: MemoryJournal
) -> None:
    first = replies(hosted.writer.process([inbound(KIOSK, "command-1", RESERVE)]))
    lines, commits = len(journal.events), journal.commits
    for _ in range(3):
        assert replies(hosted.writer.process([inbound(KIOSK, "command-1", RESERVE)])) == first
    assert (len(journal.events), journal.commits) == (lines, commits)


def test_a_repeated_id_within_one_batch_is_one_event_and_the_same_answer(
    hosted: Hosted, journal: MemoryJournal
) -> None:
    batch = [inbound(KIOSK, "command-1", RESERVE)] * 3 + [inbound(KIOSK, "command-2", RESERVE)]
    one, two, three, other = replies(hosted.writer.process(batch))
    assert one == two == three != other
    assert len(journal.events) == 3


def test_the_same_id_of_another_client_is_another_command(
    hosted: Hosted, journal: MemoryJournal
) -> None:
    batch = [inbound("kiosk-01", "command-1", RESERVE), inbound("kiosk-02", "command-1", RESERVE)]
    (_, _, one), (_, _, two) = replies(hosted.writer.process(batch))
    assert one.ticket != two.ticket


def test_a_refusal_by_a_rule_is_kept_as_well(hosted: Hosted, journal: MemoryJournal) -> None:
    """Asked again with the same id, the counter must not suddenly call somebody."""
    sign_in = inbound("counter-1", "command-1", c.SignIn(ClerkId("clerk-1"), PASSWORD))
    call = inbound("counter-1", "command-2", c.CallNext())
    assert codes(hosted.writer.process([sign_in, call])) == [RejectionCode.NOBODY_WAITING]
    hosted.writer.process([inbound(KIOSK, "command-3", RESERVE)])
    hosted.writer.process(
        [inbound(KIOSK, "command-4", c.ConfirmPrinted(TicketId("20261123-A001")))]
    )
    assert codes(hosted.writer.process([call])) == [RejectionCode.NOBODY_WAITING]
    [(_, _, called)] = replies(
        hosted.writer.process([inbound("counter-1", "command-5", c.CallNext())])
    )
    assert isinstance(called, TicketAtCounter)


def test_later_commands_of_a_batch_see_what_earlier_ones_did(hosted: Hosted) -> None:
    batch = [
        inbound(KIOSK, "command-1", RESERVE),
        inbound(KIOSK, "command-2", c.ConfirmPrinted(TicketId("20261123-A001"))),
        inbound("counter-1", "command-3", c.SignIn(ClerkId("clerk-1"), PASSWORD)),
        inbound("counter-2", "command-4", c.SignIn(ClerkId("clerk-2"), PASSWORD)),
        inbound("counter-1", "command-5", c.CallNext()),
        inbound("counter-2", "command-6", c.CallNext()),
    ]
    answers = [reply for _, _, reply in replies(hosted.writer.process(batch))]
    assert isinstance(answers[4], TicketAtCounter)
    assert isinstance(answers[5], Rejected)


def test_one_batch_is_one_transaction(hosted: Hosted, journal: MemoryJournal) -> None:
    before = journal.commits
    hosted.writer.process([inbound(KIOSK, f"command-{n}", RESERVE) for n in range(100)])
    assert journal.commits == before + 1


def test_nothing_to_do_commits_nothing(hosted: Hosted, journal: MemoryJournal) -> None:
    before = journal.commits
    assert hosted.writer.process() == []
    assert journal.commits == before


def test_when_the_commit_fails_nothing_is_said(hosted: Hosted, journal: MemoryJournal) -> None:
    journal.is_failing = True
    with pytest.raises(DiskFullError):
        hosted.writer.process([inbound(KIOSK, "command-1", RESERVE)])


def test_what_changed_is_said_after_the_answers_once_for_the_whole_batch(hosted: Hosted) -> None:
    hosted.writer.everything()
    batch = [
        inbound(KIOSK, "command-1", RESERVE),
        inbound(KIOSK, "command-2", c.ConfirmPrinted(TicketId("20261123-A001"))),
        inbound("counter-1", "command-3", c.SignIn(ClerkId("clerk-1"), PASSWORD)),
        inbound("counter-1", "command-4", c.CallNext()),
        inbound("counter-1", "command-5", c.Recall(TicketId("20261123-A001"))),
    ]
    outbound = hosted.writer.process(batch)
    assert [each.topic for each in outbound[5:]] == ["jiaohao/board/hall", "jiaohao/counter/1"]
    assert all(each.is_retained and each.qos == 1 for each in outbound[5:])
    board = decode_published(routes.BOARD, outbound[5].payload)
    assert (board.epoch, board.version) == (1, len(hosted.journal.events))
    assert [(call.number, call.recalls) for call in board.calls] == [("A001", 1)]


def test_counts_are_said_apart_and_only_when_they_changed(hosted: Hosted) -> None:
    hosted.writer.everything()
    assert hosted.writer.changed_counts() == []
    hosted.writer.process(
        [
            inbound(KIOSK, "command-1", RESERVE),
            inbound(KIOSK, "command-2", c.ConfirmPrinted(TicketId("20261123-A001"))),
        ]
    )
    load, counter = hosted.writer.changed_counts()
    assert decode_published(routes.LOAD, load.payload).services["a"].waiting == 1
    assert counter.topic == "jiaohao/counter/1"
    assert hosted.writer.changed_counts() == []


def test_everything_begins_with_the_greeting_and_holds_every_retained_topic(
    hosted: Hosted,
) -> None:
    said = hosted.writer.everything()
    info = decode_published(routes.INFO, said[0].payload)
    assert (info.epoch, info.day, info.hall, info.server_version) == (
        1,
        "20261123",
        "test",
        "1.2.3",
    )
    assert (info.schema_version, info.min_schema_version) == (SCHEMA_VERSION, MIN_SCHEMA_VERSION)
    assert {each.topic for each in said} == {
        "jiaohao/info",
        "jiaohao/catalog",
        "jiaohao/console",
        "jiaohao/load",
        "jiaohao/board/hall",
        "jiaohao/counter/1",
        "jiaohao/counter/2",
    }
    assert all(each.is_retained for each in said)
    assert hosted.writer.process() == []


def test_the_heartbeat_is_never_retained_and_says_how_far_the_journal_is(hosted: Hosted) -> None:
    beat = hosted.writer.heartbeat()
    assert (beat.topic, beat.qos, beat.is_retained) == ("jiaohao/heartbeat", 0, False)
    decoded = decode_published(routes.HEARTBEAT, beat.payload)
    assert (decoded.epoch, decoded.version) == (1, 1)


def test_a_new_business_day_is_opened_before_the_commands_of_that_day_and_greeted(
    hosted: Hosted, journal: MemoryJournal
) -> None:
    hosted.writer.process([inbound(KIOSK, "command-1", RESERVE)])
    hosted.clock.pass_ms(DAY_MS)
    outbound = hosted.writer.process([inbound(KIOSK, "command-2", RESERVE)])
    kinds = [(type(line.event).__name__, line.day) for line in journal.events[2:]]
    assert kinds == [
        ("TicketExpired", "20261123"),
        ("DayClosed", "20261123"),
        ("DayOpened", "20261124"),
        ("TicketReserved", "20261124"),
    ]
    [info] = [each for each in outbound if each.topic == "jiaohao/info"]
    assert decode_published(routes.INFO, info.payload).day == "20261124"


def test_a_wall_clock_that_jumps_back_changes_neither_day_nor_order(
    hosted: Hosted, journal: MemoryJournal
) -> None:
    hosted.clock.wall_ms -= 10 * DAY_MS
    hosted.writer.process([inbound(KIOSK, "command-1", RESERVE)])
    assert [line.seq for line in journal.events] == [1, 2]
    assert journal.events[-1].day == "20261123"


def test_commands_of_a_whole_hall_at_once_keep_their_order(hosted: Hosted) -> None:
    order = [(f"kiosk-0{n % 3 + 1}", f"command-{n}") for n in range(200)]
    Random(7).shuffle(order)
    batch = [inbound(client, command, RESERVE) for client, command in order]
    answers = replies(hosted.writer.process(batch))
    assert [(client, command) for client, command, _ in answers] == order
    numbers = [reply.number for _, _, reply in answers]
    assert numbers == sorted(numbers)
