"""The link as a Qt app sees it: in its own thread, in order, against a real mosquitto."""

import threading
import time

import pytest
from PySide6.QtCore import QObject, QThread, QTimer, Slot

from hallserver.broker import run_broker
from hallserver.client.outbox import OutboxFull
from hallserver.client.qt_link import QtLink
from hallserver.client.store import MemoryOutboxStore
from hallserver.client.subscriptions import subscriptions_for
from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, Update
from hallserver.protocol.commands import ConfirmPrinted
from hallserver.protocol.replies import Done
from tests.helpers.broker import ScriptedHall

LIVE = LinkChanged(LinkState.LIVE)
CONFIRM = ConfirmPrinted("20261123-A023")


@pytest.fixture
def broker(tmp_path):
    with run_broker(tmp_path / "broker", ["kiosk-01"]) as broker:
        yield broker


class App(QObject):
    """Notes what it is told and in which thread; a lambda notes it too."""

    def __init__(self, broker) -> None:
        super().__init__()
        self.updates: list[Update] = []
        self.threads: set[int] = set()
        topics = subscriptions_for("kiosk-01")
        self.link = QtLink(broker.settings("kiosk-01"), topics, MemoryOutboxStore(), self)
        self.link.updated.connect(self.note)
        self.link.updated.connect(lambda _update: self.threads.add(threading.get_ident()))

    @Slot(object)
    def note(self, update: Update) -> None:
        self.threads.add(threading.get_ident())
        assert QThread.currentThread() is self.thread()
        self.updates.append(update)


def test_updates_arrive_in_the_gui_thread_and_in_order(qtbot, broker):
    with ScriptedHall(broker):
        app = App(broker)
        app.link.start()
        qtbot.waitUntil(lambda: LIVE in app.updates, timeout=10_000)
        submitted = [app.link.submit(CONFIRM) for _ in range(50)]
        expected = [ReplyArrived(command_id, CONFIRM, Done()) for command_id in submitted]
        qtbot.waitUntil(lambda: app.updates[-50:] == expected, timeout=10_000)
        app.link.stop()
    assert app.threads == {threading.get_ident()}


def test_after_stop_nothing_is_delivered_and_nothing_taken(qtbot, broker):
    with ScriptedHall(broker) as hall:
        app = App(broker)
        app.link.start()
        qtbot.waitUntil(lambda: LIVE in app.updates, timeout=10_000)
        app.link.submit(CONFIRM)
        hall.asked.get(timeout=10)
        threading.Event().wait(0.3)  # the answer is on its way to this thread, which is not free
        app.link.stop()
        told = list(app.updates)
        with qtbot.waitSignal(_later(app, 200).timeout):
            pass
    assert app.updates == told
    assert app.link.submit(CONFIRM) == OutboxFull(limit=0)


def test_submitting_does_not_wait_for_a_broker_that_hangs(qtbot, broker):
    """The screen goes on: 100 commands in the time of one frame, though nobody answers."""
    app = App(broker)
    broker.kill()
    app.link.start()
    begun_s = time.monotonic()
    taken = [app.link.submit(CONFIRM) for _ in range(100)]
    submitted_s = time.monotonic() - begun_s
    app.link.stop()
    assert len(set(taken)) == 100
    assert submitted_s < 0.2


def _later(parent: QObject, milliseconds: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.start(milliseconds)
    return timer
