"""What every scanner offers, and how a code that is held still is kept from counting twice."""

from typing import Final, Protocol

from devices.faults import DeviceFault

DEBOUNCE_S: Final = 2.0
_KEPT: Final = 16  # so many different codes within the window are more than anybody can hold up


class CodeScanner(Protocol):
    """A camera or an engine. Used by one thread; nothing that the device does makes it raise."""

    def poll(self, deadline_s: float) -> str | DeviceFault | None:
        """Work for at most `deadline_s` seconds, less if there is news.

        Returns the text of a code once per showing. Returns a fault when it begins and then at
        the end of every poll while it lasts. None: all is well and there is no code.
        """
        ...

    def forget(self) -> None:
        """Drop what was shown until the next poll: who showed it has gone. Asks nothing of the
        device."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


class Debounce:
    """Lets a text pass once; again only after it was out of sight for `window_s`."""

    def __init__(self, window_s: float = DEBOUNCE_S) -> None:
        self._window_s = window_s
        self._seen: dict[int, float] = {}  # by hash: the text itself is not ours to keep

    def is_new(self, text: str, now: float) -> bool:
        """Note that `text` is in sight at `now`; say whether it came just now."""
        mark = hash(text)
        last = self._seen.pop(mark, None)
        self._seen[mark] = now
        while len(self._seen) > _KEPT:
            del self._seen[next(iter(self._seen))]
        return last is None or now - last >= self._window_s
