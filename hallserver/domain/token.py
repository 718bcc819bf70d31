"""The token in a ticket's QR code: the ticket's id, signed by the hall. No personal data.

`JH1.20261123-A023.<16 characters>`: only characters of a QR code's alphanumeric mode
(ISO/IEC 18004, table 5), which keeps the code small and easy to read.
"""

import base64
import hashlib
import hmac

from hallserver.protocol.ids import BusinessDay, TicketId, TicketToken

PREFIX = "JH1"
_TAG_BYTES = 10


def sign(ticket: TicketId, key: bytes) -> TicketToken:
    """Make the token of a ticket: HMAC-SHA-256 (RFC 2104), cut to 80 bits, in base 32."""
    digest = hmac.new(key, ticket.encode(), hashlib.sha256).digest()[:_TAG_BYTES]
    return TicketToken(f"{PREFIX}.{ticket}.{base64.b32encode(digest).decode()}")


def verify(token: TicketToken, key: bytes) -> TicketId | None:
    """Return the ticket of a genuine token, None for anything else."""
    prefix, _, rest = token.partition(".")
    ticket, _, _tag = rest.rpartition(".")
    if prefix != PREFIX or not ticket or not token.isascii():
        return None
    expected = sign(TicketId(ticket), key)
    return TicketId(ticket) if hmac.compare_digest(expected.encode(), token.encode()) else None


def day_of(ticket: TicketId) -> BusinessDay:
    """Read the business day off a ticket's id."""
    return BusinessDay(ticket.partition("-")[0])
