"""Who may take which number, on whose behalf, and who may give it up: one sentence a test."""

from dataclasses import replace

import pytest

from hallserver.domain import events as ev
from hallserver.domain.acts.number import (
    NO_MORE_FOR_OTHERS,
    SUPERSEDE_AFTER_MS,
    Claim,
    give_number,
)
from hallserver.domain.numbering import Numbering
from hallserver.domain.plan import Text
from hallserver.domain.rules import ServiceRules
from hallserver.protocol import commands as c
from hallserver.protocol.codec import MalformedCommand, decode_command, encode_command
from hallserver.protocol.errors import SENTENCES, RejectionCode
from hallserver.protocol.ids import (
    BusinessDay,
    CommandId,
    CounterId,
    Epoch,
    ItemId,
    PriorityId,
    ServiceId,
    TicketId,
    TicketToken,
)
from hallserver.protocol.replies import Done, Reservation
from hallserver.protocol.snapshots import Catalog, CatalogPriority, HallLoad
from hallserver.protocol.states import TicketState
from hallserver.protocol.version import SCHEMA_VERSION
from tests.helpers.counting_house import (
    CONSOLE,
    ELDERLY,
    GUIDE,
    ME,
    OTHER,
    VETERAN,
    House,
    local_ms,
    office_plan,
    refused,
)

CODE = RejectionCode
WHY = c.NoCardReason.FORGOTTEN
NOTICE = c.Notice("因停电，取号机暂停取号。", "A power cut: the kiosks give no numbers.")


@pytest.fixture
def house() -> House:
    return House()


# Kiosks closed by a supervisor.


def closed(house: House) -> House:
    house.sign_in(CONSOLE, "boss")
    assert house.send(CONSOLE, c.CloseKiosks(NOTICE)) == Done()
    return house


def test_closed_kiosks_refuse_with_the_supervisors_words(house: House) -> None:
    text = refused(closed(house).ask(), CODE.KIOSKS_CLOSED)
    assert text == Text(NOTICE.zh, NOTICE.en)
    assert isinstance(house.journal[-1].event, ev.KiosksClosed)
    assert house.journal[-1].event.clerk == "boss"


def test_guides_go_on_giving_numbers_while_the_kiosks_are_closed(house: House) -> None:
    closed(house).sign_in(GUIDE, "clerk-1")
    assert isinstance(house.ask(client=GUIDE, person=ME), Reservation)


def test_closed_kiosks_still_show_confirm_and_cancel(house: House) -> None:
    reserved, given = house.reserve(), house.take()
    closed(house)
    assert house.send("kiosk-01", c.ConfirmPrinted(reserved.ticket)) == Done()
    assert house.show(given).state is TicketState.WAITING
    assert house.send("kiosk-01", c.CancelTicket(given.token)) == Done()


def test_opened_kiosks_give_numbers_again(house: House) -> None:
    closed(house)
    assert house.send(CONSOLE, c.OpenKiosks()) == Done()
    house.reserve()


def test_what_the_kiosks_say_is_published_at_once_and_survives_a_restart(house: House) -> None:
    list(house.hall.changed_counts(Epoch(1)))
    closed(house)
    load = dict(house.hall.changed_counts(Epoch(1)))["jiaohao/load"]
    assert isinstance(load, HallLoad)
    assert load.notice == Text(NOTICE.zh, NOTICE.en)
    again = dict(house.refolded().everything(Epoch(2)))["jiaohao/load"]
    assert isinstance(again, HallLoad)
    assert again.notice == load.notice
    house.send(CONSOLE, c.OpenKiosks())
    load = dict(house.hall.changed_counts(Epoch(1)))["jiaohao/load"]
    assert isinstance(load, HallLoad)
    assert load.notice is None


def test_the_closure_ends_with_the_business_day(house: House) -> None:
    closed(house).go_to(local_ms(24, 10))
    house.reserve()


def test_closing_twice_and_opening_twice_is_recorded_once(house: House) -> None:
    closed(house)
    house.send(CONSOLE, c.CloseKiosks(NOTICE))
    house.send(CONSOLE, c.CloseKiosks(c.Notice("稍候", "Wait")))
    assert refused(house.ask(), CODE.KIOSKS_CLOSED).zh == "稍候"
    house.send(CONSOLE, c.OpenKiosks())
    house.send(CONSOLE, c.OpenKiosks())
    assert house.kinds().count("KiosksClosed") == 2
    assert house.kinds().count("KiosksOpened") == 1


@pytest.mark.parametrize("command", [c.CloseKiosks(NOTICE), c.OpenKiosks()])
def test_only_a_supervisor_at_a_console_closes_and_opens(house: House, command: c.Command) -> None:
    refused(house.send("kiosk-01", command), CODE.NOT_PERMITTED)
    refused(house.send(CONSOLE, command), CODE.NOT_SIGNED_IN)
    house.sign_in(CONSOLE, "clerk-1")
    refused(house.send(CONSOLE, command), CODE.NO_PERMISSION)


@pytest.mark.parametrize("zh", ["", "长" * 121, "两\n行", "\x1b[31m"])
def test_what_the_kiosks_say_is_one_short_line(zh: str) -> None:
    message = c.CommandMessage(SCHEMA_VERSION, CommandId("closing-1"), c.CloseKiosks(NOTICE))
    assert decode_command(encode_command(message)) == message
    wrong = replace_notice(message, zh)
    assert isinstance(decode_command(encode_command(wrong)), MalformedCommand)


def replace_notice(message: c.CommandMessage, zh: str) -> c.CommandMessage:
    return c.CommandMessage(message.schema, message.id, c.CloseKiosks(c.Notice(zh, "x")))


# Companions.


def test_companions_come_along_up_to_the_halls_limit(house: House) -> None:
    given = house.take(companions=4)
    assert house.hall.state.tickets[given.ticket].companions == 4
    text = refused(house.ask(companions=5), CODE.TOO_MANY_COMPANIONS)
    assert text == SENTENCES[CODE.TOO_MANY_COMPANIONS]


# On somebody's behalf.


def test_a_person_holds_one_number_and_one_for_somebody_else(house: House) -> None:
    house.take(person=ME)
    other = house.take(person=ME, is_proxy=True)
    assert house.hall.state.tickets[other.ticket].is_proxy
    refused(house.ask(person=ME), CODE.ALREADY_WAITING)
    text = refused(house.ask(person=ME, is_proxy=True), CODE.ALREADY_WAITING)
    assert text == NO_MORE_FOR_OTHERS
    house.take(person=OTHER)


def test_the_halls_own_limits_of_numbers_count() -> None:
    house = House(
        office_plan(open_tickets_per_person_and_service=2, proxy_tickets_per_person_and_service=0)
    )
    house.take(person=ME)
    house.take(person=ME)
    refused(house.ask(person=ME), CODE.ALREADY_WAITING)
    refused(house.ask(person=ME, is_proxy=True), CODE.ALREADY_WAITING)


def test_a_number_for_somebody_else_supersedes_none_of_the_own(house: House) -> None:
    mine = house.reserve(person=ME)
    house.pass_time(SUPERSEDE_AFTER_MS)
    proxy = house.reserve(person=ME, is_proxy=True)
    assert house.show(mine).state is TicketState.WAITING
    house.pass_time(SUPERSEDE_AFTER_MS)
    house.reserve(person=ME, is_proxy=True)
    assert house.show(proxy).state is TicketState.VOIDED


def test_without_a_card_a_kiosk_gives_nothing_on_somebodys_behalf(house: House) -> None:
    refused(house.ask(is_proxy=True), CODE.CARD_NEEDED)


# Classes.


def test_a_kiosk_claims_a_class_only_where_the_age_on_a_card_gives_it(house: House) -> None:
    given = house.take(person=ME, priority=ELDERLY.id)
    assert house.hall.state.tickets[given.ticket].priority == ELDERLY.id
    refused(house.ask(person=OTHER, priority=VETERAN.id), CODE.NOT_PERMITTED)
    refused(house.ask(person=OTHER, priority=PriorityId("queen")), CODE.NOT_PERMITTED)
    refused(house.ask(priority=ELDERLY.id), CODE.NOT_PERMITTED)


def test_a_guide_gives_any_class_of_the_hall(house: House) -> None:
    house.sign_in(GUIDE, "clerk-1")
    given = house.take(client=GUIDE, no_card=WHY, priority=VETERAN.id)
    assert house.hall.state.tickets[given.ticket].priority == VETERAN.id
    unknown = house.ask(client=GUIDE, no_card=WHY, priority=PriorityId("queen"))
    refused(unknown, CODE.NOT_PERMITTED)


def test_the_catalog_lists_the_classes_and_from_which_age_on(house: House) -> None:
    catalog = dict(house.hall.everything(Epoch(1)))["jiaohao/catalog"]
    assert isinstance(catalog, Catalog)
    assert catalog.priorities == (
        CatalogPriority(VETERAN.id, VETERAN.name, None),
        CatalogPriority(ELDERLY.id, ELDERLY.name, 65),
    )


# Without a card.


def test_a_guide_gives_a_number_without_a_card_and_says_why(house: House) -> None:
    house.sign_in(GUIDE, "clerk-1")
    house.reserve(client=GUIDE, no_card=c.NoCardReason.LOST)
    event = house.journal[-1].event
    assert isinstance(event, ev.TicketReserved)
    assert (event.no_card, event.person) == (c.NoCardReason.LOST, None)
    refused(house.ask(client=GUIDE), CODE.CARD_NEEDED)


def test_a_guide_has_to_be_signed_in_to_give_numbers(house: House) -> None:
    refused(house.ask(client=GUIDE, no_card=WHY), CODE.NOT_SIGNED_IN)


def test_a_kiosk_cannot_say_why_there_is_no_card(house: House) -> None:
    refused(house.ask(no_card=WHY), CODE.NOT_PERMITTED)


def test_a_guide_confirms_voids_shows_and_cancels_its_own_numbers(house: House) -> None:
    house.sign_in(GUIDE, "clerk-1")
    first = house.take(client=GUIDE, no_card=WHY)
    second = house.reserve(client=GUIDE, no_card=WHY)
    house.send(GUIDE, c.SignOut())  # the paper comes out nevertheless
    void = c.VoidTicket(second.ticket, c.VoidReason.LEFT)
    refused(house.send("kiosk-01", void), CODE.NOT_PERMITTED)
    assert house.send(GUIDE, void) == Done()
    assert house.send(GUIDE, c.CancelTicket(first.token)) == Done()
    assert house.show(first).state is TicketState.CANCELLED


# Items.


def test_an_item_is_taken_at_the_service_of_its_first_step(house: House) -> None:
    given = house.take(item=ItemId("birth"))
    assert house.hall.state.tickets[given.ticket].item == "birth"
    assert refused(house.ask("b", item=ItemId("birth")), CODE.UNKNOWN_ITEM)
    text = refused(house.ask(item=ItemId("death")), CODE.UNKNOWN_ITEM)
    assert text == SENTENCES[CODE.UNKNOWN_ITEM]


def test_what_only_back_offices_do_has_no_numbers_for_visitors() -> None:
    plan = office_plan()
    silent = tuple(replace(x, rules=replace(x.rules, is_back_office=True)) for x in plan.counters)
    refused(House(replace(plan, counters=silent)).ask(), CODE.UNKNOWN_SERVICE)


# A number without a look at hours and quotas: for who is expected anyway.


def test_a_number_is_given_outside_hours_and_quotas_but_never_beyond_the_series() -> None:
    plan = office_plan(ServiceRules(quota_day=0))
    services = tuple(replace(service, width=1, start=9) for service in plan.services)
    house = House(replace(plan, services=services), wall_ms=local_ms(23, 20))
    service, room = house.plan.service(ServiceId("a")), house.hall.room
    given = give_number(room, service, Claim(ME), house.now)
    assert isinstance(given.reply, Reservation)
    assert (given.reply.number, given.reply.valid_from_ms) == ("A9", None)
    house.take_in(given)
    held = give_number(room, service, Claim(ME), house.now)
    refused(held.reply, CODE.ALREADY_WAITING)
    over = give_number(room, service, Claim(OTHER), house.now)
    assert refused(over.reply, CODE.NUMBERS_USED_UP) == SENTENCES[CODE.NUMBERS_USED_UP]


def test_a_series_that_is_told_to_give_a_number_twice_is_a_bug() -> None:
    numbering = Numbering(BusinessDay("20261123"))
    numbering.take("A", 2)
    for ordinal in (1, 2):
        with pytest.raises(ValueError, match="A has given"):
            numbering.take("A", ordinal)


# Giving a number up.


@pytest.mark.parametrize("client", ["kiosk-02", "pad-1", GUIDE])
def test_a_visitor_gives_a_number_up_wherever_its_code_is_read(house: House, client: str) -> None:
    given = house.take(person=ME)
    cancel = c.CancelTicket(given.token)
    assert house.send(client, cancel) == Done()
    assert house.send(client, cancel) == Done()
    assert house.kinds().count("TicketCancelled") == 1
    assert house.show(given).state is TicketState.CANCELLED
    house.sign_in("counter-1", "clerk-1")
    refused(house.send("counter-1", c.CallNext()), CODE.NOBODY_WAITING)
    assert house.take(person=ME).people_ahead == 0


def test_a_number_that_was_never_confirmed_is_given_up_for_good(house: House) -> None:
    given = house.reserve()
    assert house.send("kiosk-01", c.CancelTicket(given.token)) == Done()
    assert house.journal[-1].event == ev.TicketVoided(given.ticket, ev.VoidCause.CANCELLED)
    assert house.send("kiosk-01", c.CancelTicket(given.token)) == Done()
    refused(house.send("kiosk-01", c.ConfirmPrinted(given.ticket)), CODE.WRONG_STATE)


def test_a_cancelled_number_is_neither_confirmed_nor_voided_anew(house: House) -> None:
    given = house.reserve()
    house.show(given)
    house.send("kiosk-01", c.CancelTicket(given.token))
    lines = len(house.journal)
    assert house.send("kiosk-01", c.ConfirmPrinted(given.ticket)) == Done()
    void = c.VoidTicket(given.ticket, c.VoidReason.NOT_PRINTED)
    assert house.send("kiosk-01", void) == Done()
    assert len(house.journal) == lines


def test_a_called_number_is_not_given_up_at_a_kiosk(house: House) -> None:
    given = house.take()
    house.sign_in("counter-1", "clerk-1")
    cancel = c.CancelTicket(given.token)
    for step in (c.CallNext(), c.Arrive(given.ticket), c.Park(given.ticket)):
        house.send("counter-1", step)
        text = refused(house.send("kiosk-01", cancel), CODE.ALREADY_CALLED)
        assert text == SENTENCES[CODE.ALREADY_CALLED]
    house.send("counter-1", c.Resume(given.ticket))
    house.send("counter-1", c.Complete(given.ticket))
    refused(house.send("kiosk-01", cancel), CODE.WRONG_STATE)


def test_a_missed_number_is_not_given_up(house: House) -> None:
    given = house.take()
    house.sign_in("counter-1", "clerk-1")
    house.send("counter-1", c.CallNext())
    house.send("counter-1", c.MarkNoShow(given.ticket))
    refused(house.send("kiosk-01", c.CancelTicket(given.token)), CODE.WRONG_STATE)


def test_a_forged_code_gives_nothing_up(house: House) -> None:
    given = house.take()
    forged = TicketToken(given.token.replace("A001", "A002"))
    refused(house.send("kiosk-01", c.CancelTicket(forged)), CODE.FORGED_TICKET)
    assert house.show(given).state is TicketState.WAITING


def test_confirming_and_voiding_what_nobody_knows_is_refused(house: House) -> None:
    nobody = TicketId("20261123-A999")
    refused(house.send("kiosk-01", c.ConfirmPrinted(nobody)), CODE.UNKNOWN_TICKET)
    void = c.VoidTicket(nobody, c.VoidReason.LEFT)
    refused(house.send("kiosk-01", void), CODE.UNKNOWN_TICKET)
    given = house.take()
    house.sign_in("counter-1", "clerk-1")
    house.send("counter-1", c.CallNext())
    refused(house.send("kiosk-01", c.VoidTicket(given.ticket, c.VoidReason.LEFT)), CODE.WRONG_STATE)
    assert house.hall.state.desks[CounterId(1)].active == given.ticket
