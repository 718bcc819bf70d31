"""What stands at and above a counter: the clerk's terminal, the rating pad, the call screens.

The flows are the product's; a person is whoever calls `press` and `tap` and looks at `state`.
"""

from collections.abc import Callable

from hallserver.client.outbox import OutboxFull
from hallserver.client.record import NullRecord
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import LinkState, SnapshotArrived, Update
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClientId, CounterId, ZoneId
from hallserver.protocol.routes import counter_terminal, rating_pad
from hallserver.protocol.snapshots import BoardSnapshot, VoiceSnapshot
from hallserver.protocol.states import TicketState
from tests.helpers.kiosks import TAGS
from tests.simulation.auditor import Auditor
from tests.simulation.broker import Broker
from tests.simulation.ledger import Ledger
from tests.simulation.link import SimLink
from tests.simulation.parts import Parts
from tests.simulation.world import NEVER_S, Life, World, demand
from ui.callscreen import flow as callscreen
from ui.counter.flow import Act, State
from ui.counter.terminal import Terminal
from ui.ratingpad import flow as ratingpad

PAD_TICK_S = 0.25
SENTENCE_S = 3.0
FAILS = 0.05
"""Of what a voice begins to say, so much ends in silence."""
OLD_AFTER_S = 25.0
"""A call that is older when a screen shows it as new is an old call.

Two frozen connections in a row, 10 s each, until keepalive ends them, and what a rough pipe adds.
"""


class Client:
    """A process with a link: started, killed, started anew, over one outbox."""

    def __init__(
        self,
        world: World,
        broker: Broker,
        auditor: Auditor,
        parts: Parts,
        client: ClientId,
        zones: tuple[ZoneId, ...] = (),
    ) -> None:
        self.world = world
        self.client = client
        self.parts = parts
        self._broker = broker
        self._auditor = auditor
        self._subscriptions = subscriptions_for(client, zones)
        self._store = parts.outbox_store()
        self._lives = 0
        self.life = Life(world)
        self.life.end()
        self.link: SimLink | None = None

    def start(self) -> None:
        """Start the process."""
        self._lives += 1
        self.life = Life(self.world)
        self.link = SimLink(
            self.world,
            self.life,
            self._broker,
            self._auditor,
            self.parts,
            self.client,
            self._subscriptions,
            self._store,
            self.take,
            life_number=self._lives,
        )
        self.begin(self.link)
        self.link.start()

    def die(self, restart_s: float) -> None:
        """End the process at once; it is started anew after a while."""
        if not self.life.is_alive or self.link is None:
            return
        self.world.say(self.client, "dies")
        self.life.end()
        self.link.stop()
        self.world.after(restart_s, self.start)

    @property
    def is_up(self) -> bool:
        """Whether the process lives."""
        return self.life.is_alive

    @property
    def is_settled(self) -> bool:
        """Whether it lives, is live, and waits for no answer."""
        return self.is_up and self.link is not None and self.link.is_settled

    @property
    def stored(self) -> int:
        """How many commands its outbox has on disk."""
        return len(self._store.load())

    def begin(self, link: SimLink) -> None:
        """Make what this process is of."""
        raise NotImplementedError

    def take(self, update: Update) -> None:
        """Take what the link tells."""
        raise NotImplementedError


class CounterTerminal(Client):
    """The clerk's terminal."""

    def __init__(
        self, world: World, broker: Broker, auditor: Auditor, parts: Parts, counter: CounterId
    ) -> None:
        super().__init__(world, broker, auditor, parts, counter_terminal(counter))
        self.counter = counter
        self._terminal: Terminal | None = None
        self.on_look: Callable[[], None] = lambda: None

    def begin(self, link: SimLink) -> None:
        """Start with nothing known."""
        self._terminal = self.parts.terminal(self.counter, link, NullRecord())

    def take(self, update: Update) -> None:
        """Show it."""
        if self._terminal is not None:
            self._terminal.take(update)
            self.on_look()

    def ask(self, command: c.Command) -> None:
        """Ask for something that has no key."""
        if self.is_up and self._terminal is not None:
            self._terminal.ask(command, self.world.now_s)

    @property
    def state(self) -> State:
        """What is on the screen; nothing while the process is down."""
        return self._terminal.state if self.is_up and self._terminal is not None else State()

    def press(self, act: Act) -> None:
        """Press a key."""
        if self.is_up and self._terminal is not None:
            self._terminal.press(act, self.world.now_s)

    def sign_in(self, account: str, password: str) -> None:
        """Fill in the form."""
        if self.is_up and self._terminal is not None:
            self._terminal.sign_in(account, password, self.world.now_s)


class RatingPad(Client):
    """The pad, as `ui.ratingpad.app` drives it."""

    def __init__(
        self, world: World, broker: Broker, auditor: Auditor, parts: Parts, counter: CounterId
    ) -> None:
        super().__init__(world, broker, auditor, parts, rating_pad(counter))
        self.counter = counter
        self.state = ratingpad.State(counter, TAGS)
        self._ticks_at_s = NEVER_S

    def begin(self, link: SimLink) -> None:
        """Start with nothing known."""
        self.state = ratingpad.State(self.counter, TAGS)
        self._ticks_at_s = NEVER_S

    def take(self, update: Update) -> None:
        """Show it."""
        self.step(ratingpad.Tick(self.world.now_s))
        self.step(update)

    def tap(self, tap: ratingpad.Tap) -> None:
        """Touch it."""
        if self.is_up:
            self.step(ratingpad.Tick(self.world.now_s))
            self.step(tap)

    def step(self, event: ratingpad.Event) -> None:
        """Let the flow decide, and carry out what it wants."""
        self.state, effects = self.parts.step_pad(self.state, event)
        for effect in effects:
            if isinstance(effect, ratingpad.Submit) and self.link is not None:
                taken = self.link.submit(effect.command)
                if isinstance(taken, OutboxFull):
                    self.step(ratingpad.NotTaken())
        ends_in_s = self.state.page_ends_in_s
        if ends_in_s is not None:
            tick_s = self.world.now_s + ends_in_s + PAD_TICK_S
            if tick_s < self._ticks_at_s:
                self._ticks_at_s = tick_s
                self.world.plan(tick_s, self.life, self._tick, (tick_s,))

    def _tick(self, tick_s: float) -> None:
        """Tick when the page may have ended: before that it comes to nothing."""
        if tick_s == self._ticks_at_s:
            self._ticks_at_s = NEVER_S
            self.step(ratingpad.Tick(self.world.now_s))


class CallScreen(Client):
    """A call screen, and the eyes of those who look at it."""

    def __init__(
        self,
        world: World,
        broker: Broker,
        auditor: Auditor,
        ledger: Ledger,
        parts: Parts,
        client: ClientId,
        zones: tuple[ZoneId, ...],
        capacity: int,
    ) -> None:
        super().__init__(world, broker, auditor, parts, client, zones)
        self.zones = zones
        self._capacity = capacity
        self._ledger = ledger
        self.state = callscreen.State(zones, capacity)
        self.on_call: Callable[[str, CounterId, int], None] = lambda _number, _counter, _seq: None
        self._seen: dict[ZoneId, int] = {}
        self.speaks = False
        self._rng = world.rng(f"voice/{client}")
        self._voice: dict[ZoneId, VoiceSnapshot] = {}
        self._spoken: set[int] = set()
        self._is_speaking: set[ZoneId] = set()

    def begin(self, link: SimLink) -> None:
        """Start with nothing known."""
        self._voice, self._is_speaking = {}, set()
        self.state = callscreen.State(self.zones, self._capacity)

    def take(self, update: Update) -> None:
        """Show it."""
        if isinstance(update, SnapshotArrived) and isinstance(update.snapshot, VoiceSnapshot):
            self._voice[update.snapshot.zone] = update.snapshot
            self._speak(update.snapshot.zone)
        else:
            self.tick()
        before = self.state
        self.state, effects = self.parts.step_screen(self.state, update)
        for effect in effects:
            if isinstance(effect, callscreen.CallShown):
                self._hold(effect)
        if self.state.boards is not before.boards:
            for zone, board in self.state.boards.items():
                if before.boards.get(zone) is not board:
                    self._read(zone, board)
        if self.state.link is not LinkState.LIVE:
            marked = [call for call in self.state.calls if self.state.is_new(call)]
            demand(not marked, "a stale screen shows nothing as new", (self.client, marked))

    def _speak(self, zone: ZoneId) -> None:
        """Say the next of what waits to be said, and what was said."""
        if not self.speaks or zone in self._is_speaking:
            return
        for utterance in self._voice[zone].pending:
            seqs = tuple(seq for call in utterance.calls for seq in call.call_seqs)
            if not self._spoken.issuperset(seqs):
                self._is_speaking.add(zone)
                self.life.after(SENTENCE_S * utterance.times, self._has_said, zone, seqs)
                return

    def _has_said(self, zone: ZoneId, seqs: tuple[int, ...]) -> None:
        self._is_speaking.discard(zone)
        self._spoken.update(seqs)
        is_fine = self._rng.random() >= FAILS
        outcome = c.VoiceOutcome.SPOKEN if is_fine else c.VoiceOutcome.FAILED
        if self.link is not None:
            self.link.submit(c.AcknowledgeAnnouncement(zone, seqs, outcome))
        self._speak(zone)

    def tick(self) -> None:
        """Let the flow see what time it is."""
        self.state, _ = self.parts.step_screen(
            self.state, callscreen.Tick(self.world.now_s, "09:41")
        )

    def _hold(self, shown: callscreen.CallShown) -> None:
        """A call is shown as new: it has to be."""
        demand(self.state.link is LinkState.LIVE, "only a live screen shows new calls", shown)
        called_s = self._ledger.called_s.get(shown.call_seq)
        demand(called_s is not None, "what is shown as called was called", shown)
        assert called_s is not None
        age_s = self.world.now_s - called_s
        if self._broker.was_unfaithful_since(self.client, called_s):
            return  # nothing tells a screen that a message is missing, or that it is an old one
        demand(age_s <= OLD_AFTER_S, "no old call is shown as new", (self.client, shown, age_s))

    def _read(self, zone: ZoneId, board: BoardSnapshot) -> None:
        """People read what they have not read before, from the top down."""
        seen = self._seen.get(zone, 0)
        for call in board.calls:
            if call.call_seq <= seen:
                break
            if call.state is TicketState.CALLED:
                self.on_call(call.number, call.counter, call.call_seq)
        if board.calls:
            self._seen[zone] = max(seen, board.calls[0].call_seq)
