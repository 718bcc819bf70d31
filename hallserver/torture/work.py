"""What people do at the clients, for ever: decided from what the client was told, and from chance.

No clock and no wire: `choose` says what to ask next, `told` and `saw` take what came back.
"""

from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from hallserver.protocol import commands as c
from hallserver.protocol.ids import (
    ClerkId,
    CounterId,
    PersonKey,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.ids import TicketToken as Token
from hallserver.protocol.replies import (
    Done,
    Rejected,
    Reply,
    Reservation,
    SignedIn,
    TicketAtCounter,
)
from hallserver.protocol.snapshots import Catalog, CounterSnapshot, HallLoad, Published
from hallserver.protocol.states import TicketState

PEOPLE = 400
"""Persons who have cards; some come again while their number still waits."""
REMEMBERED = 40
"""Numbers that people at one kiosk may come back with."""


class Work(Protocol):
    """What is done at one client."""

    def choose(self) -> Sequence[c.Command]:
        """Say what is asked next, in order; nothing while there is nothing to do."""
        ...

    def told(self, command: c.Command, reply: Reply) -> None:
        """Take an answer."""
        ...

    def saw(self, snapshot: Published) -> None:
        """Take a snapshot."""
        ...


class Watching:
    """A call screen, a console: nothing is done there."""

    def choose(self) -> Sequence[c.Command]:
        """Ask nothing."""
        return ()

    def told(self, command: c.Command, reply: Reply) -> None:
        """Hear nothing."""

    def saw(self, snapshot: Published) -> None:
        """Look."""


class KioskWork:
    """Numbers are reserved, and confirmed or voided; people come back with some of them."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._services: Sequence[ServiceId] = ()
        self._served: Sequence[ServiceId] = ()
        self._without_paper: dict[TicketId, Token] = {}
        self._on_paper: deque[Token] = deque(maxlen=REMEMBERED)

    def choose(self) -> Sequence[c.Command]:
        """Bring the number at hand to its paper, or let somebody else come."""
        chance = self._chance
        if self._without_paper:
            ticket = next(iter(self._without_paper))
            if chance.random() < 0.1:
                return (c.VoidTicket(ticket, chance.choice(list(c.VoidReason))),)
            return (c.ConfirmPrinted(ticket),)
        if not self._services:
            return ()
        if self._on_paper and chance.random() < 0.15:
            return (self._come_back(chance.choice(self._on_paper)),)
        person = f"{chance.randrange(PEOPLE):032x}" if chance.random() < 0.3 else None
        is_served = self._served and chance.random() < 0.9
        service = chance.choice(self._served if is_served else self._services)
        return (c.ReserveTicket(service, None if person is None else PersonKey(person)),)

    def _come_back(self, token: Token) -> c.Command:
        return self._chance.choice(
            (c.ShowTicket(token), c.CancelTicket(token), c.RateService(token, 5))
        )

    def told(self, command: c.Command, reply: Reply) -> None:
        """Take an answer; also one to a command from before the last start."""
        match command, reply:
            case _, Reservation():
                self._without_paper[reply.ticket] = reply.token
            case c.ConfirmPrinted(ticket), _:
                token = self._without_paper.pop(ticket, None)
                if token is not None and not isinstance(reply, Rejected):
                    self._on_paper.append(token)
            case c.VoidTicket(ticket), _:
                self._without_paper.pop(ticket, None)

    def saw(self, snapshot: Published) -> None:
        """Learn which services there are, and where somebody sits."""
        if isinstance(snapshot, Catalog):
            self._services = tuple(service.id for service in snapshot.offered)
        elif isinstance(snapshot, HallLoad):
            served = {name for name, load in snapshot.services.items() if load.open_counters}
            self._served = [service for service in self._services if service in served]


_AT_COUNTER = (TicketState.CALLED, TicketState.SERVING)


class CounterWork:
    """A clerk signs in, calls, serves, and does now and then all that a terminal can."""

    def __init__(self, counter: CounterId, account: ClerkId, password: str, chance: Random) -> None:
        self._counter = counter
        self._account = account
        self._password = password
        self._chance = chance
        self._shown: CounterSnapshot | None = None
        self._is_signed_in = False
        self._active: tuple[TicketId, TicketState] | None = None
        self._missed: deque[TicketNumber] = deque(maxlen=3)

    def choose(self) -> Sequence[c.Command]:
        """Do the next thing at the counter."""
        chance = self._chance
        if self._shown is None:
            return ()
        if not self._is_signed_in:
            return (c.SignIn(self._account, self._password),)
        if self._active is None:
            return (self._between_two(),)
        ticket, state = self._active
        if state is TicketState.CALLED:
            return (chance.choices(_OF_CALLED, _OF_CALLED_WEIGHTS)[0](ticket),)
        drawn = chance.random()
        if drawn < 0.04:
            return (c.Transfer(ticket, counter=self._neighbour(), is_returning=drawn < 0.02),)
        if drawn < 0.08:
            return (c.Park(ticket),)
        if drawn < 0.4:
            # Two keys, one after the other: they have to happen in that order.
            return (c.Complete(ticket), c.CallNext())
        return (c.Complete(ticket),)

    def _between_two(self) -> c.Command:
        drawn = self._chance.random()
        if drawn < 0.02:
            return c.SignOut()
        if drawn < 0.06 and self._missed:
            return c.Reinstate(self._missed.popleft())
        if self._shown is not None and self._shown.parked and drawn < 0.5:
            return c.Resume(self._shown.parked[0].ticket)
        return c.CallNext()

    def _neighbour(self) -> CounterId:
        return CounterId(max(1, self._counter + self._chance.choice((-2, -1, 1, 2))))

    def told(self, command: c.Command, reply: Reply) -> None:
        """Take an answer; also one to a command from before the last start."""
        match reply:
            case SignedIn():
                self._is_signed_in = True
            case TicketAtCounter(ticket, number, _, state):
                if isinstance(command, c.MarkNoShow):
                    self._missed.append(number)
                if not isinstance(command, c.Reinstate):
                    self._active = (ticket, state) if state in _AT_COUNTER else None
            case Rejected():
                self._look()
            case Done() if isinstance(command, c.SignOut):
                self._is_signed_in = False

    def saw(self, snapshot: Published) -> None:
        """Believe what the hall says of this counter."""
        if isinstance(snapshot, CounterSnapshot):
            self._shown = snapshot
            self._look()

    def _look(self) -> None:
        shown = self._shown
        if shown is None:
            return
        self._is_signed_in = shown.clerk is not None and shown.clerk.clerk == self._account
        active = shown.active
        self._active = None if active is None else (active.ticket, active.state)


_OF_CALLED: Sequence[Callable[[TicketId], c.Command]] = (
    c.Arrive,
    c.Recall,
    c.MarkNoShow,
    c.UndoCall,
)
_OF_CALLED_WEIGHTS = (75, 10, 10, 5)
