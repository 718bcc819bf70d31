"""A kiosk at rest needs no ticks: until the moment that the flow names, time changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from devices.faults import FaultCode
from hallserver.client.updates import LinkState
from hallserver.protocol.commands import ConfirmPrinted, ReserveTicket, ShowTicket
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import PersonKey, ServiceId, TicketId, TicketToken, ZoneId
from hallserver.protocol.replies import reject
from hallserver.protocol.states import TicketState
from kiosk.flow import events as ev
from kiosk.flow.events import Device, Tag
from kiosk.flow.step import is_counting_down, next_change_s, step
from tests.helpers.kiosks import FlowWorld, reservation, status
from ui.kit.values import replace

SERVICE = ServiceId("id-card")
TOKEN = TicketToken("JH1.20261123-A023.ABCDEFGHIJKLMNOP")
TICKET = TicketId("20261123-A023")
TAGS = st.integers(1, 4).map(Tag)

EVENTS = st.one_of(
    st.sampled_from(
        [
            ev.Tick(),
            ev.Touch(),
            ev.HomeTouched(),
            ev.LanguageTouched(),
            ev.SearchTouched(),
            ev.PrivacyTouched(),
            ev.ZoneTouched(ZoneId("hall")),
            ev.ServiceTouched(SERVICE),
            ev.ServiceScanned(SERVICE),
            ev.TicketScanned(TOKEN),
            ev.StarsTouched(5),
            ev.RateTouched(),
            ev.CardRead(PersonKey("a" * 40)),
            ev.CardFault(FaultCode.CARD_LIFTED),
            ev.DeviceChanged(Device.PRINTER, FaultCode.PAPER_END),
            ev.DeviceChanged(Device.PRINTER, None),
            ev.LinkIs(LinkState.STALE),
            ev.LinkIs(LinkState.LIVE),
            ev.PrintFinished(TICKET, ev.Paper.PRINTED),
            ev.PrintFinished(TICKET, ev.Paper.UNCERTAIN),
            ev.PrintFinished(TICKET, ev.Paper.NOT_PRINTED),
            ev.SubmitRefused(Tag(1), ConfirmPrinted(TICKET)),
        ]
    ),
    TAGS.map(lambda tag: ev.Answered(tag, ReserveTicket(SERVICE), reservation())),
    TAGS.map(
        lambda tag: ev.Answered(tag, ReserveTicket(SERVICE), reject(RejectionCode.ALREADY_WAITING))
    ),
    TAGS.map(lambda tag: ev.Answered(tag, ShowTicket(TOKEN), status(TicketState.WAITING))),
    TAGS.map(
        lambda tag: ev.Answered(
            tag, ShowTicket(TOKEN), status(TicketState.COMPLETED, is_rateable=True)
        )
    ),
)
HISTORIES = st.lists(st.tuples(EVENTS, st.sampled_from([0.1, 0.5, 3.0, 12.0, 40.0])), max_size=12)


@given(HISTORIES, st.floats(0.0, 1.0))
def test_a_tick_before_the_next_change_changes_nothing_and_one_after_it_does(history, share):
    world = FlowWorld()
    for event, after_s in history:
        world.happens(event, after_s=after_s)
    state = world.state
    change_s = next_change_s(state)
    early_s = state.now_s + 1_000.0
    if change_s is not None:
        early_s = state.now_s + (change_s - state.now_s) * share * 0.999_9
        changed, effects = step(state, ev.Tick(), max(change_s, state.now_s) + 0.001)
        assert effects or replace(changed, now_s=state.now_s) != state
    if change_s is None or change_s > state.now_s:
        same, effects = step(state, ev.Tick(), early_s)
        assert not effects
        assert replace(same, now_s=state.now_s) == state


@given(HISTORIES, st.floats(0.0, 100.0))
def test_what_people_see_running_out_is_drawn_with_every_tick(history, after_s):
    world = FlowWorld()
    for event, before_s in history:
        world.happens(event, after_s=before_s)
    later = replace(world.state, now_s=world.state.now_s + after_s)
    if later.warning_left_s is not None:
        assert is_counting_down(later, later.now_s)
