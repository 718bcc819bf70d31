"""A mosquitto whose store was harmed starts all the same, and what was harmed is kept."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hallserver.broker import BrokerError, RunningBroker, run_broker
from tests.helpers.broker import DEADLINE_S, Peer

CLIENTS = ("kiosk-01",)


def with_a_saved_store(tmp_path: Path) -> tuple[RunningBroker, Path]:
    """A broker that was killed after it wrote what is retained to its store."""
    store = tmp_path / "store"
    store.mkdir()
    broker = run_broker(tmp_path / "broker", CLIENTS, store=store)
    with Peer(broker, "server") as server:
        server.publish("jiaohao/info", b"retained" * 100, retain=True)
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGUSR1)  # mosquitto(8): write the store now
        eventually((store / "mosquitto.db").exists)
    broker.kill()
    return broker, store / "mosquitto.db"


def eventually(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.02)


def retained(broker: RunningBroker) -> list[tuple[str, bytes]]:
    with Peer(broker, "server") as server, Peer(broker, "kiosk-01") as kiosk:
        kiosk.subscribe("jiaohao/info")
        server.publish("jiaohao/info", b"fence")
        found: list[tuple[str, bytes]] = kiosk.until_fence()
        return found


@pytest.mark.parametrize(
    "harm",
    [
        lambda whole: whole[:10],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"\xff" * len(whole),
    ],
    ids=["cut in its head", "cut in half", "overwritten"],
)
def test_a_store_that_cannot_be_read_is_set_aside_and_the_broker_starts_empty(
    tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    broker, file = with_a_saved_store(tmp_path)
    harmed = harm(file.read_bytes())
    file.write_bytes(harmed)
    with broker:
        broker.start()
        assert retained(broker) == []
        assert file.with_name("mosquitto.db.damaged-1").read_bytes() == harmed


def test_a_second_harmed_store_does_not_replace_the_first(tmp_path: Path) -> None:
    broker, file = with_a_saved_store(tmp_path)
    with broker:
        for harmed in (b"the first", b"the second"):
            broker.kill()
            file.write_bytes(harmed)
            broker.start()
        kept = [file.with_name(f"mosquitto.db.damaged-{count}").read_bytes() for count in (1, 2)]
        assert kept == [b"the first", b"the second"]


def test_a_store_is_not_blamed_for_a_port_that_is_taken(tmp_path: Path) -> None:
    broker, file = with_a_saved_store(tmp_path)
    whole = file.read_bytes()
    with run_broker(tmp_path / "other", CLIENTS, port=broker.port), broker:
        with pytest.raises(BrokerError, match="Address already in use"):
            broker.start()
        assert file.read_bytes() == whole
        assert list(file.parent.glob("*.damaged-*")) == []
