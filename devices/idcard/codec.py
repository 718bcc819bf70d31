"""SAM_V frames: requests out, answers in. Pure: bytes in, values out, no port and no clock.

    preamble AA AA AA 96 69 | Len, 2 bytes, big-endian | body | CHK

Len counts body and CHK. CHK is the XOR of everything between preamble and CHK, so the XOR from
Len through CHK is 0. A request's body is command, parameter, data; an answer's is 00 00, the
status byte SW3, data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

from devices.faults import DeviceFault, FaultCode
from devices.idcard.layout import TEXT_BLOCK_BYTES

PREAMBLE: Final = b"\xaa\xaa\xaa\x96\x69"
MAX_LEN: Final = 2400  # the longest true answer has Len 090A (2314): text, photo, two fingerprints
_MIN_LEN = 4  # SW1 SW2 SW3 CHK
_HEAD_BYTES = 7  # preamble and Len
_BUFFER_BYTES = 4096  # holds the longest frame with room for the next read

STATUS_OK: Final = 0x90
STATUS_CARD_FOUND: Final = 0x9F
STATUS_NO_CARD: Final = 0x80  # to a find request: nothing there, which is no fault

STATUS_FAULTS: Final = {
    0x10: FaultCode.READER_REFUSED,  # checksum of our request
    0x11: FaultCode.READER_REFUSED,  # length of our request
    0x21: FaultCode.READER_REFUSED,  # command
    0x23: FaultCode.READER_UNLICENSED,  # not authorised
    0x24: FaultCode.READER_REFUSED,  # unknown command or state
    0x31: FaultCode.CARD_UNREADABLE,  # the card does not accept the SAM
    0x32: FaultCode.CARD_UNREADABLE,  # the SAM does not accept the card
    0x33: FaultCode.CARD_UNREADABLE,  # information does not verify
    0x37: FaultCode.READER_REFUSED,  # fingerprint, which we never ask for
    0x3F: FaultCode.READER_REFUSED,  # length
    0x40: FaultCode.CARD_KIND_UNKNOWN,
    0x41: FaultCode.CARD_LIFTED,  # reading failed
    0x47: FaultCode.READER_BROKEN,  # random number
    0x60: FaultCode.READER_BROKEN,  # self-test
    0x66: FaultCode.READER_UNLICENSED,  # SAM not authorised
    0x80: FaultCode.CARD_LIFTED,  # to a select or read: there is no card any more
    0x81: FaultCode.CARD_LIFTED,  # select failed: the card moved after it was found
    0x91: FaultCode.READER_REFUSED,  # item absent, of items that we never ask for
}


def fault_of_status(status: int) -> DeviceFault:
    """Name the fault behind a status byte (SW3) that is not a good one."""
    return DeviceFault(
        STATUS_FAULTS.get(status, FaultCode.READER_REFUSED), f"reader status {status:02X}"
    )


def checksum(data: Iterable[int]) -> int:
    """XOR of all bytes: CHK of what precedes it, 0 over a whole frame from Len on."""
    return reduce(xor, data, 0)


def request(command: int, parameter: int, data: bytes = b"") -> bytes:
    """Build a request frame."""
    body = (3 + len(data)).to_bytes(2, "big") + bytes((command, parameter)) + data
    return PREAMBLE + body + bytes((checksum(body),))


RESET: Final = request(0x10, 0xFF)
SAM_STATUS: Final = request(0x11, 0xFF)
SAM_ID: Final = request(0x12, 0xFF)
FIND_CARD: Final = request(0x20, 0x01)
SELECT_CARD: Final = request(0x20, 0x02)
READ_CARD: Final = request(0x30, 0x01)  # text and photo; never 30 10, which adds fingerprints


def decode_sam_id(payload: bytes | bytearray) -> str | None:
    """Write the 16 bytes of a SAM id as makers print it; None if they are not 16.

    Use it as an opaque name of the reader only.
    """
    if len(payload) != 16:
        return None
    maker, model = (int.from_bytes(payload[at : at + 2], "little") for at in (0, 2))
    day, serial, secret = (int.from_bytes(payload[at : at + 4], "little") for at in (4, 8, 12))
    return f"{maker:02d}.{model:02d}-{day:08d}-{serial:010d}-{secret:010d}"


@dataclass(slots=True, repr=False)
class Answer:
    """One sound answer. `payload` is what follows SW3.

    For an answer that brings a card, `payload` is its 256-byte text block: photo and fingerprints
    are dropped inside the decoder. It is empty when that answer's own lengths do not add up.
    Call `wipe` when done.
    """

    status: int
    payload: bytearray
    is_card: bool = False

    def __repr__(self) -> str:
        return f"<Answer status {self.status:02X}, {len(self.payload)} bytes>"

    def wipe(self) -> None:
        """Overwrite the payload."""
        self.payload[:] = bytes(len(self.payload))


class FrameDecoder:
    """Finds answers in a stream of bytes that may be cut anywhere and may hold noise.

    Never raises for what comes in. Its memory is one fixed buffer, overwritten with zeros as soon
    as a frame has left it.
    """

    def __init__(self) -> None:
        self._buffer = bytearray(_BUFFER_BYTES)
        self._used = 0
        self.noise_bytes = 0
        self.bad_lengths = 0
        self.bad_checksums = 0

    @property
    def is_mid_frame(self) -> bool:
        """Whether the beginning of a frame waits for its rest."""
        return self._used > 0

    def feed(self, data: bytes) -> list[Answer]:
        """Take bytes as they came; return the answers that they complete, in order."""
        answers: list[Answer] = []
        rest = memoryview(data)
        while rest:
            # A waiting frame has 2406 bytes at most, so there is always room for more.
            taken = min(len(rest), _BUFFER_BYTES - self._used)
            self._buffer[self._used : self._used + taken] = rest[:taken]
            self._used += taken
            rest = rest[taken:]
            self._scan(0, answers)
        return answers

    def abandon_frame(self) -> list[Answer]:
        """Give up every frame that waits for its rest; return answers that were inside one.

        For a line that broke off: a wrong Len, or half an answer, must not swallow the next one.
        """
        answers: list[Answer] = []
        while self._used:
            self.noise_bytes += 1
            self._scan(1, answers)
        return answers

    def reset(self) -> None:
        """Forget and overwrite everything that waits."""
        self._buffer[:] = bytes(_BUFFER_BYTES)
        self._used = 0

    def _scan(self, start: int, answers: list[Answer]) -> None:
        """Take every whole frame from `start` on, then move the rest to the front."""
        buffer = self._buffer
        while True:
            at = buffer.find(PREAMBLE, start, self._used)
            if at < 0:
                at = self._used - self._preamble_begun(start)
                self.noise_bytes += at - start
                start = at
                break
            self.noise_bytes += at - start
            start = at
            if self._used - start < _HEAD_BYTES:
                break
            length = int.from_bytes(buffer[start + 5 : start + 7], "big")
            if not _MIN_LEN <= length <= MAX_LEN:
                self.bad_lengths += 1
                start += len(PREAMBLE)
                continue
            end = start + _HEAD_BYTES + length
            if end > self._used:
                break
            with memoryview(buffer)[start + 5 : end] as frame:
                # SW1 and SW2 are always 00; a request that is echoed back is no answer.
                if checksum(frame) != 0 or frame[2] != 0 or frame[3] != 0:
                    self.bad_checksums += 1
                    start += len(PREAMBLE)
                    continue
                answers.append(_answer(frame[4], frame[5:-1]))
            start = end
        self._drop(start)

    def _preamble_begun(self, start: int) -> int:
        """How many bytes at the end could be the beginning of a preamble."""
        for count in range(min(len(PREAMBLE) - 1, self._used - start), 0, -1):
            if self._buffer[self._used - count : self._used] == PREAMBLE[:count]:
                return count
        return 0

    def _drop(self, count: int) -> None:
        rest = self._used - count
        self._buffer[:rest] = self._buffer[count : self._used]
        self._buffer[rest : self._used] = bytes(count)
        self._used = rest


def _answer(status: int, data: memoryview) -> Answer:
    if len(data) <= TEXT_BLOCK_BYTES:
        return Answer(status, bytearray(data))
    return Answer(status, _text_block(data), is_card=True)


def _text_block(data: memoryview) -> bytearray:
    """Cut the text out of a card answer: lengths of text, photo (and fingerprint), then those."""
    lengths = [int.from_bytes(data[at : at + 2], "big") for at in (0, 2, 4)]
    for head in (2, 3):  # 30 01 states two lengths, 30 10 three
        body = lengths[:head]
        if body[0] == TEXT_BLOCK_BYTES and 2 * head + sum(body) == len(data):
            return bytearray(data[2 * head : 2 * head + TEXT_BLOCK_BYTES])
    return bytearray()
