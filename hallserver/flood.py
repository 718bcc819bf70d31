"""Who sends more than a client of the hall can is cut off for a while, and others do not wait.

A client of ours sends its next command when the last one is answered: the server's own pace bounds
it. Whoever sends on regardless fills the broker's queue for the server, which is one for all
clients, and has to go before that is full.
"""

from collections import Counter
from enum import Enum, auto, unique

from hallserver.protocol.ids import ClientId

MESSAGES_A_SECOND = 2_000
"""Of one client. No honest one comes near: each waits for its answer, which takes a commit."""
NO_ROOM_WEIGHS = 20
"""A message that finds no room counts as so many: its sender does not wait for answers."""
MALFORMED_WEIGHS = 10
"""No honest client sends what cannot be read."""
OVERSIZE_WEIGHS = 100
"""A message longer than a command may be: a few hundred of them fill the broker's queue."""
SECOND_MS = 1_000
CUT_OFF_MS = 60_000
"""So long a client stays cut off. Then it may try again, and is cut off again if it must be."""


@unique
class Verdict(Enum):
    """What to do with a message of a client."""

    TAKEN = auto()
    FLOODS = auto()
    """It is one too many: drop it, and cut the client off."""
    DROPPED = auto()
    """The client is cut off: this was on its way already."""


class Floods:
    """Counts what each client sends, in tables as long as the hall has clients. For one thread."""

    def __init__(self, limit: int = MESSAGES_A_SECOND, cut_off_ms: int = CUT_OFF_MS) -> None:
        """`limit` is a number of messages within a second."""
        self._limit = limit
        self._cut_off_ms = cut_off_ms
        self._sent: Counter[ClientId] = Counter()
        self._second_ends_ms = 0
        self._out_until_ms: dict[ClientId, int] = {}

    @property
    def cut_off(self) -> frozenset[ClientId]:
        """Those who are cut off now."""
        return frozenset(self._out_until_ms)

    def judge(self, client: ClientId, now_ms: int, weight: int = 1) -> Verdict:
        """Count a message, at a time of the hall's own clock.

        One that was `TAKEN` and then found no room is counted once more, with its weight.
        """
        if client in self._out_until_ms:
            return Verdict.DROPPED
        if now_ms >= self._second_ends_ms:
            self._second_ends_ms = now_ms + SECOND_MS
            self._sent.clear()
        self._sent[client] += weight
        if self._sent[client] <= self._limit:
            return Verdict.TAKEN
        self._out_until_ms[client] = now_ms + self._cut_off_ms
        return Verdict.FLOODS

    def let_in(self, now_ms: int) -> tuple[ClientId, ...]:
        """Return those whose time is over, once; they may send again."""
        due = tuple(client for client, until in self._out_until_ms.items() if now_ms >= until)
        for client in due:
            del self._out_until_ms[client]
        return due
