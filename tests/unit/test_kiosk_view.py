"""What the screen is told: plain values, both languages, nothing of a person."""

from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from hallserver.client.updates import LinkState
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import PersonKey, ServiceId, ZoneId
from hallserver.protocol.states import ServiceStatus
from kiosk.face import face_of
from kiosk.flow import events as ev
from kiosk.flow.sentences import LINK_ADVICE, LINK_TITLES, TICKET_STATES
from kiosk.texts import WORDS
from kiosk.touches import touch_of
from kiosk.view import kiosk_view, shot_name, words
from tests.helpers.kiosk_pages import PERSON, TOKEN, example_catalog, pages
from tests.helpers.kiosks import FlowWorld, load_of, reservation, small_catalog
from ui.kit.i18n import Language

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVERY_PAGE = pages(example_catalog())


def is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(is_plain, value))
    return type(value) in (str, int, float, bool)


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_every_page_is_described_in_plain_values_without_person_or_token(name: str):
    shown = kiosk_view(EVERY_PAGE[name])
    assert is_plain(shown)
    assert PERSON not in repr(shown)
    assert TOKEN not in repr(shown)


def test_the_same_state_is_described_alike_so_that_nothing_is_drawn_again():
    for state in EVERY_PAGE.values():
        assert kiosk_view(state) == kiosk_view(state)


def test_the_pictures_of_different_pages_have_different_names():
    looks = {"home", "ticketout", "ticketout-without-paper", "rating", "rating-bad", "privacy"}
    assert looks <= {shot_name(state) for state in EVERY_PAGE.values()}


def test_the_leading_language_comes_first():
    chinese, english = words(Language.ZH), words(Language.EN)
    assert chinese["choose"] == {"main": "请选择要办理的事项", "other": "Choose your service"}
    assert english["choose"] == {"main": "Choose your service", "other": "请选择要办理的事项"}


def test_everything_is_said_in_both_languages():
    texts = [*WORDS.values(), *LINK_TITLES.values(), *LINK_ADVICE.values(), *TICKET_STATES.values()]
    assert [text for text in texts if not text.zh] == []
    assert [key for key, text in WORDS.items() if not text.en] == ["people"]


def test_people_who_wait_are_counted_by_service_and_by_area():
    world = FlowWorld()
    waiting = kiosk_view(world.state)["waiting"]
    assert isinstance(waiting, dict)
    assert waiting["id-card"] == "等候 3 人"
    assert waiting["zone:public"] == "等候 9 人"


def test_a_service_without_numbers_says_so_instead_of_a_count_and_a_closed_hall_says_why():
    catalog = small_catalog()
    load = load_of(catalog)
    id_card = structs.replace(load.services[ServiceId("id-card")], status=ServiceStatus.USED_UP)
    services = {**load.services, ServiceId("id-card"): id_card}
    world = FlowWorld()
    notice = Text("检修，明天再来。", "Repairs. Please come tomorrow.")
    world.happens(ev.LoadArrived(structs.replace(load, services=services, notice=notice)))
    shown = kiosk_view(world.state)
    assert isinstance(shown["waiting"], dict)
    assert shown["waiting"]["id-card"] == "排队号已取完"
    assert shown["notice"] == {"main": notice.zh, "other": notice.en, "isGood": False}
    world.happens(ev.LoadArrived(load))
    assert kiosk_view(world.state)["notice"] != shown["notice"]


def test_a_hall_that_is_away_is_said_by_its_reason():
    world = FlowWorld()
    for link in (LinkState.STALE, LinkState.UPDATE_CLIENT, LinkState.UPDATE_SERVER):
        world.happens(ev.LinkIs(link))
        screen = kiosk_view(world.state)["screen"]
        assert isinstance(screen, dict)
        assert screen["page"] == "OutOfService"
        assert screen["facts"]["title"]["main"] == LINK_TITLES[link].zh


# The paper.


def test_a_night_ticket_says_on_paper_and_on_the_screen_from_when_it_is_called():
    note = Text("本号11月24日（星期二）9:00起叫号", "Called from Tue 24 Nov, 9:00 on")
    night = structs.replace(reservation(), note=note)
    face = face_of(night, small_catalog(), SHANGHAI, is_english=False)
    assert face.where_lines[0] == note.zh
    assert len(face.where_lines) == 2
    facts = kiosk_view(EVERY_PAGE["ticketout-night"])["screen"]["facts"]
    assert facts["where"]["main"] == note.zh


def test_a_ticket_says_all_that_its_visitor_needs():
    face = face_of(reservation(), small_catalog(), SHANGHAI, is_english=False)
    assert (face.number, face.people_ahead) == ("A023", 5)
    assert face.service_zh == "居民身份证办理"
    assert (face.zone, face.department) == ("民生事务", "公安局")
    assert face.where_lines == ("1楼 12—15号窗口",)
    assert face.issued_text == "2026-11-23 08:00"
    assert face.qr_text == reservation().token


def test_a_ticket_leads_in_the_language_of_its_visitor():
    face = face_of(reservation(), small_catalog(), SHANGHAI, is_english=True)
    assert (face.hall_title, face.zone) == ("Test Service Centre", "Civil affairs")
    assert face.where_lines == ("Floor 1, windows 12 to 15",)


def test_a_service_that_left_the_catalog_still_gets_its_paper():
    face = face_of(reservation(service="gone"), small_catalog(), SHANGHAI, is_english=False)
    assert (face.service_zh, face.where_lines, face.number) == ("gone", (), "A023")


# What QML reports.


@pytest.mark.parametrize(
    ("name", "value", "touch"),
    [
        ("zone", "civil", ev.ZoneTouched(ZoneId("civil"))),
        ("service", "id-card", ev.ServiceTouched(ServiceId("id-card"))),
        ("letter", "J", ev.LetterTouched("j")),
        ("stars", 4.0, ev.StarsTouched(4)),
        ("stars", 4, ev.StarsTouched(4)),
        ("next_sheet", None, ev.SheetTouched(1)),
        ("home", None, ev.HomeTouched()),
        ("no such thing", None, None),
        ("service", 5, None),
        ("service", "x" * 65, None),
        ("stars", "4", None),
    ],
)
def test_touches_are_read_and_odd_ones_dropped(name: str, value: object, touch: ev.Touch | None):
    assert touch_of(name, value) == touch


def test_a_held_card_shows_and_its_key_does_not():
    world = FlowWorld()
    key = PersonKey("cd" * 16)
    world.happens(ev.CardRead(key))
    shown = kiosk_view(world.state)
    assert shown["card"] == "held"
    assert key not in repr(shown)
