"""Refusals that say when to come again, in Chinese and in English."""

from datetime import date, datetime

from hallserver.domain.availability import Availability
from hallserver.domain.calendar import HalfDay, business_day, date_of
from hallserver.domain.plan import Service
from hallserver.domain.state import HallState
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


def moment_text(at: datetime) -> Text:
    """Say date and time: "11月24日（星期二）9:00", "Tue 24 Nov, 9:00"."""
    return Text(f"{_date_zh(at)}{_time(at)}", f"{_date_en(at)}, {_time(at)}")


def valid_from_text(state: HallState, valid_from_ms: int) -> Text:
    """Say from when on a night ticket is called."""
    when = moment_text(state.hours.local(valid_from_ms))
    return Text(f"本号{when.zh}起叫号", f"Called from {when.en} on")


def closed_text(state: HallState, service: Service, found: Availability, wall_ms: int) -> Text:
    """Say that no number is given at this hour, and when to come."""
    if found.again_ms is None:
        return SENTENCES[RejectionCode.CLOSED_NOW]
    now, again = state.hours.local(wall_ms), state.hours.local(found.again_ms)
    if again.date() == now.date():
        at = _time(again)
        return Text(f"现在不能取号，今天{at}起可以取号。", f"Numbers are given from {at} today.")
    when = moment_text(again)
    if state.hours.is_open_on(state.plan.schedule_of(service.id), now.date()):
        return Text(
            f"今天已停止取号，请于{when.zh}再来。",
            f"No more numbers today. Please come on {when.en}.",
        )
    return Text(
        f"今天不办理此事项，请于{when.zh}再来。",
        f"This service is not offered today. Please come on {when.en}.",
    )


def used_up_text(state: HallState, found: Availability) -> Text:
    """Say that the numbers are taken, of which day, and when there are others."""
    if found.again_ms is None:
        return SENTENCES[RejectionCode.NUMBERS_USED_UP]
    again = state.hours.local(found.again_ms)
    is_today = found.day == state.numbering.day
    is_for_afternoon = (
        found.half is HalfDay.MORNING
        and business_day(found.again_ms, state.plan.rules) == found.day
    )
    when = moment_text(again)
    if is_today and is_for_afternoon:
        at = _time(again)
        return Text(
            f"此事项今天上午的排队号已取完，{at}起可取下午的号。",
            "This morning's numbers for this service are all taken. "
            f"Numbers for the afternoon are given from {at}.",
        )
    if is_today:
        return Text(
            f"此事项今天的排队号已取完，请于{when.zh}再来。",
            f"All numbers of this service are taken for today. Please come on {when.en}.",
        )
    on = date_of(found.day)
    part = Text("上午", " (morning)") if is_for_afternoon else Text("", "")
    return Text(
        f"此事项{_date_zh(on)}{part.zh}的排队号已取完，请于{when.zh}再来。",
        f"All numbers of this service for {_date_en(on)}{part.en} are taken. "
        f"Please come on {when.en}.",
    )


def _date_zh(on: date) -> str:
    return f"{on.month}月{on.day}日（星期{_WEEKDAYS_ZH[on.weekday()]}）"


def _date_en(on: date) -> str:
    return f"{_WEEKDAYS_EN[on.weekday()]} {on.day} {_MONTHS_EN[on.month - 1]}"


def _time(at: datetime) -> str:
    return f"{at.hour}:{at.minute:02}"
