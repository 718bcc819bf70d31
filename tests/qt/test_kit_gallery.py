"""Every component of the kit, drawn: loads without a word from Qt, fits, and is not blank."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QFont, QFontMetricsF, QImage

from tests.helpers.screens import (
    colours_of,
    draw,
    ill_fitting_texts,
    no_qt_messages,
    open_kit,
    visible_items,
    wait_until,
)
from ui.kit.app import Kit
from ui.kit.finger import Finger, find_item
from ui.kit.gallery import TEXTS, main, make_gallery
from ui.kit.i18n import KIT_TEXTS, Language
from ui.kit.sizes import DIGIT_HEIGHT_EM, HANZI_HEIGHT_EM, KIOSK_PANEL, PAD_PANEL, sizes_for
from ui.kit.theme import KitError, apply_theme, declared_properties, theme_values
from ui.kit.tokens import BOARD, DAY, FONT_FAMILY
from ui.kit.view import Actions, View

ROOT = Path(__file__).resolve().parent.parent.parent
PAD = ["--size", "1280x800", "--inches", "10.1"]


@contextmanager
def gallery(*arguments: str) -> Iterator[Kit]:
    kit = make_gallery(arguments)
    try:
        yield kit
    finally:
        kit.close()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("look", [[], ["--board"], PAD], ids=["kiosk", "board", "pad"])
def test_every_component_fits_and_is_drawn_without_a_word_from_qt(
    qapp: QObject, look: list[str], language: Language
) -> None:
    with no_qt_messages(), gallery("--language", language, *look) as kit:
        window = kit.window
        assert window is not None
        for page in range(int(window.property("pageCount"))):
            window.setProperty("page", page)
            draw(window)
            assert ill_fitting_texts(window) == []
            assert colours_of(window) > 3


def test_what_is_touched_is_as_large_as_a_finger_needs(qapp: QObject) -> None:
    with gallery(*PAD) as kit:
        window = kit.window
        assert window is not None
        least = sizes_for(PAD_PANEL).touch
        seen = 0
        for page in range(int(window.property("pageCount"))):
            window.setProperty("page", page)
            draw(window)
            for item in visible_items(window):
                if item.metaObject().indexOfSignal("tapped()") >= 0:
                    seen += 1
                    assert min(item.width(), item.height()) >= least
        assert seen > 20


def test_the_theme_has_exactly_the_names_of_the_tokens(qapp: QObject) -> None:
    with gallery() as kit:
        theme = kit.engine.singletonInstance("Jiaohao.Kit", "Theme")
        values = theme_values(DAY, sizes_for(KIOSK_PANEL))
        assert declared_properties(theme) == set(values)
        assert theme.property("accent").name() == DAY.accent
        apply_theme(kit.engine, BOARD, sizes_for(KIOSK_PANEL))
        assert theme.property("accent").name() == BOARD.accent


def test_another_language_shows_at_once(qapp: QObject) -> None:
    with gallery() as kit:
        window = kit.window
        assert window is not None
        kit.set_language(Language.EN)
        shown = {item.property("text") for item in visible_items(window)}
        assert TEXTS["gallery.hall"].en in shown
        assert TEXTS["gallery.hall"].zh not in shown


def test_a_text_that_is_not_there_is_an_error_and_not_an_empty_place(qapp: QObject) -> None:
    kit = open_kit(KIOSK_PANEL, {})
    texts = kit.engine.singletonInstance("Jiaohao.Kit", "Texts")
    assert set(texts.property("table")) == set(KIT_TEXTS)
    with pytest.raises(AssertionError, match="no text for"), no_qt_messages():
        kit.load_window(ROOT / "ui/kit/qml/Gallery.qml", {"starWords": []})
    kit.close()


def test_a_file_that_does_not_load_says_where(qapp: QObject, tmp_path: Path) -> None:
    broken = tmp_path / "Broken.qml"
    broken.write_text("import QtQuick\nWindow { nonsense: 1 }\n")
    kit = open_kit(KIOSK_PANEL, {})
    with pytest.raises(KitError, match=r"Broken.qml:2"):
        kit.load_window(broken, {})
    kit.close()


def test_digits_are_of_one_width_and_as_high_as_the_sizes_say(qapp: QObject) -> None:
    font = QFont(FONT_FAMILY)
    font.setPixelSize(200)
    font.setBold(True)
    font.setFeature(QFont.Tag("tnum"), 1)
    metrics = QFontMetricsF(font)
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1
    assert metrics.tightBoundingRect("0").height() >= 200 * DIGIT_HEIGHT_EM
    assert metrics.tightBoundingRect("E").height() >= 200 * DIGIT_HEIGHT_EM - 1
    assert metrics.tightBoundingRect("国").height() >= 200 * (HANZI_HEIGHT_EM - 0.06)


def test_a_finger_touches_what_is_visible_and_enabled_only(qapp: QObject) -> None:
    with gallery() as kit:
        window = kit.window
        assert window is not None
        window.setProperty("page", 10)
        draw(window)
        keypad = find_item(window, "key_5")
        assert keypad is not None
        heard: list[str] = []
        keypad.parentItem().parentItem().pressed.connect(heard.append)
        finger = Finger(window)
        assert finger.tap("key_5")
        assert finger.tap("key_confirm")
        assert heard == ["5", "confirm"]
        find_item(window, "key_5").setEnabled(False)
        assert not finger.tap("key_5")
        assert not finger.tap("nothing_of_this_name")
        assert heard == ["5", "confirm"]


def test_a_view_wakes_a_binding_only_for_what_changed(qapp: QObject, tmp_path: Path) -> None:
    counting = tmp_path / "Counting.qml"
    counting.write_text(
        "import QtQuick\n"
        "Window { id: root; required property var view; property int woken: 0\n"
        "  property var list: view.list; onListChanged: woken += 1 }\n"
    )
    view = View()
    view.show({"list": [1, 2], "other": "a"})
    kit = open_kit(KIOSK_PANEL, {})
    window = kit.load_window(counting, {"view": view})
    before = window.property("woken")
    view.show({"list": [1, 2], "other": "b"})
    assert (view.value("other"), window.property("woken")) == ("b", before)
    view.show({"list": [1, 3], "other": "b"})
    assert (view.value("list"), window.property("woken")) == ([1, 3], before + 1)
    kit.close()


def test_an_action_carries_its_value(qapp: QObject) -> None:
    actions = Actions()
    heard: list[tuple[str, object]] = []
    actions.acted.connect(lambda name, value: heard.append((name, value)))
    actions.act("skip")
    actions.act("stars", 5)
    assert heard == [("skip", None), ("stars", 5)]


def test_pictures_are_taken_once_a_name_after_the_frame_was_drawn(
    qapp: QObject, tmp_path: Path
) -> None:
    with gallery("--shots", str(tmp_path / "shots")) as kit:
        shots = kit.shots()
        shots.take("one")
        assert not (tmp_path / "shots").exists()
        picture = tmp_path / "shots" / "one.png"
        assert wait_until(picture.exists)
        assert QImage(str(picture)).width() == KIOSK_PANEL.width_px
        picture.unlink()
        shots.take("one")
        shots.take("two")
        assert wait_until((tmp_path / "shots" / "two.png").exists)
        assert not picture.exists()
        shots.take("one", again=True)
        assert wait_until(picture.exists)
        assert {file.name for file in picture.parent.iterdir()} == {"one.png", "two.png"}


def test_without_a_folder_no_picture_is_taken(qapp: QObject) -> None:
    with gallery() as kit:
        shots = kit.shots()
        shots.take("one")
        shots.save_now("two")


def test_the_gallery_saves_all_its_pages_and_leaves(qapp: QObject, tmp_path: Path) -> None:
    assert main(["--shots", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("gallery-*.png"))) == 11


def test_every_qml_file_passes_qmllint() -> None:
    files = sorted((ROOT / "ui").rglob("*.qml"))
    assert len(files) > 20
    # Full paths: with relative ones qmllint does not find the qmldir beside a singleton.
    lint = Path(sys.executable).with_name("pyside6-qmllint")
    done = subprocess.run(
        [lint, "-W", "0", "-I", ROOT / "ui/kit/qml", *files],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_check_for_texts_that_do_not_fit_finds_them(qapp: QObject, tmp_path: Path) -> None:
    odd = tmp_path / "Odd.qml"
    odd.write_text(
        "import QtQuick\nimport Jiaohao.Kit\nWindow {\n"
        'Pressable { width: 81; height: 81; Label { text: "too wide"; wrapMode: Text.NoWrap } }\n'
        'Label { y: 300; width: 50; elide: Text.ElideRight; wrapMode: Text.NoWrap; text: "cut" }\n'
        'Label { y: 400; x: 1000; width: 300; text: "outside" }\n'
        'Label { y: 500; width: 40; height: 20; text: "too high" }\n'
        'Label { y: 700; text: "good" }\n}\n'
    )
    kit = open_kit(KIOSK_PANEL, {})
    window = kit.load_window(odd, {})
    draw(window)
    assert ill_fitting_texts(window) == ["too wide", "cut", "outside", "too high"]
    kit.close()
