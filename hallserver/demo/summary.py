"""The demo's result: a table for people, `summary.json` for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hallserver.demo.audit import Findings, Line, Row, call_latencies_ms, waiting_ms
from hallserver.demo.figures import percentile


@dataclass(frozen=True, slots=True)
class Summary:
    """What came out of a run. Durations are real milliseconds; `speed` divided people's own."""

    findings: Findings
    waiting: list[float]
    call_to_screen: list[float]
    issue: list[float]
    speed: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures under the names that programs read."""
        found = self.findings
        return {
            "tickets": found.tickets,
            "calls": found.calls,
            "no_shows": found.no_shows,
            "ratings": found.ratings,
            "duplicates": found.duplicates,
            "lost": found.lost,
            "double_called": found.double_called,
            "wrong_papers": found.wrong_papers,
            "papers": found.papers,
            "acknowledged": found.acknowledged,
            "complaints": found.complaints,
            "speed": self.speed,
            "waiting_ms": _shares(self.waiting, {"p50": 0.5, "p90": 0.9}),
            "call_to_screen_ms": _shares(self.call_to_screen, {"p50": 0.5, "p99": 0.99}),
            "issue_ms": _shares(self.issue, {"p50": 0.5, "p99": 0.99}),
        }

    def table(self) -> str:
        """Return the table that ends a demo."""
        found = self.findings
        drawn = len(self.call_to_screen)
        rows = [
            ("tickets", str(found.tickets), f"{found.papers} papers, each code its own ticket's"),
            ("calls", str(found.calls), ""),
            ("no-shows", str(found.no_shows), ""),
            ("ratings", str(found.ratings), ""),
            ("waiting p50 / p90", self._waiting(), "printed to called, in the hall's own time"),
            (
                "call to screen p50 / p99",
                _pair(self.call_to_screen),
                f"{drawn} calls, key to frame",
            ),
            ("issue p50 / p99", _pair(self.issue), "kiosk sends to number on disk and back"),
            ("duplicates", str(found.duplicates), "numbers, papers and ratings counted apart"),
            ("lost", str(found.lost), f"{found.acknowledged} acknowledgements looked up"),
            ("double calls", str(found.double_called), "by the clerks' records and the journal"),
            ("wrong papers", str(found.wrong_papers), ""),
        ]
        lines = [f"  {name:<26}{value:>18}   {note}".rstrip() for name, value, note in rows]
        checked = (
            "Checked by an auditor with a model of its own: what kiosks, clerks and screens were\n"
            "told, line by line, against the journal on disk."
        )
        complaints = [f"  ! {text}" for text in found.complaints[:20]]
        return "\n".join([*lines, "", checked, *complaints])

    def _waiting(self) -> str:
        shares = [percentile(self.waiting, share) for share in (0.5, 0.9)]
        scale = (self.speed or 1) / 60_000
        return (
            " / ".join("-" if each is None else f"{each * scale:.1f}" for each in shares) + " min"
        )


def summarise(
    findings: Findings, records: Sequence[Row], journal: Sequence[Line], speed: float
) -> Summary:
    """Draw the figures from the clients' records and the journal."""
    return Summary(
        findings=findings,
        waiting=waiting_ms(journal),
        call_to_screen=call_latencies_ms(records),
        issue=[row["issue_ms"] for row in records if row["kind"] == "reserved"],
        speed=speed,
    )


def _shares(values: Sequence[float], shares: dict[str, float]) -> dict[str, float | None]:
    found = {name: percentile(values, share) for name, share in shares.items()}
    return {name: None if each is None else round(each, 3) for name, each in found.items()}


def _pair(values: Sequence[float]) -> str:
    shares = [percentile(values, share) for share in (0.5, 0.99)]
    return " / ".join("-" if each is None else f"{each:.1f}" for each in shares) + " ms"
