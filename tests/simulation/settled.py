"""When faults are over: has everything come to its end, and does everybody see the same?"""

from typing import TYPE_CHECKING, Any

from msgspec import structs

from hallserver.client.updates import LinkState
from hallserver.domain import desk_view, views
from hallserver.domain.ticket import Ticket
from hallserver.hall import Hall
from hallserver.protocol.ids import Epoch
from hallserver.protocol.snapshots import HallLoad, Published
from hallserver.protocol.states import TicketState
from tests.simulation.ledger import ENDED, Line
from tests.simulation.world import demand
from ui.counter.desk import desk_of

if TYPE_CHECKING:
    from tests.simulation.counter import Client
    from tests.simulation.day import Day
    from tests.simulation.kiosk import Kiosk

COMPARED = Epoch(0)
GOOD_ENDS = frozenset({"completed", "no_show", "expired"})
AT_COUNTER = frozenset({"called", "serving", "parked"})


def why_not(day: "Day") -> str | None:
    """Say what has not settled yet; None when everything has."""
    if not day.server.is_quiet or not day.broker.is_up:
        return "the server is at work"
    waiting = [client.client for client in day.clients if not client.is_settled]
    if waiting:
        return f"waiting for an answer or a link: {waiting[:5]}"
    busy = [kiosk.client for kiosk in day.kiosks if not kiosk.is_fresh]
    if busy:
        return f"not at home: {busy[:5]}"
    people = day.hallway.open_visits
    if people:
        return f"{len(people)} people are not done: {[each.name for each in people[:5]]}"
    queued = sum(map(len, day.ledger.waiting.values()))
    if queued:
        return f"{queued} tickets wait"
    if day.ledger.active:
        return f"tickets are at counters: {day.ledger.active}"
    parked = sum(map(len, day.ledger.parked.values()))
    if parked:
        return f"{parked} tickets are parked"
    if day.ledger.voices.pending:
        return f"calls are to be said: {day.ledger.voices.pending}"
    return None


def compare(day: "Day") -> None:
    """At quiet every screen, the hall, the journal and its auditor say the same."""
    hall = day.server.hall
    assert hall is not None
    _compare_fold(day, hall)
    _compare_ledger(day, hall)
    _compare_screens(day, hall)
    _compare_stores(day)
    _compare_tickets(day)


def picture(hall: Hall) -> dict[str, Any]:
    """Take everything that a hall knows, as values that compare."""
    state = hall.state
    return {
        "day": state.day,
        "seq": state.seq,
        "tickets": state.tickets,
        "held": state.held,
        "numbering": state.numbering,
        "night": state.night.tickets,
        "night's numbering": state.night.numbering,
        "desks": state.desks,
        "clerks": state.desk_of_clerk,
        "staff": state.staff,
        "reminders": state.reminders,
        "appointments": state.appointments.everyone(),
        "their numbers": state.appointments.last_numbers(),
        "services": {c: state.services_of(c) for c in state.desks},
        "tides": list(state.tides),
        "outcomes": dict(state.voices.outcomes),
        "unsaid": {zone: state.voices.pending(zone) for zone in state.voices.zones},
        "notice": (state.notice, state.unreported),
        "shown": dict(map(_without_lead, hall.everything(COMPARED))),
    }


def _without_lead(published: tuple[str, Published]) -> tuple[str, Published]:
    """Leave out by how much the load's version runs ahead of the journal.

    It rises with changes by time alone too, of which a fold knows nothing; after a restart, which
    begins with a fold, the epoch is another.
    """
    topic, snapshot = published
    if isinstance(snapshot, HallLoad):
        return topic, structs.replace(snapshot, version=0)
    return published


def _compare_fold(day: "Day", hall: Hall) -> None:
    live, folded = picture(hall), picture(day.folded())
    for name, value in live.items():
        demand(folded[name] == value, "folding the journal gives the live state", name)


def _compare_ledger(day: "Day", hall: Hall) -> None:
    ledger = day.ledger
    for known, told in (
        (hall.state.tickets, ledger.tickets),
        (hall.state.night.tickets, ledger.night),
    ):
        halls = {ticket.id: _seen(ticket) for ticket in known.values()}
        ours = {line.ticket: _told(line) for line in told.values()}
        other = [(t, halls[t], ours.get(t)) for t in halls if halls[t] != ours.get(t)]
        demand(halls == ours, "hall and auditor know the same tickets", other[:3])
    parked = {c: desk.parked for c, desk in hall.state.desks.items()}
    demand(parked == ledger.parked, "hall and auditor know the same desks", parked)
    paused = {c for c, desk in hall.state.desks.items() if desk.pause is not None}
    demand(paused == ledger.desk.paused, "hall and auditor know the same desks", paused)
    serve = {c: hall.state.services_of(c) for c in hall.state.desks}
    demand(serve == ledger.desk.services, "hall and auditor know who serves what", serve)
    proposed = [each.id for each in hall.state.tides.open()]
    demand(proposed == list(ledger.desk.proposals), "hall and auditor know what is proposed")
    booked = {each.id: each.state.value for each in hall.state.appointments.everyone()}
    booked = {key: "checked_in" if state == "late" else state for key, state in booked.items()}
    noted = {entry.id: entry.state for entry in ledger.diary.entries.values()}
    demand(booked == noted, "hall and auditor know the same appointments", (booked, noted))
    outcomes = {seq: each.value for seq, each in hall.state.voices.outcomes.items() if each}
    demand(outcomes == ledger.voices.outcomes, "each call is said, or ends unsaid, once")
    active = {c: desk.active for c, desk in hall.state.desks.items() if desk.active is not None}
    demand(active == ledger.active, "hall and auditor know the same desks", active)
    for zone, entries in ledger.board.items():
        shown = [(call.call_seq, call.state.value) for call in hall.state.boards.calls(zone)]
        expected = [(seq, ledger.tickets[ticket].state) for seq, ticket in entries]
        demand(shown == expected, "a board shows the last calls", (zone, shown, expected))


def _seen(ticket: Ticket) -> tuple[object, ...]:
    """Say how a ticket stands, as the hall knows it."""
    state = ticket.state.value
    return (
        (state, ticket.service, ticket.place, ticket.since_ms, ticket.due_ms, ticket.priority),
        (ticket.for_counter, ticket.returns_to, ticket.step, ticket.reinstated, ticket.item),
        ticket.counter if state in AT_COUNTER else None,
    )


def _told(line: Line) -> tuple[object, ...]:
    """Say how a ticket stands, as the auditor knows it."""
    return (
        (line.state, line.service, line.place, line.since_ms, line.due_ms, line.priority),
        (line.for_counter, line.returns_to, line.step, line.reinstated, line.item),
        line.counter if line.state in AT_COUNTER else None,
    )


def _compare_screens(day: "Day", hall: Hall) -> None:
    state = hall.state
    for screen in day.screens:
        screen.tick()
        demand(screen.state.link is LinkState.LIVE, "a healed screen is live", screen.client)
        for zone in screen.zones:
            board = screen.state.boards.get(zone)
            calls = board.calls if board is not None else ()
            same = calls == state.boards.calls(zone)
            demand(same, "every screen shows the server's board", (screen.client, zone))
        marked = [call for call in screen.state.calls if screen.state.is_new(call)]
        demand(not marked, "after quiet nothing is shown as new", (screen.client, marked))
    for terminal in day.terminals:
        snapshot = desk_view.counter(state, terminal.counter, COMPARED)
        same = terminal.state.desk.is_same(desk_of(snapshot))
        demand(same, "every terminal shows the server's desk", (terminal.client, snapshot))
        known = terminal.state.counter
        counts = None if known is None else (known.waiting, known.next_numbers)
        demand(
            counts == (snapshot.waiting, snapshot.next_numbers),
            "every terminal shows who waits",
            (terminal.client, counts, snapshot),
        )
    for pad in day.pads:
        shown = pad.state.snapshot
        rateable = desk_view.counter(state, pad.counter, COMPARED).rateable
        demand(
            shown is not None and shown.rateable == rateable,
            "every pad shows what can be rated",
            pad.client,
        )
    load = views.hall_load(state, COMPARED).services
    for kiosk in day.kiosks:
        known_load = kiosk.terminal.state.load if kiosk.terminal is not None else None
        same = known_load is not None and known_load.services == load
        demand(same, "every kiosk shows how many wait", kiosk.client)


def _compare_stores(day: "Day") -> None:
    """What was answered is forgotten: no person's key stays on a kiosk's disk."""
    devices: list[Kiosk | Client] = [*day.kiosks, *day.clients]
    for device in devices:
        demand(device.stored == 0, "no answered command stays on disk", device.client)
    for kiosk in day.kiosks:
        left = [item.stage for item in kiosk.spool.leftovers() if item.stage != "printing"]
        demand(not left, "no answered number stays in a spool", (kiosk.client, left))


def _compare_tickets(day: "Day") -> None:
    """What was promised on paper or screen has come to a good end."""
    for ticket in (*day.truth.papers, *day.truth.promised):
        state = day.ledger.state_of(ticket)
        line = day.ledger.all_tickets.get(ticket)
        is_superseded = line is not None and line.voided_as == "superseded"
        counts_when_shown = state == "reserved" and ticket in day.truth.papers
        is_given_up = state in ("cancelled", "voided") and ticket in day.truth.given_up
        is_of_tomorrow = ticket in day.ledger.night and state == "waiting"
        demand(
            state in GOOD_ENDS
            or is_superseded
            or counts_when_shown
            or is_given_up
            or is_of_tomorrow,
            "no acknowledged ticket is lost",
            (ticket, state),
        )
    for ticket, key in day.auditor.reserved.items():
        known = day.ledger.all_tickets.get(ticket)
        demand(
            known is not None and (known.client, known.command) == key,
            "what was acknowledged is in the journal",
            (ticket, key),
        )


def compare_after_close(day: "Day") -> None:
    """After the close nothing is open, nobody is signed in, screens show the new day."""
    hall = day.server.hall
    assert hall is not None
    open_lines = [
        line.ticket
        for line in day.ledger.all_tickets.values()
        if line.state not in ENDED and line.ticket not in day.ledger.tickets
    ]
    demand(not open_lines, "after the close nothing is open", open_lines[:5])
    terminal = {TicketState.COMPLETED, TicketState.VOIDED, TicketState.EXPIRED}
    if day.evening.has_come:  # whoever took a number for this new day has been called by now
        terminal |= {TicketState.CANCELLED, TicketState.NO_SHOW, TicketState.RESERVED}
    left = [t.id for t in hall.state.tickets.values() if t.state not in terminal]
    demand(not left, "after the close nothing is open", left[:5])
    _compare_fold(day, hall)
    _compare_screens(day, hall)
