"""Words that the tests of the kiosk's flow share: a visit, and what the hall answers."""

from hallserver.protocol.commands import (
    Command,
    ReserveTicket,
    ShowTicket,
)
from hallserver.protocol.ids import (
    PersonKey,
    ServiceId,
    TicketId,
    TicketToken,
)
from kiosk.flow import events as ev
from kiosk.flow.effects import Effect, Submit
from kiosk.flow.events import Tag
from kiosk.flow.pages import (
    CheckingIn,
    Looking,
    RatingSending,
    Reserving,
)
from tests.helpers.kiosks import FlowWorld, reservation, status

ID_CARD = ServiceId("id-card")
PERSON = PersonKey("0123456789abcdef" * 2)
TOKEN = TicketToken("JH1.20261123-A023.ABCDEFGHIJKLMNOP")
TICKET = TicketId("20261123-A023")


def commands(effects: list[Effect]) -> list[Command]:
    return [effect.command for effect in effects if isinstance(effect, Submit)]


def tag_of(world: FlowWorld) -> Tag:
    page = world.state.page
    assert isinstance(page, Reserving | CheckingIn | Looking | RatingSending)
    return page.tag


def reserved(world: FlowWorld) -> list[Effect]:
    """Touch a service on the start page and let the hall answer."""
    world.happens(ev.ServiceTouched(ID_CARD))
    command = ReserveTicket(ID_CARD)
    return world.happens(ev.Answered(tag_of(world), command, reservation()))


def shown(world: FlowWorld, **ticket: object) -> None:
    """Show a ticket and let the hall answer."""
    world.happens(ev.TicketScanned(TOKEN))
    answer = status(**ticket)  # type: ignore[arg-type]
    world.happens(ev.Answered(tag_of(world), ShowTicket(TOKEN), answer))
