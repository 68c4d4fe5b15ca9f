"""A connection that comes inside a transaction belongs to its caller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from schemashift import Migrator
from schemashift.errors import BorrowedTransaction, MigrationFailed
from tests.support.scripts import Scripts, connected, rows_of, send, state_of, tables_of


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    scripts = Scripts(tmp_path / "migrations")
    scripts.add("users", 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))')
    return scripts


def test_postgresql_commits_nothing_and_the_caller_decides(scripts: Scripts, postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection, connection.begin() as transaction:
        scripts.go(connection)
        assert tables_of(postgresql_url) == []
        transaction.rollback()
    assert state_of(postgresql_url).rows == ()
    with engine.begin() as connection:
        scripts.go(connection)
    assert state_of(postgresql_url).applied == {"users"}
    engine.dispose()


def test_a_failed_revision_is_rolled_back_to_its_savepoint_only(scripts: Scripts, postgresql_url: str) -> None:
    send(postgresql_url, "CREATE TABLE mine (id INTEGER)")
    scripts.add("bad", 'op.execute("x")')
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO mine VALUES (1)"))
        with pytest.raises(MigrationFailed):
            scripts.go(connection)
        connection.execute(sa.text("INSERT INTO mine VALUES (2)"))
    assert rows_of(postgresql_url, "SELECT id FROM mine") == [(1,), (2,)]
    assert state_of(postgresql_url).applied == {"users"}
    engine.dispose()


@pytest.mark.parametrize(
    "body",
    [
        'op.create_index("ix", "users", ["id"], postgresql_concurrently=True)',
        'with op.autocommit_block():\n    op.execute("VACUUM")',
    ],
)
def test_a_step_that_refuses_a_transaction_is_an_error_before_the_first_revision(
    scripts: Scripts, postgresql_url: str, body: str
) -> None:
    scripts.add("it", body)
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection, pytest.raises(BorrowedTransaction, match="it"):
        scripts.go(connection)
    assert tables_of(postgresql_url) == []
    engine.dispose()


def test_the_lock_goes_with_the_callers_transaction(scripts: Scripts, postgresql_url: str) -> None:
    """Were it given back before, another runner would not see the rows and run the same scripts."""
    from schemashift.errors import Locked

    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        scripts.go(connection)
        with pytest.raises(Locked):
            scripts.go(postgresql_url, lock_timeout=0.1)
    scripts.add("next")
    scripts.go(postgresql_url, lock_timeout=0.1)
    engine.dispose()


def test_mariadb_would_commit_the_callers_work_so_it_is_refused(scripts: Scripts, mariadb_url: str) -> None:
    send(mariadb_url, "CREATE TABLE mine (id INTEGER)")
    with connected(mariadb_url) as connection:
        connection.execute(sa.text("INSERT INTO mine VALUES (1)"))
        with pytest.raises(BorrowedTransaction):
            scripts.go(connection)
        connection.rollback()
    assert rows_of(mariadb_url, "SELECT id FROM mine") == []
    assert tables_of(mariadb_url) == ["mine"]


def test_an_empty_begin_block_on_mariadb_holds_nothing_of_the_callers(scripts: Scripts, mariadb_url: str) -> None:
    engine = sa.create_engine(mariadb_url)
    with engine.begin() as connection:
        scripts.go(connection)
        connection.execute(sa.text("INSERT INTO users VALUES (1)"))
    assert rows_of(mariadb_url, "SELECT id FROM users") == [(1,)]
    engine.dispose()


def test_nothing_to_do_is_no_reason_to_refuse(scripts: Scripts, mariadb_url: str) -> None:
    scripts.go(mariadb_url)
    with connected(mariadb_url) as connection:
        connection.execute(sa.text("INSERT INTO users VALUES (1)"))
        scripts.go(connection)
        connection.commit()
    assert rows_of(mariadb_url, "SELECT id FROM users") == [(1,)]


def autocommits(connection: sa.Connection) -> bool:
    """Whether the driver is in autocommit mode, asked of the driver."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return driver.isolation_level is None
    return bool(driver.autocommit if connection.dialect.name == "postgresql" else driver.get_autocommit())


@pytest.mark.parametrize("level", ["AUTOCOMMIT", "SERIALIZABLE"])
def test_the_isolation_level_of_the_engine_is_put_back(scripts: Scripts, database_url: str, level: str) -> None:
    scripts.add("bad", 'op.create_table("gone", sa.Column("id", sa.Integer))\nop.execute("x")')
    engine = sa.create_engine(database_url, isolation_level=level)
    with engine.connect() as connection:
        before = (connection.get_isolation_level(), autocommits(connection))
        assert before[1] == (level == "AUTOCOMMIT")
        connection.rollback()
        with pytest.raises(MigrationFailed):
            scripts.go(connection)
        assert (connection.get_isolation_level(), autocommits(connection)) == before
    if not database_url.startswith("mysql"):
        assert tables_of(database_url) == ["users"]
    engine.dispose()


# A transaction that SQLAlchemy has begun for a read ------------------------------------------------------------------


def read(connection: sa.Connection) -> None:
    """Read as an application does: a value, the catalogue and a table."""
    connection.execute(sa.text("SELECT 1"))
    for table in sa.inspect(connection).get_table_names():
        connection.execute(sa.text(f"SELECT * FROM {table}")).all()
    assert connection.in_transaction()


def driver_begins(url: str) -> sa.Engine:
    """An engine that begins each transaction of SQLite's itself, also before a SELECT, as SQLAlchemy's documentation
    advises for older versions of Python."""
    engine = sa.create_engine(url)
    sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def is_kept_or_refused(scripts: Scripts, connection: sa.Connection, url: str) -> None:
    """Success may be reported only for what is committed."""
    refused = None
    try:
        scripts.go(connection)
    except BorrowedTransaction as error:
        refused = error.state
        connection.rollback()
    assert refused in (None, "nothing was done")
    assert tables_of(url) == (["mine"] if refused else ["mine", "users"])
    assert state_of(url).applied == (set() if refused else {"users"})


@pytest.mark.smoke
def test_a_connection_that_has_read_is_not_in_a_transaction_of_the_callers(scripts: Scripts, database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        assert connection.in_transaction()
        scripts.go(connection)
        assert state_of(database_url).applied == {"users"}
        read(connection)
    engine.dispose()


def test_what_is_reported_after_a_read_of_rows_is_committed(scripts: Scripts, database_url: str) -> None:
    send(database_url, "CREATE TABLE mine (id INTEGER)")
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        read(connection)
        is_kept_or_refused(scripts, connection, database_url)
    engine.dispose()


def test_on_sqlite_a_begin_before_a_select_is_refused_where_nobody_is_known_to_commit(
    scripts: Scripts, sqlite_url: str
) -> None:
    send(sqlite_url, "CREATE TABLE mine (id INTEGER)")
    engine = driver_begins(sqlite_url)
    with engine.connect() as connection:
        read(connection)
        with pytest.raises(BorrowedTransaction, match="began automatically") as caught:
            scripts.go(connection)
        assert caught.value.hints
        connection.rollback()
    assert tables_of(sqlite_url) == ["mine"]
    with engine.connect() as connection:
        scripts.go(connection)
    assert state_of(sqlite_url).applied == {"users"}
    scripts.add("more", 'op.create_table("more", sa.Column("id", sa.Integer))')
    with engine.begin() as connection:
        read(connection)
        scripts.go(connection)
        assert state_of(sqlite_url).applied == {"users"}
    assert state_of(sqlite_url).applied == {"users", "more"}
    engine.dispose()


@pytest.mark.parametrize("how", ["block", "variable", "session", "savepoint", "written"])
def test_a_transaction_of_the_callers_that_has_read_stays_the_callers(
    scripts: Scripts, postgresql_url: str, how: str
) -> None:
    """Somebody holds what ``begin()`` returns, or has written something."""
    send(postgresql_url, "CREATE TABLE mine (id INTEGER)")
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as own, orm.Session(engine) as session:
        connection = session.connection() if how == "session" else own
        held: Any = None
        if how == "block":
            held = connection.begin().__enter__()
        elif how == "variable":
            held = connection.begin()
        read(connection)
        if how == "savepoint":
            held = connection.begin_nested()
        elif how == "written":
            connection.execute(sa.text("INSERT INTO mine VALUES (1)"))
        scripts.go(connection)
        assert state_of(postgresql_url).rows == ()
        (session if how == "session" else connection).rollback()
        del held
    assert tables_of(postgresql_url) == ["mine"]
    assert rows_of(postgresql_url, "SELECT * FROM mine") == []
    engine.dispose()


def test_settings_of_the_session_survive_and_those_of_the_transaction_are_not_lost_unnoticed(
    scripts: Scripts, postgresql_url: str
) -> None:
    send(postgresql_url, "CREATE SCHEMA tenant")
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        connection.execute(sa.text("SET LOCAL search_path TO tenant"))
        with pytest.raises(BorrowedTransaction, match="SET LOCAL"):
            scripts.go(connection)
        connection.rollback()
        assert tables_of(postgresql_url) == []
        connection.execute(sa.text("SET search_path TO tenant"))
        scripts.go(connection)
        assert connection.execute(sa.text("SHOW search_path")).scalar() == "tenant"
    assert rows_of(postgresql_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'tenant' ORDER BY 1") == [
        ("users",),
        ("version",),
    ]
    engine.dispose()


def test_reading_leaves_no_transaction_open(scripts: Scripts, database_url: str, tmp_path: Path) -> None:
    """Otherwise the next call would take it for one of the caller's."""
    engine = sa.create_engine(database_url)
    models = sa.MetaData()
    sa.Table("t", models, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer, server_default="5"))
    with engine.connect() as connection:
        migrator = Migrator(connection, models=models, directory=tmp_path / "migrations")
        assert migrator.current() == ()
        migrator.diff()
        migrator.upgrade()
        assert state_of(database_url).applied == {"users"}
        migrator.diff()
        assert not connection.in_transaction()
    engine.dispose()
