"""How every program with a window is told to end: SIGINT and SIGTERM quit its event loop."""

import signal
import socket
from types import FrameType

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier


class QuitOnSignal(QObject):
    """Quits the application on SIGINT and SIGTERM, between two events of its loop.

    Never in the signal's own handler. Python runs that in the midst of whatever Python it is in,
    which may be a slot or an event filter that a window calls while it is drawn, and `quit` closes
    the windows at once: the frame would end on a window whose surface is gone. Besides, Python
    alone would hear the signal only when the next event brings it to Python code.
    """

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        self._read, self._write = socket.socketpair()
        self._read.settimeout(0)
        self._write.settimeout(0)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._former = {
            number: signal.signal(number, self._ignore)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)

    @staticmethod
    def _ignore(_number: int, _frame: FrameType | None) -> None:
        """Keep Python's own answer to the signal away; `_woken` follows through the socket."""

    def _woken(self) -> None:
        came = self._read.recv(64)
        if signal.SIGINT in came or signal.SIGTERM in came:
            QCoreApplication.quit()

    def close(self) -> None:
        """Give the signals back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()
