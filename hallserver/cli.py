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
    from hallserver.config import ConfigError, ConfigUnreadableError, load_plan

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
        "counters": len(plan.counters),
        "kiosks": len(plan.kiosks),
        "call screens": len(plan.callscreens),
        "clerks": len(plan.clerks),
    }
    if args.json:
        _out_json({"ok": True, "hall": plan.id, "counts": counts})
    else:
        _out("OK: " + ", ".join(f"{count} {things}" for things, count in counts.items()))
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
}


def _run_program(name: str, arguments: Sequence[str]) -> int:
    import runpy

    sys.argv = [f"jiaohao {name}", *arguments]
    runpy.run_module(PROGRAMS[name].module, run_name="__main__", alter_sys=False)
    return EXIT_OK


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


GROUPS = {"config": "check a hall file, prepare what goes into it"}

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
    Command("demo", "run a whole hall on this machine, with people", _declare_demo, _demo),
    Command(
        "simulate",
        "live hall-days in simulated time, with everything that can go wrong",
        _declare_simulate,
        _simulate,
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
