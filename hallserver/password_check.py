"""Compares clerks' passwords: ahead of the writer, and never telling which accounts exist."""

import hmac
import secrets
import threading
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Iterable

from hallserver.domain.plan import Clerk
from hallserver.passwords import (
    DEFAULT_COST,
    HASH_BYTES,
    SALT_BYTES,
    Cost,
    StoredHash,
    is_password,
)

MAX_PREPARED = 1_024


class PreparedPasswords:
    """Says whether a password is right; quick for what was prepared. From any thread.

    An unknown account costs as much as a known one. What was prepared is forgotten when it is
    used; a password is never kept, only a hash of it under a key of this process.
    """

    def __init__(self, clerks: Iterable[Clerk]) -> None:
        self._hashes = {str(clerk.id): clerk.password_hash for clerk in clerks}
        costs = [StoredHash.read(stored).cost for stored in self._hashes.values()]
        self._decoy = _hash_of_nothing(max(costs, key=_work, default=DEFAULT_COST))
        self._key = secrets.token_bytes(HASH_BYTES)
        self._lock = threading.Lock()
        self._prepared: OrderedDict[bytes, bool] = OrderedDict()

    def prepare(self, account: str, password: str) -> None:
        """Compare now, for a question that follows. Takes some 70 ms."""
        answer = self._compare(account, password)
        with self._lock:
            self._prepared[self._name(account, password)] = answer
            if len(self._prepared) > MAX_PREPARED:
                self._prepared.popitem(last=False)

    def __call__(self, account: str, password: str) -> bool:
        """Answer `hallserver.hall.Hall`."""
        with self._lock:
            answer = self._prepared.pop(self._name(account, password), None)
        return self._compare(account, password) if answer is None else answer

    def _compare(self, account: str, password: str) -> bool:
        return is_password(password, self._hashes.get(account, self._decoy))

    def _name(self, account: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{account}\0{password}".encode(), "sha256")


def _work(cost: Cost) -> int:
    return cost.n * cost.r * cost.p


def _hash_of_nothing(cost: Cost) -> str:
    """Draw a hash that no password has, with chance as good as certainty."""
    drawn = (secrets.token_bytes(count) for count in (SALT_BYTES, HASH_BYTES))
    salt, digest = (b64encode(each).decode("ascii") for each in drawn)
    return f"scrypt${cost.n}${cost.r}${cost.p}${salt}${digest}"
