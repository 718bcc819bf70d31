"""The journal folded from its beginning, against what the clients of the live server see."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hallserver.domain.events import Recorded, decode_event
from hallserver.domain.instant import Now
from hallserver.domain.plan import HallPlan
from hallserver.hall import Hall
from hallserver.protocol.ids import BusinessDay, ClientId, CommandId, Epoch
from hallserver.protocol.snapshots import Published
from hallserver.torture.clients import topic_of
from hallserver.torture.journal import Line

Seen = Mapping[str, Mapping[str, Any]]
"""What one client saw last, by topic."""


def folded(plan: HallPlan, lines: Sequence[Line]) -> Hall:
    """Fold the open business day."""
    hall = Hall(plan, b"", lambda _account, _password: False)
    opened = max((at for at, line in enumerate(lines) if line.type == "DayOpened"), default=0)
    for line in lines[opened:]:
        hall.apply(_recorded(line))
    if lines:
        hall.tick(Now(lines[-1].wall_ms, lines[-1].elapsed_ms))
    return hall


def _recorded(line: Line) -> Recorded:
    return Recorded(
        seq=line.seq,
        epoch=Epoch(line.epoch),
        day=BusinessDay(line.day),
        wall_ms=line.wall_ms,
        elapsed_ms=line.elapsed_ms,
        client=ClientId(line.client),
        command=None if line.command_id is None else CommandId(line.command_id),
        event=decode_event(msgspec.json.encode(line.body)),
    )


def check_fold(plan: HallPlan, lines: Sequence[Line], seen: Mapping[str, Seen]) -> Iterator[str]:
    """Yield where two folds differ from each other, or from what a client sees now."""
    hall, again = folded(plan, lines), folded(plan, lines)
    shown = _shown(hall)
    if shown != _shown(again):
        yield "the journal folded twice shows two states"
    for part in ("tickets", "desks", "reminders"):
        if getattr(hall.state, part) != getattr(again.state, part):
            yield f"the journal folded twice gives other {part}"
    for client, topics in seen.items():
        for topic, snapshot in topics.items():
            if topic not in shown:
                continue
            if snapshot_body(snapshot) != shown[topic]:
                how = _differing(snapshot, shown[topic])
                yield f"{client} sees {topic} otherwise than the journal: {how}"


def _shown(hall: Hall) -> dict[str, Any]:
    return {topic_of(each): snapshot_body(_builtins(each)) for _, each in hall.everything(Epoch(0))}


def _builtins(snapshot: Published) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(snapshot))
    return found


def snapshot_body(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a snapshot says, without when it said so."""
    said = {name: value for name, value in snapshot.items() if name not in ("epoch", "version")}
    if "pending" in said:
        # How old a call was when the snapshot was made.
        said["pending"] = [{**each, "age_ms": None} for each in said["pending"]]
    return said


def _differing(snapshot: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} is {_cut(snapshot.get(name))} and not {_cut(value)}"
        for name, value in expected.items()
        if snapshot.get(name) != value and name != "pending"
    )


def _cut(value: object) -> str:
    return str(value)[:120]
