"""The schema of a journal, brought to this version of the software. The same on every engine."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from hallserver.journal.errors import JournalError

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection) -> "Config":
    """Point Alembic at our steps and at this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(connection: Connection) -> None:
    """Bring the schema to this version, within the transaction of `connection`.

    Raises JournalError when the schema is newer than this software.
    """
    if is_current(connection):
        return
    from alembic import command
    from alembic.script.revision import ResolutionError
    from alembic.util import CommandError

    try:
        command.upgrade(alembic_config(connection), "head")
    except (ResolutionError, CommandError) as error:
        raise JournalError(
            "the journal was written by another version of this software, which this one does "
            "not know; start that version, or install a newer one"
        ) from error


def is_current(connection: Connection) -> bool:
    """Whether the schema is of this version. Asks without Alembic, which takes 0.2 s to load."""
    return _version(connection) == _newest()


def is_newer(connection: Connection) -> bool:
    """Whether the schema is of a later version of this software than this one."""
    version = _version(connection)
    return version is not None and version > _newest()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _newest() -> str:
    steps = (_MIGRATIONS / "versions").glob("v*.py")
    return max(step.name.partition("_")[0].removeprefix("v") for step in steps)
