"""A clerk's window at a counter of a real hall in memory, for tests that touch or look at it."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from hallserver.client.record import NullRecord
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId, CounterId
from hallserver.protocol.states import TicketState
from tests.helpers.counters import HallForTerminals, MemoryLink
from tests.helpers.halls import PASSWORD, small_plan
from tests.helpers.screens import wait_until
from ui.counter.app import CounterApp, make_app
from ui.counter.flow import Act, State
from ui.counter.window import ACT_OF_KEY, CounterWindow

KEYS = {act: Qt.Key(key) for key, act in ACT_OF_KEY.items()}


class Desk:
    """A window at counter 1 of a small hall; `hear` lets the hall answer."""

    def __init__(
        self,
        *,
        size: tuple[int, int] = (960, 600),
        numbers: int = 3,
        account: tuple[str, str] | None = None,
    ) -> None:
        self.app = make_app()
        self.hall = HallForTerminals(small_plan())
        self.link = MemoryLink(self.hall, "counter-1")
        self.now_s = 100.0
        self.window = CounterWindow()
        self.window.resize(*size)
        self.counter = CounterApp(
            self.window,
            CounterId(1),
            self.link,
            NullRecord(),
            account=account,
            clock_s=lambda: self.now_s,
        )
        self.window.show()
        self.window.activateWindow()
        assert wait_until(self.window.isActiveWindow)
        self.hall.greet(["counter-1"])
        for _ in range(numbers):
            self.hall.take_number("a")
        self.hear()

    def hear(self) -> None:
        self.hall.hear()
        while self.hall.outbox:
            client, update = self.hall.outbox.popleft()
            if client == "counter-1":
                self.counter.take(update)

    def signed_in(self) -> "Desk":
        self.hall.played.send("counter-1", c.SignIn(ClerkId("clerk-1"), PASSWORD))
        self.hall.publish()
        self.hear()
        return self

    def with_ticket(self, state: TicketState | None) -> "Desk":
        """Let the counter have a ticket in this state, by keys that rested long enough."""
        self.signed_in()
        steps: dict[TicketState | None, list[Act]] = {None: [], TicketState.CALLED: [Act.NEXT]}
        for act in steps.get(state, [Act.NEXT, Act.ARRIVE]):
            self.key(act)
            self.hear()
        self.link.submitted.clear()
        return self

    def key(self, act: Act) -> None:
        self.now_s += 1.0
        QTest.keyClick(self.window, KEYS[act])

    def click(self, act: Act) -> None:
        self.now_s += 1.0
        QTest.mouseClick(self.window.buttons[act], Qt.MouseButton.LeftButton)

    @property
    def state(self) -> State:
        return self.counter.state

    @property
    def submitted(self) -> list[type[c.Command]]:
        return [type(command) for command in self.link.submitted]

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()
