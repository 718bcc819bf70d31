"""Services that move between counters, one sentence a test."""

import pytest

from hallserver.domain import events as ev
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import CounterId, Epoch, ProposalId, ServiceId
from hallserver.protocol.replies import Done, Rejected
from hallserver.protocol.snapshots import ConsoleSnapshot
from tests.helpers.halls import DAY_MS
from tests.helpers.staffed import CONSOLE, Staffed, staffed_plan

TWO = ((1, ("a", "b")), (2, ("c",)), (3, ("b", "c")))
A, B, C = ServiceId("a"), ServiceId("b"), ServiceId("c")


def hall(*, is_supervised: bool = True) -> Staffed:
    played = Staffed(staffed_plan(TWO))
    played.open(1, 2)
    if is_supervised:
        played.supervise()
    return played


def console(played: Staffed) -> ConsoleSnapshot:
    shown = dict(played.hall.everything(Epoch(1)))["jiaohao/console"]
    assert isinstance(shown, ConsoleSnapshot)
    return shown


def assert_refused(reply: object, code: RejectionCode) -> None:
    assert isinstance(reply, Rejected)
    assert reply.code is code


def catalog_of(played: Staffed, service: ServiceId) -> tuple[int, str]:
    catalog = dict(played.hall.everything(Epoch(1)))["jiaohao/catalog"]
    where = next(each.where.zh for each in catalog.services if each.id == service)
    return catalog.version, where


def test_a_counter_calls_the_services_that_were_moved_to_it_and_no_others():
    played = hall()
    for service in ("a", "c"):
        played.take(service)
    assert played.assign(2, "a") == Done()
    assert played.call(2).number == "A001"
    assert played.journal[-2].event == ev.ServicesAssigned(CounterId(2), (A,), "boss")
    assert_refused(played.send("counter-1", c.CallNext()), RejectionCode.NOBODY_WAITING)


def test_a_service_keeps_its_counters_in_the_order_of_the_hall_file():
    played = hall()
    state = played.hall.state
    played.assign(2, "c", "b", "a")
    assert state.services_of(CounterId(2)) == (C, B, A)
    assert state.counters_of(B) == (1, 2, 3)
    assert state.counters_of(A) == (1, 2)
    assert state.open_counters(B) == 2
    played.assign(2, "c")
    assert state.counters_of(B) == (1, 3)


def test_where_to_go_follows_and_the_catalog_has_a_newer_version():
    played = hall()
    before, where = catalog_of(played, A)
    assert where == "1楼 大厅 1号窗口"
    list(played.hall.changed(Epoch(1)))
    played.assign(2, "c", "a")
    published = dict(played.hall.changed(Epoch(1)))
    assert {"jiaohao/catalog", "jiaohao/console", "jiaohao/counter/2"} <= set(published)
    version, where = catalog_of(played, A)
    assert version > before
    assert where == "1楼 大厅 1–2号窗口"
    assert published["jiaohao/catalog"] == dict(played.hall.everything(Epoch(1)))["jiaohao/catalog"]
    list(played.hall.changed_counts(Epoch(1)))
    played.take("a")
    assert "jiaohao/counter/2" in dict(played.hall.changed_counts(Epoch(1)))


def test_no_services_at_all_means_those_of_the_hall_file():
    played = hall()
    played.assign(2, "a", "c")
    assert [(m.counter, m.services) for m in console(played).moved] == [(2, (A, C))]
    assert played.assign(2) == Done()
    assert played.hall.state.services_of(CounterId(2)) == (C,)
    assert console(played).moved == ()
    assert catalog_of(played, A)[1] == "1楼 大厅 1号窗口"


def test_an_assignment_that_changes_nothing_is_answered_without_an_event():
    played = hall()
    length = len(played.journal)
    assert played.assign(2, "c") == Done()
    assert played.assign(2) == Done()
    assert len(played.journal) == length


def test_a_service_that_is_named_twice_is_served_once():
    played = hall()
    played.assign(2, "c", "a", "c")
    assert played.hall.state.services_of(CounterId(2)) == (C, A)
    assert played.hall.state.counters_of(C) == (2, 3)


def test_moved_services_end_with_the_business_day():
    played = hall()
    played.assign(2, "a", "c")
    version, _ = catalog_of(played, A)
    played.pass_time(DAY_MS)
    played.tick()
    assert played.hall.state.services_of(CounterId(2)) == (C,)
    assert console(played).moved == ()
    assert catalog_of(played, A)[0] > version


def test_no_service_is_left_without_a_counter():
    played = hall()
    assert_refused(played.assign(1, "b"), RejectionCode.SERVICE_UNSERVED)
    assert played.assign(2, "a", "c") == Done()
    assert played.assign(1, "b") == Done()
    assert_refused(played.assign(2), RejectionCode.SERVICE_UNSERVED)


def test_a_back_office_alone_does_not_serve_visitors_but_its_own_work():
    played = Staffed(staffed_plan(((1, ("a", "b")), (2, ("c",)), (3, ("c",))), back_offices=[2, 3]))
    played.supervise()
    assert played.assign(2, "a") == Done()
    assert_refused(played.assign(1, "b"), RejectionCode.SERVICE_UNSERVED)
    assert_refused(played.assign(3, "b"), RejectionCode.SERVICE_UNSERVED)


@pytest.mark.parametrize(
    ("counter", "services", "code"),
    [
        (77, ("a",), RejectionCode.UNKNOWN_COUNTER),
        (1, ("a", "x"), RejectionCode.UNKNOWN_SERVICE),
    ],
)
def test_what_the_hall_does_not_have_is_refused(counter, services, code):
    assert_refused(hall().assign(counter, *services), code)


@pytest.mark.parametrize(
    "command",
    [
        c.AssignServices(CounterId(1), (A,)),
        c.ApproveProposal(ProposalId("20261123-0001")),
        c.DeclineProposal(ProposalId("20261123-0001")),
    ],
)
def test_only_a_supervisor_at_a_console_may(command):
    played = hall(is_supervised=False)
    assert_refused(played.send("counter-1", command), RejectionCode.NOT_PERMITTED)
    assert_refused(played.send(CONSOLE, command), RejectionCode.NOT_SIGNED_IN)
    played.send(CONSOLE, c.SignIn(clerk="clerk-3", password="right"))
    assert_refused(played.send(CONSOLE, command), RejectionCode.NO_PERMISSION)


def test_who_was_sent_to_a_counter_is_called_there_after_the_service_has_moved_away():
    played = hall()
    played.assign(2, "b", "c")
    sent = played.take("a")
    called = played.call(1)
    played.send("counter-1", c.Arrive(ticket=called.ticket))
    transfer = c.Transfer(ticket=called.ticket, service=B, counter=CounterId(2))
    assert not isinstance(played.send("counter-1", transfer), Rejected)
    assert played.assign(2) == Done()
    assert played.call(2).ticket == sent.ticket
    assert played.refolded().state.tickets == played.hall.state.tickets
