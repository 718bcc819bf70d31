"""The client's half of the conversation, without I/O: what came in, what to do about it.

Every input returns effects in the order in which they have to be carried out. Times are seconds
of any clock that only goes forward.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from hallserver.client.outbox import Outbox, OutboxFull
from hallserver.client.subscriptions import Subscription
from hallserver.client.updates import (
    LinkChanged,
    LinkState,
    ReplyArrived,
    SnapshotArrived,
    Update,
)
from hallserver.protocol.bounds import MAX_PUBLISHED_BYTES
from hallserver.protocol.codec import (
    MalformedCommand,
    MalformedMessageError,
    MessageTooLargeError,
    decode_command,
    decode_published,
    decode_reply,
    encode_command,
)
from hallserver.protocol.commands import Command, CommandMessage
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId, CommandId
from hallserver.protocol.replies import reject
from hallserver.protocol.routes import (
    BOARD,
    COMMAND,
    COUNTER,
    HEARTBEAT,
    INFO,
    MAY_SEND,
    REPLY,
    VOICE,
    Role,
    Route,
    match_topic,
    role_of,
    topic,
)
from hallserver.protocol.snapshots import Heartbeat, ServerInfo
from hallserver.protocol.version import SCHEMA_VERSION, Compatibility, compatibility

STALE_AFTER_S = 4.0
"""Without a heartbeat for this long a screen says that it is stale: 5 s less one late tick."""

_UPDATE = {
    Compatibility.UPDATE_CLIENT: LinkState.UPDATE_CLIENT,
    Compatibility.UPDATE_SERVER: LinkState.UPDATE_SERVER,
}


class Subscribe(msgspec.Struct, frozen=True):
    """Subscribe to all of these, in this order, in one packet."""

    subscriptions: tuple[Subscription, ...]


class Publish(msgspec.Struct, frozen=True):
    """Send this; never retained."""

    topic: str
    payload: bytes
    qos: int


class Deliver(msgspec.Struct, frozen=True):
    """Tell the app."""

    update: Update


Effect = Subscribe | Publish | Deliver

Decode = Callable[[Route, bytes], Any]
"""`codec.decode_published`, or one that remembers what it decoded: for many sessions in one
process, which are all handed the same bytes."""


class Session:
    """One client's view of the hall server. Not for use by two threads at once."""

    def __init__(
        self,
        client: ClientId,
        subscriptions: Sequence[Subscription],
        outbox: Outbox,
        decode: Decode = decode_published,
    ) -> None:
        """Raise ValueError when `client` is no client of a hall."""
        role = role_of(client)
        if role is None or role is Role.SERVER:
            raise ValueError(f"{client} is not a client of a hall")
        self._may_send = MAY_SEND[role]
        self._command_topic = topic(COMMAND, client=client)
        self._subscriptions = tuple(subscriptions)
        found = ((item.topic, match_topic(item.topic)) for item in subscriptions)
        self._routes = {name: matched for name, matched in found if matched is not None}
        self._outbox = outbox
        self._decode = decode
        self._link = LinkState.CONNECTING
        self._is_connected = False
        self._may_be_connecting = True
        self._began_at_s: float | None = None
        self._info: ServerInfo | None = None
        self._verdict = Compatibility.OK
        self._heartbeat: Heartbeat | None = None
        self._heard_at_s = 0.0
        self._newest: dict[str, tuple[int, int]] = {}
        self._malformed = 0

    @property
    def link(self) -> LinkState:
        """The state that the app was told last; CONNECTING before."""
        return self._link

    @property
    def malformed_messages(self) -> int:
        """How many payloads were dropped because they are not what their topic promises."""
        return self._malformed

    def connected(self, now_s: float) -> tuple[Effect, ...]:
        """The broker accepted us, with a clean session: subscribe and send what waits."""
        self._is_connected = True
        return (Subscribe(self._subscriptions), *self._send_due(now_s), *self._look(now_s))

    def lost(self, now_s: float) -> tuple[Effect, ...]:
        """The connection is gone."""
        self._is_connected = False
        self._may_be_connecting = False
        self._heartbeat = None
        self._outbox.may_be_lost()
        return self._look(now_s)

    def submit(
        self, command_id: CommandId, command: Command, now_s: float
    ) -> tuple[Effect, ...] | OutboxFull:
        """Take a command: it is stored, then sent until its answer comes.

        What the wire cannot carry or this client may not send is refused here, as the server
        would. Raises ValueError when a command with this id waits already.
        """
        refusal = self._refusal(command_id, command)
        if refusal is not None:
            refused = ReplyArrived(command_id, command, reject(refusal))
            return (Deliver(refused), *self._look(now_s))
        full = self._outbox.add(command_id, command)
        if full is not None:
            return full
        return (*self._send_due(now_s), *self._look(now_s))

    def tick(self, now_s: float) -> tuple[Effect, ...]:
        """Time has passed: resend what is due, notice silence. Call it every 0.25 s or so."""
        return (*self._send_due(now_s), *self._look(now_s))

    def received(self, topic_name: str, payload: bytes, now_s: float) -> tuple[Effect, ...]:
        """Take a message; what is malformed, foreign or old changes nothing."""
        found = self._routes.get(topic_name)
        if found is None or len(payload) > MAX_PUBLISHED_BYTES:
            self._malformed += 1
            return self._look(now_s)
        route, place = found
        try:
            effects = self._read(route, place, topic_name, payload, now_s)
        except MalformedMessageError:
            self._malformed += 1
            effects = ()
        return effects + self._look(now_s)

    def _read(
        self, route: Route, place: str, topic_name: str, payload: bytes, now_s: float
    ) -> tuple[Effect, ...]:
        if route is REPLY:
            return self._answer(payload, now_s)
        message = self._decode(route, payload)
        if route is HEARTBEAT:
            return self._hear(message, now_s)
        if route is INFO:
            return self._greet(message, now_s)
        if _place_of(route, message) != place:
            raise MalformedMessageError("a snapshot of another place")
        return self._show(topic_name, message)

    def _answer(self, payload: bytes, now_s: float) -> tuple[Effect, ...]:
        # Whichever start of the server says it: what was decided is in the journal before it is
        # said, so it is what every later start would say as well.
        message = decode_reply(payload)
        command = self._outbox.answered(message.id)
        if command is None:
            return ()  # a repeated answer, or one to a command of an earlier life
        answer = Deliver(ReplyArrived(message.id, command, message.reply))
        return (answer, *self._send_due(now_s))

    def _greet(self, info: ServerInfo, now_s: float) -> tuple[Effect, ...]:
        known = self._info
        if known is not None and (info.epoch, info.day) <= (known.epoch, known.day):
            return ()
        was_understood = self._understands_server()
        self._info = info
        self._verdict = compatibility(info.schema_version, info.min_schema_version)
        told = Deliver(SnapshotArrived(info))
        if was_understood or not self._understands_server():
            return (told,)
        # Snapshots that came while the versions did not fit were dropped: ask for them again.
        return (told, Subscribe(self._subscriptions), *self._send_due(now_s))

    def _hear(self, heartbeat: Heartbeat, now_s: float) -> tuple[Effect, ...]:
        if self._heartbeat is None or heartbeat.epoch >= self._heartbeat.epoch:
            self._heartbeat = heartbeat
            self._heard_at_s = now_s
        return ()

    def _show(self, topic_name: str, snapshot: Any) -> tuple[Effect, ...]:
        is_readable = self._understands_server()
        is_of_former_server = self._info is not None and snapshot.epoch < self._info.epoch
        version = (snapshot.epoch, snapshot.version)
        if not is_readable or is_of_former_server:
            return ()
        if topic_name in self._newest and version <= self._newest[topic_name]:
            return ()
        self._newest[topic_name] = version
        return (Deliver(SnapshotArrived(snapshot)),)

    def _refusal(self, command_id: CommandId, command: Command) -> RejectionCode | None:
        if not isinstance(command, self._may_send):
            return RejectionCode.NOT_PERMITTED
        try:
            message = encode_command(CommandMessage(SCHEMA_VERSION, command_id, command))
        except (MessageTooLargeError, UnicodeEncodeError):
            return RejectionCode.MALFORMED
        is_malformed = isinstance(decode_command(message), MalformedCommand)
        return RejectionCode.MALFORMED if is_malformed else None

    def _send_due(self, now_s: float) -> tuple[Effect, ...]:
        if not self._is_connected or not self._understands_server():
            return ()
        message = self._outbox.take_due(now_s)
        if message is None:
            return ()
        return (Publish(self._command_topic, message, COMMAND.qos),)

    def _understands_server(self) -> bool:
        return self._verdict is Compatibility.OK

    def _look(self, now_s: float) -> tuple[Effect, ...]:
        link = self._link_at(now_s)
        if link is self._link:
            return ()
        self._link = link
        told = Deliver(LinkChanged(link))
        if link is not LinkState.LIVE:
            return (told,)
        # What was sent while no server listened is gone: the broker keeps no commands.
        self._outbox.may_be_lost()
        return (told, *self._send_due(now_s))

    def _link_at(self, now_s: float) -> LinkState:
        if self._began_at_s is None:
            self._began_at_s = now_s
        if self._is_connected and self._verdict is not Compatibility.OK:
            return _UPDATE[self._verdict]
        if (
            self._is_connected
            and self._info is not None
            and self._heartbeat is not None
            and self._heartbeat.epoch == self._info.epoch
            and now_s - self._heard_at_s < STALE_AFTER_S
        ):
            self._may_be_connecting = False
            return LinkState.LIVE
        if now_s - self._began_at_s >= STALE_AFTER_S:
            self._may_be_connecting = False
        return LinkState.CONNECTING if self._may_be_connecting else LinkState.STALE


def _place_of(route: Route, snapshot: Any) -> str:
    """Name the place that a snapshot says it is of, as it stands in its topic."""
    if route in (BOARD, VOICE):
        return str(snapshot.zone)
    if route is COUNTER:
        return str(snapshot.counter)
    return ""
