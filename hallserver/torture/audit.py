"""The auditor: what clients were told, held against a plain reading of the journal.

It has a model of its own and uses nothing of the hall. A complaint is a promise that was broken.
"""

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hallserver.torture.journal import Answer, Key, Line, Written
from hallserver.torture.places import check_places, check_seen
from hallserver.torture.record import Row

MAX_COMPLAINTS = 200

NEVER_STORED = frozenset({"SignIn", "ShowTicket"})
"""What a client does not keep on its disk: it may be forgotten with its process."""

# Which events a command leaves when it was obeyed; of a ticket that was so already, an earlier one.
_EFFECT = {
    "ReserveTicket": {"TicketReserved"},
    "ConfirmPrinted": {"TicketPrinted"},
    "VoidTicket": {"TicketVoided", "TicketCancelled", "TicketExpired"},
    "CancelTicket": {"TicketCancelled", "TicketVoided", "TicketExpired"},
    "RateService": {"ServiceRated"},
    "CallNext": {"TicketCalled"},
    "Recall": {"TicketRecalled"},
    "Arrive": {"TicketArrived"},
    "Complete": {"TicketCompleted", "TicketReturned", "StepCompleted"},
    "MarkNoShow": {"TicketMissed"},
    "UndoCall": {"TicketReleased"},
    "Reinstate": {"TicketReinstated"},
    "Transfer": {"TicketTransferred"},
    "Park": {"TicketParked"},
    "Resume": {"TicketResumed"},
}


@dataclass(slots=True)
class Findings:
    """What was counted and what is wrong."""

    tickets: int = 0
    calls: int = 0
    commands: int = 0
    acknowledged: int = 0
    seen: int = 0
    untold: int = 0
    """Answers that a killed process had taken out of its outbox and not yet passed on."""
    complaints: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        """Note a broken promise."""
        if len(self.complaints) < MAX_COMPLAINTS:
            self.complaints.append(text)


Records = Mapping[str, Sequence[Row]]
"""Each client's own record."""


def audit(records: Records, written: Written, *, is_quiet: bool = True) -> Findings:
    """Hold the records against the journal. `is_quiet`: nobody waits for an answer any more."""
    findings = Findings()
    types = Tally(line.type for line in written.lines)
    findings.tickets = types["TicketReserved"]
    findings.calls = types["TicketCalled"]
    findings.commands = len(written.answers)
    _check_lines(findings, written)
    _check_told(findings, records, written)
    _check_executed_once(findings, records, written)
    if is_quiet:
        _check_untold(findings, records, written)
    _check_numbers(findings, records, written.lines)
    for complaint in check_places(written.lines):
        findings.complain(complaint)
    findings.seen = sum(row["kind"] == "saw" for rows in records.values() for row in rows)
    for complaint in check_seen(records, written.lines):
        findings.complain(complaint)
    return findings


def _check_lines(findings: Findings, written: Written) -> None:
    """The journal has no gap, and its starts go forward."""
    epoch = 0
    for number, line in enumerate(written.lines, 1):
        if line.seq != number:
            findings.complain(f"journal: line {line.seq} stands where {number} belongs")
            return
        if line.epoch < epoch:
            findings.complain(f"journal line {line.seq}: of start {line.epoch} after {epoch}")
        epoch = max(epoch, line.epoch)
    if epoch > written.starts:
        findings.complain(f"journal: lines of start {epoch}, and {written.starts} starts")


def _check_told(findings: Findings, records: Records, written: Written) -> None:
    """What a client was told stands in the journal, word for word, with what it says."""
    lines_of: dict[Key, list[Line]] = defaultdict(list)
    of_ticket: dict[str, list[Line]] = defaultdict(list)
    for line in written.lines:
        if line.command_id is not None:
            lines_of[line.client, line.command_id].append(line)
        if "ticket" in line.body:
            of_ticket[line.body["ticket"]].append(line)
    for client, row in _rows(records, "told"):
        findings.acknowledged += 1
        name = f"{client} {row['command']['type']} {row['id']}"
        answer = written.answers.get((client, row["id"]))
        if answer is None:
            findings.complain(f"{name}: was told {_short(row['reply'])}, the journal has no answer")
        elif answer.body != row["reply"]:
            findings.complain(
                f"{name}: was told {_short(row['reply'])}, the journal says {_short(answer.body)}"
            )
        else:
            own = lines_of[client, row["id"]]
            for complaint in _check_effect(row, answer, own, of_ticket):
                findings.complain(f"{name}: {complaint}")


def _check_effect(
    row: Row, answer: Answer, own: Sequence[Line], of_ticket: Mapping[str, Sequence[Line]]
) -> Iterator[str]:
    reply, command = row["reply"], row["command"]
    if reply["type"] == "Rejected":
        if own:
            yield f"was refused and has journal line {own[0].seq}"
        return
    wanted = _EFFECT.get(command["type"])
    ticket = reply.get("ticket") or command.get("ticket")
    if ticket is None and "token" in command:
        ticket = command["token"].split(".")[1]
    if wanted is None or ticket is None:
        return
    is_there = any(line.type in wanted and line.seq <= answer.seq for line in of_ticket[ticket])
    if not is_there:
        yield f"{ticket} was acknowledged, the journal has no {sorted(wanted)}"
    if reply["type"] == "Reservation":
        given = [line.body for line in own if line.type == "TicketReserved"]
        said = (ticket, reply["number"], command["service"])
        if [(body["ticket"], body["number"], body["service"]) for body in given] != [said]:
            yield f"was told {said}, its journal lines say {given}"


def _check_executed_once(findings: Findings, records: Records, written: Written) -> None:
    """A command is in one transaction of one start, once, and somebody asked for it."""
    asked = {(client, row["id"]): row["command"] for client, row in _rows(records, "asked")}
    spans: dict[Key, list[Line]] = defaultdict(list)
    for line in written.lines:
        if line.command_id is not None and line.client in records:
            spans[line.client, line.command_id].append(line)
    for key, lines in spans.items():
        name = f"{key[0]} {key[1]}"
        first, last = lines[0], lines[-1]
        if last.seq - first.seq + 1 != len(lines) or first.epoch != last.epoch:
            findings.complain(
                f"{name}: executed twice, journal lines {[each.seq for each in lines]}"
            )
        kinds = Tally(line.type for line in lines)
        effects = sum(kinds[kind] for kind in _EFFECT.get(asked.get(key, {}).get("type", ""), ()))
        if effects > 1:
            findings.complain(f"{name}: has its effect {effects} times, lines {dict(kinds)}")
        answer = written.answers.get(key)
        if answer is None or answer.seq != last.seq:
            findings.complain(f"{name}: journal line {last.seq} without its answer")
    for key in {*spans, *(key for key in written.answers if key[0] in records)}:
        if key not in asked:
            findings.complain(f"{key[0]} {key[1]}: in the journal, and nobody asked for it")


def _check_untold(findings: Findings, records: Records, written: Written) -> None:
    """What was executed was told, once; but for one answer that a killed process held in hand."""
    for client, rows in records.items():
        told = Tally(row["id"] for row in rows if row["kind"] == "told")
        for command_id, count in told.items():
            if count > 1:
                findings.complain(f"{client} {command_id}: told {count} times")
        commands = {row["id"]: row["command"]["type"] for row in rows if row["kind"] == "asked"}
        untold = [
            command_id
            for command_id, kind in commands.items()
            if kind not in NEVER_STORED
            and command_id not in told
            and (client, command_id) in written.answers
        ]
        findings.untold += len(untold)
        killed = sum(row["kind"] == "life" for row in rows) - 1
        if len(untold) > killed:
            findings.complain(
                f"{client}: {len(untold)} answers never came, its process was killed {killed} "
                f"times: {untold[:5]}"
            )


def _check_numbers(findings: Findings, records: Records, lines: Sequence[Line]) -> None:
    """A number is given once per series and day, by the journal and by what kiosks heard."""
    reserved = [line.body for line in lines if line.type == "TicketReserved"]
    heard = [
        row["reply"] for _, row in _rows(records, "told") if row["reply"]["type"] == "Reservation"
    ]
    tallies = {
        "number given": Tally(f"{each['ticket'][:8]} {each['number']}" for each in reserved),
        "ordinal given": Tally(
            f"{each['ticket'][:8]} {each['series']} {each['ordinal']}" for each in reserved
        ),
        "number told": Tally(f"{each['ticket'][:8]} {each['number']}" for each in heard),
        "ticket told": Tally(each["ticket"] for each in heard),
    }
    for what, tally in tallies.items():
        for name, count in tally.items():
            if count > 1:
                findings.complain(f"{name}: {what} {count} times")
    rated = Tally(line.body["ticket"] for line in lines if line.type == "ServiceRated")
    for ticket, count in rated.items():
        if count > 1:
            findings.complain(f"{ticket}: rated {count} times")


def _rows(records: Records, kind: str) -> Iterable[tuple[str, Row]]:
    return (
        (client, row) for client, rows in records.items() for row in rows if row["kind"] == kind
    )


def _short(reply: Mapping[str, Any]) -> str:
    """Say a reply in a few words, without a ticket's token."""
    said = {name: reply[name] for name in ("number", "state", "code") if name in reply}
    return f"{reply.get('type')} {said}" if said else str(reply.get("type"))
