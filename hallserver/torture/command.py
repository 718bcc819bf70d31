"""The torture as a command: its arguments, its progress, its exit code."""

import argparse
import json
import logging
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from hallserver.broker import BrokerError
from hallserver.config import ConfigError, load_plan
from hallserver.domain.plan import HallPlan
from hallserver.torture.figures import (
    ANSWER_WITHIN_S,
    SYNC_WITHIN_S,
    TAKEOVER_WITHIN_S,
    Figures,
)
from hallserver.torture.hall import TroubleError
from hallserver.torture.harm import Counts
from hallserver.torture.run import Options, Torture
from hallserver.torture.servers import Database

EXIT_OK = 0
EXIT_BROKEN = 1
EXIT_USAGE = 2
EXIT_TROUBLE = 4

EPILOG = """\
What runs is the product: the server under a supervisor, mosquitto with a store on disk, and clients
with the product's own link and outbox, 16 in a process; a client kill takes one of these processes.
Call screens and a console look on. Every client writes down what it is told before it acts on it.

What is checked while the hall is quiet, every so many harms and at the end: every answer stands in
the journal word for word with what it acknowledged; every command was executed once, and somebody
asked for it; no number twice; no ticket at two counters, no counter with two; every snapshot of a
counter is the journal's state at its version; the journal folded twice gives one state, and every
screen shows it; no outbox holds anything.

exit codes:
  0   every promise was kept
  1   a promise was broken: the line says which, and of which client; the directory is kept
  2   usage: an unknown option, a hall file that cannot be read
  4   the harness itself is in trouble
"""


def declare(parser: argparse.ArgumentParser, example: Path) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("--server-kills", type=_count, default=60, metavar="N", help="(60)")
    parser.add_argument("--broker-kills", type=_count, default=20, metavar="N", help="(20)")
    parser.add_argument("--client-kills", type=_count, default=10, metavar="N", help="(10)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="chance begins here")
    parser.add_argument("--clients", type=_count, default=122, metavar="N", help="(122)")
    parser.add_argument("--hall", type=Path, default=example, metavar="FILE")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="where everything lies (temporary)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument(
        "--quiet-every", type=_count, default=100, metavar="N", help="harms between audits (100)"
    )
    parser.add_argument(
        "--pause", type=float, default=2.0, metavar="S", help="of people between two acts (2)"
    )
    parser.add_argument(
        "--database", metavar="URL", help="an empty PostgreSQL database instead of a SQLite file"
    )
    parser.add_argument(
        "--standby", action="store_true", help="two servers on --database; the leader is killed"
    )
    parser.add_argument("--answer-within", type=float, metavar="S", help="(3; 10 with --standby)")
    parser.add_argument("--sync-within", type=float, default=SYNC_WITHIN_S, metavar="S", help="(5)")


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 1_000_000:
        raise ValueError(text)
    return number


def run(args: argparse.Namespace, say: Callable[[str], None], err: Callable[[str], None]) -> int:
    """Torture; return the exit code."""
    if args.standby and args.database is None:
        err("--standby needs --database: two servers share one PostgreSQL")
        return EXIT_USAGE
    try:
        plan = load_plan(args.hall)
        directory = _directory(args.dir)
    except ConfigError as error:
        err("\n".join(f"{args.hall}: {mistake}" for mistake in error.mistakes))
        return EXIT_USAGE
    except OSError as error:
        err(f"{error.filename}: {error.strerror}")
        return EXIT_USAGE
    default_s = TAKEOVER_WITHIN_S if args.standby else ANSWER_WITHIN_S
    options = Options(
        hall_file=args.hall.resolve(),
        directory=directory,
        counts=Counts(args.server_kills, args.broker_kills, args.client_kills),
        clients=args.clients,
        seed=args.seed,
        quiet_every=max(1, args.quiet_every),
        pause_s=args.pause,
        answer_within_s=args.answer_within or default_s,
        sync_within_s=args.sync_within,
        database=Database(args.database, args.standby),
    )
    with _log_in(directory):
        figures = _torture(plan, options, say, err)
    if figures is None:
        return EXIT_TROUBLE
    say(figures.table())
    if args.json is not None:
        text = json.dumps(figures.as_json(), ensure_ascii=False, indent=2)
        args.json.write_text(text + "\n", "utf-8")
    if figures.is_sound:
        return EXIT_OK
    say(f"everything is kept in {directory}")
    return EXIT_BROKEN


def _directory(wanted: Path | None) -> Path:
    """Make the directory. Raises OSError, also for one that is not empty."""
    if wanted is None:
        return Path(tempfile.mkdtemp(prefix="jiaohao-torture-"))
    wanted.mkdir(parents=True, exist_ok=True)
    if any(wanted.iterdir()):
        raise FileExistsError(0, "is not empty: choose another --dir", str(wanted))
    return wanted.resolve()


def _torture(
    plan: HallPlan, options: Options, say: Callable[[str], None], err: Callable[[str], None]
) -> Figures | None:
    """Return the figures; None after the harness itself had trouble, which is said."""
    try:
        torture = Torture(plan, options, _progress(say))
    except (TroubleError, BrokerError, OSError) as error:
        err(str(error))
        return None
    figures = _play(torture, err)
    if figures is None:
        err(f"everything is kept in {options.directory}")
    return figures


@contextmanager
def _log_in(directory: Path) -> Iterator[None]:
    """Keep what our own broker runner and probe log out of the progress."""
    (directory / "logs").mkdir(exist_ok=True)
    handler = logging.FileHandler(directory / "logs" / "torture.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def _play(torture: Torture, err: Callable[[str], None]) -> Figures | None:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        torture.stop()

    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        return torture.play()
    except (TroubleError, BrokerError, OSError, SQLAlchemyError) as error:
        err(str(error))
        return None
    finally:
        torture.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _progress(say: Callable[[str], None]) -> Callable[[str], None]:
    """Write over the last line in a terminal, line by line elsewhere."""

    def on_terminal(text: str) -> None:
        sys.stdout.write(f"\r\x1b[K{text}")
        sys.stdout.flush()

    return on_terminal if sys.stdout.isatty() else say
