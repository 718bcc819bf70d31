"""One terminal: the flow, the link that carries its commands, and the record of what happened.

The window and the crowd without windows drive the same class. Not for two threads at once.
"""

from typing import Protocol

from hallserver.client.outbox import OutboxFull
from hallserver.client.record import Record
from hallserver.client.updates import ReplyArrived, Update
from hallserver.protocol import commands as c
from hallserver.protocol.ids import CommandId, CounterId
from hallserver.protocol.replies import Rejected, TicketAtCounter
from ui.counter.flow import (
    Act,
    Asked,
    Event,
    Pressed,
    SignInPressed,
    State,
    SubmitRefused,
    Submitted,
    step,
)

_TOLD: dict[type[c.Command], str] = {
    c.CallNext: "called",
    c.Recall: "recalled",
    c.Arrive: "arrived",
    c.Complete: "completed",
    c.MarkNoShow: "no_show",
    c.CallTicket: "called",
    c.UndoCall: "undone",
    c.Transfer: "transferred",
    c.Park: "parked",
    c.Resume: "resumed",
    c.Reinstate: "reinstated",
}
"""Every command that is answered with a ticket at a counter."""


class Link(Protocol):
    """What carries commands: `PahoLink`, `QtLink`, or a test's own."""

    def submit(self, command: c.Command) -> CommandId | OutboxFull:
        """Take a command without waiting."""
        ...


class Terminal:
    """A counter's terminal. `state` is what it shows."""

    def __init__(self, counter: CounterId, link: Link, record: Record) -> None:
        self.counter = counter
        self.state = State()
        self._link = link
        self._record = record

    def press(self, act: Act, at_s: float | None = None) -> bool:
        """Press a key; say whether it led to a command. `at_s` as in `flow.Pressed`."""
        return self._step(Pressed(act, at_s))

    def ask(self, command: c.Command, at_s: float | None = None) -> bool:
        """Ask for what has no key; say whether it led to a command. `at_s` as in `flow.Asked`."""
        return self._step(Asked(command, at_s))

    def sign_in(self, account: str, password: str, at_s: float | None = None) -> bool:
        """Send the sign-in form; say whether it led to a command."""
        return self._step(SignInPressed(account, password, at_s))

    def take(self, update: Update) -> None:
        """Take what the link tells."""
        if isinstance(update, ReplyArrived):
            self._note_reply(update)
        self._step(update)

    def _step(self, event: Event) -> bool:
        self.state, effects = step(self.state, event)
        for effect in effects:
            if isinstance(effect.command, c.CallNext):
                self._record.note("key_next", counter=self.counter)
            taken = self._link.submit(effect.command)
            told = SubmitRefused() if isinstance(taken, OutboxFull) else Submitted(taken)
            self.state, _ = step(self.state, told)
        return bool(effects)

    def _note_reply(self, update: ReplyArrived) -> None:
        match update.reply:
            case TicketAtCounter(ticket=ticket, number=number):
                kind = _TOLD[type(update.command)]
                self._record.note(kind, counter=self.counter, ticket=ticket, number=number)
            case Rejected(code=code):
                self._record.note("rejected", counter=self.counter, code=code)
