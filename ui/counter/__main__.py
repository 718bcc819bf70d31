"""`python -m ui.counter --client counter-12 --broker HOST:PORT --password-file FILE …`."""

import argparse
import sys
import time
from collections.abc import Sequence

import shiboken6

from hallserver.client.qt_link import QtLink
from hallserver.client.settings import (
    SettingsError,
    add_link_arguments,
    link_settings,
    open_outbox,
    open_record,
)
from hallserver.client.store import StoreBusyError
from hallserver.client.subscriptions import subscriptions_for
from hallserver.protocol.routes import Role, counter_of, role_of
from ui.counter.app import (
    CounterApp,
    OptionsError,
    add_counter_arguments,
    make_app,
    read_account,
    run,
    window_size,
)
from ui.counter.autopilot import Autopilot
from ui.counter.shots import Shots
from ui.counter.window import CounterWindow


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ui.counter", description="The clerk's terminal.")
    add_link_arguments(parser)
    add_counter_arguments(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the terminal until it is closed or told to stop; return the exit code."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        settings = link_settings(parsed)
        counter = counter_of(settings.client)
        if counter is None or role_of(settings.client) is not Role.COUNTER:
            raise SettingsError(f"--client {settings.client}: expected counter-N")
        size = window_size(parsed.size)
        account = read_account(parsed.account, parsed.account_password_file)
        record, outbox = open_record(parsed), open_outbox(parsed)
    except (SettingsError, OptionsError, StoreBusyError, OSError) as error:
        parser.error(str(error))
    app = make_app()
    link = QtLink(settings, subscriptions_for(settings.client), outbox)
    window = CounterWindow()
    window.resize(*size)
    if parsed.shots is not None:
        Shots(window, parsed.shots, settings.client)
    is_on_autopilot = parsed.autopilot is not None
    counter_app = CounterApp(
        window, counter, link, record, account=None if is_on_autopilot else account
    )
    if is_on_autopilot:
        autopilot = Autopilot(
            window,
            lambda: counter_app.state,
            time.monotonic,
            seed=parsed.autopilot,
            speed=parsed.speed,
            account=account,
        )
        counter_app.after_change(autopilot.look)
    link.updated.connect(counter_app.take)
    window.show()
    link.start()
    try:
        return run(app)
    finally:
        link.stop()
        record.close()
        window.close()
        shiboken6.delete(window)  # before Qt's application goes, on which it draws


if __name__ == "__main__":
    sys.exit(main())
