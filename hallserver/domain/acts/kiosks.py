"""Closing all kiosks with a word why, and opening them again: a supervisor at a console."""

from hallserver.domain import events as ev
from hallserver.domain.acts.base import OK, Act, Decision, Room
from hallserver.domain.instant import Now
from hallserver.domain.rules import Permission
from hallserver.protocol import commands as c
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import ClientId
from hallserver.protocol.replies import Done


def _close(room: Room, client: ClientId, command: c.CloseKiosks, _: Now) -> Decision:
    supervisor = room.staff(client, Permission.SUPERVISE)
    if isinstance(supervisor, Decision):
        return supervisor
    message = Text(command.message.zh, command.message.en)
    if room.state.notice == message:
        return OK
    return Decision(Done(), (ev.KiosksClosed(message, supervisor),))


def _open(room: Room, client: ClientId, _: c.OpenKiosks, __: Now) -> Decision:
    supervisor = room.staff(client, Permission.SUPERVISE)
    if isinstance(supervisor, Decision):
        return supervisor
    if room.state.notice is None:
        return OK
    return Decision(Done(), (ev.KiosksOpened(supervisor),))


ACTS: dict[type[c.Command], Act] = {
    c.CloseKiosks: _close,
    c.OpenKiosks: _open,
}
