"""Made-up cards for simulated people. No number belongs to anybody we know of.

Citizens' numbers carry area codes from 430590 to 430599, which are not assigned ones.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from devices.idcard.card import CardKind, Sex
from devices.idcard.encode import CardContents
from devices.idcard.numbers import check_character

_AREA = "43059"
_FAMILY_NAMES: Final = ("李", "王", "张", "刘", "陈", "杨", "赵", "黄", "欧阳", "䶮", "仝", "尉迟")
_GIVEN_NAMES: Final = (
    *("伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "磊", "洋", "建国", "桂花"),
    # Rare but real in names: extension A, then extensions B, C and E (two UTF-16 units each).
    *("㛃", "㼆", "䶮", "𠮷", "𡖖", "𫍯", "𬀩", "𬘭", "喆", "龑", "玥", "犇"),
)
_LONG_NAMES: Final = ("买买提·阿卜杜拉", "迪丽热巴·迪力木拉提", "扎西·多吉", "阿依古丽·吐尔逊")


@dataclass(frozen=True)
class _Origin:
    latin_name: str
    letters: str  # GB/T 2659, three letters
    digits: str  # the same country in digits


_ORIGINS: Final = (
    _Origin("MILLER, ANNA", "USA", "840"),
    _Origin("O'CONNOR-HUGHES, SEAN PATRICK", "IRL", "372"),
    _Origin("TANAKA, HARUTO", "JPN", "392"),
    # Longer than the 35 characters of the first of the 2023 form's two name fields.
    _Origin("GONZALEZ DE LA VEGA, MARIA DEL CARMEN ROSA", "ESP", "724"),
)
_FIRST_BIRTH, _LAST_BIRTH = date(1935, 1, 1), date(2008, 12, 31)
_FIRST_ISSUE, _LAST_ISSUE = date(2017, 1, 1), date(2025, 6, 30)


def synthetic_card(rng: Random, kind: CardKind | None = None) -> CardContents:
    """Make a card; the same `rng` state makes the same card. Most are citizens' cards."""
    if kind is None:
        kind = rng.choices(list(CardKind), weights=(90, 4, 3, 3))[0]
    birth = _day(rng, _FIRST_BIRTH, _LAST_BIRTH)
    sex = rng.choice((Sex.MALE, Sex.FEMALE))
    valid_from = _day(rng, _FIRST_ISSUE, _LAST_ISSUE)
    sequence = rng.randrange(1, 499) * 2 + (sex is Sex.MALE)  # odd for men, GB 11643
    origin = rng.choice(_ORIGINS)
    is_foreigner = kind in (CardKind.FOREIGNER_2017, CardKind.FOREIGNER_2023)
    is_old = kind is CardKind.CITIZEN and valid_from.year - birth.year >= 46
    return CardContents(
        kind=kind,
        name=_name(rng) if not is_foreigner or rng.random() < 0.5 else "",
        id_number=_number(rng, kind, birth, sequence, origin),
        sex=sex,
        birth=birth,
        valid_from=valid_from,
        # From 46 years of age on a citizen's card is valid without end.
        valid_until=None if is_old else _years_later(valid_from, 10),
        nation=f"{rng.randrange(1, 57):02d}",
        address=f"湖南省邵阳市测试路{rng.randrange(1, 999)}号",
        issuer="邵阳市公安局",
        latin_name=origin.latin_name if is_foreigner else "",
        nationality=origin.letters,
        pass_number=f"H{rng.randrange(10**8):08d}",
        issue_count="01",
    )


def _number(rng: Random, kind: CardKind, birth: date, sequence: int, origin: _Origin) -> str:
    ymd = f"{birth:%Y%m%d}"
    if kind is CardKind.FOREIGNER_2017:
        return f"{origin.letters}4305{ymd[2:]}{sequence % 100:02d}"
    head = {
        CardKind.CITIZEN: f"{_AREA}{rng.randrange(10)}",
        CardKind.HMT_RESIDENT: rng.choice(("810000", "820000", "830000")),
        CardKind.FOREIGNER_2023: f"943{origin.digits}",
    }[kind]
    body = f"{head}{ymd}{sequence:03d}"
    return body + check_character(body)


def _name(rng: Random) -> str:
    if rng.random() < 0.1:
        return rng.choice(_LONG_NAMES)
    return rng.choice(_FAMILY_NAMES) + rng.choice(_GIVEN_NAMES)


def _day(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def _years_later(day: date, years: int) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + years, day=28 if is_leap_day else day.day)
