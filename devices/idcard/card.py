"""What a card said, in a form that does not leak into logs."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique


@unique
class CardKind(StrEnum):
    """The four cards that one reader reads."""

    CITIZEN = "citizen"  # 居民身份证
    HMT_RESIDENT = "hmt_resident"  # 港澳台居民居住证
    FOREIGNER_2017 = "foreigner_2017"  # 外国人永久居留身份证, 2017 form
    FOREIGNER_2023 = "foreigner_2023"  # the same, 2023 form ("五星卡")


@unique
class Sex(StrEnum):
    """GB/T 2261.1 codes as printed in the text block."""

    UNKNOWN = "0"
    MALE = "1"
    FEMALE = "2"
    UNSPECIFIED = "9"


@dataclass(frozen=True, slots=True, repr=False)
class IdentityCard:
    """The few fields that the hall uses; address, nation and photo never get this far.

    `name` is the Chinese name, or the Latin one if the card has no other. `valid_until` is None
    for 长期 (without end). Its repr, str and format show the kind and nothing of the person.
    """

    kind: CardKind
    name: str
    latin_name: str  # empty on the two Chinese forms
    id_number: str
    sex: Sex
    birth: date
    valid_from: date
    valid_until: date | None

    def __repr__(self) -> str:
        return f"<IdentityCard {self.kind.value}>"

    def is_valid_on(self, day: date) -> bool:
        """Whether the card may be used on `day`."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
