"""PROTOCOL.md, written from the types, the routes and the sentences. Pure: text out, no files."""

import inspect
from collections.abc import Iterable
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, NewType, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from hallserver.protocol import bounds
from hallserver.protocol.commands import Command, CommandMessage
from hallserver.protocol.errors import SENTENCES
from hallserver.protocol.region import (
    QOS,
    REGION_ROUTES,
    REGION_SCHEMA,
    JournalConfirmed,
    JournalLine,
    JournalLines,
)
from hallserver.protocol.replies import Reply, ReplyMessage
from hallserver.protocol.routes import MAY_SEND, ROUTES, Role
from hallserver.protocol.snapshots import MAX_BOARD_CALLS, Published
from hallserver.protocol.states import TicketState
from hallserver.protocol.version import MIN_SCHEMA_VERSION, SCHEMA_VERSION

_HEAD = f"""# The wire

Generated from `hallserver/protocol` by `python -m hallserver.cli_document`; do not edit.

Clients and the hall server speak MQTT 5 through a broker. Payloads are JSON in UTF-8, one message
each. A device's MQTT user name is its client id (`kiosk-01`, `counter-12`, `pad-12`,
`callscreen-03`), and the broker lets each use its own topics only: who sent a command is known
from its topic, never from its payload. The examples in `tests/golden/protocol/v{SCHEMA_VERSION}/`
are checked against the code.

## Versions

This is schema {SCHEMA_VERSION}; the oldest that is understood is {MIN_SCHEMA_VERSION}.

- The server greets with `ServerInfo` (retained): `schema_version` is what it speaks,
  `min_schema_version` the oldest that it understands. A client below that says that this device
  has to be updated; a client that no longer understands the server's schema says that the server
  has to be.
- Each command carries the schema of its sender; what the server cannot serve it refuses with
  `client_too_old` or `client_too_new`.
- A field may be added to replies and snapshots without a new schema: readers ignore fields that
  they do not know. In commands an unknown field is refused, so a new one is a new schema.
- A snapshot is whole, never a difference. Its version is `(epoch, version)`: the count of server
  starts and the journal's sequence number. A reader drops what is not newer than what it has from
  the same topic, and what is of an earlier epoch than the greeting.
- After each start the server publishes the greeting first, then all snapshots, then heartbeats.

## Commands and answers

A client chooses an id for each command and repeats the command with the same id until its answer
comes. The same id always gets the same answer and changes the hall once. The server acknowledges
(PUBACK) after its commit.
"""

_REGION = f"""## The region

A hall's journal goes up to its region beside all this, by brokers of its own: the uplink's, on the
hall's machine, has a bridge to the region's. A hall's MQTT user name there is `hall-` and its name;
the region's broker lets each use its own topics only. This is schema {REGION_SCHEMA} of it. Lines
may arrive any number of times and in any order; the region stores those that follow what it has,
and answers every message with how far that is; the hall goes on from there. Without an answer it
asks again. The region never confirms a gap. Unknown fields are ignored.
"""


def protocol_document() -> str:
    """Return the text of PROTOCOL.md."""
    parts = [
        _HEAD,
        "## Topics\n",
        _topics(),
        "## Who may send what\n",
        _permissions(),
        "## Envelopes\n",
        *map(_message, (CommandMessage, ReplyMessage)),
        "## Commands\n",
        "`type` names the command. Unknown fields are refused.\n",
        *map(_message, get_args(Command)),
        "## Replies\n",
        "`type` names the reply.\n",
        *map(_message, get_args(Reply)),
        "## What the server publishes\n",
        *map(_message, get_args(Published)),
        "## Parts\n",
        *map(_message, _parts()),
        "## States of a ticket\n",
        ", ".join(f"`{state}`" for state in TicketState) + "\n",
        "## Refusals\n",
        _refusals(),
        "## Limits\n",
        _limits(),
        _REGION,
        _region_topics(),
        *map(_message, (JournalLines, JournalLine, JournalConfirmed)),
    ]
    return "\n".join(parts)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = tuple(head)
    lines = [names, ("---",) * len(names), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _topics() -> str:
    return _table(
        ("Topic", "Message", "Sender", "Readers", "QoS", "Retained", "Why"),
        (
            (
                f"`{route.template}`",
                f"`{route.message.__name__}`",
                _roles(route.sender),
                _roles(route.readers),
                str(route.qos),
                "yes" if route.is_retained else "no",
                route.why,
            )
            for route in ROUTES
        ),
    )


def _region_topics() -> str:
    return _table(
        (
            "Topic at the uplink's broker",
            "Topic at the region's",
            "Message",
            "Sender",
            "QoS",
            "Why",
        ),
        (
            (
                f"`{route.uplink}`",
                f"`{route.region}`",
                f"`{route.message.__name__}`",
                "hall" if route.is_up else "region, retained",
                str(QOS),
                route.why,
            )
            for route in REGION_ROUTES
        ),
    )


def _roles(roles: frozenset[Role]) -> str:
    return ", ".join(role for role in Role if role in roles)


def _permissions() -> str:
    return _table(
        ("Role", "Commands"),
        (
            (role, ", ".join(f"`{command.__name__}`" for command in allowed) or "none")
            for role, allowed in MAY_SEND.items()
            if role is not Role.SERVER
        ),
    )


def _message(message: Any) -> str:
    text = f"### {message.__name__}\n\n{inspect.cleandoc(message.__doc__ or '')}\n"
    hints = get_type_hints(message, include_extras=True)
    fields = msgspec.structs.fields(message)
    if not fields:
        return text + "\nNo fields.\n"
    rows = (
        (
            f"`{field.encode_name}`",
            _type(hints[field.name]),
            "yes" if field.required else f"no: `{_default(field.default)}`",
        )
        for field in fields
    )
    return f"{text}\n{_table(('Field', 'Type', 'Required'), rows)}"


def _default(value: object) -> str:
    return msgspec.json.encode(value).decode("utf-8")


_PLAIN = {str: "text", int: "integer", bool: "true or false", type(None): "null"}


def _type(hint: Any) -> str:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        unit = "items" if get_origin(args[0]) is tuple else "characters"
        return ", ".join((_type(args[0]), *(_constraint(meta, unit) for meta in args[1:])))
    if isinstance(hint, NewType):
        return f"{_type(hint.__supertype__)} ({hint.__name__})"
    if origin is tuple:
        return f"list of ({_type(args[0])})"
    if origin is dict:
        return f"object from {_type(args[0])} to {_type(args[1])}"
    if origin in (Union, UnionType):
        return " or ".join(map(_type, args)) if len(args) <= 2 else "one of those below"
    if hint in _PLAIN:
        return _PLAIN[hint]
    if issubclass(hint, StrEnum):
        values = ", ".join(f"`{value}`" for value in hint)
        return f"{hint.__name__}: {values}" if len(hint) <= 4 else f"one of {hint.__name__}"
    return f"`{hint.__name__}`"


def _constraint(meta: Meta, unit: str) -> str:
    if meta.pattern is not None:
        return f"matches `{meta.pattern}`"
    if meta.max_length is not None:
        return f"{meta.min_length or 0} to {meta.max_length} {unit}"
    return f"{meta.ge} to {meta.le}"


def _parts() -> tuple[type[msgspec.Struct], ...]:
    """Find the structs inside the messages, in the order in which they are met."""
    messages = (CommandMessage, ReplyMessage, *get_args(Published))
    known: set[Any] = {*messages, *get_args(Command), *get_args(Reply)}
    found: list[type[msgspec.Struct]] = []
    waiting: list[Any] = [*messages, *get_args(Reply)]
    while waiting:
        hint = waiting.pop(0)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            if hint not in known:
                known.add(hint)
                found.append(hint)
            elif hint in found:
                continue
            waiting += get_type_hints(hint).values()
        else:
            waiting += [arg for arg in get_args(hint) if arg is not Ellipsis]
    return tuple(found)


def _refusals() -> str:
    return _table(
        ("Code", "Chinese", "English"),
        ((f"`{code}`", text.zh, text.en) for code, text in SENTENCES.items()),
    )


def _limits() -> str:
    return _table(
        ("What", "At most"),
        (
            ("a command", f"{bounds.MAX_COMMAND_BYTES:,} bytes"),
            ("what the server publishes", f"{bounds.MAX_PUBLISHED_BYTES:,} bytes"),
            ("an id", f"{bounds.MAX_ID_CHARS} characters"),
            ("a ticket's token", f"{bounds.MAX_TOKEN_CHARS} characters"),
            ("a password", f"{bounds.MAX_PASSWORD_CHARS} characters"),
            ("reasons of a rating", f"{bounds.MAX_TAGS}, each {bounds.MAX_TAG_CHARS} characters"),
            ("calls on a board", str(MAX_BOARD_CALLS)),
        ),
    )
