"""What PostgreSQL's errors mean for people, and what to do about them.

Not a word of its own messages about rows: they quote values.
"""

from typing import Any

LOST = (
    "the connection to PostgreSQL is lost, and with it the right to write, which another server "
    "may have by now; nothing was said that is not in the journal; start again: what it kept is "
    "read then, and clients ask again for what they have no answer to"
)
# A connection that is lost in the middle of a commit leaves open whether PostgreSQL kept it. Only
# the journal itself knows, and only a new session can ask it. So the process ends here, having
# said nothing of it; the next start folds whatever is there, and a command that is sent again is
# found by its id, or decided for the first time.

_BY_STATE = {
    "53100": "its disk is full; free some space on its machine and start again",
    "53200": "it is out of memory; see its log",
    "53300": "it has too many connections; raise max_connections or close some",
    "25006": "it is read only; give the address of the PostgreSQL that is written to",
    "3D000": "there is no such database; make it with createdb, or correct its name",
    "28000": "this user is not let in; see its pg_hba.conf",
    "28P01": "the password is wrong; correct it in the password file or the URL",
    "42501": "its user may not do that; grant it CREATE and all rights on its tables",
    "55P03": "another program keeps its tables locked; close that and start again",
    "57014": "a statement was cancelled; see its log, and start again",
    "57P01": f"PostgreSQL ended our session: {LOST}",
    "57P03": "it is starting up or shutting down; start again in a moment",
    "57P05": (
        "PostgreSQL ended our session, because this server was silent for too long: it was frozen "
        "or cut off. It says nothing more; another server may have the right to write by now"
    ),
    "25P03": (
        "PostgreSQL ended our session in the middle of a change, because this server was silent "
        "for too long; the change is not kept; another server may have the right to write by now"
    ),
    "58030": "it reports an error of its disk; check that before starting again",
}
_BY_CLASS = {
    "08": LOST,
    "53": "it lacks memory or space; see its log",
    "57": LOST,
    "58": "its machine reports an error; see its log",
    "XX": "its data are damaged; see its log, and restore the last backup",
}
"""By SQLSTATE and by its class, https://www.postgresql.org/docs/15/errcodes-appendix.html."""

# libpq has no SQLSTATE for a connection that was never made, only the server's words, which begin
# with FATAL in every language. These are looked for in English; others are quoted as they are.
_AT_THE_DOOR = {
    "read-only": _BY_STATE["25006"],  # of several servers the first one may be away besides
    "Connection refused": "nobody listens there; start PostgreSQL, or correct the address",
    "No such file or directory": "nobody listens there; start PostgreSQL, or correct the address",
    "failed to resolve host": "its host name is not known; correct the address",
    "timeout expired": "it does not answer; check the address, the network and its firewall",
    "password authentication failed": _BY_STATE["28P01"],
    "no password supplied": "it asks for a password; put one into the password file (PGPASSFILE)",
    "no pg_hba.conf entry": _BY_STATE["28000"],
    "does not exist": "there is no such database or user; make it, or correct its name",
    "starting up": _BY_STATE["57P03"],
    "shutting down": _BY_STATE["57P03"],
    "too many clients": _BY_STATE["53300"],
    "definition of service": "there is no such service; see pg_service.conf (PGSERVICEFILE)",
    "invalid connection option": "the database URL has an option that PostgreSQL does not know",
}


def explain_postgres(cause: Any) -> str:
    """Say what an error of a session means, as half a sentence."""
    state = getattr(cause, "sqlstate", None)
    if state:
        known = _BY_STATE.get(state) or _BY_CLASS.get(state[:2])
        return f"{known or f'PostgreSQL says {type(cause).__name__}'} [{state}]"
    if type(cause).__name__ == "OperationalError":  # psycopg itself found the connection gone
        return LOST
    return f"PostgreSQL cannot keep this: {type(cause).__name__}"


def explain_refusal(cause: Any) -> str:
    """Say why a session could not be begun, as half a sentence."""
    said = str(cause)
    for words, sentence in _AT_THE_DOOR.items():
        if words in said:
            return sentence
    # What is said at the door holds names and addresses, never a password or a value of a row.
    lines = said.strip().splitlines() or [type(cause).__name__]
    return f"it does not let us in: {lines[0].rpartition('FATAL:')[2].strip()}"
