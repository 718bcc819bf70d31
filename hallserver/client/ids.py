"""The one place that makes ids."""

from uuid import uuid4  # noqa: TID251 (this is the one module)

from hallserver.protocol.ids import CommandId


def new_command_id() -> CommandId:
    """Make an id that no command had before: 32 hex digits, 122 bits of chance."""
    return CommandId(uuid4().hex)
