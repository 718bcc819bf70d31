"""Pictures of a code held in front of a camera, for simulated people and for measuring decoders.

A telephone shows the code; it is held at an angle, in a hand, in uneven light, and the camera
adds blur and noise.
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt
import qrcode
from qrcode.constants import ERROR_CORRECT_M

from devices.scan.decode import Frame
from devices.scan.opencv import cv2

WIDTH: Final = 1280
HEIGHT: Final = 720

_Floats = npt.NDArray[np.float32]
_MODULE_PX: Final = 12  # before the picture is taken
_COARSE: Final = 4  # what is out of focus is drawn at a quarter of the size
_QUIET_MODULES: Final = 4  # ISO/IEC 18004 asks for four


@unique
class Difficulty(StrEnum):
    """How well the code is held."""

    CLEAN = "clean"
    EVERYDAY = "everyday"  # what a kiosk sees of people who hold still for a moment
    HARD = "hard"  # beyond what one picture can promise


@dataclass(frozen=True)
class _Conditions:
    side_px: tuple[float, float]  # of the code in the picture
    tilt: float  # corners move by at most this part of the side
    turn_deg: float
    blur_px: tuple[float, float]  # sigma
    motion_px: int
    shade: float  # the darkest corner keeps 1 - shade of the light
    glare: float
    noise: tuple[float, float]  # sigma in brightness, of 255
    light: tuple[float, float]


_CONDITIONS: Final = {
    Difficulty.CLEAN: _Conditions(
        side_px=(300, 420),
        tilt=0.0,
        turn_deg=0.0,
        blur_px=(0.0, 0.3),
        motion_px=1,
        shade=0.0,
        glare=0.0,
        noise=(0.0, 1.0),
        light=(0.9, 1.0),
    ),
    Difficulty.EVERYDAY: _Conditions(
        side_px=(240, 420),
        tilt=0.07,
        turn_deg=20.0,
        blur_px=(0.4, 1.4),
        motion_px=3,
        shade=0.5,
        glare=0.25,
        noise=(1.5, 6.0),
        light=(0.5, 1.0),
    ),
    Difficulty.HARD: _Conditions(
        side_px=(130, 330),
        tilt=0.16,
        turn_deg=180.0,
        blur_px=(1.0, 3.2),
        motion_px=9,
        shade=0.85,
        glare=0.8,
        noise=(4.0, 15.0),
        light=(0.25, 1.0),
    ),
}


def draw_code_frame(text: str, rng: Random, difficulty: Difficulty = Difficulty.EVERYDAY) -> Frame:
    """Draw a 1280 x 720 picture (blue, green, red) of `text` as a QR code on a telephone."""
    how = _CONDITIONS[difficulty]
    noise = np.random.default_rng(rng.getrandbits(64))
    scene = _background(rng).astype(np.uint8)
    phone, code_quad = _phone(text)
    to_scene = _placement(code_quad, rng, how)
    size = (WIDTH, HEIGHT)
    picture = np.asarray(
        cv2.warpPerspective(phone, to_scene, size, scene, borderMode=cv2.BORDER_TRANSPARENT)
    )
    picture = _blurred(_in_light(_as_floats(picture), rng, how), rng, how)
    return _grainy(picture, rng.uniform(*how.noise), noise)


def draw_empty_frame(rng: Random) -> Frame:
    """Draw the same hall with nobody in front of the camera."""
    noise = np.random.default_rng(rng.getrandbits(64))
    return _grainy(_background(rng), 4.0, noise)


def _background(rng: Random) -> _Floats:
    """A hall out of focus: a slope of light, some furniture, a hand coming in from below."""
    width, height = WIDTH // _COARSE, HEIGHT // _COARSE
    slope = np.linspace(rng.uniform(90, 170), rng.uniform(40, 110), height)[:, None, None]
    tint = np.array([rng.uniform(0.85, 1.05) for _ in range(3)])
    scene = _as_floats(np.broadcast_to(slope * tint, (height, width, 3)).copy())
    for _ in range(6):
        left, upper = rng.randrange(width), rng.randrange(height)
        corner = (left + rng.randrange(15, 100), upper + rng.randrange(15, 100))
        shade = tuple(rng.uniform(30, 200) for _ in range(3))
        cv2.rectangle(scene, (left, upper), corner, shade, -1)
    skin = (rng.uniform(110, 150), rng.uniform(140, 180), rng.uniform(180, 220))
    hand = (width // 2 + rng.randrange(-40, 40), height)
    cv2.ellipse(scene, hand, (rng.randrange(40, 65), 80), 0, 0, 360, skin, -1)
    return _as_floats(cv2.resize(cv2.GaussianBlur(scene, (0, 0), 1.5), (WIDTH, HEIGHT)))


def _phone(text: str) -> tuple[Frame, _Floats]:
    """A telephone with the code on its screen, and the corners of the code on it."""
    maker = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=1, border=0)
    maker.add_data(text)
    maker.make(fit=True)
    modules = np.array(maker.get_matrix(), dtype=bool)
    code = np.where(modules, 20, 245).astype(np.uint8).repeat(_MODULE_PX, 0).repeat(_MODULE_PX, 1)
    side, quiet = code.shape[0], _QUIET_MODULES * _MODULE_PX
    screen_w, screen_h = side + 2 * quiet, int((side + 2 * quiet) * 1.7)
    rim = quiet // 2
    phone = np.full((screen_h + 2 * rim, screen_w + 2 * rim, 3), 25, np.uint8)
    phone[rim:-rim, rim:-rim] = 245
    left, upper = rim + quiet, rim + (screen_h - side) // 2
    phone[upper : upper + side, left : left + side] = code[..., None]
    right, lower = left + side, upper + side
    corners = [[left, upper], [right, upper], [right, lower], [left, lower]]
    return phone, _as_floats(np.array(corners))


def _placement(code_quad: _Floats, rng: Random, how: _Conditions) -> npt.NDArray[np.float64]:
    """Where the code's four corners come to lie in the picture."""
    side = rng.uniform(*how.side_px)
    turn = np.deg2rad(rng.uniform(-how.turn_deg, how.turn_deg))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2
    shift = how.tilt * side
    jitter = np.array([[rng.uniform(-shift, shift) for _ in range(2)] for _ in range(4)])
    margin = side * 0.85
    center = (rng.uniform(margin, WIDTH - margin), HEIGHT / 2 + rng.uniform(-60, 60))
    corners = (square @ rotation.T + jitter + center).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(code_quad, corners), dtype=np.float64)


def _in_light(picture: _Floats, rng: Random, how: _Conditions) -> _Floats:
    width, height = WIDTH // _COARSE, HEIGHT // _COARSE
    across = np.linspace(0, 1, width)[None, :]
    slope = (across if rng.random() < 0.5 else 1 - across) + np.linspace(0, 1, height)[:, None]
    light = _as_floats((1 - how.shade * rng.random() * slope / 2) * rng.uniform(*how.light))
    picture = picture * _full_size(light)
    if how.glare:
        spot = np.zeros((height, width), np.float32)
        center = (rng.randrange(width), rng.randrange(height))
        axes = (rng.randrange(8, 28), rng.randrange(8, 28))
        cv2.ellipse(spot, center, axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
        glare = _as_floats(cv2.GaussianBlur(spot, (0, 0), 8)) * (255 * how.glare * rng.random())
        picture = picture + _full_size(glare)
    return _as_floats(picture)


def _full_size(values: _Floats) -> _Floats:
    return _as_floats(cv2.resize(values, (WIDTH, HEIGHT)))[..., None]


def _blurred(picture: _Floats, rng: Random, how: _Conditions) -> _Floats:
    sigma = rng.uniform(*how.blur_px)
    if sigma > 0.1:
        picture = _as_floats(cv2.GaussianBlur(picture, (0, 0), sigma))
    length = rng.randrange(1, how.motion_px + 1)
    if length > 1:
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        middle = (length - 1) / 2
        reach = (np.cos(angle) * middle, np.sin(angle) * middle)
        first = (round(middle - reach[0]), round(middle - reach[1]))
        last = (round(middle + reach[0]), round(middle + reach[1]))
        cv2.line(kernel, first, last, 1.0)
        picture = _as_floats(cv2.filter2D(picture, -1, kernel / kernel.sum()))
    return picture


def _grainy(picture: _Floats, sigma: float, noise: np.random.Generator) -> Frame:
    grain = noise.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32)
    return np.clip(picture + grain * np.float32(sigma), 0, 255).astype(np.uint8)


def _as_floats(values: object) -> _Floats:
    return np.asarray(values, dtype=np.float32)
