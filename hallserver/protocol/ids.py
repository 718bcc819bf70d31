"""Names of things, one type each, so that a counter cannot be passed where a service is meant."""

from typing import NewType

HallId = NewType("HallId", str)
ZoneId = NewType("ZoneId", str)
DepartmentId = NewType("DepartmentId", str)
ServiceId = NewType("ServiceId", str)
CounterId = NewType("CounterId", int)
"""The number on the counter's sign: 12 for "12号窗口"."""
ClerkId = NewType("ClerkId", str)
"""A clerk's account name."""
ClientId = NewType("ClientId", str)
"""A network peer, as the broker knows it: `kiosk-01`, `counter-12`, `pad-12`, `callscreen-03`."""
TicketId = NewType("TicketId", str)
"""Business day and number, `20261123-A023`: unique for ever, readable in a log."""
TicketNumber = NewType("TicketNumber", str)
"""What is printed and called: `A023`."""
TicketToken = NewType("TicketToken", str)
"""What the ticket's QR code holds: the ticket's id and a signature of the hall."""
PersonKey = NewType("PersonKey", str)
"""Keyed hash of a person's ID number, 32 hex digits. The number itself never travels."""
CommandId = NewType("CommandId", str)
"""Chosen by the client before it sends; the same id always gets the same answer."""
BusinessDay = NewType("BusinessDay", str)
"""`YYYYMMDD` of the hall's own day, which begins at the boundary that the hall configures."""
Epoch = NewType("Epoch", int)
"""Counts the starts of the hall server; part of every snapshot's version."""
PriorityId = NewType("PriorityId", str)
"""A class of visitors who are called sooner, such as `veteran`; the hall file names them."""
ItemId = NewType("ItemId", str)
"""A matter that several departments settle together (一件事), with a route of steps."""
AppointmentId = NewType("AppointmentId", str)
"""Names one booking: its day and a running number, `20261125-0042`."""
AppointmentToken = NewType("AppointmentToken", str)
"""What the QR code of a booking holds: the appointment's id and a signature of the hall."""
ProposalId = NewType("ProposalId", str)
"""Names one proposal to a supervisor: business day and running number."""
