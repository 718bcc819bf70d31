"""`python -m kiosk --client kiosk-01 --broker HOST:PORT …`."""

import sys
from collections.abc import Sequence

from hallserver.client.settings import SettingsError, link_settings, open_outbox, open_record
from hallserver.client.store import StoreBusyError
from kiosk.settings import kiosk_parser, kiosk_settings, open_spool
from ui.kit.app import kit_settings, make_app, prepare_environment


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the kiosk until it is told to stop; return the exit code."""
    prepare_environment()
    parser = kiosk_parser()
    parsed = parser.parse_args(arguments)
    screen = kit_settings(parsed)
    try:
        link, settings = link_settings(parsed), kiosk_settings(parsed)
        record, outbox = open_record(parsed), open_outbox(parsed)
        spool = open_spool(parsed.state_dir, link.client)
    except (SettingsError, StoreBusyError, OSError) as error:
        parser.error(str(error))
    from kiosk.app import KioskApp  # after the environment is prepared: it imports OpenCV and Qt
    from kiosk.sizes import kiosk_sizes

    kit = make_app("kiosk", screen, sizes=kiosk_sizes)
    app = KioskApp(kit, link, settings, store=outbox, spool=spool, record=record)
    app.start()
    try:
        return kit.run()
    finally:
        app.stop()
        record.close()


if __name__ == "__main__":
    sys.exit(main())
