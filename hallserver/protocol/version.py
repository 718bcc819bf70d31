"""The versions that meet on the wire.

A client sends the schema it speaks with each command and the server greets with the range that it
understands (`ServerInfo`), so each side can tell a person which of the two has to be updated.
"""

from enum import StrEnum, unique

SCHEMA_VERSION = 1
"""Raised when a message changes in a way that an older reader would misread."""

MIN_SCHEMA_VERSION = 1
"""The oldest schema that this side still understands."""


@unique
class Compatibility(StrEnum):
    """How a peer's range of schemas fits ours."""

    OK = "ok"
    UPDATE_CLIENT = "update_client"
    UPDATE_SERVER = "update_server"


def compatibility(
    server_schema: int,
    server_min_schema: int,
    *,
    client_schema: int = SCHEMA_VERSION,
    client_min_schema: int = MIN_SCHEMA_VERSION,
) -> Compatibility:
    """Say whether a client and a server understand each other, and if not, which side is old."""
    if client_schema < server_min_schema:
        return Compatibility.UPDATE_CLIENT
    if server_schema < client_min_schema:
        return Compatibility.UPDATE_SERVER
    return Compatibility.OK
