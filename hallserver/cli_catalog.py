"""`jiaohao catalog import` and `export`: the items of a hall file as a spreadsheet."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

EXIT_OK = 0
EXIT_REFUSED = 1
"""The workbook, or the hall file that it would make, has mistakes. Nothing was written."""
EXIT_UNUSABLE = 2
"""A file cannot be read or written at all."""

Say = Callable[[str], None]


def declare_import(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `catalog import`."""
    parser.add_argument("workbook", type=Path, metavar="FILE.xlsx")
    parser.add_argument("--hall", type=Path, required=True, metavar="HALL.toml")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write here and leave the hall file as it is"
    )
    parser.add_argument("--dry-run", action="store_true", help="check and tell, write nothing")


def run_import(args: argparse.Namespace, say: Say) -> int:
    """Put the items of a workbook into a hall file; returns the exit code."""
    from hallserver.config import ConfigError, ConfigUnreadableError
    from hallserver.config.catalog import (
        CatalogError,
        CatalogUnreadableError,
        import_catalog,
        write_whole,
    )

    target = args.out or args.hall
    try:
        change = import_catalog(args.workbook, args.hall)
        if not args.dry_run and (args.out or not change.is_nothing):
            write_whole(target, change.data)
    except CatalogUnreadableError as error:
        say(f"{args.workbook}: {error}")
        return EXIT_UNUSABLE
    except CatalogError as error:
        _list(say, args.workbook, error.cells)
        _list(say, args.hall, error.mistakes)
        return _counted(say, len(error.cells) + len(error.mistakes))
    except ConfigError as error:
        _list(say, args.hall, error.mistakes)
        is_unusable = isinstance(error, ConfigUnreadableError)
        return EXIT_UNUSABLE if is_unusable else _counted(say, len(error.mistakes))
    except OSError as error:
        say(f"{target}: cannot be written: {error.strerror or type(error).__name__}")
        return EXIT_UNUSABLE
    for word, ids in (
        ("new", change.new),
        ("changed", change.changed),
        ("removed", change.removed),
        ("unchanged", change.unchanged),
    ):
        if ids:
            say(f"{word}: {', '.join(ids)}")
    if args.dry_run:
        say("OK: nothing was written (--dry-run)")
    elif change.is_nothing and not args.out:
        say(f"OK: {target} says the same already")
    else:
        say(f"OK: written to {target}")
    return EXIT_OK


def _list(say: Say, file: Path, mistakes: Sequence[object]) -> None:
    for mistake in mistakes:
        say(f"{file}: {mistake}")


def _counted(say: Say, count: int) -> int:
    say(f"{count} mistake{'s' if count > 1 else ''}; nothing was written")
    return EXIT_REFUSED


def declare_export(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `catalog export`."""
    parser.add_argument("hall", type=Path, metavar="HALL.toml")
    parser.add_argument("workbook", type=Path, metavar="FILE.xlsx")


def run_export(args: argparse.Namespace, say: Say) -> int:
    """Write the items of a hall file as a workbook; returns the exit code."""
    from hallserver.config import ConfigError, ConfigUnreadableError, load_plan
    from hallserver.config.catalog import catalog_workbook, write_whole

    try:
        plan = load_plan(args.hall)
        write_whole(args.workbook, catalog_workbook(plan.items))
    except ConfigError as error:
        _list(say, args.hall, error.mistakes)
        is_unusable = isinstance(error, ConfigUnreadableError)
        return EXIT_UNUSABLE if is_unusable else _counted(say, len(error.mistakes))
    except OSError as error:
        say(f"{args.workbook}: cannot be written: {error.strerror or type(error).__name__}")
        return EXIT_UNUSABLE
    say(f"OK: {len(plan.items)} items written to {args.workbook}")
    return EXIT_OK
