"""The uplink at work: the journal, the feed, and a small broker whose bridge goes to the region."""

import logging
import queue
from collections.abc import Callable, Sequence
from typing import Protocol

from hallserver.client.paho_network import (
    Connected,
    Connection,
    Lost,
    NetworkEvent,
    Received,
)
from hallserver.client.subscriptions import Subscription
from hallserver.notices import Notices
from hallserver.protocol.bounds import MAX_LINES_IN_A_MESSAGE
from hallserver.protocol.region import (
    CONFIRMED,
    LINES,
    QOS,
    REGION_SCHEMA,
    JournalConfirmed,
    JournalLine,
    JournalLines,
    LinesRefused,
    LinesUnreadableError,
    decode_confirmed,
    encode_lines,
)
from hallserver.region.files import LINE_TOPIC
from hallserver.uplink.feed import Feed
from hallserver.uplink.lines import Row, fitting, line_of

LOOK_EVERY_MS = 1_000
"""How often the journal is looked at for new lines, which then go up in one message."""
SAY_EVERY_MS = 60_000
FIRST_SAY_MS = 10_000

_LOG = logging.getLogger(__name__)


class ForkedError(Exception):
    """The region holds lines that are not this journal's."""


class Reader(Protocol):
    """What the uplink needs of the journal."""

    def head(self) -> int:
        """Return the last line; 0 in a new journal."""
        ...

    def at(self, seq: int) -> Row | None:
        """Return one line."""
        ...

    def after(self, seq: int, count: int) -> Sequence[Row]:
        """Return the lines that follow one, at most `count`, without a gap."""
        ...

    def last_before(self, epoch: int) -> int:
        """Return the last line of this start of the server or an earlier one; 0 for none."""
        ...


class Uplink:
    """Sends a journal up. Everything happens in the thread that calls `run`."""

    def __init__(
        self,
        reader: Reader,
        feed: Feed,
        now_ms: Callable[[], int],
        keep_broker: Callable[[], None] = lambda: None,
        broker_log: str = "its broker's log",
    ) -> None:
        """`now_ms` never goes back; `keep_broker` starts our broker again if it is gone."""
        self.events: queue.SimpleQueue[NetworkEvent | None] = queue.SimpleQueue()
        self.feed = feed
        self._reader = reader
        self._now_ms = now_ms
        self._keep_broker = keep_broker
        self._connection: Connection | None = None
        self._has_line = False
        self._should_stop = False
        self._notices = Notices(_LOG)
        self._broker_log = broker_log
        self._said_ms = now_ms() - SAY_EVERY_MS + FIRST_SAY_MS
        self._said_seq: int | None = None

    def stop(self) -> None:
        """Let `run` return. From any thread, or a signal's handler."""
        self._should_stop = True
        self.events.put(None)

    def run(self) -> None:
        """Send until `stop`. Raises ForkedError, JournalError, BrokerError."""
        while not self._should_stop:
            try:
                event = self.events.get(timeout=LOOK_EVERY_MS / 1_000)
            except queue.Empty:
                event = None
            if event is not None:
                self._take(event)
            if not self._should_stop and self.events.empty():
                self._keep_broker()
                self._send()
                self._say()

    def _take(self, event: NetworkEvent) -> None:
        match event:
            case Connected(connection=connection):
                self._connection = connection
                topics = (LINE_TOPIC, CONFIRMED.uplink)
                connection.subscribe(tuple(Subscription(topic, QOS) for topic in topics))
            case Lost():
                self._connection = None
                self._set_line(has_line=False)
            case Received(topic=topic, payload=payload) if topic == LINE_TOPIC:
                self._set_line(has_line=payload == b"1")
            case Received(topic=topic, payload=payload) if topic == CONFIRMED.uplink:
                self._take_answer(payload)
            case Received():
                self._notices.note("a message on a foreign topic was dropped")

    def _set_line(self, *, has_line: bool) -> None:
        if has_line and not self._has_line:
            _LOG.info("the line to the region is there")
            self.feed.open(self._now_ms())
        elif not has_line and self._has_line:
            _LOG.warning("no line to the region; the journal waits")
            self.feed.close()
        self._has_line = has_line

    def _take_answer(self, payload: bytes) -> None:
        try:
            answer = decode_confirmed(payload)
        except LinesUnreadableError:
            self._notices.note("the region's answer cannot be read")
            return
        self._check(answer)
        if answer.refused is LinesRefused.TOO_NEW:
            self._notices.note("the region's software is too old for this hall's: update it")
        elif answer.refused is not None:
            self._notices.note(f"the region refused lines: {answer.refused}")
        self.feed.answered(answer.number, answer.seq, self._now_ms())

    def _check(self, answer: JournalConfirmed) -> None:
        """Compare the last line that the region has with ours."""
        if answer.seq == 0 and answer.refused is not LinesRefused.FORKED:
            return
        row = self._reader.at(answer.seq)
        if (
            row is None
            or (row.epoch, row.wall_ms) != (answer.epoch, answer.wall_ms)
            or answer.refused is LinesRefused.FORKED
        ):
            shared = min(self._reader.last_before(answer.epoch), answer.seq - 1)
            raise ForkedError(
                f"the region has a line {answer.seq} (start {answer.epoch}) of this hall that is "
                "not in this journal, so nothing is sent. Was the journal brought back by "
                "`jiaohao journal restore`? Then have the region run `jiaohao region rewind HALL "
                f"{max(0, shared)}`. If it is another journal, the hall needs another name at the "
                "region: `jiaohao region admit`."
            )

    def _send(self) -> None:
        now_ms = self._now_ms()
        self._notices.look(now_ms)
        if self._connection is None:
            return
        if self.feed.should_ask(now_ms):
            self._publish(self.feed.take_question(now_ms), ())
        while self.feed.may_send_lines():
            rows = self._reader.after(self.feed.sent, MAX_LINES_IN_A_MESSAGE)
            if not rows:
                return
            lines = tuple(fitting(map(line_of, rows)))
            self._publish(self.feed.take_lines(lines[-1].seq, now_ms), lines)

    def _publish(self, number: int, lines: tuple[JournalLine, ...]) -> None:
        message = JournalLines(REGION_SCHEMA, number, self._reader.head(), lines)
        if self._connection is not None:
            self._connection.publish(LINES.uplink, encode_lines(message), QOS)

    def _say(self) -> None:
        """Say once a minute that there is no line, or how far it is when that has changed."""
        now_ms = self._now_ms()
        if now_ms - self._said_ms < SAY_EVERY_MS:
            return
        self._said_ms = now_ms
        if not self._has_line:
            _LOG.warning("no line to the region; why is in %s", self._broker_log)
            return
        if self.feed.confirmed == self._said_seq:
            return
        self._said_seq = self.feed.confirmed
        _LOG.info("the region has lines up to %s of %d", self._said_seq, self._reader.head())
