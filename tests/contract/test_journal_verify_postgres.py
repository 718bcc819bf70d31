"""`journal verify` and the chaining of old lines, on PostgreSQL."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import text

from hallserver.cli import EXIT_OK, EXIT_REFUSED, EXIT_UNUSABLE, main
from hallserver.domain.instant import Now
from hallserver.journal import Journal
from hallserver.journal.database import find_database
from hallserver.journal.looking import look
from hallserver.journal.postgres import PostgresDatabase, open_engine
from hallserver.journal.schema import alembic_config, migrate
from hallserver.journal.verify import verify
from tests.helpers.damage import quiet
from tests.helpers.halls import KEY, MORNING_MS
from tests.helpers.postgres import Cluster
from tests.helpers.servers import Hosted, play_a_day

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres: Cluster) -> Iterator[str]:
    with postgres.fresh() as name:
        url = postgres.url(name)
        with Journal.open(url) as journal:
            journal.seal_with(KEY)
            epoch = journal.begin_epoch(Now(MORNING_MS, 0))
            play_a_day(Hosted(journal, epoch=epoch), 5, batches=200)
        yield url


def change(url: str, *statements: str) -> None:
    database = find_database(url)
    assert isinstance(database, PostgresDatabase)
    with open_engine(database.url).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def troubles(url: str) -> list[str]:
    with look(url) as looked:
        return verify(looked, key=KEY, say=quiet).troubles


def test_what_is_wrong_in_postgresql_is_found_as_in_a_file(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert troubles(url) == []
    assert main(["journal", "verify", "--database", url]) == EXIT_OK
    assert "pg_amcheck" in capsys.readouterr().out
    change(url, "UPDATE event SET wall_ms = 7 WHERE seq = 9")
    assert troubles(url) == ["line 9 is not what was written"]
    assert main(["journal", "verify", "--database", url]) == EXIT_REFUSED
    assert main(["journal", "backup", "--database", url, "x"]) == EXIT_UNUSABLE
    assert "pg_dump" in capsys.readouterr().err


def test_figures_are_compared_whatever_the_order_of_the_databases_letters(url: str) -> None:
    change(url, "UPDATE visit SET recalls = 77 WHERE ticket = (SELECT max(ticket) FROM visit)")
    [only] = troubles(url)
    assert only.endswith("has a wrong recalls")


def test_the_lines_of_an_older_version_are_chained_in_postgresql_too(url: str) -> None:
    database = find_database(url)
    assert isinstance(database, PostgresDatabase)
    with open_engine(database.url).connect() as connection:
        asked = text("SELECT * FROM event ORDER BY seq")
        before = connection.execute(asked).all()
        replies = connection.execute(text("SELECT * FROM reply ORDER BY 1, 2")).all()
        for statement in (
            "ALTER TABLE event DROP COLUMN checksum",
            "ALTER TABLE reply DROP COLUMN checksum",
            "DROP TABLE seal",
            "DROP TABLE leadership",
        ):
            connection.execute(text(statement))
        command.stamp(alembic_config(connection), "0003")
        migrate(connection)
        assert connection.execute(asked).all() == before
        assert connection.execute(text("SELECT * FROM reply ORDER BY 1, 2")).all() == replies
