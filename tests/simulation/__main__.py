"""`python -m tests.simulation --seed N [--count K] [--minutes M]`: live days, say how they went."""

import argparse
import sys
import time
from dataclasses import replace

from tests.simulation.day import Day
from tests.simulation.report import Failure, run_day
from tests.simulation.shape import FaultKind, Shape, draw, example_day
from tests.simulation.world import BrokenError


def main() -> int:
    """Run; 1 when a day broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1, help="so many seeds from the first on")
    parser.add_argument("--minutes", type=float, help="length of the day, else drawn")
    parser.add_argument("--faults", help="these kinds only, with commas; or none")
    parser.add_argument("--example", action="store_true", help="the example hall, all day long")
    parser.add_argument("--trace", action="store_true", help="print every line")
    args = parser.parse_args()
    broken = 0
    for seed in range(args.seed, args.seed + args.count):
        shape = _shape(args, seed)
        print(f"seed {seed}: {shape.describe()}", flush=True)
        broken += _run(shape, is_loud=args.trace)
    return 1 if broken else 0


def _shape(args: argparse.Namespace, seed: int) -> Shape:
    if args.example:
        shape = example_day(seed, minutes=args.minutes or 600)
    else:
        shape = draw(seed, args.minutes)
    if args.faults is None:
        return shape
    kinds = {FaultKind(kind) for kind in args.faults.split(",") if kind != "none"}
    rates = {kind: rate for kind, rate in shape.faults.items() if kind in kinds}
    return replace(shape, faults=rates)


def _run(shape: Shape, *, is_loud: bool) -> bool:
    began_s = time.process_time()
    if is_loud:
        day = Day(shape, is_loud=True)
        try:
            day.run()
        except BrokenError as broken:
            print(f"broke: {broken}")
            return True
        return False
    result = run_day(shape)
    took_s = time.process_time() - began_s
    if isinstance(result, Failure):
        print(result)
        return True
    counts = ", ".join(f"{name} {count}" for name, count in result.counts.items())
    print(f"  {took_s:.2f} s of CPU, trace {result.trace_hash[:16]}: {counts}", flush=True)
    return False


if __name__ == "__main__":
    sys.exit(main())
