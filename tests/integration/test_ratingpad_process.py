"""The rating pad as a process on a real broker, with its simulated visitor."""

from pathlib import Path

import pytest

from hallserver.broker import run_broker
from hallserver.protocol.commands import RateAtCounter
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import (
    ClerkId,
    CounterId,
    Epoch,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.routes import COUNTER, topic
from hallserver.protocol.snapshots import ActiveTicket, ClerkAtCounter, CounterSnapshot
from hallserver.protocol.states import TicketState
from tests.helpers.broker import DEADLINE_S, ScriptedHall
from tests.helpers.screen_process import ScreenProcess
from ui.kit.rating_tags import parse_rating_tags
from ui.ratingpad.autopilot import mind_of

CLIENT = "pad-12"
SEED = 3
TAGS = parse_rating_tags(
    (Path(__file__).parent.parent.parent / "ui/kit/rating_tags.toml").read_text("utf-8")
)


def a_counter(version: int, ticket: TicketId | None) -> CounterSnapshot:
    rateable = None
    if ticket is not None:
        number = TicketNumber(ticket.partition("-")[2])
        rateable = ActiveTicket(ticket, number, ServiceId("s"), TicketState.COMPLETED, 0, 0)
    clerk = ClerkAtCounter(ClerkId("zm"), Text("张敏", "Zhang Min"), "0312")
    return CounterSnapshot(Epoch(1), version, CounterId(12), clerk, None, 0, (), rateable)


def ticket_whose_visitor(*, gives: int) -> TicketId:
    """Find a ticket whose simulated visitor gives so many stars."""
    tickets = (TicketId(f"20261123-A{n:03}") for n in range(1, 400))
    minds = ((ticket, mind_of(SEED, ticket, TAGS)) for ticket in tickets)
    return next(ticket for ticket, mind in minds if not mind.skips and mind.stars == gives)


@pytest.mark.slow
def test_its_visitor_rates_well_and_badly_and_each_rating_arrives_once(tmp_path: Path) -> None:
    good, bad = ticket_whose_visitor(gives=5), ticket_whose_visitor(gives=1)
    place = topic(COUNTER, counter=CounterId(12))
    with (
        run_broker(tmp_path / "broker", [CLIENT]) as broker,
        ScriptedHall(broker) as hall,
        ScreenProcess(
            "ui.ratingpad", CLIENT, broker, tmp_path / "pad", "--autopilot", str(SEED)
        ) as pad,
    ):
        for version, ticket in enumerate((good, bad), start=1):
            hall.show(place, a_counter(version * 2, ticket))
            sender, message = hall.asked.get(timeout=DEADLINE_S * 3)
            assert sender == CLIENT
            mind = mind_of(SEED, ticket, TAGS)
            tags = mind.reasons if ticket == bad else ()
            assert message.command == RateAtCounter(ticket, mind.stars, tags)
            hall.show(place, a_counter(version * 2 + 1, None))
            pad.until(lambda version=version: len(pad.noted("rated")) == version)
        rated = [(line["ticket"], line["stars"]) for line in pad.noted("rated")]
        assert rated == [(good, 5), (bad, 1)]
        pad.until((pad.shots / f"{CLIENT}-reasons.png").exists)
        assert hall.asked.empty()
        assert pad.end() == (0, "")
    pictures = {file.name for file in pad.shots.iterdir()}
    assert {f"{CLIENT}-{page}.png" for page in ("ask", "thanks")} <= pictures
