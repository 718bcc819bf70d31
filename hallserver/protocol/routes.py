"""One table: which message travels on which topic, who sends it, who may read it.

Publish and subscribe helpers, the broker's access list, the protocol document and the tests are
derived from it. A device's MQTT user name is its client id, and its role is the id's first part.
"""

import re
from dataclasses import dataclass
from enum import StrEnum, unique

from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClientId, CounterId, ZoneId
from hallserver.protocol.replies import ReplyMessage
from hallserver.protocol.snapshots import (
    BoardSnapshot,
    Catalog,
    ConsoleSnapshot,
    CounterSnapshot,
    HallLoad,
    Heartbeat,
    ServerInfo,
    VoiceSnapshot,
)


@unique
class Role(StrEnum):
    """What kind of peer a client is; the first part of its id."""

    SERVER = "server"
    KIOSK = "kiosk"
    COUNTER = "counter"
    PAD = "pad"
    CALLSCREEN = "callscreen"
    GUIDE = "guide"
    """The lobby guides' tablet."""
    CONSOLE = "console"
    """A supervisor's console."""
    GATEWAY = "gateway"
    """Another system that books appointments."""


SERVER_CLIENT = ClientId("server")

_ROLES = {role.value: role for role in Role}
_CLIENT_ID = re.compile(r"(kiosk|counter|pad|callscreen|guide|console|gateway)-(\d{1,3})", re.ASCII)


def role_of(client: ClientId) -> Role | None:
    """Read the role off a client id; None when the id is not one of ours."""
    if client == SERVER_CLIENT:
        return Role.SERVER
    match = _CLIENT_ID.fullmatch(client)
    return _ROLES[match[1]] if match else None


def counter_of(client: ClientId) -> CounterId | None:
    """Return the counter that a terminal or a pad stands at; None for every other client."""
    match = _CLIENT_ID.fullmatch(client)
    if match and _ROLES[match[1]] in (Role.COUNTER, Role.PAD):
        return CounterId(int(match[2]))
    return None


def counter_terminal(counter: CounterId) -> ClientId:
    """Name the terminal of a counter."""
    return ClientId(f"{Role.COUNTER}-{counter}")


def rating_pad(counter: CounterId) -> ClientId:
    """Name the rating pad of a counter."""
    return ClientId(f"{Role.PAD}-{counter}")


EVERY_CLIENT = frozenset(Role) - {Role.SERVER}

# Which role may send which command. Everything else is refused as `not_permitted`.
MAY_SEND: dict[Role, tuple[type[c.Command], ...]] = {
    Role.SERVER: (),
    Role.KIOSK: (
        c.ReserveTicket,
        c.ConfirmPrinted,
        c.VoidTicket,
        c.ShowTicket,
        c.CancelTicket,
        c.RateService,
        c.CheckIn,
        c.FindAppointments,
        c.CancelBooking,
    ),
    Role.COUNTER: (
        c.SignIn,
        c.SignOut,
        c.CallNext,
        c.Recall,
        c.Arrive,
        c.Complete,
        c.MarkNoShow,
        c.CallTicket,
        c.GrantPriority,
        c.ExplainCall,
        c.UndoCall,
        c.Reinstate,
        c.Transfer,
        c.Park,
        c.Resume,
        c.PauseCounter,
        c.ResumeCounter,
    ),
    Role.PAD: (c.RateAtCounter, c.ShowTicket, c.CancelTicket, c.RateService),
    Role.CALLSCREEN: (c.AcknowledgeAnnouncement,),
    Role.GUIDE: (
        c.SignIn,
        c.SignOut,
        c.ReserveTicket,
        c.ConfirmPrinted,
        c.VoidTicket,
        c.ShowTicket,
        c.CancelTicket,
        c.GrantPriority,
        c.ExplainCall,
        c.Reinstate,
        c.CheckIn,
        c.FindAppointments,
        c.BookAppointment,
        c.CancelAppointment,
    ),
    Role.CONSOLE: (
        c.SignIn,
        c.SignOut,
        c.GrantPriority,
        c.ExplainCall,
        c.AssignServices,
        c.ApproveProposal,
        c.DeclineProposal,
        c.CloseKiosks,
        c.OpenKiosks,
    ),
    Role.GATEWAY: (c.BookAppointment, c.CancelAppointment),
}


@dataclass(frozen=True)
class Route:
    """One row. `template` holds at most one of `{client}`, `{zone}`, `{counter}`.

    `sender` and `readers` are roles; where the template names a client or a counter, only that
    client, or the clients at that counter, may use the topic.
    """

    name: str
    template: str
    message: type
    sender: frozenset[Role]
    readers: frozenset[Role]
    qos: int
    is_retained: bool
    why: str


_SERVER = frozenset({Role.SERVER})

COMMAND = Route(
    "command",
    "jiaohao/command/{client}",
    c.CommandMessage,
    frozenset(role for role, allowed in MAY_SEND.items() if allowed),
    _SERVER,
    qos=1,
    is_retained=False,
    why="A client asks; acknowledged after commit.",
)
REPLY = Route(
    "reply",
    "jiaohao/reply/{client}",
    ReplyMessage,
    _SERVER,
    EVERY_CLIENT,
    qos=1,
    is_retained=False,
    why="The answer to one command id; repeated as often as the command is.",
)
INFO = Route(
    "info",
    "jiaohao/info",
    ServerInfo,
    _SERVER,
    EVERY_CLIENT,
    qos=1,
    is_retained=True,
    why="The greeting: versions, epoch, business day.",
)
HEARTBEAT = Route(
    "heartbeat",
    "jiaohao/heartbeat",
    Heartbeat,
    _SERVER,
    EVERY_CLIENT,
    qos=0,
    is_retained=False,
    why="Every second; its absence makes a screen say that it is stale.",
)
CATALOG = Route(
    "catalog",
    "jiaohao/catalog",
    Catalog,
    _SERVER,
    EVERY_CLIENT,
    qos=1,
    is_retained=True,
    why="The hall as configured.",
)
LOAD = Route(
    "load",
    "jiaohao/load",
    HallLoad,
    _SERVER,
    frozenset({Role.KIOSK, Role.GUIDE, Role.CONSOLE}),
    qos=1,
    is_retained=True,
    why="How many wait for each service.",
)
BOARD = Route(
    "board",
    "jiaohao/board/{zone}",
    BoardSnapshot,
    _SERVER,
    frozenset({Role.CALLSCREEN, Role.KIOSK}),
    qos=1,
    is_retained=True,
    why="The last calls of a zone.",
)
VOICE = Route(
    "voice",
    "jiaohao/voice/{zone}",
    VoiceSnapshot,
    _SERVER,
    frozenset({Role.CALLSCREEN}),
    qos=1,
    is_retained=True,
    why="What the voice of a zone has to say.",
)
COUNTER = Route(
    "counter",
    "jiaohao/counter/{counter}",
    CounterSnapshot,
    _SERVER,
    frozenset({Role.COUNTER, Role.PAD}),
    qos=1,
    is_retained=True,
    why="One counter, for its terminal and its pad.",
)
CONSOLE = Route(
    "console",
    "jiaohao/console",
    ConsoleSnapshot,
    _SERVER,
    frozenset({Role.CONSOLE}),
    qos=1,
    is_retained=True,
    why="What supervisors decide on.",
)

ROUTES: tuple[Route, ...] = (
    COMMAND,
    REPLY,
    INFO,
    HEARTBEAT,
    CATALOG,
    LOAD,
    BOARD,
    VOICE,
    COUNTER,
    CONSOLE,
)

_PLACE = re.compile(r"\{(client|zone|counter)\}")
_NOT_IN_A_PLACE = re.compile(r"[/+#\0]")
_PLACE_OF = {route.name: _PLACE.findall(route.template) for route in ROUTES}
_TAKES = {
    name: tuple(each in places for each in ("client", "zone", "counter"))
    for name, places in _PLACE_OF.items()
}
_WHOLE = {route.template: route for route in ROUTES if not _PLACE_OF[route.name]}
_BEFORE_PLACE = {route.name: _PLACE.sub("", route.template) for route in ROUTES}
"""A place stands last in its template, behind a slash."""
_PLACED = {
    _BEFORE_PLACE[route.name].removesuffix("/"): route for route in ROUTES if _PLACE_OF[route.name]
}


def topic(
    route: Route,
    *,
    client: ClientId | None = None,
    zone: ZoneId | None = None,
    counter: CounterId | None = None,
) -> str:
    """Fill a route's template.

    Raises ValueError when its one place is not given, or another is, or when the value would make
    another topic of it (MQTT 5, 4.7.1).
    """
    given = (client is not None, zone is not None, counter is not None)
    if given != _TAKES[route.name]:
        raise ValueError(f"route {route.name} takes exactly {_PLACE_OF[route.name] or 'nothing'}")
    if not any(given):
        return route.template
    value = str(counter if counter is not None else zone if zone is not None else client)
    if not value or _NOT_IN_A_PLACE.search(value):
        raise ValueError(f"route {route.name}: this value cannot stand in a topic")
    return _BEFORE_PLACE[route.name] + value


def match_topic(topic_name: str) -> tuple[Route, str] | None:
    """Find a topic's route and the value at its place ("" when it has none); None when foreign."""
    whole = _WHOLE.get(topic_name)
    if whole is not None:
        return whole, ""
    before, _, value = topic_name.rpartition("/")
    placed = _PLACED.get(before)
    return (placed, value) if placed is not None and value else None


def subscription(route: Route) -> str:
    """Turn a template into the filter that matches all its topics."""
    return _PLACE.sub("+", route.template)
