"""The ID-card reader as the kiosk sees it: ask again and again, get a card, a fault or nothing.

A state machine over the codec and a port. Times are those of the field: find at most every 300 ms,
answers within 1 s to find and select and within 3 s to a read.
"""

import threading
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from devices.faults import DeviceFault, FaultCode
from devices.idcard import codec
from devices.idcard.card import IdentityCard
from devices.idcard.layout import decode_text_block
from devices.transport.link import ByteLink, LinkError, LinkFactory, fault_of

FIND_INTERVAL_S: Final = 0.3
SHORT_ANSWER_S: Final = 1.0
READ_ANSWER_S: Final = 3.0
STALL_S: Final = 0.25  # a frame is sent in one go: such a gap inside one means the rest is lost
REOPEN_INTERVAL_S: Final = 0.5
SILENT_ANSWERS: Final = 2  # so many unanswered requests in a row make a fault

_READ_BYTES = 4096
_DRAIN_READS = 8  # bounds the reader that never stops sending


class _Step(Enum):
    CHECK = auto()  # is the SAM well? asked once per connection
    IDLE = auto()  # until the next find is due
    FIND = auto()
    SELECT = auto()
    READ = auto()


# What to try once more, unasked, before a person is told: the next reading may well succeed.
_WORTH_A_RETRY = frozenset(
    {
        FaultCode.CARD_LIFTED,
        FaultCode.CARD_DATA_WRONG,
        FaultCode.GARBLED,
        FaultCode.NO_ANSWER,
    }
)


class IdCardReader:
    """One reader on one port. Used by one thread; opens the port itself, and again after a loss.

    Nothing that a device or a port does makes it raise.
    """

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
        self._decoder = codec.FrameDecoder()
        self._link: ByteLink | None = None
        self._step = _Step.CHECK
        self._step_ends = clock()  # of an answer, of idling, or of being without a port
        self._last_byte = clock()
        self._next_find = clock()
        self._standing: DeviceFault | None = None  # of the reader; lasts until it answers
        self._reported: FaultCode | None = None  # of the card that lies there now
        self._retried: DeviceFault | None = None  # why this card is being read once more
        self._silent_answers = 0
        self._noise_before = 0
        self._broken_before = 0

    @property
    def fault(self) -> DeviceFault | None:
        """The reader's own standing fault, if it has one (not a card's)."""
        return self._standing

    @property
    def is_between_cards(self) -> bool:
        """Whether nothing is under way with a card: no answer about one is still to come.

        Who stops polling at another moment finds that card's answer when polling again, however
        long ago its owner has left.
        """
        return self._link is None or self._step in (_Step.IDLE, _Step.CHECK)

    def poll(self, deadline_s: float) -> IdentityCard | DeviceFault | None:
        """Work for at most `deadline_s` seconds, less if there is news.

        Returns a card as soon as one is read. Returns a card's fault once per card. Returns the
        reader's fault when it begins and then at the end of every poll while it lasts. None: the
        reader is well and there is no card. After a card, the same card is not read again until
        it was lifted.
        """
        give_up = self._clock() + deadline_s
        while True:
            news = self._advance(give_up)
            if news is not None:
                return news
            if self._clock() >= give_up:
                return self._standing

    def close(self) -> None:
        """Give the port back and overwrite what is buffered. A later poll would open it again."""
        self._decoder.reset()
        if self._link is not None:
            self._link.close()
            self._link = None

    def _advance(self, give_up: float) -> IdentityCard | DeviceFault | None:
        try:
            if self._link is None:
                self._reconnect(give_up)
            elif self._step is _Step.IDLE:
                self._idle(self._link, give_up)
            else:
                return self._await_answer(self._link, give_up)
        except LinkError as error:
            self.close()
            self._step_ends = self._clock() + REOPEN_INTERVAL_S
            self._card_is_gone()
            return self._stand(fault_of(error))
        return None

    # -- the port --------------------------------------------------------------------------

    def _reconnect(self, give_up: float) -> None:
        wait_s = min(self._step_ends, give_up) - self._clock()
        if wait_s > 0:
            self._pause(wait_s)
        if self._clock() < self._step_ends:
            return
        self._link = self._link_factory()
        self._silent_answers = 0
        self._ask(self._link, _Step.CHECK)

    def _ask(self, link: ByteLink, step: _Step) -> None:
        request, limit_s = {
            _Step.CHECK: (codec.SAM_STATUS, SHORT_ANSWER_S),
            _Step.FIND: (codec.FIND_CARD, SHORT_ANSWER_S),
            _Step.SELECT: (codec.SELECT_CARD, SHORT_ANSWER_S),
            _Step.READ: (codec.READ_CARD, READ_ANSWER_S),
        }[step]
        # Answers do not say what they answer: a late one must not pass for this one's.
        self._decoder.reset()
        for _ in range(_DRAIN_READS):
            if not link.read(_READ_BYTES, 0.0):
                break
        self._noise_before = self._decoder.noise_bytes
        self._broken_before = self._broken_frames()
        link.write(request)
        now = self._clock()
        self._step = step
        self._last_byte = now
        self._step_ends = now + limit_s
        if step is _Step.FIND:
            self._next_find = now + FIND_INTERVAL_S

    def _idle(self, link: ByteLink, give_up: float) -> None:
        wait_s = min(self._step_ends, give_up) - self._clock()
        if wait_s > 0:
            link.read(_READ_BYTES, wait_s)  # notices an unplugging; nothing is expected
        if self._clock() >= self._step_ends:
            healthy = self._standing is None
            self._ask(link, _Step.FIND if healthy else _Step.CHECK)

    def _rest_until(self, when: float) -> None:
        self._step = _Step.IDLE
        self._step_ends = when

    # -- answers ---------------------------------------------------------------------------

    def _await_answer(self, link: ByteLink, give_up: float) -> IdentityCard | DeviceFault | None:
        is_broken = self._decoder.is_mid_frame or self._broken_frames() > self._broken_before
        ends = min(self._step_ends, self._last_byte + STALL_S) if is_broken else self._step_ends
        data = link.read(_READ_BYTES, max(0.0, min(ends, give_up) - self._clock()))
        now = self._clock()
        if data:
            self._last_byte = now
            answers = self._decoder.feed(data)
        elif is_broken and now >= ends:
            was_mid_frame = self._decoder.is_mid_frame
            answers = self._decoder.abandon_frame()
            if not answers and self._step is _Step.READ and was_mid_frame:
                # Half a card, then nothing: for the person it is the same as lifted too early.
                return self._card_failed(DeviceFault(FaultCode.CARD_LIFTED, "answer broke off"))
            if not answers:
                return self._no_answer(link, FaultCode.GARBLED)
        else:
            answers = []
        return self._take_first(link, answers) if answers else self._check_time(link, now)

    def _take_first(
        self, link: ByteLink, answers: list[codec.Answer]
    ) -> IdentityCard | DeviceFault | None:
        """Act on the first answer that fits; the others are old ones."""
        try:
            for answer in answers:
                asked = self._step
                news = self._take(link, answer)
                if news is not None or self._step is not asked:
                    return news
        finally:
            for answer in answers:
                answer.wipe()
        return None

    def _check_time(self, link: ByteLink, now: float) -> DeviceFault | None:
        if now < self._step_ends:
            return None
        is_noisy = self._decoder.noise_bytes > self._noise_before
        return self._no_answer(link, FaultCode.GARBLED if is_noisy else FaultCode.NO_ANSWER)

    def _take(self, link: ByteLink, answer: codec.Answer) -> IdentityCard | DeviceFault | None:
        """Act on one answer; an answer that this step cannot have is an old one, and ignored."""
        status = answer.status
        is_good = status in (codec.STATUS_OK, codec.STATUS_CARD_FOUND)
        if is_good and not self._is_expected(answer):
            return None
        self._silent_answers = 0
        if self._step is _Step.CHECK:
            return self._take_check(status)
        if self._step is _Step.FIND:
            return self._take_find(link, status)
        if not is_good:
            return self._card_failed(codec.fault_of_status(status))
        if self._step is _Step.SELECT:
            self._ask(link, _Step.READ)
            return None
        card = decode_text_block(answer.payload)
        if isinstance(card, DeviceFault):
            return self._card_failed(card)
        self._card_is_gone()
        self._rest_until(self._next_find)
        return card

    def _is_expected(self, answer: codec.Answer) -> bool:
        if self._step is _Step.FIND:
            return answer.status == codec.STATUS_CARD_FOUND
        is_read = self._step is _Step.READ
        return answer.status == codec.STATUS_OK and answer.is_card == is_read

    def _take_check(self, status: int) -> DeviceFault | None:
        if status != codec.STATUS_OK:
            self._rest_until(self._clock() + SHORT_ANSWER_S)
            return self._stand(codec.fault_of_status(status))
        self._standing = None
        self._rest_until(self._next_find)
        return None

    def _take_find(self, link: ByteLink, status: int) -> DeviceFault | None:
        if status == codec.STATUS_CARD_FOUND:
            self._ask(link, _Step.SELECT)
            return None
        self._rest_until(self._next_find)
        if status != codec.STATUS_NO_CARD:
            self._step_ends = self._clock() + SHORT_ANSWER_S
            return self._stand(codec.fault_of_status(status))
        failed = self._retried  # it is gone now, so there will be no second try
        news = self._report(failed) if failed else None
        self._card_is_gone()
        return news

    def _no_answer(self, link: ByteLink, code: FaultCode) -> DeviceFault | None:
        fault = DeviceFault(code, f"to {self._step.name.lower()}")
        self._silent_answers += 1
        if self._silent_answers >= SILENT_ANSWERS:
            self._card_is_gone()
            self._ask(link, _Step.CHECK)
            return self._stand(fault)
        if self._step in (_Step.SELECT, _Step.READ):
            return self._card_failed(fault)
        self._ask(link, self._step)
        return None

    # -- faults ----------------------------------------------------------------------------

    def _card_failed(self, fault: DeviceFault) -> DeviceFault | None:
        self._rest_until(self._next_find)
        if fault.code in _WORTH_A_RETRY and self._retried is None and self._reported is None:
            self._retried = fault
            return None
        self._retried = None
        return self._report(fault)

    def _report(self, fault: DeviceFault) -> DeviceFault | None:
        if fault.code is self._reported:
            return None
        self._reported = fault.code
        return fault

    def _stand(self, fault: DeviceFault) -> DeviceFault | None:
        is_news = self._standing is None or self._standing.code is not fault.code
        self._standing = fault
        return fault if is_news else None

    def _card_is_gone(self) -> None:
        self._reported = None
        self._retried = None

    def _broken_frames(self) -> int:
        return self._decoder.bad_lengths + self._decoder.bad_checksums
