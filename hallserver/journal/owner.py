"""Whose journal it is: a URL is a line of text, and easily that of another hall's database."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from hallserver.journal.tables import leadership
from hallserver.protocol.ids import HallId

_DOMAIN = b"jiaohao hall key fingerprint 1\0"


@dataclass(frozen=True)
class Owner:
    """A hall, and a number by which its key is known and from which it cannot be told."""

    hall: HallId
    key_fingerprint: str


def fingerprint(key: bytes) -> str:
    """Return the number by which a key is known: 64 hexadecimal digits."""
    return hashlib.sha256(_DOMAIN + key).hexdigest()


def read_owner(connection: Connection) -> Owner | None:
    """Return whose journal it is; None before anybody said it."""
    row = connection.execute(select(leadership.c.hall, leadership.c.key_fingerprint)).first()
    if row is None or row.hall is None or row.key_fingerprint is None:
        return None
    return Owner(HallId(row.hall), row.key_fingerprint)


def write_owner(connection: Connection, owner: Owner) -> None:
    """Say whose journal it is."""
    values = {"hall": owner.hall, "key_fingerprint": owner.key_fingerprint}
    if not connection.execute(update(leadership).values(values)).rowcount:
        connection.execute(insert(leadership).values(one=1, epoch=0, **values))
