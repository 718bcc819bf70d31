"""One open link to a printer, and what the printer has said on it."""

from collections.abc import Callable
from dataclasses import dataclass

from devices.faults import DeviceFault, FaultCode
from devices.printer.status_codec import (
    Answer,
    AnswerKind,
    AnswerParser,
    PrinterStatus,
    StatusQuery,
    no_answer,
    parse_status,
    status_request,
)
from devices.transport.link import ByteLink

Clock = Callable[[], float]

PIECE_BYTES = 2048  # between two looks at the clock
READ_BYTES = 512
MAX_READS = 64
ANSWER_TIMEOUT_S = 1.0  # DLE EOT is answered in milliseconds, once a serial line has let it pass
SECOND_ANSWER_TIMEOUT_S = 0.5


class Trouble(Exception):  # noqa: N818 (carries a fault up to the driver; goes no further)
    """What stopped the work on one link."""

    def __init__(self, fault: DeviceFault) -> None:
        super().__init__(fault.code)
        self.fault = fault


@dataclass
class Tally:
    """What has come in since the link was opened."""

    markers: int = 0
    cleared: int = 0
    noise: int = 0


class PrinterWire:
    """Sends, listens, and keeps the tally. All times are `clock` seconds.

    Methods raise `Trouble`, or `LinkError` from the link.
    """

    def __init__(self, link: ByteLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._parser = AnswerParser()
        self._status: list[int] = []
        self.tally = Tally()
        self.last_marker: Answer | None = None

    def send(self, data: bytes, until: float) -> None:
        """Hand `data` to the link, in pieces, unless the time is up."""
        for start in range(0, len(data), PIECE_BYTES):
            if self._clock() >= until:
                raise Trouble(DeviceFault(FaultCode.NO_ANSWER, "takes bytes too slowly"))
            self._link.write(data[start : start + PIECE_BYTES])

    def listen(self, until: float) -> bool:
        """Wait until something comes, at most to `until`, and take it in; say if it did."""
        data = self._link.read(READ_BYTES, max(0.0, until - self._clock()))
        for answer in self._parser.feed(data):
            if answer.kind is AnswerKind.STATUS:
                self._status.append(answer.data[0])
            elif answer.kind is AnswerKind.MARKER:
                self.tally.markers += 1
                self.last_marker = answer
            elif answer.kind is AnswerKind.CLEARED:
                self.tally.cleared += 1
            elif answer.kind is AnswerKind.NOISE:
                self.tally.noise += 1
        return bool(data)

    def settle(self) -> None:
        """Take in and forget what came before: answers to an earlier owner of the link."""
        now = self._clock()
        self._take_in(now)
        self._parser = AnswerParser()
        self.tally = Tally()
        self.last_marker = None

    def _take_in(self, now: float) -> None:
        for _ in range(MAX_READS):  # a printer that babbles on must not hold us here
            if not self.listen(now):
                break

    def ask(
        self, query: StatusQuery, until: float, patience_s: float = ANSWER_TIMEOUT_S
    ) -> int | None:
        """Ask one DLE EOT and return its answer; None if none came."""
        self._take_in(self._clock())
        self._status.clear()  # one question at a time: nothing before this can be its answer
        self.send(status_request(query), until)
        until = min(until, self._clock() + patience_s)
        while not self._status:
            if self._clock() >= until:
                return None
            self.listen(until)
        return self._status[0]

    def status(self, until: float) -> PrinterStatus:
        """Ask all four; raises `Trouble` if one is not answered."""
        noise = self.tally.noise
        answers: list[int | None] = [None] * len(StatusQuery)
        for i, query in enumerate(StatusQuery):
            answers[i] = self.ask(query, until)
            if answers[i] is None:
                break
        status = parse_status(answers)
        if isinstance(status, DeviceFault):
            raise Trouble(self._or_garbled(status, noise))
        return status

    def require_sound(self, until: float) -> PrinterStatus:
        """Ask all four; raises `Trouble` with the printer's fault if it has one."""
        status = self.status(until)
        if status.fault is not None:
            raise Trouble(status.fault)
        return status

    def glance(self, until: float) -> None:
        """Ask the two that change while printing; ask for the whole if they tell of a fault."""
        noise = self.tally.noise
        for query, fault_bits in ((StatusQuery.PRINTER, 0x68), (StatusQuery.PAPER, 0x60)):
            answer = self.ask(query, until)
            if answer is None:  # one answer may get lost on a busy line
                answer = self.ask(query, until, SECOND_ANSWER_TIMEOUT_S)
            if answer is None:
                raise Trouble(self._or_garbled(no_answer(query), noise))
            if answer & fault_bits:
                self.require_sound(until)

    def _or_garbled(self, fault: DeviceFault, noise_before: int) -> DeviceFault:
        if self.tally.noise > noise_before:
            return DeviceFault(FaultCode.GARBLED, f"{fault.detail}, but noise came")
        return fault

    def await_markers(self, count: int, until: float, poll_s: float) -> None:
        """Wait for marker number `count`, looking at the printer's status every `poll_s`."""
        while self.tally.markers < count:
            if self._clock() >= until:
                raise Trouble(DeviceFault(FaultCode.NO_ANSWER, "does not come to an end"))
            if not self.listen(min(until, self._clock() + poll_s)):
                self.glance(until)

    def await_cleared(self, count: int, until: float) -> bool:
        """Wait for clear response number `count`; say whether it came."""
        while self.tally.cleared < count and self._clock() < until:
            self.listen(until)
        return self.tally.cleared >= count

    def close(self) -> None:
        """Close the link."""
        self._link.close()
