"""Many waits at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Case = TypeVar("Case")


def at_once(scenario: Callable[[Case], None], cases: Iterable[Case]) -> None:
    """Play one scenario for every case, each with a device of its own, all at the same time.

    They mostly wait for deadlines of the protocol, which need not be waited for one by one.
    """
    listed = list(cases)
    with ThreadPoolExecutor(len(listed)) as pool:
        futures = [(case, pool.submit(scenario, case)) for case in listed]
    for case, future in futures:
        error = future.exception()
        if error is not None:
            error.add_note(f"in the case {case!r}")
            raise error
