"""The client's session, one input at a time, with times to the millisecond."""

import pytest

from hallserver.client.outbox import (
    MAX_OUTBOX_COMMANDS,
    RESEND_AFTER_S,
    Outbox,
    OutboxFull,
)
from hallserver.client.session import STALE_AFTER_S, Deliver, Publish, Session, Subscribe
from hallserver.client.store import MemoryOutboxStore
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol.bounds import MAX_PUBLISHED_BYTES
from hallserver.protocol.codec import (
    decode_command,
    decode_published,
    encode_published,
    encode_reply,
)
from hallserver.protocol.commands import (
    CallNext,
    ConfirmPrinted,
    RateService,
    ReserveTicket,
    ShowTicket,
)
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.replies import Done, ReplyMessage, reject
from hallserver.protocol.snapshots import (
    BoardCall,
    BoardSnapshot,
    CounterSnapshot,
    Heartbeat,
    ServerInfo,
)
from hallserver.protocol.states import TicketState

INFO = "jiaohao/info"
HEARTBEAT = "jiaohao/heartbeat"
BOARD = "jiaohao/board/1f"
REPLY = "jiaohao/reply/kiosk-01"
COMMAND = "jiaohao/command/kiosk-01"
CONFIRM = ConfirmPrinted("20261123-A023")


def new_session(store=None) -> Session:
    outbox = Outbox(MemoryOutboxStore() if store is None else store)
    return Session("kiosk-01", subscriptions_for("kiosk-01", ["1f"]), outbox)


def info(epoch=1, *, schema=1, min_schema=1, day="20261123") -> bytes:
    return encode_published(ServerInfo(schema, min_schema, "hall", epoch, day, "0.1.0"))


def heartbeat(epoch=1) -> bytes:
    return encode_published(Heartbeat(epoch, 1))


def board(version, epoch=1, zone="1f") -> BoardSnapshot:
    call = BoardCall(version, "A023", 12, 0, TicketState.CALLED, 0)
    return BoardSnapshot(epoch, version, zone, (call,))


def reply(command_id, answer=None) -> bytes:
    return encode_reply(ReplyMessage(1, command_id, 1, Done() if answer is None else answer))


def live_session(now_s=0.0) -> Session:
    session = new_session()
    session.connected(now_s)
    session.received(INFO, info(), now_s)
    session.received(HEARTBEAT, heartbeat(), now_s)
    assert session.link is LinkState.LIVE
    return session


def test_a_session_decodes_by_what_it_is_given():
    asked = []

    def decode(route, payload):
        asked.append(route.name)
        return decode_published(route, payload)

    outbox = Outbox(MemoryOutboxStore())
    session = Session("kiosk-01", subscriptions_for("kiosk-01", ["1f"]), outbox, decode)
    session.connected(0.0)
    session.received(INFO, info(), 0.0)
    session.received(HEARTBEAT, heartbeat(), 0.0)
    assert asked == ["info", "heartbeat"]
    assert session.link is LinkState.LIVE


def sent(effects) -> list[str]:
    """The ids of the commands that were published."""
    return [decode_command(e.payload).id for e in effects if isinstance(e, Publish)]


def told(effects) -> list[object]:
    return [effect.update for effect in effects if isinstance(effect, Deliver)]


class TestLink:
    def test_it_begins_connecting_and_says_stale_when_nobody_answers_in_time(self):
        session = new_session()
        assert session.tick(10.0) == ()
        assert session.link is LinkState.CONNECTING
        assert session.tick(10.0 + STALE_AFTER_S - 0.001) == ()
        assert told(session.tick(10.0 + STALE_AFTER_S)) == [LinkChanged(LinkState.STALE)]

    def test_a_connection_and_a_greeting_alone_are_not_live(self):
        session = new_session()
        session.connected(0.0)
        session.received(INFO, info(), 0.0)
        assert session.link is LinkState.CONNECTING

    def test_a_heartbeat_alone_is_not_live(self):
        session = new_session()
        session.connected(0.0)
        session.received(HEARTBEAT, heartbeat(), 0.0)
        assert session.link is LinkState.CONNECTING

    def test_a_heartbeat_of_another_epoch_is_not_live(self):
        session = new_session()
        session.connected(0.0)
        session.received(INFO, info(epoch=2), 0.0)
        session.received(HEARTBEAT, heartbeat(epoch=1), 0.0)
        assert session.link is LinkState.CONNECTING
        assert told(session.received(HEARTBEAT, heartbeat(epoch=2), 0.0)) == [
            LinkChanged(LinkState.LIVE)
        ]

    def test_it_is_stale_exactly_four_seconds_after_the_last_heartbeat(self):
        session = live_session(100.0)
        session.received(HEARTBEAT, heartbeat(), 100.5)
        assert told(session.tick(104.499)) == []
        assert told(session.tick(104.5)) == [LinkChanged(LinkState.STALE)]

    def test_ticks_every_quarter_second_tell_the_app_within_five_seconds_of_silence(self):
        session = live_session(0.0)
        ticks = [count * 0.25 + 0.249 for count in range(20)]
        stale_at_s = next(now_s for now_s in ticks if told(session.tick(now_s)))
        assert stale_at_s < 5.0

    def test_a_silent_server_that_is_heard_again_is_live_at_once(self):
        session = live_session(0.0)
        session.tick(60.0)
        assert told(session.received(HEARTBEAT, heartbeat(), 61.0)) == [LinkChanged(LinkState.LIVE)]

    def test_a_lost_connection_is_stale_at_once(self):
        session = live_session(0.0)
        assert told(session.lost(0.1)) == [LinkChanged(LinkState.STALE)]

    def test_a_connection_lost_while_connecting_is_stale_at_once(self):
        session = new_session()
        session.connected(0.0)
        assert told(session.lost(0.1)) == [LinkChanged(LinkState.STALE)]

    def test_after_a_reconnect_only_a_new_heartbeat_makes_it_live(self):
        session = live_session(0.0)
        session.lost(0.1)
        session.connected(0.2)
        assert session.link is LinkState.STALE
        session.received(HEARTBEAT, heartbeat(), 0.3)
        assert session.link is LinkState.LIVE

    def test_a_restarted_server_is_stale_until_its_own_heartbeat(self):
        session = live_session(0.0)
        effects = session.received(INFO, info(epoch=2), 0.1)
        assert told(effects)[-1] == LinkChanged(LinkState.STALE)
        assert told(session.received(HEARTBEAT, heartbeat(epoch=1), 0.2)) == []
        assert told(session.received(HEARTBEAT, heartbeat(epoch=2), 0.3)) == [
            LinkChanged(LinkState.LIVE)
        ]

    def test_a_late_heartbeat_of_the_former_server_changes_nothing(self):
        session = live_session(0.0)
        session.received(INFO, info(epoch=2), 0.1)
        session.received(HEARTBEAT, heartbeat(epoch=2), 0.2)
        assert told(session.received(HEARTBEAT, heartbeat(epoch=1), 3.0)) == []
        assert session.link is LinkState.LIVE
        assert told(session.tick(4.2)) == [LinkChanged(LinkState.STALE)]

    def test_it_subscribes_to_the_greeting_first_and_to_heartbeats_last(self):
        first = new_session().connected(0.0)[0]
        assert isinstance(first, Subscribe)
        names = [item.topic for item in first.subscriptions]
        assert (names[0], names[-1]) == (INFO, HEARTBEAT)
        assert set(names[1:-1]) == {REPLY, BOARD, "jiaohao/catalog", "jiaohao/load"}

    def test_no_hall_server_is_a_client(self):
        with pytest.raises(ValueError, match="not a client"):
            Session("server", (), Outbox(MemoryOutboxStore()))


class TestVersions:
    @pytest.mark.parametrize(
        ("schema", "min_schema", "state"),
        [(9, 2, LinkState.UPDATE_CLIENT), (0, 0, LinkState.UPDATE_SERVER)],
    )
    def test_the_app_learns_which_side_is_old(self, schema, min_schema, state):
        session = new_session()
        session.connected(0.0)
        payload = info(schema=schema, min_schema=min_schema)
        assert told(session.received(INFO, payload, 0.0))[-1] == LinkChanged(state)
        session.received(HEARTBEAT, heartbeat(), 0.1)
        assert session.link is state

    def test_what_it_may_misread_is_not_shown_and_nothing_is_sent(self):
        session = new_session()
        session.connected(0.0)
        session.received(INFO, info(schema=9, min_schema=9), 0.0)
        assert told(session.received(BOARD, encode_published(board(5)), 0.0)) == []
        assert session.submit("command-1", CONFIRM, 0.0) == ()
        assert sent(session.tick(60.0)) == []

    def test_after_an_update_of_the_server_it_asks_again_for_what_it_dropped(self):
        session = new_session()
        session.connected(0.0)
        session.received(INFO, info(epoch=1, schema=0, min_schema=0), 0.0)
        session.received(BOARD, encode_published(board(5)), 0.0)
        session.submit("command-1", CONFIRM, 0.0)
        effects = session.received(INFO, info(epoch=2), 9.0)
        assert any(isinstance(effect, Subscribe) for effect in effects)
        assert sent(effects) == ["command-1"]
        later = session.received(BOARD, encode_published(board(5, epoch=2)), 9.1)
        assert told(later) == [SnapshotArrived(board(5, epoch=2))]

    def test_once_the_link_is_gone_an_old_version_is_just_stale(self):
        session = new_session()
        session.connected(0.0)
        session.received(INFO, info(schema=9, min_schema=9), 0.0)
        assert told(session.lost(0.1)) == [LinkChanged(LinkState.STALE)]


class TestSnapshots:
    def test_a_retained_board_is_delivered_before_the_link_is_live(self):
        session = new_session()
        session.connected(0.0)
        effects = session.received(BOARD, encode_published(board(5)), 0.0)
        assert told(effects) == [SnapshotArrived(board(5))]
        assert session.link is LinkState.CONNECTING

    @pytest.mark.parametrize("version", [5, 4, 0])
    def test_what_is_not_newer_is_not_delivered(self, version):
        session = live_session()
        session.received(BOARD, encode_published(board(5)), 0.0)
        assert told(session.received(BOARD, encode_published(board(version)), 0.1)) == []

    def test_a_higher_epoch_wins_over_a_higher_version(self):
        session = live_session()
        session.received(BOARD, encode_published(board(500)), 0.0)
        newer = board(3, epoch=2)
        assert told(session.received(BOARD, encode_published(newer), 0.1)) == [
            SnapshotArrived(newer)
        ]
        assert told(session.received(BOARD, encode_published(board(501)), 0.2)) == []

    def test_nothing_that_a_server_says_after_its_successor_is_believed(self):
        session = live_session()
        session.received(INFO, info(epoch=2), 0.1)
        session.received(HEARTBEAT, heartbeat(epoch=2), 0.2)
        late = {INFO: info(), HEARTBEAT: heartbeat(), BOARD: encode_published(board(9))}
        for name, payload in late.items():
            assert told(session.received(name, payload, 0.3)) == []
        # Nor does a beat of the old one keep the screen from noticing that the new one is silent.
        assert told(session.tick(4.3)) == [LinkChanged(LinkState.STALE)]

    def test_a_board_of_an_epoch_before_the_greeting_is_not_delivered(self):
        session = new_session()
        session.connected(0.0)
        session.received(INFO, info(epoch=2), 0.0)
        assert told(session.received(BOARD, encode_published(board(500)), 0.0)) == []

    def test_topics_are_compared_each_for_itself(self):
        outbox = Outbox(MemoryOutboxStore())
        session = Session("callscreen-01", subscriptions_for("callscreen-01", ["1f", "2f"]), outbox)
        session.connected(0.0)
        session.received(BOARD, encode_published(board(9)), 0.0)
        upstairs = board(2, zone="2f")
        effects = session.received("jiaohao/board/2f", encode_published(upstairs), 0.0)
        assert told(effects) == [SnapshotArrived(upstairs)]

    def test_a_new_business_day_is_told_and_an_old_greeting_is_not(self):
        session = live_session()
        tomorrow = info(day="20261124")
        assert [type(update) for update in told(session.received(INFO, tomorrow, 0.1))] == [
            SnapshotArrived
        ]
        assert told(session.received(INFO, info(), 0.2)) == []
        assert told(session.received(INFO, tomorrow, 0.3)) == []

    def test_versions_survive_a_reconnect(self):
        session = live_session()
        session.received(BOARD, encode_published(board(5)), 0.0)
        session.lost(0.1)
        session.connected(0.2)
        assert told(session.received(BOARD, encode_published(board(5)), 0.3)) == []


COUNTER = encode_published(CounterSnapshot(1, 1, 1, None, None, 0, (), None))


class TestBadMessages:
    @pytest.mark.parametrize(
        ("topic", "payload"),
        [
            (BOARD, b""),
            (BOARD, b"\xff\xfe"),
            (BOARD, b"[]"),
            (BOARD, b'{"epoch":1}'),
            (BOARD, b"[" * 100_000),
            (BOARD, b'{"x":' * 40_000),
            (BOARD, encode_published(board(1, zone="2f"))),
            (BOARD, b" " * MAX_PUBLISHED_BYTES + encode_published(board(1))),
            (REPLY, b"null"),
            (REPLY, b'{"x":' * 40_000),
            (INFO, b"{}"),
            (HEARTBEAT, b'{"epoch":"1","version":1}'),
            ("jiaohao/reply/kiosk-02", reply("command-1")),
            ("jiaohao/counter/1", COUNTER),
            ("jiaohao/board/3f", encode_published(board(1, zone="3f"))),
            (COMMAND, b"{}"),
            ("elsewhere", b"{}"),
            ("", b""),
        ],
    )
    def test_it_is_counted_and_changes_nothing(self, topic, payload):
        session = live_session()
        session.submit("command-1", CONFIRM, 0.0)
        assert session.received(topic, payload, 0.1) == ()
        assert session.malformed_messages == 1
        assert session.link is LinkState.LIVE
        answered = session.received(REPLY, reply("command-1"), 0.2)
        assert told(answered) == [ReplyArrived("command-1", CONFIRM, Done())]


class TestCommands:
    def test_a_command_is_sent_at_once_and_again_until_it_is_answered(self):
        session = live_session()
        first = session.submit("command-1", CONFIRM, 0.0)
        assert [(e.topic, e.qos) for e in first] == [(COMMAND, 1)]
        assert sent(session.tick(RESEND_AFTER_S - 0.001)) == []
        assert sent(session.tick(RESEND_AFTER_S)) == ["command-1"]
        assert sent(session.tick(2 * RESEND_AFTER_S)) == ["command-1"]
        answered = session.received(REPLY, reply("command-1"), 6.1)
        assert told(answered) == [ReplyArrived("command-1", CONFIRM, Done())]
        assert sent(session.tick(60.0)) == []

    def test_a_repeated_or_unknown_answer_is_not_told(self):
        session = live_session()
        session.submit("command-1", CONFIRM, 0.0)
        session.received(REPLY, reply("command-1"), 0.1)
        assert session.received(REPLY, reply("command-1"), 0.2) == ()
        assert session.received(REPLY, reply("command-2"), 0.2) == ()
        assert session.malformed_messages == 0

    def test_a_command_without_a_connection_is_sent_at_the_next_one(self):
        session = new_session()
        assert sent(session.submit("command-1", CONFIRM, 0.0)) == []
        assert sent(session.tick(60.0)) == []
        assert sent(session.connected(61.0)) == ["command-1"]

    def test_a_reconnect_sends_at_once_what_was_sent_before(self):
        session = live_session()
        session.submit("command-1", CONFIRM, 0.0)
        session.lost(0.1)
        assert sent(session.connected(0.2)) == ["command-1"]

    def test_commands_are_sent_one_by_one_in_the_order_of_their_submission(self):
        session = live_session()
        session.submit("command-c", CONFIRM, 0.0)
        assert sent(session.submit("command-a", CONFIRM, 0.0)) == []
        assert sent(session.submit("command-b", CONFIRM, 0.0)) == []
        assert sent(session.tick(RESEND_AFTER_S)) == ["command-c"]
        assert sent(session.received(REPLY, reply("command-c"), 3.1)) == ["command-a"]
        assert sent(session.received(REPLY, reply("command-a"), 3.2)) == ["command-b"]
        assert sent(session.received(REPLY, reply("command-b"), 3.3)) == []

    def test_an_early_answer_to_a_later_command_does_not_resend_the_first(self):
        store = MemoryOutboxStore()
        for name in ("command-1", "command-2"):
            new_session(store).submit(name, CONFIRM, 0.0)
        session = new_session(store)
        session.connected(0.0)
        assert sent(session.received(REPLY, reply("command-2"), 0.1)) == []
        assert sent(session.tick(RESEND_AFTER_S)) == ["command-1"]

    def test_what_was_sent_before_the_server_was_heard_is_sent_again_when_it_is(self):
        session = new_session()
        session.submit("command-1", CONFIRM, 0.0)
        assert sent(session.connected(0.0)) == ["command-1"]
        assert sent(session.received(INFO, info(), 0.1)) == []
        assert sent(session.received(HEARTBEAT, heartbeat(), 0.2)) == ["command-1"]
        assert sent(session.received(HEARTBEAT, heartbeat(), 0.3)) == []
        session.received(INFO, info(epoch=2), 0.4)
        assert sent(session.received(HEARTBEAT, heartbeat(epoch=2), 0.5)) == ["command-1"]

    def test_an_answer_of_the_start_before_counts_and_is_not_asked_for_again(self):
        session = live_session()
        session.submit("command-1", CONFIRM, 0.0)
        session.received(INFO, info(epoch=2), 0.1)  # another server took over, having read it
        answered = session.received(REPLY, reply("command-1"), 0.2)
        assert told(answered) == [ReplyArrived("command-1", CONFIRM, Done())]
        assert sent(session.received(HEARTBEAT, heartbeat(epoch=2), 0.3)) == []

    def test_a_full_outbox_refuses_and_has_room_again_after_an_answer(self):
        session = live_session()
        for count in range(MAX_OUTBOX_COMMANDS):
            session.submit(f"command-{count:03}", CONFIRM, 0.0)
        assert session.submit("one-too-many", CONFIRM, 0.0) == OutboxFull(MAX_OUTBOX_COMMANDS)
        session.received(REPLY, reply("command-000"), 0.1)
        assert not isinstance(session.submit("next-one", CONFIRM, 0.2), OutboxFull)

    def test_an_id_that_waits_cannot_be_used_twice(self):
        session = live_session()
        session.submit("command-1", CONFIRM, 0.0)
        with pytest.raises(ValueError, match="in use"):
            session.submit("command-1", CONFIRM, 0.1)

    @pytest.mark.parametrize(
        "command",
        [
            ShowTicket("x" * 97),
            ShowTicket("x" * 5_000),
            ShowTicket(""),
            ShowTicket("\udc80"),
            RateService("token", 6),
            ReserveTicket("service", "a name is not a key"),
        ],
        ids=["long", "oversized", "empty", "no unicode", "six stars", "a name"],
    )
    def test_what_the_wire_cannot_carry_is_refused_at_once_with_a_sentence(self, command):
        session = live_session()
        effects = session.submit("command-1", command, 0.0)
        refusal = reject(RejectionCode.MALFORMED)
        assert effects == (Deliver(ReplyArrived("command-1", command, refusal)),)
        assert sent(session.tick(60.0)) == []

    def test_what_the_role_may_not_send_is_refused_at_once(self):
        session = live_session()
        refusal = reject(RejectionCode.NOT_PERMITTED)
        assert told(session.submit("command-1", CallNext(), 0.0)) == [
            ReplyArrived("command-1", CallNext(), refusal)
        ]

    def test_commands_of_an_earlier_life_are_sent_and_answered(self):
        store = MemoryOutboxStore()
        new_session(store).submit("command-1", CONFIRM, 0.0)
        session = new_session(store)
        assert sent(session.connected(0.0)) == ["command-1"]
        assert told(session.received(REPLY, reply("command-1"), 0.1)) == [
            ReplyArrived("command-1", CONFIRM, Done())
        ]
        assert sent(new_session(store).connected(0.0)) == []
