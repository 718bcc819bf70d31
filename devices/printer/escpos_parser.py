"""A printer's ear: ESC/POS bytes to commands, in pieces of any size, without I/O.

Knows what tickets need and steps over the rest of the base set with the right length, so that a
command that it does not act on is never printed as text.
"""

from dataclasses import dataclass
from enum import StrEnum, unique

from devices.printer.escpos_bytes import CLEAR_BUFFERS

ESC, FS, GS, DLE, LF = 0x1B, 0x1C, 0x1D, 0x10, 0x0A

_DLE_PARAMETERS = {0x04: 1, 0x05: 1}  # EOT n, ENQ n; DC4 depends on its function
_DC4_PARAMETERS = {1: 2, 2: 2, 3: 5, 7: 1, 8: 7}
# Parameters after the two bytes that name a command.
_ESC_PARAMETERS = {
    **dict.fromkeys(b" !-3=EGJMRTVardt{", 1),
    **dict.fromkeys(b"$\\Bp", 2),
    ord("c"): 2,
    ord("p"): 3,
    **dict.fromkeys(b"@2<SLiv&", 0),
}
_GS_PARAMETERS = {**dict.fromkeys(b"!BHI:abfhrwx|", 1), **dict.fromkeys(b"LWP$\\", 2)}
_FS_PARAMETERS = {**dict.fromkeys(b"!-CW", 1), ord("S"): 2, **dict.fromkeys(b"&.", 0)}


@dataclass(frozen=True)
class Init:
    """ESC @."""


@dataclass(frozen=True)
class RasterRow:
    """One row of a GS v 0 picture: eight dots a byte, 1 is ink, flush left."""

    dots: bytes


@dataclass(frozen=True)
class Feed:
    """Paper forward, after printing what is in the line: by lines or by dots."""

    lines: int = 0
    dots: int = 0


@dataclass(frozen=True)
class Cut:
    """GS V, ESC i: feed so many dots, then cut."""

    feed_dots: int = 0


@dataclass(frozen=True)
class Text:
    """Bytes to print as text, GB 18030."""

    data: bytes


@dataclass(frozen=True)
class Setting:
    """A command with one parameter that changes how text looks or what is reported."""

    name: bytes
    value: int


@dataclass(frozen=True)
class AskPaper:
    """GS r n, ESC v: wait your turn, then say how the paper is."""


@dataclass(frozen=True)
class Skipped:
    """A command of the base set without effect here."""

    data: bytes


Command = Init | RasterRow | Feed | Cut | Text | Setting | AskPaper | Skipped


class EscPosParser:
    """A receive buffer and the place in it. `append` bytes, take commands with `next`."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._row_bytes = 0
        self._rows_left = 0

    def __len__(self) -> int:
        """Bytes that wait."""
        return len(self._buffer)

    @property
    def is_in_picture(self) -> bool:
        """Whether the next bytes are picture rows, whatever they look like."""
        return self._rows_left > 0

    def append(self, data: bytes) -> None:
        """Take bytes in."""
        self._buffer += data

    def clear(self) -> None:
        """Forget what waits, also a command that has been begun."""
        self._buffer.clear()
        self._rows_left = 0

    def next(self) -> Command | None:
        """Return the next whole command; None if there is none yet."""
        if self._rows_left:
            if len(self._buffer) < self._row_bytes:
                return None
            self._rows_left -= 1
            return RasterRow(self._take(self._row_bytes))
        if not self._buffer:
            return None
        match self._buffer[0]:
            case 0x1B | 0x1C | 0x1D | 0x10:
                return self._escape()
            case 0x0A:
                self._take(1)
                return Feed(lines=1)
            case 0:  # often thousands at once, to end a picture that was left half sent
                return Skipped(self._take(len(self._buffer) - len(self._buffer.lstrip(b"\0"))))
            case byte if byte < 0x20:
                return Skipped(self._take(1))
        return self._text()

    def _take(self, count: int) -> bytes:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def _text(self) -> Text:
        end = next((i for i, byte in enumerate(self._buffer) if byte < 0x20), len(self._buffer))
        return Text(self._take(end))

    def _escape(self) -> Command | None:
        length = self._length()
        if length is None or len(self._buffer) < length:
            return None
        return self._command(self._take(length))

    def _length(self) -> int | None:
        """Bytes of the command at the front, without picture rows; None: not to be told yet."""
        head = self._buffer
        if len(head) < 2:
            return None
        kind, name = head[0], head[1]
        if kind == DLE:
            if name == 0x14:
                return None if len(head) < 3 else 3 + _DC4_PARAMETERS.get(head[2], 0)
            return 2 + _DLE_PARAMETERS.get(name, 0)
        if kind == ESC:
            return 2 + _ESC_PARAMETERS.get(name, 0)
        if kind == FS:
            return 2 + _FS_PARAMETERS.get(name, 0)
        if name == ord("v"):
            return 8
        if name == ord("V"):
            return None if len(head) < 3 else 4 if head[2] in b"ABab" else 3
        if name == ord("("):
            return None if len(head) < 5 else 5 + head[3] + 256 * head[4]
        return 2 + _GS_PARAMETERS.get(name, 0)

    def _command(self, data: bytes) -> Command:
        name, rest = data[:2], data[2:]
        match name:
            case b"\x1b@":
                return Init()
            case b"\x1bd":
                return Feed(lines=rest[0])
            case b"\x1bJ":
                return Feed(dots=rest[0])
            case b"\x1di" | b"\x1bi":
                return Cut()
            case b"\x1dV":
                return Cut(feed_dots=rest[1] if len(rest) > 1 else 0)
            case b"\x1dr" | b"\x1bv":
                return AskPaper()
            case b"\x1d!" | b"\x1ba" | b"\x1da":
                return Setting(name, rest[0])
            case b"\x1dv":
                self._row_bytes = rest[2] + 256 * rest[3]
                self._rows_left = rest[4] + 256 * rest[5] if self._row_bytes else 0
        return Skipped(data)


@unique
class RealTime(StrEnum):
    """Commands that a printer obeys when they arrive, whatever waits before them."""

    STATUS_1 = "DLE EOT 1"
    STATUS_2 = "DLE EOT 2"
    STATUS_3 = "DLE EOT 3"
    STATUS_4 = "DLE EOT 4"
    RESUME = "DLE ENQ 1"
    CLEAR_AND_RESUME = "DLE ENQ 2"
    CLEAR = "DLE DC4 8"


_REAL_TIME = {
    b"\x10\x04\x01": RealTime.STATUS_1,
    b"\x10\x04\x02": RealTime.STATUS_2,
    b"\x10\x04\x03": RealTime.STATUS_3,
    b"\x10\x04\x04": RealTime.STATUS_4,
    b"\x10\x05\x01": RealTime.RESUME,
    b"\x10\x05\x02": RealTime.CLEAR_AND_RESUME,
    CLEAR_BUFFERS: RealTime.CLEAR,
}


class RealTimeScanner:
    """Finds real-time commands in a stream, also in picture data, as printers do."""

    def __init__(self) -> None:
        self._tail = b""

    def split(self, data: bytes) -> list[tuple[bytes, RealTime | None]]:
        """Cut `data` behind each real-time command; pieces without one carry None."""
        if not self._tail and DLE not in data:
            return [(data, None)] if data else []
        pieces: list[tuple[bytes, RealTime | None]] = []
        start = at = 0
        while at < len(data):
            if not self._tail:  # every real-time command begins with DLE: nothing before it counts
                at = data.find(DLE, at)
                if at < 0:
                    break
            self._tail = self._follow(data[at : at + 1])
            at += 1
            found = _REAL_TIME.get(self._tail)
            if found is not None:
                pieces.append((data[start:at], found))
                start, self._tail = at, b""
        if start < len(data):
            pieces.append((data[start:], None))
        return pieces

    def _follow(self, byte: bytes) -> bytes:
        tail = self._tail + byte
        while tail and not any(command.startswith(tail) for command in _REAL_TIME):
            tail = tail[1:]
        return tail
