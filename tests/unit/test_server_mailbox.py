"""What waits for the writer: bounded, in order, and never behind a password."""

import contextlib
import queue
import select
import threading
from dataclasses import dataclass, field

import pytest

from hallserver.client.waker import Waker
from hallserver.mailbox import MAX_WAITING_OF_A_CLIENT, Delivery, Doorkeeper, Mailbox
from hallserver.password_check import PreparedPasswords
from hallserver.passwords import Cost, hash_password
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId, ClientId, ServiceId
from tests.helpers.halls import small_plan
from tests.helpers.servers import DEADLINE_S, inbound

RESERVE = c.ReserveTicket(ServiceId("a"))


def delivery(client: str, number: int, command: c.Command = RESERVE) -> Delivery:
    return Delivery(inbound(client, f"command-{number}", command), lambda: None)


def sign_in(client: str, number: int, password: str = "right") -> Delivery:
    return delivery(client, number, c.SignIn(ClerkId("clerk-1"), password))


def names(deliveries: list[Delivery]) -> list[tuple[ClientId, str]]:
    return [(each.inbound.client, each.inbound.message.id) for each in deliveries]


def test_what_is_put_is_taken_in_order_up_to_the_limit() -> None:
    mailbox = Mailbox()
    put = [delivery(f"kiosk-{n}", n) for n in range(5)]
    assert all(mailbox.put(each) for each in put)
    assert mailbox.take(3) == put[:3]
    assert mailbox.take(3) == put[3:]
    assert mailbox.take(3) == []


def test_a_full_mailbox_takes_nothing_more_until_there_is_room() -> None:
    mailbox = Mailbox(bound=3)
    assert [mailbox.put(delivery(f"kiosk-{n}", n)) for n in range(4)] == [True, True, True, False]
    assert len(mailbox) == 3
    assert len(mailbox.take(1)) == 1
    assert mailbox.put(delivery("kiosk-9", 9))
    assert len(mailbox) == 3


def test_a_client_that_floods_is_cut_off_and_the_others_do_not_feel_it() -> None:
    mailbox = Mailbox(bound=100, bound_of_a_client=10)
    taken = [mailbox.put(delivery("kiosk-1", n)) for n in range(50)]
    assert sum(taken) == 10
    assert all(mailbox.put(delivery(f"kiosk-{n}", n)) for n in range(2, 30))
    mailbox.take(100)
    assert mailbox.put(delivery("kiosk-1", 99))


def test_whoever_waits_is_woken_once_however_often_it_is_called() -> None:
    with contextlib.closing(Waker()) as waker:
        assert not select.select([waker], [], [], 0)[0]
        calls = [threading.Thread(target=waker.wake) for _ in range(3)]
        for call in calls:
            call.start()
        assert select.select([waker], [], [], DEADLINE_S)[0] == [waker]
        for call in calls:
            call.join()
        waker.clear()
        assert not select.select([waker], [], [], 0)[0]
        for _ in range(10_000):  # more than it can hold
            waker.wake()
        assert select.select([waker], [], [], 0)[0]
    waker.wake()  # nobody waits any more


@dataclass
class SlowCheck:
    """A comparison that lasts until the test lets it end."""

    may_end: threading.Event = field(default_factory=threading.Event)
    asked: queue.SimpleQueue[tuple[str, str]] = field(default_factory=queue.SimpleQueue)

    def prepare(self, account: str, password: str) -> None:
        self.asked.put((account, password))
        assert self.may_end.wait(DEADLINE_S)


@dataclass
class Door:
    """A doorkeeper before a mailbox, and what it let in."""

    check: SlowCheck = field(default_factory=SlowCheck)
    mailbox: Mailbox = field(default_factory=Mailbox)
    waker: Waker = field(default_factory=Waker)

    def __post_init__(self) -> None:
        self.keeper = Doorkeeper(self.mailbox.put, self.check, self.waker.wake)

    def __enter__(self) -> "Door":
        self.keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.check.may_end.set()
        self.keeper.stop()
        self.waker.close()

    def take(self, count: int) -> list[Delivery]:
        taken: list[Delivery] = []
        while len(taken) < count:
            taken += self.mailbox.take(count)
            if len(taken) < count:
                assert select.select([self.waker], [], [], DEADLINE_S)[0]
                self.waker.clear()
        return taken


def test_others_pass_while_a_password_is_compared_and_the_client_keeps_its_order() -> None:
    with Door() as door:
        held = [sign_in("counter-1", 1), delivery("counter-1", 2, c.CallNext())]
        assert all(door.keeper.admit(each) for each in held)
        assert door.check.asked.get(timeout=DEADLINE_S) == ("clerk-1", "right")
        other = delivery("kiosk-1", 3)
        assert door.keeper.admit(other)
        assert door.take(1) == [other]
        assert len(door.mailbox) == 0
        door.check.may_end.set()
        assert door.take(2) == held
        later = delivery("counter-1", 4, c.SignOut())
        door.keeper.admit(later)
        assert door.take(1) == [later]


def test_a_sign_in_that_is_sent_again_is_not_compared_again() -> None:
    with Door() as door:
        door.check.may_end.set()
        door.keeper.admit(sign_in("counter-1", 1))
        first = door.take(1)
        door.keeper.admit(sign_in("counter-1", 1))
        assert names(door.take(1)) == names(first)
        door.keeper.admit(sign_in("counter-1", 2))
        door.take(1)
        assert [door.check.asked.get(timeout=DEADLINE_S) for _ in range(2)]
        assert door.check.asked.empty()


def test_what_is_held_behind_a_password_is_bounded_too() -> None:
    with Door() as door:
        admitted = [door.keeper.admit(sign_in("counter-1", n)) for n in range(200)]
        assert sum(admitted) == MAX_WAITING_OF_A_CLIENT
        assert door.keeper.admit(sign_in("counter-2", 1))


def test_what_finds_no_room_after_its_comparison_is_acknowledged_and_dropped() -> None:
    """The broker must not wait for it for ever; whoever sent it sends it again."""
    acknowledged = threading.Event()
    with Door(mailbox=Mailbox(bound=1)) as door:
        door.mailbox.put(delivery("kiosk-1", 1))
        late = Delivery(sign_in("counter-1", 2).inbound, acknowledged.set)
        assert door.keeper.admit(late)
        door.check.may_end.set()
        assert acknowledged.wait(DEADLINE_S)
        assert names(door.take(1)) == [("kiosk-1", "command-1")]


CHEAP = Cost(n=16, r=1, p=1)
DEAR = Cost(n=64, r=2, p=1)


@pytest.fixture
def passwords() -> PreparedPasswords:
    from dataclasses import replace

    one, two, *_ = small_plan().clerks
    return PreparedPasswords(
        [
            replace(one, password_hash=hash_password("Right-1x", b"s" * 16, CHEAP)),
            replace(two, password_hash=hash_password("Right-2x", b"t" * 16, DEAR)),
        ]
    )


@pytest.mark.parametrize("is_prepared", [True, False])
@pytest.mark.parametrize(
    ("account", "password", "is_right"),
    [
        ("clerk-1", "Right-1x", True),
        ("clerk-2", "Right-2x", True),
        ("clerk-1", "Right-2x", False),
        ("clerk-1", "", False),
        ("clerk-9", "Right-1x", False),
        ("", "", False),
    ],
)
def test_a_password_is_right_for_its_account_only(
    passwords: PreparedPasswords, account: str, password: str, is_right: bool, is_prepared: bool
) -> None:
    if is_prepared:
        passwords.prepare(account, password)
    assert passwords(account, password) is is_right
    assert passwords(account, password) is is_right


def test_an_unknown_account_costs_as_much_as_the_dearest_known_one(
    passwords: PreparedPasswords,
) -> None:
    decoy = passwords._decoy.split("$")
    assert decoy[:4] == ["scrypt", "64", "2", "1"]
    assert PreparedPasswords([])._decoy.split("$")[1:4] == ["16384", "8", "1"]


def test_what_was_prepared_is_used_once_and_kept_without_the_password(
    passwords: PreparedPasswords,
) -> None:
    passwords.prepare("clerk-1", "Right-1x")
    assert len(passwords._prepared) == 1
    assert b"Right-1x" not in next(iter(passwords._prepared))
    passwords("clerk-1", "Right-1x")
    assert len(passwords._prepared) == 0
