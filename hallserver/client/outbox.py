"""The commands that wait for their answer, kept until it comes, over restarts too.

They are sent one at a time, in the order of their submission: what a clerk pressed while the link
was down ("complete", then "next") happens in that order when it is back, whatever gets lost.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hallserver.protocol.codec import MalformedCommand, decode_command, encode_command
from hallserver.protocol.commands import (
    Command,
    CommandMessage,
    FindAppointments,
    ShowTicket,
    SignIn,
)
from hallserver.protocol.ids import CommandId
from hallserver.protocol.version import SCHEMA_VERSION

MAX_OUTBOX_COMMANDS = 256
"""Commands without an answer. A kiosk that is cut off makes about one a minute."""

RESEND_AFTER_S = 3.0
"""A command without an answer is sent again, with the same id, after this long."""

NEVER_STORED: tuple[type[Command], ...] = (SignIn, ShowTicket, FindAppointments)
"""Kept in memory only: a password has no place on a disk, a question no use after a restart."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class OutboxFull:
    """`limit` commands wait for an answer already; this one was not taken."""

    limit: int = MAX_OUTBOX_COMMANDS


class OutboxStore(Protocol):
    """Where commands survive a restart. Used by one thread at a time; never raises."""

    def load(self) -> Sequence[tuple[CommandId, bytes]]:
        """Return what is stored, oldest first."""
        ...

    def put(self, command_id: CommandId, message: bytes) -> None:
        """Store a message. On return it survives a power cut, or a log line says why not."""
        ...

    def drop(self, command_id: CommandId) -> None:
        """Forget a message, if it is there."""
        ...

    def close(self) -> None:
        """Give the file back. May be called twice."""
        ...


@dataclass
class _Waiting:
    command_id: CommandId
    command: Command
    message: bytes


class Outbox:
    """Commands in the order of their submission; each leaves when its answer comes."""

    def __init__(self, store: OutboxStore) -> None:
        """Take over what the store still holds from before the last stop."""
        self._store = store
        self._waiting: dict[CommandId, _Waiting] = {}
        self._sent_at_s: float | None = None  # of the oldest; the others are not sent yet
        for command_id, message in store.load():
            self._take_over(command_id, message)

    def __len__(self) -> int:
        """Count the commands without an answer."""
        return len(self._waiting)

    def __contains__(self, command_id: CommandId) -> bool:
        """Whether a command waits for its answer."""
        return command_id in self._waiting

    def add(self, command_id: CommandId, command: Command) -> OutboxFull | None:
        """Store a command before it is sent. Raises MessageTooLargeError, or ValueError on reuse.

        None means taken.
        """
        if command_id in self._waiting:
            raise ValueError("this command id is in use")
        message = encode_command(CommandMessage(SCHEMA_VERSION, command_id, command))
        if len(self._waiting) >= MAX_OUTBOX_COMMANDS:
            return OutboxFull()
        if not isinstance(command, NEVER_STORED):
            self._store.put(command_id, message)
        self._waiting[command_id] = _Waiting(command_id, command, message)
        return None

    def answered(self, command_id: CommandId) -> Command | None:
        """Let a command go and return it; None when no such command waits."""
        waiting = self._waiting.get(command_id)
        if waiting is None:
            return None
        if next(iter(self._waiting)) == command_id:
            self._sent_at_s = None
        del self._waiting[command_id]
        self._store.drop(command_id)
        return waiting.command

    def take_due(self, now_s: float) -> bytes | None:
        """Return the message to send now, if any, and note that it is sent."""
        if self._sent_at_s is not None and now_s - self._sent_at_s < RESEND_AFTER_S:
            return None
        oldest = next(iter(self._waiting.values()), None)
        if oldest is None:
            return None
        self._sent_at_s = now_s
        return oldest.message

    def may_be_lost(self) -> None:
        """Note that what was sent may not have arrived: it is due again at once."""
        self._sent_at_s = None

    def _take_over(self, command_id: CommandId, stored: bytes) -> None:
        decoded = decode_command(stored)
        if isinstance(decoded, MalformedCommand) or decoded.id != command_id:
            # Another version of ours wrote it. What it says could quote a token: not logged.
            _LOG.error("stored command %s cannot be read and is given up", command_id)
            self._store.drop(command_id)
            return
        message = encode_command(CommandMessage(SCHEMA_VERSION, command_id, decoded.command))
        self._waiting[command_id] = _Waiting(command_id, decoded.command, message)
