"""What kind of code somebody held up. Pure; looks at the text only and never fetches anything."""

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

TICKET_PREFIX: Final = "JH1."
APPOINTMENT_PREFIX: Final = "JA1."
SERVICE_PREFIX: Final = "JHS1."
MAX_TEXT: Final = 4096
MAX_OWN_TEXT: Final = 512  # our own codes are short; a long one is somebody's experiment

# Printable ASCII without blanks: what our own codes are made of.
_OWN = re.compile(r"[\x21-\x7e]+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}://\S+")

# GB/T 36904: OID arc, kind of licence, issuer (USCI), serial number, version, check character.
_LICENCE = re.compile(
    r"1\.2\.156\.3005\.2\."
    r"([0-9A-Z]{1,32})\.([0-9A-Z]{1,32})\.([0-9A-Z]{1,64})\.([0-9]{3})\.([0-9A-Z])"
)
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@unique
class CodeKind(StrEnum):
    """All kinds of codes that the hall tells apart."""

    TICKET = "ticket"  # printed on one of our tickets; whether it is genuine is the server's word
    APPOINTMENT = "appointment"  # of a booking; whether it is genuine is the server's word
    SERVICE = "service"  # our own code for a service, as on posters and booking pages
    LICENCE = "licence"  # 电子证照标识, by form and check character; its content is elsewhere
    URL = "url"  # of anything; we do not open it
    OTHER = "other"


@dataclass(frozen=True, slots=True, repr=False)
class ScannedCode:
    """A code and its kind. The repr shows the kind only: a code may name a person."""

    kind: CodeKind
    text: str

    def __repr__(self) -> str:
        return f"<ScannedCode {self.kind.value}>"


def classify(text: str) -> ScannedCode:
    """Say what kind of code `text` is; blanks around it do not count."""
    text = text.strip()
    return ScannedCode(_kind(text), text)


def _kind(text: str) -> CodeKind:
    if len(text) > MAX_TEXT:
        return CodeKind.OTHER
    if len(text) <= MAX_OWN_TEXT and _OWN.fullmatch(text):
        for prefix, kind in (
            (TICKET_PREFIX, CodeKind.TICKET),
            (APPOINTMENT_PREFIX, CodeKind.APPOINTMENT),
            (SERVICE_PREFIX, CodeKind.SERVICE),
        ):
            if text.startswith(prefix) and len(text) > len(prefix):
                return kind
    if is_licence_id(text):
        return CodeKind.LICENCE
    return CodeKind.URL if _URL.fullmatch(text) else CodeKind.OTHER


def is_licence_id(text: str) -> bool:
    """Whether `text` has the form of GB/T 36904 and its check character is right."""
    match = _LICENCE.fullmatch(text)
    if match is None:
        return False
    *parts, check = match.groups()
    return licence_check_character("".join(parts)) == check


def licence_check_character(body: str) -> str:
    """ISO 7064 MOD 37,36 over digits and capital letters. Raises ValueError for anything else."""
    product = 36
    for character in body:
        total = (product + _ALPHABET.index(character)) % 36 or 36
        product = total * 2 % 37
    return _ALPHABET[(37 - product) % 36]
