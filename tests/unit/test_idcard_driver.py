"""The reader's state machine on a clock that only moves when something waits."""

from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest

from devices.faults import DeviceFault, FaultCode
from devices.idcard import codec
from devices.idcard.card import CardKind, IdentityCard
from devices.idcard.driver import IdCardReader
from devices.idcard.encode import encode_answer, encode_read_answer, encode_text_block
from devices.idcard.synthetic import synthetic_card
from devices.transport.link import LinkBusy, LinkError, LinkLost, LinkMissing

CARD = synthetic_card(Random(3), CardKind.CITIZEN)
OTHER_CARD = synthetic_card(Random(4), CardKind.FOREIGNER_2023)

WELL = encode_answer(0x90)
NOTHING = encode_answer(0x80)
FOUND = encode_answer(0x9F, bytes(4))
SELECTED = encode_answer(0x90, bytes(8))
CARD_ANSWER = encode_read_answer(encode_text_block(CARD))

NAMES = {
    codec.SAM_STATUS: "check",
    codec.FIND_CARD: "find",
    codec.SELECT_CARD: "select",
    codec.READ_CARD: "read",
}


class Script:
    """A link that answers each request by a table and moves the clock when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[tuple[float, str]] = []
        self.answers: dict[str, list[bytes]] = {}  # the last one of a list is repeated
        self.answers |= {"check": [WELL], "find": [NOTHING]}
        self.answers |= {"select": [SELECTED], "read": [CARD_ANSWER]}
        self.delay_s = 0.0
        self.arriving: list[tuple[float, bytes]] = []
        self.opens = 0
        self.open_error: LinkError | None = None
        self.lost = False

    def reader(self) -> IdCardReader:
        return IdCardReader(self.open, lambda: self.now, self.pass_time)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def open(self) -> "Script":
        self.opens += 1
        if self.open_error:
            raise self.open_error
        self.lost = False
        return self

    def write(self, data: bytes) -> None:
        if self.lost:
            raise LinkLost("gone")
        name = NAMES[data]
        self.asked.append((self.now, name))
        answers = self.answers[name]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer:
            self.arriving.append((self.now + self.delay_s, answer))

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        if self.lost:
            raise LinkLost("gone")
        until = self.now + timeout_s
        if self.arriving and self.arriving[0][0] <= until:
            when, data = self.arriving.pop(0)
            self.now = max(self.now, when)
            return data
        self.now = until
        return b""

    def close(self) -> None:
        self.arriving.clear()

    def times_of(self, name: str) -> list[float]:
        return [when for when, asked in self.asked if asked == name]


@pytest.fixture
def script() -> Script:
    return Script()


def news(reader: IdCardReader, script: Script, within_s: float = 20.0) -> object:
    """Poll until something comes, and say what."""
    until = script.now + within_s
    while script.now < until:
        result = reader.poll(0.1)
        if result is not None:
            return result
    return None


def fault_code(result: object) -> FaultCode:
    assert isinstance(result, DeviceFault)
    return result.code


def test_a_card_is_found_selected_and_read(script: Script) -> None:
    script.answers["find"] = [NOTHING, NOTHING, FOUND, NOTHING]
    reader = script.reader()
    assert news(reader, script) == CARD.identity
    assert [name for _, name in script.asked] == [
        *("check", "find", "find", "find", "select", "read")
    ]
    assert news(reader, script, 5.0) is None


def test_find_requests_are_at_least_300_ms_apart(script: Script) -> None:
    script.answers["find"] = [*[NOTHING, FOUND] * 20, NOTHING]
    script.answers["read"] = [CARD_ANSWER, encode_answer(0x41), CARD_ANSWER]
    reader = script.reader()
    for _ in range(400):
        reader.poll(0.05)
    finds = script.times_of("find")
    assert len(finds) > 40
    assert min(b - a for a, b in pairwise(finds)) >= 0.3 - 1e-9


@pytest.mark.parametrize("deadline_s", [0.0, 0.01, 0.1, 0.3, 1.0, 2.5])
@pytest.mark.parametrize("silent", ["", "check", "find", "select", "read"])
def test_a_poll_never_lasts_longer_than_its_deadline(
    script: Script, deadline_s: float, silent: str
) -> None:
    script.answers["find"] = [FOUND]
    script.answers |= {silent: [b""]} if silent else {}
    reader = script.reader()
    for _ in range(50):
        started = script.now
        reader.poll(deadline_s)
        assert script.now - started <= deadline_s + 1e-9
        script.now += 0.02


def test_a_poll_without_time_still_makes_progress(script: Script) -> None:
    script.answers["find"] = [FOUND]
    reader = script.reader()
    results = []
    for _ in range(100):
        results.append(reader.poll(0.0))
        script.now += 0.02
    assert CARD.identity in results


def test_an_answer_may_take_its_second_and_a_read_its_three(script: Script) -> None:
    script.delay_s = 0.95
    script.answers["find"] = [FOUND]
    assert news(script.reader(), script) == CARD.identity
    slow = Script()
    slow.answers["find"] = [FOUND]
    slow.answers["read"] = [b""]
    reader = slow.reader()
    while not slow.times_of("read"):
        reader.poll(0.1)
    slow.arriving.append((slow.times_of("read")[0] + 2.9, CARD_ANSWER))
    assert news(reader, slow) == CARD.identity


def test_a_silent_reader_is_reported_once_at_once_and_then_by_every_poll(script: Script) -> None:
    script.answers["check"] = [b""]
    reader = script.reader()
    started = script.now
    assert fault_code(news(reader, script)) is FaultCode.NO_ANSWER
    assert script.now - started == pytest.approx(2.0, abs=0.11)
    for _ in range(30):
        assert fault_code(reader.poll(0.1)) is FaultCode.NO_ANSWER
    script.answers["check"] = [WELL]
    while reader.poll(0.1) is not None:
        assert script.now - started < 10.0
    assert reader.fault is None


def test_one_lost_answer_is_no_fault(script: Script) -> None:
    script.answers["find"] = [NOTHING, b"", NOTHING]
    assert news(script.reader(), script, 10.0) is None


def test_a_reader_that_sends_rubbish_is_garbled(script: Script) -> None:
    script.answers["check"] = [b"\x00\xff\x12\x34"]
    assert fault_code(news(script.reader(), script)) is FaultCode.GARBLED


@pytest.mark.parametrize("status", range(256))
def test_every_status_to_a_read_has_its_result(script: Script, status: int) -> None:
    script.answers["find"] = [FOUND]
    script.answers["read"] = [encode_answer(status)]
    result = news(script.reader(), script)
    if status in (0x90, 0x9F):  # good, but no card with it: waited out
        assert fault_code(result) is FaultCode.NO_ANSWER
    else:
        assert result == codec.fault_of_status(status)


@pytest.mark.parametrize("status", [0x31, 0x32, 0x33, 0x40, 0x41, 0x66, 0x80, 0x81])
def test_every_failure_of_select_is_reported(script: Script, status: int) -> None:
    script.answers["find"] = [FOUND]
    script.answers["select"] = [encode_answer(status)]
    assert news(script.reader(), script) == codec.fault_of_status(status)


@pytest.mark.parametrize("status", [0x21, 0x47, 0x60, 0x66])
def test_a_reader_that_says_it_is_ill_is_so_until_it_is_well(script: Script, status: int) -> None:
    script.answers["check"] = [encode_answer(status)]
    reader = script.reader()
    fault = codec.fault_of_status(status)
    assert news(reader, script) == fault
    assert reader.poll(0.5) == fault
    script.answers["check"] = [WELL]
    for _ in range(20):
        reader.poll(0.1)
    assert reader.fault is None
    assert reader.poll(0.5) is None


def test_an_ill_reader_noticed_by_find_is_checked_and_recovers(script: Script) -> None:
    script.answers["find"] = [NOTHING, encode_answer(0x66), FOUND]
    reader = script.reader()
    assert fault_code(news(reader, script)) is FaultCode.READER_UNLICENSED
    results = [reader.poll(0.1) for _ in range(30)]
    assert CARD.identity in results


def test_a_reading_that_fails_is_tried_once_more_without_a_word(script: Script) -> None:
    script.answers["find"] = [FOUND]
    script.answers["read"] = [encode_answer(0x41), CARD_ANSWER]
    assert news(script.reader(), script) == CARD.identity


def test_a_reading_that_fails_twice_is_reported_once_while_the_card_lies_there(
    script: Script,
) -> None:
    script.answers["find"] = [FOUND]
    script.answers["read"] = [encode_answer(0x41)]
    reader = script.reader()
    assert fault_code(news(reader, script)) is FaultCode.CARD_LIFTED
    assert len(script.times_of("read")) == 2
    assert news(reader, script, 5.0) is None
    script.answers["find"] = [NOTHING, FOUND]
    assert fault_code(news(reader, script)) is FaultCode.CARD_LIFTED


def test_a_card_that_is_gone_after_a_failure_is_reported_by_the_next_find(script: Script) -> None:
    script.answers["find"] = [FOUND, NOTHING]
    script.answers["read"] = [encode_answer(0x41)]
    reader = script.reader()
    assert fault_code(news(reader, script)) is FaultCode.CARD_LIFTED
    assert script.now - script.times_of("read")[0] <= 0.3 + 1e-9
    assert news(reader, script, 5.0) is None


def test_a_card_that_nobody_can_read_is_not_tried_twice_before_it_is_reported(
    script: Script,
) -> None:
    script.answers["find"] = [FOUND]
    script.answers["read"] = [encode_answer(0x31)]
    assert fault_code(news(script.reader(), script)) is FaultCode.CARD_UNREADABLE
    assert len(script.times_of("read")) == 1


def test_after_a_reported_fault_the_card_is_read_when_it_can_be(script: Script) -> None:
    script.answers["find"] = [FOUND]
    script.answers["read"] = [*[encode_answer(0x31)] * 3, CARD_ANSWER]
    reader = script.reader()
    assert fault_code(news(reader, script)) is FaultCode.CARD_UNREADABLE
    assert news(reader, script) == CARD.identity


def test_an_answer_that_breaks_off_at_any_byte_is_given_up_at_once_and_the_card_read_again() -> (
    None
):
    for sent in range(1, len(CARD_ANSWER)):
        script = Script()
        script.answers["find"] = [FOUND]
        script.answers["read"] = [CARD_ANSWER[:sent], CARD_ANSWER]
        assert news(script.reader(), script) == CARD.identity, sent
        first, second = script.times_of("read")
        assert second - first < 1.0, sent


def test_a_card_pulled_at_any_byte_is_reported_and_read_within_2_s_of_its_return() -> None:
    for sent in range(1, len(CARD_ANSWER)):
        script = Script()
        script.answers["find"] = [FOUND, NOTHING]
        script.answers["read"] = [CARD_ANSWER[:sent], CARD_ANSWER]
        reader = script.reader()
        assert fault_code(news(reader, script)) is FaultCode.CARD_LIFTED, sent
        script.answers["find"] = [FOUND]
        returned = script.now
        assert news(reader, script) == CARD.identity, sent
        assert script.now - returned < 2.0, sent


def test_a_card_answer_with_a_bad_checksum_is_given_up_at_once(script: Script) -> None:
    script.answers["find"] = [FOUND]
    script.answers["read"] = [CARD_ANSWER[:-1] + b"\x00", CARD_ANSWER]
    reader = script.reader()
    assert news(reader, script) == CARD.identity
    first, second = script.times_of("read")
    assert second - first < 1.0


def test_an_old_card_answer_never_passes_for_the_next_persons(script: Script) -> None:
    """The first card's answer comes so late that the second card is already being read."""
    script.answers["find"] = [FOUND]
    script.answers["read"] = [b"", encode_read_answer(encode_text_block(OTHER_CARD))]
    reader = script.reader()
    while not script.times_of("read"):
        reader.poll(0.1)
    late = script.times_of("read")[0] + 3.05
    script.arriving.append((late, CARD_ANSWER))  # between the two readings
    result = news(reader, script)
    assert isinstance(result, IdentityCard)
    assert result == OTHER_CARD.identity


def test_an_answer_that_came_while_nobody_polled_is_not_the_next_requests(script: Script) -> None:
    reader = script.reader()
    while not script.times_of("find"):
        reader.poll(0.1)
    script.arriving.append((script.now + 1.0, FOUND))
    script.now += 10.0
    assert reader.poll(0.1) is None
    assert len(script.times_of("find")) == 2
    assert script.times_of("select") == []


def test_half_an_answer_behind_another_does_not_delay_the_next(script: Script) -> None:
    script.answers["find"] = [NOTHING + CARD_ANSWER[:100], FOUND]
    reader = script.reader()
    assert news(reader, script) == CARD.identity
    assert script.times_of("select")[0] == script.times_of("find")[1]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LinkMissing("no such port"), FaultCode.PORT_MISSING),
        (LinkBusy("held"), FaultCode.PORT_BUSY),
        (LinkLost("gone"), FaultCode.PORT_MISSING),
    ],
)
def test_a_port_that_does_not_open_is_a_fault_until_it_does(
    script: Script, error: LinkError, code: FaultCode
) -> None:
    script.open_error = error
    reader = script.reader()
    assert fault_code(reader.poll(0.1)) is code
    for _ in range(20):
        assert fault_code(reader.poll(0.2)) is code
    assert script.opens <= 10
    script.open_error = None
    script.answers["find"] = [FOUND]
    results = [reader.poll(0.1) for _ in range(20)]
    assert CARD.identity in results


@pytest.mark.parametrize("moment", ["check", "find", "select", "read"])
def test_a_port_lost_at_any_step_is_reported_and_found_again(script: Script, moment: str) -> None:
    script.answers["find"] = [FOUND]
    script.answers[moment] = [b"", script.answers[moment][0]]
    reader = script.reader()
    while not script.times_of(moment):
        assert reader.poll(0.01) is None
    script.lost = True
    assert fault_code(news(reader, script, 1.0)) is FaultCode.PORT_MISSING
    results = [reader.poll(0.1) for _ in range(30)]
    assert CARD.identity in results
    assert reader.fault is None


def test_no_text_of_a_fault_or_of_the_reader_holds_anything_personal(script: Script) -> None:
    script.answers["find"] = [FOUND]
    wrong = bytearray(encode_text_block(CARD))
    wrong[36:38] = b"9\x00"
    script.answers["read"] = [encode_read_answer(bytes(wrong))]
    reader = script.reader()
    fault = news(reader, script)
    assert fault_code(fault) is FaultCode.CARD_DATA_WRONG
    assert CARD.name not in repr(fault)
    assert CARD.id_number not in repr(fault)


def test_closing_forgets_what_was_buffered(script: Script) -> None:
    closing: Callable[[], None] = script.reader().close
    closing()
    closing()
    assert script.opens == 0
