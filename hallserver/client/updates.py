"""What an app is told by its link: a new link state, a newer snapshot, the answer to a command."""

from enum import StrEnum, unique

import msgspec

from hallserver.protocol.commands import Command
from hallserver.protocol.ids import CommandId
from hallserver.protocol.replies import Reply
from hallserver.protocol.snapshots import Published


@unique
class LinkState(StrEnum):
    """How far what a screen shows can be trusted."""

    CONNECTING = "connecting"
    """Just started, no contact yet; lasts `STALE_AFTER_S` at most. An app begins here untold."""

    LIVE = "live"
    """Connected, the versions fit, and the server was heard within `STALE_AFTER_S`."""

    STALE = "stale"
    """Cut off from the server: whatever is shown may be old, and the screen has to say so."""

    UPDATE_CLIENT = "update_client"
    """The server no longer understands this client's schema: this device has to be updated."""

    UPDATE_SERVER = "update_server"
    """This client no longer understands the server's schema: the server has to be updated."""


class LinkChanged(msgspec.Struct, frozen=True):
    """The link's state is now another one."""

    link: LinkState


class SnapshotArrived(msgspec.Struct, frozen=True):
    """A snapshot newer than every one delivered before from the same topic.

    Never a `Heartbeat`: those show in the link's state. Unless the link is LIVE, show it as stale.
    """

    snapshot: Published


class ReplyArrived(msgspec.Struct, frozen=True):
    """The one answer to a submitted command; also to one submitted before the last start."""

    command_id: CommandId
    command: Command
    reply: Reply


Update = LinkChanged | SnapshotArrived | ReplyArrived
