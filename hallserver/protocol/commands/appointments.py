"""Appointments: booked by another system or a guide, checked in where numbers are taken."""

from typing import Annotated

from msgspec import Meta

from hallserver.protocol.bounds import MAX_ID_CHARS, MAX_TOKEN_CHARS
from hallserver.protocol.commands.base import CommandBase, WirePersonKey, WireServiceId
from hallserver.protocol.ids import AppointmentId, AppointmentToken

WireDay = Annotated[str, Meta(pattern=r"^[0-9]{8}\Z")]
WireSlot = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
WireAppointmentId = Annotated[AppointmentId, Meta(min_length=1, max_length=MAX_ID_CHARS)]
WireAppointmentToken = Annotated[AppointmentToken, Meta(min_length=1, max_length=MAX_TOKEN_CHARS)]


class BookAppointment(CommandBase, frozen=True, tag=True):
    """Book a slot of a service for a person: the business day as `YYYYMMDD`, the slot's beginning
    as `HH:MM`. A person books a service once a day."""

    service: WireServiceId
    day: WireDay
    slot: WireSlot
    person: WirePersonKey


class CancelAppointment(CommandBase, frozen=True, tag=True):
    """Give a booked slot back. Doing it twice changes nothing."""

    appointment: WireAppointmentId


class CancelBooking(CommandBase, frozen=True, tag=True):
    """Give a booked slot back, by the QR code of its booking."""

    token: WireAppointmentToken


class CheckIn(CommandBase, frozen=True, tag=True):
    """Who has an appointment today is here: turn it into a number.

    Exactly one of `token` and `person` is given. With `person`, `service` chooses among several
    appointments; without it the one whose time it is is taken. The number goes on like any other:
    print, then `ConfirmPrinted` or `VoidTicket`.
    """

    token: WireAppointmentToken | None = None
    person: WirePersonKey | None = None
    service: WireServiceId | None = None


class FindAppointments(CommandBase, frozen=True, tag=True):
    """Which appointments does a person have, today and later?"""

    person: WirePersonKey
