"""What each kind of client listens to."""

import pytest

from hallserver.client.subscriptions import Subscription, subscriptions_for

COMMON = {"jiaohao/info", "jiaohao/heartbeat", "jiaohao/catalog"}


@pytest.mark.parametrize(
    ("client", "zones", "own"),
    [
        ("kiosk-01", [], {"jiaohao/reply/kiosk-01", "jiaohao/load"}),
        (
            "kiosk-01",
            ["1f", "2f"],
            {"jiaohao/reply/kiosk-01", "jiaohao/load", "jiaohao/board/1f", "jiaohao/board/2f"},
        ),
        ("counter-12", [], {"jiaohao/reply/counter-12", "jiaohao/counter/12"}),
        ("pad-12", [], {"jiaohao/reply/pad-12", "jiaohao/counter/12"}),
        (
            "callscreen-03",
            ["1f"],
            {"jiaohao/reply/callscreen-03", "jiaohao/board/1f", "jiaohao/voice/1f"},
        ),
        ("guide-01", [], {"jiaohao/reply/guide-01", "jiaohao/load"}),
        (
            "console-01",
            [],
            {"jiaohao/reply/console-01", "jiaohao/load", "jiaohao/console"},
        ),
    ],
)
def test_each_role_has_its_topics(client, zones, own):
    assert {item.topic for item in subscriptions_for(client, zones)} == COMMON | own


def test_heartbeats_are_asked_for_at_qos_0_and_all_else_at_qos_1():
    qos = {item: item.qos for item in subscriptions_for("kiosk-01", ["1f"])}
    assert [item for item in qos if qos[item] == 0] == [Subscription("jiaohao/heartbeat", 0)]
    assert set(qos.values()) == {0, 1}


@pytest.mark.parametrize(
    ("client", "zones"),
    [
        ("callscreen-03", []),
        ("counter-1", ["1f"]),
        ("pad-1", ["1f"]),
        ("guide-01", ["1f"]),
        ("console-01", ["1f"]),
        ("server", []),
        ("nobody", []),
        ("kiosk-01\n", []),
        ("kiosk-01", ["#"]),
        ("kiosk-01", [""]),
    ],
)
def test_what_does_not_fit_the_client_is_refused(client, zones):
    with pytest.raises(ValueError, match=r"."):
        subscriptions_for(client, zones)
