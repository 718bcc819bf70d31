"""Where every ticket and every clerk was at each line of the journal: the auditor's own model."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hallserver.torture.journal import Line
from hallserver.torture.record import Row

_TAKES = frozenset({"TicketCalled", "TicketResumed"})
_FREES = frozenset(
    {
        "TicketCompleted",
        "TicketMissed",
        "TicketReleased",
        "TicketExpired",
        "TicketParked",
        "TicketTransferred",
        "TicketReturned",
        "StepCompleted",
    }
)
_ENDS = frozenset({"TicketCompleted", "TicketVoided", "TicketCancelled", "TicketExpired"})


@dataclass(slots=True)
class _Hall:
    """Who is where, after some line."""

    at_counter: dict[int, str] = field(default_factory=dict)
    counter_of: dict[str, int] = field(default_factory=dict)
    clerk_at: dict[int, str] = field(default_factory=dict)
    counter_of_clerk: dict[str, int] = field(default_factory=dict)
    on_paper: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)

    def take(self, line: Line) -> Iterator[str]:
        """Take one line in; yield what it contradicts."""
        where = f"journal line {line.seq}"
        ticket = str(line.body.get("ticket"))
        if ticket in self.ended and line.type != "ServiceRated":
            yield f"{where}: {line.type} of {ticket}, which has ended"
        if line.type in ("TicketPrinted", "TicketCarriedOver"):
            self.on_paper.add(ticket)
        elif line.type in _TAKES:
            yield from self._call(where, ticket, line.body["counter"])
        elif line.type in _FREES and ticket in self.counter_of:
            self.at_counter.pop(self.counter_of.pop(ticket), None)
        elif line.type == "ClerkSignedIn":
            yield from self._sign_in(where, line.body["clerk"], line.body["counter"])
        elif line.type == "ClerkSignedOut":
            self.clerk_at.pop(line.body["counter"], None)
            self.counter_of_clerk.pop(line.body["clerk"], None)
        if line.type in _ENDS:
            self.ended.add(ticket)

    def _call(self, where: str, ticket: str, counter: int) -> Iterator[str]:
        if ticket in self.counter_of:
            yield f"{where}: {ticket} comes to {counter} and is at {self.counter_of[ticket]}"
        if counter in self.at_counter:
            yield f"{where}: {ticket} comes to {counter}, where {self.at_counter[counter]} is"
        if ticket not in self.on_paper:
            yield f"{where}: {ticket} is called and never was on paper"
        if counter not in self.clerk_at:
            yield f"{where}: {ticket} is called to {counter}, where nobody is"
        self.counter_of[ticket], self.at_counter[counter] = counter, ticket

    def _sign_in(self, where: str, clerk: str, counter: int) -> Iterator[str]:
        if counter in self.clerk_at:
            yield f"{where}: {clerk} joins {self.clerk_at[counter]} at {counter}"
        if clerk in self.counter_of_clerk:
            yield f"{where}: {clerk} is at {self.counter_of_clerk[clerk]} and at {counter}"
        self.clerk_at[counter], self.counter_of_clerk[clerk] = clerk, counter


def check_places(lines: Iterable[Line]) -> Iterator[str]:
    """Yield each ticket that is at two counters, and each counter that has two of anything."""
    hall = _Hall()
    for line in lines:
        yield from hall.take(line)


State = tuple[str | None, str | None]
"""Clerk and active ticket of a counter."""


class _History:
    """What each counter's state was at any line."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._seqs: dict[int, list[int]] = defaultdict(list)
        self._states: dict[int, list[State]] = defaultdict(list)
        hall = _Hall()
        for line in lines:
            ticket = str(line.body.get("ticket"))
            touched = (line.body.get("counter"), hall.counter_of.get(ticket))
            for _ in hall.take(line):
                pass
            for counter in {int(each) for each in touched if each is not None}:
                self._seqs[counter].append(line.seq)
                state = (hall.clerk_at.get(counter), hall.at_counter.get(counter))
                self._states[counter].append(state)

    def at(self, counter: int, seq: int) -> State:
        at = bisect_right(self._seqs[counter], seq)
        return self._states[counter][at - 1] if at else (None, None)


def check_seen(records: Mapping[str, Sequence[Row]], lines: Sequence[Line]) -> Iterator[str]:
    """Yield each snapshot that showed a counter otherwise than the journal at its version."""
    history = _History(lines)
    last_seq = lines[-1].seq if lines else 0
    for client, rows in records.items():
        for row in rows:
            if row["kind"] != "saw" or "active" not in row:
                continue
            version, counter = row["version"], int(row["topic"].rpartition(" ")[2])
            if version > last_seq:
                yield f"{client}: was shown line {version}, the journal ends at {last_seq}"
                continue
            shown, true = (row["clerk"], row["active"]), history.at(counter, version)
            if shown != true:
                yield f"{client}: at line {version} was shown {shown}, the journal has {true}"
