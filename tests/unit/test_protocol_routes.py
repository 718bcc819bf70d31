"""The routes table: topics, roles, and who may send what."""

from typing import get_args

import pytest

from hallserver.protocol.commands import Command
from hallserver.protocol.errors import SENTENCES, RejectionCode
from hallserver.protocol.replies import Reply
from hallserver.protocol.routes import (
    BOARD,
    COMMAND,
    COUNTER,
    INFO,
    MAY_SEND,
    ROUTES,
    Role,
    counter_of,
    counter_terminal,
    match_topic,
    rating_pad,
    role_of,
    subscription,
    topic,
)
from hallserver.protocol.version import Compatibility, compatibility

PLACES = {"client": "kiosk-01", "zone": "1f", "counter": 12}


def place_of(route) -> dict[str, object]:
    return {name: value for name, value in PLACES.items() if f"{{{name}}}" in route.template}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_topic_leads_back_to_its_route_and_place(route):
    place = place_of(route)
    name = topic(route, **place)
    assert match_topic(name) == (route, "".join(map(str, place.values())))
    assert match_topic(name + "/more") is None
    assert subscription(route).count("+") == len(place)


@pytest.mark.parametrize(
    "name", ["", "jiaohao", "jiaohao/command/", "jiaohao/infos", "/jiaohao/info"]
)
def test_a_foreign_topic_has_no_route(name):
    assert match_topic(name) is None


@pytest.mark.parametrize(
    ("route", "places"),
    [
        (INFO, {"client": "kiosk-01"}),
        (COMMAND, {}),
        (COMMAND, {"zone": "1f"}),
        (BOARD, {"zone": "1f", "client": "kiosk-01"}),
        (COUNTER, {"zone": "1f"}),
    ],
)
def test_a_place_that_is_not_the_routes_is_refused(route, places):
    with pytest.raises(ValueError, match="takes exactly"):
        topic(route, **places)


@pytest.mark.parametrize("value", ["", "+", "#", "1f/2f", "1\0f"])
def test_a_value_that_would_make_another_topic_is_refused(value):
    with pytest.raises(ValueError, match="cannot stand"):
        topic(BOARD, zone=value)


@pytest.mark.parametrize(
    ("client", "role", "counter"),
    [
        ("server", Role.SERVER, None),
        ("kiosk-01", Role.KIOSK, None),
        ("counter-92", Role.COUNTER, 92),
        ("pad-7", Role.PAD, 7),
        ("callscreen-3", Role.CALLSCREEN, None),
        ("kiosk-01\n", None, None),
        ("counter-12\n", None, None),
        ("server-1", None, None),
        ("kiosk", None, None),
        ("kiosk-", None, None),
        ("kiosk-0001", None, None),
        ("kiosk-１", None, None),
        ("counter-1/2", None, None),
        ("Kiosk-1", None, None),
        ("", None, None),
    ],
)
def test_role_and_counter_are_read_off_the_id(client, role, counter):
    assert (role_of(client), counter_of(client)) == (role, counter)


def test_terminal_and_pad_are_named_after_their_counter():
    assert (counter_terminal(12), rating_pad(12)) == ("counter-12", "pad-12")
    assert counter_of(counter_terminal(12)) == counter_of(rating_pad(12)) == 12


def test_every_command_can_be_sent_by_somebody_and_only_by_roles_that_have_the_topic():
    sendable = {command for allowed in MAY_SEND.values() for command in allowed}
    assert sendable == set(get_args(Command))
    assert set(MAY_SEND) == set(Role)
    assert {role for role in Role if MAY_SEND[role]} == COMMAND.sender


def test_only_the_server_publishes_what_is_not_a_command():
    assert {route.sender for route in ROUTES if route is not COMMAND} == {frozenset({Role.SERVER})}


def test_commands_and_replies_share_no_name():
    names = [kind.__name__ for kind in (*get_args(Command), *get_args(Reply))]
    assert len(names) == len(set(names))


def test_every_refusal_has_a_sentence_in_both_languages():
    assert set(SENTENCES) == set(RejectionCode)
    for text in SENTENCES.values():
        assert text.zh.endswith("。")
        assert text.en.endswith(".")
        assert text.en.isascii()


@pytest.mark.parametrize("client", range(1, 5))
@pytest.mark.parametrize("client_min", range(1, 5))
@pytest.mark.parametrize("server", range(1, 5))
@pytest.mark.parametrize("server_min", range(1, 5))
def test_versions_fit_when_each_side_understands_the_other(client, client_min, server, server_min):
    verdict = compatibility(server, server_min, client_schema=client, client_min_schema=client_min)
    fits = client >= server_min and server >= client_min
    assert (verdict is Compatibility.OK) == fits
    assert verdict is not Compatibility.UPDATE_CLIENT or client < server_min
    assert verdict is not Compatibility.UPDATE_SERVER or server < client_min
