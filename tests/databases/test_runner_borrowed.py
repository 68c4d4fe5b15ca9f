"""A connection that comes inside a transaction belongs to its caller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

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


def test_a_connection_that_has_only_read_is_no_transaction_of_the_callers(scripts: Scripts, database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        scripts.go(connection)
        connection.execute(sa.text("SELECT 1"))
    assert state_of(database_url).applied == {"users"}
    assert "users" in tables_of(database_url)
    engine.dispose()


@pytest.mark.parametrize("how", ["variable", "session", "savepoint", "written"])
def test_a_transaction_that_the_caller_can_end_is_left_to_it(scripts: Scripts, postgresql_url: str, how: str) -> None:
    send(postgresql_url, "CREATE TABLE mine (id INTEGER)")
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        held: Any = None
        if how == "variable":
            held = connection.begin()
        elif how == "session":
            held = orm.Session(connection)
            held.execute(sa.text("SELECT 1"))
        elif how == "savepoint":
            held = connection.begin_nested()
        else:
            connection.execute(sa.text("INSERT INTO mine VALUES (1)"))
        scripts.go(connection)
        assert state_of(postgresql_url).rows == (), "nothing is committed"
        if held is not None:
            held.commit()
        connection.commit() if how in ("written", "savepoint") else None
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
