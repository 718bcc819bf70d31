"""Register protocol of scan engines (Grow GM65 family, Newland EM2000 family). Pure.

    to the engine:  7E 00 | type | count | address, 2 bytes | data | CRC, 2 bytes
    its answer:     02 00 | status | count | data | CRC, 2 bytes

`count` is the number of data bytes. The CRC is CRC-CCITT (polynomial 1021, start 0), big-endian,
over everything between the first two bytes and itself. Codes come as bare text between answers.
"""

from dataclasses import dataclass
from typing import Final

from devices.scan.text import MAX_CODE_BYTES, decode_code_bytes

_HEAD: Final = b"\x7e\x00"
_ANSWER_HEAD: Final = b"\x02\x00"
_ANSWER_FRAME_BYTES: Final = 6  # without data
_SUFFIXES: Final = b"\r\n"
UNCHECKED: Final = b"\xab\xcd"  # in place of a CRC: "do not check"

READ_REGISTER: Final = 0x07
WRITE_REGISTER: Final = 0x08
SAVE_REGISTERS: Final = 0x09
TRIGGER_REGISTER: Final = 0x0002

STATUS_OK: Final = 0x00
STATUS_BAD_CRC: Final = 0x01
STATUS_BAD_COMMAND: Final = 0x03
_STATUSES: Final = frozenset({STATUS_OK, STATUS_BAD_CRC, STATUS_BAD_COMMAND})


def crc_ccitt(data: bytes) -> bytes:
    """CRC-CCITT, polynomial 1021, start value 0 (also known as XMODEM), big-endian."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc.to_bytes(2, "big")


def command(kind: int, address: int, data: bytes) -> bytes:
    """Frame a command of type `kind` to the register at `address`."""
    body = bytes((kind, len(data))) + address.to_bytes(2, "big") + data
    return _HEAD + body + crc_ccitt(body)


TRIGGER: Final = command(WRITE_REGISTER, TRIGGER_REGISTER, b"\x01")
STOP: Final = command(WRITE_REGISTER, TRIGGER_REGISTER, b"\x00")


def encode_answer(status: int, data: bytes = b"\x00") -> bytes:
    """Frame an answer of the engine, for simulators."""
    body = bytes((status, len(data))) + data
    return _ANSWER_HEAD + body + crc_ccitt(body)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The engine took a command."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The engine did not take a command."""

    status: int


@dataclass(frozen=True, slots=True, repr=False)
class CodeRead:
    """The engine read a code. The repr hides it."""

    text: str

    def __repr__(self) -> str:
        return f"<CodeRead, {len(self.text)} characters>"


EngineEvent = Acknowledged | Refused | CodeRead


class EngineDecoder:
    """Tells answers and codes apart in a stream that may be cut anywhere.

    A code ends with CR or LF, or by `idle` when the engine sends no suffix. An answer is taken out
    wherever it stands, also in the middle of a code: engines glue it to the text. Never raises
    for what comes in; keeps at most `MAX_CODE_BYTES`.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._is_overlong = False
        self.overlong_codes = 0
        self.unreadable_codes = 0
        self.noise_bytes = 0

    @property
    def is_mid_code(self) -> bool:
        """Whether bytes wait for the rest of something."""
        return bool(self._buffer) or self._is_overlong

    def feed(self, data: bytes) -> list[EngineEvent]:
        """Take bytes as they came; return what they complete, in order."""
        events: list[EngineEvent] = []
        rest = memoryview(data)
        while rest:
            taken = MAX_CODE_BYTES + 1 - len(self._buffer)
            self._buffer += rest[:taken]
            rest = rest[taken:]
            self._scan(events)
            if len(self._buffer) > MAX_CODE_BYTES:
                self._discard_overlong()
        return events

    def idle(self) -> list[EngineEvent]:
        """Say that nothing came for a while: what waits is a whole code, or the end of noise."""
        events: list[EngineEvent] = []
        if self._buffer.startswith(_ANSWER_HEAD[: len(self._buffer)]):
            self.noise_bytes += len(self._buffer)
        elif not self._is_overlong:
            self._take_code(bytes(self._buffer), events)
        self.reset()
        return events

    def reset(self) -> None:
        """Forget what waits."""
        self._buffer.clear()
        self._is_overlong = False

    def _scan(self, events: list[EngineEvent]) -> None:
        while True:
            answer_at = self._buffer.find(_ANSWER_HEAD)
            code_ends = self._suffix_before(answer_at)
            if code_ends >= 0:
                code = bytes(self._buffer[:code_ends])
                del self._buffer[: code_ends + 1]
                if not self._is_overlong:
                    self._take_code(code, events)
                self._is_overlong = False
            elif answer_at < 0 or not self._take_answer(answer_at, events):
                return

    def _suffix_before(self, end: int) -> int:
        text = self._buffer if end < 0 else self._buffer[:end]
        places = [at for at in (text.find(suffix) for suffix in _SUFFIXES) if at >= 0]
        return min(places, default=-1)

    def _take_answer(self, at: int, events: list[EngineEvent]) -> bool:
        """Cut the answer at `at` out; False if it is not all there yet."""
        head = self._buffer[at : at + 4]
        if len(head) < 4:
            return False
        end = at + _ANSWER_FRAME_BYTES + head[3]
        is_one = head[2] in _STATUSES
        if is_one and end > len(self._buffer):
            return False
        body = bytes(self._buffer[at + 2 : end - 2])
        if not is_one or crc_ccitt(body) != self._buffer[end - 2 : end]:
            self.noise_bytes += len(_ANSWER_HEAD)
            del self._buffer[at : at + len(_ANSWER_HEAD)]
            return True
        del self._buffer[at:end]
        events.append(Acknowledged() if head[2] == STATUS_OK else Refused(head[2]))
        return True

    def _take_code(self, code: bytes, events: list[EngineEvent]) -> None:
        if not code:
            return  # CR LF: the suffix's second half
        text = decode_code_bytes(code)
        if text is None:
            self.unreadable_codes += 1
        else:
            events.append(CodeRead(text))

    def _discard_overlong(self) -> None:
        self.overlong_codes += not self._is_overlong
        self._is_overlong = True
        self._buffer.clear()
