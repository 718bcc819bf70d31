"""From a picture to the text of the QR code in it.

Several decoders, each on several readings of the picture, from quick to thorough; the first that
finds something ends the search. No decoder is best at everything: on badly degraded pictures each
one finds codes that the others miss.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Final

import numpy as np
import numpy.typing as npt
from pyzbar import pyzbar

from devices.scan.classify import CodeKind, classify
from devices.scan.opencv import cv2
from devices.scan.text import decode_code_bytes

Frame = npt.NDArray[np.uint8]
"""A picture: height x width x 3 (blue, green, red) or height x width (grey)."""

_Gray = npt.NDArray[np.uint8]
_Rung = tuple[Callable[[_Gray], _Gray], Callable[[_Gray], list[str]]]

_ENLARGE: Final = 2.0
_CLAHE_CLIP: Final = 2.0
_CLAHE_TILES: Final = (4, 4)
_FINE_PX: Final = 1.0
_COARSE_PX: Final = 3.0
_SHARPEN: Final = 2.5

# A cap over the lens still lets sensor noise through, but no structure.
_BLACK_MEAN: Final = 12.0
_BLACK_SPREAD: Final = 6.0

_PREFERENCE: Final = (
    CodeKind.TICKET,
    CodeKind.APPOINTMENT,
    CodeKind.SERVICE,
    CodeKind.LICENCE,
)


def decode_frame(
    frame: Frame, *, is_thorough: bool = True, ladder: tuple[_Rung, ...] | None = None
) -> str | None:
    """Read the QR code in `frame`; None if there is none that can be read.

    With several codes in sight one of our own wins. `is_thorough` False takes the first, quick
    step only (2 to 5 ms on 1280 x 720); the whole ladder takes about 70 ms on a picture without
    a code.
    """
    gray = to_gray(frame)
    rungs = LADDER if ladder is None else ladder
    for prepare, decoder in rungs if is_thorough else rungs[:1]:
        texts = decoder(prepare(gray))
        if texts:
            return min(texts, key=_rank)
    return None


def is_black(frame: Frame) -> bool:
    """Whether the picture holds nothing: a cap on the lens, a dead sensor."""
    gray = to_gray(frame)[::8, ::8]
    return bool(gray.mean() < _BLACK_MEAN and gray.std() < _BLACK_SPREAD)


def to_gray(frame: Frame) -> _Gray:
    """Return the brightness of a picture."""
    if frame.ndim == 2:
        return frame
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def with_pyzbar(gray: _Gray) -> list[str]:
    """Ask ZBar for all QR codes in sight."""
    found = pyzbar.decode(gray, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return _texts([code.data for code in found])


def with_zxing(gray: _Gray) -> list[str]:
    """Ask zxing-cpp for all QR codes in sight; none without that extra."""
    if _zxing is None:
        return []
    found = _zxing.read_barcodes(gray, formats=_zxing.BarcodeFormat.QRCode)
    return _texts([code.bytes for code in found])


def as_it_is(gray: _Gray) -> _Gray:
    """Change nothing."""
    return gray


def steadied(gray: _Gray) -> _Gray:
    """Take out the sensor's noise, then sharpen edges that a shaking hand has smeared."""
    fine = cv2.GaussianBlur(gray, (0, 0), _FINE_PX)
    coarse = cv2.GaussianBlur(gray, (0, 0), _COARSE_PX)
    sharp = cv2.addWeighted(fine, _SHARPEN, coarse, 1.0 - _SHARPEN, 0.0)
    return np.asarray(sharp, dtype=np.uint8)


def evened(gray: _Gray) -> _Gray:
    """Even the light out (CLAHE) and enlarge, for a small code in a shadow."""
    fine = cv2.GaussianBlur(gray, (0, 0), _FINE_PX)
    even = cv2.createCLAHE(_CLAHE_CLIP, _CLAHE_TILES).apply(fine)
    large = cv2.resize(even, None, fx=_ENLARGE, fy=_ENLARGE, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, dtype=np.uint8)


def _zxing_if_installed() -> ModuleType | None:
    try:
        return import_module("zxingcpp")
    except ImportError:
        return None


_zxing: Final = _zxing_if_installed()

# Measured on hard pictures: zxing-cpp reads 37 % of them as they are, 59 % steadied; the other
# rungs add 3 % together. Enlarged pictures are left to zxing-cpp where there is one, because ZBar
# takes 100 ms for each.
PYZBAR_ONLY: Final[tuple[_Rung, ...]] = (
    (as_it_is, with_pyzbar),
    (steadied, with_pyzbar),
    (evened, with_pyzbar),
)
WITH_ZXING: Final[tuple[_Rung, ...]] = (
    (as_it_is, with_zxing),
    (steadied, with_zxing),
    (as_it_is, with_pyzbar),
    (steadied, with_pyzbar),
    (evened, with_zxing),
)
LADDER: Final = PYZBAR_ONLY if _zxing is None else WITH_ZXING


def _texts(codes: list[bytes]) -> list[str]:
    return [text for text in map(decode_code_bytes, map(bytes, codes)) if text is not None]


def _rank(text: str) -> int:
    kind = classify(text).kind
    return _PREFERENCE.index(kind) if kind in _PREFERENCE else len(_PREFERENCE)
