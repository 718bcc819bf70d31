"""The one writer: commands in, one transaction, then answers and snapshots out. Sans I/O.

Whoever carries the bytes hands in what waits and sends out what comes back. Nothing comes back
before it is committed: when the journal fails, `process` raises, and the hall in memory is ahead
of the journal. The process has to end then.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from hallserver.domain.events import DayOpened, Event, Recorded
from hallserver.domain.instant import Now
from hallserver.domain.invariant import InvariantError
from hallserver.hall import Hall
from hallserver.notices import Notices
from hallserver.protocol import routes
from hallserver.protocol.codec import (
    MalformedCommand,
    command_type_name,
    decode_command,
    encode_published,
    encode_reply,
)
from hallserver.protocol.commands import (
    BookAppointment,
    CheckIn,
    CommandMessage,
    ReserveTicket,
)
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import BusinessDay, ClientId, CommandId, Epoch, HallId
from hallserver.protocol.replies import Rejected, Reply, ReplyMessage, reject
from hallserver.protocol.routes import SERVER_CLIENT
from hallserver.protocol.snapshots import Heartbeat, Published, ServerInfo
from hallserver.protocol.version import (
    MIN_SCHEMA_VERSION,
    SCHEMA_VERSION,
    Compatibility,
    compatibility,
)

MAX_BATCH_COMMANDS = 256
"""At most so many commands share one transaction."""

_NEEDS_ROOM = (ReserveTicket, BookAppointment, CheckIn)

ReplyKey = tuple[ClientId, CommandId]

_LOG = logging.getLogger(__name__)


class Inbound(msgspec.Struct, frozen=True):
    """What one client sent, read. Who it is comes from the topic, never from the payload."""

    client: ClientId
    message: CommandMessage | MalformedCommand


class Outbound(msgspec.Struct, frozen=True):
    """What is to be sent, once it is committed."""

    topic: str
    payload: bytes
    qos: int
    is_retained: bool


class Answered(msgspec.Struct, frozen=True):
    """A command and its answer. `seq` is the journal's last line at that moment."""

    client: ClientId
    command: CommandId
    seq: int
    day: BusinessDay
    reply: Reply


class JournalPort(Protocol):
    """What the writer needs of the journal."""

    @property
    def last_seq(self) -> int:
        """The last line that is committed; 0 in a new journal."""
        ...

    def find_replies(self, keys: Collection[ReplyKey]) -> Mapping[ReplyKey, Reply]:
        """Return the answers of those commands that were answered before."""
        ...

    def append(self, events: Sequence[Recorded], answers: Sequence[Answered]) -> None:
        """Commit all of it or raise."""
        ...


def read_inbound(topic: str, payload: bytes) -> Inbound | None:
    """Read what arrived on a topic; None when no client of ours may send there. Never raises."""
    matched = routes.match_topic(topic)
    if matched is None or matched[0] is not routes.COMMAND:
        return None
    client = ClientId(matched[1])
    if routes.role_of(client) not in routes.COMMAND.sender:
        return None
    return Inbound(client, decode_command(payload))


@dataclass(slots=True)
class _Transaction:
    """What one batch adds to the journal, and what is said about it afterwards."""

    seq: int
    events: list[Recorded] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    outbound: list[Outbound] = field(default_factory=list)
    known: dict[ReplyKey, Reply] = field(default_factory=dict)
    has_new_day: bool = False


class Writer:
    """Owns the hall. Everything here happens in one thread."""

    def __init__(
        self,
        hall: Hall,
        journal: JournalPort,
        now: Callable[[], Now],
        *,
        epoch: Epoch,
        hall_id: HallId,
        server_version: str,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        """`hall` is folded up to `journal.last_seq`, and `epoch` is begun in the journal.

        `has_room` says whether the disk has room for what new numbers will need.
        """
        self._hall = hall
        self._journal = journal
        self._now = now
        self._epoch = epoch
        self._hall_id = hall_id
        self._server_version = server_version
        self._has_room = has_room
        self.notices = Notices(_LOG)

    def process(self, batch: Sequence[Inbound] = ()) -> list[Outbound]:
        """Look at the clock, answer the batch in its order, commit, and say what to send.

        Whatever the journal raises passes through; nothing may be sent then.
        """
        return [*self.commit(batch), *self.changed()]

    def commit(self, batch: Sequence[Inbound] = ()) -> list[Outbound]:
        """Do the same, and leave what `changed` to be asked for: answers need not wait for it."""
        transaction = _Transaction(self._journal.last_seq)
        now = self._now()
        self.notices.look(now.elapsed_ms)
        self._record_all(transaction, SERVER_CLIENT, None, self._hall.tick(now), now)
        keys = {
            (each.client, each.message.id)
            for each in batch
            if isinstance(each.message, CommandMessage)
        }
        if keys:
            transaction.known.update(self._journal.find_replies(keys))
        for each in batch:
            self._answer(transaction, each)
        if transaction.events or transaction.answers:
            self._journal.append(transaction.events, transaction.answers)
        if transaction.has_new_day:
            transaction.outbound.append(_outbound(routes.topic(routes.INFO), self._info()))
        return transaction.outbound

    def changed(self) -> Iterator[Outbound]:
        """Say what has changed since the last call, one after the other, as each is made."""
        return _all_outbound(self._hall.changed(self._epoch))

    def changed_counts(self) -> list[Outbound]:
        """Say how many wait, where that changed: for a few times a second."""
        return list(_all_outbound(self._hall.changed_counts(self._epoch)))

    def everything(self) -> list[Outbound]:
        """Say all that is retained, the greeting first: for a broker that may have lost it."""
        said = [_outbound(routes.topic(routes.INFO), self._info())]
        said += _all_outbound(self._hall.everything(self._epoch))
        # What changed before is said with it.
        for changes in (self._hall.changed, self._hall.changed_counts):
            for _ in changes(self._epoch):
                pass
        return said

    def heartbeat(self) -> Outbound:
        """Say that the writer lives."""
        beat = Heartbeat(epoch=self._epoch, version=self._journal.last_seq)
        return _outbound(routes.topic(routes.HEARTBEAT), beat)

    def _answer(self, transaction: _Transaction, inbound: Inbound) -> None:
        client, message = inbound.client, inbound.message
        if isinstance(message, MalformedCommand):
            refused = self._refuse_misfit(client, message.schema) or self._refuse(
                client, RejectionCode.MALFORMED, message.why
            )
            if message.id is not None:
                self._reply(transaction, client, message.id, refused)
            return
        reply = (
            transaction.known.get((client, message.id))
            or self._refuse_misfit(client, message.schema)
            or self._refuse_unpermitted(client, message)
            or self._refuse_without_room(client, message)
            or self._decide(transaction, client, message)
        )
        self._reply(transaction, client, message.id, reply)

    # What is refused here is not kept: it would be refused again until one side is updated, and
    # nobody may fill the journal with what the hall is not asked.

    def _refuse_misfit(self, client: ClientId, schema: int | None) -> Rejected | None:
        if schema is None:
            return None
        # A command names the one schema that it is written in.
        fits = compatibility(
            SCHEMA_VERSION,
            MIN_SCHEMA_VERSION,
            client_schema=schema,
            client_min_schema=schema,
        )
        if fits is Compatibility.UPDATE_CLIENT:
            return self._refuse(client, RejectionCode.CLIENT_TOO_OLD)
        if fits is Compatibility.UPDATE_SERVER:
            return self._refuse(client, RejectionCode.CLIENT_TOO_NEW)
        return None

    def _refuse_unpermitted(self, client: ClientId, message: CommandMessage) -> Rejected | None:
        role = routes.role_of(client)
        if role is not None and type(message.command) in routes.MAY_SEND[role]:
            return None
        return self._refuse(client, RejectionCode.NOT_PERMITTED, command_type_name(message.command))

    def _refuse_without_room(self, client: ClientId, message: CommandMessage) -> Rejected | None:
        """Refuse what begins something new while the disk is nearly full: promise nothing then."""
        if not isinstance(message.command, _NEEDS_ROOM) or self._has_room():
            return None
        return self._refuse(client, RejectionCode.DISK_LOW)

    def _refuse(self, client: ClientId, code: RejectionCode, why: str = "") -> Rejected:
        self.notices.note(f"{client}: {code}" + (f" ({why})" if why else ""))
        return reject(code)

    def _decide(
        self, transaction: _Transaction, client: ClientId, message: CommandMessage
    ) -> Reply:
        now = self._now()
        decision = self._hall.handle(client, message.command, now)
        self._record_all(transaction, client, message.id, decision.events, now)
        transaction.known[client, message.id] = decision.reply
        transaction.answers.append(
            Answered(client, message.id, transaction.seq, self._day(), decision.reply)
        )
        return decision.reply

    def _record_all(
        self,
        transaction: _Transaction,
        client: ClientId,
        command: CommandId | None,
        events: Iterable[Event],
        now: Now,
    ) -> None:
        for event in events:
            transaction.seq += 1
            transaction.has_new_day |= isinstance(event, DayOpened)
            recorded = Recorded(
                seq=transaction.seq,
                epoch=self._epoch,
                day=event.day if isinstance(event, DayOpened) else self._day(),
                wall_ms=now.wall_ms,
                elapsed_ms=now.elapsed_ms,
                client=client,
                command=command,
                event=event,
            )
            self._hall.apply(recorded)
            transaction.events.append(recorded)

    def _reply(
        self, transaction: _Transaction, client: ClientId, command: CommandId, reply: Reply
    ) -> None:
        message = ReplyMessage(SCHEMA_VERSION, command, self._epoch, reply)
        topic = routes.topic(routes.REPLY, client=client)
        transaction.outbound.append(
            Outbound(topic, encode_reply(message), routes.REPLY.qos, routes.REPLY.is_retained)
        )

    def _day(self) -> BusinessDay:
        day = self._hall.day
        if day is None:
            raise InvariantError("a business day is open whenever something happens")
        return day

    def _info(self) -> ServerInfo:
        return ServerInfo(
            schema_version=SCHEMA_VERSION,
            min_schema_version=MIN_SCHEMA_VERSION,
            hall=self._hall_id,
            epoch=self._epoch,
            day=self._day(),
            server_version=self._server_version,
        )


def fold(hall: Hall, recorded: Iterable[Recorded]) -> None:
    """Bring a new hall to where the journal ends."""
    for each in recorded:
        hall.apply(each)


def _all_outbound(published: Iterable[tuple[str, Published]]) -> Iterator[Outbound]:
    for topic, message in published:
        yield _outbound(topic, message)


def _outbound(topic: str, message: Published) -> Outbound:
    matched = routes.match_topic(topic)
    if matched is None:
        raise InvariantError(f"{topic} is no topic of ours")
    route, _ = matched
    return Outbound(topic, encode_published(message), route.qos, route.is_retained)
