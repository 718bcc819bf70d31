"""`jiaohao appointments import`: book what a file asks for, each row exactly once.

A client of the hall like any other (`gateway-01`): it needs no access to the server's machine. The
id of a row's command follows from the row, so a second run asks nothing anew and gets the same
answers; with `--state-dir` what was not answered is kept and sent in the next run.
"""

import argparse
import csv
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from hallserver.client.booking_file import BadRow, BookingFileError, Wish, read_bookings
from hallserver.client.ids import new_command_id
from hallserver.client.outbox import OutboxFull
from hallserver.client.person import PersonKeyError, read_hall_key
from hallserver.client.settings import (
    LinkSettings,
    SettingsError,
    add_link_arguments,
    link_settings,
    open_outbox,
)
from hallserver.client.store import StoreBusyError
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import ReplyArrived, Update
from hallserver.protocol.commands import BookAppointment
from hallserver.protocol.ids import CommandId
from hallserver.protocol.replies import Booked, Rejected, Reply
from hallserver.protocol.routes import Role, role_of

EXIT_OK = 0
EXIT_REFUSED = 1
"""At least one row is not booked; each says why."""
EXIT_UNUSABLE = 2
"""Nothing was asked: the file or the arguments cannot be used."""

MAX_UNDER_WAY = 64
"""Rows that are asked and not answered. The link sends one at a time."""
WAIT_S = 30.0
"""Without any answer for so long the import ends; what is open is kept for the next run."""
MAX_FILE_BYTES = 16_777_216

Say = Callable[[str], None]
Submit = Callable[[BookAppointment, CommandId], CommandId | OutboxFull]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row. `word` is for programs: `booked`, `bad_row`, or a refusal's code."""

    line: int
    word: str
    text: str
    appointment: str = ""
    token: str = ""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="bookings, as CSV with a first line"
    )
    parser.add_argument(
        "--person-key-file", type=Path, metavar="FILE", help="the hall's key, for ID numbers"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="write the result of each row, as CSV"
    )
    parser.add_argument(
        "--again", action="store_true", help="ask anew what was refused in an earlier run"
    )
    add_link_arguments(parser, has_record=False)


def run(args: argparse.Namespace, say: Say) -> int:
    """Import a file; returns the exit code."""
    from hallserver.client.paho_link import PahoLink  # not for whoever asks for help only

    try:
        settings = link_settings(args)
        if role_of(settings.client) is not Role.GATEWAY:
            raise SettingsError(f"--client {settings.client}: expected gateway-N")
        key = None if args.person_key_file is None else read_hall_key(args.person_key_file)
        rows = _read(args.file, key)
        store = open_outbox(args)
    except (SettingsError, PersonKeyError, BookingFileError, StoreBusyError) as error:
        say(f"{args.file}: {error}" if isinstance(error, BookingFileError) else str(error))
        return EXIT_UNUSABLE
    if args.again:
        # The hall itself books nobody twice for a service and day.
        rows = [replace(r, command_id=new_command_id()) if isinstance(r, Wish) else r for r in rows]
    updates: queue.SimpleQueue[Update] = queue.SimpleQueue()
    link = PahoLink(settings, subscriptions_for(settings.client), store, updates.put)
    importing = Import(rows, link.submit, say)
    try:
        link.start()
        importing.run(updates, WAIT_S)
    finally:
        link.stop()
    return _end(importing, args.results, settings, say)


def _read(path: Path, key: bytes | None) -> list[Wish | BadRow]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BookingFileError(f"larger than {MAX_FILE_BYTES} bytes: please divide the file")
        # Spreadsheets write a byte order mark; csv wants line ends as they are.
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(read_bookings(lines, key))
    except OSError as error:
        raise BookingFileError(str(error.strerror)) from None
    except UnicodeDecodeError:
        raise BookingFileError("it is not UTF-8") from None  # its text would quote a row


def _end(importing: "Import", results: Path | None, settings: LinkSettings, say: Say) -> int:
    booked = sum(result.word == "booked" for result in importing.results)
    say(f"{booked} of {len(importing.results)} rows booked as {settings.client}")
    if results is not None:
        try:
            _write(results, importing.results)
        except OSError as error:
            say(f"--results {results}: {error.strerror}")
            return EXIT_REFUSED
    return EXIT_OK if booked == len(importing.results) else EXIT_REFUSED


def _write(path: Path, results: Sequence[Result]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "result", "appointment", "token", "text"))
        writer.writerows((r.line, r.word, r.appointment, r.token, r.text) for r in results)


class Import:
    """The rows of one file on their way. `results` are in the order of the file."""

    def __init__(self, rows: Sequence[Wish | BadRow], submit: Submit, say: Say) -> None:
        """Begin with nothing asked. Each row's result is said once it and all before are known."""
        self._rows = tuple(rows)
        self._submit = submit
        self._say = say
        self._to_ask = [row for row in reversed(self._rows) if isinstance(row, Wish)]
        self._first_line: dict[CommandId, int] = {}
        self._replies: dict[CommandId, Reply] = {}
        self.results: list[Result] = []

    @property
    def is_done(self) -> bool:
        """Whether every row has its result."""
        return len(self.results) == len(self._rows)

    def run(self, updates: "queue.SimpleQueue[Update]", wait_s: float) -> None:
        """Ask and listen until every row has its result, or nothing is heard for too long."""
        self.go_on()
        until_s = monotonic() + wait_s
        while not self.is_done:
            try:
                update = updates.get(timeout=max(0.0, until_s - monotonic()))
            except queue.Empty:
                self.give_up()
                return
            if isinstance(update, ReplyArrived):
                until_s = monotonic() + wait_s
                self.answered(update)
                self.go_on()

    def go_on(self) -> None:
        """Ask for more, as far as it may be under way, and say what is known."""
        while self._to_ask and len(self._first_line) - len(self._replies) < MAX_UNDER_WAY:
            row = self._to_ask[-1]
            if row.command_id not in self._first_line:
                if isinstance(self._submit(row.command, row.command_id), OutboxFull):
                    break
                self._first_line[row.command_id] = row.line
            self._to_ask.pop()
        self._tell()

    def answered(self, update: ReplyArrived) -> None:
        """Take an answer; one to a row of an earlier run is of no interest here."""
        if update.command_id in self._first_line:
            self._replies[update.command_id] = update.reply

    def give_up(self) -> None:
        """Say that the rest is not known yet."""
        while not self.is_done:
            row = self._rows[len(self.results)]
            result = self._result(row) or Result(
                row.line,
                "no_answer",
                "the hall has not answered; it may be booked all the same: please run this again",
            )
            self._add(result)

    def _tell(self) -> None:
        while not self.is_done:
            result = self._result(self._rows[len(self.results)])
            if result is None:
                return
            self._add(result)

    def _add(self, result: Result) -> None:
        self.results.append(result)
        self._say(f"line {result.line}: {result.word}: {result.text}")

    def _result(self, row: Wish | BadRow) -> Result | None:
        if isinstance(row, BadRow):
            return Result(row.line, "bad_row", row.why)
        first = self._first_line.get(row.command_id, row.line)
        if first != row.line:
            return Result(row.line, "repeated", f"the same as line {first}")
        match self._replies.get(row.command_id):
            case Booked(appointment=appointment, token=token, service=service, day=day, slot=slot):
                return Result(row.line, "booked", f"{service} {day} {slot}", appointment, token)
            case Rejected(code=code, text=text):
                return Result(row.line, code.value, f"{text.zh} {text.en}")
            case None:
                return None
            case other:
                raise TypeError(f"a booking is not answered with {type(other).__name__}")
