"""The rating pad, drawn and touched: by finger and mouse, and by its simulated visitor."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtTest import QTest

from hallserver.client.outbox import OutboxFull
from hallserver.client.record import Record
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol.commands import Command, RateAtCounter
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
from hallserver.protocol.snapshots import ActiveTicket, ClerkAtCounter, CounterSnapshot
from hallserver.protocol.states import TicketState
from tests.helpers.screens import (
    colours_of,
    draw,
    ill_fitting_texts,
    no_qt_messages,
    open_kit,
    visible_items,
    wait_until,
)
from ui.kit.finger import Finger
from ui.kit.i18n import Language
from ui.kit.rating_tags import parse_rating_tags
from ui.kit.sizes import PAD_PANEL
from ui.ratingpad.app import TICK_MS, RatingPad, tap_of
from ui.ratingpad.flow import (
    BackTapped,
    MoreTapped,
    Page,
    ReasonTapped,
    SendTapped,
    SkipTapped,
    StarsTapped,
)
from ui.ratingpad.texts import TEXTS

TAGS = parse_rating_tags(
    (Path(__file__).parent.parent.parent / "ui/kit/rating_tags.toml").read_text("utf-8")
)
COMMAND_ID = CommandId("c" * 32)
LIVE = LinkChanged(LinkState.LIVE)


class Hall:
    """Takes what the pad sends and answers at once, or not at all."""

    def __init__(self, reply: Reply | None = None, *, is_full: bool = False) -> None:
        self.sent: list[RateAtCounter] = []
        self.reply = reply
        self.is_full = is_full
        self.pad: RatingPad | None = None
        self._version = 1

    def submit(self, command: Command) -> CommandId | OutboxFull:
        assert isinstance(command, RateAtCounter)
        if self.is_full:
            return OutboxFull()
        self.sent.append(command)
        return COMMAND_ID

    def answer(self, reply: Reply) -> None:
        assert self.pad is not None
        self.pad.take(ReplyArrived(COMMAND_ID, self.sent[-1], reply))

    def show(self, rateable: str | None, *, has_clerk: bool = True) -> None:
        assert self.pad is not None
        clerk = ClerkAtCounter(ClerkId("om"), Text("欧阳明慧", "Ouyang Minghui"), "0312")
        self._version += 1
        self.pad.take(
            SnapshotArrived(
                CounterSnapshot(
                    Epoch(1),
                    self._version,
                    CounterId(88),
                    clerk if has_clerk else None,
                    None,
                    0,
                    (),
                    None if rateable is None else a_ticket(rateable),
                )
            )
        )


def a_ticket(name: str) -> ActiveTicket:
    return ActiveTicket(
        TicketId(f"20261123-{name}"),
        TicketNumber(name),
        ServiceId("id-card"),
        TicketState.COMPLETED,
        0,
        0,
    )


@contextmanager
def pad(
    tmp_path: Path,
    hall: Hall,
    *,
    language: Language = Language.ZH,
    seed: int | None = None,
    now_s: Callable[[], float] | None = None,
) -> Iterator[RatingPad]:
    kit = open_kit(PAD_PANEL, TEXTS, language=language, shots=tmp_path / "shots")
    record = Record(tmp_path / "record.jsonl")
    try:
        hall.pad = RatingPad(
            kit,
            CounterId(88),
            TAGS,
            hall.submit,
            record,
            name="pad-88",
            autopilot_seed=seed,
            now_s=now_s,
            tick_ms=5 if now_s else TICK_MS,
        )
        hall.pad.take(LIVE)
        draw(hall.pad.window)
        yield hall.pad
    finally:
        kit.close()
        record.close()


def texts_on(screen: RatingPad) -> list[str]:
    return [
        str(item.property("text"))
        for item in visible_items(screen.window)
        if item.inherits("QQuickText") and item.property("text")
    ]


def noted(tmp_path: Path, kind: str) -> list[dict[str, object]]:
    lines = (tmp_path / "record.jsonl").read_text("utf-8").splitlines()
    return [line for line in map(json.loads, lines) if line["kind"] == kind]


def test_a_finger_on_five_stars_sends_them_and_the_pad_says_thanks(
    qapp: QObject, tmp_path: Path
) -> None:
    hall = Hall()
    with no_qt_messages(), pad(tmp_path, hall) as screen:
        hall.show("A023")
        draw(screen.window)
        finger = Finger(screen.window)
        assert finger.tap("star5")
        assert not finger.tap("star4"), "there is nothing to touch while it is sent"
        assert hall.sent == [RateAtCounter(TicketId("20261123-A023"), 5)]
        assert noted(tmp_path, "rated") == []
        hall.answer(Done())
        draw(screen.window)
        assert "谢谢您的评价" in texts_on(screen)
        (line,) = noted(tmp_path, "rated")
    assert (line["ticket"], line["stars"]) == ("20261123-A023", 5)


@pytest.mark.parametrize("stars", [3, 4, 5])
def test_a_mouse_works_as_a_finger_does(qapp: QObject, tmp_path: Path, stars: int) -> None:
    hall = Hall()
    with pad(tmp_path, hall) as screen:
        hall.show("A023")
        draw(screen.window)
        at = Finger(screen.window).place_of(f"star{stars}")
        assert at is not None
        left, no_key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(screen.window, left, no_key, at)
        QTest.mouseClick(screen.window, left, no_key, at)
        assert [command.stars for command in hall.sent] == [stars]


def test_two_stars_ask_for_a_reason_and_send_its_code(qapp: QObject, tmp_path: Path) -> None:
    hall = Hall()
    with no_qt_messages(), pad(tmp_path, hall) as screen:
        hall.show("A023")
        draw(screen.window)
        finger = Finger(screen.window)
        assert finger.tap("star2")
        draw(screen.window)
        assert not finger.tap("send"), "there is no reason yet"
        assert finger.tap("tag_209")
        assert finger.tap("more")
        draw(screen.window)
        assert finger.tap("tag_212")
        assert finger.tap("send")
        assert hall.sent == [RateAtCounter(TicketId("20261123-A023"), 2, ("209", "212"))]


def test_between_visitors_no_touch_and_no_key_does_anything(qapp: QObject, tmp_path: Path) -> None:
    hall = Hall()
    with pad(tmp_path, hall) as screen:
        hall.show(None)
        draw(screen.window)
        before = screen.state.page
        for x in range(40, 1280, 120):
            for y in range(40, 800, 120):
                left, no_key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
                QTest.mouseClick(screen.window, left, no_key, QPoint(x, y))
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_5, Qt.Key.Key_Tab):
            QTest.keyClick(screen.window, key)
        assert (before, screen.state.page, hall.sent) == (Page.IDLE, Page.IDLE, [])
        hall.show("A023")
        draw(screen.window)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_5, Qt.Key.Key_Tab):
            QTest.keyClick(screen.window, key)
        assert (screen.state.page, hall.sent) == (Page.ASK, [])


def test_a_full_outbox_is_said_and_not_taken_for_sent(qapp: QObject, tmp_path: Path) -> None:
    hall = Hall(is_full=True)
    with pad(tmp_path, hall) as screen:
        hall.show("A023")
        draw(screen.window)
        assert Finger(screen.window).tap("star5")
        draw(screen.window)
        assert "这次没有评价成功" in texts_on(screen)
        assert noted(tmp_path, "asked") == []


def touch_through(screen: RatingPad, hall: Hall) -> Iterator[str]:
    """Lead the pad through every page that it has."""
    finger = Finger(screen.window)
    hall.show(None, has_clerk=False)
    yield "closed"
    hall.show(None)
    yield "idle"
    for stars in (1, 2):
        hall.show(f"AB{stars}88")
        yield "ask"
        assert finger.tap(f"star{stars}")
        yield "reasons"
        assert finger.tap(f"tag_{TAGS.of(stars)[1].code}")
        yield "chosen"
        assert finger.tap("more")
        yield "more"
        assert finger.tap("back")
        yield "again"
        assert finger.tap("skip")
        yield "reopen"
    screen.take(LinkChanged(LinkState.STALE))
    yield "stale"
    assert finger.tap("reopen")
    yield "ask, stale"
    assert finger.tap("star1")
    yield "reasons, stale"
    assert finger.tap("back")
    screen.take(LinkChanged(LinkState.UPDATE_SERVER))
    yield "outdated"
    assert finger.tap("star5")
    yield "sending"
    hall.answer(reject(RejectionCode.NOT_AT_THIS_COUNTER))
    yield "refused"


@pytest.mark.parametrize("language", list(Language))
def test_every_page_fits_and_is_drawn_without_a_word_from_qt(
    qapp: QObject, tmp_path: Path, language: Language
) -> None:
    hall = Hall()
    with no_qt_messages(), pad(tmp_path, hall, language=language) as screen:
        pages = []
        for page in touch_through(screen, hall):
            draw(screen.window)
            assert (page, ill_fitting_texts(screen.window)) == (page, [])
            assert colours_of(screen.window) > 3
            pages.append(page)
        assert len(pages) == 20


@pytest.mark.parametrize("code", list(RejectionCode))
@pytest.mark.parametrize("language", list(Language))
def test_every_refusal_of_the_hall_fits(
    qapp: QObject, tmp_path: Path, code: RejectionCode, language: Language
) -> None:
    hall = Hall()
    with pad(tmp_path, hall, language=language) as screen:
        hall.show("A023")
        draw(screen.window)
        assert Finger(screen.window).tap("star5")
        hall.answer(reject(code))
        draw(screen.window)
        assert ill_fitting_texts(screen.window) == []


def test_every_page_of_a_rating_leaves_a_picture(qapp: QObject, tmp_path: Path) -> None:
    hall = Hall()
    with pad(tmp_path, hall) as screen:
        hall.show("A023")
        shots = tmp_path / "shots"
        assert wait_until((shots / "pad-88-ask.png").exists)
        Finger(screen.window).tap("star5")
        hall.answer(Done())
        assert wait_until((shots / "pad-88-thanks.png").exists)


def test_the_simulated_visitor_rates_by_touch_and_the_same_seed_does_the_same(
    qapp: QObject, tmp_path: Path
) -> None:
    stories = [simulate(tmp_path / str(run), seed=5, people=12) for run in range(2)]
    assert stories[0] == stories[1]
    assert {command.stars for command in stories[0]} > {5}
    bad = [command for command in stories[0] if command.stars <= 2]
    assert bad
    assert all(command.tags for command in bad)
    assert len({command.ticket for command in stories[0]}) == len(stories[0])
    assert 8 <= len(stories[0]) <= 12, "nearly everyone rates, some do not"


def simulate(tmp_path: Path, seed: int, people: int) -> list[RateAtCounter]:
    """Let simulated visitors rate, by a clock that runs on half a second at each look."""
    hall = Hall()
    looks = count()
    with pad(tmp_path, hall, seed=seed, now_s=lambda: next(looks) / 2) as screen:

        def is_over() -> bool:
            if screen.state.page is Page.SENDING:
                hall.answer(Done())
            return screen.state.page is Page.IDLE

        for number in range(people):
            hall.show(f"A{number:03}")
            assert wait_until(is_over)
    return hall.sent


def test_what_qml_reports_becomes_an_event_or_nothing() -> None:
    assert tap_of("stars", 5) == tap_of("stars", 5.0) == StarsTapped(5)
    assert tap_of("reason", "108") == ReasonTapped("108")
    known = [tap_of(name, None) for name in ("more", "send", "back", "skip")]
    assert known == [MoreTapped(), SendTapped(), BackTapped(), SkipTapped()]
    assert tap_of("stars", None) is None
    assert tap_of("reason", 108) is None
    assert tap_of("nonsense", None) is None
