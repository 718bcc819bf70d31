"""What waits for the writer: bounded in all and for each client, in the order of arrival."""

import queue
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hallserver.protocol.commands import CommandMessage, SignIn
from hallserver.protocol.ids import ClientId, CommandId
from hallserver.writer import Inbound

RECEIVE_MAXIMUM = 256
"""Commands that the broker may have on their way to us, unacknowledged."""

MAILBOX_BOUND = 2 * RECEIVE_MAXIMUM
"""Commands that wait: those of this connection, and those left of the one before."""

MAX_WAITING_OF_A_CLIENT = 64
"""A client of ours has 16 on their way, twice that when it sends again what was slow."""

CHECKING_THREADS = 2
MAX_REMEMBERED_CHECKS = 1_024
STOP_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A command, and how to tell the broker that it is in the journal."""

    inbound: Inbound
    acknowledge: Callable[[], None]


class Mailbox:
    """From many threads to the writer's, which looks into it; nobody waits here."""

    def __init__(
        self, bound: int = MAILBOX_BOUND, bound_of_a_client: int = MAX_WAITING_OF_A_CLIENT
    ) -> None:
        self._bound = bound
        self._bound_of_a_client = bound_of_a_client
        self._waiting: deque[Delivery] = deque()
        self._lock = threading.Lock()
        self._of_client: Counter[ClientId] = Counter()

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._waiting)

    def put(self, delivery: Delivery) -> bool:
        """Add to the end; False when there is no room, in all or for this client."""
        client = delivery.inbound.client
        with self._lock:
            is_full = len(self._waiting) >= self._bound
            if is_full or self._of_client[client] >= self._bound_of_a_client:
                return False
            self._of_client[client] += 1
            self._waiting.append(delivery)
        return True

    def take(self, limit: int) -> list[Delivery]:
        """Take what waits, at most `limit`."""
        if not self._waiting:
            return []
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
            for delivery in taken:
                client = delivery.inbound.client
                self._of_client[client] -= 1
                if not self._of_client[client]:
                    del self._of_client[client]
        return taken


class PasswordCheck(Protocol):
    """Compares a password ahead of its use, so that the comparison at its use is quick."""

    def prepare(self, account: str, password: str) -> None:
        """Compare, which takes long on purpose."""
        ...


class Doorkeeper:
    """Compares passwords before their commands reach the writer, in threads of its own.

    Comparing takes some 70 ms on purpose (`hallserver.passwords`): in the writer, the clerks of a
    hall who sign in at eight o'clock would make every kiosk wait for seconds. Commands of one
    client stay in their order; other clients do not wait.
    """

    def __init__(
        self,
        put: Callable[[Delivery], bool],
        check: PasswordCheck,
        wake: Callable[[], None],
        threads: int = CHECKING_THREADS,
    ) -> None:
        """`put` hands on to the writer and says whether there was room; `wake` calls the writer."""
        self._put = put
        self._wake = wake
        self._check = check
        self._lock = threading.Lock()
        self._held: dict[ClientId, deque[Delivery]] = {}
        self._checked: OrderedDict[tuple[ClientId, CommandId], None] = OrderedDict()
        self._to_check: queue.SimpleQueue[ClientId | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"doorkeeper {number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Begin to compare. Once only."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads; what is held is forgotten, unacknowledged."""
        for _ in self._threads:
            self._to_check.put(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(STOP_TIMEOUT_S)

    def admit(self, delivery: Delivery) -> bool:
        """Hand on, or hold while a password is compared; False when there is no room."""
        client = delivery.inbound.client
        with self._lock:
            held = self._held.get(client)
            if held is not None:
                if len(held) >= MAX_WAITING_OF_A_CLIENT:
                    return False
                held.append(delivery)
                return True
            if not self._needs_check(delivery):
                return self._put(delivery)
            self._held[client] = deque([delivery])
        self._to_check.put(client)
        return True

    def _work(self) -> None:
        for client in iter(self._to_check.get, None):
            self._let_in(client)

    def _needs_check(self, delivery: Delivery) -> bool:
        message = delivery.inbound.message
        if not isinstance(message, CommandMessage) or not isinstance(message.command, SignIn):
            return False
        # Sent again, it gets the answer of the first: nothing is compared then.
        return (delivery.inbound.client, message.id) not in self._checked

    def _let_in(self, client: ClientId) -> None:
        while True:
            with self._lock:
                held = self._held[client]
                while held and not self._needs_check(held[0]):
                    self._hand_on(held.popleft())
                if not held:
                    del self._held[client]
                    return
                message = held[0].inbound.message
            if isinstance(message, CommandMessage) and isinstance(message.command, SignIn):
                self._check.prepare(message.command.clerk, message.command.password)
                with self._lock:
                    self._checked[client, message.id] = None
                    if len(self._checked) > MAX_REMEMBERED_CHECKS:
                        self._checked.popitem(last=False)

    def _hand_on(self, delivery: Delivery) -> None:
        if not self._put(delivery):
            delivery.acknowledge()
        self._wake()
