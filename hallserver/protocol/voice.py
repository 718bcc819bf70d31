"""The sentence of an utterance, for whoever says it."""

from collections.abc import Callable, Sequence

from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId
from hallserver.protocol.snapshots import SpokenCall


def sentence(calls: Sequence[SpokenCall], label: Callable[[CounterId], Text]) -> Text:
    """Say whom which counters ask for, in order; `label` is what a counter's sign says.

    请A001号到3号窗口，A002号到5号窗口 / Number A001, please go to Window 3; number A002 to Window 5
    """
    zh = "，".join(f"{call.number}号到{label(call.counter).zh}" for call in calls)
    first, *others = calls
    en = [f"Number {first.number}, please go to {label(first.counter).en}"]
    en += [f"number {call.number} to {label(call.counter).en}" for call in others]
    return Text(f"请{zh}", "; ".join(en))
