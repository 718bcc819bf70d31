"""The messages between a hall and its region as they lie in files.

A file of a released schema never changes. To write the files of new messages:
`.venv/bin/python -m tests.golden.test_region_golden`, then look at the difference.
"""

from pathlib import Path

import msgspec
import pytest

from hallserver.protocol.region import (
    REGION_ROUTES,
    REGION_SCHEMA,
    JournalConfirmed,
    JournalLine,
    JournalLines,
    LinesRefused,
    decode_confirmed,
    decode_lines,
    encode_confirmed,
    encode_lines,
)

HERE = Path(__file__).parent / "protocol" / f"region{REGION_SCHEMA}"
BODY = '{"type":"TicketReserved","ticket":"20261123-A023","number":"A023","service":"company"}'
LINES = JournalLines(
    1,
    1_795_392_000_017,
    4_712,
    (
        JournalLine(
            4_711,
            3,
            "20261123",
            1_795_400_000_000,
            8_000_000,
            "kiosk-01",
            "TicketReserved",
            BODY,
            "00112233445566778899aabbccddeeff",
        ),
    ),
)
CONFIRMED = JournalConfirmed(1, 1_795_392_000_017, 3, 4_711, 1_795_400_000_000)
REFUSED = JournalConfirmed(1, 1_795_392_000_018, 3, 4_711, 1_795_400_000_000, LinesRefused.GAP)

CASES = (
    ("JournalLines", LINES, encode_lines(LINES), decode_lines),
    ("JournalConfirmed", CONFIRMED, encode_confirmed(CONFIRMED), decode_confirmed),
    ("JournalConfirmedRefused", REFUSED, encode_confirmed(REFUSED), decode_confirmed),
)


@pytest.mark.parametrize(("name", "message", "payload", "decode"), CASES)
def test_a_message_of_the_region_is_written_and_read_as_it_lies_in_its_file(
    name, message, payload, decode
):
    assert _pretty(payload) == (HERE / f"{name}.json").read_text("utf-8")
    assert decode((HERE / f"{name}.json").read_bytes()) == message


@pytest.mark.parametrize(("name", "message", "payload", "decode"), CASES)
def test_a_field_that_was_added_later_is_ignored_by_both_ends(name, message, payload, decode):
    later = payload.replace(b'{"schema"', b'{"added_later":{"by":1},"schema"')
    assert later != payload
    assert decode(later) == message


def test_each_message_of_the_region_has_its_file_and_no_file_is_left_over():
    assert {name for name, *_ in CASES} == {path.stem for path in HERE.glob("*.json")}
    assert {type(message) for _, message, *_ in CASES} == {r.message for r in REGION_ROUTES}


def _pretty(payload: bytes) -> str:
    return msgspec.json.format(payload, indent=2).decode("utf-8") + "\n"


if __name__ == "__main__":
    HERE.mkdir(parents=True, exist_ok=True)
    for name, _, payload, _ in CASES:
        if not (HERE / f"{name}.json").exists():
            (HERE / f"{name}.json").write_text(_pretty(payload), encoding="utf-8")
