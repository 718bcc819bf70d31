"""What real brokers let a hall, the collector and a hostile region do."""

import contextlib

import pytest

from hallserver.broker import BrokerFiles, RunningBroker, find_mosquitto, free_port
from hallserver.protocol.ids import ClientId
from hallserver.protocol.region import RegionHall
from hallserver.region.files import (
    COLLECTOR_CLIENT,
    LINE_TOPIC,
    UPLINK_CLIENT,
    HallNameError,
    RegionAddress,
    RegionBrokerFiles,
    hall_client,
    write_uplink_files,
)
from hallserver.region.link import CollectorLink
from tests.helpers.broker import FENCE, Peer

CLIENTS = (COLLECTOR_CLIENT, ClientId("hall-a"), ClientId("hall-b"))
TOPICS = (
    "region/a/lines",
    "region/a/confirmed",
    "region/b/lines",
    "region/b/confirmed",
    "region/c/lines",
    "jiaohao/command/kiosk-01",
    "jiaohao/journal/lines",
    "foreign",
)
MAY_WRITE = {
    "collector": {"region/a/confirmed", "region/b/confirmed"},
    "hall-a": {"region/a/lines"},
    "hall-b": {"region/b/lines"},
}
MAY_READ = {
    "collector": {"region/a/lines", "region/b/lines"},
    "hall-a": {"region/a/confirmed"},
    "hall-b": {"region/b/confirmed"},
}


def region_files(directory) -> RegionBrokerFiles:
    return RegionBrokerFiles(BrokerFiles(directory / "region"))


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    files = region_files(tmp_path_factory.mktemp("region"))
    port = free_port()
    files.write(port=port)
    files.admit(["a", "b"])
    passwords = {client: files.password_file(client).read_text().strip() for client in CLIENTS}
    with RunningBroker(files.files, passwords, port, find_mosquitto()) as broker:
        broker.start()
        yield broker


@pytest.mark.parametrize("client", MAY_WRITE)
def test_a_hall_writes_under_its_own_name_only(region, client):
    with Peer(region, client) as peer:
        words = {name: peer.publish(name, b"{}") for name in TOPICS}
    refused = {name for name, word in words.items() if word == "Not authorized"}
    assert refused == set(TOPICS) - MAY_WRITE[client]


@pytest.mark.parametrize("client", MAY_READ)
@pytest.mark.parametrize("filters", [("#",), TOPICS], ids=["by a wildcard", "one by one"])
def test_a_hall_hears_what_is_its_own_only(region, client, filters):
    with contextlib.ExitStack() as opened:
        peers = {name: opened.enter_context(Peer(region, name)) for name in CLIENTS}
        listener = peers[client]
        listener.subscribe(*filters)
        for sender, topics in MAY_WRITE.items():
            for name in sorted(topics):
                peers[sender].publish(name, b"1")
        fence = min(MAY_READ[client])
        next(peers[name] for name in CLIENTS if fence in MAY_WRITE[name]).publish(fence, FENCE)
        heard = {name for name, _ in listener.until_fence()}
    assert heard == MAY_READ[client]


def test_a_burst_of_many_halls_is_handed_over_whole(region):
    """mosquitto sends more than the receive maximum then; none may be dropped for that."""
    link = CollectorLink(region.settings(COLLECTOR_CLIENT))
    link.start()
    try:
        with Peer(region, "hall-a") as peer:
            while peer.publish("region/a/lines", b"first") != "Success":
                pass  # nobody listens yet
            for number in range(1_500):
                peer.publish_and_forget("region/a/lines", f"{number}".encode())
            taken: list[bytes] = []
            while not taken or taken[-1] != b"1499":
                arrived = link.take(10)
                assert arrived, len(taken)
                link.acknowledge(arrived)
                taken += [each.payload for each in arrived]
    finally:
        link.stop(5)
    assert [each for each in taken if each != b"first"] == [b"%d" % n for n in range(1_500)]


def test_a_halls_name_is_its_accounts_and_cannot_be_another_part_of_a_topic(tmp_path):
    files = region_files(tmp_path)
    for name in ("", "A", "a/b", "+", "#", "a b", "a\nuser x", "x" * 41, "é"):
        with pytest.raises(HallNameError):
            files.admit([name])
    assert files.halls() == []


def test_who_is_admitted_keeps_its_password_when_others_are(tmp_path):
    files = region_files(tmp_path)
    files.write(port=1)
    assert files.admit(["a"]) == ["a"]
    line = files.files.passwords.read_text()
    password = files.password_file(hall_client(RegionHall("a"))).read_text()
    assert files.admit(["a", "b"]) == ["b"]
    assert files.files.passwords.read_text().startswith(line)
    assert files.password_file(hall_client(RegionHall("a"))).read_text() == password
    assert files.halls() == ["a", "b"]
    for path in (files.files.passwords, files.files.acl, files.files.config):
        assert path.stat().st_mode & 0o077 == 0


def test_the_uplinks_broker_hands_the_region_nothing_but_lines(region, tmp_path):
    """And the region's word reaches the uplink, on its one topic."""
    address = RegionAddress(
        RegionHall("a"), "127.0.0.1", region.port, region.passwords[ClientId("hall-a")]
    )
    files, port = BrokerFiles(tmp_path / "uplink"), free_port()
    password = write_uplink_files(files, address, port=port)
    broker = RunningBroker(files, {UPLINK_CLIENT: password}, port, find_mosquitto())
    with broker, Peer(region, "collector") as collector:
        broker.start()
        collector.subscribe("#")
        with Peer(broker, "uplink") as uplink:
            uplink.subscribe("#", LINE_TOPIC, "jiaohao/journal/confirmed")
            while uplink.received.get(timeout=10) != (LINE_TOPIC, b"1"):
                pass
            for name in (*TOPICS, LINE_TOPIC):
                word = uplink.publish(name, b"{}")
                assert (word == "Not authorized") == (name != "jiaohao/journal/lines")
            assert collector.received.get(timeout=10) == ("region/a/lines", b"{}")
            collector.publish("region/a/confirmed", b"told")
            received = uplink.received.get(timeout=10)
            while received[0] == LINE_TOPIC:
                received = uplink.received.get(timeout=10)
            assert received == ("jiaohao/journal/confirmed", b"told")
            assert collector.received.empty()
