"""`python -m ui.ratingpad --client pad-12 --broker HOST:PORT …`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

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
from ui.kit.app import add_kit_arguments, kit_settings, make_app, prepare_environment
from ui.kit.rating_tags import RatingTagsError, parse_rating_tags
from ui.kit.sizes import PAD_PANEL
from ui.ratingpad.app import RatingPad
from ui.ratingpad.texts import TEXTS

TAGS = Path(__file__).parent.parent / "kit" / "rating_tags.toml"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ui.ratingpad", description="The pad at a counter.")
    add_link_arguments(parser)
    add_kit_arguments(parser, PAD_PANEL)
    parser.add_argument("--tags", type=Path, default=TAGS, help="the reasons of a rating (TOML)")
    parser.add_argument("--autopilot", type=int, metavar="SEED", help="simulate the visitors")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the pad until it is told to stop; return the exit code."""
    prepare_environment()
    parser = _parser()
    parsed = parser.parse_args(arguments)
    screen = kit_settings(parsed)
    try:
        settings = link_settings(parsed)
        counter = counter_of(settings.client)
        if counter is None or role_of(settings.client) is not Role.PAD:
            raise SettingsError(f"--client {settings.client}: expected pad-N")
        tags = parse_rating_tags(parsed.tags.read_text("utf-8"))
        subscriptions = subscriptions_for(settings.client)
        record, outbox = open_record(parsed), open_outbox(parsed)
    except (SettingsError, StoreBusyError, RatingTagsError, OSError, UnicodeDecodeError) as error:
        parser.error(str(error))
    kit = make_app("ratingpad", screen, texts=TEXTS)
    link = QtLink(settings, subscriptions, outbox)
    pad = RatingPad(
        kit,
        counter,
        tags,
        link.submit,
        record,
        name=settings.client,
        autopilot_seed=parsed.autopilot,
    )
    link.updated.connect(pad.take)
    link.start()
    try:
        return kit.run()
    finally:
        link.stop()
        record.close()


if __name__ == "__main__":
    sys.exit(main())
