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


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `name` is one word, or a group and a word: "config check"."""

    name: str
    help: str
    declare: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. `argv` is without the program's name."""
    args = _parser().parse_args(argv)
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


def _out_json(value: object) -> None:
    _out(json.dumps(value, ensure_ascii=False, indent=2))


def _err(text: str) -> None:
    sys.stderr.write(f"jiaohao: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
