"""Any bytes in, never an exception out; any command out, the same command in."""

import contextlib
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallserver.protocol import commands as c
from hallserver.protocol.bounds import MAX_COMMAND_BYTES, MAX_PUBLISHED_BYTES
from hallserver.protocol.codec import (
    MalformedCommand,
    MalformedMessageError,
    MessageTooLargeError,
    decode_command,
    decode_published,
    decode_reply,
    encode_command,
    encode_published,
)
from hallserver.protocol.commands import CommandMessage
from hallserver.protocol.errors import Text
from hallserver.protocol.routes import BOARD, CATALOG, COUNTER, HEARTBEAT, INFO, LOAD
from hallserver.protocol.snapshots import Catalog, Heartbeat

PUBLISHED_ROUTES = (INFO, HEARTBEAT, CATALOG, LOAD, BOARD, COUNTER)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)
tokens = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=96)
person_keys = st.none() | st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
tags = st.lists(st.text("好快慢等a", min_size=1, max_size=16), max_size=8).map(tuple)
stars = st.integers(1, 5)
ids = st.from_regex(r"[0-9a-zA-Z_-]{8,64}", fullmatch=True)

commands = st.one_of(
    st.builds(c.ReserveTicket, texts, person_keys),
    st.builds(c.ConfirmPrinted, texts),
    st.builds(c.VoidTicket, texts, st.sampled_from(c.VoidReason)),
    st.builds(c.ShowTicket, tokens),
    st.builds(c.RateService, tokens, stars, tags),
    st.builds(c.RateAtCounter, texts, stars, tags),
    st.builds(c.SignIn, texts, texts),
    st.just(c.SignOut()),
    st.just(c.CallNext()),
    st.builds(c.Recall, texts),
    st.builds(c.Arrive, texts),
    st.builds(c.Complete, texts),
    st.builds(c.MarkNoShow, texts),
)
messages = st.builds(CommandMessage, st.integers(0, 2**31), ids, commands)

# JSON that is nearly right is nastier than noise.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["schema", "id", "command", "type", "epoch", "version", "reply", "zone"]
            ),
            inner | st.sampled_from([cls.__name__ for cls in get_args(c.Command)]),
            max_size=6,
        )
    ),
)
payloads = st.binary(max_size=200) | json_values.map(msgspec.json.encode)


@given(messages)
def test_every_command_comes_back_as_it_was(message):
    try:
        payload = encode_command(message)
    except MessageTooLargeError:
        assert len(msgspec.json.encode(message)) > MAX_COMMAND_BYTES
    else:
        assert decode_command(payload) == message


@given(messages, st.sampled_from(["extra", "name", "id_number", "client", "schema_version"]))
def test_a_command_with_a_field_that_we_do_not_know_is_refused_and_its_sender_answered(
    message, field
):
    outside = msgspec.to_builtins(message) | {field: "x"}
    inside = msgspec.to_builtins(message)
    inside["command"][field] = "x"
    for tampered in (outside, inside):
        refused = decode_command(msgspec.json.encode(tampered))
        assert isinstance(refused, MalformedCommand)
        assert (refused.id, refused.schema) == (message.id, message.schema)


@given(payloads)
def test_no_bytes_make_the_command_decoder_raise(payload):
    decoded = decode_command(payload)
    assert isinstance(decoded, CommandMessage | MalformedCommand)


@given(payloads, st.sampled_from(PUBLISHED_ROUTES))
def test_no_bytes_make_a_reader_raise_anything_but_its_own_error(payload, route):
    for decode in (lambda: decode_published(route, payload), lambda: decode_reply(payload)):
        with contextlib.suppress(MalformedMessageError):
            decode()


@given(messages, st.integers(0, 400), st.integers(0, 255))
def test_one_changed_byte_gives_a_command_or_a_refusal(message, at, byte):
    try:
        payload = bytearray(encode_command(message))
    except MessageTooLargeError:
        return
    payload[at % len(payload)] = byte
    assert isinstance(decode_command(bytes(payload)), CommandMessage | MalformedCommand)


@pytest.mark.parametrize("opening", [b"[", b'{"x":', b'{"schema":1,"id":"command-1","command":['])
def test_deep_nesting_is_refused_and_not_followed(opening):
    deep = opening + b"[" * 4_000
    assert isinstance(decode_command(deep[:MAX_COMMAND_BYTES]), MalformedCommand)
    with pytest.raises(MalformedMessageError):
        decode_reply(opening * 20_000)
    with pytest.raises(MalformedMessageError):
        decode_published(BOARD, opening * 20_000)


def test_a_command_of_just_the_limit_travels_and_one_byte_more_does_not():
    short = encode_command(CommandMessage(1, "command-1", c.ShowTicket("")))
    room = MAX_COMMAND_BYTES - len(short)
    fits = CommandMessage(1, "command-1", c.ShowTicket("x" * room))
    assert len(encode_command(fits)) == MAX_COMMAND_BYTES
    with pytest.raises(MessageTooLargeError):
        encode_command(CommandMessage(1, "command-1", c.ShowTicket("x" * (room + 1))))
    payload = encode_command(CommandMessage(1, "command-1", c.CallNext()))
    padded = payload + b" " * (MAX_COMMAND_BYTES - len(payload))
    assert isinstance(decode_command(padded), CommandMessage)
    assert isinstance(decode_command(padded + b" "), MalformedCommand)


def test_a_snapshot_beyond_the_limit_does_not_travel():
    huge = Catalog(1, 1, Text("x" * MAX_PUBLISHED_BYTES, ""), (), (), (), ())
    with pytest.raises(MessageTooLargeError):
        encode_published(huge)


@pytest.mark.parametrize(
    "command",
    [
        b'{"type":"ReserveTicket","service":"s","person":"430521199001011234"}',
        b'{"type":"ReserveTicket","service":"s","person":"0123456789abcdef0123456789abcdef\\n"}',
        b'{"type":"ReserveTicket","service":"s","person":"0123456789ABCDEF0123456789ABCDEF"}',
        b'{"type":"ReserveTicket","service":""}',
        b'{"type":"RateService","token":"t","stars":0}',
        b'{"type":"RateService","token":"t","stars":6}',
        b'{"type":"RateService","token":"t","stars":5.0001}',
        b'{"type":"RateService","token":"t","stars":"5"}',
        b'{"type":"RateService","token":"t","stars":true}',
        b'{"type":"RateService","token":"t","stars":5,"tags":["","x"]}',
        b'{"type":"RateService","token":"t","stars":5,"tags":["430521199001011234"]}',
        b'{"type":"RateService","token":"t","stars":5,"tags":[1,2,3,4,5,6,7,8,9]}',
        b'{"type":"VoidTicket","ticket":"t","reason":"because"}',
        b'{"type":"Done"}',
        b'{"type":"CallNext","type":"Nonsense"}',
        b'{"service":"s"}',
        b"null",
        b"",
    ],
)
def test_what_the_types_forbid_is_refused(command):
    payload = b'{"schema":1,"id":"command-1","command":' + command + b"}"
    assert isinstance(decode_command(payload), MalformedCommand)


@pytest.mark.parametrize(
    "command_id", ["short", "x" * 65, "command 1", "command-1\n", "叫号叫号叫号叫号", ""]
)
def test_an_id_that_is_none_is_refused_and_cannot_be_answered(command_id):
    payload = msgspec.json.encode({"schema": 1, "id": command_id, "command": {"type": "CallNext"}})
    refused = decode_command(payload)
    assert isinstance(refused, MalformedCommand)
    assert refused.id is None


def test_why_a_command_was_refused_does_not_quote_it():
    secret = b'{"schema":1,"id":"command-1","command":{"type":"ReserveTicket","person":"430521"}}'
    assert "430521" not in repr(decode_command(secret))


def test_a_reader_ignores_fields_that_it_does_not_know():
    payload = b'{"epoch":1,"version":2,"mood":"good"}'
    assert decode_published(HEARTBEAT, payload) == Heartbeat(1, 2)
