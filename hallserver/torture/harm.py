"""What is done to the hall, and when: drawn from a seed before it begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from random import Random

MAX_WORK_S = 1.2
"""The longest that people work between two harms."""
MAX_START_S = 1.0
"""A server that is killed during its start is killed within this of the kill before."""
MAX_ABSENCE_S = 1.0
"""The longest that a killed broker stays away."""
MAX_STANDSTILL_S = 6.0
"""Longer than the silence after which screens say that they are stale."""
MAX_KILLS_AT_ONCE = 5

START_SHARE = 0.4
"""So many of the server's deaths are followed by more during its starts."""
BOTH_SHARE = 0.25
"""So many of the broker's kills come together with one of the server."""
STANDSTILLS_PER_KILL = 0.01


@unique
class Target(StrEnum):
    """Who is harmed."""

    SERVER = "server"
    BROKER = "broker"
    BOTH = "both"
    CLIENT = "client"
    STANDSTILL = "standstill"
    """The server is stopped (SIGSTOP) and let go on."""


@unique
class Store(StrEnum):
    """What becomes of a killed broker's store."""

    KEPT = "kept"
    DELETED = "deleted"
    CORRUPTED = "corrupted"


@dataclass(frozen=True, slots=True)
class Harm:
    """One harm.

    `after_s` is how long people work before it. The server is killed once, and again after each of
    `again_after_s`. A killed broker is away for `absence_s`; `apart_s` after it (or before, when
    negative) the server is killed too. `saves` is whether the broker writes its store right before.
    """

    target: Target
    after_s: float
    again_after_s: tuple[float, ...] = ()
    store: Store = Store.KEPT
    absence_s: float = 0.0
    apart_s: float = 0.0
    saves: bool = False
    draw: int = 0
    """Chance for what the harm itself has to choose: which client, which bytes."""

    @property
    def server_kills(self) -> int:
        """How often it kills the server."""
        is_server = self.target in (Target.SERVER, Target.BOTH)
        return is_server * (1 + len(self.again_after_s))

    @property
    def broker_kills(self) -> int:
        """How often it kills the broker."""
        return int(self.target in (Target.BROKER, Target.BOTH))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many kills are asked for."""

    server: int
    broker: int
    client: int


def draw_harms(counts: Counts, seed: int) -> list[Harm]:
    """Draw a plan with exactly these kills, in an order of chance."""
    chance = Random(seed)
    both = min(counts.server, round(counts.broker * BOTH_SHARE))
    harms = [_broker(chance, Target.BOTH, number) for number in range(both)]
    harms += [_broker(chance, Target.BROKER, number) for number in range(both, counts.broker)]
    harms += _servers(chance, counts.server - both)
    harms += [_harm(chance, Target.CLIENT, 0.0) for _ in range(counts.client)]
    harms += [
        _harm(chance, Target.STANDSTILL, chance.uniform(0.5, MAX_STANDSTILL_S))
        for _ in range(round(counts.server * STANDSTILLS_PER_KILL))
    ]
    chance.shuffle(harms)
    return harms


def _harm(chance: Random, target: Target, absence_s: float) -> Harm:
    after_s = chance.uniform(0, MAX_WORK_S)
    return Harm(target, after_s, absence_s=absence_s, draw=chance.getrandbits(32))


def _servers(chance: Random, kills: int) -> Iterator[Harm]:
    while kills > 0:
        again: tuple[float, ...] = ()
        if chance.random() < START_SHARE:
            more = min(kills - 1, chance.randint(1, MAX_KILLS_AT_ONCE - 1))
            again = tuple(chance.uniform(0, MAX_START_S) for _ in range(more))
        yield Harm(Target.SERVER, chance.uniform(0, MAX_WORK_S), again_after_s=again)
        kills -= 1 + len(again)


def _broker(chance: Random, target: Target, number: int) -> Harm:
    """Every store's fate comes as often as the others."""
    return Harm(
        target,
        chance.uniform(0, MAX_WORK_S),
        store=list(Store)[number % len(Store)],
        absence_s=chance.choice((0.0, chance.uniform(0, MAX_ABSENCE_S))),
        apart_s=chance.uniform(-0.5, 1.0) if target is Target.BOTH else 0.0,
        saves=chance.random() < 0.7,
        draw=chance.getrandbits(32),
    )


def corrupted(whole: bytes, draw: int) -> bytes:
    """Harm a file's bytes: cut it, overwrite a stretch, turn bits, or leave other bytes."""
    chance = Random(draw)
    if not whole:
        return chance.randbytes(chance.randrange(1, 4096))
    harmed = bytearray(whole)
    match chance.randrange(5):
        case 0:
            return whole[: chance.randrange(len(whole))]
        case 1:
            at = chance.randrange(len(whole))
            harmed[at:] = bytes(len(whole) - at)  # blocks that were never written
        case 2:
            return chance.randbytes(len(whole))
        case _:
            for _ in range(chance.choice((1, 8, 64, 512))):
                harmed[chance.randrange(len(harmed))] ^= 1 << chance.randrange(8)
    return bytes(harmed)
