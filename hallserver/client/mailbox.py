"""A bounded mailbox between threads: many put, one takes."""

import threading
from collections import deque
from typing import Generic, TypeVar

MAX_WAITING_MESSAGES = 1024
"""From the network; then its thread waits, TCP holds the broker back, and the broker its queue."""

T = TypeVar("T")


class MailboxClosedError(Exception):
    """There is nothing in the mailbox and never will be."""


class Mailbox(Generic[T]):
    """First in, first out."""

    def __init__(self, limit: int = MAX_WAITING_MESSAGES) -> None:
        self._limit = limit
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._is_open = True

    def put(self, item: T) -> bool:
        """Put without waiting, beyond the limit too: for what its sender has bounded already.

        False means that the mailbox is closed and the item was not taken.
        """
        with self._changed:
            if self._is_open:
                self._items.append(item)
                self._changed.notify_all()
            return self._is_open

    def put_when_room(self, item: T) -> bool:
        """Put, waiting for room. False means that the mailbox was closed meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_open or len(self._items) < self._limit)
            if self._is_open:
                self._items.append(item)
                self._changed.notify_all()
            return self._is_open

    def take(self, timeout_s: float) -> T | None:
        """Take the oldest; None when nothing came in time.

        Raises MailboxClosedError when it is closed and all that was put before has been taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or not self._is_open, timeout_s)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if not self._is_open:
                raise MailboxClosedError
            return None

    def close(self) -> None:
        """Take no more; whoever waits for room goes on."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()
