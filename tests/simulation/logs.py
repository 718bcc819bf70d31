"""What the product writes into its log during a day: read, counted, and kept off the screen."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.simulation.auditor import PLANT
from tests.simulation.world import demand

LOGGERS = ("hallserver", "kiosk", "ui", "devices")


class _Reader(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.leaks: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.counts[record.levelname] += 1
        if PLANT in record.getMessage():
            self.leaks.append(record.name)


@contextmanager
def read_logs() -> Iterator[Counter[str]]:
    """Read all that is logged meanwhile; nothing of it may tell who somebody is."""
    reader = _Reader()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(each.propagate, each.level) for each in loggers]
    for each in loggers:
        each.addHandler(reader)
        each.propagate = False
    try:
        yield reader.counts
    finally:
        for each, (propagate, level) in zip(loggers, before, strict=True):
            each.removeHandler(reader)
            each.propagate, each.level = propagate, level
    demand(not reader.leaks, "no log tells who", reader.leaks[:5])
