"""One row of a reporting table, written for one event."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement


@dataclass(frozen=True, slots=True)
class Change:
    """One row written. Changes with different keys may be written in any order."""

    statement: ClauseElement
    key: str
    values: dict[str, Any]
