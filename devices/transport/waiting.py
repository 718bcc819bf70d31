"""Waiting for a file descriptor with `poll(2)`.

`select(2)` refuses descriptors from 1024 on, which a process that runs a whole simulated hall
reaches.
"""

import select

READABLE = select.POLLIN | select.POLLHUP | select.POLLERR
WRITABLE = select.POLLOUT | select.POLLHUP | select.POLLERR


def wait_readable(descriptors: list[int], timeout_s: float) -> set[int]:
    """Return those `descriptors` that have bytes or have hung up, after at most `timeout_s`."""
    return _wait(descriptors, READABLE, timeout_s)


def wait_writable(descriptor: int, timeout_s: float) -> bool:
    """Say whether `descriptor` takes bytes (or has hung up) within `timeout_s`."""
    return bool(_wait([descriptor], WRITABLE, timeout_s))


def _wait(descriptors: list[int], events: int, timeout_s: float) -> set[int]:
    poller = select.poll()
    for descriptor in descriptors:
        poller.register(descriptor, events)
    # poll counts whole milliseconds; round up, or a short wait becomes a busy loop.
    timeout_ms = max(0, -int(-timeout_s * 1000 // 1))
    return {descriptor for descriptor, _ in poller.poll(timeout_ms)}
