"""The auditor of replies and screens: knows only what clients asked, were told, and showed.

Where it says that something "is in the journal", it asks the journal's committed answers at that
very moment: nothing may be seen by anybody before it is there.
"""

from collections import Counter
from collections.abc import Callable

from hallserver.client.updates import ReplyArrived, SnapshotArrived, Update
from hallserver.protocol import commands as c
from hallserver.protocol.codec import decode_reply
from hallserver.protocol.ids import ClerkId, ClientId, CommandId, TicketId, TicketNumber
from hallserver.protocol.replies import Done, Reply, Reservation, SignedIn, TicketAtCounter
from hallserver.protocol.routes import REPLY
from hallserver.protocol.snapshots import HallLoad, ServerInfo
from hallserver.protocol.states import TicketState
from hallserver.writer import Inbound, Outbound, ReplyKey
from tests.simulation.answers import is_kept
from tests.simulation.journal import MemoryJournal
from tests.simulation.world import World, demand

REPLY_TO = REPLY.template.removesuffix("{client}")
PLANT = "5ec2e75ec2e7"
"""Stands in every person's key, password and name: where it turns up, something leaked."""


OVERTAKEN_S = 60.0
"""So much earlier a command may have been asked and still be obeyed later than another."""


class Auditor:
    """What all clients together know."""

    def __init__(self, world: World, journal: MemoryJournal) -> None:
        self._world = world
        self._journal = journal
        self._plant = PLANT.encode()
        self.asked: dict[ReplyKey, c.Command] = {}
        self.asked_s: dict[ReplyKey, float] = {}
        self.replies: dict[ReplyKey, Reply] = {}
        self.messages: dict[tuple[str, bytes], None] = {}
        """Every command that was sent today and the day before, as it travelled."""
        self._sent_before = 0
        self.reserved: dict[TicketId, ReplyKey] = {}
        self.numbers: dict[tuple[str, TicketNumber], ReplyKey] = {}
        self._calls: dict[TicketId, tuple[ClientId, float, int]] = {}
        self._left_alone: Counter[TicketId] = Counter()
        self._left_s: dict[ClientId, float] = {}
        self._moved_s: dict[ClerkId, float] = {}
        self._clerk_at: dict[ClientId, ClerkId] = {}
        self.ratings: Counter[TicketId] = Counter()
        self.freed: Callable[[TicketId], int] = lambda _ticket: 0
        """Counts how often a ticket was taken back, sent on or forgiven, by the journal."""
        self.on_reserve: Callable[[ClientId, CommandId], None] = lambda _client, _id: None
        self.counts: Counter[str] = Counter()

    def begin_day(self) -> None:
        """Forget the messages of the days before yesterday."""
        for old in list(self.messages)[: self._sent_before]:
            del self.messages[old]
        self._sent_before = len(self.messages)

    # What clients ask.

    def submitted(self, client: ClientId, command_id: CommandId, command: c.Command) -> None:
        """A client's outbox took a command."""
        key = (client, command_id)
        demand(key not in self.asked, "an id is used for one command", key)
        self.asked[key] = command
        self.asked_s[key] = self._world.now_s
        if isinstance(command, c.ReserveTicket | c.CheckIn):
            self.on_reserve(client, command_id)
        elif isinstance(command, c.SignOut):
            self._left_s[client] = self._world.now_s
        elif isinstance(command, c.SignIn):
            self._moved_s[command.clerk] = self._world.now_s

    def sent(self, _client: ClientId, topic: str, payload: bytes) -> None:
        """A client sent a command."""
        self._world.mix(payload)
        self.messages[topic, payload] = None

    # What the server says.

    def published(self, outbound: Outbound) -> None:
        """The server sends something to anybody."""
        demand(self._plant not in outbound.payload, "no message tells who", outbound.topic)
        if not outbound.topic.startswith(REPLY_TO):
            return
        message = decode_reply(outbound.payload)
        key = (ClientId(outbound.topic.removeprefix(REPLY_TO)), message.id)
        before = self.replies.setdefault(key, message.reply)
        demand(before == message.reply, "a repeated command gets the same answer", key)
        self._is_in_journal(key, message.reply)

    def acknowledged(self, inbound: Inbound) -> None:
        """The server told the broker that a command is taken care of."""
        if not isinstance(inbound.message, c.CommandMessage):
            return
        key = (inbound.client, inbound.message.id)
        if self._journal.answer(key) is not None:
            return
        known = self.replies.get(key)
        demand(known is None or not is_kept(known), "what is acknowledged is in the journal", key)
        if known is None:
            self.counts["acknowledged, not yet answered"] += 1

    def _is_in_journal(self, key: ReplyKey, reply: Reply) -> None:
        if is_kept(reply):
            kept = self._journal.answer(key)
            demand(kept == reply, "what is acknowledged is in the journal", (key, reply))

    # What clients are told.

    def told(self, client: ClientId, update: Update) -> None:
        """A client's app was told something by its link."""
        if isinstance(update, SnapshotArrived):
            snapshot = update.snapshot
            epoch, version = snapshot.epoch, 0
            if not isinstance(snapshot, ServerInfo | HallLoad):  # the load runs ahead by time alone
                version = snapshot.version
            if epoch > self._journal.epoch or version > self._journal.last_seq:
                demand(False, "what is shown is in the journal", (client, epoch, version))

    def answered(self, client: ClientId, update: ReplyArrived) -> None:
        """A client's app got the answer to its command."""
        key = (client, update.command_id)
        reply = update.reply
        self._is_in_journal(key, reply)
        match reply:
            case Reservation():
                self._reservation(key, reply)
            case TicketAtCounter(state=TicketState.CALLED):
                if isinstance(update.command, c.CallNext | c.CallTicket):
                    self._call(key, reply)
            case SignedIn(clerk=clerk):
                self._clerk_at[client] = clerk
            case Done():
                self._done(update.command)

    def _reservation(self, key: ReplyKey, reply: Reservation) -> None:
        before = self.reserved.setdefault(reply.ticket, key)
        demand(before == key, "a ticket is given to one command", (before, key, reply.ticket))
        number = (str(reply.day), reply.number)
        before = self.numbers.setdefault(number, key)
        demand(before == key, "a number is given once per series and day", (before, key, number))

    def _call(self, key: ReplyKey, reply: TicketAtCounter) -> None:
        before = self._calls.get(reply.ticket)
        times = 1 if before is None else before[2] + 1
        self._calls[reply.ticket] = (key[0], self.asked_s[key], times)
        self.counts["calls"] += 1
        if before is None:
            return
        # Else only a clerk who leaves the counter gives a called ticket back to its line.
        counter, called_s, times = before
        if self.freed(reply.ticket) + self._left_alone[reply.ticket] >= times:
            return
        self._left_alone[reply.ticket] += 1
        clerk = self._clerk_at.get(counter)
        left_s = self._left_s.get(counter, -1.0)
        moved_s = -1.0 if clerk is None else self._moved_s.get(clerk, -1.0)
        has_left = max(left_s, moved_s) >= called_s - OVERTAKEN_S
        demand(has_left, "nobody is called twice", (before, key, reply.number))

    def _done(self, command: c.Command) -> None:
        match command:
            case c.RateAtCounter(ticket=ticket):
                self._rated(ticket)
            case c.RateService(token=token):
                self._rated(TicketId(token.partition(".")[2].rpartition(".")[0]))

    def _rated(self, ticket: TicketId) -> None:
        self.ratings[ticket] += 1
        demand(self.ratings[ticket] == 1, "one rating a service at most", ticket)
