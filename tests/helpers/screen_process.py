"""A screen's real process on a real broker, and what it wrote about itself."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hallserver.broker import RunningBroker
from hallserver.protocol.ids import ClientId

ROOT = Path(__file__).parent.parent.parent
DEADLINE_S = 30.0


class ScreenProcess:
    """Runs `python -m <module>` offscreen as a client of a broker; ends it with the block."""

    def __init__(
        self, module: str, client: str, broker: RunningBroker, folder: Path, *more: str
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        password = folder / "password"
        password.write_text(broker.passwords[ClientId(client)] + "\n", "utf-8")
        self._record = folder / "record.jsonl"
        self.shots = folder / "shots"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", module, "--client", client),
                *("--broker", f"{broker.host}:{broker.port}"),
                *("--password-file", str(password), "--state-dir", str(folder / "state")),
                *("--record", str(self._record), "--shots", str(self.shots)),
                *more,
            ],
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )

    def noted(self, *kinds: str) -> list[dict[str, object]]:
        """Return the lines of these kinds that were written up to now."""
        if not self._record.exists():
            return []
        text = self._record.read_text("utf-8")
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [line for line in lines if line["kind"] in kinds]

    def until(self, is_done: Callable[[], bool]) -> None:
        """Wait until a condition holds, or fail with what the process said."""
        ends_at = time.monotonic() + DEADLINE_S
        while not is_done():
            assert time.monotonic() < ends_at, f"waited {DEADLINE_S} s; it runs: {self.is_running}"
            assert self.is_running, self.process.communicate()[1]
            select.select([], [], [], 0.01)

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    def end(self) -> tuple[int, str]:
        """Ask the process to stop; return its exit code and what it said."""
        self.process.terminate()
        _, said = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, said

    def __enter__(self) -> "ScreenProcess":
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_running:
            self.process.kill()
        self.process.communicate()
