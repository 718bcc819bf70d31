"""Why the journal cannot be kept, in sentences that say what to do."""

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError

from hallserver.journal.postgres_errors import explain_postgres

_SENTENCES = {
    "SQLITE_FULL": "the disk is full; free some space and start again",
    "SQLITE_READONLY": "the file or its directory may not be written; check owner and rights",
    "SQLITE_PERM": "access is denied; check owner and rights",
    "SQLITE_CANTOPEN": "the file cannot be opened or made; check its directory, owner and rights",
    "SQLITE_CORRUPT": (
        "the file is damaged; `jiaohao journal verify` says how, and `jiaohao journal restore` "
        "mends it"
    ),
    "SQLITE_NOTADB": "the file is not a journal; it is left untouched",
    "SQLITE_IOERR": "the disk reports an error or is full; check it before starting again",
    "SQLITE_BUSY": "another program keeps the file locked; close it and start again",
    "SQLITE_LOCKED": "another program keeps the file locked; close it and start again",
}
"""By SQLite's primary result codes, https://www.sqlite.org/rescode.html."""


class JournalError(Exception):
    """The journal cannot be kept. The text says why and what to do."""


class JournalInUseError(JournalError):
    """Another server writes to the same journal."""


def explain(error: DBAPIError | sqlite3.Error, where: str) -> JournalError:
    """Say what a database's error means for people. Statements and values stay out of it."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if hasattr(cause, "sqlstate"):
        return JournalError(f"journal {where}: {explain_postgres(cause)}")
    name = getattr(cause, "sqlite_errorname", None) or ""
    # Extended codes begin with the primary one: SQLITE_IOERR_WRITE.
    primary = "_".join(name.split("_")[:2])
    if str(cause).startswith("Could not decode to UTF-8"):  # Python's own words for damaged text
        primary = "SQLITE_CORRUPT"
    sentence = _SENTENCES.get(primary, f"the database says: {type(cause).__name__} {name}".rstrip())
    detail = f" [{name}]" if name else ""
    return JournalError(f"journal {where}: {sentence}{detail}")


@contextlib.contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn what a database raises into JournalError; `where` names the journal for people."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise explain(error, where) from error
