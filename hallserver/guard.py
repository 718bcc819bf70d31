"""Whether the journal is still ours to speak for: asked before anything is said.

With a journal that two servers may reach, one of them can be frozen, lose its right to write, and
wake up without knowing. What it would write the database refuses. This keeps it from talking.
"""

import threading
from collections.abc import Callable

CONFIRM_EVERY_MS = 1_000
"""Also what keeps the database from ending the session as that of a dead server."""


class Guard:
    """Asks the journal every second, and before each connection to the broker.

    The broker hands an account to whoever connected last. So a server that lost its connection may
    have lost it to its successor, and has to ask before it takes it back.
    """

    def __init__(
        self, confirm: Callable[[], None], elapsed_ms: Callable[[], int], wake: Callable[[], None]
    ) -> None:
        """`confirm` raises when the journal is not ours any more; `wake` lets `look` be called."""
        self._confirm = confirm
        self._elapsed_ms = elapsed_ms
        self._wake = wake
        self._due_ms = 0
        self._asked = threading.Event()
        self._granted = threading.Event()

    def look(self) -> None:
        """Ask when it is due; raise what the journal raises. In the writer's thread."""
        is_asked = self._asked.is_set()
        if not is_asked and self._elapsed_ms() < self._due_ms:
            return
        self._asked.clear()
        began_ms = self._elapsed_ms()
        self._confirm()
        self._due_ms = began_ms + CONFIRM_EVERY_MS
        if is_asked:
            self._granted.set()

    def may_connect(self, timeout_s: float) -> bool:
        """Have the journal asked, and wait for its answer; False without one. In any thread."""
        if self._elapsed_ms() >= self._due_ms:
            self._granted.clear()  # an answer that came too late for the question before is old
        self._asked.set()
        self._wake()
        if not self._granted.wait(timeout_s):
            return False
        self._granted.clear()
        return True
