"""How every QML program of the hall starts, stops, and fails.

The software renderer is the tested floor: it needs no graphics driver and looks the same on every
machine. `QSG_RENDER_LOOP=basic` keeps drawing on the one thread that Python slots run on; with a
render thread of its own a slot connected to it can deadlock at exit.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import shiboken6
from PySide6.QtCore import QElapsedTimer, Qt, QTimer, QUrl
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtQml import QQmlComponent, QQmlEngine
from PySide6.QtQuick import QQuickItem, QQuickWindow

from hallserver.protocol.errors import Text
from ui.kit.constants import keep_constants_alive
from ui.kit.i18n import KIT_TEXTS, Language, in_language
from ui.kit.shots import Shots
from ui.kit.signals import QuitOnSignal
from ui.kit.sizes import Panel, Sizes, panel_of_inches, sizes_for
from ui.kit.theme import KitError, apply_texts, apply_theme
from ui.kit.tokens import DAY, FONT_FAMILY, Palette
from ui.kit.view import View

QML_FOLDER = Path(__file__).parent / "qml"
EXIT_BUG = 70
"""EX_SOFTWARE of sysexits.h: the supervisor starts us again."""
FAILSAFE_SHOWN_MS = 2_000


@dataclass(frozen=True)
class KitSettings:
    """What the command line says to every screen."""

    panel: Panel
    language: Language
    is_windowed: bool
    shots: Path | None


def add_kit_arguments(parser: argparse.ArgumentParser, panel: Panel) -> None:
    """Add the options that every screen has. `panel` is what the screen is made for."""
    inches = round(panel.diagonal_mm / 25.4, 1)
    group = parser.add_argument_group("screen")
    group.add_argument("--size", default=f"{panel.width_px}x{panel.height_px}", metavar="WxH")
    group.add_argument("--inches", type=float, default=inches, help="diagonal of the panel")
    group.add_argument("--language", choices=list(Language), type=Language, default=Language.ZH)
    group.add_argument("--windowed", action="store_true", help="do not fill the screen")
    group.add_argument("--shots", type=Path, metavar="DIR", help="save pictures of the screen")


def kit_settings(parsed: argparse.Namespace) -> KitSettings:
    """Read back what `add_kit_arguments` added. Exits with a sentence on a wrong size."""
    width, _, height = str(parsed.size).partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) > 0 and int(height) > 0):
        raise SystemExit(f"--size {parsed.size}: expected something like 1080x1920")
    panel = panel_of_inches(int(width), int(height), float(parsed.inches))
    return KitSettings(panel, parsed.language, bool(parsed.windowed), parsed.shots)


def prepare_environment() -> None:
    """Make the process fit for Qt; call before anything of Qt is made. May be called again."""
    keep_constants_alive()
    os.environ["QT_QUICK_BACKEND"] = "software"
    os.environ["QSG_RENDER_LOOP"] = "basic"
    os.environ["QT_ENABLE_HIGHDPI_SCALING"] = "0"  # our sizes are counted in real pixels
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if "cv2" in os.environ.get(name, ""):  # opencv-python points Qt at plugins of its own
            del os.environ[name]
    if not any(os.environ.get(n) for n in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"


def seconds_since_now() -> Callable[[], float]:
    """Make a clock that shows the seconds since it was made and never goes back."""
    timer = QElapsedTimer()
    timer.start()
    return lambda: timer.nsecsElapsed() / 1e9


class Kit:
    """A program with one window: its Qt application, its QML engine, its look."""

    def __init__(
        self,
        app: QGuiApplication,
        settings: KitSettings,
        palette: Palette,
        texts: Mapping[str, Text],
        sizes: Callable[[Panel], Sizes],
    ) -> None:
        self.app = app
        self.settings = settings
        self.panel = self._real_panel()
        self.window: QQuickWindow | None = None
        self._failsafe: QQuickItem | None = None
        self._is_failing = False
        self._components: list[QQmlComponent] = []
        self._texts = texts
        self.engine = QQmlEngine()
        self.engine.addImportPath(str(QML_FOLDER))
        apply_theme(self.engine, palette, sizes(self.panel))
        self.set_language(settings.language)
        self._signals = QuitOnSignal(app)
        self._former_hook = sys.excepthook
        sys.excepthook = self._bug

    @property
    def _fills_screen(self) -> bool:
        return not self.settings.is_windowed and self.app.platformName() != "offscreen"

    def _real_panel(self) -> Panel:
        """Take the pixels of the real screen when we fill it, its size from the settings."""
        told = self.settings.panel
        screen = self.app.primaryScreen()
        if not self._fills_screen or screen is None:
            return told
        size = screen.size()
        return panel_of_inches(size.width(), size.height(), told.diagonal_mm / 25.4)

    def set_language(self, language: Language) -> None:
        """Show every text from now on in this language."""
        apply_texts(self.engine, in_language(self._texts, language))

    def _component(self, path: Path) -> QQmlComponent:
        component = QQmlComponent(self.engine, QUrl.fromLocalFile(str(path)))
        self._components.append(component)  # what a component made dies with its Python object
        if component.isError():
            raise KitError(component.errorString())
        return component

    def load_window(self, path: Path, properties: Mapping[str, object]) -> QQuickWindow:
        """Make the window that a QML file describes; `properties` fill its required ones.

        Raises KitError when the file does not load.
        """
        component = self._component(path)
        given = {
            name: value.map if isinstance(value, View) else value
            for name, value in properties.items()
        }
        made = component.createWithInitialProperties(given)
        if not isinstance(made, QQuickWindow) or component.isError():
            raise KitError(component.errorString() or f"{path} is not a Window")
        made.setFlag(Qt.WindowType.FramelessWindowHint, on=self._fills_screen)
        made.resize(self.panel.width_px, self.panel.height_px)
        self.window = made
        component = self._component(QML_FOLDER / "Jiaohao" / "Kit" / "FailSafe.qml")
        failsafe = component.createWithInitialProperties({"parent": made.contentItem()})
        if not isinstance(failsafe, QQuickItem):
            raise KitError(component.errorString())
        failsafe.setParent(made)
        self._failsafe = failsafe
        if self._fills_screen:
            made.showFullScreen()
        else:
            made.show()
        return made

    def shots(self) -> Shots:
        """Take pictures of the window into the folder of `--shots`."""
        if self.window is None:
            raise KitError("there is no window to take pictures of")
        return Shots(self.window, self.settings.shots)

    def _bug(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Show the fail-safe screen and leave. Says where it was, never what the data were."""
        where = "?"
        while trace is not None:
            where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
            trace = trace.tb_next
        what = str(error) if isinstance(error, KitError) else ""  # holds names of our files only
        print(f"bug: {kind.__name__} at {where} {what}", file=sys.stderr, flush=True)  # noqa: T201
        if self._is_failing:
            return
        self._is_failing = True
        if self._failsafe is None:
            self.app.exit(EXIT_BUG)
            return
        self._failsafe.setVisible(True)
        QTimer.singleShot(FAILSAFE_SHOWN_MS, self.app, self._leave)

    def _leave(self) -> None:
        self.app.exit(EXIT_BUG)

    def run(self) -> int:
        """Run until the window closes, a signal comes or a bug shows; return the exit code."""
        code = self.app.exec()
        self.close()
        return EXIT_BUG if self._is_failing else code

    def close(self) -> None:
        """Take the window down before the engine, and the engine before Python's objects."""
        sys.excepthook = self._former_hook
        self._signals.close()
        if self.window is not None and shiboken6.isValid(self.window):
            self.window.close()
            shiboken6.delete(self.window)
        self.window = None
        if shiboken6.isValid(self.engine):
            shiboken6.delete(self.engine)


def make_app(
    name: str,
    settings: KitSettings,
    *,
    palette: Palette = DAY,
    texts: Mapping[str, Text] | None = None,
    sizes: Callable[[Panel], Sizes] = sizes_for,
) -> Kit:
    """Start Qt the way that all our screens run. `texts` joins the kit's own table.

    Raises KitError when the QML module and the tokens differ.
    """
    prepare_environment()
    running = QGuiApplication.instance()
    app = running if isinstance(running, QGuiApplication) else QGuiApplication([name])
    app.setApplicationName(name)
    font = QFont(FONT_FAMILY)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    app.setFont(font)
    return Kit(app, settings, palette, {**KIT_TEXTS, **(texts or {})}, sizes)
