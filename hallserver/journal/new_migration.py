"""Write the next step of the schema from what changed in `tables.py`: for developers.

python -m hallserver.journal.new_migration "what changes and why"
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import make_url

from hallserver.journal.database import sqlite_url
from hallserver.journal.schema import alembic_config, migrate
from hallserver.journal.sqlite import open_engine


def main() -> int:
    """Migrate an empty database up to the last step and write what is missing as a new one."""
    if len(sys.argv) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    with tempfile.TemporaryDirectory() as directory:
        url = make_url(sqlite_url(Path(directory)))
        with open_engine(url).begin() as connection:
            migrate(connection)
            config = alembic_config(connection)
            count = len(list((Path(__file__).parent / "migrations/versions").glob("v*.py")))
            config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
            command.revision(config, sys.argv[1], autogenerate=True, rev_id=f"{count + 1:04}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
