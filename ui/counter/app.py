"""The terminal as a Qt program: terminal, window, and what ties them."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from hallserver.client.record import Record
from hallserver.client.updates import LinkChanged, Update
from hallserver.protocol.ids import CounterId
from ui.counter.flow import Act, State
from ui.counter.look import DESIGN_HEIGHT, DESIGN_WIDTH, FONT_FAMILIES, MIN_HEIGHT, MIN_WIDTH
from ui.counter.terminal import Link, Terminal
from ui.counter.view import Stopwatch, show
from ui.counter.window import CounterWindow
from ui.kit.constants import keep_constants_alive
from ui.kit.signals import QuitOnSignal

TICK_MS = 200
"""How often the clock on the window is looked at."""
SIGN_IN_AFTER_MS = 400
"""So that the form can be seen before an automatic sign-in."""
EXIT_BUG = 70
"""EX_SOFTWARE of sysexits.h: the supervisor starts us again."""


def add_counter_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the terminal's own options."""
    group = parser.add_argument_group("terminal")
    size = f"{DESIGN_WIDTH}x{DESIGN_HEIGHT}"
    group.add_argument("--size", default=size, metavar="WxH", help="of the window")
    group.add_argument("--shots", type=Path, metavar="DIR", help="save pictures of the window")
    group.add_argument("--account", help="sign in by itself, for demonstrations")
    group.add_argument("--account-password-file", type=Path, metavar="FILE")
    group.add_argument("--autopilot", type=int, metavar="SEED", help="simulate the clerk")
    group.add_argument(
        "--speed", type=float, default=1.0, help="of the simulated clerk; 0: as fast as possible"
    )


class OptionsError(ValueError):
    """An option cannot be used; the text says which."""


def window_size(text: str) -> tuple[int, int]:
    """Read `960x600`. Raises OptionsError."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise OptionsError(f"--size {text}: expected something like {DESIGN_WIDTH}x{DESIGN_HEIGHT}")
    if int(width) < MIN_WIDTH or int(height) < MIN_HEIGHT:
        raise OptionsError(f"--size {text}: at least {MIN_WIDTH}x{MIN_HEIGHT}")
    return int(width), int(height)


def read_account(name: str | None, password_file: Path | None) -> tuple[str, str] | None:
    """Read the account for an automatic sign-in. Raises OptionsError."""
    if name is None and password_file is None:
        return None
    if name is None or password_file is None:
        raise OptionsError("--account and --account-password-file go together")
    try:
        first, _, _ = password_file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        # A decoding error's text would quote the password.
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise OptionsError(f"--account-password-file {password_file}: {why}") from None
    password = first.rstrip("\r")
    if not password:
        raise OptionsError(f"--account-password-file {password_file}: its first line is empty")
    return name, password


class CounterApp(QObject):
    """One counter's program. Give it every update of its link through `take`."""

    def __init__(
        self,
        window: CounterWindow,
        counter: CounterId,
        link: Link,
        record: Record,
        *,
        account: tuple[str, str] | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(window)  # whose timer must not outlive what it draws
        self.window = window
        self._record = record
        self._clock_s = clock_s
        self._stopwatch = Stopwatch()
        self._account = account
        self._after_change: list[Callable[[], None]] = []
        self.terminal = Terminal(counter, link, record)
        window.pressed.connect(self._press)
        window.sign_in_pressed.connect(self._sign_in)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._draw)
        self._timer.start(TICK_MS)
        self._draw()

    @property
    def state(self) -> State:
        """What the terminal knows."""
        return self.terminal.state

    def after_change(self, call: Callable[[], None]) -> None:
        """Call this after every change of the state."""
        self._after_change.append(call)

    @Slot(object)
    def take(self, update: Update) -> None:
        """Take what the link tells."""
        if isinstance(update, LinkChanged):
            self._record.note("link", counter=self.terminal.counter, link=update.link)
        self.terminal.take(update)
        self._changed()

    def _press(self, act: Act) -> None:
        if self.terminal.press(act, self._clock_s()):
            self.window.acknowledge(act)
        self._changed()

    def _sign_in(self, account: str, password: str) -> None:
        self.terminal.sign_in(account, password, self._clock_s())
        self._changed()

    def _changed(self) -> None:
        self._draw()
        if self._account is not None and self.state.may_sign_in:
            account, self._account = self._account, None  # once: a wrong one is not tried again
            QTimer.singleShot(SIGN_IN_AFTER_MS, self, lambda: self._enter(account))
        for call in self._after_change:
            call()

    def _enter(self, account: tuple[str, str]) -> None:
        form = self.window.sign_in
        form.account.setText(account[0])
        form.password.setText(account[1])
        form.submit()

    def _draw(self) -> None:
        elapsed = self._stopwatch.look(self.state, self._clock_s())
        self.window.show_state(show(self.state, self.terminal.counter, elapsed))


def make_app() -> QApplication:
    """Start Qt with the hall's type."""
    keep_constants_alive()
    needs_display = sys.platform.startswith("linux")
    names = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    if needs_display and not any(os.environ.get(name) for name in names):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    running = QApplication.instance()
    app = running if isinstance(running, QApplication) else QApplication(["counter"])
    app.setApplicationName("counter")
    font = QFont()
    font.setFamilies(list(FONT_FAMILIES))
    app.setFont(font)
    return app


def run(app: QApplication) -> int:
    """Run until the window closes, a signal comes or a bug shows; return the exit code."""

    def bug(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
        """Say where it was, never what the data were, and let the supervisor start us again."""
        where = "?"
        while trace is not None:
            where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
            trace = trace.tb_next
        sys.stderr.write(f"bug: {kind.__name__} at {where}\n")
        app.exit(EXIT_BUG)

    signals = QuitOnSignal(app)
    sys.excepthook = bug
    try:
        return app.exec()
    finally:
        sys.excepthook = sys.__excepthook__
        signals.close()
