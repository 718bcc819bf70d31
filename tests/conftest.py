"""What tests of several rooms build on: a journal's address on each engine that it may live on."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hallserver.journal import sqlite_url

if TYPE_CHECKING:
    from tests.helpers.postgres import Cluster


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Cluster]":
    """The private PostgreSQL of this process of tests; started by the first test that asks."""
    from tests.helpers.postgres import Cluster

    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture
def postgres_url(postgres: "Cluster") -> Iterator[str]:
    """A journal in PostgreSQL, without a line."""
    with postgres.fresh() as name:
        yield postgres.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def journal_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A journal on each engine in turn, without a line."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_journal_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The place for a journal on each engine in turn, without a table."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with cluster.fresh(is_empty=True) as name:
        yield cluster.url(name)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the collector what stays to the end: thousands of tests, and all that was imported."""
    gc.collect()
    gc.freeze()
