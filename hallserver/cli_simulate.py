"""`jiaohao simulate`: hall-days in simulated time, by their seeds.

The simulation is a part of the source checkout, not of the installed package: it lives with the
tests and is found from here by its place, so that nothing of ours imports a test.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

EXIT_OK = 0
EXIT_UNUSABLE = 2
EXIT_OF_HARM = {"safety": 1, "crash": 4, "liveness": 3}
"""The gravest first: of several kinds of harm the first one here is told."""

CHECKOUT = Path(__file__).resolve().parents[1]
COMMAND = Path("tests", "simulation", "command.py")
MAX_DAYS = 366

EPILOG = """\
profiles:
  small     a hall of a few counters and 12 to 26 minutes, all drawn from the seed (the default)
  example   the hall of examples/shaoyang.toml for ten hours: 92 counters, 30 kiosks, 3,000 visitors
  rush      the same hall for an hour, 1,500 visitors, most of them at once

exit codes:
  0   every promise was kept, and everything settled
  1   safety: something happened or was shown that never may
  2   usage: an unknown option, profile or fault, or no source checkout
  3   liveness: faults were over, and something did not come to its end
  4   crash: a program raised, or the same seed gave two traces
Of several, 1 goes before 4 and 4 before 3. A broken day is lived again with one kind of fault after
another left out, and the command is printed that shows it again.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument(
        "--seeds", type=_seeds, default=range(1, 2), metavar="A-B", help="or one seed (1)"
    )
    parser.add_argument(
        "--days", type=_days, default=1, metavar="N", help="business days in a row in each run (1)"
    )
    parser.add_argument(
        "--faults",
        default="all",
        metavar="LIST",
        help="all, none, or names with commas between: link-cut,server-kill (all)",
    )
    parser.add_argument("--profile", default="small", metavar="NAME", help="the hall (small)")
    parser.add_argument(
        "--minutes", type=_minutes, metavar="M", help="length of each day (the profile's own)"
    )
    parser.add_argument("--twice", action="store_true", help="the trace must be the same again")
    parser.add_argument("--trace", action="store_true", help="print every line of what happens")


def _seeds(text: str) -> range:
    first, dash, last = text.partition("-")
    seeds = range(int(first), int(last if dash else first) + 1)
    if not seeds:
        raise ValueError(text)
    return seeds


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(text)
    return days


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 1 <= minutes <= 24 * 60:
        raise ValueError(text)
    return minutes


def run(
    args: argparse.Namespace,
    out: Callable[[str], None],
    err: Callable[[str], None],
    checkout: Path = CHECKOUT,
) -> int:
    """Live the days; return the exit code."""
    if not (checkout / COMMAND).is_file():
        err(f"the simulation is not installed: run this in a source checkout, which has {COMMAND}")
        return EXIT_UNUSABLE
    simulation = _find(checkout)
    try:
        harms = simulation.simulate(simulation.read_wanted(vars(args)), out)
    except simulation.UsageError as error:
        err(str(error))
        return EXIT_UNUSABLE
    return exit_code(harms)


def exit_code(harms: Collection[str]) -> int:
    """Say the gravest of several kinds of harm."""
    return next((code for harm, code in EXIT_OF_HARM.items() if harm in harms), EXIT_OK)


def _find(checkout: Path) -> Any:
    if str(checkout) not in sys.path:
        sys.path.insert(0, str(checkout))
    return importlib.import_module("tests.simulation.command")
