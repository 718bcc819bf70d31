"""Who sends more than a client can is cut off for a while, and nobody else is."""

from hypothesis import given
from hypothesis import strategies as st

from hallserver.broker import control
from hallserver.flood import (
    CUT_OFF_MS,
    MESSAGES_A_SECOND,
    NO_ROOM_WEIGHS,
    Floods,
    Verdict,
)
from hallserver.protocol.ids import ClientId

KIOSK, OTHER = ClientId("kiosk-01"), ClientId("counter-1")


def test_at_five_thousand_messages_a_second_a_client_is_out_within_half_a_second() -> None:
    floods = Floods()
    verdicts = [floods.judge(KIOSK, number // 5) for number in range(5_000)]
    assert verdicts.count(Verdict.FLOODS) == 1
    assert verdicts.index(Verdict.FLOODS) == MESSAGES_A_SECOND < 2_500
    assert set(verdicts[MESSAGES_A_SECOND + 1 :]) == {Verdict.DROPPED}
    assert floods.judge(OTHER, 999) is Verdict.TAKEN
    assert floods.cut_off == {KIOSK}


def test_who_sends_what_finds_no_room_is_out_sooner() -> None:
    floods = Floods()
    unheard = 0
    while floods.judge(KIOSK, 0) is Verdict.TAKEN:
        unheard += 1
        if floods.judge(KIOSK, 0, NO_ROOM_WEIGHS) is Verdict.FLOODS:
            break
    assert unheard == MESSAGES_A_SECOND // (NO_ROOM_WEIGHS + 1) + 1
    assert floods.cut_off == {KIOSK}


def test_who_sends_as_much_as_is_allowed_in_every_second_stays() -> None:
    floods = Floods(limit=10)
    seconds = [floods.judge(KIOSK, second * 1_000) for second in range(60) for _ in range(10)]
    assert set(seconds) == {Verdict.TAKEN}


def test_it_is_let_in_once_when_its_time_is_over_and_cut_off_again_if_it_must_be() -> None:
    floods = Floods(limit=0)
    assert floods.judge(KIOSK, 500) is Verdict.FLOODS
    assert floods.let_in(500 + CUT_OFF_MS - 1) == ()
    assert floods.let_in(500 + CUT_OFF_MS) == (KIOSK,)
    assert floods.let_in(500 + CUT_OFF_MS) == ()
    assert floods.judge(KIOSK, 500 + CUT_OFF_MS) is Verdict.FLOODS


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 300)), max_size=300))
def test_what_is_taken_of_a_client_is_bounded_in_every_second(
    sent: list[tuple[str, int]],
) -> None:
    """No second of any beginning has more than two seconds' worth of one client."""
    limit, now_ms = 5, 0
    floods = Floods(limit, cut_off_ms=1_000)
    taken: list[tuple[str, int]] = []
    for name, later_ms in sent:
        now_ms += later_ms
        floods.let_in(now_ms)
        if floods.judge(ClientId(name), now_ms) is Verdict.TAKEN:
            taken.append((name, now_ms))
    for name, begins_ms in taken:
        within = [at for who, at in taken if who == name and 0 <= at - begins_ms < 1_000]
        assert len(within) <= 2 * limit


def test_an_answer_of_the_broker_is_read_and_anything_else_names_nobody() -> None:
    listed = b'{"responses":[{"command":"listClients","data":{"totalCount":1,"clients":["a-1"]}}]}'
    assert control.who_is_out(listed) == ("a-1",)
    for other in (b"", b"[]", b'{"responses":[{"command":"createClient"}]}', b'{"responses":1}'):
        assert control.who_is_out(other) == ()


def test_without_the_plugin_nothing_is_found(tmp_path) -> None:
    assert control.find_plugin([str(tmp_path)]) is None
    there = tmp_path / "some-linux-gnu" / control.PLUGIN_NAME
    there.parent.mkdir()
    there.touch()
    assert control.find_plugin([str(tmp_path)]) == there
