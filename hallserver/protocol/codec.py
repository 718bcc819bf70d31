"""Bytes to messages and back: JSON, checked against the types, bounded in length."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from hallserver.protocol.bounds import MAX_COMMAND_BYTES, MAX_PUBLISHED_BYTES
from hallserver.protocol.commands import Command, CommandMessage, WireCommandId
from hallserver.protocol.ids import CommandId
from hallserver.protocol.replies import ReplyMessage
from hallserver.protocol.routes import ROUTES, Route
from hallserver.protocol.snapshots import Published


class MessageTooLargeError(ValueError):
    """A message is longer than the wire allows; it was not sent."""


class MalformedMessageError(ValueError):
    """A payload from the server is not what its route promises."""


@dataclass(frozen=True)
class MalformedCommand:
    """A payload that is no command. `id` is there when the sender can be answered."""

    id: CommandId | None
    schema: int | None
    why: str


class _Envelope(msgspec.Struct):
    """The outside of a command message, read leniently to be able to answer its sender."""

    id: WireCommandId
    schema: int
    command: msgspec.Raw


_encoder = msgspec.json.Encoder()
_envelope_decoder = msgspec.json.Decoder(_Envelope)
_command_decoder = msgspec.json.Decoder(CommandMessage)
_reply_decoder = msgspec.json.Decoder(ReplyMessage)
_decoders: Mapping[str, msgspec.json.Decoder[Any]] = {
    route.name: msgspec.json.Decoder(route.message) for route in ROUTES
}


def _bounded(payload: bytes, limit_bytes: int) -> bytes:
    if len(payload) > limit_bytes:
        raise MessageTooLargeError(f"{len(payload)} bytes, at most {limit_bytes} may travel")
    return payload


def encode_command(message: CommandMessage) -> bytes:
    """Encode for `routes.COMMAND`. Raises MessageTooLargeError."""
    return _bounded(_encoder.encode(message), MAX_COMMAND_BYTES)


def decode_command(payload: bytes) -> CommandMessage | MalformedCommand:
    """Decode what arrived on `routes.COMMAND`; never raises on any bytes."""
    if len(payload) > MAX_COMMAND_BYTES:
        return MalformedCommand(None, None, f"{len(payload)} bytes, limit {MAX_COMMAND_BYTES}")
    try:
        return _command_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = type(error).__name__  # the text could quote what a stranger sent
    try:
        envelope = _envelope_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return MalformedCommand(None, None, why)
    return MalformedCommand(envelope.id, envelope.schema, why)


def encode_reply(message: ReplyMessage) -> bytes:
    """Encode for `routes.REPLY`. Raises MessageTooLargeError."""
    return _bounded(_encoder.encode(message), MAX_PUBLISHED_BYTES)


def decode_reply(payload: bytes) -> ReplyMessage:
    """Decode what arrived on `routes.REPLY`. Raises MalformedMessageError."""
    try:
        return _reply_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessageError(type(error).__name__) from error


def encode_published(message: Published) -> bytes:
    """Encode a snapshot, greeting or heartbeat. Raises MessageTooLargeError."""
    return _bounded(_encoder.encode(message), MAX_PUBLISHED_BYTES)


def decode_published(route: Route, payload: bytes) -> Any:
    """Decode what arrived on a route that the server publishes on, as `route.message`.

    Raises MalformedMessageError.
    """
    try:
        return _decoders[route.name].decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessageError(type(error).__name__) from error


def command_type_name(command: Command) -> str:
    """Name a command as it is tagged on the wire."""
    return type(command).__name__
