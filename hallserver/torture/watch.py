"""What the clients' records say while they grow: who is in sync, who is still."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hallserver.client.subscriptions import subscriptions_for
from hallserver.protocol.ids import ClientId, ZoneId
from hallserver.protocol.routes import BOARD, CONSOLE, COUNTER, LOAD, match_topic
from hallserver.torture.journal import Head
from hallserver.torture.record import Row, Tail

_OF = {
    BOARD.name: "BoardSnapshot",
    COUNTER.name: "CounterSnapshot",
    LOAD.name: "HallLoad",
    CONSOLE.name: "ConsoleSnapshot",
}
"""What every hall says of itself at once after a start, with the journal's line as its version."""


def watched_topics(client: ClientId, zones: Iterable[ZoneId]) -> tuple[str, ...]:
    """Name what a client has to have seen to be in sync."""
    found = (match_topic(item.topic) for item in subscriptions_for(client, zones))
    return tuple(
        f"{_OF[matched[0].name]} {matched[1]}".rstrip()
        for matched in found
        if matched is not None and matched[0].name in _OF
    )


@dataclass(slots=True)
class Watched:
    """One client, as its record has it."""

    topics: tuple[str, ...]
    link: str = "connecting"
    link_at_ns: int = 0
    epoch: int = 0
    newest: dict[str, tuple[int, int]] = field(default_factory=dict)
    newest_at_ns: dict[str, int] = field(default_factory=dict)
    whole: dict[str, Row] = field(default_factory=dict)
    still_in: int = 0
    lives: int = 0
    asked: int = 0
    told: int = 0

    def note(self, row: Row) -> None:
        """Take a line of the record."""
        match row["kind"]:
            case "saw":
                topic, version = row["topic"], (row["epoch"], row["version"])
                if topic == "ServerInfo":
                    self.epoch = row["epoch"]
                elif version > self.newest.get(topic, (0, 0)):
                    self.newest[topic] = version
                    self.newest_at_ns[topic] = row["t"]
            case "whole":
                self.whole[row["topic"]] = row["snapshot"]
            case "link":
                self.link, self.link_at_ns = row["link"], row["t"]
            case "life":
                self.link, self.link_at_ns = "connecting", row["t"]
                self.newest.clear()
                self.lives += 1
            case "still":
                self.still_in = row["quiet"]
            case "asked":
                self.asked += 1
            case "told":
                self.told += 1

    def in_sync_at_ns(self, head: Head, after_ns: int) -> int | None:
        """Since when it is live and has all that was in the journal at `head`; None while not.

        It must have become live after `after_ns`, unless the server is another one since then.
        """
        if self.link != "live" or self.link_at_ns < after_ns or self.epoch != head.epoch:
            return None
        wanted = (head.epoch, head.seq)
        if any(self.newest.get(topic, (0, 0)) < wanted for topic in self.topics):
            return None
        return max([self.link_at_ns, *(self.newest_at_ns[topic] for topic in self.topics)])


class Watch:
    """All clients' records."""

    def __init__(self, records: Path, clients: Mapping[ClientId, tuple[ZoneId, ...]]) -> None:
        self.clients = {
            str(client): Watched(watched_topics(client, zones)) for client, zones in clients.items()
        }
        self._tails = [Tail(records / f"{client}.jsonl") for client in clients]

    def look(self) -> None:
        """Read what is new."""
        for tail in self._tails:
            client = self.clients[tail.client]
            for row in tail.new_rows():
                client.note(row)

    def close(self) -> None:
        """Give the files back."""
        for tail in self._tails:
            tail.close()

    @property
    def torn(self) -> int:
        """Half lines in all records."""
        return sum(tail.torn for tail in self._tails)

    def not_in_sync(self, head: Head, after_ns: int) -> list[str]:
        """Name the clients that are not."""
        return [
            name
            for name, client in self.clients.items()
            if client.in_sync_at_ns(head, after_ns) is None
        ]

    def in_sync_at_ns(self, head: Head, after_ns: int) -> int | None:
        """Since when all clients are; None while one is not."""
        found = [client.in_sync_at_ns(head, after_ns) for client in self.clients.values()]
        return None if None in found else max(at for at in found if at is not None)

    def not_still(self, quiet: int) -> list[str]:
        """Name the clients that have something to do yet."""
        return [name for name, client in self.clients.items() if client.still_in != quiet]
