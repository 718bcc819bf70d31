"""Simulated clerks against a real hall, on a clock that jumps from one deed to the next."""

import json
from collections import Counter as Tally
from random import Random

import pytest

from hallserver.client.record import NullRecord, Record
from hallserver.client.settings import SettingsError
from hallserver.client.updates import LinkChanged, LinkState, SnapshotArrived
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import CounterId
from hallserver.protocol.replies import Rejected, TicketAtCounter
from hallserver.protocol.routes import Role, counter_of, role_of
from hallserver.protocol.states import TicketState
from tests.helpers.counters import HallForTerminals, MemoryLink
from tests.helpers.halls import PASSWORD, small_plan
from ui.counter.clerk import MIN_RETRY_S, RETRY_AFTER_S, Habits, ScriptedClerk, Wish
from ui.counter.crowd import _parser as crowd_parser
from ui.counter.crowd import crowd_settings, main, parse_counters
from ui.counter.crowd_engine import Account, Crowd, RatingHabits
from ui.counter.flow import Act, State

COUNTERS = 12
SERVICES = "abcd"


class World:
    """A hall with a crowd in it, and a clock of its own."""

    def __init__(self, *, speed=1.0, seed=7, record=None, counters=COUNTERS, rate=0.5, habits=None):
        plan = small_plan(
            [(n, tuple(SERVICES[n % 4 :] + SERVICES[: n % 4])) for n in range(1, counters + 1)],
            clerks=counters,
        )
        self.hall = HallForTerminals(plan)
        self.now_s = 0.0
        self.crowd = Crowd(
            record or NullRecord(),
            speed=speed,
            seed=seed,
            habits=habits,
            ratings=RatingHabits(rate=rate, tags=lambda stars: ("108",) if stars < 3 else ()),
        )
        self.links = {}
        for number in range(1, counters + 1):
            for client in (f"counter-{number}", f"pad-{number}"):
                self.links[client] = MemoryLink(self.hall, client)
            self.crowd.add(
                CounterId(number),
                Account(f"clerk-{number}", PASSWORD),
                self.links[f"counter-{number}"],
                self.links[f"pad-{number}"],
            )
        self.hall.greet(link for link in self.links if link.startswith("counter"))
        self.deeds = 0

    def settle(self):
        """Deliver until the wire is empty."""
        while self.hall.inbox or self.hall.outbox:
            self.hall.hear()
            while self.hall.outbox:
                client, update = self.hall.outbox.popleft()
                if role_of(client) is Role.PAD:
                    self.crowd.take_for_pad(counter_of(client), update)
                else:
                    self.crowd.take(counter_of(client), update, self.now_s)
                self.deeds += 1
                assert self.deeds < 400_000, "the crowd runs in circles"

    def live(self, until_s):
        """Go from deed to deed."""
        self.settle()
        while (due_s := self.crowd.next_due_s) is not None and due_s <= until_s:
            passed_s = max(0.0, due_s - self.now_s)
            self.hall.played.pass_time(int(passed_s * 1_000))
            self.now_s += passed_s
            self.crowd.run_due(self.now_s)
            self.settle()
        self.now_s = max(self.now_s, until_s)

    def tickets(self):
        return self.hall.played.hall.state.tickets.values()

    def told(self, command_type, reply_type=TicketAtCounter):
        return [
            (client, reply)
            for client, command, reply in self.hall.told
            if isinstance(command, command_type) and isinstance(reply, reply_type)
        ]


def play_a_day(visitors=300, **options):
    """Let visitors come over four hours, and all of them be served."""
    world = World(**options)
    rng = Random(3)
    for at_s in sorted(rng.uniform(0, 14_400) for _ in range(visitors)):
        world.live(at_s)
        world.hall.take_number(rng.choice(SERVICES))
    world.live(60_000)
    return world


def test_a_crowd_serves_everybody_and_calls_nobody_to_two_counters():
    world = play_a_day()
    assert len(world.tickets()) == 300
    assert {ticket.state for ticket in world.tickets()} == {
        TicketState.COMPLETED,
        TicketState.NO_SHOW,
    }
    calls = Tally(reply.ticket for _, reply in world.told(c.CallNext))
    assert set(calls.values()) == {1}
    assert len(calls) == 300
    missed = sum(ticket.state is TicketState.NO_SHOW for ticket in world.tickets())
    assert 5 <= missed <= 40
    assert world.crowd.is_idle
    refused = Tally(r.code for _, _, r in world.hall.told if isinstance(r, Rejected))
    assert set(refused) <= {RejectionCode.NOBODY_WAITING}


def test_a_visitor_who_does_not_come_was_recalled_before_being_marked():
    world = play_a_day(visitors=120, habits=Habits(no_show_rate=1.0))
    for ticket in world.tickets():
        assert ticket.state is TicketState.NO_SHOW
        assert 1 <= ticket.recalls <= 2


def test_at_the_recall_limit_the_clerk_gives_up_instead_of_trying_on():
    world = play_a_day(visitors=30, habits=Habits(no_show_rate=1.0, max_recalls=9))
    assert {ticket.state for ticket in world.tickets()} == {TicketState.NO_SHOW}
    refused = [r.code for _, r in world.told(c.Recall, Rejected)]
    assert refused.count(RejectionCode.RECALL_LIMIT) == len(refused) <= 30
    assert refused


def test_some_visitors_rate_on_the_pad_of_the_counter_that_served_them():
    world = play_a_day()
    rated = [t for t in world.tickets() if t.is_rated]
    completed = [t for t in world.tickets() if t.state is TicketState.COMPLETED]
    assert all(ticket.state is TicketState.COMPLETED for ticket in rated)
    assert 0.3 < len(rated) / len(completed) < 0.7
    sent = [command for name, link in world.links.items() for command in link.submitted]
    ratings = [command for command in sent if isinstance(command, c.RateAtCounter)]
    assert {bool(rating.tags) for rating in ratings if rating.stars < 3} == {True}


def test_as_fast_as_possible_takes_no_time_and_no_circles():
    world = World(speed=0)
    world.live(0)
    for number in range(400):
        world.hall.take_number(SERVICES[number % 4])
    world.live(0)
    assert world.now_s == 0
    assert all(
        ticket.state in (TicketState.COMPLETED, TicketState.NO_SHOW) for ticket in world.tickets()
    )
    refused = len(world.told(c.CallNext, Rejected))
    assert refused <= 2 * COUNTERS


def test_speed_divides_every_duration():
    slow, fast = play_a_day(visitors=0), play_a_day(visitors=0, speed=10.0)
    for world in (slow, fast):
        world.hall.take_number("a")
    ends = []
    for world in (slow, fast):
        world.hall.publish()
        began_s = world.now_s
        while not all(t.state is TicketState.COMPLETED for t in world.tickets()):
            world.live(world.now_s + 1)
            assert world.now_s < began_s + 5_000
        ends.append(world.now_s - began_s)
    assert ends[0] > 60
    assert ends[1] == pytest.approx(ends[0] / 10, abs=2)


def test_the_same_seed_gives_the_same_day_and_another_seed_another():
    def trace(seed):
        return [(client, command) for client, command, _ in play_a_day(60, seed=seed).hall.told]

    assert trace(5) == trace(5)
    assert trace(5) != trace(6)


def test_leaving_finishes_who_is_served_and_signs_everybody_out():
    world = World()
    for number in range(40):
        world.hall.take_number(SERVICES[number % 4])
    world.live(90)
    states = {t.state for t in world.tickets()}
    assert {TicketState.SERVING, TicketState.CALLED} & states
    assert not world.crowd.has_left
    world.crowd.leave(world.now_s)
    world.live(world.now_s)
    assert world.crowd.has_left
    assert {t.state for t in world.tickets()} <= {
        TicketState.COMPLETED,
        TicketState.WAITING,
        TicketState.NO_SHOW,
    }
    assert not world.hall.played.hall.state.desk_of_clerk
    world.live(world.now_s + 10_000)  # and stays out
    assert not world.hall.played.hall.state.desk_of_clerk


def test_what_was_pressed_and_told_is_in_the_record(tmp_path):
    path = tmp_path / "clerks.jsonl"
    record = Record(path)
    world = play_a_day(visitors=80, record=record)
    record.close()
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    kinds = Tally(row["kind"] for row in rows)
    assert kinds["called"] == 80
    assert kinds["completed"] + kinds["no_show"] == 80
    assert kinds["key_next"] == kinds["called"] + kinds["rejected"]
    assert kinds["arrived"] == kinds["completed"]
    assert kinds["rated"] == sum(ticket.is_rated for ticket in world.tickets())
    for row in rows:
        assert {"t_ns", "kind", "counter"} <= set(row)
    [rated, *_] = [row for row in rows if row["kind"] == "rated"]
    assert set(rated) == {"t_ns", "kind", "counter", "ticket", "stars", "channel"}
    pressed_at = {}
    for row in rows:
        if row["kind"] == "key_next":
            pressed_at[row["counter"]] = row["t_ns"]
        if row["kind"] == "called":
            assert row["t_ns"] >= pressed_at[row["counter"]]
            assert row["ticket"].endswith(row["number"])
    assert PASSWORD not in {str(value) for row in rows for value in row.values()}


# One clerk.


def signed_in(hall, active=None):
    hall.played.send("counter-1", c.SignIn("clerk-1", PASSWORD))
    return state_of(hall)


def state_of(hall):
    counter = hall.snapshot_of(1)
    return State(link=LinkState.LIVE, counter=counter)


def test_a_clerk_wishes_for_nothing_while_the_link_is_down_or_a_press_is_under_way():
    hall = HallForTerminals()
    hall.take_number("a")
    state = signed_in(hall)
    clerk = ScriptedClerk(Habits(), Random(1))
    assert clerk.look(state).act is Act.NEXT
    assert clerk.look(State(link=LinkState.STALE, counter=state.counter)) is None


def test_the_wish_stays_the_same_while_nothing_of_note_changes():
    hall = HallForTerminals()
    hall.take_number("a")
    clerk = ScriptedClerk(Habits(), Random(1))
    wish = clerk.look(signed_in(hall))
    hall.take_number("a")
    assert clerk.look(state_of(hall)) is wish


def test_a_clerk_whose_password_is_wrong_does_not_try_again():
    hall = HallForTerminals()
    clerk = ScriptedClerk(Habits(), Random(1))
    assert clerk.look(state_of(hall)).act is None
    clerk.look(State(link=LinkState.STALE))
    refused = State(
        link=LinkState.LIVE, counter=hall.snapshot_of(1), refusal=RejectionCode.WRONG_PASSWORD
    )
    assert clerk.look(refused) is None


def test_after_nobody_waiting_only_a_newer_count_is_believed():
    hall = HallForTerminals()
    hall.take_number("a")
    state = signed_in(hall)
    clerk = ScriptedClerk(Habits(), Random(1))
    refused = State(
        link=LinkState.LIVE, counter=state.counter, refusal=RejectionCode.NOBODY_WAITING
    )
    doubtful = clerk.look(refused)
    assert doubtful == Wish(Act.NEXT, RETRY_AFTER_S, is_retry=True)
    assert doubtful.delay_s(0) == doubtful.delay_s(1e9) == MIN_RETRY_S
    hall.take_number("a")
    newer = State(
        link=LinkState.LIVE, counter=hall.snapshot_of(1), refusal=RejectionCode.NOBODY_WAITING
    )
    assert not clerk.look(newer).is_retry


def test_a_crowd_that_lost_its_server_goes_on_when_it_is_back():
    world = World(counters=1)
    world.hall.take_number("b")
    world.live(5)
    world.crowd.take(CounterId(1), LinkChanged(LinkState.STALE), world.now_s)
    told = len(world.hall.told)
    world.live(5_000)
    assert len(world.hall.told) == told
    world.crowd.take(CounterId(1), LinkChanged(LinkState.LIVE), world.now_s)
    world.crowd.take(CounterId(1), SnapshotArrived(world.hall.snapshot_of(1)), world.now_s)
    world.live(10_000)
    assert all(t.state is TicketState.COMPLETED for t in world.tickets())


# The command line.


@pytest.mark.parametrize(
    ("text", "numbers"), [("1-5,7", (1, 2, 3, 4, 5, 7)), ("12", (12,)), ("3, 1-2", (3, 1, 2))]
)
def test_counters_are_read_from_ranges(text, numbers):
    assert parse_counters(text) == numbers


@pytest.mark.parametrize("text", ["", "a", "1-", "-3", "5-1", "1,1", "1-3,2", "²"])
def test_odd_counters_are_refused(text):
    with pytest.raises(SettingsError):
        parse_counters(text)


def files(tmp_path, *, clerks=None, credentials=None):
    given = {
        "clerks.json": {"1": ["wang", "secret-1"], "2": ["li", "secret-2"]}
        if clerks is None
        else clerks,
        "credentials.json": {"counter-1": "broker-1", "counter-2": "broker-2", "pad-1": "broker-3"}
        if credentials is None
        else credentials,
    }
    for name, content in given.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [
        *("--broker", "127.0.0.1:1883"),
        *("--clerks", str(tmp_path / "clerks.json")),
        *("--credentials", str(tmp_path / "credentials.json")),
    ]


def test_the_command_line_names_counters_and_leaves_some_out(tmp_path):
    arguments = [*files(tmp_path), "--counters", "1-2", "--except", "2", "--pads"]
    settings = crowd_settings(crowd_parser().parse_args(arguments))
    assert settings.counters == (1,)
    assert settings.has_pads
    for secret in ("secret-1", "broker-1"):
        assert secret not in repr(settings.clerks)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--counters", "1-3"],
        ["--counters", "1-2", "--pads"],
        ["--counters", "1", "--speed", "-1"],
        ["--counters", "1", "--broker", "hall.example:1883"],
        ["--counters", "1", "--broker", "127.0.0.1"],
        ["--counters", "1", "--clerks", "missing.json"],
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(tmp_path, arguments, capsys):
    with pytest.raises(SystemExit):
        main([*files(tmp_path), *arguments])
    said = capsys.readouterr().err
    assert "error:" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "broken", [{"clerks": "[1]"}, {"clerks": {"1": "x"}}, {"clerks": '{"1": ["a", "secret'}]
)
def test_a_broken_file_of_clerks_is_refused_without_quoting_it(tmp_path, broken, capsys):
    with pytest.raises(SystemExit):
        main([*files(tmp_path, **broken), "--counters", "1"])
    assert "secret" not in capsys.readouterr().err
