"""The rating pad's flow: voluntary, neutral, at most once, and nothing but the visitor's touch."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol.commands import RateAtCounter
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.ids import (
    ClerkId,
    CommandId,
    CounterId,
    Epoch,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.replies import Done, Reply, reject
from hallserver.protocol.snapshots import (
    ActiveTicket,
    Catalog,
    CatalogCounter,
    ClerkAtCounter,
    CounterSnapshot,
)
from hallserver.protocol.states import TicketState
from ui.kit.i18n import Language
from ui.kit.rating_tags import needs_tag, parse_rating_tags
from ui.ratingpad.flow import (
    ASK_S,
    NOTICE_S,
    SEND_S,
    THANKS_S,
    BackTapped,
    Event,
    MoreTapped,
    NotTaken,
    Page,
    Rated,
    ReasonTapped,
    ReopenTapped,
    SendTapped,
    SkipTapped,
    StarsTapped,
    State,
    Submit,
    Tick,
    step,
)
from ui.ratingpad.view import pad_view

TAGS = parse_rating_tags(
    (Path(__file__).parent.parent.parent / "ui/kit/rating_tags.toml").read_text("utf-8")
)
COUNTER = CounterId(12)
CLERK = ClerkAtCounter(ClerkId("zm"), Text("张敏", "Zhang Min"), "0312")
TAPS = [
    *(StarsTapped(stars) for stars in range(1, 6)),
    ReasonTapped("108"),
    ReasonTapped("207"),
    MoreTapped(),
    SendTapped(),
    BackTapped(),
    SkipTapped(),
    ReopenTapped(),
]


def a_ticket(name: str) -> ActiveTicket:
    return ActiveTicket(
        TicketId(f"20261123-{name}"),
        TicketNumber(name),
        ServiceId("id-card"),
        TicketState.COMPLETED,
        0,
        0,
    )


def a_counter(version: int, rateable: str | None, counter: CounterId = COUNTER) -> Event:
    ticket = None if rateable is None else a_ticket(rateable)
    return SnapshotArrived(CounterSnapshot(Epoch(1), version, counter, CLERK, None, 0, (), ticket))


def an_answer(command: RateAtCounter, reply: Reply | None = None) -> Event:
    return ReplyArrived(CommandId("c" * 32), command, Done() if reply is None else reply)


def run(*events: Event, state: State | None = None) -> tuple[State, list[object]]:
    at = state or State(COUNTER, TAGS)
    effects: list[object] = []
    for event in events:
        at, more = step(at, event)
        effects.extend(more)
    return at, effects


LIVE = LinkChanged(LinkState.LIVE)
ASKED = (LIVE, a_counter(1, "A001"))
A001 = TicketId("20261123-A001")


@pytest.mark.parametrize("stars", [3, 4, 5])
def test_a_good_rating_takes_one_touch(stars: int) -> None:
    state, effects = run(*ASKED, StarsTapped(stars))
    assert effects == [Submit(RateAtCounter(A001, stars))]
    assert state.page is Page.SENDING
    state, effects = run(an_answer(RateAtCounter(A001, stars)), state=state)
    assert effects == [Rated(A001, stars)]
    assert state.page is Page.THANKS
    state, _ = run(Tick(THANKS_S), state=state)
    assert state.page is Page.IDLE


@pytest.mark.parametrize(("stars", "code"), [(1, "109"), (2, "212")])
def test_a_bad_rating_takes_a_reason(stars: int, code: str) -> None:
    state, effects = run(*ASKED, StarsTapped(stars), SendTapped())
    assert (state.page, effects) == (Page.REASONS, [])
    state, effects = run(ReasonTapped(code), ReasonTapped(code), SendTapped(), state=state)
    assert (state.page, effects) == (Page.REASONS, []), "the reason was taken back"
    state, effects = run(ReasonTapped(code), SendTapped(), SendTapped(), state=state)
    assert effects == [Submit(RateAtCounter(A001, stars, (code,)))]


def test_a_reason_of_another_level_is_not_taken() -> None:
    state, _ = run(*ASKED, StarsTapped(1), ReasonTapped("207"), ReasonTapped("999"))
    assert state.chosen == ()


def test_every_reason_of_a_level_can_be_sent_together() -> None:
    codes = tuple(tag.code for tag in TAGS.of(1))
    _, effects = run(*ASKED, StarsTapped(1), *(ReasonTapped(code) for code in codes), SendTapped())
    assert effects == [Submit(RateAtCounter(A001, 1, codes))]


def test_going_back_forgets_what_was_chosen() -> None:
    state, _ = run(*ASKED, StarsTapped(1), ReasonTapped("108"), MoreTapped(), BackTapped())
    assert (state.page, state.stars, state.chosen, state.is_expanded) == (Page.ASK, 0, (), False)


def test_nothing_is_chosen_when_the_pad_asks() -> None:
    state, effects = run(*ASKED)
    assert (state.page, state.stars, state.chosen, effects) == (Page.ASK, 0, (), [])
    assert pad_view(state, Language.ZH)["chosenStars"] == 0


@pytest.mark.parametrize("tap", TAPS)
def test_between_two_visitors_no_touch_does_anything(tap: Event) -> None:
    idle, _ = run(LIVE, a_counter(1, None))
    assert run(tap, state=idle) == (idle, [])


def test_not_answering_is_respected_and_can_be_changed() -> None:
    state, effects = run(*ASKED, SkipTapped())
    assert (state.page, effects, state.may_reopen) == (Page.IDLE, [], True)
    state, _ = run(a_counter(2, "A001"), Tick(100.0), state=state)
    assert state.page is Page.IDLE, "it does not ask again by itself"
    state, _ = run(ReopenTapped(), state=state)
    assert state.page is Page.ASK


def test_the_pad_stops_asking_after_its_time_and_every_touch_gives_it_anew() -> None:
    state, _ = run(*ASKED, Tick(ASK_S - 0.1))
    assert state.page is Page.ASK
    state, _ = run(StarsTapped(1), Tick(2 * ASK_S - 0.2), state=state)
    assert state.page is Page.REASONS
    state, effects = run(Tick(2 * ASK_S), state=state)
    assert (state.page, effects, state.may_reopen) == (Page.IDLE, [], True)


def test_the_next_visitor_ends_the_question_about_the_former() -> None:
    state, _ = run(*ASKED, StarsTapped(2), a_counter(2, None))
    assert (state.page, state.may_reopen) == (Page.IDLE, False)
    state, _ = run(a_counter(3, "A002"), state=state)
    assert state.ticket == a_ticket("A002")
    state, _ = run(a_counter(4, "A003"), state=state)
    assert (state.page, state.ticket) == (Page.ASK, a_ticket("A003"))


def test_a_question_waits_until_the_thanks_are_over() -> None:
    state, _ = run(*ASKED, StarsTapped(5), a_counter(2, "A002"))
    assert state.page is Page.SENDING
    state, _ = run(an_answer(RateAtCounter(A001, 5)), state=state)
    assert state.page is Page.THANKS
    state, _ = run(Tick(THANKS_S), state=state)
    assert (state.page, state.ticket) == (Page.ASK, a_ticket("A002"))


def test_what_was_rated_already_is_said_kindly() -> None:
    refused = reject(RejectionCode.ALREADY_RATED)
    state, effects = run(*ASKED, StarsTapped(5), an_answer(RateAtCounter(A001, 5), refused))
    assert (state.page, effects[1:]) == (Page.THANKS, [])
    view = pad_view(state, Language.ZH)
    assert (view["kind"], view["title"]) == ("ok", "谢谢，已评价过")
    assert view["text"] == refused.text.zh


def test_a_refusal_is_said_in_the_halls_own_sentence_and_not_asked_again() -> None:
    refused = reject(RejectionCode.NOT_AT_THIS_COUNTER)
    state, _ = run(*ASKED, StarsTapped(5), an_answer(RateAtCounter(A001, 5), refused))
    assert state.page is Page.REFUSED
    assert pad_view(state, Language.EN)["text"] == refused.text.en
    state, effects = run(Tick(NOTICE_S), state=state)
    assert (state.page, state.may_reopen, effects) == (Page.IDLE, False, [])


def test_without_an_answer_the_visitor_is_told_that_the_rating_is_kept() -> None:
    state, _ = run(*ASKED, LinkChanged(LinkState.STALE), StarsTapped(5), Tick(SEND_S))
    assert state.page is Page.KEPT
    state, effects = run(Tick(SEND_S + NOTICE_S), state=state)
    assert (state.page, effects) == (Page.IDLE, [])
    state, effects = run(an_answer(RateAtCounter(A001, 5)), state=state)
    assert (state.page, effects) == (Page.IDLE, [Rated(A001, 5)])


def test_what_the_outbox_did_not_take_may_be_tried_again() -> None:
    state, _ = run(*ASKED, StarsTapped(5), NotTaken())
    assert state.page is Page.REFUSED
    state, _ = run(Tick(NOTICE_S), state=state)
    assert (state.page, state.may_reopen) == (Page.IDLE, True)
    state, effects = run(ReopenTapped(), StarsTapped(4), state=state)
    assert effects == [Submit(RateAtCounter(A001, 4))]


def test_snapshots_of_other_counters_and_late_ones_change_nothing() -> None:
    state, _ = run(LIVE, a_counter(5, None))
    assert run(a_counter(6, "A001", CounterId(13)), a_counter(4, "A001"), state=state) == (
        state,
        [],
    )


def test_the_view_names_the_counter_as_the_catalog_does() -> None:
    label = Text("12号综合窗口", "Window 12 (comprehensive)")
    counters = (CatalogCounter(COUNTER, label, "civil", 1),)  # type: ignore[arg-type]
    catalog = Catalog(Epoch(1), 1, Text("大厅", "Hall"), (), (), (), counters)
    state, _ = run(SnapshotArrived(catalog), *ASKED)
    view = pad_view(state, Language.ZH)
    assert (view["counter"], view["counterNumber"], view["counterWords"]) == (
        "12号综合窗口",
        "12",
        "号综合窗口",
    )
    assert (view["clerk"], view["staffNumber"], view["number"]) == ("张敏", "0312", "A001")


def test_the_pad_says_when_it_is_cut_off_or_too_old() -> None:
    said = {link: pad_view(run(LinkChanged(link))[0], Language.ZH)["notice"] for link in LinkState}
    assert said == {
        LinkState.CONNECTING: "",
        LinkState.LIVE: "",
        LinkState.STALE: "网络中断，正在重新连接",
        LinkState.UPDATE_CLIENT: "本机需要更新，请告知工作人员",
        LinkState.UPDATE_SERVER: "本机需要更新，请告知工作人员",
    }


def check_rules(events: tuple[Event, ...]) -> None:
    """Run a story and check what has to hold in every one of them."""
    state = State(COUNTER, TAGS)
    submitted: list[TicketId] = []
    for event in events:
        before = state
        state, effects = step(state, event)
        for effect in effects:
            if not isinstance(effect, Submit):
                continue
            command = effect.command
            assert isinstance(event, StarsTapped | SendTapped), "only a touch sends"
            assert before.page in (Page.ASK, Page.REASONS)
            assert before.offered is not None
            assert command.ticket == before.offered.ticket, "only what the hall offers is rated"
            assert command.ticket not in submitted, "at most once a ticket"
            assert command.tags or not needs_tag(command.stars)
            assert set(command.tags) <= {tag.code for tag in TAGS.of(command.stars)}
            submitted.append(command.ticket)
        if isinstance(event, NotTaken) and before.page is Page.SENDING:
            submitted.pop()
        if state.page is Page.ASK:
            assert (state.stars, state.chosen) == (0, ()), "nothing is chosen beforehand"
        if state.page in (Page.ASK, Page.REASONS):
            assert state.ticket is not None
            assert state.offered is not None
            assert state.ticket.ticket == state.offered.ticket
        pad_view(state, Language.ZH)


def test_every_story_of_four_steps_keeps_the_rules() -> None:
    events = [
        StarsTapped(5),
        StarsTapped(1),
        ReasonTapped("108"),
        SendTapped(),
        BackTapped(),
        SkipTapped(),
        ReopenTapped(),
        NotTaken(),
        Tick(1_000.0),
        a_counter(2, "A002"),
        an_answer(RateAtCounter(A001, 5)),
    ]
    for story in product(events, repeat=4):
        check_rules((*ASKED, *story))


STORIES = st.lists(
    st.one_of(
        st.sampled_from(TAPS),
        st.builds(Tick, st.floats(0, 200)),
        st.builds(LinkChanged, st.sampled_from(LinkState)),
        st.builds(a_counter, st.integers(1, 30), st.sampled_from([None, "A001", "A002", "A003"])),
        st.just(NotTaken()),
        st.builds(
            an_answer,
            st.builds(
                RateAtCounter,
                st.sampled_from([a_ticket("A001").ticket, a_ticket("A002").ticket]),
                st.integers(1, 5),
            ),
            st.sampled_from([Done(), reject(RejectionCode.ALREADY_RATED), None]),
        ),
    ),
    max_size=40,
)


@settings(max_examples=600, deadline=None)
@given(STORIES)
def test_no_story_breaks_the_rules(events: list[Event]) -> None:
    check_rules(tuple(events))
