"""`python -m kiosk` and `python -m kiosk.crowd` as processes: how they begin, refuse and end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ENDS_WITHIN_S = 8.0
STARTS_WITHIN_S = 40.0


def files(folder: Path) -> dict[str, Path]:
    """The files that a kiosk is pointed at."""
    password, key = folder / "password", folder / "person.key"
    password.write_text("secret\n")
    key.write_text("00" * 32 + "\n")
    (folder / "credentials.json").write_text(json.dumps({"kiosk-01": "secret"}))
    return {"password": password, "key": key, "credentials": folder / "credentials.json"}


def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def kiosk_arguments(folder: Path, *more: str) -> list[str]:
    given = files(folder)
    return [
        *("-m", "kiosk", "--client", "kiosk-01", "--broker", f"127.0.0.1:{closed_port()}"),
        *("--password-file", str(given["password"]), "--person-key-file", str(given["key"])),
        *("--state-dir", str(folder / "state"), "--record", str(folder / "record.jsonl")),
        *more,
    ]


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=STARTS_WITHIN_S,
        check=False,
    )


@pytest.mark.slow
def test_without_a_hall_it_says_so_and_a_signal_ends_it_with_all_it_made(tmp_path: Path):
    devices, shots = tmp_path / "devices", tmp_path / "shots"
    process = subprocess.Popen(
        [
            sys.executable,
            *kiosk_arguments(tmp_path, "--simulated-devices", str(devices)),
            *("--shots", str(shots), "--autopilot", "3"),
        ],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stderr=subprocess.PIPE,
        text=True,
    )
    pause = threading.Event()
    try:
        gives_up_s = time.monotonic() + STARTS_WITHIN_S
        stale = shots / "kiosk-outofservice-stale.png"
        while not stale.exists() and time.monotonic() < gives_up_s:
            pause.wait(0.1)
        assert stale.exists(), "no picture that says that the hall is away"
        assert (devices / "printer").exists()
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=ENDS_WITHIN_S)
    finally:
        process.kill()
    assert process.returncode == 0, complaints
    assert "Traceback" not in complaints
    assert "bug:" not in complaints
    assert not (devices / "printer").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ([], "--printer PORT"),
        (["--printer", "/dev/null", "--autopilot", "1"], "--autopilot needs"),
        (["--printer", "/dev/null", "--time-zone", "Nowhere/At All"], "no such time zone"),
        (["--printer", "/dev/null", "--tags", "/no/such/file"], "No such file"),
        (["--printer", "/dev/null", "--scanner", "a", "--camera", "0"], "not allowed with"),
        (["--printer", "/dev/null", "--client", "pad-01"], "expected kiosk-N"),
    ],
)
def test_a_wrong_command_line_is_refused_with_a_sentence(
    tmp_path: Path, more: list[str], says: str
):
    ended = run(kiosk_arguments(tmp_path, *more))
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_crowd_whose_hall_is_away_is_ended_by_a_signal(tmp_path: Path):
    given = files(tmp_path)
    process = subprocess.Popen(
        [
            sys.executable,
            *("-m", "kiosk.crowd", "--kiosks", "kiosk-01", "--people", "1", "--until-done"),
            *("--broker", f"127.0.0.1:{closed_port()}"),
            *("--credentials", str(given["credentials"])),
            *("--person-key-file", str(given["key"])),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert b"ask the hall" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(ENDS_WITHIN_S) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_crowd_refuses_kiosks_without_a_credential(tmp_path: Path):
    given = files(tmp_path)
    ended = run(
        [
            *("-m", "kiosk.crowd", "--kiosks", "kiosk-01,kiosk-77"),
            *("--broker", "127.0.0.1:1", "--credentials", str(given["credentials"])),
            *("--person-key-file", str(given["key"])),
        ]
    )
    assert ended.returncode == 2
    assert "kiosk-77" in ended.stderr
    assert "secret" not in ended.stderr
