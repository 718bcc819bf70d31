"""Worker threads: news become events once, the screen's thread never waits, bugs do not hide."""

import queue
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from devices.faults import DeviceFault, FaultCode
from devices.idcard.card import CardKind, IdentityCard, Sex
from devices.printer.driver import NotPrinted, Printed, PrintOutcome, Uncertain
from devices.printer.face import TicketFace
from devices.printer.status_codec import PrinterStatus
from devices.scan.classify import classify
from hallserver.client.person import person_key
from hallserver.protocol.ids import PriorityId, ServiceId, TicketId, TicketToken
from kiosk.face import face_of
from kiosk.flow import events as ev
from kiosk.flow.events import Device
from kiosk.spool import Leftover, MemorySpool, PrintStage
from kiosk.workers import CardWorker, PrinterWorker, PrintJob, ScanWorker, event_of
from tests.helpers.kiosks import reservation, small_catalog

KEY = bytes(range(32))
TICKET = TicketId("20261123-A023")
LIFTED = DeviceFault(FaultCode.CARD_LIFTED)
UNPLUGGED = DeviceFault(FaultCode.PORT_MISSING)
CARD = IdentityCard(
    kind=CardKind.CITIZEN,
    name="张三",
    latin_name="",
    id_number="11010519491231002X",
    sex=Sex.MALE,
    birth=date(1949, 12, 31),
    valid_from=date(2020, 1, 1),
    valid_until=None,
)
ELDERLY = PriorityId("elderly")


def by_birth(birth: date) -> PriorityId | None:
    """Of these tests' cards: who was born before 1950 has a class."""
    return ELDERLY if birth < date(1950, 1, 1) else None


def no_class(_birth: date) -> None:
    """Nobody has a class."""


WELL = PrinterStatus(0x12, 0x12, 0x12, 0x12)
NO_PAPER = PrinterStatus(0x1A, 0x32, 0x12, 0x7E)


class Script:
    """A reader or scanner that says these things, one a poll, and then nothing for ever."""

    is_between_cards = True

    def __init__(self, news: Sequence[object], standing: Sequence[DeviceFault | None] = ()) -> None:
        self.news = list(news)
        self.standing = list(standing)
        self.fault: DeviceFault | None = None
        self.idle = queue.Queue[None](1)
        self.is_closed = False

    def poll(self, deadline_s: float):
        self.fault = self.standing.pop(0) if self.standing else None
        if self.news:
            return self.news.pop(0)
        if not self.idle.full():
            self.idle.put(None)
        return None

    def forget(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        self.is_closed = True


class SlowReader:
    """A reader whose card answers only when the test says so, as one that is read while idle."""

    fault = None

    def __init__(self) -> None:
        self.is_between_cards = True
        self.asked, self.answer, self.read_out, self.rested = (Event() for _ in range(4))
        self._has_read = False

    def poll(self, _deadline_s: float) -> IdentityCard | None:
        if self._has_read:
            self.rested.set()
            return None
        if not self.asked.is_set():
            self.is_between_cards = False
            self.asked.set()
            return None
        assert self.answer.wait(10)
        self._has_read = self.is_between_cards = True
        self.read_out.set()
        return CARD

    def close(self) -> None:
        pass


def test_a_card_that_answers_after_its_owner_has_left_is_not_taken_for_the_next_persons():
    reader, told = SlowReader(), []
    worker = CardWorker(reader, KEY, told.append, no_class)
    worker.start()
    worker.listen(is_on=True)
    assert reader.asked.wait(10)
    worker.listen(is_on=False)  # the card's answer is still to come
    reader.answer.set()
    assert reader.read_out.wait(10)
    worker.listen(is_on=True)
    assert reader.rested.wait(10)
    worker.end()
    worker.join()
    assert told == []


class SlowScanner:
    """A scanner that reads a code only when the test says so."""

    def __init__(self) -> None:
        self.asked, self.answer, self.read_out, self.rested = (Event() for _ in range(4))
        self.forgot = Event()
        self._has_read = False

    def poll(self, _deadline_s: float) -> str | None:
        if self._has_read:
            self.rested.set()
            return None
        self.asked.set()
        assert self.answer.wait(10)
        self._has_read = True
        self.read_out.set()
        return "JHS1.passport"

    def forget(self) -> None:
        if self._has_read:
            self.forgot.set()

    def close(self) -> None:
        pass


def test_a_code_that_is_read_after_its_owner_has_left_is_not_taken_for_the_next_persons():
    scanner, told = SlowScanner(), []
    worker = ScanWorker(scanner, told.append)
    worker.start()
    worker.listen(is_on=True)
    assert scanner.asked.wait(10)
    worker.listen(is_on=False)
    scanner.answer.set()
    assert scanner.read_out.wait(10)
    assert scanner.forgot.wait(10)
    worker.listen(is_on=True)
    assert scanner.rested.wait(10)
    worker.end()
    worker.join()
    assert told == []


def told_by(make, script: Script) -> list[ev.Event]:
    """Run a listening worker through its script."""
    told: list[ev.Event] = []
    worker = make(script, told.append)
    worker.start()
    worker.listen(is_on=True)
    script.idle.get(timeout=10)
    worker.end()
    worker.join()
    assert script.is_closed
    return told


def cards(script: Script, post) -> CardWorker:
    return CardWorker(script, KEY, post, by_birth)


def test_a_card_leaves_the_readers_thread_as_a_keyed_hash_and_a_class_by_age_only():
    told = told_by(cards, Script([CARD, replace(CARD, birth=date(1950, 1, 1))]))
    person = person_key(CARD.id_number, KEY)
    assert told == [ev.CardRead(person, ELDERLY), ev.CardRead(person)]
    assert CARD.name not in repr(told)
    assert not [value for value in vars(told[0]).values() if isinstance(value, date)]


def test_a_cards_fault_is_told_once_and_a_readers_fault_when_it_begins_and_ends():
    told = told_by(cards, Script([LIFTED]))
    assert told == [ev.CardFault(FaultCode.CARD_LIFTED)]
    down = [UNPLUGGED] * 3
    told = told_by(cards, Script(list(down), down))
    assert told == [
        ev.DeviceChanged(Device.READER, FaultCode.PORT_MISSING),
        ev.DeviceChanged(Device.READER, None),
    ]


def test_codes_are_sorted_and_foreign_ones_lose_their_content():
    news = ["JH1.20261123-A001.AB", "JHS1.passport", "https://x.invalid/張三", "張三"]
    assert told_by(ScanWorker, Script(news)) == [
        ev.TicketScanned(TicketToken("JH1.20261123-A001.AB")),
        ev.ServiceScanned(ServiceId("passport")),
        ev.ForeignScanned(ev.ForeignCode.LINK),
        ev.ForeignScanned(ev.ForeignCode.OTHER),
    ]


def test_a_scanner_that_fails_and_recovers_is_told_of_twice():
    told = told_by(ScanWorker, Script([UNPLUGGED, UNPLUGGED, "JHS1.a"]))
    assert told == [
        ev.DeviceChanged(Device.SCANNER, FaultCode.PORT_MISSING),
        ev.DeviceChanged(Device.SCANNER, None),
        ev.ServiceScanned(ServiceId("a")),
    ]


def test_a_worker_that_is_switched_off_asks_nothing_of_its_device():
    script = Script([CARD])
    told: list[ev.Event] = []
    worker = CardWorker(script, KEY, told.append, no_class)
    worker.start()
    worker.end()
    worker.join()
    assert (told, len(script.news)) == ([], 1)


def test_every_kind_of_code_has_its_event():
    assert isinstance(event_of(classify("1")), ev.ForeignScanned)


# Printing.


class ScriptedPrinter:
    """Answers prints with these outcomes."""

    def __init__(self, outcomes: Sequence[PrintOutcome], spool: MemorySpool) -> None:
        self.outcomes = list(outcomes)
        self.spool = spool
        self.noted_at_print: list[tuple[Leftover, ...]] = []
        self.faces: list[TicketFace] = []

    def status(self, deadline_s: float) -> PrinterStatus | DeviceFault:
        return WELL

    def print_ticket(self, face: TicketFace, deadline_s: float) -> PrintOutcome:
        self.noted_at_print.append(self.spool.leftovers())
        self.faces.append(face)
        return self.outcomes.pop(0)

    def close(self) -> None:
        """Nothing is held."""


def job() -> PrintJob:
    def make() -> TicketFace:
        zone = ZoneInfo("Asia/Shanghai")
        return face_of(reservation(), small_catalog(), zone, is_english=False)

    return PrintJob(TICKET, make)


@pytest.mark.parametrize(
    ("outcome", "finished", "stage"),
    [
        (Printed(WELL), ev.PrintFinished(TICKET, ev.Paper.PRINTED), PrintStage.PRINTED),
        (
            NotPrinted(DeviceFault(FaultCode.COVER_OPEN)),
            ev.PrintFinished(TICKET, ev.Paper.NOT_PRINTED, FaultCode.COVER_OPEN),
            PrintStage.RESERVED,
        ),
        (
            Uncertain(DeviceFault(FaultCode.NO_ANSWER)),
            ev.PrintFinished(TICKET, ev.Paper.UNCERTAIN, FaultCode.NO_ANSWER),
            PrintStage.PRINTING,
        ),
    ],
)
def test_the_spool_knows_before_the_first_byte_and_again_when_the_printer_has_spoken(
    outcome: PrintOutcome, finished: ev.PrintFinished, stage: PrintStage
):
    spool = MemorySpool()
    spool.begin(TICKET)
    printer = ScriptedPrinter([outcome], spool)
    told: queue.Queue[ev.Event] = queue.Queue()
    worker = PrinterWorker(printer, spool, told.put)
    worker.start()
    assert worker.submit(job())
    assert told.get(timeout=10) == finished
    worker.end()
    worker.join()
    assert printer.noted_at_print == [(Leftover(TICKET, PrintStage.PRINTING),)]
    assert spool.leftovers() == (Leftover(TICKET, stage),)


def test_the_end_of_the_roll_behind_a_ticket_is_told_at_once():
    spool = MemorySpool()
    told: queue.Queue[ev.Event] = queue.Queue()
    worker = PrinterWorker(ScriptedPrinter([Printed(NO_PAPER)], spool), spool, told.put)
    worker.start()
    worker.submit(job())
    assert told.get(timeout=10) == ev.PrintFinished(TICKET, ev.Paper.PRINTED)
    assert told.get(timeout=10) == ev.DeviceChanged(Device.PRINTER, FaultCode.PAPER_END)
    worker.end()
    worker.join()


def test_a_second_ticket_is_not_taken_while_one_waits():
    spool = MemorySpool()
    worker = PrinterWorker(ScriptedPrinter([], spool), spool, lambda _: None)
    assert worker.submit(job())
    assert not worker.submit(job())
    worker.end()
    assert not worker.submit(job())
