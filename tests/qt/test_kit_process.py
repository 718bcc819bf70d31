"""A screen's process: stops when told to, and ends in the fail-safe screen on a bug."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ui.kit.app import EXIT_BUG, prepare_environment

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_S = 60

WAITING = """
import sys
from PySide6.QtCore import QTimer
from ui.kit.gallery import make_gallery
kit = make_gallery([])
QTimer.singleShot(0, lambda: print("ready", flush=True))
sys.exit(kit.run())
"""

AT_A_FRAME = """
import signal, sys
from ui.kit.gallery import make_gallery
kit = make_gallery(["--shots", sys.argv[1]])
kit.window.beforeRendering.connect(lambda: signal.raise_signal(signal.SIGTERM))
kit.app.aboutToQuit.connect(lambda: kit.shots().save_now("last"))
sys.exit(kit.run())
"""

BUGGY = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from ui.kit.gallery import make_gallery
kit = make_gallery(["--shots", sys.argv[1]])
def broken():
    QTimer.singleShot(500, lambda: kit.shots().save_now("failsafe"))
    raise ValueError("42010419900101001X")
QTimer.singleShot(0, broken)
sys.exit(kit.run())
"""


LOSING = """
import sys
from PySide6.QtCore import QObject, Signal
from ui.kit.app import prepare_environment
prepare_environment()
prepare_environment()
class Sender(QObject):
    sent = Signal(bool)
sender = Sender()
for _ in range(20_000):
    sender.setObjectName("x")
    sender.sent.emit(True)
assert sys.getrefcount(None) > 10_000 and sys.getrefcount(True) > 10_000
print("alive")
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_screen_cleanly(number: signal.Signals) -> None:
    with start(WAITING) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, said) == (0, "")


def test_a_signal_in_the_midst_of_a_frame_ends_a_screen_after_the_frame(tmp_path: Path) -> None:
    """The last picture of a screen cannot be taken while a frame is drawn."""
    with start(AT_A_FRAME, str(tmp_path)) as process:
        _, said = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, said) == (0, "")
    assert (tmp_path / "last.png").exists()


def test_a_bug_shows_the_failsafe_screen_and_ends_with_its_code(tmp_path: Path) -> None:
    with start(BUGGY, str(tmp_path)) as process:
        out, said = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == EXIT_BUG
    assert said.startswith("bug: ValueError at <string>:9")
    assert "42010419900101001X" not in out + said, "what the data were is never said"
    assert (tmp_path / "failsafe.png").stat().st_size > 10_000


def test_the_plugins_of_opencv_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/venv/cv2/qt/plugins")
    monkeypatch.setenv("QT_QPA_FONTDIR", "/usr/share/fonts")
    prepare_environment()
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
    assert os.environ["QT_QPA_FONTDIR"] == "/usr/share/fonts"
    assert os.environ["QT_QUICK_BACKEND"] == "software"


def test_without_a_display_a_screen_draws_offscreen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    prepare_environment()
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.delenv("QT_QPA_PLATFORM")
    prepare_environment()
    assert "QT_QPA_PLATFORM" not in os.environ


def test_a_screen_outlives_many_thousand_calls_of_qt() -> None:
    with start(LOSING) as process:
        out, said = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, out, said) == (0, "alive\n", "")


@pytest.mark.parametrize("size", ["1080", "0x5", "axb", "1080x"])
def test_a_wrong_size_is_refused_with_an_example(size: str) -> None:
    code = f"from ui.kit.gallery import make_gallery; make_gallery(['--size', '{size}'])"
    with start(code) as process:
        _, said = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 1
    assert "expected something like 1080x1920" in said
