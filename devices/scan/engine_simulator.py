"""A register-protocol scan engine on a pseudo-terminal, with a code to show it and faults."""

import time
from enum import StrEnum, unique
from typing import Final

from devices.scan.engine_codec import (
    STATUS_BAD_COMMAND,
    STATUS_BAD_CRC,
    STATUS_OK,
    UNCHECKED,
    crc_ccitt,
    encode_answer,
)
from devices.transport.pty import PtyPort
from devices.transport.simulated import SimulatedDevice

LOOKS_FOR_S: Final = 5.0  # after a trigger
_REGISTERS: Final = 0x100
_TRIGGER_ADDRESS: Final = 0x0002


@unique
class EngineFault(StrEnum):
    """What can be made to go wrong."""

    SILENCE = "silence"  # answers nothing, reads nothing
    BAD_CRC = "bad CRC"  # says that our command's CRC was wrong
    BAD_COMMAND = "bad command"  # says that it does not know our command
    GLUED_ANSWER = "glued answer"  # the acknowledgement comes with the code, in one piece
    ANSWER_BEHIND = "answer behind"  # the same, behind the code
    NO_SUFFIX = "no suffix"  # a pause is all that ends a code
    CR_LF = "CR LF"  # instead of CR
    SPLIT = "split"  # code in small pieces
    GB18030 = "GB 18030"  # instead of UTF-8
    OVERLONG = "overlong"  # 5,000 bytes of rubbish before the code
    NOISE = "noise"  # rubbish instead of answers: wrong baud


class SimulatedScanEngine(SimulatedDevice):
    """The device behind a `PtyPort`, in a thread of its own. Every method is for any thread.

    In command-trigger mode: reads one code per trigger, `read_time_s` after it.
    """

    def __init__(self, port: PtyPort, *, read_time_s: float = 0.02) -> None:
        super().__init__(port, "simulated engine")
        self._read_time_s = read_time_s
        self._waiting = bytearray()
        self._registers = bytearray(_REGISTERS)
        self._fault: EngineFault | None = None
        self._shown: str | None = None
        self._looks_until = 0.0
        self._held_back = b""  # an answer that is glued to the next code
        self._reads = 0
        self._triggers = 0

    def show(self, text: str) -> None:
        """Hold a code in front of the engine until `clear`."""
        with self._changed:
            self._shown = text
        self.port.wake()

    def clear(self) -> None:
        """Take the code away."""
        with self._changed:
            self._shown = None

    def fail(self, fault: EngineFault | None) -> None:
        """Switch a fault on, or all off."""
        with self._changed:
            self._fault = fault

    def wait_for_reads(self, count: int, timeout_s: float) -> bool:
        """Wait until `count` codes in all were sent; False when the time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: self._reads >= count, timeout_s)

    def wait_for_triggers(self, count: int, timeout_s: float) -> bool:
        """Wait until `count` triggers in all were taken; False when the time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: self._triggers >= count, timeout_s)

    @property
    def is_looking(self) -> bool:
        """Whether its light is on."""
        with self._changed:
            return time.monotonic() < self._looks_until

    # -- the machine -----------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        self._waiting += data
        with self._changed:
            pieces = self._answers()
            self._changed.notify_all()
        self._send(pieces)
        with self._changed:
            sees = self._shown is not None and time.monotonic() < self._looks_until
        if sees:
            self._stopping.wait(self._read_time_s)
            with self._changed:
                pieces = self._code()
            self._send(pieces)
            with self._changed:
                self._reads += bool(pieces)
                self._changed.notify_all()

    def _send(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self.port.write(piece)
            if len(pieces) > 1:
                self._stopping.wait(0.002)

    def _answers(self) -> list[bytes]:
        answers = []
        while (frame := self._next_command()) is not None:
            answer = self._obey(frame)
            match self._fault:
                case EngineFault.SILENCE:
                    self._looks_until = 0.0
                case EngineFault.GLUED_ANSWER | EngineFault.ANSWER_BEHIND if self._shown:
                    self._held_back = answer
                case EngineFault.NOISE:
                    answers.append(bytes(byte | 0x80 for byte in answer))
                case _:
                    answers.append(answer)
        return answers

    def _next_command(self) -> bytes | None:
        at = self._waiting.find(b"\x7e\x00")
        if at < 0:
            del self._waiting[:-1]
            return None
        if len(self._waiting) < at + 4:
            return None
        end = at + 8 + self._waiting[at + 3]
        if len(self._waiting) < end:
            return None
        frame = bytes(self._waiting[at + 2 : end])
        del self._waiting[:end]
        return frame

    def _obey(self, frame: bytes) -> bytes:
        body, crc = frame[:-2], frame[-2:]
        if self._fault is EngineFault.BAD_CRC or crc not in (UNCHECKED, crc_ccitt(body)):
            return encode_answer(STATUS_BAD_CRC)
        kind, address, data = body[0], int.from_bytes(body[2:4], "big"), body[4:]
        if self._fault is EngineFault.BAD_COMMAND or address + len(data) > _REGISTERS:
            return encode_answer(STATUS_BAD_COMMAND)
        match kind:
            case 0x07:
                count = data[0] if data else 1
                return encode_answer(STATUS_OK, bytes(self._registers[address : address + count]))
            case 0x08:
                self._registers[address : address + len(data)] = data
                if address == _TRIGGER_ADDRESS and data:
                    self._trigger(is_on=bool(data[0] & 1))
                return encode_answer(STATUS_OK)
            case 0x09:
                return encode_answer(STATUS_OK)
            case _:
                return encode_answer(STATUS_BAD_COMMAND)

    def _trigger(self, *, is_on: bool) -> None:
        self._looks_until = time.monotonic() + LOOKS_FOR_S if is_on else 0.0
        self._triggers += is_on

    def _code(self) -> list[bytes]:
        if self._shown is None:
            return []
        self._looks_until = 0.0
        fault = self._fault
        suffix = b"\r\n" if fault is EngineFault.CR_LF else b"\r"
        suffix = b"" if fault is EngineFault.NO_SUFFIX else suffix
        code = self._shown.encode("gb18030" if fault is EngineFault.GB18030 else "utf-8") + suffix
        held_back, self._held_back = self._held_back, b""
        match fault:
            case EngineFault.ANSWER_BEHIND:
                return [code + held_back]
            case EngineFault.SPLIT:
                return [code[at : at + 5] for at in range(0, len(code), 5)]
            case EngineFault.OVERLONG:
                return [b"9" * 5000 + b"\r" + code]
            case _:
                return [held_back + code]
