"""The journal of a hall in a database: append, projections, migrations.

The journal is the truth: the hall's state, the screens and the statistics are folds of it.
"""

from hallserver.journal.database import sqlite_url
from hallserver.journal.errors import JournalError, JournalInUseError
from hallserver.journal.journal import Journal

__all__ = ["Journal", "JournalError", "JournalInUseError", "sqlite_url"]
