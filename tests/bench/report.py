"""The figures of one run, printed as they come and saved as JSON and as a table."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.measure import Figure, figure
from tests.bench.rounds import Samples
from tests.bench.stand import OURS, THIN

FLOOR = "floor"
LEAST, MOST = 1_000, 5_000_000
"""Tickets of earlier days that `ratio.history_5m_to_1k` compares."""

_NAMES = {
    "commit": "commit of a reservation's rows",
    "echo": "round trip to an echo",
    "echo_crowd": "round trip to an echo, 30 at once",
    "issue": "issue: command to durable reply",
    "issue_crowd": "issue, 30 kiosks at once",
    "call": "call: command to its screen",
    "call_reply": "call: command to durable reply",
    "call_crowd": "call to its screen, 92 counters at once",
    "call_crowd_reply": "call to reply, 92 counters at once",
    "fan_out": "call to the last of 130 screens",
}
_HEAD = ("", "", "p50 ms", "p99 ms", "max ms", "per s", "p50 ratio", "p99 ratio", "throughput")

Row = tuple[str, ...]


class Report:
    """Collects; `save` writes bench.json and bench.md."""

    KINDS = ("issue", "issue_crowd", "call", "call_reply", "call_crowd", "call_crowd_reply")

    def __init__(self, machine: Mapping[str, str]) -> None:
        self._machine = machine
        self._rows: list[Row] = []
        self._memory: dict[str, float] = {}
        self._figures: dict[str, dict[str, object]] = {}
        self._ratio: dict[str, float | None] = {}
        self._starts_s: dict[int, float] = {}
        self._history: dict[int, tuple[Figure, Figure]] = {}
        self._gigabytes: dict[int, float] = {}
        for name, value in machine.items():
            print(f"{name:12} {value}")
        print(_line(_HEAD), flush=True)

    def floor(self, kind: str, measured: Figure) -> None:
        """Note what no program can be faster than."""
        self._add(kind, FLOOR, measured)

    def compare(self, kind: str, of_thin: Samples, of_ours: Samples) -> None:
        """Note what the thin program and the server took for the same."""
        one, other = (as_figure(kind, each) for each in (of_thin, of_ours))
        ratios = {
            "p50": other.at(0.5) / one.at(0.5),
            "p99": other.at(0.99) / one.at(0.99),
            "throughput": other.per_s / one.per_s,
        }
        self._ratio |= {f"{kind}_{name}": round(value, 3) for name, value in ratios.items()}
        self._add(kind, THIN, one)
        self._add(kind, OURS, other, tuple(f"{value:.2f}" for value in ratios.values()))

    def start(self, tickets: int, measured: Figure) -> None:
        """Note how long a start takes; the middle one counts."""
        self._starts_s[tickets] = round(measured.at(0.5) / 1_000, 3)
        self._add(measured.name, OURS, measured)

    def history_size(self, tickets: int, gigabytes: float) -> None:
        """Note how large a journal is."""
        self._gigabytes[tickets] = round(gigabytes, 3)
        print(f"journal with {tickets:,} tickets of earlier days: {gigabytes:.3f} GB", flush=True)

    def history(self, tickets: int, call: Samples, issue: Samples) -> None:
        """Note what a call and a reservation take with so many tickets of earlier days."""
        behind = f"with {tickets:,} tickets of earlier days"
        figures = as_figure(f"call {behind}", call), as_figure(f"issue {behind}", issue)
        self._history[tickets] = figures
        for each in figures:
            self._add(each.name, OURS, each)

    def alone(self, kind: str, measured: Figure) -> None:
        """Note what the server takes where there is nothing to compare it with."""
        self._add(kind, OURS, measured)

    def memory(self, when: str, rss_mb: float) -> None:
        """Note how much memory a program has."""
        self._memory[when] = round(rss_mb, 1)
        print(f"memory {when}: {rss_mb:.0f} MB", flush=True)

    def save(self, directory: Path) -> None:
        """Write both files."""
        (directory / "bench.json").write_text(json.dumps(self.as_json(), indent=2) + "\n")
        (directory / "bench.md").write_text(self.as_markdown(), "utf-8")
        for name, value in self._headline().items():
            print(f"ratio.{name} {value}")
        print(f"saved in {directory}: bench.json, bench.md", flush=True)

    def as_json(self) -> dict[str, object]:
        """The ratios by the names under which they are asked for, then everything."""
        return {
            "ratio": {**self._headline(), "all": self._ratio},
            "start_5000_s": self._starts_s.get(5_000),
            "start_100000_s": self._starts_s.get(100_000),
            "history_gb": self._gigabytes,
            "memory_mb": self._memory,
            "machine": self._machine,
            "figures": self._figures,
        }

    def _headline(self) -> dict[str, float | None]:
        throughput = [
            value
            for kind in ("issue_crowd", "call_crowd")
            if (value := self._ratio.get(f"{kind}_throughput")) is not None
        ]
        return {
            "issue_p50": self._ratio.get("issue_p50"),
            "issue_p99": self._ratio.get("issue_p99"),
            "call_p50": self._ratio.get("call_p50"),
            "call_p99": self._ratio.get("call_p99"),
            # Of issuing and of calling, the worse one.
            "concurrent_throughput": min(throughput, default=None),
            "history_5m_to_1k": self._history_ratio(),
        }

    def _history_ratio(self) -> float | None:
        if LEAST not in self._history or MOST not in self._history:
            return None
        (few, _), (many, _) = self._history[LEAST], self._history[MOST]
        return round(many.at(0.5) / few.at(0.5), 3)

    def as_markdown(self) -> str:
        """Say the same for people."""
        return (
            "\n\n".join(
                (
                    "# What the server takes, beside its floors and the thinnest correct program",
                    table(("", ""), list(self._machine.items())),
                    table(_HEAD, self._rows),
                    table(("ratio", ""), [(name, str(v)) for name, v in self._headline().items()]),
                    table(("start with so many tickets today", "s"), _pairs(self._starts_s)),
                    table(
                        ("journal with so many tickets of earlier days", "GB"),
                        _pairs(self._gigabytes),
                    ),
                    table(("memory", "MB"), _pairs(self._memory)),
                )
            )
            + "\n"
        )

    def _add(self, kind: str, of: str, measured: Figure, ratios: Row = ("", "", "")) -> None:
        self._figures[f"{kind} {of}"] = {
            "p50_ms": round(measured.at(0.5), 3),
            "p99_ms": round(measured.at(0.99), 3),
            "max_ms": round(measured.at(1.0), 3),
            "per_s": round(measured.per_s, 1),
            "count": len(measured.ms),
        }
        shown = tuple(f"{measured.at(share):.2f}" for share in (0.5, 0.99, 1.0))
        row = (_NAMES.get(kind, kind), of, *shown, f"{measured.per_s:,.0f}", *ratios)
        self._rows.append(row)
        print(_line(row), flush=True)


def as_figure(name: str, samples: Samples) -> Figure:
    """Sort what was measured."""
    return figure(name, samples.ms, samples.took_s)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _pairs(values: Mapping[int, float] | Mapping[str, float]) -> list[Row]:
    return [
        (f"{key:,}" if isinstance(key, int) else key, f"{value:.2f}")
        for key, value in values.items()
    ]


def _line(row: Sequence[str]) -> str:
    first, of, *rest = row
    return f"{first:52} {of:6}" + "".join(f"{each:>11}" for each in rest)
