"""The session over a wire that loses, doubles and reorders, with servers and clients restarting.

A model server answers from its memory of ids, as the hall does. Whatever happened before: once the
wire heals, every command has exactly one answer and every screen shows the server's last state.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hallserver.client.outbox import NEVER_STORED, Outbox, OutboxFull
from hallserver.client.session import STALE_AFTER_S, Deliver, Publish, Session, Subscribe
from hallserver.client.store import MemoryOutboxStore
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol.codec import decode_command, encode_published, encode_reply
from hallserver.protocol.commands import ConfirmPrinted, ShowTicket
from hallserver.protocol.replies import ReplyMessage, TicketAtCounter
from hallserver.protocol.routes import match_topic
from hallserver.protocol.snapshots import BoardSnapshot, Heartbeat, ServerInfo
from hallserver.protocol.states import TicketState

ZONES = ("1f", "2f")
BOARDS = tuple(f"jiaohao/board/{zone}" for zone in ZONES)
INFO = "jiaohao/info"
HEARTBEAT = "jiaohao/heartbeat"
REPLY = "jiaohao/reply/kiosk-01"


class FaultyWire(RuleBasedStateMachine):
    """One kiosk, one server, and everything between them that can go wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 100.0
        self.store = MemoryOutboxStore()
        self.to_server: list[bytes] = []
        self.to_client: list[tuple[str, bytes]] = []
        self.retained: dict[str, bytes] = {}
        # the server
        self.epoch = 0
        self.version = 0
        self.effects_by_id: dict[str, int] = {}
        self.last_effect = 0
        self.shown: dict[str, BoardSnapshot] = {}
        # what the app saw and did
        self.count = 0
        self.expected: dict[str, object] = {}
        self.answers: list[ReplyArrived] = []
        self.delivered: dict[str, tuple[int, int]] = {}
        self.last_info: ServerInfo | None = None
        self.heard_at_s: dict[int, float] = {}
        self.link = LinkState.CONNECTING
        self.is_connected = False
        self.session = self.new_session()
        self.restart_server()

    def new_session(self) -> Session:
        return Session("kiosk-01", subscriptions_for("kiosk-01", ZONES), Outbox(self.store))

    # What the app, the broker and the server do

    def perform(self, effects: object) -> None:
        assert isinstance(effects, tuple)
        for effect in effects:
            match effect:
                case Publish(topic, payload, 1):
                    assert topic == "jiaohao/command/kiosk-01"
                    assert self.is_connected
                    self.to_server.append(payload)
                case Subscribe(subscriptions):
                    assert self.is_connected
                    for item in subscriptions:
                        if item.topic in self.retained:
                            self.to_client.append((item.topic, self.retained[item.topic]))
                case Deliver(update):
                    self.see(update)

    def see(self, update: object) -> None:
        match update:
            case LinkChanged(link):
                assert link is not self.link, "told the same state twice"
                self.link = link
            case ReplyArrived(command_id, command, reply):
                assert self.expected[command_id] == command
                # The answer is the one to this id, not to another.
                assert reply.recalls == self.effects_by_id[command_id]
                assert command_id not in [answer.command_id for answer in self.answers]
                self.answers.append(update)
            case SnapshotArrived(BoardSnapshot() as board):
                version = (board.epoch, board.version)
                topic = f"jiaohao/board/{board.zone}"
                assert version > self.delivered.get(topic, (0, 0)), "an old board as new"
                assert self.last_info is None or board.epoch >= self.last_info.epoch
                self.delivered[topic] = version
            case SnapshotArrived(ServerInfo() as info):
                assert self.last_info is None or info.epoch > self.last_info.epoch
                self.last_info = info

    def publish(self, topic: str, message: object, *, is_retained: bool = True) -> None:
        payload = encode_published(message)
        if is_retained:
            self.retained[topic] = payload
        if self.is_connected:
            self.to_client.append((topic, payload))

    def hand_to_server(self, payload: bytes) -> None:
        message = decode_command(payload)
        if message.id not in self.effects_by_id:
            if not isinstance(message.command, NEVER_STORED):
                number = int(message.id.removeprefix("command-"))
                assert number > self.last_effect, "out of the order of submission"
                self.last_effect = number
            self.effects_by_id[message.id] = len(self.effects_by_id)
        effect = self.effects_by_id[message.id]
        answer = TicketAtCounter("t", "A001", "s", TicketState.CALLED, effect)
        if self.is_connected:
            reply = encode_reply(ReplyMessage(1, message.id, self.epoch, answer))
            self.to_client.append((REPLY, reply))

    def hand_to_client(self, topic: str, payload: bytes) -> None:
        before = self.session.malformed_messages
        if topic == HEARTBEAT:
            # Epochs of one digit: read it off the payload, not with the code under test.
            self.heard_at_s[int(payload.split(b'"epoch":')[1].split(b",")[0])] = self.now_s
        self.perform(self.session.received(topic, payload, self.now_s))
        assert self.session.malformed_messages == before

    # Ordinary life

    @rule(is_volatile=st.booleans())
    def submit(self, is_volatile: bool) -> None:
        self.count += 1
        name = f"command-{self.count}"
        command = ShowTicket(name) if is_volatile else ConfirmPrinted(name)
        effects = self.session.submit(name, command, self.now_s)
        if not isinstance(effects, OutboxFull):
            self.expected[name] = command
            self.perform(effects)

    @rule(zone=st.sampled_from(ZONES))
    def show(self, zone: str) -> None:
        self.version += 1
        board = BoardSnapshot(self.epoch, self.version, zone, ())
        self.shown[zone] = board
        self.publish(f"jiaohao/board/{zone}", board)

    @rule()
    def beat(self) -> None:
        self.publish(HEARTBEAT, Heartbeat(self.epoch, self.version), is_retained=False)

    @rule(seconds=st.sampled_from([0.01, 0.25, 1.0, 3.0, STALE_AFTER_S, 60.0]))
    def pass_time(self, seconds: float) -> None:
        self.now_s += seconds
        self.perform(self.session.tick(self.now_s))

    @precondition(lambda self: self.to_server)
    @rule(data=st.data())
    def deliver_to_server(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.to_server) - 1))
        self.hand_to_server(self.to_server.pop(at))

    @precondition(lambda self: self.to_client)
    @rule(data=st.data())
    def deliver_to_client(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.to_client) - 1))
        self.hand_to_client(*self.to_client.pop(at))

    @precondition(lambda self: self.to_client)
    @rule()
    def deliver_everything_in_order(self) -> None:
        waiting, self.to_client = self.to_client, []
        for topic, payload in waiting:
            self.hand_to_client(topic, payload)

    # Faults

    @precondition(lambda self: self.to_server)
    @rule(data=st.data(), is_doubled=st.booleans())
    def harm_to_server(self, data: st.DataObject, is_doubled: bool) -> None:
        at = data.draw(st.integers(0, len(self.to_server) - 1))
        if is_doubled:
            self.to_server.append(self.to_server[at])
        else:
            del self.to_server[at]

    @precondition(lambda self: self.to_client)
    @rule(data=st.data(), is_doubled=st.booleans())
    def harm_to_client(self, data: st.DataObject, is_doubled: bool) -> None:
        at = data.draw(st.integers(0, len(self.to_client) - 1))
        if is_doubled:
            self.to_client.append(self.to_client[at])
        else:
            del self.to_client[at]

    @precondition(lambda self: not self.is_connected)
    @rule()
    def connect(self) -> None:
        self.is_connected = True
        self.perform(self.session.connected(self.now_s))

    @precondition(lambda self: self.is_connected)
    @rule()
    def disconnect(self) -> None:
        self.is_connected = False
        self.to_client.clear()  # what was sent to the server may still arrive
        self.heard_at_s.clear()
        self.perform(self.session.lost(self.now_s))
        assert self.link is LinkState.STALE

    @rule(is_store_lost=st.booleans())
    def restart_server(self, is_store_lost: bool = False) -> None:
        self.epoch += 1
        self.version = 0
        if is_store_lost:
            self.retained.clear()
        self.publish(INFO, ServerInfo(1, 1, "hall", self.epoch, "20261123", "0.1.0"))
        for zone in ZONES:
            self.show(zone)

    @rule()
    def restart_client(self) -> None:
        for name, command in list(self.expected.items()):
            is_answered = name in [answer.command_id for answer in self.answers]
            if isinstance(command, NEVER_STORED) and not is_answered:
                del self.expected[name]
        self.is_connected = False
        self.to_client.clear()
        self.heard_at_s.clear()
        self.delivered.clear()
        self.last_info = None
        self.link = LinkState.CONNECTING
        self.session = self.new_session()

    # What must hold

    @invariant()
    def live_means_that_the_present_server_was_heard_just_now(self) -> None:
        if self.link is not LinkState.LIVE:
            return
        assert self.is_connected
        assert self.last_info is not None
        assert self.now_s - self.heard_at_s[self.last_info.epoch] < STALE_AFTER_S

    @invariant()
    def the_app_was_told_the_state_that_the_session_has(self) -> None:
        assert self.session.link is self.link

    @invariant()
    def no_command_is_answered_twice(self) -> None:
        ids = [answer.command_id for answer in self.answers]
        assert len(ids) == len(set(ids))

    def teardown(self) -> None:
        """Heal, and demand that everything settles."""
        if not self.is_connected:
            self.connect()
        for _ in range(200):
            while self.to_server:
                self.hand_to_server(self.to_server.pop(0))
            while self.to_client:
                self.hand_to_client(*self.to_client.pop(0))
            self.publish(INFO, ServerInfo(1, 1, "hall", self.epoch, "20261123", "0.1.0"))
            for zone in ZONES:
                self.show(zone)
            self.beat()
            self.pass_time(1.0)
            if not self.to_server and len(self.answers) == len(self.expected):
                break
        while self.to_client:
            self.hand_to_client(*self.to_client.pop(0))
        assert sorted(answer.command_id for answer in self.answers) == sorted(self.expected)
        assert self.link is LinkState.LIVE
        for zone, board in self.shown.items():
            assert self.delivered[f"jiaohao/board/{zone}"] == (board.epoch, board.version)
        assert {match_topic(topic)[0].name for topic in self.delivered} == {"board"}


FaultyWire.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestFaultyWire = FaultyWire.TestCase
