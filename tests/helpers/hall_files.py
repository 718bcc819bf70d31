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

_RULES = """\
[rules]
policy = "fair"
schedule = "office"
reinstate = "after"
reinstate_after = 2
transfer_place = "kept"
return_place = "head"
morning_report = "08:15"
"""

_QUOTAS = """\
schedule = "office"
quota_day = 90
quota_morning = 60
quota_afternoon = 50
target_s = 900
reinstate = "end"
night_tickets = true
appointments = { slot_min = 30, capacity = 2, days_ahead = 7, early_min = 10, late_min = 20 }
"""

_MORE = """
[[service]]
id = "review"
name = { zh = "审核", en = "Review" }
initials = "sh"
department = "tax"
zone = "upper"
prefix = "C"

[[service]]
id = "photo"
name = { zh = "照相", en = "Photo" }
initials = "zx"
department = "police"
zone = "ground"
prefix = "D"

[[counter]]
id = 8
zone = "upper"
services = ["review"]
back_office = true

[[counter]]
id = 9
zone = "ground"
services = ["photo", "passport"]
policy = "weighed"
green_channel = ["passport"]
weights = { photo = 2, passport = 1 }

[[priority]]
id = "veteran"
name = { zh = "退役军人", en = "Veterans" }

[[priority]]
id = "elderly"
name = { zh = "老年人", en = "Elderly" }
min_age = 65

[[policy]]
id = "fair"
order = "target"
mix = "ratio"
ratio = "3:1"
ageing_s = 1800

[[policy]]
id = "weighed"
order = "weight"
mix = "strict"
ageing_s = false

[[schedule]]
id = "office"
workdays = ["09:00-12:00", "13:00-17:00"]
fri = ["09:00-12:00"]
last_ticket_min = 20
keeps_holidays = true

[[schedule]]
id = "long"
daily = ["08:00-24:00"]
sun = []

[calendar]
holidays = "china"
days_off = [2026-03-02]
working_days = [2026-01-03]

[[guide]]
id = "guide-01"
place = { zh = "咨询台", en = "Desk" }

[[console]]
id = "console-01"
place = { zh = "值班室", en = "Office" }

[[gateway]]
id = "gateway-01"
place = { zh = "机房", en = "Server room" }

[[item]]
id = "start-up"
name = { zh = "开办企业", en = "Start a company" }
steps = [
  { service = "invoice", kind = "front", promised_min = 30 },
  { service = "review", kind = "back", promised_min = 240 },
  { service = "passport", kind = "window" },
]
materials = [{ zh = "身份证", en = "Identity card" }, { zh = "章程", en = "Articles" }]

[[tidal]]
id = "busy-photo"
services = ["photo"]
counter = 1
waiting_over = 10
waited_over_s = 1200
"""

FULL_HALL = (
    SMALL_HALL.replace("[rules]\n", _RULES)
    .replace("width = 4\n", f"width = 4\n{_QUOTAS}")
    .replace('Hh8="\n', 'Hh8="\npermissions = ["supervise"]\n')
    + _MORE
)
"""The small hall with every table and every rule that a hall file may have."""


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
