"""What a real mosquitto lets each client do, against a table written by hand."""

import itertools

import pytest

from hallserver.broker import run_broker
from tests.helpers.broker import FENCE, Peer

CLIENTS = (
    "kiosk-01",
    "kiosk-02",
    "counter-1",
    "counter-2",
    "pad-1",
    "callscreen-01",
    "guide-01",
    "console-01",
)

# Every kind of topic, those of others too, and some that no route has.
TOPICS = (
    *(f"jiaohao/command/{client}" for client in CLIENTS),
    *(f"jiaohao/reply/{client}" for client in CLIENTS),
    "jiaohao/info",
    "jiaohao/heartbeat",
    "jiaohao/catalog",
    "jiaohao/load",
    "jiaohao/board/1f",
    "jiaohao/board/2f",
    "jiaohao/voice/1f",
    "jiaohao/voice/2f",
    "jiaohao/console",
    "jiaohao/counter/1",
    "jiaohao/counter/2",
    "jiaohao/command/server",
    "jiaohao/foreign",
    "foreign",
)
BOARDS = {"jiaohao/board/1f", "jiaohao/board/2f"}
VOICES = {"jiaohao/voice/1f", "jiaohao/voice/2f"}
GREETINGS = {"jiaohao/info", "jiaohao/heartbeat", "jiaohao/catalog"}

MAY_WRITE = {
    "kiosk-01": {"jiaohao/command/kiosk-01"},
    "kiosk-02": {"jiaohao/command/kiosk-02"},
    "counter-1": {"jiaohao/command/counter-1"},
    "counter-2": {"jiaohao/command/counter-2"},
    "pad-1": {"jiaohao/command/pad-1"},
    "callscreen-01": {"jiaohao/command/callscreen-01"},
    "guide-01": {"jiaohao/command/guide-01"},
    "console-01": {"jiaohao/command/console-01"},
    "server": {
        *(f"jiaohao/reply/{client}" for client in CLIENTS),
        *GREETINGS,
        *BOARDS,
        *VOICES,
        "jiaohao/console",
        "jiaohao/load",
        "jiaohao/counter/1",
        "jiaohao/counter/2",
    },
}
MAY_READ = {
    "kiosk-01": {"jiaohao/reply/kiosk-01", "jiaohao/load", *BOARDS, *GREETINGS},
    "kiosk-02": {"jiaohao/reply/kiosk-02", "jiaohao/load", *BOARDS, *GREETINGS},
    "counter-1": {"jiaohao/reply/counter-1", "jiaohao/counter/1", *GREETINGS},
    "counter-2": {"jiaohao/reply/counter-2", "jiaohao/counter/2", *GREETINGS},
    "pad-1": {"jiaohao/reply/pad-1", "jiaohao/counter/1", *GREETINGS},
    "callscreen-01": {"jiaohao/reply/callscreen-01", *BOARDS, *VOICES, *GREETINGS},
    "guide-01": {"jiaohao/reply/guide-01", "jiaohao/load", *GREETINGS},
    "console-01": {"jiaohao/reply/console-01", "jiaohao/load", "jiaohao/console", *GREETINGS},
}


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with run_broker(tmp_path_factory.mktemp("broker"), CLIENTS) as broker:
        yield broker


@pytest.mark.parametrize("client", MAY_WRITE)
def test_a_client_writes_its_own_topics_and_every_other_one_is_refused(broker, client):
    with Peer(broker, client) as peer:
        words = {name: peer.publish(name, b"{}") for name in TOPICS}
    refused = {name for name, word in words.items() if word == "Not authorized"}
    assert refused == set(TOPICS) - MAY_WRITE[client]
    assert {words[name] for name in MAY_WRITE[client]} <= {"Success", "No matching subscribers"}


@pytest.mark.parametrize("client", MAY_READ)
@pytest.mark.parametrize("filters", [("#",), TOPICS], ids=["by a wildcard", "one by one"])
def test_a_client_hears_its_own_topics_and_nothing_else(broker, client, filters):
    with Peer(broker, client) as peer, Peer(broker, "server") as server:
        peer.subscribe(*filters)
        for name in sorted(MAY_WRITE["server"]):
            assert server.publish(name, name.encode()) != "Not authorized"
        server.publish("jiaohao/info", FENCE)
        heard = [name for name, _ in peer.until_fence()]
    assert sorted(heard) == sorted(MAY_READ[client])


@pytest.mark.parametrize("client", MAY_READ)
def test_no_client_hears_what_another_asks(broker, client):
    others = [name for name in CLIENTS if name != client]
    with Peer(broker, client) as listener, Peer(broker, "server") as server:
        listener.subscribe("#")
        for other in others:
            with Peer(broker, other) as peer:
                # Delivered to nobody: the hall server, which may read it, has not subscribed.
                assert peer.publish(f"jiaohao/command/{other}", b"{}") in (
                    "Success",
                    "No matching subscribers",
                )
        server.publish("jiaohao/info", FENCE)
        assert listener.until_fence() == []


def test_the_server_hears_every_command(broker):
    with Peer(broker, "server") as server:
        server.subscribe("jiaohao/command/+")
        senders = [name for name in CLIENTS if MAY_WRITE[name]]
        for client in senders:
            with Peer(broker, client) as peer:
                assert peer.publish(f"jiaohao/command/{client}", b"{}") == "Success"
        heard = [server.received.get(timeout=5)[0] for _ in senders]
    assert heard == [f"jiaohao/command/{client}" for client in senders]


def test_a_client_cannot_connect_under_the_id_of_another(broker):
    with Peer(broker, "kiosk-01") as kiosk:
        kiosk.subscribe("#")
        with (
            Peer(broker, "counter-1", client_id="kiosk-01") as intruder,
            Peer(broker, "server") as server,
        ):
            assert intruder.publish("jiaohao/command/kiosk-01", b"{}") == "Not authorized"
            intruder.subscribe("jiaohao/reply/kiosk-01", "jiaohao/info")
            server.publish("jiaohao/reply/kiosk-01", b"secret")
            server.publish("jiaohao/info", FENCE)
            assert intruder.until_fence() == []
            assert kiosk.until_fence() == [("jiaohao/reply/kiosk-01", b"secret")]
        assert not kiosk.lost.is_set()


@pytest.mark.parametrize(
    ("user", "password"),
    [("kiosk-01", "wrong"), ("kiosk-01", ""), ("nobody", "x"), ("", None)],
    ids=["wrong password", "empty password", "unknown name", "no name"],
)
def test_a_stranger_is_not_let_in(broker, user, password):
    peer = Peer(broker, user, client_id="kiosk-01", password=password)
    word = peer.connect()
    peer.close()
    assert word == "Not authorized"


def test_each_device_has_a_password_of_its_own(broker):
    for one, other in itertools.permutations(("kiosk-01", "kiosk-02"), 2):
        peer = Peer(broker, one, password=broker.passwords[other])
        word = peer.connect()
        peer.close()
        assert word == "Not authorized"


def test_a_payload_beyond_the_limit_ends_its_sender_and_reaches_nobody(broker):
    with Peer(broker, "server") as server, Peer(broker, "kiosk-01") as kiosk:
        server.subscribe("jiaohao/command/+")
        kiosk.publish_and_forget("jiaohao/command/kiosk-01", b"x" * 300_000)
        assert kiosk.lost.wait(5)
        with Peer(broker, "kiosk-02") as other:
            other.publish("jiaohao/command/kiosk-02", FENCE)
        assert server.until_fence() == []
