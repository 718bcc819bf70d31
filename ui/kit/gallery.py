"""Draws every component of the kit: `python -m ui.kit.gallery --shots DIR`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer

from hallserver.protocol.errors import Text
from ui.kit.app import Kit, add_kit_arguments, kit_settings, make_app
from ui.kit.i18n import STAR_WORDS, pick
from ui.kit.shots import Shots
from ui.kit.sizes import KIOSK_PANEL
from ui.kit.tokens import BOARD, DAY

LOOK_MS = 3_000
"""How long a page stays for a person to look at it."""

SETTLE_MS = 100

TEXTS: Mapping[str, Text] = {
    "gallery.hall": Text("政务服务中心", "Public Service Hall"),
    "gallery.choices": Text("请选择要办理的事项", "Choose your service"),
    "gallery.zone0": Text("项目建设", "Construction projects"),
    "gallery.zone1": Text("公共服务", "Public utilities"),
    "gallery.zone2": Text("民生事务", "Social affairs"),
    "gallery.zone3": Text("24小时自助服务", "24-hour self-service"),
    "gallery.zone_note": Text("一楼 · 12个窗口", "Ground floor · 12 windows"),
    "gallery.ahead": Text("等候 8 人", "8 waiting"),
    "gallery.your_number": Text("您的号码", "Your number"),
    "gallery.message": Text("本机的号票纸已用完", "This kiosk is out of paper"),
    "gallery.message_text": Text(
        "请使用旁边的取号机，或到咨询台取号。",
        "Please use the next kiosk, or ask at the information desk.",
    ),
}


def make_gallery(arguments: Sequence[str]) -> Kit:
    """Open the gallery on its first page."""
    parser = argparse.ArgumentParser(prog="ui.kit.gallery", description=__doc__)
    add_kit_arguments(parser, KIOSK_PANEL)
    parser.add_argument("--board", action="store_true", help="the palette of call screens")
    parsed = parser.parse_args(arguments)
    settings = kit_settings(parsed)
    kit = make_app("gallery", settings, palette=BOARD if parsed.board else DAY, texts=TEXTS)
    words = [pick(STAR_WORDS[stars], settings.language) for stars in range(1, 6)]
    kit.load_window(Path(__file__).parent / "qml" / "Gallery.qml", {"starWords": words})
    return kit


def main(arguments: Sequence[str] | None = None) -> int:
    """Show one page after the other, take their pictures when asked to, and leave after them."""
    kit = make_gallery(sys.argv[1:] if arguments is None else arguments)
    window = kit.window
    if window is None:
        raise RuntimeError("the gallery has no window")
    shots = Shots(window, kit.settings.shots, settle_ms=SETTLE_MS)
    shots.take("gallery-0")

    def turn() -> None:
        page = int(window.property("page")) + 1
        if page < int(window.property("pageCount")):
            window.setProperty("page", page)
            shots.take(f"gallery-{page}")
        elif kit.settings.shots is not None:
            kit.app.quit()
        else:
            window.setProperty("page", 0)

    timer = QTimer(window)
    timer.timeout.connect(turn)
    if kit.settings.shots is None:
        timer.start(LOOK_MS)
    else:
        shots.taken.connect(turn, Qt.ConnectionType.QueuedConnection)
    return kit.run()


if __name__ == "__main__":
    sys.exit(main())
