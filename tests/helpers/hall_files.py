"""Hall files for tests: a small one that is right, and ways to make it wrong."""

from pathlib import Path

from hallserver.config import ConfigError, Mistake, parse_plan

EXAMPLE = Path(__file__).parents[2] / "examples" / "shaoyang.toml"

SMALL_HALL = """\
[hall]
id = "small"
title = { zh = "小大厅", en = "Small hall" }

[rules]
timezone = "Asia/Shanghai"
business_day_starts = "04:30"

[[zone]]
id = "ground"
name = { zh = "一楼", en = "Ground floor" }
floor = 1

[[zone]]
id = "upper"
name = { zh = "二楼", en = "Upper floor" }
floor = 2

[[department]]
id = "police"
name = { zh = "公安局", en = "Police" }

[[department]]
id = "tax"
name = { zh = "税务局", en = "Tax" }

[[service]]
id = "passport"
name = { zh = "护照", en = "Passport" }
initials = "hz"
department = "police"
zone = "ground"
prefix = "A"

[[service]]
id = "invoice"
name = { zh = "发票", en = "Invoice" }
initials = "fp"
department = "tax"
zone = "upper"
prefix = "B"
start = 101
width = 4

[[counter]]
id = 1
zone = "ground"
services = ["passport"]

[[counter]]
id = 2
zone = "upper"
services = ["invoice"]
floor = 3

[[counter]]
id = 7
zone = "ground"
label = { zh = "综合窗口", en = "All matters" }
comprehensive = true
services = [
  "passport",
  "invoice",
]

[[clerk]]
id = "li.ming"
name = { zh = "李明", en = "Li Ming" }
staff_number = "0007"
password_hash = "scrypt$16384$8$1$AAECAwQFBgcICQoLDA0ODw==$\
AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

[[kiosk]]
id = "kiosk-01"
zone = "upper"
place = { zh = "门口", en = "Door" }

[[callscreen]]
id = "callscreen-01"
zones = ["ground", "upper"]
place = { zh = "墙上", en = "Wall" }
"""


def changed(old: str, new: str, text: str = SMALL_HALL) -> str:
    """Replace the first `old` by `new`; it must be there, or the test tests nothing."""
    if old not in text:
        raise ValueError(f"{old!r} is not in the hall file")
    return text.replace(old, new, 1)


def mistakes_of(text: str) -> tuple[Mistake, ...]:
    """Return the mistakes of a hall file, none when it loads."""
    try:
        parse_plan(text.encode())
    except ConfigError as error:
        return error.mistakes
    return ()


def line_with(text: str, part: str) -> int:
    """Return the number of the first line that holds `part`."""
    return text[: text.index(part)].count("\n") + 1
