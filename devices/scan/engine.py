"""A serial scan engine as the kiosk sees it: text, fault or nothing.

The engine stands in command-trigger mode: it reads only when told, and one code per trigger. So
it is told again and again, and each time its acknowledgement shows that it is alive.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from devices.faults import DeviceFault, FaultCode
from devices.scan.engine_codec import (
    STOP,
    TRIGGER,
    Acknowledged,
    CodeRead,
    EngineDecoder,
    EngineEvent,
    Refused,
)
from devices.scan.scanner import Debounce
from devices.transport.link import ByteLink, LinkError, LinkFactory, fault_of

BAUD: Final = 9600  # as delivered
ANSWER_S: Final = 0.5
TRIGGER_S: Final = 4.0  # an engine stops looking after 5 s by itself
CODE_GAP_S: Final = 0.2  # between a code and the next trigger
IDLE_S: Final = 0.05  # so long a silence ends a code that has no suffix
RETRY_S: Final = 1.0
REOPEN_INTERVAL_S: Final = 0.5
STALE_S: Final = 3.0  # nobody polled for so long: what the port holds is somebody else's code
SILENT_ANSWERS: Final = 2

_READ_BYTES = 4096
_DRAIN_READS = 8
_WAITING_CODES = 8


class ScanEngine:
    """One engine on one port; a `CodeScanner`. Opens the port itself, and again after a loss."""

    def __init__(
        self,
        link_factory: LinkFactory,
        clock: Callable[[], float],
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """Take the monotonic `clock` in seconds; `pause` waits while there is no port."""
        self._link_factory = link_factory
        self._clock = clock
        self._pause = pause or threading.Event().wait
        self._decoder = EngineDecoder()
        self._debounce = Debounce()
        self._codes: deque[str] = deque(maxlen=_WAITING_CODES)
        self._link: ByteLink | None = None
        self._awaits_answer = False
        self._next_step = clock()  # when the answer is overdue, the trigger or the port is due
        self._last_byte = clock()
        self._last_poll = clock()
        self._is_forgetting = False
        self._standing: DeviceFault | None = None
        self._silent_answers = 0
        self._noise_before = 0

    @property
    def fault(self) -> DeviceFault | None:
        """The engine's standing fault, if it has one."""
        return self._standing

    def poll(self, deadline_s: float) -> str | DeviceFault | None:
        """See `CodeScanner.poll`."""
        now = self._clock()
        give_up = now + deadline_s
        is_stale = self._is_forgetting or now - self._last_poll > STALE_S
        self._is_forgetting = False
        while True:
            news = self._advance(give_up, is_stale=is_stale)
            is_stale = False
            self._last_poll = self._clock()
            if news is not None:
                return news
            if self._last_poll >= give_up:
                return self._standing

    def forget(self) -> None:
        """See `CodeScanner.forget`."""
        self._is_forgetting = True

    def close(self) -> None:
        """Switch the engine's light off and give the port back."""
        if self._link is not None:
            try:
                self._link.write(STOP)
            except LinkError as error:
                self._standing = fault_of(error)
        self._drop_link()

    def _advance(self, give_up: float, *, is_stale: bool) -> str | DeviceFault | None:
        try:
            if self._link is None:
                self._reconnect(give_up)
                return None
            if is_stale:
                self._drain(self._link)
            if self._codes:
                return self._codes.popleft()
            return self._listen(self._link, give_up)
        except LinkError as error:
            self._drop_link()
            self._next_step = self._clock() + REOPEN_INTERVAL_S
            return self._stand(fault_of(error))

    def _reconnect(self, give_up: float) -> None:
        wait_s = min(self._next_step, give_up) - self._clock()
        if wait_s > 0:
            self._pause(wait_s)
        if self._clock() < self._next_step:
            return
        self._link = self._link_factory()
        self._silent_answers = 0
        self._trigger(self._link)

    def _drop_link(self) -> None:
        self._decoder.reset()
        self._codes.clear()
        if self._link is not None:
            self._link.close()
            self._link = None

    def _drain(self, link: ByteLink) -> None:
        self._codes.clear()
        self._decoder.reset()
        # What is dropped may have been the end of a trigger: the next one is due at once.
        self._awaits_answer = False
        self._next_step = self._clock()
        for _ in range(_DRAIN_READS):
            if not link.read(_READ_BYTES, 0.0):
                return

    def _trigger(self, link: ByteLink) -> None:
        self._noise_before = self._decoder.noise_bytes + self._decoder.unreadable_codes
        link.write(TRIGGER)
        self._awaits_answer = True
        self._next_step = self._clock() + ANSWER_S

    def _listen(self, link: ByteLink, give_up: float) -> str | DeviceFault | None:
        is_mid_code = self._decoder.is_mid_code
        ends = min(self._next_step, self._last_byte + IDLE_S) if is_mid_code else self._next_step
        data = link.read(_READ_BYTES, max(0.0, min(ends, give_up) - self._clock()))
        now = self._clock()
        events: list[EngineEvent] = []
        if data:
            self._last_byte = now
            events = self._decoder.feed(data)
        elif is_mid_code and now - self._last_byte >= IDLE_S:
            events = self._decoder.idle()
        fault = None
        for event in events:
            fault = self._take(event, now) or fault
        if fault is None and not events and now >= self._next_step:
            fault = self._step_due(link)
        return fault or (self._codes.popleft() if self._codes else None)

    def _take(self, event: EngineEvent, now: float) -> DeviceFault | None:
        self._silent_answers = 0
        match event:
            case Refused(status):
                self._awaits_answer = False
                self._next_step = now + RETRY_S
                return self._stand(
                    DeviceFault(FaultCode.SCAN_REFUSED, f"engine status {status:02X}")
                )
            case Acknowledged():
                if self._awaits_answer:  # else it is glued behind the code, which ended the wait
                    self._next_step = now + TRIGGER_S
                self._awaits_answer = False
            case CodeRead(text):
                if self._debounce.is_new(text, now):
                    self._codes.append(text)
                self._awaits_answer = False
                self._next_step = now + CODE_GAP_S
        self._standing = None
        return None

    def _step_due(self, link: ByteLink) -> DeviceFault | None:
        fault = None
        if self._awaits_answer:
            self._silent_answers += 1
            if self._silent_answers >= SILENT_ANSWERS:
                noise = self._decoder.noise_bytes + self._decoder.unreadable_codes
                is_noisy = noise > self._noise_before
                code = FaultCode.GARBLED if is_noisy else FaultCode.NO_ANSWER
                fault = self._stand(DeviceFault(code, "to trigger"))
        self._trigger(link)
        return fault

    def _stand(self, fault: DeviceFault) -> DeviceFault | None:
        is_news = self._standing is None or self._standing.code is not fault.code
        self._standing = fault
        return fault if is_news else None
