"""The class that a visitor has by age alone, found where the card is read.

The date of birth goes no further than this: neither it nor the age is kept or told.
"""

from datetime import date

from hallserver.protocol.ids import BusinessDay, PriorityId
from hallserver.protocol.snapshots import Catalog, HallLoad


def age_on(birth: date, day: date) -> int:
    """Count the whole years on a day; who was born on 29 February is older on 1 March."""
    has_come = (day.month, day.day) >= (birth.month, birth.day)
    return day.year - birth.year - (not has_come)


def class_by_age(birth: date, catalog: Catalog | None, load: HallLoad | None) -> PriorityId | None:
    """Return the highest class of the hall that the age gives; None for most people.

    The day is the hall's, not this machine's; before the hall has told it nobody has a class.
    """
    if catalog is None or load is None or load.day is None:
        return None
    age = age_on(birth, _date(load.day))
    by_age = (p.id for p in catalog.priorities if p.min_age is not None and age >= p.min_age)
    return next(by_age, None)


def _date(day: BusinessDay) -> date:
    return date(int(day[:4]), int(day[4:6]), int(day[6:]))
