"""Shifts: signing in and out of a counter."""

from hallserver.domain import events as ev
from hallserver.domain.acts.base import OK, Act, Decision, Room, refuse
from hallserver.domain.acts.places import back_in_line, readdress
from hallserver.domain.instant import Now
from hallserver.domain.ticket import Move, may
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, ClientId, CounterId
from hallserver.protocol.replies import Done, SignedIn


def _sign_in(room: Room, client: ClientId, command: c.SignIn, _: Now) -> Decision:
    clerk = room.plan.find_clerk(command.clerk)
    if not room.verify_password(command.clerk, command.password) or clerk is None:
        return refuse(RejectionCode.WRONG_PASSWORD)
    reply = SignedIn(clerk.id, clerk.name)
    if routes.counter_of(client) is None:
        return _staff_in(room, client, reply)
    counter, desk = room.at(client)
    if desk.clerk == clerk.id:
        return Decision(reply)  # the terminal was started anew
    if desk.active is not None:
        return refuse(RejectionCode.COUNTER_TAKEN)
    leaving: tuple[ev.Event, ...] = ()
    if desk.clerk is not None:  # the clerk before forgot to sign out
        leaving = (ev.ClerkSignedOut(counter, desk.clerk),)
    elsewhere = room.state.desk_of_clerk.get(clerk.id)
    if elsewhere is not None:
        left = leave(room, elsewhere, clerk.id)
        if left is None:
            return refuse(RejectionCode.CLERK_ELSEWHERE)
        leaving += left
    return Decision(reply, (*leaving, ev.ClerkSignedIn(counter, clerk.id)))


def _staff_in(room: Room, client: ClientId, reply: SignedIn) -> Decision:
    """Begin at a tablet or console. One person may use several: nothing is called there."""
    before = room.state.staff.get(client)
    if before == reply.clerk:
        return Decision(reply)
    leaving = () if before is None else (ev.StaffSignedOut(client, before),)
    return Decision(reply, (*leaving, ev.StaffSignedIn(client, reply.clerk)))


def leave(room: Room, counter: CounterId, clerk: ClerkId) -> tuple[ev.Event, ...] | None:
    """Return what happens when a clerk leaves a counter; None while someone is served."""
    active = room.state.desks[counter].active
    # Who was sent to this counter alone is not stranded: everybody may call them from now on.
    free = readdress(room, counter)
    signed_out = ev.ClerkSignedOut(counter, clerk)
    if active is None:
        return (*free, signed_out)
    ticket = room.state.tickets[active]
    if not may(ticket.state, Move.RELEASED):
        return None
    released = ev.TicketReleased(active, counter, ev.ReleaseReason.COUNTER_CLOSED)
    return (released, *back_in_line(room, ticket, counter), *free, signed_out)


def _sign_out(room: Room, client: ClientId, _: c.SignOut, __: Now) -> Decision:
    if routes.counter_of(client) is None:
        staff = room.state.staff.get(client)
        return OK if staff is None else Decision(Done(), (ev.StaffSignedOut(client, staff),))
    counter, desk = room.at(client)
    if desk.clerk is None:
        return OK
    left = leave(room, counter, desk.clerk)
    if left is None:
        return refuse(RejectionCode.COUNTER_BUSY)
    return Decision(Done(), left)


ACTS: dict[type[c.Command], Act] = {
    c.SignIn: _sign_in,
    c.SignOut: _sign_out,
}
