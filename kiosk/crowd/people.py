"""Who comes, for what, and how. The same seed makes the same people."""

from dataclasses import dataclass, field
from enum import StrEnum, unique
from random import Random
from typing import Final

from devices.idcard.encode import CardContents
from devices.idcard.synthetic import synthetic_card
from hallserver.protocol.ids import ServiceId, TicketNumber, TicketToken
from hallserver.protocol.snapshots import Catalog
from hallserver.protocol.states import TicketState

PEOPLE_A_SECOND: Final = 20 / 60
"""The peak of a hall with 30 kiosks: twenty tickets a minute."""

KIOSKS_OF_A_HALL: Final = 30

FOREIGN_CODES: Final = (
    "https://example.invalid/health?token=0000",
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "6901234567892",
    "JH1.20000101-A001.AAAAAAAAAAAAAAAA",  # has our form and is not genuine
)


@unique
class Way(StrEnum):
    """How somebody takes a number."""

    TOUCH = "touch"
    CARD = "card"
    CODE = "code"
    CODE_AND_CARD = "code_and_card"


_WAYS: Final = (Way.TOUCH, Way.CARD, Way.CODE, Way.CODE_AND_CARD)
_WAY_WEIGHTS: Final = (48, 34, 12, 6)


@unique
class Quirk(StrEnum):
    """What goes wrong with people, besides machines."""

    NONE = "none"
    DOUBLE_TAP = "double_tap"
    DRUMS = "drums"  # ten taps a second until something happens
    LIFTS_CARD = "lifts_card"  # too early; lays it down again
    COMES_AGAIN = "comes_again"  # with the same card for the same service
    FOREIGN_CODE = "foreign_code"


_QUIRKS: Final = (
    Quirk.NONE,
    Quirk.DOUBLE_TAP,
    Quirk.DRUMS,
    Quirk.LIFTS_CARD,
    Quirk.COMES_AGAIN,
    Quirk.FOREIGN_CODE,
)
_QUIRK_WEIGHTS: Final = (78, 8, 3, 4, 4, 3)

RATES: Final = 0.25
STARS: Final = (5, 4, 3, 2, 1)
STAR_WEIGHTS: Final = (60, 22, 9, 5, 4)


@dataclass
class Person:
    """One visitor, from the entrance to the way out."""

    number: int
    service: ServiceId
    way: Way
    quirk: Quirk
    card: CardContents | None = field(repr=False)
    stars: int = 0
    """The rating to be given; 0 for none."""

    token: TicketToken | None = field(default=None, repr=False)
    ticket_number: TicketNumber | None = None
    seen: TicketState | None = None
    """What the boards, or a kiosk, last said about the ticket."""

    got_ticket_at_s: float = 0.0
    asks_at_s: float = 0.0
    is_asking: bool = False
    failures: int = 0

    @property
    def is_card_needed(self) -> bool:
        """Whether a card is laid on the reader."""
        return self.way in (Way.CARD, Way.CODE_AND_CARD)


def make_person(number: int, catalog: Catalog, random: Random) -> Person:
    """Draw one visitor."""
    way = random.choices(_WAYS, _WAY_WEIGHTS)[0]
    quirk = random.choices(_QUIRKS, _QUIRK_WEIGHTS)[0]
    if quirk in (Quirk.LIFTS_CARD, Quirk.COMES_AGAIN):
        way = Way.CARD
    person = Person(
        number=number,
        service=random.choice(catalog.offered).id,
        way=way,
        quirk=quirk,
        card=None,
        stars=random.choices(STARS, STAR_WEIGHTS)[0] if random.random() < RATES else 0,
    )
    if person.is_card_needed:
        person.card = synthetic_card(random)
    return person


def arrival_gap_s(random: Random, kiosks: int, speed: float) -> float:
    """Draw the time until the next person comes; at speed 0 they are all there at once."""
    if speed == 0:
        return 0.0
    rate = PEOPLE_A_SECOND * kiosks / KIOSKS_OF_A_HALL * speed
    return random.expovariate(rate)
