"""A SAM_V reader on a pseudo-terminal, with a card to put on it and a menu of faults."""

from enum import StrEnum, unique
from typing import Final

from devices.idcard.codec import PREAMBLE, checksum
from devices.idcard.encode import (
    CardContents,
    encode_answer,
    encode_read_answer,
    encode_text_block,
)
from devices.idcard.synthetic import synthetic_card
from devices.transport.pty import PtyPort
from devices.transport.simulated import SimulatedDevice

__all__ = ["ReaderFault", "SimulatedReader", "synthetic_card"]

_SPLIT_BYTES: Final = 9  # no divisor of a frame's parts, so every part is cut somewhere
_SPLIT_GAP_S: Final = 0.0005
_NOISE: Final = bytes.fromhex("00 FF AA AA 96 69 AA AA AA 96 AA")  # almost a preamble, twice
_SAM_ID: Final = bytes.fromhex("0500 0100 1F1A3401 4E61BC00 D2029649")
_LATEST_REQUEST_BYTES: Final = 64


@unique
class ReaderFault(StrEnum):
    """What can be made to go wrong."""

    SILENCE = "silence"  # answers nothing
    SPLIT = "split"  # answers in small pieces
    NOISE = "noise"  # sends rubbish before each answer
    BAD_CHECKSUM = "bad checksum"  # of the card answer
    LIFTED_MID_READ = "lifted mid-read"  # see `SimulatedReader.fail`
    SELECT_FAILS = "select fails"  # 81
    CARD_REFUSES = "card refuses"  # 31
    READER_REFUSES = "reader refuses"  # 32
    UNLICENSED = "unlicensed"  # 66 to everything
    SELF_TEST_FAILS = "self-test fails"  # 60 to status
    WRONG_CONTENT = "wrong content"  # a number that does not check
    UNKNOWN_KIND = "unknown kind"  # another letter at byte 248
    FINGERPRINT = "fingerprint"  # sends one though nobody asked
    WRONG_BAUD = "wrong baud"  # every answer is rubbish


class SimulatedReader(SimulatedDevice):
    """The device behind a `PtyPort`, in a thread of its own. Every method is for any thread.

    A card is found until it was read; then it has to be lifted and put back, as on real readers.
    With `baud` and `card_time_s` it takes as long as those: 115200 and 1.0 are a real one's.
    """

    def __init__(self, port: PtyPort, *, baud: int | None = None, card_time_s: float = 0.0) -> None:
        super().__init__(port, "simulated reader")
        self._byte_s = 10 / baud if baud else 0.0  # 8N1: ten bits a byte
        self._card_time_s = card_time_s
        self._waiting = bytearray()
        self._fault: ReaderFault | None = None
        self._fault_times: int | None = None
        self._at_byte = 0
        self._card: CardContents | None = None
        self._is_found = self._is_selected = self._is_read = False
        self._reads = 0
        self._finds = 0

    # -- the person's hand -----------------------------------------------------------------

    def put(self, card: CardContents) -> None:
        """Lay a card on the reader."""
        with self._changed:
            self._card = card
            self._forget()

    def lift(self) -> None:
        """Take the card away."""
        with self._changed:
            self._card = None
            self._forget()

    def wait_for_reads(self, count: int, timeout_s: float) -> bool:
        """Wait until `count` cards in all were sent in full; False when the time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: self._reads >= count, timeout_s)

    def wait_for_finds(self, count: int, timeout_s: float) -> bool:
        """Wait until `count` find requests in all have come; False when the time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: self._finds >= count, timeout_s)

    @property
    def reads(self) -> int:
        """How many cards were sent in full since power-on."""
        with self._changed:
            return self._reads

    @property
    def finds(self) -> int:
        """How many find requests have come since power-on."""
        with self._changed:
            return self._finds

    @property
    def has_card(self) -> bool:
        """Whether a card lies there; false after LIFTED_MID_READ struck."""
        with self._changed:
            return self._card is not None

    # -- the fault menu --------------------------------------------------------------------

    def fail(
        self, fault: ReaderFault | None, *, times: int | None = None, at_byte: int = 600
    ) -> None:
        """Switch a fault on (None: all off), for so many `times` that it strikes or for good.

        LIFTED_MID_READ sends `at_byte` bytes of the card answer, then the card is gone; at 0 the
        SAM notices itself and answers 41.
        """
        with self._changed:
            self._fault = fault
            self._fault_times = times
            self._at_byte = at_byte

    def _strikes(self, *faults: ReaderFault) -> bool:
        if self._fault not in faults or self._fault_times == 0:
            return False
        if self._fault_times is not None:
            self._fault_times -= 1
        return True

    # -- the machine -----------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        for command, parameter in self._requests(data):
            with self._changed:
                pieces = self._answer(command, parameter)
                self._changed.notify_all()
            self._send(pieces)

    def _requests(self, data: bytes) -> list[tuple[int, int]]:
        """Cut requests out of what came. A bad one becomes command 0 with its status as parameter.

        Written apart from the driver's decoder on purpose.
        """
        self._waiting += data
        found: list[tuple[int, int]] = []
        while (at := self._waiting.find(PREAMBLE)) >= 0:
            frame = self._waiting[at + 5 :]
            length = int.from_bytes(frame[:2], "big")
            if len(frame) < 2 or (length <= _LATEST_REQUEST_BYTES and len(frame) < 2 + length):
                break
            if not 3 <= length <= _LATEST_REQUEST_BYTES:
                found.append((0, 0x11))
                length = 0
            elif checksum(frame[: 2 + length]) != 0:
                found.append((0, 0x10))
            else:
                found.append((frame[2], frame[3]))
            del self._waiting[: at + 7 + length]
        if at < 0:
            del self._waiting[:-_LATEST_REQUEST_BYTES]
        return found

    def _answer(self, command: int, parameter: int) -> list[bytes]:
        if self._strikes(ReaderFault.SILENCE):
            return []
        if self._strikes(ReaderFault.UNLICENSED):
            return [encode_answer(0x66)]
        answer = self._sound_answer(command, parameter)
        if self._strikes(ReaderFault.WRONG_BAUD):
            return [bytes(byte & 0xE0 for byte in answer[::3])]
        if self._strikes(ReaderFault.NOISE):
            return [_NOISE, answer]
        if self._strikes(ReaderFault.SPLIT):
            return [answer[at : at + _SPLIT_BYTES] for at in range(0, len(answer), _SPLIT_BYTES)]
        return [answer]

    def _sound_answer(self, command: int, parameter: int) -> bytes:
        match command, parameter:
            case 0, status:
                return encode_answer(status)
            case 0x10, 0xFF:
                self._forget()
                return encode_answer(0x90)
            case 0x11, 0xFF:
                is_ill = self._strikes(ReaderFault.SELF_TEST_FAILS)
                return encode_answer(0x60 if is_ill else 0x90)
            case 0x12, 0xFF:
                return encode_answer(0x90, _SAM_ID)
            case 0x20, 0x01:
                return self._find()
            case 0x20, 0x02:
                return self._select()
            case 0x30, (0x01 | 0x10):
                return self._read(has_fingerprint=parameter == 0x10)
            case 0x30, 0x03:
                return encode_answer(0x91)
            case 0x60, _:
                return encode_answer(0x90)
            case _:
                return encode_answer(0x21)

    def _find(self) -> bytes:
        self._finds += 1
        self._is_selected = False
        self._is_found = self._card is not None and not self._is_read
        return encode_answer(0x9F, bytes(4)) if self._is_found else encode_answer(0x80)

    def _select(self) -> bytes:
        fails = not self._is_found or self._strikes(ReaderFault.SELECT_FAILS)
        self._is_selected = not fails
        self._is_found = False
        return encode_answer(0x81) if fails else encode_answer(0x90, bytes(8))

    def _read(self, *, has_fingerprint: bool) -> bytes:
        card = self._card
        if card is None or not self._is_selected:
            return encode_answer(0x41)
        self._is_selected = False
        if self._strikes(ReaderFault.CARD_REFUSES):
            return encode_answer(0x31)
        if self._strikes(ReaderFault.READER_REFUSES):
            return encode_answer(0x32)
        text = bytearray(encode_text_block(card))
        if self._strikes(ReaderFault.UNKNOWN_KIND):
            text[248:250] = "Q".encode("utf-16-le")
        if self._strikes(ReaderFault.WRONG_CONTENT):
            text[140:142] = "Z".encode("utf-16-le")  # inside the digits of every form's number
        has_fingerprint = has_fingerprint or self._strikes(ReaderFault.FINGERPRINT)
        answer = bytearray(
            encode_read_answer(bytes(text), fingerprint=bytes(1024) if has_fingerprint else None)
        )
        if self._strikes(ReaderFault.LIFTED_MID_READ):
            self._card = None
            return bytes(answer[: self._at_byte]) or encode_answer(0x41)
        if self._strikes(ReaderFault.BAD_CHECKSUM):
            answer[-1] ^= 0xFF
        self._is_read = True
        self._reads += 1
        return bytes(answer)

    def _forget(self) -> None:
        self._is_found = self._is_selected = self._is_read = False

    def _send(self, pieces: list[bytes]) -> None:
        is_card = sum(map(len, pieces)) > 1000
        if is_card and self._card_time_s:
            self._stopping.wait(self._card_time_s)
        for piece in pieces:
            if self._byte_s:
                self._stopping.wait(len(piece) * self._byte_s)
            self.port.write(piece)
            if len(pieces) > 2:
                self._stopping.wait(_SPLIT_GAP_S)
