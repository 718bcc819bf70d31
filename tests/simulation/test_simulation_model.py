"""The model around the product: connections, broker, clocks."""

from dataclasses import replace
from random import Random

import pytest

from hallserver.client.subscriptions import Subscription
from hallserver.domain.rules import Period, Schedule, ServiceRules
from hallserver.protocol.codec import MalformedMessageError, decode_published, encode_published
from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import BOARD, HEARTBEAT, SERVER_CLIENT
from hallserver.protocol.snapshots import Heartbeat
from hallserver.protocol.states import ServiceStatus
from tests.helpers.halls import Played, small_plan
from tests.simulation.broker import LOAD_TOPIC, MAX_DECODED, Broker, DecodedOnce
from tests.simulation.day import Day
from tests.simulation.parts import PRODUCT
from tests.simulation.settled import COMPARED, picture
from tests.simulation.shape import draw
from tests.simulation.wire import Connection, Message, Pipe, Weather
from tests.simulation.world import Life, World

KIOSK = ClientId("kiosk-01")
HARD = Weather(Random(1), delay_s=0.5)


class Ear:
    """The far end of a connection, and what it heard."""

    def __init__(self):
        self.heard = []
        self.is_lost = False

    def received(self, connection, message):
        self.heard.append(message.topic)

    def lost(self, connection):
        self.is_lost = True

    def settle(self):
        pass

    def beats_changed(self):
        pass


def a_pipe(world):
    heard = []
    return Pipe(world, 0.01, lambda message: heard.append(message.topic)), heard


def send(pipe, *topics):
    for topic in topics:
        pipe.send(Message(topic, b""))


def test_equal_times_run_in_the_order_in_which_they_were_planned():
    world, done = World(1), []
    for name in "abc":
        world.at(2.0, done.append, name)
    world.at(1.0, done.append, "first")
    world.run(3.0)
    assert done == ["first", "a", "b", "c"]
    assert world.now_s == 3.0


def test_what_a_dead_process_had_planned_does_not_happen():
    world, done = World(1), []
    life = Life(world)
    life.after(1.0, done.append, "early")
    life.after(2.0, done.append, "late")
    world.at(1.5, life.end)
    world.run(5.0)
    assert done == ["early"]


def test_a_calm_pipe_delivers_everything_once_in_order_after_its_lag():
    world = World(1)
    pipe, heard = a_pipe(world)
    send(pipe, "a", "b", "c")
    world.run(0.009)
    assert heard == []
    world.run(0.011)
    assert heard == ["a", "b", "c"]


def test_a_frozen_pipe_delivers_in_order_what_it_held_up():
    world = World(1)
    pipe, heard = a_pipe(world)
    send(pipe, "on its way")
    pipe.freeze()
    send(pipe, "a", "b")
    world.run(5.0)
    assert heard == []
    pipe.thaw()
    send(pipe, "after")
    world.run(6.0)
    assert heard == ["on its way", "a", "b", "after"]


def test_a_closed_pipe_loses_what_is_on_its_way():
    world = World(1)
    pipe, heard = a_pipe(world)
    send(pipe, "a")
    pipe.close()
    send(pipe, "b")
    world.run(1.0)
    assert heard == []


def test_a_rough_pipe_loses_repeats_and_reorders_and_owns_up_to_it():
    for weather, is_ok in (
        (Weather(Random(1), drop=0.5), lambda heard, sent: 0 < len(heard) < len(sent)),
        (Weather(Random(1), repeat=0.5), lambda heard, sent: len(heard) > len(set(heard)) > 0),
        (
            Weather(Random(1), reorder=0.5, delay_s=1.0),
            lambda heard, sent: sorted(heard) == sent and heard != sent,
        ),
    ):
        world = World(1)
        pipe, heard = a_pipe(world)
        pipe.weather = weather
        sent = [f"{number:03}" for number in range(100)]
        send(pipe, *sent)
        world.run(100.0)
        assert is_ok(heard, sent)
        assert pipe.unfaithful_s >= 0


def test_a_merely_slow_pipe_stays_faithful():
    world = World(1)
    pipe, heard = a_pipe(world)
    pipe.weather = Weather(Random(1), delay_s=1.0)
    sent = [f"{number:03}" for number in range(100)]
    send(pipe, *sent)
    world.run(100.0)
    assert heard == sent
    assert pipe.unfaithful_s < 0


def connected(world, broker, client):
    ear = Ear()
    connection = broker.connect(client, ear)
    assert isinstance(connection, Connection)
    return connection, ear


def test_who_subscribes_hears_what_is_retained_unless_the_store_was_lost():
    for keeps, expected in (("kept", ["t"]), ("lost", [])):
        world = World(1)
        broker = Broker(world)
        server, _ = connected(world, broker, SERVER_CLIENT)
        server.up.send(Message("t", b"state", is_retained=True))
        world.run(1.0)
        broker.die()
        broker.restart(keeps)
        connection, ear = connected(world, broker, KIOSK)
        broker.subscribe(connection, (Subscription("t", 1),))
        world.run(2.0)
        assert ear.heard == expected


def test_a_command_is_handed_to_the_server_until_it_is_acknowledged():
    world = World(1)
    broker = Broker(world)
    first, ear = connected(world, broker, SERVER_CLIENT)
    first.subscribed_s = world.now_s
    broker.serve(first)
    broker.to_server(Message("one", b""))
    broker.to_server(Message("two", b""))
    world.run(1.0)
    assert ear.heard == ["one", "two"]
    broker.acknowledge(first, 1)
    world.run(2.0)
    broker.cut(first)
    assert ear.is_lost
    broker.to_server(Message("three", b""))
    second, ear = connected(world, broker, SERVER_CLIENT)
    second.subscribed_s = world.now_s
    broker.serve(second)
    world.run(3.0)
    assert ear.heard == ["two", "three"]


class EagerBroker(Broker):
    """Sends each heartbeat and each count to everybody."""

    def _who_need_beats(self, subscribers):
        return list(subscribers.values())

    def _is_calm_to(self, connection):
        return False

    def _may_wait(self, connection):
        return False


def test_what_is_taken_late_changes_nothing_on_a_calm_day():
    def journal(parts):
        day = Day(replace(draw(3), faults={}), parts)
        day.run()
        return [(line.seq, line.wall_ms, line.client, line.event) for line in day.journal.lines()]

    assert journal(PRODUCT) == journal(replace(PRODUCT, broker=EagerBroker))


def test_what_was_decoded_for_one_session_is_handed_to_all_that_get_the_same_bytes():
    decode = DecodedOnce()
    first = encode_published(Heartbeat(1, 2))
    message = decode(HEARTBEAT, first)
    assert message == decode_published(HEARTBEAT, first)
    assert decode(HEARTBEAT, bytes(bytearray(first))) is message
    with pytest.raises(MalformedMessageError):
        decode(BOARD, first)
    for version in range(MAX_DECODED + 1):
        decode(HEARTBEAT, encode_published(Heartbeat(2, version)))
    assert decode(HEARTBEAT, first) is not message


def a_load(version: int) -> Message:
    return Message(LOAD_TOPIC, b"%d" % version, is_retained=True)


@pytest.mark.parametrize(
    "trouble", [Broker.freeze, lambda broker, to: broker.change_weather(to, HARD)]
)
def test_a_count_that_came_quietly_waits_for_a_look_and_travels_by_itself_in_trouble(trouble):
    world = World(1)
    broker = Broker(world)
    server, _ = connected(world, broker, SERVER_CLIENT)
    kiosk, ear = connected(world, broker, KIOSK)
    broker.subscribe(kiosk, (Subscription(LOAD_TOPIC, 1),))
    world.run(1.0)
    for version in (1, 2):
        server.up.send(a_load(version))
        world.run(world.now_s + 1.0)
    assert ear.heard == []
    newest = kiosk.take_quiet()
    assert newest is not None
    assert newest.payload == b"2"
    assert kiosk.take_quiet() is None
    server.up.send(a_load(3))
    world.run(world.now_s + server.lag_s + kiosk.lag_s / 2)
    assert ear.heard == []
    trouble(broker, kiosk)
    server.up.send(a_load(4))
    world.run(world.now_s + 5.0)
    broker.thaw(kiosk)
    broker.change_weather(kiosk, None)
    world.run(world.now_s + 5.0)
    assert ear.heard == [LOAD_TOPIC, LOAD_TOPIC]


def test_a_count_on_its_way_is_lost_with_its_connection_and_retained():
    world = World(1)
    broker = Broker(world)
    server, _ = connected(world, broker, SERVER_CLIENT)
    kiosk, ear = connected(world, broker, KIOSK)
    broker.subscribe(kiosk, (Subscription(LOAD_TOPIC, 1),))
    world.run(1.0)
    server.up.send(a_load(1))
    world.run(world.now_s + server.lag_s + kiosk.lag_s / 2)
    broker.cut(kiosk)
    world.run(world.now_s + 1.0)
    assert ear.heard == []
    again, ear = connected(world, broker, KIOSK)
    broker.subscribe(again, (Subscription(LOAD_TOPIC, 1),))
    world.run(world.now_s + 1.0)
    assert ear.heard == [LOAD_TOPIC]


def test_a_load_that_changed_and_changed_back_by_the_clock_alone_is_the_folded_one():
    plan = small_plan()
    rules = ServiceRules(schedule="day")
    services = tuple(replace(service, rules=rules) for service in plan.services)
    hours = Schedule("day", ((Period(420, 540),),) * 7)
    played = Played(replace(plan, services=services, schedules=(hours,)))

    def shown():
        return dict(played.hall.everything(COMPARED))[LOAD_TOPIC]

    versions, statuses = [shown().version], []
    for minutes in (120, -120):
        played.now = replace(played.now, wall_ms=played.now.wall_ms + minutes * 60_000)
        played.tick()
        versions.append(shown().version)
        statuses.append({load.status for load in shown().services.values()})
    assert versions == sorted(set(versions))
    assert statuses == [{ServiceStatus.CLOSED}, {ServiceStatus.OPEN}]
    assert picture(played.hall) == picture(played.refolded())
