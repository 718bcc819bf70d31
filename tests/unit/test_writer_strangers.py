"""What arrives and is no command of ours, or not of this sender: nothing changes by it."""

import json
import logging

import msgspec
import pytest

from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.bounds import MAX_COMMAND_BYTES
from hallserver.protocol.codec import encode_command
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, ClientId, PersonKey, ServiceId, TicketId
from hallserver.protocol.replies import Reservation
from hallserver.protocol.states import PauseReason
from hallserver.protocol.version import MIN_SCHEMA_VERSION, SCHEMA_VERSION
from hallserver.writer import Inbound, read_inbound
from tests.helpers.halls import PASSWORD
from tests.helpers.servers import (
    Hosted,
    MemoryJournal,
    codes,
    inbound,
    message,
    received,
    replies,
)

RESERVE = c.ReserveTicket(ServiceId("a"))
KIOSK = ClientId("kiosk-01")
TOPIC = "jiaohao/command/kiosk-01"


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def hosted(journal: MemoryJournal) -> Hosted:
    return Hosted(journal)


MALFORMED = {
    "no JSON": b"hello",
    "no text": b"\xff\xfe\x00",
    "nothing": b"",
    "a list": b"[]",
    "deep nesting": b"[" * 4_000,
    "a number for an id": b'{"schema":1,"id":7,"command":{"type":"CallNext"}}',
    "too long": b'{"schema":1,"id":"command-1","command":' + b" " * MAX_COMMAND_BYTES,
}


@pytest.mark.parametrize("payload", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_cannot_be_answered_is_counted_and_dropped(
    hosted: Hosted, journal: MemoryJournal, payload: bytes
) -> None:
    lines = len(journal.events)
    assert hosted.writer.process([received(payload)]) == []
    assert len(journal.events) == lines
    assert sum(hosted.writer.notices.totals.values()) == 1


UNREADABLE = {
    "an unknown field": {"type": "ReserveTicket", "service": "a", "urgent": True},
    "an unknown command": {"type": "OpenSafe"},
    "a field of the wrong kind": {"type": "ReserveTicket", "service": 7},
    "a field that is too long": {"type": "ReserveTicket", "service": "x" * 65},
    "stars that do not exist": {"type": "RateService", "token": "t", "stars": 6},
    "nothing at all": None,
}


@pytest.mark.parametrize("command", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_malformed_but_has_an_id_is_answered_and_changes_nothing(
    hosted: Hosted, journal: MemoryJournal, command: object
) -> None:
    payload = json.dumps({"schema": 1, "id": "command-1", "command": command}).encode()
    lines = len(journal.events)
    assert codes(hosted.writer.process([received(payload)])) == [RejectionCode.MALFORMED]
    assert len(journal.events) == lines
    assert journal.answers == {}
    # The same id, sent right, is obeyed: nothing was decided about it.
    [(_, _, reply)] = replies(hosted.writer.process([inbound(KIOSK, "command-1", RESERVE)]))
    assert isinstance(reply, Reservation)


def test_an_unknown_field_beside_the_command_is_refused_too(hosted: Hosted) -> None:
    good = json.loads(encode_command(message("command-1", RESERVE)))
    payload = json.dumps({**good, "sender": "counter-1"}).encode()
    assert codes(hosted.writer.process([received(payload)])) == [RejectionCode.MALFORMED]


def test_a_bad_command_does_not_disturb_its_neighbours(hosted: Hosted) -> None:
    batch = [
        inbound("kiosk-01", "command-1", RESERVE),
        received(b"hello"),
        inbound("kiosk-02", "command-2", RESERVE),
    ]
    answers = replies(hosted.writer.process(batch))
    assert [(client, reply.number) for client, _, reply in answers] == [
        ("kiosk-01", "A001"),
        ("kiosk-02", "A002"),
    ]


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        (MIN_SCHEMA_VERSION - 1, RejectionCode.CLIENT_TOO_OLD),
        (SCHEMA_VERSION + 1, RejectionCode.CLIENT_TOO_NEW),
    ],
)
def test_a_client_of_another_schema_is_told_which_side_to_update(
    hosted: Hosted, journal: MemoryJournal, schema: int, code: RejectionCode
) -> None:
    lines = len(journal.events)
    readable = Inbound(KIOSK, message("command-1", RESERVE, schema))
    unreadable = received(
        json.dumps({"schema": schema, "id": "command-2", "command": {"type": "OpenSafe"}}).encode()
    )
    assert codes(hosted.writer.process([readable, unreadable])) == [code, code]
    assert len(journal.events) == lines
    # After the update the same id is obeyed.
    [(_, _, reply)] = replies(hosted.writer.process([inbound(KIOSK, "command-1", RESERVE)]))
    assert isinstance(reply, Reservation)


COMMANDS: dict[type[c.Command], c.Command] = {
    type(command): command
    for command in (
        RESERVE,
        c.ConfirmPrinted(TicketId("t")),
        c.VoidTicket(TicketId("t"), c.VoidReason.LEFT),
        c.ShowTicket("t"),
        c.CancelTicket("t"),
        c.CloseKiosks(c.Notice("停", "Closed")),
        c.OpenKiosks(),
        c.RateService("t", 5),
        c.RateAtCounter(TicketId("t"), 5),
        c.SignIn(ClerkId("clerk-1"), "wrong"),
        c.SignOut(),
        c.CallNext(),
        c.Recall(TicketId("t")),
        c.Arrive(TicketId("t")),
        c.Complete(TicketId("t")),
        c.MarkNoShow(TicketId("t")),
        c.UndoCall(TicketId("t")),
        c.Reinstate("t"),
        c.Transfer(TicketId("t")),
        c.Park(TicketId("t")),
        c.Resume(TicketId("t")),
        c.PauseCounter(PauseReason.MEAL),
        c.ResumeCounter(),
        c.AcknowledgeAnnouncement("hall", (1,), c.VoiceOutcome.SPOKEN),
        c.AssignServices(1, ("a",)),
        c.ApproveProposal("20261123-0001"),
        c.DeclineProposal("20261123-0001"),
        c.CallTicket("A001", c.CallWish.URGENT),
        c.GrantPriority("A001", None),
        c.ExplainCall("A001", "A002"),
        c.BookAppointment(ServiceId("a"), "20261124", "09:00", PersonKey("0" * 32)),
        c.CancelAppointment("20261124-0001"),
        c.CancelBooking("t"),
        c.CheckIn(token="t"),
        c.FindAppointments(PersonKey("0" * 32)),
    )
}


def test_the_table_below_has_every_command() -> None:
    assert set(COMMANDS) == set(c.Command.__args__)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("client", ["kiosk-01", "counter-1", "pad-1", "guide-01", "console-01"])
def test_a_client_may_send_what_the_table_allows_and_nothing_else(
    hosted: Hosted, journal: MemoryJournal, client: str, kind: type[c.Command]
) -> None:
    outbound = hosted.writer.process([inbound(client, "command-1", COMMANDS[kind])])
    is_allowed = kind in routes.MAY_SEND[routes.role_of(ClientId(client))]
    refused = codes(outbound) == [RejectionCode.NOT_PERMITTED]
    assert refused is not is_allowed
    assert ((client, "command-1") in journal.answers) is is_allowed


@pytest.mark.parametrize(
    "topic",
    [
        "jiaohao/command/server",
        "jiaohao/command/kiosk-01/x",
        "jiaohao/command/stranger-1",
        "jiaohao/command/",
        "jiaohao/reply/kiosk-01",
        "jiaohao/info",
        "foreign",
        "",
    ],
)
def test_nobody_is_heard_on_a_topic_that_is_no_client_of_ours(topic: str) -> None:
    assert read_inbound(topic, encode_command(message("command-1", RESERVE))) is None


def test_who_sends_is_who_the_topic_says(hosted: Hosted, journal: MemoryJournal) -> None:
    payload = encode_command(message("command-1", RESERVE))
    hosted.writer.process([received(payload, "jiaohao/command/kiosk-03")])
    assert journal.events[-1].client == "kiosk-03"


def test_a_flood_is_said_once_a_burst_with_its_count_and_without_its_payload(
    hosted: Hosted, caplog: pytest.LogCaptureFixture
) -> None:
    secret = json.dumps({"schema": 1, "id": "command-1", "command": {"name": "张三"}}).encode()
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            hosted.writer.process([received(secret)] * 20)
        said = [record.getMessage() for record in caplog.records]
        assert said == ["kiosk-01: malformed (ValidationError)"]
        hosted.clock.pass_ms(60_000)
        hosted.writer.process([])
    assert [record.getMessage() for record in caplog.records][1:] == [
        "kiosk-01: malformed (ValidationError): 999 times more"
    ]
    assert "张三" not in caplog.text
    assert hosted.writer.notices.totals == {"kiosk-01: malformed (ValidationError)": 1_000}


def test_passwords_stay_out_of_journal_and_log(
    hosted: Hosted, journal: MemoryJournal, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        hosted.writer.process(
            [
                inbound("counter-1", "command-1", c.SignIn(ClerkId("clerk-1"), PASSWORD)),
                inbound("kiosk-01", "command-2", c.SignIn(ClerkId("clerk-1"), "planted-secret")),
            ]
        )
    kept = msgspec.json.encode([journal.events, list(journal.answers.values())])
    assert b"planted-secret" not in kept
    assert PASSWORD.encode() not in kept
    assert "planted-secret" not in caplog.text
