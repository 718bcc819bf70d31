"""What the voice of each zone has to say: calls that nobody has spoken yet, in order.

Each call and recall is an announcement until it ends in exactly one way (`Outcome`). A zone
without a call screen has no voice, and a back office calls without one: neither has announcements.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum, unique

import msgspec

from hallserver.domain.invariant import invariant
from hallserver.protocol.ids import CounterId, TicketId, TicketNumber, ZoneId
from hallserver.protocol.snapshots import MAX_VOICE_CALLS

TOO_OLD_MS = 60_000
"""A call that was not spoken for so long is not spoken as if it were new."""

BACKLOG_LIMIT_MS = 8_000
"""With more speech than this before it, the next call would begin too late: calls are merged."""

MAX_CALLS_TOGETHER = 4
"""Nobody keeps more numbers than this in mind while a sentence goes on."""

# How long speech takes, for the decision when to merge: about 4.5 Chinese syllables a second.
CHIME_MS = 500
PAUSE_MS = 300
SYLLABLE_MS = 220
_SYLLABLES_AROUND = len("请号到号窗口")


@unique
class Outcome(StrEnum):
    """How an announcement ended."""

    ANNOUNCED = "announced"
    """Spoken, in an utterance that began with it."""

    MERGED = "merged"
    """Spoken too, in the utterance of an announcement before it."""

    WITHDRAWN = "withdrawn"
    """Its visitor came, its call ended, or it grew too old, before it was spoken."""

    DROPPED = "dropped"
    """More waited than a zone keeps, or the voice failed."""


class Announcement(msgspec.Struct, frozen=True):
    """One call or recall that has to be said. `call_seq` is its line in the journal.

    `called_ms` is on the hall's own clock.
    """

    call_seq: int
    ticket: TicketId
    number: TicketNumber
    counter: CounterId
    called_ms: int


Calls = tuple[Announcement, ...]
"""The call of one ticket and its recalls, which are said as one."""


class Sentence(msgspec.Struct, frozen=True):
    """What is said in one go, and how often."""

    calls: tuple[Calls, ...]
    times: int


class Voices:
    """The announcements that wait, zone by zone, and how all others of the day ended."""

    def __init__(self, zones: Iterable[ZoneId]) -> None:
        """`zones` are those that have a voice."""
        self._waiting: dict[ZoneId, dict[int, Announcement]] = {zone: {} for zone in zones}
        self._by_ticket: dict[ZoneId, dict[TicketId, list[int]]] = {z: {} for z in self._waiting}
        self._outcomes: dict[int, Outcome | None] = {}

    @property
    def zones(self) -> tuple[ZoneId, ...]:
        """The zones that have a voice."""
        return tuple(self._waiting)

    def call(self, zone: ZoneId, announcement: Announcement) -> bool:
        """Have a call said; answers whether its zone has a voice.

        A recall joins its call, where that was not said yet.

        The oldest is dropped when more wait than a zone keeps: it is the one that people have had
        the longest time to read.
        """
        waiting = self._waiting.get(zone)
        if waiting is None:
            return False
        if len(waiting) == MAX_VOICE_CALLS:
            self.end(zone, next(iter(waiting)), Outcome.DROPPED)
        waiting[announcement.call_seq] = announcement
        self._by_ticket[zone].setdefault(announcement.ticket, []).append(announcement.call_seq)
        self._outcomes[announcement.call_seq] = None
        return True

    def withdraw(self, zone: ZoneId, ticket: TicketId) -> bool:
        """Say nothing more of a ticket; answers whether something was left to say."""
        seqs = tuple(self._by_ticket.get(zone, {}).get(ticket, ()))
        for seq in seqs:
            self.end(zone, seq, Outcome.WITHDRAWN)
        return bool(seqs)

    def end(self, zone: ZoneId, call_seq: int, outcome: Outcome) -> None:
        """Note how an announcement ended. Raises InvariantError when it does not wait."""
        waiting = self._waiting[zone]
        invariant(call_seq in waiting, f"call {call_seq} waits to be said in {zone}")
        announcement = waiting.pop(call_seq)
        by_ticket = self._by_ticket[zone]
        by_ticket[announcement.ticket].remove(call_seq)
        if not by_ticket[announcement.ticket]:
            del by_ticket[announcement.ticket]
        self._outcomes[call_seq] = outcome

    def pending(self, zone: ZoneId) -> tuple[Calls, ...]:
        """Return what waits to be said in a zone, in order; nothing where there is no voice."""
        waiting = self._waiting.get(zone, {})
        return tuple(
            tuple(waiting[seq] for seq in seqs) for seqs in self._by_ticket.get(zone, {}).values()
        )

    def too_old(self, now_ms: int) -> Iterator[tuple[ZoneId, int]]:
        """Give the zone and number of every call that has waited too long; they stand first."""
        for zone, waiting in self._waiting.items():
            for seq, announcement in waiting.items():
                if now_ms - announcement.called_ms < TOO_OLD_MS:
                    break
                yield zone, seq

    @property
    def outcomes(self) -> Mapping[int, Outcome | None]:
        """How the announcements of the day ended, by `call_seq`; None for those that wait."""
        return self._outcomes


def speech_ms(sentence: Sentence) -> int:
    """Estimate how long a sentence takes to say, with the chime before it."""
    syllables = sum(
        len(calls[0].number) + len(str(calls[0].counter)) + _SYLLABLES_AROUND
        for calls in sentence.calls
    )
    pauses = len(sentence.calls) * PAUSE_MS
    return CHIME_MS + sentence.times * (syllables * SYLLABLE_MS + pauses)


def sentences(pending: Sequence[Calls]) -> tuple[Sentence, ...]:
    """Make sentences of what waits: each call by itself and twice, while there is time for that.

    When the backlog is long, neighbours are said together and once. The order stays.
    """
    alone = tuple(Sentence((calls,), times=2) for calls in pending)
    if sum(map(speech_ms, alone)) <= BACKLOG_LIMIT_MS:
        return alone
    return tuple(
        Sentence(tuple(pending[first : first + MAX_CALLS_TOGETHER]), times=1)
        for first in range(0, len(pending), MAX_CALLS_TOGETHER)
    )
