"""The command line: `jiaohao COMMAND …`.

A command is one row of `COMMANDS` and one small function that imports what it needs when it runs:
`jiaohao config check` must not load Qt, and a kiosk must not load the database. The screens are
other programs of this house, which the server's package may not import: their rows start the
module by its name (`runpy.run_module`).
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

EXIT_OK = 0
EXIT_REFUSED = 1
"""The command did its work and the answer is no: the hall file has mistakes."""
EXIT_UNUSABLE = 2
"""The command could not work at all: wrong arguments (as argparse has it), unreadable file."""

EXAMPLE_HALL = Path("examples/shaoyang.toml")
MAX_DEMO_PEOPLE = 100_000
MAX_DEMO_SPEED = 10_000.0


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `name` is one word, or a group and a word: "config check"."""

    name: str
    help: str
    declare: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. `argv` is without the program's name."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given and given[0] in PROGRAMS:
        return _run_program(given[0], given[1:])
    args = _parser().parse_args(given)
    run: Callable[[argparse.Namespace], int] = args.run
    return run(args)


def version() -> str:
    """Return the version of the installed package."""
    from importlib import metadata

    try:
        return metadata.version("jiaohao")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _declare_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the hall file, in TOML")
    parser.add_argument("--json", action="store_true", help="answer as one JSON object")


def _config_check(args: argparse.Namespace) -> int:
    from hallserver.config import ConfigError, ConfigUnreadableError, load_plan, notes

    try:
        plan = load_plan(args.file)
    except ConfigError as error:
        if args.json:
            _out_json({"ok": False, "mistakes": [asdict(each) for each in error.mistakes]})
        else:
            for mistake in error.mistakes:
                _out(f"{args.file}: {mistake}")
            count = len(error.mistakes)
            _out(f"{count} mistake{'s' if count > 1 else ''}")
        return EXIT_UNUSABLE if isinstance(error, ConfigUnreadableError) else EXIT_REFUSED
    counts = {
        "zones": len(plan.zones),
        "departments": len(plan.departments),
        "services": len(plan.services),
        "counters": sum(not counter.rules.is_back_office for counter in plan.counters),
        "kiosks": len(plan.kiosks),
        "call screens": len(plan.callscreens),
        "clerks": len(plan.clerks),
        "items": len(plan.items),
        "back offices": sum(counter.rules.is_back_office for counter in plan.counters),
    }
    if args.json:
        _out_json({"ok": True, "hall": plan.id, "counts": counts, "notes": notes(plan)})
    else:
        _out("OK: " + ", ".join(f"{count} {things}" for things, count in counts.items()))
        for note in notes(plan):
            _out(f"note: {note}")
    return EXIT_OK


def _declare_nothing(_parser: argparse.ArgumentParser) -> None:
    """Declare no arguments."""


def _config_hash_password(_args: argparse.Namespace) -> int:
    import getpass
    import secrets

    from hallserver.passwords import SALT_BYTES, hash_password, weakness

    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != password:
            _err("the two are not the same")
            return EXIT_REFUSED
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    lack = weakness(password)
    if lack:
        _err(lack)
        return EXIT_REFUSED
    _out(hash_password(password, secrets.token_bytes(SALT_BYTES)))
    return EXIT_OK


@dataclass(frozen=True, slots=True)
class Program:
    """A program of this house with arguments of its own, started by its module's name."""

    module: str
    help: str


PROGRAMS = {
    "server": Program("hallserver", "run the hall server"),
    "kiosk": Program("kiosk", "run a kiosk"),
    "counter": Program("ui.counter", "run a clerk's terminal"),
    "callscreen": Program("ui.callscreen", "run a call screen"),
    "ratingpad": Program("ui.ratingpad", "run a rating pad"),
    "uplink": Program("hallserver.uplink", "send a hall's journal up to its region"),
    "region": Program("hallserver.region", "collect the journals of a region's halls"),
}


def _run_program(name: str, arguments: Sequence[str]) -> int:
    import runpy

    sys.argv = [f"jiaohao {name}", *arguments]
    runpy.run_module(PROGRAMS[name].module, run_name="__main__", alter_sys=False)
    return EXIT_OK


def _declare_import(parser: argparse.ArgumentParser) -> None:
    from hallserver.cli_appointments import declare

    declare(parser)


def _import_appointments(args: argparse.Namespace) -> int:
    from hallserver.cli_appointments import run

    return run(args, _out)


def _declare_catalog_import(parser: argparse.ArgumentParser) -> None:
    from hallserver.cli_catalog import declare_import

    declare_import(parser)


def _catalog_import(args: argparse.Namespace) -> int:
    from hallserver.cli_catalog import run_import

    return run_import(args, _out)


def _declare_catalog_export(parser: argparse.ArgumentParser) -> None:
    from hallserver.cli_catalog import declare_export

    declare_export(parser)


def _catalog_export(args: argparse.Namespace) -> int:
    from hallserver.cli_catalog import run_export

    return run_export(args, _out)


def _declare_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--people", type=_count, default=200, metavar="N", help="visitors (200)")
    parser.add_argument(
        "--speed",
        type=_speed,
        default=20.0,
        metavar="X",
        help="people's own durations are divided by this (20); 0 leaves them out",
    )
    parser.add_argument("--seed", type=_count, default=1, metavar="S", help="chance begins here")
    parser.add_argument("--headless", action="store_true", help="open no windows")
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR")
    parser.add_argument("--hall", type=Path, default=EXAMPLE_HALL, metavar="FILE")


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MAX_DEMO_PEOPLE:
        raise ValueError(text)
    return number


def _speed(text: str) -> float:
    number = float(text)
    if not 0 <= number <= MAX_DEMO_SPEED:
        raise ValueError(text)
    return number


def _demo(args: argparse.Namespace) -> int:
    from hallserver.demo.command import run_demo
    from hallserver.demo.run import Options

    options = Options(
        hall_file=args.hall,
        out=args.out,
        people=args.people,
        speed=args.speed,
        seed=args.seed,
        is_headless=args.headless,
    )
    return run_demo(options, _out)


def _declare_simulate(parser: argparse.ArgumentParser) -> None:
    from hallserver.cli_simulate import declare

    declare(parser)


def _simulate(args: argparse.Namespace) -> int:
    from hallserver.cli_simulate import run

    return run(args, _out, _err)


def _declare_torture(parser: argparse.ArgumentParser) -> None:
    from hallserver.torture.command import declare

    declare(parser, EXAMPLE_HALL)


def _torture(args: argparse.Namespace) -> int:
    from hallserver.torture.command import run

    return run(args, _out, _err)


_REPLAY_ASSUMES = """\
What is assumed. People come when they came: a number counts from its printing, with the class,
appointment and counter that staff gave it, at the moment when they gave it; who was sent on or came
back joins its next line as long after leaving the counter as in the recording; who gave the number
up leaves the line after as long a wait. Counters are open when they were, for what they served
then; who forgot to sign out left with the terminal's last act. A free counter calls at once; each
visitor takes the counter that it is called to for as long as it took one in the recording, from
call to end, also when it did not come; who was never called takes what is half-way for the service.
Calls of given numbers out of turn are left out: the policy alone chooses. So compare the two
enacted columns with each other; the recorded one shows what clerks' pauses add.

The journal does not hold the hall file: give the one of that day with --hall. Its policies make the
column in the middle; the policy tried is taken for every counter. Waiting is from joining a line to
the call, one line for each time that somebody joined one; "left" were never called.
"""


def _declare_replay(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _REPLAY_ASSUMES
    parser.add_argument("journal", type=Path, metavar="JOURNAL", help="its SQLite file; only read")
    parser.add_argument(
        "--policy",
        type=Path,
        required=True,
        metavar="FILE",
        help="one [policy], of the keys that a [[policy]] of the hall file has",
    )
    parser.add_argument(
        "--hall", type=Path, required=True, metavar="FILE", help="the hall file of that day"
    )
    parser.add_argument("--day", metavar="YYYYMMDD", help="the business day (the last with visits)")
    parser.add_argument("--json", action="store_true", help="answer as one JSON object")


def _replay(args: argparse.Namespace) -> int:
    from hallserver.replay.command import UnusableError, Wanted, replay

    wanted = Wanted(args.journal, args.hall, args.policy, args.day, args.json)
    try:
        replay(wanted, _out, _out_json)
    except UnusableError as error:
        _err(str(error))
        return EXIT_UNUSABLE
    return EXIT_OK


def _journal_command(word: str, text: str) -> Command:
    def declare(parser: argparse.ArgumentParser) -> None:
        from hallserver.cli_journal import DECLARE

        DECLARE[word](parser)

    def run(args: argparse.Namespace) -> int:
        from hallserver.cli_journal import run

        return run(word, args, _out, _err)

    return Command(f"journal {word}", text, declare, run)


GROUPS = {
    "appointments": "appointments that other systems have taken",
    "catalog": "items of several departments, as a spreadsheet",
    "config": "check a hall file, prepare what goes into it",
    "journal": "see whether the journal is sound, copy it, make it whole again",
}

COMMANDS: tuple[Command, ...] = (
    Command(
        "config check",
        "report all mistakes of a hall file at once",
        _declare_check,
        _config_check,
    ),
    Command(
        "config hash-password",
        "turn a clerk's password into the hash for the hall file (asks, or reads one line)",
        _declare_nothing,
        _config_hash_password,
    ),
    Command(
        "appointments import",
        "book what a CSV file asks for, each row exactly once",
        _declare_import,
        _import_appointments,
    ),
    _journal_command("verify", "look at every line, answer and figure of a journal"),
    _journal_command("backup", "copy a journal while its server goes on"),
    _journal_command(
        "restore", "make a damaged journal whole again, from a backup and from itself"
    ),
    Command(
        "catalog import",
        "put the items of a spreadsheet into a hall file, or report all mistakes",
        _declare_catalog_import,
        _catalog_import,
    ),
    Command(
        "catalog export",
        "write the items of a hall file as a spreadsheet",
        _declare_catalog_export,
        _catalog_export,
    ),
    Command(
        "replay",
        "compare a recorded day's waiting times under two policies",
        _declare_replay,
        _replay,
    ),
    Command("demo", "run a whole hall on this machine, with people", _declare_demo, _demo),
    Command(
        "simulate",
        "live hall-days in simulated time, with everything that can go wrong",
        _declare_simulate,
        _simulate,
    ),
    Command(
        "torture",
        "kill server, broker and clients at random points, and audit what they were told",
        _declare_torture,
        _torture,
    ),
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jiaohao", description="Kiosk and queue software of a public service hall."
    )
    parser.add_argument("--version", action="version", version=f"jiaohao {version()}")
    top = parser.add_subparsers(metavar="COMMAND", required=True)
    groups = {
        name: top.add_parser(name, help=text, description=text).add_subparsers(
            metavar="COMMAND", required=True
        )
        for name, text in GROUPS.items()
    }
    for name, program in PROGRAMS.items():
        top.add_parser(name, help=program.help, add_help=False)
    for command in COMMANDS:
        group, _, word = command.name.rpartition(" ")
        parent = groups[group] if group else top
        child = parent.add_parser(word, help=command.help, description=command.help)
        command.declare(child)
        child.set_defaults(run=command.run)
    return parser


def _out(text: str) -> None:
    """Write a line; what the terminal's encoding lacks is written as an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()


def _out_json(value: object) -> None:
    _out(json.dumps(value, ensure_ascii=False, indent=2))


def _err(text: str) -> None:
    sys.stderr.write(f"jiaohao: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
