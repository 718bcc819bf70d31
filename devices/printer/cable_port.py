"""The printer's end of a cable: what a simulated printer needs of it, and one for TCP."""

import contextlib
import socket
import threading
from typing import Protocol

from devices.transport.waiting import wait_readable, wait_writable

READ_BYTES = 4096
SEND_TIMEOUT_S = 1.0


class CablePort(Protocol):
    """The device's end of a cable; `PtyPort` and `TcpPort` are two."""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return what the driver wrote; empty on time-out or `wake`."""
        ...

    def write(self, data: bytes, /) -> None:
        """Send to the driver."""
        ...

    def wake(self) -> None:
        """Make a waiting `read` return."""
        ...

    def unplug(self) -> None:
        """Pull the cable."""
        ...

    def replug(self) -> None:
        """Put it back."""
        ...

    def close(self) -> None:
        """Unplug for good."""
        ...


class TcpPort:
    """A printer's network port on the loopback interface; one host at a time, like real ones."""

    def __init__(self) -> None:
        self._use = threading.Lock()
        self._client: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)  # noqa: FBT003 (the library's signature)
        self.address = ("127.0.0.1", 0)
        self.replug()

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return what the host wrote; accepts a host when there is none."""
        with self._use:
            source = self._client or self._listener
            descriptors = [self._wake_in.fileno()]
            if source is not None:
                descriptors.append(source.fileno())
            ready = wait_readable(descriptors, timeout_s)
            if self._wake_in.fileno() in ready:
                self._wake_in.recv(READ_BYTES)
            if source is None or source.fileno() not in ready:
                return b""
            if source is self._listener:
                self._client, _ = source.accept()
                self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return b""
            return self._receive(max_bytes)

    def _receive(self, max_bytes: int) -> bytes:
        if self._client is None:
            return b""
        try:
            data = self._client.recv(max_bytes)
        except OSError:
            data = b""
        if not data:
            self._client.close()
            self._client = None
        return data

    def write(self, data: bytes, /) -> None:
        """Send to the host; lost if there is none or it does not read."""
        with self._use:
            if self._client is None or not wait_writable(self._client.fileno(), SEND_TIMEOUT_S):
                return
            with contextlib.suppress(OSError):
                self._client.sendall(data)

    def wake(self) -> None:
        """Make a waiting `read` return."""
        with contextlib.suppress(OSError):
            self._wake_out.send(b"w")

    def unplug(self) -> None:
        """Close the connection and refuse new ones."""
        self.wake()
        with self._use:
            for end in (self._client, self._listener):
                if end is not None:
                    end.close()
            self._client = self._listener = None

    def replug(self) -> None:
        """Listen again, at the same address."""
        with self._use:
            if self._listener is None:
                self._listener = socket.create_server(self.address, backlog=1)
                host, port = self._listener.getsockname()
                self.address = (str(host), int(port))

    def close(self) -> None:
        """Unplug for good."""
        self.unplug()
        self._wake_in.close()
        self._wake_out.close()
