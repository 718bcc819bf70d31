"""The torture's auditor finds each broken promise: every sentence plants one lie."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from hallserver.torture.audit import audit
from hallserver.torture.journal import Answer, Line, Written

DAY = "20261123"
T1, T2 = f"{DAY}-A001", f"{DAY}-A002"
KIOSK, C1, C2 = "kiosk-01", "counter-1", "counter-2"

Records = dict[str, list[dict[str, Any]]]


class Story:
    """A short day as records and journal, both written by hand and sound."""

    def __init__(self) -> None:
        self.records: Records = {
            client: [{"t": 0, "kind": "life", "pid": 1}] for client in (KIOSK, C1, C2)
        }
        self.lines: list[Line] = []
        self.answers: dict[tuple[str, str], Answer] = {}
        self.starts = 1
        self.line("server", None, "DayOpened", day=DAY)

    def line(self, client: str, command_id: str | None, kind: str, **body: Any) -> None:
        seq = len(self.lines) + 1
        self.lines.append(Line(seq, 1, DAY, seq, seq, client, command_id, kind, body))

    def ask(
        self,
        client: str,
        command_id: str,
        command: dict[str, Any],
        reply: dict[str, Any],
        *events: dict[str, Any],
    ) -> None:
        for event in events:
            body = {name: value for name, value in event.items() if name != "kind"}
            self.line(client, command_id, event["kind"], **body)
        self.answers[client, command_id] = Answer(len(self.lines), reply)
        self.records[client] += [
            {"t": 1, "kind": "asked", "id": command_id, "command": command},
            {"t": 2, "kind": "told", "id": command_id, "command": command, "reply": reply},
        ]

    def see(self, client: str, clerk: str | None, active: str | None) -> None:
        self.records[client].append(
            {
                "t": 3,
                "kind": "saw",
                "topic": f"CounterSnapshot {client.rpartition('-')[2]}",
                "epoch": 1,
                "version": len(self.lines),
                "clerk": clerk,
                "active": active,
            }
        )

    @property
    def written(self) -> Written:
        return Written(self.lines, self.answers, self.starts)

    def complaints(self) -> list[str]:
        return audit(self.records, self.written).complaints


def at_counter(ticket: str, state: str) -> dict[str, Any]:
    return {"type": "TicketAtCounter", "ticket": ticket, "number": "A001", "state": state}


def sound() -> Story:
    story = Story()
    for number, (ticket, name) in enumerate(((T1, "A001"), (T2, "A002")), 1):
        reserved = {
            "kind": "TicketReserved",
            "ticket": ticket,
            "number": name,
            "service": "a",
            "series": "A",
            "ordinal": number,
        }
        reply = {"type": "Reservation", "ticket": ticket, "number": name, "service": "a"}
        story.ask(
            KIOSK, f"reserve{number}", {"type": "ReserveTicket", "service": "a"}, reply, reserved
        )
        story.ask(
            KIOSK,
            f"confirm{number}",
            {"type": "ConfirmPrinted", "ticket": ticket},
            {"type": "Done"},
            {"kind": "TicketPrinted", "ticket": ticket},
        )
    for client, counter in ((C1, 1), (C2, 2)):
        clerk = f"clerk-{counter}"
        story.ask(
            client,
            f"sign-in{counter}",
            {"type": "SignIn", "clerk": clerk},
            {"type": "SignedIn", "clerk": clerk},
            {"kind": "ClerkSignedIn", "counter": counter, "clerk": clerk},
        )
    called = {"kind": "TicketCalled", "ticket": T1, "counter": 1, "clerk": "clerk-1"}
    story.ask(C1, "call1", {"type": "CallNext"}, at_counter(T1, "called"), called)
    story.see(C1, "clerk-1", T1)
    arrived = {"kind": "TicketArrived", "ticket": T1, "counter": 1}
    arrive = {"type": "Arrive", "ticket": T1}
    story.ask(C1, "arrive1", arrive, at_counter(T1, "serving"), arrived)
    completed = {"kind": "TicketCompleted", "ticket": T1, "counter": 1}
    complete = {"type": "Complete", "ticket": T1}
    story.ask(C1, "complete1", complete, at_counter(T1, "completed"), completed)
    story.see(C1, "clerk-1", None)
    refused = {"type": "Rejected", "code": "nobody_waiting"}
    story.ask(C2, "call2", {"type": "CallNext"}, refused)
    return story


def test_a_sound_day_has_no_complaint_and_is_counted() -> None:
    story = sound()
    findings = audit(story.records, story.written)
    assert findings.complaints == []
    assert (findings.tickets, findings.calls) == (2, 1)
    assert findings.acknowledged == len(story.answers) == 10
    assert (findings.seen, findings.untold) == (2, 0)


def told(story: Story, client: str, command_id: str) -> dict[str, Any]:
    rows = story.records[client]
    return next(row for row in rows if row["kind"] == "told" and row["id"] == command_id)


def lose_an_answer(story: Story) -> None:
    del story.answers[KIOSK, "reserve1"]


def tell_another_number(story: Story) -> None:
    row = told(story, KIOSK, "reserve1")
    row["reply"] = {**row["reply"], "number": "A009"}


def lose_a_reservation(story: Story) -> None:
    at = next(at for at, line in enumerate(story.lines) if line.command_id == "reserve1")
    story.lines[at] = Line(at + 1, 1, DAY, 0, 0, "server", None, "Nothing", {})


def lose_a_confirmation(story: Story) -> None:
    at = next(at for at, line in enumerate(story.lines) if line.command_id == "confirm1")
    story.lines[at] = Line(at + 1, 1, DAY, 0, 0, "server", None, "Nothing", {})


def reserve_another_service(story: Story) -> None:
    body = next(line.body for line in story.lines if line.command_id == "reserve1")
    assert isinstance(body, dict)
    body["service"] = "b"


def give_a_number_twice(story: Story) -> None:
    again = dict(story.lines[1].body)
    story.line(KIOSK, "reserve9", "TicketReserved", **again)


def tell_a_number_to_two(story: Story) -> None:
    row = copy.deepcopy(told(story, KIOSK, "reserve1"))
    story.records[C2].append(row)


def execute_again_after_a_restart(story: Story) -> None:
    story.line("server", None, "Nothing")
    story.line(C1, "complete1", "TicketCompleted", ticket=T2, counter=1)


def execute_in_two_starts(story: Story) -> None:
    at = next(at for at, line in enumerate(story.lines) if line.command_id == "confirm1")
    line = story.lines[at]
    story.lines.insert(at + 1, line)
    story.lines[:] = [
        Line(seq, 1, DAY, 0, 0, each.client, each.command_id, each.type, each.body)
        for seq, each in enumerate(story.lines, 1)
    ]
    story.answers = {
        key: Answer(answer.seq + (answer.seq > at), answer.body)
        for key, answer in story.answers.items()
    }


def do_what_nobody_asked(story: Story) -> None:
    story.line(KIOSK, "phantom", "TicketVoided", ticket=T2, cause="left")
    story.answers[KIOSK, "phantom"] = Answer(len(story.lines), {"type": "Done"})


def never_tell(story: Story) -> None:
    story.records[KIOSK].remove(told(story, KIOSK, "confirm2"))


def tell_twice(story: Story) -> None:
    story.records[KIOSK].append(told(story, KIOSK, "confirm2"))


def call_to_two_counters(story: Story) -> None:
    story.line(C2, None, "TicketCalled", ticket=T2, counter=2)
    story.line(C1, None, "TicketCalled", ticket=T2, counter=1)


def call_two_to_one_counter(story: Story) -> None:
    story.line(C2, None, "TicketPrinted", ticket="x")
    story.line(C2, None, "TicketCalled", ticket="x", counter=2)
    story.line(C2, None, "TicketCalled", ticket=T2, counter=2)


def call_without_paper(story: Story) -> None:
    story.line(C2, None, "TicketCalled", ticket=f"{DAY}-A077", counter=2)


def call_what_has_ended(story: Story) -> None:
    story.line(C2, None, "TicketCalled", ticket=T1, counter=2)


def two_clerks_at_one_counter(story: Story) -> None:
    story.line(C2, None, "ClerkSignedIn", counter=2, clerk="clerk-9")


def one_clerk_at_two_counters(story: Story) -> None:
    story.line(C2, None, "ClerkSignedIn", counter=3, clerk="clerk-2")


def show_what_never_was(story: Story) -> None:
    story.see(C2, "clerk-2", T2)


def show_the_future(story: Story) -> None:
    story.see(C2, "clerk-2", None)
    story.records[C2][-1]["version"] += 1


def refuse_and_do(story: Story) -> None:
    story.line(C2, "call2", "TicketCalled", ticket=T2, counter=2)
    story.answers[C2, "call2"] = Answer(len(story.lines), story.answers[C2, "call2"].body)


def answer_without_its_line(story: Story) -> None:
    story.answers[KIOSK, "confirm1"] = Answer(2, {"type": "Done"})


def leave_a_gap(story: Story) -> None:
    del story.lines[1]


def go_back_to_an_older_start(story: Story) -> None:
    first = story.lines[0]
    story.lines[0] = Line(1, 2, DAY, 0, 0, first.client, None, first.type, first.body)
    story.starts = 2


def rate_twice(story: Story) -> None:
    for _ in range(2):
        story.line(KIOSK, None, "ServiceRated", ticket=T1, stars=5)


LIES: list[tuple[Callable[[Story], None], str]] = [
    (lose_an_answer, "the journal has no answer"),
    (tell_another_number, "was told Reservation {'number': 'A009'}, the journal says"),
    (lose_a_reservation, "its journal lines say []"),
    (lose_a_confirmation, f"{T1} was acknowledged, the journal has no"),
    (reserve_another_service, "was told"),
    (give_a_number_twice, f"{DAY} A001: number given 2 times"),
    (tell_a_number_to_two, f"{DAY} A001: number told 2 times"),
    (execute_again_after_a_restart, "complete1: executed twice"),
    (execute_in_two_starts, "confirm1: has its effect 2 times"),
    (do_what_nobody_asked, "phantom: in the journal, and nobody asked for it"),
    (never_tell, "1 answers never came, its process was killed 0 times"),
    (tell_twice, "confirm2: told 2 times"),
    (call_to_two_counters, f"{T2} comes to 1 and is at 2"),
    (call_two_to_one_counter, f"{T2} comes to 2, where x is"),
    (call_without_paper, "is called and never was on paper"),
    (call_what_has_ended, f"TicketCalled of {T1}, which has ended"),
    (two_clerks_at_one_counter, "clerk-9 joins clerk-2 at 2"),
    (one_clerk_at_two_counters, "clerk-2 is at 2 and at 3"),
    (show_what_never_was, "the journal has ('clerk-2', None)"),
    (show_the_future, "the journal ends at"),
    (refuse_and_do, "was refused and has journal line"),
    (answer_without_its_line, "without its answer"),
    (leave_a_gap, "stands where 2 belongs"),
    (go_back_to_an_older_start, "of start 1 after 2"),
    (rate_twice, f"{T1}: rated 2 times"),
]


@pytest.mark.parametrize(("lie", "words"), LIES, ids=[lie.__name__ for lie, _ in LIES])
def test_a_lie_is_found(lie: Callable[[Story], None], words: str) -> None:
    story = sound()
    lie(story)
    assert any(words in complaint for complaint in story.complaints()), story.complaints()


def test_one_answer_may_die_in_the_hands_of_a_process_for_each_time_that_it_was_killed() -> None:
    story = sound()
    never_tell(story)
    story.records[KIOSK].insert(1, {"t": 0, "kind": "life", "pid": 2})
    findings = audit(story.records, story.written)
    assert findings.complaints == []
    assert findings.untold == 1
    story.records[KIOSK].remove(told(story, KIOSK, "confirm1"))
    assert "2 answers never came, its process was killed 1 times" in story.complaints()[0]


def test_while_the_hall_is_busy_nobody_asks_for_answers_on_their_way() -> None:
    story = sound()
    never_tell(story)
    assert audit(story.records, story.written, is_quiet=False).complaints == []
