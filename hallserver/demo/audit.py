"""The auditor: what clients were told, held against the journal.

Its model is its own. It is built from the clients' records, which know nothing of the journal, and
from a plain reading of the journal's lines, not from the code that runs the hall.
"""

import json
import sqlite3
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
"""One line of a client's record: `t_ns` (monotonic), `kind`, and what the kind carries."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal, as it lies in the file."""

    seq: int
    elapsed_ms: int
    client: str
    type: str
    body: Row


def read_records(paths: Iterable[Path]) -> Iterator[Row]:
    """Yield all lines of the clients' records. A last line that a killed process cut is left."""
    for path in sorted(paths):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)


def read_journal(database: Path) -> list[Line]:
    """Read the event lines of a SQLite journal, in order, without the code that wrote them."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT seq, elapsed_ms, client, type, body FROM event ORDER BY seq"
        )
        return [
            Line(seq, elapsed_ms, client, kind, json.loads(body))
            for seq, elapsed_ms, client, kind, body in rows
        ]
    finally:
        connection.close()


@dataclass(slots=True)
class Findings:
    """What the audit counted and what it complains about. No complaint means that all held."""

    tickets: int = 0
    calls: int = 0
    no_shows: int = 0
    ratings: int = 0
    acknowledged: int = 0
    papers: int = 0
    duplicates: int = 0
    lost: int = 0
    double_called: int = 0
    wrong_papers: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Nothing was lost, doubled, called twice or printed wrong."""
        return not self.complaints


# What a client was told, and the journal's lines of which one must be there for it.
_ACKNOWLEDGED = {
    "reserved": {"TicketReserved"},
    "confirmed": {"TicketPrinted"},
    "voided": {"TicketVoided"},
    "called": {"TicketCalled"},
    "arrived": {"TicketArrived"},
    "completed": {"TicketCompleted", "TicketReturned", "StepCompleted"},
    "no_show": {"TicketMissed"},
    "undone": {"TicketReleased"},
    "transferred": {"TicketTransferred"},
    "parked": {"TicketParked"},
    "resumed": {"TicketResumed"},
    "reinstated": {"TicketReinstated"},
    "rated": {"ServiceRated"},
}


def audit(records: Iterable[Row], journal: Sequence[Line]) -> Findings:
    """Hold the clients' records against the journal."""
    told: dict[str, list[Row]] = defaultdict(list)
    for row in records:
        told[row["kind"]].append(row)
    findings = Findings()
    by_type = Tally(line.type for line in journal)
    findings.tickets = by_type["TicketReserved"]
    findings.calls = by_type["TicketCalled"]
    findings.no_shows = by_type["TicketMissed"]
    findings.ratings = by_type["ServiceRated"]
    _check_lost(findings, told, journal)
    _check_numbers(findings, told, journal)
    _check_papers(findings, told)
    _check_told_calls(findings, told, journal)
    _check_journal_calls(findings, journal)
    return findings


def _check_lost(
    findings: Findings, told: Mapping[str, Sequence[Row]], journal: Sequence[Line]
) -> None:
    written: dict[str, set[str]] = defaultdict(set)
    for line in journal:
        if "ticket" in line.body:
            written[line.type].add(line.body["ticket"])
    for kind, events in _ACKNOWLEDGED.items():
        for row in told[kind]:
            findings.acknowledged += 1
            if not any(row["ticket"] in written[event] for event in events):
                findings.lost += 1
                wanted = " or ".join(sorted(events))
                findings.complaints.append(f"{row['ticket']}: told {kind}, no {wanted} in journal")


def _check_numbers(
    findings: Findings, told: Mapping[str, Sequence[Row]], journal: Sequence[Line]
) -> None:
    """A number is given once per series and day, by the journal and by what kiosks heard."""
    reserved = [line.body for line in journal if line.type == "TicketReserved"]
    for name, tickets in (
        ("given", Tally((each["ticket"][:8], each["number"]) for each in reserved)),
        ("told", Tally((row["ticket"][:8], row["number"]) for row in told["reserved"])),
    ):
        for (day, number), count in tickets.items():
            if count > 1:
                findings.duplicates += count - 1
                findings.complaints.append(f"{number} of {day}: {name} {count} times")
    ratings = Tally(line.body["ticket"] for line in journal if line.type == "ServiceRated")
    for ticket, count in ratings.items():
        if count > 1:
            findings.duplicates += count - 1
            findings.complaints.append(f"{ticket}: rated {count} times")


def _check_papers(findings: Findings, told: Mapping[str, Sequence[Row]]) -> None:
    """Each ticket is on one paper at most, and the paper's code is that ticket's own."""
    papers = Tally(row["ticket"] for row in told["printed"])
    findings.papers = papers.total()
    for ticket, count in papers.items():
        if count > 1:
            findings.duplicates += count - 1
            findings.complaints.append(f"{ticket}: on {count} papers")
    for row in told["printed"]:
        ticket = row["ticket"]
        if not str(row.get("qr_token")).startswith(f"JH1.{ticket}."):
            findings.wrong_papers += 1
            findings.complaints.append(f"{ticket}: its paper holds the code {row.get('qr_token')}")


def _check_told_calls(
    findings: Findings, told: Mapping[str, Sequence[Row]], journal: Sequence[Line]
) -> None:
    """No clerk was given somebody whom another had been given and not put back in line."""
    back = Tally(line.body["ticket"] for line in journal if line.type in _BACK_IN_LINE)
    counters: dict[str, list[int]] = defaultdict(list)
    for row in told["called"]:
        counters[row["ticket"]].append(row["counter"])
    for ticket, called_at in counters.items():
        if len(called_at) > 1 + back[ticket]:
            findings.double_called += 1
            findings.complaints.append(f"{ticket}: clerks at counters {called_at} were given it")


_SENT_ON = {"TicketTransferred", "TicketReturned", "StepCompleted"}
_BACK_IN_LINE = {"TicketReleased", "TicketReinstated", *_SENT_ON}
_FREES = {
    "TicketCompleted",
    "TicketMissed",
    "TicketReleased",
    "TicketExpired",
    "TicketParked",
    *_SENT_ON,
}
_TAKES = {"TicketCalled", "TicketResumed"}


def _check_journal_calls(findings: Findings, journal: Sequence[Line]) -> None:
    """One ticket a counter and one counter a ticket; only numbers on paper are called."""
    at_counter: dict[int, str] = {}
    counter_of: dict[str, int] = {}
    on_paper: set[str] = set()
    for line in journal:
        ticket = str(line.body.get("ticket"))
        if line.type == "TicketPrinted":
            on_paper.add(ticket)
        elif line.type in _TAKES:
            counter = line.body["counter"]
            if ticket in counter_of or counter in at_counter:
                findings.double_called += 1
                findings.complaints.append(
                    f"journal line {line.seq}: {ticket} is called to {counter}, while it is at "
                    f"{counter_of.get(ticket)} and there is {at_counter.get(counter)}"
                )
            if ticket not in on_paper:
                findings.complaints.append(f"{ticket}: called and never on paper")
            counter_of[ticket], at_counter[counter] = counter, ticket
        elif line.type in _FREES and ticket in counter_of:
            at_counter.pop(counter_of.pop(ticket), None)


def call_latencies_ms(records: Iterable[Row]) -> list[float]:
    """Return, for each call that the real call screen drew, key press to drawn frame, in ms.

    The processes of one machine share the monotonic clock. A number is called anew after a release
    or recall: a drawing belongs to the last press of its counter before it.
    """
    presses: dict[tuple[int, str], float] = {}
    key_at: dict[int, int] = {}
    latencies: list[float] = []
    for row in sorted(records, key=lambda row: row["t_ns"]):
        match row["kind"]:
            case "key_next":
                key_at[row["counter"]] = row["t_ns"]
            case "shown" if row.get("recalls", 0) == 0:
                pressed = key_at.get(row["counter"])
                call = (row["counter"], row["number"])
                if pressed is not None and call not in presses:
                    presses[call] = pressed
                    latencies.append((row["t_ns"] - pressed) / 1e6)
    return latencies


def waiting_ms(journal: Sequence[Line]) -> list[float]:
    """Return, for each ticket that was called, how long it waited: paper to first call, in ms."""
    printed_ms: dict[str, int] = {}
    waited: dict[str, float] = {}
    for line in journal:
        ticket = str(line.body.get("ticket"))
        if line.type == "TicketPrinted":
            printed_ms[ticket] = line.elapsed_ms
        elif line.type == "TicketCalled" and ticket in printed_ms:
            waited.setdefault(ticket, line.elapsed_ms - printed_ms[ticket])
    return list(waited.values())
