"""What a visitor meets who shows a ticket: where it stands, and a rating."""

import pytest

from hallserver.protocol.commands import (
    RateService,
    ShowTicket,
)
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.replies import Done, reject
from hallserver.protocol.states import TicketState
from kiosk.flow import events as ev
from kiosk.flow.pages import (
    Home,
    Rating,
    RatingThanks,
    Refused,
    TicketShown,
)
from kiosk.flow.state import REPLY_S
from tests.helpers.kiosk_visits import TOKEN, commands, shown, tag_of
from tests.helpers.kiosks import TAGS, FlowWorld, status
from ui.kit.rating_tags import needs_tag

# A ticket is shown.


@pytest.mark.parametrize("state", [s for s in TicketState if s is not TicketState.COMPLETED])
def test_a_shown_ticket_says_how_it_stands(state: TicketState):
    world = FlowWorld()
    shown(world, state=state)
    page = world.state.page
    assert isinstance(page, TicketShown)
    assert page.status.state is state


def test_a_completed_service_asks_for_its_rating_with_no_star_chosen():
    world = FlowWorld()
    shown(world, state=TicketState.COMPLETED, is_rateable=True)
    assert isinstance(world.state.page, Rating)
    assert (world.state.page.stars, world.state.page.tags) == (0, ())


def test_a_rated_service_is_not_asked_about_again():
    world = FlowWorld()
    shown(world, state=TicketState.COMPLETED, is_rated=True)
    assert isinstance(world.state.page, Refused)
    assert world.state.page.title == reject(RejectionCode.ALREADY_RATED).text


def test_the_same_ticket_still_before_the_scanner_asks_nothing_anew():
    world = FlowWorld()
    shown(world)
    assert world.happens(ev.TicketScanned(TOKEN)) == []


@pytest.mark.parametrize("code", [RejectionCode.FORGED_TICKET, RejectionCode.OTHER_DAY_TICKET])
def test_a_ticket_that_the_hall_does_not_accept_is_refused_once(code: RejectionCode):
    world = FlowWorld()
    world.happens(ev.TicketScanned(TOKEN))
    world.happens(ev.Answered(tag_of(world), ShowTicket(TOKEN), reject(code)))
    assert isinstance(world.state.page, Refused)
    assert world.happens(ev.TicketScanned(TOKEN)) == []


def test_a_ticket_that_nobody_can_look_up_is_said_to_stay_valid():
    world = FlowWorld()
    world.happens(ev.TicketScanned(TOKEN))
    tag = tag_of(world)
    world.waits(REPLY_S)
    assert isinstance(world.state.page, Refused)
    late = ev.Answered(tag, ShowTicket(TOKEN), status())
    world.happens(late)
    assert isinstance(world.state.page, Refused)


# Rating.


def rating_world() -> FlowWorld:
    world = FlowWorld()
    shown(world, state=TicketState.COMPLETED, is_rateable=True)
    return world


def test_no_rating_goes_out_without_stars():
    world = rating_world()
    assert commands(world.happens(ev.RateTouched())) == []


@pytest.mark.parametrize("stars", [1, 2, 3, 4, 5])
def test_a_bad_rating_needs_a_reason_and_a_good_one_does_not(stars: int):
    world = rating_world()
    without_reason = commands(world.happens(ev.StarsTouched(stars), ev.RateTouched()))
    assert without_reason == ([] if needs_tag(stars) else [RateService(TOKEN, stars, ())])


@pytest.mark.parametrize("stars", [1, 2])
def test_a_bad_rating_with_its_reason_is_handed_in(stars: int):
    world = rating_world()
    code = TAGS.of(stars)[0].code
    effects = world.happens(ev.StarsTouched(stars), ev.TagTouched(code), ev.RateTouched())
    assert commands(effects) == [RateService(TOKEN, stars, (code,))]
    world.happens(ev.Answered(tag_of(world), RateService(TOKEN, stars, (code,)), Done()))
    assert world.state.page == RatingThanks()
    world.waits(6)
    assert world.state.page == Home()


def test_reasons_belong_to_their_stars():
    world = rating_world()
    world.happens(ev.StarsTouched(5), ev.TagTouched("510"), ev.StarsTouched(1))
    assert isinstance(world.state.page, Rating)
    assert world.state.page.tags == ()
    world.happens(ev.TagTouched("510"))
    assert world.state.page.tags == ()


def test_a_reason_can_be_taken_back_and_three_are_enough():
    world = rating_world()
    codes = [tag.code for tag in TAGS.of(5)][:4]
    world.happens(ev.StarsTouched(5), *map(ev.TagTouched, codes))
    assert isinstance(world.state.page, Rating)
    assert world.state.page.tags == tuple(codes[:3])
    world.happens(ev.TagTouched(codes[0]))
    assert world.state.page.tags == tuple(codes[1:3])


def test_a_double_tap_on_hand_in_rates_once():
    world = rating_world()
    world.happens(ev.StarsTouched(4))
    first = commands(world.happens(ev.RateTouched()))
    second = commands(world.happens(ev.RateTouched(), ev.RateTouched(), after_s=0.1))
    assert (len(first), second) == (1, [])


def test_a_rating_without_answer_is_said_to_be_kept():
    world = rating_world()
    world.happens(ev.StarsTouched(4), ev.RateTouched())
    world.waits(REPLY_S)
    assert isinstance(world.state.page, Refused)
