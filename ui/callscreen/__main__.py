"""`python -m ui.callscreen --client callscreen-01 --broker HOST:PORT … --zones civil,public`."""

import argparse
import sys
from collections.abc import Sequence

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
from hallserver.protocol.ids import ZoneId
from ui.callscreen.app import CallScreen
from ui.callscreen.layout import PanelTooSmallError, farthest_m, plan_board
from ui.callscreen.texts import TEXTS
from ui.kit.app import add_kit_arguments, kit_settings, make_app, prepare_environment
from ui.kit.sizes import WIDE_PANEL
from ui.kit.tokens import BOARD

USUAL_VIEWING_M = 8.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ui.callscreen", description="The hall's call screen.")
    add_link_arguments(parser)
    add_kit_arguments(parser, WIDE_PANEL)
    parser.add_argument("--zones", required=True, help="zones whose calls are shown: a,b")
    parser.add_argument("--floor", type=int, help="where the screen hangs, if not in its zones")
    parser.add_argument("--viewing-m", type=float, help="distance to the last row of seats")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the screen until it is told to stop; return the exit code."""
    prepare_environment()
    parser = _parser()
    parsed = parser.parse_args(arguments)
    zones = tuple(ZoneId(zone) for zone in str(parsed.zones).split(",") if zone)
    screen_settings = kit_settings(parsed)
    try:
        settings = link_settings(parsed)
        subscriptions = subscriptions_for(settings.client, zones)
        record, outbox = open_record(parsed), open_outbox(parsed)
    except (SettingsError, StoreBusyError, ValueError, OSError) as error:
        parser.error(str(error))
    kit = make_app("callscreen", screen_settings, palette=BOARD, texts=TEXTS)
    viewing_m = parsed.viewing_m or min(USUAL_VIEWING_M, farthest_m(kit.panel))
    try:
        layout = plan_board(kit.panel, viewing_m)
    except PanelTooSmallError as error:
        parser.error(str(error))
    link = QtLink(settings, subscriptions, outbox)
    screen = CallScreen(kit, zones, layout, record, name=settings.client, floor=parsed.floor)
    link.updated.connect(screen.take)
    link.start()
    try:
        return kit.run()
    finally:
        link.stop()
        record.close()


if __name__ == "__main__":
    sys.exit(main())
