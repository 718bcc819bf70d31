"""A night on a real database: numbers of the next day, a restart before and after midnight."""

from hallserver.domain.rules import ServiceRules
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, PersonKey, ServiceId
from hallserver.protocol.replies import Done, Rejected, Reply, Reservation, TicketAtCounter
from tests.helpers.counting_house import CONSOLE, ME, local_ms, office_plan
from tests.helpers.halls import PASSWORD
from tests.helpers.journals import rows
from tests.helpers.servers import Clock, Hosted, inbound, open_journal, replies

PLAN = office_plan(ServiceRules(has_night_tickets=True, quota_day=2))


class Night:
    """One hall on one journal; each `with` is a life of its server."""

    def __init__(self) -> None:
        self.clock = Clock(local_ms(23, 20))
        self.sent = 0

    def send(self, hosted: Hosted, client: str, command: c.Command) -> Reply:
        self.sent += 1
        said = hosted.writer.process([inbound(client, f"command-{self.sent}", command)])
        return replies(said)[-1][2]

    def go_to(self, wall_ms: int) -> None:
        self.clock.pass_ms(wall_ms - self.clock.wall_ms)

    def ask(self, hosted: Hosted, person: PersonKey | None = None) -> Reply:
        return self.send(hosted, "kiosk-01", c.ReserveTicket(ServiceId("a"), person))


def test_a_night_ticket_outlives_the_server_and_the_change_of_the_day(journal_url: str) -> None:
    night = Night()
    with open_journal(journal_url) as journal:
        hosted = Hosted(journal, PLAN, night.clock)
        given = night.ask(hosted, ME)
        assert isinstance(given, Reservation)
        assert given.ticket == "20261124-A001"
        assert night.send(hosted, "kiosk-01", c.ConfirmPrinted(given.ticket)) == Done()
    with open_journal(journal_url) as journal:  # still in the evening
        hosted = Hosted(journal, PLAN, night.clock, epoch=2)
        again = night.ask(hosted, ME)
        assert isinstance(again, Rejected)
        assert again.code is RejectionCode.ALREADY_WAITING
    night.go_to(local_ms(24, 5))
    with open_journal(journal_url) as journal:  # after the change of the day
        hosted = Hosted(journal, PLAN, night.clock, epoch=3)
        assert isinstance(night.ask(hosted), Reservation)
        used_up = night.ask(hosted)
        assert isinstance(used_up, Rejected)
        assert used_up.code is RejectionCode.NUMBERS_USED_UP
    with open_journal(journal_url) as journal:
        hosted = Hosted(journal, PLAN, night.clock, epoch=4)
        night.send(hosted, "counter-1", c.SignIn(ClerkId("clerk-1"), PASSWORD))
        called = night.send(hosted, "counter-1", c.CallNext())
        assert isinstance(called, TicketAtCounter)
        assert called.ticket == given.ticket
    days = dict(rows(journal_url, "SELECT ticket, day FROM visit"))
    states = dict(rows(journal_url, "SELECT ticket, state FROM visit"))
    assert days == {"20261124-A001": "20261124", "20261124-A002": "20261124"}
    assert states["20261124-A001"] == "called"


def test_closed_kiosks_stay_closed_over_a_restart_and_open_with_the_next_day(
    journal_url: str,
) -> None:
    night = Night()
    with open_journal(journal_url) as journal:
        hosted = Hosted(journal, PLAN, night.clock)
        night.send(hosted, CONSOLE, c.SignIn(ClerkId("boss"), PASSWORD))
        closing = c.CloseKiosks(c.Notice("停电", "Power cut"))
        assert night.send(hosted, CONSOLE, closing) == Done()
    with open_journal(journal_url) as journal:
        hosted = Hosted(journal, PLAN, night.clock, epoch=2)
        refused = night.ask(hosted)
        assert isinstance(refused, Rejected)
        assert (refused.code, refused.text.zh) == (RejectionCode.KIOSKS_CLOSED, "停电")
    night.go_to(local_ms(24, 9))
    with open_journal(journal_url) as journal:
        hosted = Hosted(journal, PLAN, night.clock, epoch=3)
        assert isinstance(night.ask(hosted), Reservation)
