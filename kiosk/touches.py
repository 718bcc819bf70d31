"""What QML reports, read as events of the flow. Pure."""

from collections.abc import Callable, Mapping

from hallserver.protocol.ids import DepartmentId, ServiceId, ZoneId
from kiosk.flow import events as ev

MAX_VALUE_CHARS = 64

_PLAIN: Mapping[str, ev.Touch] = {
    "departments": ev.DepartmentsTouched(),
    "search": ev.SearchTouched(),
    "erase": ev.LetterErased(),
    "take_number": ev.TakeNumberTouched(),
    "next_sheet": ev.SheetTouched(1),
    "previous_sheet": ev.SheetTouched(-1),
    "back": ev.BackTouched(),
    "home": ev.HomeTouched(),
    "language": ev.LanguageTouched(),
    "privacy": ev.PrivacyTouched(),
    "forget_card": ev.ForgetCardTouched(),
    "rate": ev.RateTouched(),
    "still_here": ev.Touch(),
}
_WITH_TEXT: Mapping[str, Callable[[str], ev.Touch]] = {
    "zone": lambda value: ev.ZoneTouched(ZoneId(value)),
    "department": lambda value: ev.DepartmentTouched(DepartmentId(value)),
    "service": lambda value: ev.ServiceTouched(ServiceId(value)),
    "letter": lambda value: ev.LetterTouched(value.lower()),
    "tag": ev.TagTouched,
}


def touch_of(name: str, value: object) -> ev.Touch | None:
    """Return what a finger did; None for what this kiosk does not know."""
    if name == "stars" and isinstance(value, int | float):  # JavaScript has one kind of number
        return ev.StarsTouched(int(value))
    if name in _WITH_TEXT and isinstance(value, str) and len(value) <= MAX_VALUE_CHARS:
        return _WITH_TEXT[name](value)
    return _PLAIN.get(name)
