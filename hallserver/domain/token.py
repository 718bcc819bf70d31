"""The tokens in QR codes: the id of a ticket or an appointment, signed by the hall. No person.

`JH1.20261123-A023.<16 characters>` is a ticket, `JA1.20261125-0042.<16 characters>` an appointment:
only characters of a QR code's alphanumeric mode (ISO/IEC 18004, table 5), which keeps the code
small and easy to read.
"""

import base64
import hmac

from hallserver.protocol.ids import (
    AppointmentId,
    AppointmentToken,
    BusinessDay,
    TicketId,
    TicketToken,
)

PREFIX = "JH1"
APPOINTMENT_PREFIX = "JA1"
_TAG_BYTES = 10


def sign(ticket: TicketId, key: bytes) -> TicketToken:
    """Make the token of a ticket."""
    return TicketToken(_sign(PREFIX, ticket, ticket.encode(), key))


def verify(token: TicketToken, key: bytes) -> TicketId | None:
    """Return the ticket of a genuine token, None for anything else."""
    ticket = _id_in(PREFIX, token)
    if ticket is None or not _is_same(sign(TicketId(ticket), key), token):
        return None
    return TicketId(ticket)


def sign_appointment(appointment: AppointmentId, key: bytes) -> AppointmentToken:
    """Make the token of an appointment. What is signed can be no ticket's id."""
    signed = f"{APPOINTMENT_PREFIX}.{appointment}".encode()
    return AppointmentToken(_sign(APPOINTMENT_PREFIX, appointment, signed, key))


def verify_appointment(token: AppointmentToken, key: bytes) -> AppointmentId | None:
    """Return the appointment of a genuine token, None for anything else."""
    appointment = _id_in(APPOINTMENT_PREFIX, token)
    if appointment is None or not _is_same(
        sign_appointment(AppointmentId(appointment), key), token
    ):
        return None
    return AppointmentId(appointment)


def day_of(ticket: TicketId | AppointmentId) -> BusinessDay:
    """Read the business day off the id of a ticket or an appointment."""
    return BusinessDay(ticket.partition("-")[0])


def _sign(prefix: str, of: str, signed: bytes, key: bytes) -> str:
    """HMAC-SHA-256 (RFC 2104), cut to 80 bits, in base 32."""
    digest = hmac.digest(key, signed, "sha256")[:_TAG_BYTES]
    return f"{prefix}.{of}.{base64.b32encode(digest).decode()}"


def _id_in(prefix: str, token: str) -> str | None:
    found, _, rest = token.partition(".")
    signed, _, _tag = rest.rpartition(".")
    return signed if found == prefix and signed and token.isascii() else None


def _is_same(expected: str, token: str) -> bool:
    return hmac.compare_digest(expected.encode(), token.encode())
