"""The demo as a command: checks what it needs, minds Ctrl-C, prints the table, answers by code."""

import signal
import sqlite3
from dataclasses import replace
from pathlib import Path
from types import FrameType

from hallserver.broker import BrokerError
from hallserver.config import ConfigError, load_plan
from hallserver.demo.run import Demo, DemoError, Options, Say, has_display, prepare_out
from hallserver.demo.summary import Summary

EXIT_OK = 0
EXIT_HARM = 1
"""Something was lost, doubled, called twice or printed wrong."""
EXIT_FAILED = 2
"""The demo could not be run to its end."""


def run_demo(options: Options, say: Say) -> int:
    """Run a demo; returns the exit code."""
    try:
        plan = load_plan(options.hall_file)
        prepare_out(options.out)
    except ConfigError as error:
        say("\n".join(f"{options.hall_file}: {mistake}" for mistake in error.mistakes))
        return EXIT_FAILED
    except (DemoError, OSError) as error:
        say(f"demo: {error}")
        return EXIT_FAILED
    if not options.is_headless and not has_display():
        say("no display here: everything is drawn off screen")
        options = replace(options, is_headless=True)
    options = replace(options, out=options.out.resolve(), hall_file=options.hall_file.resolve())
    return _play(Demo(plan, options, say), options.out, say)


def _play(demo: Demo, out: Path, say: Say) -> int:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        demo.stop()

    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        summary = demo.play()
    except (DemoError, BrokerError, OSError, sqlite3.Error) as error:
        say(f"demo: {error}\nlogs: {out / 'logs'}")
        return EXIT_FAILED
    finally:
        demo.close()
        for number, handler in before.items():
            signal.signal(number, handler)
    _report(summary, out, say)
    return EXIT_OK if summary.findings.is_clean else EXIT_HARM


def _report(summary: Summary, out: Path, say: Say) -> None:
    say("")
    say(summary.table())
    say("")
    for folder, what in (("screens", "screens"), ("tickets", "printed tickets")):
        pictures = sorted((out / folder).glob("*.png"))
        say(f"{len(pictures)} pictures of {what}: {out / folder}")
    say(f"journal: {out / 'server'}   figures: {out / 'summary.json'}   logs: {out / 'logs'}")
