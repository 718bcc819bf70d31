"""Clerks' passwords: how they are hashed, compared, and when they are too weak.

A stored hash is `scrypt$n$r$p$salt$hash`, salt and hash in base64 (RFC 7914 names the parameters).
Salt comes in as an argument, so this module draws nothing by chance. One comparison at the default
cost takes about 70 ms and 16 MiB: do it outside the writer.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Self

SALT_BYTES = 16
HASH_BYTES = 32
MIN_PASSWORD_CHARS = 8
MIN_CHAR_CLASSES = 3
# The usual assessment values for GB/T 22239-2019, 8.1.4.1: 8 characters of 3 classes.

_MIN_LOG_N, _MAX_LOG_N = 14, 17
_MAX_R, _MAX_P = 16, 8
_MAX_MEMORY_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """The scrypt parameters: `n` is the work, `r` the block size, `p` the parallelism."""

    n: int = 2**_MIN_LOG_N
    r: int = 8
    p: int = 1


DEFAULT_COST = Cost()


@dataclass(frozen=True, slots=True)
class StoredHash:
    """A hash as it stands in the hall file, read."""

    cost: Cost
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def read(cls, stored: str) -> Self:
        """Read a stored hash. Raises ValueError when it is not one."""
        scheme, *rest = stored.split("$")
        if scheme != "scrypt" or len(rest) != 5:
            raise ValueError("not of the form scrypt$n$r$p$salt$hash")
        n, r, p = (_small_number(part) for part in rest[:3])
        is_power_of_two = n > 1 and n & (n - 1) == 0
        if not is_power_of_two or n > 2**_MAX_LOG_N or not 1 <= r <= _MAX_R or not 1 <= p <= _MAX_P:
            raise ValueError("a scrypt parameter is out of its range")
        try:
            salt, digest = (base64.b64decode(part, validate=True) for part in rest[3:])
        except (binascii.Error, ValueError):
            raise ValueError("salt or hash is not base64") from None
        if len(salt) < SALT_BYTES or len(digest) != HASH_BYTES:
            raise ValueError(f"salt needs {SALT_BYTES} bytes or more and hash {HASH_BYTES}")
        return cls(Cost(n, r, p), salt, digest)

    def matches(self, password: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(_derive(password, self.salt, self.cost), self.digest)

    @property
    def is_costly_enough(self) -> bool:
        """Whether guessing costs at least the default; cheaper ones are for demonstrations."""
        return self.cost.n >= 2**_MIN_LOG_N and self.cost.r >= DEFAULT_COST.r


def hash_password(password: str, salt: bytes, cost: Cost = DEFAULT_COST) -> str:
    """Hash a password for the hall file. `salt` is `SALT_BYTES` or more from a secure source."""
    if len(salt) < SALT_BYTES:
        raise ValueError(f"salt needs {SALT_BYTES} bytes or more")
    digest = _derive(password, salt, cost)
    parts = (base64.b64encode(part).decode("ascii") for part in (salt, digest))
    return "$".join(("scrypt", str(cost.n), str(cost.r), str(cost.p), *parts))


def is_password(password: str, stored: str) -> bool:
    """Compare with a stored hash. Raises ValueError when `stored` is not a hash of ours."""
    return StoredHash.read(stored).matches(password)


def weakness(password: str) -> str | None:
    """Say what a password lacks; None when it is strong enough."""
    classes = (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum())
    if len(password) < MIN_PASSWORD_CHARS:
        return f"a password needs at least {MIN_PASSWORD_CHARS} characters"
    if sum(any(map(has, password)) for has in classes) < MIN_CHAR_CLASSES:
        return (
            f"a password needs {MIN_CHAR_CLASSES} of: small letters, capitals, digits, other signs"
        )
    return None


def _small_number(text: str) -> int:
    """Read up to six ASCII digits; 0, which no parameter may be, for anything else."""
    return int(text) if len(text) <= 6 and text.isascii() and text.isdigit() else 0


def _derive(password: str, salt: bytes, cost: Cost) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8"),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=_MAX_MEMORY_BYTES,
        dklen=HASH_BYTES,
    )
