"""Ends a wait for bytes early: a socket that a waiting thread looks at beside its others."""

import contextlib
import socket

_MANY = 4_096


class Waker:
    """`wake` may be called by any thread and by a signal's handler; it never waits."""

    def __init__(self) -> None:
        self._ear, self._mouth = socket.socketpair()
        for each in (self._ear, self._mouth):
            each.settimeout(0)

    def fileno(self) -> int:
        """Readable once it was woken, until `clear`. For `select`."""
        return self._ear.fileno()

    def wake(self) -> None:
        """Let whoever waits go on."""
        # Full: it was woken often enough. Closed: nobody waits any more.
        with contextlib.suppress(BlockingIOError, OSError):
            self._mouth.send(b"\0")

    def clear(self) -> None:
        """Forget that it was woken."""
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(_MANY)

    def close(self) -> None:
        """Give both sockets back."""
        self._ear.close()
        self._mouth.close()
