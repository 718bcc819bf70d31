"""The feed: what is sent next, and what an answer changes."""

from itertools import pairwise

from hallserver.uplink.feed import IDLE_MS, MAX_WAIT_MS, MAX_WINDOW, MIN_WAIT_MS, Feed


def opened(confirmed: int = 0) -> Feed:
    feed = Feed(100)
    feed.open(0)
    feed.answered(feed.take_question(0), confirmed, 0)
    return feed


def test_nothing_is_sent_before_there_is_a_line():
    feed = Feed(100)
    assert not feed.should_ask(10**9)
    assert not feed.may_send_lines()


def test_it_asks_before_it_sends():
    feed = Feed(100)
    feed.open(0)
    assert feed.should_ask(0)
    assert not feed.may_send_lines()
    feed.answered(feed.take_question(0), 40, 5)
    assert (feed.confirmed, feed.sent) == (40, 40)
    assert feed.may_send_lines()


def test_the_window_opens_by_one_with_each_answer_and_no_further_than_its_bound():
    feed = opened()
    sizes = []
    seq = 0
    for _ in range(8):
        numbers = []
        while feed.may_send_lines():
            seq += 10
            numbers.append((feed.take_lines(seq, 0), seq))
        sizes.append(len(numbers))
        for number, last in numbers:
            feed.answered(number, last, 0)
    assert sizes[:3] == [1, 2, 4]
    assert set(sizes[3:]) == {MAX_WINDOW}


def test_an_answer_that_shows_less_sends_it_back_there_at_once():
    feed = opened()
    feed.window = 3
    feed.take_lines(10, 0)
    second = feed.take_lines(20, 0)
    feed.answered(second, 0, 1)
    assert (feed.sent, feed.window) == (0, 1)
    assert feed.may_send_lines()


def test_what_the_region_does_not_take_twice_waits_longer_each_time():
    feed = opened()
    waits, now_ms = [], 0
    for _ in range(8):
        while feed.may_send_lines():
            feed.answered(feed.take_lines(10, now_ms), 0, now_ms)
        assert feed.is_held
        waits.append(feed.due_ms - now_ms)
        now_ms = feed.due_ms
        assert feed.should_ask(now_ms)
        feed.answered(feed.take_question(now_ms), 0, now_ms)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (MIN_WAIT_MS, MAX_WAIT_MS)


def test_without_answers_it_only_asks_and_ever_more_seldom():
    feed = opened()
    feed.take_lines(10, 0)
    asked_ms = [
        now_ms
        for now_ms in range(0, 600_000, 1_000)
        if feed.should_ask(now_ms) and feed.take_question(now_ms)
    ]
    pauses = [after - before for before, after in pairwise(asked_ms)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == MAX_WAIT_MS
    assert not feed.may_send_lines()


def test_an_answer_of_an_earlier_life_says_where_to_begin():
    feed = Feed(100)
    feed.open(0)
    feed.answered(7, 500, 0)
    assert (feed.confirmed, feed.sent) == (500, 500)


def test_an_old_answer_takes_nothing_back():
    feed = opened(500)
    number = feed.take_lines(600, 0)
    feed.answered(7, 200, 0)
    assert (feed.confirmed, feed.sent) == (500, 600)
    feed.answered(number, 600, 0)
    assert feed.confirmed == 600


def test_a_region_that_lost_lines_gets_them_again():
    feed = opened(500)
    feed.answered(feed.take_question(IDLE_MS), 300, IDLE_MS)
    assert feed.sent == 300
    assert feed.may_send_lines()


def test_it_asks_once_a_minute_while_nothing_happens():
    feed = opened(500)
    assert not feed.should_ask(IDLE_MS - 1)
    for turn in range(1, 5):
        assert feed.should_ask(turn * IDLE_MS)
        feed.answered(feed.take_question(turn * IDLE_MS), 500, turn * IDLE_MS)
    assert feed.wait_ms == MIN_WAIT_MS


def test_after_a_break_it_asks_at_once():
    feed = opened(500)
    feed.close()
    assert not feed.may_send_lines()
    feed.open(1_000)
    assert feed.should_ask(1_000)
