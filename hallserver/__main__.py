"""The hall's server as a process: `python -m hallserver --hall FILE …`.

It is made to be started anew by a supervisor whenever it ends with an error. Exit codes are those
of sysexits.h, so that the supervisor's log tells what kind of trouble it was.
"""

import argparse
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from hallserver.bootstrap import ServerSettings, StartError, build_server
from hallserver.cli import version
from hallserver.client.settings import LinkSettings, is_loopback
from hallserver.journal import JournalError, JournalInUseError
from hallserver.protocol.routes import SERVER_CLIENT
from hallserver.server import Server, TakenOverError
from hallserver.standby import StoppedError, StopSignal

EXIT_BUG = os.EX_SOFTWARE
EXIT_JOURNAL = os.EX_IOERR
"""The journal could not be opened or written. Nothing was answered that is not in it."""
EXIT_OTHER_SERVER = os.EX_TEMPFAIL
EXIT_SETTINGS = os.EX_CONFIG

_LOG = logging.getLogger("hallserver")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal asks to end; returns the exit code. Logs, and sets up no logging."""
    try:
        settings = _settings(_parser().parse_args(argv))
        stop = StopSignal()
        if settings.is_standby:
            _at_a_signal(stop.set)
        with _build(settings, stop) as server:
            _at_a_signal(server.stop)
            if not stop.wait(0):  # it came while the last lines were folded
                server.run()
    except StoppedError:
        _LOG.info("stopped")
    except StartError as error:
        return _end(EXIT_SETTINGS, error)
    except (JournalInUseError, TakenOverError) as error:
        return _end(EXIT_OTHER_SERVER, error)
    except JournalError as error:
        return _end(EXIT_JOURNAL, error)
    except Exception:  # noqa: BLE001 - the last one to see it: says so and ends
        _LOG.critical("a bug; nothing was said that is not in the journal", exc_info=True)
        return EXIT_BUG
    return os.EX_OK


def _build(settings: ServerSettings, stop: StopSignal) -> Server:
    """Build a server, without looking for garbage in what stays for as long as it lives.

    With a day of 100,000 tickets the collector would take a fifth of the start, and later stop the
    hall for tenths of a second (https://docs.python.org/3/library/gc.html#gc.freeze).
    """
    if settings.is_standby:  # it may wait for days
        return build_server(settings, stop)
    gc.disable()
    try:
        server = build_server(settings, stop)
        gc.freeze()
    finally:
        gc.enable()
    return server


def _at_a_signal(do: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: do())


def _end(code: int, error: Exception) -> int:
    _LOG.critical("%s", error)
    return code


def _end_with_thread(failed: threading.ExceptHookArgs) -> None:
    """End the process: a server without one of its threads would look alive and not be."""
    name = failed.thread.name if failed.thread else "a thread"
    _LOG.critical("a bug in %s", name, exc_info=failed.exc_value)
    logging.shutdown()
    os._exit(EXIT_BUG)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hallserver", description="The hall's server.")
    parser.add_argument("--hall", required=True, type=Path, metavar="FILE", help="the hall file")
    parser.add_argument(
        "--state-dir", required=True, type=Path, metavar="DIR", help="journal and key"
    )
    parser.add_argument("--broker", required=True, metavar="HOST:PORT")
    parser.add_argument(
        "--password-file", required=True, type=Path, metavar="FILE", help="our broker password"
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="keep the journal in postgresql+psycopg://USER@HOST/DATABASE instead of a file in DIR",
    )
    parser.add_argument(
        "--standby",
        action="store_true",
        help="wait while another server has the journal, and take its place when it is gone",
    )
    parser.add_argument("--clerks", type=Path, metavar="FILE", help="more [[clerk]] blocks")
    parser.add_argument(
        "--without-hours",
        action="store_true",
        help="open at all hours, no quotas: for demos and training",
    )
    parser.add_argument(
        "--ca-file", type=Path, metavar="FILE", help="use TLS, trust this authority"
    )
    parser.add_argument(
        "--insecure", action="store_true", help="allow a broker on another machine without TLS"
    )
    return parser


def _settings(given: argparse.Namespace) -> ServerSettings:
    host, port = _broker(given.broker)
    if given.ca_file is None and not given.insecure and not is_loopback(host):
        raise StartError(
            f"--broker {host} is another machine: give --ca-file, or --insecure if the network "
            "is trusted"
        )
    if given.ca_file is not None and not given.ca_file.is_file():
        raise StartError(f"--ca-file {given.ca_file}: there is no such file")
    return ServerSettings(
        hall_file=given.hall,
        state_dir=given.state_dir,
        link=LinkSettings(SERVER_CLIENT, host, port, _password(given.password_file), given.ca_file),
        clerks_file=given.clerks,
        database_url=given.database,
        is_without_hours=given.without_hours,
        is_standby=given.standby,
        version=version(),
    )


def _broker(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")  # IPv6 as in RFC 3986, 3.2.2
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise StartError(f"--broker {text}: expected HOST:PORT, for example 127.0.0.1:1883")
    return host, int(port)


def _password(path: Path) -> str:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise StartError(f"--password-file {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        # The error itself would quote the password.
        raise StartError(f"--password-file {path}: it is not UTF-8") from None
    if not lines or not lines[0]:
        raise StartError(f"--password-file {path}: its first line has to be the password")
    return lines[0]


def _set_up_process() -> None:
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    threading.excepthook = _end_with_thread


if __name__ == "__main__":
    _set_up_process()
    sys.exit(main())
