"""What each kind of client listens to, read off the routes table."""

from collections.abc import Iterable
from dataclasses import dataclass

from hallserver.protocol.ids import ClientId, ZoneId
from hallserver.protocol.routes import (
    BOARD,
    COUNTER,
    HEARTBEAT,
    INFO,
    REPLY,
    ROUTES,
    VOICE,
    Role,
    Route,
    counter_of,
    role_of,
    topic,
)


@dataclass(frozen=True)
class Subscription:
    """One topic without wildcards, and the QoS to ask for."""

    topic: str
    qos: int


def subscriptions_for(client: ClientId, zones: Iterable[ZoneId] = ()) -> tuple[Subscription, ...]:
    """List what a client subscribes to, in the order in which to ask for it.

    `zones` are those whose boards it shows: at least one for a call screen, which also speaks for
    them, any or none for a kiosk, none for all others. Raises ValueError when they do not fit the
    client.
    """
    role = role_of(client)
    if role is None or role is Role.SERVER:
        raise ValueError(f"{client} is not a client of a hall")
    zones = tuple(zones)
    if zones and role not in BOARD.readers:
        raise ValueError(f"{client} may not read boards")
    if role is Role.CALLSCREEN and not zones:
        raise ValueError(f"{client} needs at least one zone to show")
    # The greeting first, so that versions are compared before anything else is read; heartbeats
    # last, so that the retained snapshots are there before the link can become live.
    routes = sorted(ROUTES, key=lambda route: (route is not INFO, route is HEARTBEAT))
    return tuple(
        Subscription(name, route.qos)
        for route in routes
        if role in route.readers
        for name in _topics(route, client, zones)
    )


def _topics(route: Route, client: ClientId, zones: tuple[ZoneId, ...]) -> tuple[str, ...]:
    if route is REPLY:
        return (topic(route, client=client),)
    if route is COUNTER:
        return (topic(route, counter=counter_of(client)),)
    if route in (BOARD, VOICE):
        return tuple(topic(route, zone=zone) for zone in zones)
    return (topic(route),)
