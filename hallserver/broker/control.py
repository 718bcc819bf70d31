"""Asking the broker to shut a client out, as mosquitto's dynamic security plugin understands it.

The plugin comes with mosquitto (mosquitto_ctrl_dynsec(1) lists its commands). It is used for this
alone: it is told of no client, and of whom it does not know the password file and the access list
decide. A client that it is told of and that is disabled is hung up on at once and refused from
then on, until it is forgotten again.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from hallserver.protocol.ids import ClientId

CONTROL_TOPIC = "$CONTROL/dynamic-security/v1"
ANSWER_TOPIC = f"{CONTROL_TOPIC}/response"

PLUGIN_NAME = "mosquitto_dynamic_security.so"
_PLACES = ("/usr/lib", "/usr/local/lib")

# With access denied here the plugin leaves the decision to the access list.
KNOWS_NOBODY = (
    '{"defaultACLAccess":{"publishClientSend":false,"publishClientReceive":false,'
    '"subscribe":false,"unsubscribe":false},"clients":[],"groups":[],"roles":[]}\n'
)
"""The plugin's own file, as it is before anybody is shut out."""


class _Data(msgspec.Struct):
    clients: tuple[str, ...] = ()


class _Answer(msgspec.Struct):
    command: str = ""
    data: _Data | None = None


class _Answers(msgspec.Struct):
    responses: tuple[_Answer, ...] = ()


def find_plugin(places: Iterable[str] = _PLACES) -> Path | None:
    """Find the plugin where Debian puts it, of whatever machine; None when it is not there."""
    for place in map(Path, places):
        for found in sorted((*place.glob(PLUGIN_NAME), *place.glob(f"*/{PLUGIN_NAME}"))):
            return found
    return None


def shut_out(client: ClientId) -> bytes:
    """Have a client hung up on, and refused."""
    return _commands(_about("createClient", client), _about("disableClient", client))


def let_in(clients: Iterable[ClientId]) -> bytes:
    """Have clients accepted again, with the password that they always had."""
    return _commands(*(_about("deleteClient", client) for client in clients))


def ask_who_is_out() -> bytes:
    """Ask who is shut out, from before too; `who_is_out` reads the answer."""
    return _commands({"command": "listClients"})


def who_is_out(answer: bytes) -> tuple[ClientId, ...]:
    """Read an answer of the broker; nobody when it is none to `ask_who_is_out`."""
    try:
        said = msgspec.json.decode(answer, type=_Answers)
    except msgspec.DecodeError:
        return ()
    return tuple(
        ClientId(name)
        for each in said.responses
        if each.command == "listClients" and each.data is not None
        for name in each.data.clients
    )


def _about(command: str, client: ClientId) -> dict[str, str]:
    return {"command": command, "username": client}


def _commands(*commands: dict[str, str]) -> bytes:
    return msgspec.json.encode({"commands": commands})
