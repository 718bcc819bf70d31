"""The wire as it lies in files: each message, its JSON, and PROTOCOL.md.

A file of a released schema never changes. To write the files of new messages:
`.venv/bin/python -m tests.golden.test_protocol_golden`, then look at the difference.
"""

import re
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest

from hallserver import cli_document
from hallserver.protocol import commands as c
from hallserver.protocol import replies as r
from hallserver.protocol import snapshots as s
from hallserver.protocol.codec import (
    MalformedCommand,
    decode_command,
    decode_published,
    decode_reply,
    encode_command,
    encode_published,
    encode_reply,
)
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.items import ItemStep
from hallserver.protocol.replies import reject
from hallserver.protocol.routes import ROUTES
from hallserver.protocol.states import PauseReason, ServiceStatus, TicketState
from hallserver.protocol.version import SCHEMA_VERSION

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "protocol" / f"v{SCHEMA_VERSION}"

TICKET = "20261123-A023"
TOKEN = "20261123-A023.kR7qv0c2Zt1pXw3Y"
APPOINTMENT = "20261125-0042"
BOOKING_TOKEN = "JA1.20261125-0042.MFZWIZLTOQXW6Y3B"
SLOT_MS, SLOT_END_MS = 1_795_570_200_000, 1_795_572_000_000
COMMAND_ID = "6f1e9a0c4b7d4e0f8a2b3c4d5e6f7081"
PERSON = "00112233445566778899aabbccddeeff"
WINDOW = Text("12号窗口", "Window 12")
CLERK = s.ClerkAtCounter("li.na", Text("李娜", "Li Na"), "0012")
CALLED = s.ActiveTicket(
    TICKET,
    "A023",
    "company",
    TicketState.CALLED,
    1,
    1_795_400_000_000,
    1_795_400_010_000,
    "veteran",
    2,
    14,
    ItemStep("opening", 2, 3, True),
)
PARKED = s.ParkedTicket(
    "20261123-A019", "A019", "company", 1_795_398_000_000, 1_795_399_800_000, True
)
RATEABLE = s.ActiveTicket(
    "20261123-A022", "A022", "company", TicketState.COMPLETED, 0, 1_795_399_000_000
)

COMMANDS = (
    c.ReserveTicket("company", PERSON, companions=2, priority="elderly", item="birth"),
    c.ConfirmPrinted(TICKET),
    c.VoidTicket(TICKET, c.VoidReason.NOT_PRINTED),
    c.ShowTicket(TOKEN),
    c.CancelTicket(TOKEN),
    c.CloseKiosks(c.Notice("因停电，取号机暂停取号。", "A power cut: no numbers for now.")),
    c.OpenKiosks(),
    c.RateService(TOKEN, 2, ("等候太久", "slow")),
    c.RateAtCounter(TICKET, 5),
    c.SignIn("li.na", "Correct-horse-7"),
    c.SignOut(),
    c.CallNext(),
    c.Recall(TICKET),
    c.Arrive(TICKET),
    c.Complete(TICKET, ("company", "tax")),
    c.MarkNoShow(TICKET),
    c.UndoCall(TICKET),
    c.Reinstate("A023"),
    c.Transfer(TICKET, "tax", 14, True),
    c.Park(TICKET, 1_800),
    c.Resume(TICKET),
    c.PauseCounter(PauseReason.MEAL),
    c.ResumeCounter(),
    c.CallTicket("A023", c.CallWish.RETURNED),
    c.GrantPriority("A023", "veteran"),
    c.ExplainCall("A023", "A020"),
    c.BookAppointment("company", "20261125", "09:30", PERSON),
    c.CancelAppointment(APPOINTMENT),
    c.CancelBooking(BOOKING_TOKEN),
    c.CheckIn(person=PERSON, service="company"),
    c.FindAppointments(PERSON),
    c.AcknowledgeAnnouncement("1f", (17, 18), c.VoiceOutcome.SPOKEN),
    c.AssignServices(12, ("company", "tax")),
    c.ApproveProposal("20261123-0002"),
    c.DeclineProposal("20261123-0002"),
)
REPLIES = (
    r.Reservation(TICKET, "A023", TOKEN, "company", "20261123", 7, 1_795_399_500_000),
    r.Done(),
    r.TicketStatus(
        TICKET,
        "A023",
        "company",
        TicketState.CALLED,
        None,
        12,
        False,
        False,
        step=ItemStep("opening", 3, 3, True),
    ),
    r.SignedIn("li.na", Text("李娜", "Li Na")),
    r.TicketAtCounter(TICKET, "A023", "company", TicketState.SERVING, 1),
    r.Booked(APPOINTMENT, BOOKING_TOKEN, "company", "20261125", "09:30", SLOT_MS, SLOT_END_MS),
    r.Appointments(
        (
            r.AppointmentShown(
                APPOINTMENT,
                "company",
                "20261125",
                SLOT_MS,
                SLOT_END_MS,
                SLOT_MS - 900_000,
                False,
                "A023",
            ),
        )
    ),
    r.Explanation(Text("A023号取号早于A024号。", "A023 was taken earlier than A024.")),
    reject(RejectionCode.NOBODY_WAITING),
)
SNAPSHOTS = (
    s.ServerInfo(1, 1, "shaoyang", 3, "20261123", "0.1.0"),
    s.Heartbeat(3, 4_711),
    s.Catalog(
        3,
        4_700,
        Text("政务服务大厅", "Service Hall"),
        (s.CatalogZone("1f", Text("商事登记", "Business registration"), 1),),
        (s.CatalogDepartment("samr", Text("市场监督管理局", "Market regulation")),),
        (
            s.CatalogService(
                "company",
                Text("企业设立", "Company registration"),
                "samr",
                "1f",
                "QYSL",
                Text("一楼 10至14号窗口", "Floor 1, windows 10 to 14"),
            ),
        ),
        (s.CatalogCounter(12, WINDOW, "1f", 1),),
        (s.CatalogPriority("elderly", Text("老年人", "Elderly"), 65),),
    ),
    s.HallLoad(
        3,
        4_711,
        {"company": s.ServiceLoad(7, 3, ServiceStatus.USED_UP, 1_795_400_000_000)},
        Text("因停电，取号机暂停取号。", "A power cut: no numbers for now."),
        "20261123",
    ),
    s.BoardSnapshot(
        3,
        4_711,
        "1f",
        (
            s.BoardCall(18, "A023", 12, 1, TicketState.CALLED, 1_795_400_000_000),
            s.BoardCall(17, "B004", 13, 0, TicketState.SERVING, 1_795_399_900_000),
        ),
    ),
    s.VoiceSnapshot(
        3,
        4_711,
        "1f",
        (
            s.Utterance(
                (s.SpokenCall("A023", 12, (17, 18)), s.SpokenCall("B004", 13, (19,))), 1, 800
            ),
        ),
    ),
    s.ConsoleSnapshot(
        3,
        4_711,
        (
            s.Proposal(
                "20261123-0002",
                "noon",
                s.ProposalKind.MOVE,
                12,
                ("company",),
                21,
                1_260,
                1_795_400_000_000,
            ),
        ),
        (s.CounterServices(12, ("company", "tax")),),
    ),
    s.CounterSnapshot(
        3,
        4_711,
        12,
        CLERK,
        CALLED,
        7,
        ("A024", "A025"),
        RATEABLE,
        s.CounterPause(PauseReason.MEAL, 1_795_400_005_000),
        (PARKED,),
        ("company", "tax"),
    ),
)


def _wire(message: object) -> tuple[object, bytes]:
    """Put a message into its envelope; return that, and its bytes."""
    if isinstance(message, get_args(c.Command)):
        envelope = c.CommandMessage(SCHEMA_VERSION, COMMAND_ID, message)
        return envelope, encode_command(envelope)
    if isinstance(message, get_args(r.Reply)):
        envelope = r.ReplyMessage(SCHEMA_VERSION, COMMAND_ID, 3, message)
        return envelope, encode_reply(envelope)
    return message, encode_published(message)


def _decoded(message: object, payload: bytes) -> object:
    if isinstance(message, get_args(c.Command)):
        return decode_command(payload)
    if isinstance(message, get_args(r.Reply)):
        return decode_reply(payload)
    route = next(route for route in ROUTES if route.message is type(message))
    return decode_published(route, payload)


def _file(message: object) -> Path:
    return HERE / f"{type(message).__name__}.json"


def _pretty(payload: bytes) -> str:
    return msgspec.json.format(payload, indent=2).decode("utf-8") + "\n"


MESSAGES = (*COMMANDS, *REPLIES, *SNAPSHOTS)
each_message = pytest.mark.parametrize("message", MESSAGES, ids=lambda item: type(item).__name__)


@each_message
def test_a_message_is_written_as_it_lies_in_its_file(message):
    _, payload = _wire(message)
    assert _pretty(payload) == _file(message).read_text("utf-8")


@each_message
def test_a_file_is_read_as_the_message_that_it_holds(message):
    envelope, _ = _wire(message)
    assert _decoded(message, _file(message).read_bytes()) == envelope


def test_every_type_of_the_wire_has_its_file_and_no_file_is_left_over():
    travelling = {*get_args(c.Command), *get_args(r.Reply), *get_args(s.Published)}
    enveloped = {c.CommandMessage, r.ReplyMessage}
    assert {route.message for route in ROUTES} - enveloped == set(get_args(s.Published))
    assert {kind.__name__ for kind in travelling} == {path.stem for path in HERE.glob("*.json")}
    assert {type(message) for message in MESSAGES} == travelling


def _with_more(value: object) -> object:
    """Add a field to every object of a JSON value that is not a map of ours."""
    if isinstance(value, list):
        return [_with_more(item) for item in value]
    if isinstance(value, dict):
        more = {} if "company" in value else {"added_later": {"by": "somebody"}}
        return {name: _with_more(item) for name, item in value.items()} | more
    return value


@pytest.mark.parametrize("message", [*REPLIES, *SNAPSHOTS], ids=lambda item: type(item).__name__)
def test_fields_that_were_added_later_are_ignored_in_what_the_server_says(message):
    envelope, payload = _wire(message)
    later = msgspec.json.encode(_with_more(msgspec.json.decode(payload)))
    assert b"added_later" in later
    assert _decoded(message, later) == envelope


@pytest.mark.parametrize("message", COMMANDS, ids=lambda item: type(item).__name__)
def test_a_field_that_is_not_known_refuses_a_command(message):
    _, payload = _wire(message)
    plain = msgspec.json.decode(payload)
    for tampered in (
        plain | {"added_later": 1},
        plain | {"command": plain["command"] | {"added_later": 1}},
    ):
        assert isinstance(decode_command(msgspec.json.encode(tampered)), MalformedCommand)


# What identifies a visitor. `person` is a keyed hash and has a test of its own.
_ABOUT_A_VISITOR = re.compile(
    r"name|id_?number|id_?card|citizen|visitor|person|photo|face|finger|phone|mobile|mail|"
    r"birth|age$|sex|gender|nation|ethnic|address|passport",
)
# Names of the hall's own things and staff.
_OF_THE_HALL = {
    ("CatalogZone", "name"),
    ("CatalogDepartment", "name"),
    ("CatalogService", "name"),
    ("CatalogService", "is_for_visitors"),
    ("CatalogPriority", "name"),
    ("CatalogPriority", "min_age"),
    ("CloseKiosks", "message"),
    ("SignedIn", "name"),
    ("ClerkAtCounter", "name"),
}


def _structs(*roots: type) -> set[type]:
    found: set[type] = set()
    waiting = list(roots)
    while waiting:
        hint = waiting.pop()
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            if hint not in found:
                found.add(hint)
                waiting += get_type_hints(hint, include_extras=True).values()
        else:
            waiting += [part for part in get_args(hint) if isinstance(part, object)]
    return found


def test_no_type_of_the_wire_has_a_field_for_a_visitors_name_or_number():
    wire = _structs(c.CommandMessage, r.ReplyMessage, *get_args(s.Published))
    assert len(wire) > 25
    suspicious = {
        (kind.__name__, field.name)
        for kind in wire
        for field in msgspec.structs.fields(kind)
        if _ABOUT_A_VISITOR.search(field.encode_name)
    }
    keyed = ("ReserveTicket", "BookAppointment", "CheckIn", "FindAppointments")
    assert suspicious == _OF_THE_HALL | {(kind, "person") for kind in keyed}


@pytest.mark.parametrize(
    "person", ["张三", "430521199001011234", "43052119900101123X", "A" * 32, "0" * 31, "0" * 33]
)
def test_the_key_of_a_person_cannot_hold_a_name_or_a_number(person):
    _, payload = _wire(c.ReserveTicket("company", PERSON))
    tampered = payload.replace(PERSON.encode(), person.encode())
    assert isinstance(decode_command(tampered), MalformedCommand)


def test_no_text_of_a_command_is_free():
    """A bound on every text: what a command can carry has a length that is known."""
    for kind in get_args(c.Command):
        schema = msgspec.json.schema(kind)["$defs"][kind.__name__]
        for name, field in schema["properties"].items():
            for part in field.get("anyOf", [field]):
                if part.get("type") == "string" and name != "type":
                    assert "maxLength" in part or "pattern" in part, (kind, name)
                if part.get("type") == "array":
                    assert part["maxItems"], (kind, name)
                    assert name == "services" or _is_bounded(part["items"]), (kind, name)


def _is_bounded(items: dict[str, object]) -> bool:
    """Whole numbers, or texts that are shorter than the 18 characters of an ID number."""
    if items["type"] == "integer":
        return "maximum" in items
    return items["maxLength"] < 18


def test_protocol_md_says_what_the_code_says():
    assert cli_document.main(["--check", "--file", str(ROOT / "PROTOCOL.md")]) == 0


def test_a_protocol_md_that_says_something_else_is_found_and_can_be_written_anew(tmp_path, capsys):
    file = tmp_path / "PROTOCOL.md"
    assert cli_document.main(["--check", "--file", str(file)]) == 1
    file.write_text("old")
    assert cli_document.main(["--check", "--file", str(file)]) == 1
    assert "hallserver.cli_document" in capsys.readouterr().err
    assert cli_document.main(["--file", str(file)]) == 0
    assert cli_document.main(["--check", "--file", str(file)]) == 0


def test_protocol_md_names_every_topic_message_and_refusal():
    text = (ROOT / "PROTOCOL.md").read_text("utf-8")
    headings = set(re.findall(r"^### (\w+)$", text, re.MULTILINE))
    wire = _structs(c.CommandMessage, r.ReplyMessage, *get_args(s.Published))
    assert {kind.__name__ for kind in wire} <= headings
    for word in (*(route.template for route in ROUTES), *RejectionCode, *TicketState):
        assert f"`{word}`" in text


if __name__ == "__main__":
    HERE.mkdir(parents=True, exist_ok=True)
    for missing in MESSAGES:
        if not _file(missing).exists():
            _file(missing).write_text(_pretty(_wire(missing)[1]), encoding="utf-8")
