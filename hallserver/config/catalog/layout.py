"""What a catalogue looks like as a workbook: its sheets, their columns, and the words in them."""

from dataclasses import dataclass
from typing import Final

from hallserver.domain.rules import StepKind

MINUTES_A_DAY: Final = 480
"""A promised time in days counts working days of eight hours."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key within the programme, its two names, its width in characters."""

    key: str
    zh: str
    en: str
    width: int
    is_required: bool = True

    @property
    def header(self) -> str:
        """The text of its first cell."""
        return f"{self.zh} {self.en}"


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """A sheet: its key within the programme, its two names, its columns."""

    key: str
    zh: str
    en: str
    columns: tuple[Column, ...]

    @property
    def title(self) -> str:
        """The name on its tab."""
        return f"{self.zh} {self.en}"


ITEMS = SheetLayout(
    "items",
    "事项",
    "Items",
    (
        Column("id", "编号", "id", 24),
        Column("zh", "中文名称", "name zh", 30),
        Column("en", "英文名称", "name en", 40),
    ),
)
STEPS = SheetLayout(
    "steps",
    "步骤",
    "Steps",
    (
        Column("item", "事项编号", "item", 24),
        Column("order", "顺序", "order", 10),
        Column("service", "办理事项", "service", 28),
        Column("kind", "类型", "kind", 12),
        Column("minutes", "承诺分钟", "minutes", 16, is_required=False),
        Column("days", "承诺工作日", "days", 16, is_required=False),
    ),
)
MATERIALS = SheetLayout(
    "materials",
    "材料",
    "Materials",
    (
        Column("item", "事项编号", "item", 24),
        Column("zh", "中文名称", "name zh", 44),
        Column("en", "英文名称", "name en", 60),
    ),
)
SHEETS = (ITEMS, STEPS, MATERIALS)

KINDS: dict[StepKind, str] = {
    StepKind.FRONT: "前台",
    StepKind.BACK: "后台",
    StepKind.WINDOW: "出件",
}
"""How a kind of step is written; its English word is understood too."""


def names_of(thing: Column | SheetLayout) -> tuple[str, ...]:
    """Return the ways to write the name of a sheet or column: both languages, or either."""
    both = thing.header if isinstance(thing, Column) else thing.title
    return both, thing.zh, thing.en
