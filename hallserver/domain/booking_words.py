"""What is said about appointments where the code's own sentence does not say enough."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hallserver.domain.calendar import date_of
from hallserver.domain.slots import Slot
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text
from hallserver.protocol.ids import BusinessDay, TicketNumber

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)

CANCELLED = Text(
    "此预约已取消，请直接取号。", "This appointment was cancelled. Please take a number."
)
GIVEN_UP = Text(
    "您已取消今天签到取得的号码，如需办理请重新取号。",
    "You gave the number of this appointment up. Please take a new number if you need one.",
)
UNKNOWN = Text("没有查到这个预约。", "This appointment was not found.")
OVER = Text("该预约时段已过，不能再取消。", "Its time has passed; it can no longer be cancelled.")


def bookable(today: BusinessDay, days_ahead: int) -> Text:
    """Say from when until when a service can be booked."""
    first, last = date_of(today), date_of(today) + timedelta(days=days_ahead)
    return Text(
        f"此事项可预约{first.month}月{first.day}日至{last.month}月{last.day}日，请选择其中一天。",
        f"This service can be booked from {first} to {last}. Please choose one of these days.",
    )


def instead(code: RejectionCode, free: Sequence[Slot]) -> Text:
    """Say what else is free on that day."""
    why = SENTENCES[code]
    if not free:
        return Text(f"{why.zh}当天已无空位。", f"{why.en} Nothing is free any more on that day.")
    zh = "、".join(slot.name for slot in free)
    en = ", ".join(slot.name for slot in free)
    return Text(f"{why.zh}相近的空位：{zh}。", f"{why.en} Free nearby: {en}.")


def already_booked(slot: str) -> Text:
    """Say when the person has booked."""
    return Text(
        f"当天{slot}已预约过此事项，请按时前来，或先取消原预约。",
        f"This service is booked for {slot} on that day. Please come then, or cancel it.",
    )


def too_early(from_ms: int, opens_ms: int, timezone: str) -> Text:
    """Say when to come back."""
    begins, opens = _clock(from_ms, timezone), _clock(opens_ms, timezone)
    return Text(
        f"您预约的时间是{begins}，{opens}起可以签到，请届时再来。",
        f"Your appointment is at {begins}. Please check in from {opens} on.",
    )


def other_day(day: BusinessDay, slot: str | None) -> Text:
    """Say on which day the appointment is, or was."""
    on = date_of(day)
    return Text(
        f"您预约的是{on.month}月{on.day}日{slot or ''}，请在当天签到。",
        f"Your appointment is on {on}{f' at {slot}' if slot else ''}. Please check in on that day.",
    )


def already_checked_in(number: TicketNumber) -> Text:
    """Say which number the person has."""
    return Text(
        f"您的预约已签到，号码是{number}，请留意叫号。",
        f"You have checked in already: your number is {number}. Please listen for your call.",
    )


def _clock(wall_ms: int, timezone: str) -> str:
    local = (_UNIX + timedelta(milliseconds=wall_ms)).astimezone(ZoneInfo(timezone))
    return f"{local:%H:%M}"
