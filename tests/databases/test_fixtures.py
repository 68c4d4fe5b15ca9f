"""The fixtures keep their word: empty, private, several at once, whole SQL engines behind them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.support.servers import Provider

pytestmark = pytest.mark.smoke

NewDatabase = Callable[[], str]
METADATA = sa.MetaData()
NOTE = sa.Table("note", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.String(50)))


def tables(url: str) -> list[str]:
    engine = sa.create_engine(url)
    try:
        return sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def fill(url: str, text: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        connection.execute(NOTE.insert().values(text=text))
    engine.dispose()


def texts(url: str) -> list[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = list(connection.scalars(sa.select(NOTE.c.text)))
    engine.dispose()
    return found


def test_a_database_is_empty_and_can_be_used(database_url: str) -> None:
    assert tables(database_url) == []
    fill(database_url, "Grüße 🐘")
    assert texts(database_url) == ["Grüße 🐘"]


@pytest.mark.parametrize("number", range(3))
def test_what_one_test_makes_another_does_not_see(database_url: str, number: int) -> None:
    assert tables(database_url) == []
    fill(database_url, str(number))
    assert texts(database_url) == [str(number)]


def test_two_databases_at_once(database_url: str, new_database: NewDatabase) -> None:
    other = new_database()
    assert other != database_url
    fill(database_url, "first")
    assert tables(other) == []
    fill(other, "second")
    assert (texts(database_url), texts(other)) == (["first"], ["second"])


@pytest.mark.databases("postgresql", "mariadb")
def test_the_marker_restricts_the_engines(database_url: str, engine_name: str) -> None:
    assert engine_name in {"postgresql", "mariadb"}
    assert sa.make_url(database_url).get_backend_name() == {"postgresql": "postgresql", "mariadb": "mysql"}[engine_name]


@pytest.mark.databases("postgresql", "mariadb")
def test_workers_do_not_collide(servers: Provider, engine_name: str) -> None:
    def work(number: int) -> list[str]:
        with contextlib.closing(servers.get(engine_name).databases()) as databases:
            urls = [databases.create() for _ in range(3)]
            for url in urls:
                fill(url, str(number))
            seen = [text for url in urls for text in texts(url)]
            for url in urls:
                databases.drop(url)
        return seen

    with ThreadPoolExecutor(4) as workers:
        assert list(workers.map(work, range(4))) == [[str(number)] * 3 for number in range(4)]


@pytest.mark.databases("postgresql", "mariadb")
def test_a_database_of_somebody_else_is_never_dropped(servers: Provider, engine_name: str) -> None:
    server = servers.get(engine_name)
    theirs = sa.make_url(server.url).set(database="production").render_as_string(hide_password=False)
    with pytest.raises(ValueError, match="not a database of the tests: 'production'"):
        server.databases().drop(theirs)


@pytest.mark.databases("postgresql", "mariadb")
def test_a_transaction_left_open_does_not_keep_the_database_from_being_dropped(database_url: str) -> None:
    fill(database_url, "kept")
    connection = sa.create_engine(database_url).connect()
    connection.execute(sa.select(NOTE))
    connection.detach()


def test_the_engines_by_name(sqlite_url: str, postgresql_url: str, mariadb_url: str) -> None:
    assert sqlite_url.startswith("sqlite:////")
    assert postgresql_url.startswith("postgresql+psycopg://")
    assert mariadb_url.startswith("mysql+pymysql://")
    for url in (sqlite_url, postgresql_url, mariadb_url):
        assert tables(url) == []


def test_mariadb_is_mariadb(mariadb_url: str) -> None:
    engine = sa.create_engine(mariadb_url)
    with engine.connect() as connection:
        assert engine.dialect.is_mariadb
        assert connection.scalar(sa.text("SELECT @@character_set_database")) == "utf8mb4"
    engine.dispose()


def test_mysql_is_mysql(mysql_url: str) -> None:
    engine = sa.create_engine(mysql_url)
    with engine.connect():
        assert not engine.dialect.is_mariadb
    engine.dispose()


def test_the_other_versions_of_postgresql(postgresql_versions_url: str, request: pytest.FixtureRequest) -> None:
    engine = sa.create_engine(postgresql_versions_url)
    with engine.connect() as connection:
        version = connection.scalar(sa.text("SHOW server_version"))
        assert connection.scalar(sa.text("SHOW server_encoding")) == "UTF8"
    engine.dispose()
    assert f"postgresql{version.split('.')[0]}" in request.node.name
