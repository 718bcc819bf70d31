"""`jiaohao simulate`: live days by their seeds and say how they went."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.simulation.day import Day, Result
from tests.simulation.parts import PRODUCT, Parts
from tests.simulation.report import Failure, run_day
from tests.simulation.shape import PROFILES, FaultKind, Shape
from tests.simulation.world import BrokenError, Harm

TWO_TRACES = "the same seed gives the same trace"

Say = Callable[[str], None]


class UsageError(ValueError):
    """What was asked for does not exist; the text says what does."""


@dataclass(frozen=True)
class Wanted:
    """What is to be lived. `faults` are "all", "none", or names with commas between them."""

    seeds: range
    days: int = 1
    faults: str = "all"
    profile: str = "small"
    minutes: float | None = None
    is_traced: bool = False
    is_twice: bool = False


def read_wanted(given: Mapping[str, Any]) -> Wanted:
    """Read what `hallserver.cli_simulate.declare` declares."""
    return Wanted(
        seeds=given["seeds"],
        days=given["days"],
        faults=given["faults"],
        profile=given["profile"],
        minutes=given["minutes"],
        is_traced=given["trace"],
        is_twice=given["twice"],
    )


def simulate(wanted: Wanted, say: Say, parts: Parts = PRODUCT) -> frozenset[Harm]:
    """Live all of it; return what kinds of promises were broken.

    Raises UsageError before anything is lived.
    """
    harms = set()
    for seed in wanted.seeds:
        shape = shape_of(wanted, seed)
        say(f"seed {seed}: {shape.describe()}")
        live = _trace if wanted.is_traced else _live
        lived = live(wanted, shape, say, parts)
        if isinstance(lived, Harm):
            harms.add(lived)
    return frozenset(harms)


def shape_of(wanted: Wanted, seed: int) -> Shape:
    """Draw what is wanted. Raises UsageError when there is no such thing."""
    if wanted.profile not in PROFILES:
        raise UsageError(f"no profile {wanted.profile!r}; there are: {', '.join(PROFILES)}")
    shape = PROFILES[wanted.profile](seed, wanted.minutes, days=wanted.days)
    if wanted.faults == "all":
        return shape
    kinds = _kinds(() if wanted.faults == "none" else wanted.faults.split(","))
    return replace(shape, faults={k: rate for k, rate in shape.faults.items() if k in kinds})


def _kinds(names: Iterable[str]) -> frozenset[FaultKind]:
    known = {kind.value: kind for kind in FaultKind}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"no fault {', '.join(unknown)}; there are: {', '.join(known)}")
    return frozenset(known[name] for name in names)


Lived = Result | Harm


def _trace(_: Wanted, shape: Shape, say: Say, parts: Parts) -> Lived:
    try:
        result = Day(shape, parts, on_line=say).run()
    except BrokenError as broken:
        say(f"broke ({broken.harm}): {broken}")
        return broken.harm
    say(f"  trace {result.trace_hash}")
    return result


def _live(wanted: Wanted, shape: Shape, say: Say, parts: Parts) -> Lived:
    began_s = time.process_time()
    lived = run_day(shape, parts)
    took_s = time.process_time() - began_s
    if isinstance(lived, Failure):
        say(str(lived))
        return lived.harm
    say(f"  {took_s:.2f} s of CPU, trace {lived.trace_hash}")
    say("  " + ", ".join(f"{name} {count}" for name, count in lived.counts.items()))
    if wanted.is_twice:
        again = run_day(shape, parts, is_reduced=False)
        if not isinstance(again, Result) or again.trace_hash != lived.trace_hash:
            say(f"seed {shape.seed} broke ({Harm.CRASH}): {TWO_TRACES}")
            return Harm.CRASH
        say("  the same again")
    return lived
