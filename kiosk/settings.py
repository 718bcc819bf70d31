"""The kiosk's command line, read into one typed value."""

import argparse
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hallserver.client.person import PersonKeyError, read_hall_key
from hallserver.client.settings import SettingsError, add_link_arguments
from hallserver.protocol.ids import ClientId
from hallserver.protocol.routes import Role, role_of
from kiosk.spool import MemorySpool, Spool, SqliteSpool
from ui.kit.app import add_kit_arguments
from ui.kit.rating_tags import RatingTags, RatingTagsError, parse_rating_tags
from ui.kit.sizes import KIOSK_PANEL

DEFAULT_TAGS = Path(__file__).parent.parent / "ui" / "kit" / "rating_tags.toml"
DEFAULT_TIME_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class KioskSettings:
    """What a kiosk is told beyond its link and its screen."""

    hall_key: bytes
    tags: RatingTags
    time_zone: ZoneInfo
    autopilot_seed: int | None
    simulated: Path | None
    reader: str | None
    printer: str | None
    scanner: str | None
    camera: int | str | None
    frames: Path | None

    def __repr__(self) -> str:
        """Show nothing: the key is among it."""
        return "KioskSettings()"


def kiosk_parser() -> argparse.ArgumentParser:
    """Make the parser of `python -m kiosk`."""
    parser = argparse.ArgumentParser(prog="kiosk", description="The citizen's terminal.")
    add_link_arguments(parser)
    add_kit_arguments(parser, KIOSK_PANEL)
    group = parser.add_argument_group("kiosk")
    add_shared_arguments(group)
    group.add_argument("--reader", metavar="PORT", help="ID-card reader, for example /dev/ttyUSB0")
    group.add_argument("--printer", metavar="PORT", help="ticket printer: device, or HOST:PORT")
    codes = group.add_mutually_exclusive_group()
    codes.add_argument("--scanner", metavar="PORT", help="serial scan engine")
    codes.add_argument("--camera", metavar="N", help="camera number or device")
    codes.add_argument("--frames", type=Path, metavar="DIR", help="pictures instead of a camera")
    group.add_argument(
        "--simulated-devices",
        type=Path,
        metavar="DIR",
        help="simulate all devices, with their ports and the printed tickets in DIR",
    )
    group.add_argument("--autopilot", type=int, metavar="SEED", help="simulate the visitors")
    return parser


def add_shared_arguments(group: argparse._ArgumentGroup) -> None:
    """Add what a kiosk and a crowd of kiosks both take."""
    group.add_argument("--person-key-file", type=Path, required=True, metavar="FILE")
    group.add_argument("--tags", type=Path, default=DEFAULT_TAGS, help="reasons of a rating (TOML)")
    group.add_argument("--time-zone", default=DEFAULT_TIME_ZONE, metavar="NAME", help="of the hall")


def read_shared(parsed: argparse.Namespace) -> tuple[bytes, RatingTags, ZoneInfo]:
    """Read what `add_shared_arguments` added. Raises SettingsError."""
    try:
        hall_key = read_hall_key(parsed.person_key_file)
        tags = parse_rating_tags(parsed.tags.read_text("utf-8"))
        return hall_key, tags, ZoneInfo(parsed.time_zone)
    except (PersonKeyError, RatingTagsError, OSError, UnicodeDecodeError) as error:
        raise SettingsError(str(error)) from error
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"--time-zone {parsed.time_zone}: no such time zone") from error


def kiosk_settings(parsed: argparse.Namespace) -> KioskSettings:
    """Read what `kiosk_parser` parsed. Raises SettingsError."""
    if role_of(ClientId(parsed.client)) is not Role.KIOSK:
        raise SettingsError(f"--client {parsed.client}: expected kiosk-N")
    if (parsed.printer is None) == (parsed.simulated_devices is None):
        raise SettingsError("expected --printer PORT, or --simulated-devices DIR for everything")
    if parsed.autopilot is not None and parsed.simulated_devices is None:
        raise SettingsError("--autopilot needs --simulated-devices: no hand moves real cards")
    hall_key, tags, time_zone = read_shared(parsed)
    camera = parsed.camera
    return KioskSettings(
        hall_key=hall_key,
        tags=tags,
        time_zone=time_zone,
        autopilot_seed=parsed.autopilot,
        simulated=parsed.simulated_devices,
        reader=parsed.reader,
        printer=parsed.printer,
        scanner=parsed.scanner,
        camera=int(camera) if camera is not None and camera.isdecimal() else camera,
        frames=parsed.frames,
    )


def open_spool(state_dir: Path | None, client: str) -> Spool:
    """Open a kiosk's spool in its state directory. Raises SettingsError."""
    if state_dir is None:
        return MemorySpool()
    path = state_dir / f"{client}.spool.sqlite"
    try:
        return SqliteSpool(path)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"spool {path} cannot be used: {error}") from error
