"""Kinds of codes, and the check character of electronic licences."""

import pytest

from devices.scan.classify import (
    CodeKind,
    classify,
    is_licence_id,
    licence_check_character,
)
from devices.scan.text import MAX_CODE_BYTES, decode_code_bytes

LICENCE = "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("JH1.eyJhIjoxfQ.abc-_", CodeKind.TICKET),
        ("  JH1.x\r\n", CodeKind.TICKET),
        ("JHS1.A01", CodeKind.SERVICE),
        ("JA1.20261125-0042.ABCD", CodeKind.APPOINTMENT),
        ("JA1.", CodeKind.OTHER),
        ("JH1.", CodeKind.OTHER),
        ("JHS1.", CodeKind.OTHER),
        ("jh1.x", CodeKind.OTHER),
        ("xJH1.x", CodeKind.OTHER),
        ("JH1.with blank", CodeKind.OTHER),
        ("JH1.票", CodeKind.OTHER),
        ("JH1." + "x" * 508, CodeKind.TICKET),
        ("JH1." + "x" * 509, CodeKind.OTHER),
        ("JH2.x", CodeKind.OTHER),
        (LICENCE, CodeKind.LICENCE),
        (LICENCE[:-1] + "V", CodeKind.OTHER),
        ("https://example.org/JH1.x", CodeKind.URL),
        ("HTTP://EXAMPLE.ORG", CodeKind.URL),
        ("weixin://wxpay/bizpayurl?pr=abc", CodeKind.URL),
        ("https://", CodeKind.OTHER),
        ("https://example.org/a b", CodeKind.OTHER),
        ("", CodeKind.OTHER),
        ("11010519491231002X", CodeKind.OTHER),
        ("https://example.org/" + "x" * 5000, CodeKind.OTHER),
    ],
)
def test_a_code_is_of_one_kind(text: str, kind: CodeKind) -> None:
    code = classify(text)
    assert code.kind is kind
    assert code.text == text.strip()


def test_the_published_licence_id_checks() -> None:
    assert is_licence_id(LICENCE)
    assert licence_check_character("11100000000013338W01111430000006122244L20230000403001") == "U"


def test_every_single_wrong_character_of_a_licence_is_caught() -> None:
    """MOD 37,36 catches all of them; dots and the fixed arc are caught by the form."""
    for at, right in enumerate(LICENCE):
        for wrong in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.":
            if wrong != right:
                assert not is_licence_id(LICENCE[:at] + wrong + LICENCE[at + 1 :])


def test_iso_7064_mod_37_36_gives_the_check_character_of_its_published_example() -> None:
    assert licence_check_character("A12425GABC1234002") == "M"


def test_a_code_shows_its_kind_and_not_its_text() -> None:
    code = classify("11010519491231002X")
    assert repr(code) == "<ScannedCode other>"
    assert "1949" not in f"{code} {[code]}"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"JH1.x", "JH1.x"),
        ("票号".encode(), "票号"),
        ("票号".encode("gb18030"), "票号"),
        ("𠮷".encode("gb18030"), "𠮷"),
        (b"\xef\xbb\xbfabc", "abc"),
        (b" abc \r\n", "abc"),
        (b"line one\r\nline two", "line one\r\nline two"),
        (b"", None),
        (b" \r\n", None),
        (b"abc\x00def", None),
        (b"\x02abc", None),
        (b"\x1b[2J", None),
        (b"\xff\xff", None),
        (b"x" * MAX_CODE_BYTES, "x" * MAX_CODE_BYTES),
        (b"x" * (MAX_CODE_BYTES + 1), None),
    ],
)
def test_bytes_of_a_code_become_text_or_nothing(data: bytes, text: str | None) -> None:
    assert decode_code_bytes(data) == text
