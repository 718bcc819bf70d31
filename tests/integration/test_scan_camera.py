"""Codes from pictures: decoding, and the camera scanner over every kind of source."""

import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest

from devices.faults import DeviceFault, FaultCode
from devices.scan.camera import BLACK_S, CameraScanner
from devices.scan.decode import PYZBAR_ONLY, WITH_ZXING, Frame, decode_frame, is_black, to_gray
from devices.scan.frames import CameraSource, FolderSource, FrameSource, MemorySource
from devices.scan.opencv import cv2
from devices.scan.scanner import Debounce
from devices.scan.simulator import (
    Difficulty,
    SimulatedCamera,
    draw_code_frame,
    draw_empty_frame,
)

TOKEN = "JH1.2025-06-01.A0123.kVq3Zb7w-X_0pLr9sT4uYhGfDdSaQwErTyUiOp"


def blank(value: int = 128) -> Frame:
    return np.full((720, 1280, 3), value, np.uint8)


@cache
def everyday_pictures() -> list[tuple[str, Frame]]:
    rng = Random(20250601)
    texts = [f"{TOKEN}{at}" for at in range(24)]
    return [(text, draw_code_frame(text, rng)) for text in texts]


def side_by_side(left: str, right: str) -> Frame:
    halves = [draw_code_frame(text, Random(1), Difficulty.CLEAN) for text in (left, right)]
    return np.concatenate(halves, axis=1)


def news(scanner: CameraScanner, within_s: float = 8.0) -> str | DeviceFault:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        result = scanner.poll(0.2)
        if result is not None:
            return result
    raise AssertionError(f"nothing came within {within_s} s")


def fault_code(result: object) -> FaultCode:
    assert isinstance(result, DeviceFault)
    return result.code


@pytest.mark.slow
def test_nearly_every_everyday_picture_is_read_and_none_wrongly() -> None:
    rng = Random(20250601)
    got = [(decode_frame(draw_code_frame(f"{TOKEN}{at}", rng)), f"{TOKEN}{at}") for at in range(40)]
    right = sum(read == drawn for read, drawn in got)
    assert right >= 39
    assert all(read in (drawn, None) for read, drawn in got)


@pytest.mark.parametrize("ladder", [PYZBAR_ONLY, WITH_ZXING])
def test_each_ladder_reads_most_everyday_pictures(ladder: object) -> None:
    pictures = everyday_pictures()
    right = sum(decode_frame(frame, ladder=ladder) == text for text, frame in pictures)
    assert right >= 0.9 * len(pictures)


@pytest.mark.parametrize("rung", sorted({*WITH_ZXING, *PYZBAR_ONLY}, key=repr))
def test_every_rung_reads_a_clean_picture(rung: object) -> None:
    frame = draw_code_frame(TOKEN, Random(3), Difficulty.CLEAN)
    assert decode_frame(frame, ladder=(rung,)) == TOKEN


def test_hard_pictures_are_never_read_wrongly() -> None:
    rng = Random(11)
    for _ in range(10):
        read = decode_frame(draw_code_frame(TOKEN, rng, Difficulty.HARD))
        assert read in (TOKEN, None)


def test_the_same_seed_draws_the_same_picture() -> None:
    first, second = (draw_code_frame(TOKEN, Random(5)) for _ in range(2))
    assert np.array_equal(first, second)
    assert first.shape == (720, 1280, 3)
    assert not np.array_equal(first, draw_code_frame(TOKEN, Random(6)))


@pytest.mark.parametrize("text", ["票号 A001 𠮷", "https://example.org/?a=1", "x" * 300])
def test_any_text_survives_the_way_through_a_picture(text: str) -> None:
    assert decode_frame(draw_code_frame(text, Random(1), Difficulty.CLEAN)) == text


def test_a_grey_picture_is_read_as_well() -> None:
    assert decode_frame(to_gray(draw_code_frame(TOKEN, Random(1), Difficulty.CLEAN))) == TOKEN


@pytest.mark.parametrize("frame", [blank(), blank(255), draw_empty_frame(Random(1))])
def test_a_picture_without_a_code_gives_nothing(frame: Frame) -> None:
    assert decode_frame(frame) is None


def test_of_two_codes_our_own_wins() -> None:
    for frame in (
        side_by_side("https://example.org/1", TOKEN),
        side_by_side(TOKEN, "https://example.org/1"),
    ):
        assert decode_frame(frame) == TOKEN


def test_black_is_told_from_dark() -> None:
    assert is_black(blank(0))
    assert is_black(np.random.default_rng(1).integers(0, 6, (720, 1280, 3), dtype=np.uint8))
    assert not is_black(draw_empty_frame(Random(1)))
    assert not is_black((draw_code_frame(TOKEN, Random(1)) // 6).astype(np.uint8))


def test_importing_opencv_leaves_qts_variables_alone() -> None:
    """In a process of its own, because the variables are set once, at the import."""
    program = (
        "import os, devices.scan.opencv\n"
        "print(os.environ.get('QT_QPA_PLATFORM_PLUGIN_PATH'), os.environ.get('QT_QPA_FONTDIR'),"
        " os.environ.get('QT_QPA_PLATFORM'))"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith("QT_")}
    env |= {"QT_QPA_FONTDIR": "/mine", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None", "/mine", "offscreen"]
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ


class FakeClock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now


def test_a_code_in_several_pictures_counts_once_until_it_was_away_for_two_seconds() -> None:
    frame = draw_code_frame(TOKEN, Random(1), Difficulty.CLEAN)
    source, clock = MemorySource(), FakeClock()
    scanner = CameraScanner(source, clock)
    results = []
    for _ in range(5):
        source.add(frame)
        results.append(scanner.poll(0.0))
        clock.now += 1.0
    assert results == [TOKEN, None, None, None, None]
    clock.now += 1.1
    source.add(frame)
    assert scanner.poll(0.0) == TOKEN


def test_debounce_forgets_the_oldest_of_many_and_keeps_no_text() -> None:
    debounce = Debounce()
    assert all(debounce.is_new(f"code {at}", 0.0) for at in range(1000))
    assert len(debounce._seen) <= 16
    assert not debounce.is_new("code 999", 1.9)
    assert not debounce.is_new("code 999", 3.8)
    assert debounce.is_new("code 999", 5.8)
    assert "code" not in repr(vars(debounce))


def test_a_black_camera_is_a_fault_after_two_seconds_and_until_it_sees_again() -> None:
    source, clock = MemorySource(), FakeClock()
    scanner = CameraScanner(source, clock)
    source.add(blank(0))
    assert scanner.poll(0.0) is None
    clock.now += BLACK_S
    source.add(blank(1))
    assert fault_code(scanner.poll(0.0)) is FaultCode.CAMERA_BLACK
    assert fault_code(scanner.poll(0.0)) is FaultCode.CAMERA_BLACK
    source.add(draw_code_frame(TOKEN, Random(1), Difficulty.CLEAN))
    assert scanner.poll(0.0) == TOKEN
    assert scanner.fault is None
    assert scanner.poll(0.0) is None


def test_the_whole_ladder_is_climbed_five_times_a_second_at_most() -> None:
    """Else an empty hall would keep a core busy. A picture that only thorough looking reads:"""
    rng = Random(1)
    hard = next(
        frame
        for frame in (draw_code_frame(TOKEN, rng, Difficulty.HARD) for _ in range(60))
        if decode_frame(frame, is_thorough=False) is None and decode_frame(frame) == TOKEN
    )
    source, clock = MemorySource([blank(), hard, hard]), FakeClock()
    scanner = CameraScanner(source, clock)
    assert scanner.poll(0.0) is None  # climbed for nothing
    assert scanner.poll(0.0) is None  # too soon to climb again
    clock.now += 0.3
    assert scanner.poll(0.0) == TOKEN


def test_somebody_holds_a_code_and_takes_it_away_and_the_next_one_comes() -> None:
    camera = SimulatedCamera(Random(1), fps=20.0)
    scanner = CameraScanner(camera, time.monotonic)
    camera.show(TOKEN)
    assert news(scanner) == TOKEN
    assert scanner.poll(0.2) is None
    camera.clear()
    assert scanner.poll(0.1) is None
    camera.show(TOKEN + "2")
    assert news(scanner) == TOKEN + "2"
    scanner.close()


def test_a_simulated_camera_can_be_covered_and_unplugged() -> None:
    ahead_s = [0.0]
    camera = SimulatedCamera(Random(1), fps=50.0)
    scanner = CameraScanner(camera, lambda: time.monotonic() + ahead_s[0])
    camera.show(TOKEN)
    camera.cover()
    assert scanner.poll(0.1) is None
    ahead_s[0] += BLACK_S
    assert fault_code(news(scanner)) is FaultCode.CAMERA_BLACK
    camera.uncover()
    assert news(scanner) == TOKEN
    camera.unplug()
    assert fault_code(news(scanner)) is FaultCode.CAMERA_MISSING
    assert fault_code(scanner.poll(0.1)) is FaultCode.CAMERA_MISSING
    camera.replug()
    ahead_s[0] += 10.0  # so that the same code counts again
    assert news(scanner) == TOKEN
    assert camera.wait_for_frames(1, 1.0)
    scanner.close()
    assert fault_code(news(scanner)) is FaultCode.CAMERA_MISSING


def test_pictures_in_a_folder_are_seen_once_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, text in (("b.png", "JH1.two"), ("a.jpg", "JH1.one")):
        frame = draw_code_frame(text, Random(1), Difficulty.CLEAN)
        assert cv2.imwrite(str(tmp_path / name), frame)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "note.txt").write_text("no picture either")
    scanner = CameraScanner(FolderSource(tmp_path), time.monotonic)
    assert [news(scanner), news(scanner)] == ["JH1.one", "JH1.two"]
    assert scanner.poll(0.1) is None


def test_a_picture_that_comes_later_is_seen_and_deleted(tmp_path: Path) -> None:
    scanner = CameraScanner(FolderSource(tmp_path, may_delete=True), time.monotonic)
    assert scanner.poll(0.0) is None
    for text in ("JH1.one", "JH1.two"):
        cv2.imwrite(str(tmp_path / "x.bmp"), draw_code_frame(text, Random(1), Difficulty.CLEAN))
        assert news(scanner) == text
        assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_a_missing_camera_until_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    scanner = CameraScanner(FolderSource(folder), time.monotonic)
    started = time.monotonic()
    assert fault_code(scanner.poll(5.0)) is FaultCode.CAMERA_MISSING
    assert time.monotonic() - started < 1.0
    folder.mkdir()
    assert scanner.poll(0.0) is None


def test_a_video_file_stands_in_for_a_camera(tmp_path: Path) -> None:
    path = str(tmp_path / "hall.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (1280, 720))
    for text in ("JH1.one", "JH1.two"):
        writer.write(draw_code_frame(text, Random(1), Difficulty.CLEAN))
    writer.release()
    source = CameraSource(path, is_live=False)
    scanner = CameraScanner(source, time.monotonic)
    assert [news(scanner), news(scanner)] == ["JH1.one", "JH1.two"]
    assert fault_code(news(scanner)) is FaultCode.CAMERA_MISSING  # the film is over
    scanner.close()


@pytest.mark.parametrize("device", [97, "/dev/there-is-no-such-camera"])
def test_a_camera_that_is_not_there_is_missing(device: int | str) -> None:
    source: FrameSource = CameraSource(device)
    scanner = CameraScanner(source, time.monotonic)
    assert fault_code(news(scanner)) is FaultCode.CAMERA_MISSING
    assert fault_code(scanner.poll(0.0)) is FaultCode.CAMERA_MISSING
    scanner.close()


def test_a_camera_that_hangs_is_missing_and_holds_nobody_up(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to blocks for ever, as a hung camera driver does."""
    pipe = tmp_path / "hangs.avi"
    os.mkfifo(pipe)
    scanner = CameraScanner(CameraSource(str(pipe), no_picture_s=0.3), time.monotonic)
    started = time.monotonic()
    assert scanner.poll(0.1) is None
    assert time.monotonic() - started < 0.3
    assert fault_code(news(scanner)) is FaultCode.CAMERA_MISSING
    scanner.close()
    assert time.monotonic() - started < 3.0
    os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))  # lets the thread go
