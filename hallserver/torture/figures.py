"""What a run measured and found, for people and for programs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hallserver.demo.figures import percentile
from hallserver.torture.audit import Findings
from hallserver.torture.harm import Store

ANSWER_WITHIN_S = 3.0
"""The server answers again so soon after its death."""
TAKEOVER_WITHIN_S = 10.0
"""Of two servers, the other one answers so soon after the leader's death."""
SYNC_WITHIN_S = 5.0
"""All clients are in sync so soon after the broker's return."""


@dataclass(slots=True)
class Figures:
    """One run. Durations in seconds."""

    seed: int
    clients: int
    answer_within_s: float = ANSWER_WITHIN_S
    sync_within_s: float = SYNC_WITHIN_S
    server_kills: int = 0
    server_kills_in_start: int = 0
    broker_kills: int = 0
    both: int = 0
    client_kills: int = 0
    standstills: int = 0
    fates: dict[str, int] = field(default_factory=lambda: {store.value: 0 for store in Store})
    stores_set_aside: int = 0
    answer_s: list[float] = field(default_factory=list)
    """From the server's death to an answer; of both: from the later of death and return."""
    sync_s: list[float] = field(default_factory=list)
    """From the broker's return until all clients are in sync."""
    sync_after_server_s: list[float] = field(default_factory=list)
    sync_after_client_s: list[float] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    server_exits: list[int] = field(default_factory=list)
    audits: int = 0
    torn: int = 0
    lives: int = 0
    findings: Findings = field(default_factory=Findings)
    complaints: list[str] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Every promise was kept."""
        return not (self.complaints or self.late)

    def note_answer(self, took_s: float, what: str) -> None:
        """Note how soon the server answered."""
        self.answer_s.append(took_s)
        if took_s > self.answer_within_s:
            self.late.append(f"{what}: the server answered after {took_s:.2f} s")

    def note_sync(self, took_s: float, what: str) -> None:
        """Note how soon all clients were in sync after the broker's return."""
        self.sync_s.append(took_s)
        if took_s > self.sync_within_s:
            self.late.append(f"{what}: the last client was in sync after {took_s:.2f} s")

    def as_json(self) -> dict[str, Any]:
        """Return the figures under the names that programs read."""
        found = self.findings
        return {
            "seed": self.seed,
            "clients": self.clients,
            "took_s": round(self.took_s, 1),
            "load": [round(each, 2) for each in os.getloadavg()],
            "kills": {
                "server": self.server_kills,
                "server_in_start": self.server_kills_in_start,
                "broker": self.broker_kills,
                "both": self.both,
                "client_processes": self.client_kills,
                "standstills": self.standstills,
            },
            "stores": {**self.fates, "set_aside": self.stores_set_aside},
            "answer_s": shares(self.answer_s),
            "sync_s": shares(self.sync_s),
            "sync_after_server_s": shares(self.sync_after_server_s),
            "sync_after_client_s": shares(self.sync_after_client_s),
            "tickets": found.tickets,
            "calls": found.calls,
            "commands": found.commands,
            "acknowledged": found.acknowledged,
            "snapshots": found.seen,
            "untold": found.untold,
            "torn_lines": self.torn,
            "lives": self.lives,
            "audits": self.audits,
            "server_exits": self.server_exits,
            "late": self.late,
            "complaints": self.complaints,
        }

    def table(self) -> str:
        """Return what ends a run."""
        found = self.findings
        fates = ", ".join(f"{count} {name}" for name, count in self.fates.items())
        rows = [
            (
                "server kills",
                str(self.server_kills),
                f"{self.server_kills_in_start} during its start, {self.both} with the broker",
            ),
            ("broker kills", str(self.broker_kills), f"store: {fates}"),
            ("", "", f"{self.stores_set_aside} stores could not be read and were set aside"),
            ("client kills", str(self.client_kills), f"processes; {self.lives} lives of clients"),
            ("standstills", str(self.standstills), "of the server"),
            ("answers again", _words(self.answer_s), f"at most {self.answer_within_s:g} s"),
            ("in sync, broker back", _words(self.sync_s), f"at most {self.sync_within_s:g} s"),
            ("in sync, server killed", _words(self.sync_after_server_s), ""),
            ("in sync, clients killed", _words(self.sync_after_client_s), ""),
            ("acknowledged", str(found.acknowledged), "answers, each looked up in the journal"),
            ("snapshots", str(found.seen), "each held against its line of the journal"),
            ("tickets, calls", f"{found.tickets}, {found.calls}", ""),
            ("untold", str(found.untold), "answers that died in a killed process's hands"),
            ("load", " ".join(f"{each:.1f}" for each in os.getloadavg()), "1, 5, 15 minutes"),
        ]
        lines = [f"  {name:<25}{value:>28}   {note}".rstrip() for name, value, note in rows]
        wrong = [f"  ! {text}" for text in (*self.complaints[:30], *self.late[:30])]
        end = f"seed {self.seed}, {self.took_s:.0f} s, {self.audits} audits: "
        end += (
            "every promise was kept"
            if self.is_sound
            else (f"{len(self.complaints)} complaints, {len(self.late)} times late")
        )
        return "\n".join([*lines, *wrong, end])


def shares(values: Sequence[float]) -> dict[str, float | int | None]:
    """Return count, p50, p99 and the greatest."""
    found = {
        "p50": percentile(values, 0.5),
        "p99": percentile(values, 0.99),
        "max": max(values, default=None),
    }
    rounded = {name: None if each is None else round(each, 3) for name, each in found.items()}
    return {"count": len(values), **rounded}


def _words(values: Sequence[float]) -> str:
    if not values:
        return "-"
    each = [percentile(values, 0.5), percentile(values, 0.99), max(values)]
    return " / ".join(f"{value:.2f}" for value in each if value is not None) + " s"
