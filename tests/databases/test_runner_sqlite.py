"""What is SQLite's own: one transaction with a SAVEPOINT per revision, foreign keys counted instead of enforced."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemashift.dialects.sqlite.session import SQLiteSession
from schemashift.errors import BorrowedTransaction, MigrationFailed
from tests.support.scripts import Scripts, connected, rows_of, send, state_of

FAMILY = """
op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("gone", sa.Integer))
op.create_table(
    "child",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE")),
)
op.execute("INSERT INTO parent (id) VALUES (1), (2)")
op.execute("INSERT INTO child VALUES (10, 1), (20, 2)")
"""
REBUILD = """
op.alter_column("parent", "gone", type_=sa.String(10), nullable=True)
op.create_check_constraint("ck", "parent", "id > 0")
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    scripts = Scripts(tmp_path / "migrations")
    scripts.add("family", FAMILY)
    return scripts


def with_foreign_keys(url: str) -> sa.Engine:
    """An application's engine, as SQLAlchemy's documentation sets foreign keys up."""
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def switch_on(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def pragmas(connection: sa.Connection) -> tuple[Any, ...]:
    names = ("foreign_keys", "legacy_alter_table", "busy_timeout")
    found = tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names)
    connection.rollback()
    return (*found, connection.connection.dbapi_connection.isolation_level)  # type: ignore[union-attr]


def test_the_whole_run_is_one_transaction(scripts: Scripts, sqlite_url: str) -> None:
    """Seen from another connection: nothing, then everything."""
    scripts.add("other", 'op.create_table("other", sa.Column("id", sa.Integer))')
    with connected(sqlite_url) as connection:
        seen: list[tuple[str, frozenset[str]]] = []
        scripts.run(
            connection, listener=lambda event: seen.append((type(event).__name__, state_of(sqlite_url).applied))
        )
        assert {applied for name, applied in seen if name != "RunFinished"} == {frozenset()}
        assert seen[-1] == ("RunFinished", {"family", "other"})


def test_what_succeeded_is_kept_when_a_later_revision_fails(scripts: Scripts, sqlite_url: str) -> None:
    scripts.add("bad", 'op.execute("DELETE FROM child")\nop.execute("x")')
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(sqlite_url)
    assert caught.value.state == "rolled back; the database is at family, the revision before it is applied"
    assert rows_of(sqlite_url, "SELECT id FROM child") == [(10,), (20,)]


@pytest.mark.parametrize("fails", [False, True])
def test_the_application_gets_its_connection_back_as_it_was(scripts: Scripts, sqlite_url: str, fails: bool) -> None:
    scripts.add("it", REBUILD + ("\nop.execute('x')" if fails else ""))
    engine = with_foreign_keys(sqlite_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
        connection.rollback()
        before = pragmas(connection)
        assert before[:2] == (1, 1)
        if fails:
            with pytest.raises(MigrationFailed):
                scripts.go(connection)
        else:
            scripts.go(connection)
        assert pragmas(connection) == before
        assert not connection.in_transaction()
    engine.dispose()


def test_a_rebuild_with_foreign_keys_on_keeps_every_child_row(scripts: Scripts, sqlite_url: str) -> None:
    scripts.add("it", REBUILD)
    engine = with_foreign_keys(sqlite_url)
    scripts.go(engine)
    assert rows_of(sqlite_url, "SELECT id, parent_id FROM child") == [(10, 1), (20, 2)]
    engine.dispose()


KEYS = {
    "self": (
        "CREATE TABLE node (id INTEGER PRIMARY KEY, up INT REFERENCES node (id) ON DELETE {action}, n INT)",
        "INSERT INTO node VALUES (1, NULL, 1), (2, 1, 1), (3, 2, 1), (4, 4, 1)",
    ),
    "circle": (
        "CREATE TABLE node (id INTEGER PRIMARY KEY, up INT REFERENCES leaf (id) ON DELETE {action}, n INT)",
        "CREATE TABLE leaf (id INTEGER PRIMARY KEY, up INT REFERENCES node (id) ON DELETE {action}, n INT)",
        "INSERT INTO leaf VALUES (1, NULL, 1), (2, NULL, 1)",
        "INSERT INTO node VALUES (1, 1, 1), (2, 2, 1), (3, NULL, 1)",
        "UPDATE leaf SET up = id",
    ),
    "deferred": (
        "CREATE TABLE node (id INTEGER, up INT, n INT, PRIMARY KEY (id))",
        """CREATE TABLE leaf (id INTEGER PRIMARY KEY, n INT,
            up INT REFERENCES node (id) ON DELETE {action} ON UPDATE {action} DEFERRABLE INITIALLY DEFERRED)""",
        "INSERT INTO node VALUES (1, 1, 1), (2, 2, 1)",
        "INSERT INTO leaf VALUES (1, 1, 2), (2, 1, 1)",
    ),
}


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"])
def test_rebuilds_there_and_back_touch_no_row_that_points_to_them(
    tmp_path: Path, sqlite_url: str, keys: str, action: str
) -> None:
    """A row that points to its own, tables that point to each other, a key that waits for COMMIT; all in one run."""
    engine = with_foreign_keys(sqlite_url)
    with engine.begin() as connection:
        for statement in KEYS[keys]:
            connection.exec_driver_sql(statement.format(action=action))
        tables = sorted(sa.inspect(connection).get_table_names())
    asked = [f"SELECT id, up, CAST(n AS INT) FROM {table} ORDER BY id" for table in tables]
    before = [rows_of(sqlite_url, each) for each in asked]
    scripts = Scripts(tmp_path / "migrations")
    there = "op.alter_column({0!r}, 'n', type_=sa.String(9))\nop.create_check_constraint('c', {0!r}, 'id > 0')\n"
    back = "op.drop_constraint('c', {0!r}, type_='check')\nop.alter_column({0!r}, 'n', type_=sa.Integer())\n"
    scripts.add("it", "".join(map(there.format, tables)), "".join(map(back.format, tables)))
    for target, direction in (("head", "upgrade"), ("base", "downgrade"), ("head", "upgrade")):
        scripts.go(engine, target, direction)
        assert [rows_of(sqlite_url, each) for each in asked] == before
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
    engine.dispose()


def test_rows_that_a_revision_leaves_pointing_nowhere_fail_it_by_name(scripts: Scripts, sqlite_url: str) -> None:
    scripts.add("bad", 'op.execute("DELETE FROM parent WHERE id = 2")')
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(sqlite_url)
    error = caught.value
    assert error.message == "bad (the bad): 1 row points to nothing after it"
    assert error.details == ('row 20 of "child" points to a row of "parent" that does not exist',)
    assert rows_of(sqlite_url, "SELECT id FROM parent") == [(1,), (2,)]
    assert state_of(sqlite_url).applied == {"family"}


def test_a_dropped_parent_leaves_rows_that_point_nowhere(scripts: Scripts, sqlite_url: str) -> None:
    scripts.add("bad", 'op.drop_table("parent")')
    with pytest.raises(MigrationFailed, match="2 rows point to nothing"):
        scripts.go(sqlite_url)


ORPHAN = "INSERT INTO child VALUES (30, 99)"


@pytest.mark.parametrize(
    "body",
    [
        'op.execute("DELETE FROM child WHERE id = 10")',
        REBUILD,
        'op.rename_table("child", "kid")\nop.execute("DELETE FROM kid WHERE id = 10")',
        'op.rename_table("parent", "elder")\nop.execute("DELETE FROM child WHERE id = 10")',
        'op.create_check_constraint("ck", "child", "id > 0")',
    ],
)
def test_orphans_that_were_there_before_fail_nothing(scripts: Scripts, sqlite_url: str, body: str) -> None:
    scripts.go(sqlite_url)
    send(sqlite_url, ORPHAN)
    scripts.add("it", body)
    scripts.add("later", 'op.execute("UPDATE parent SET gone = 1")' if "elder" not in body else "pass")
    scripts.go(sqlite_url)
    assert state_of(sqlite_url).applied == {"family", "it", "later"}


def test_an_orphan_beside_an_old_one_is_told_apart(scripts: Scripts, sqlite_url: str) -> None:
    scripts.go(sqlite_url)
    send(sqlite_url, ORPHAN)
    scripts.add("bad", 'op.execute("DELETE FROM parent WHERE id = 1")')
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(sqlite_url)
    assert caught.value.details == ('row 10 of "child" points to a row of "parent" that does not exist',)


def test_a_database_with_a_foreign_key_mismatch_can_be_migrated(scripts: Scripts, sqlite_url: str) -> None:
    """A key to columns that are not unique makes ``PRAGMA foreign_key_check`` itself fail."""
    send(sqlite_url, "CREATE TABLE a (x INTEGER)", "CREATE TABLE b (y INTEGER REFERENCES a (x))")
    send(sqlite_url, "INSERT INTO b VALUES (1)")
    scripts.add("it", 'op.execute("UPDATE parent SET gone = 1")')
    scripts.go(sqlite_url)
    scripts.add("bad", 'op.execute("DELETE FROM parent WHERE id = 2")')
    with pytest.raises(MigrationFailed, match="1 row points to nothing"):
        scripts.go(sqlite_url)


def test_schema_changes_alone_never_pay_for_the_check(
    scripts: Scripts, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts.go(sqlite_url)
    monkeypatch.setattr(SQLiteSession, "broken_references", None)
    scripts.add("it", 'op.add_column("child", sa.Column("a", sa.Integer))\nop.rename_table("child", "kid")')
    scripts.go(sqlite_url)


def test_after_a_select_the_connection_is_nobodys_transaction(scripts: Scripts, sqlite_url: str) -> None:
    """SQLAlchemy says that one is open; SQLite, that there is none."""
    with connected(sqlite_url) as connection:
        connection.execute(sa.text("SELECT 1"))
        assert connection.in_transaction()
        scripts.go(connection)
        assert connection.in_transaction()
    assert state_of(sqlite_url).applied == {"family"}


def test_a_begin_block_of_the_caller_stays_usable(scripts: Scripts, sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        scripts.go(connection)
        connection.execute(sa.text("INSERT INTO parent (id) VALUES (3)"))
    assert len(rows_of(sqlite_url, "SELECT * FROM parent")) == 3
    engine.dispose()


def test_inside_a_real_transaction_of_the_caller_nothing_is_committed(scripts: Scripts, sqlite_url: str) -> None:
    with connected(sqlite_url) as connection:
        connection.exec_driver_sql("BEGIN")
        scripts.go(connection)
        connection.rollback()
    assert state_of(sqlite_url).rows == ()
    with connected(sqlite_url) as connection:
        connection.exec_driver_sql("BEGIN")
        scripts.go(connection)
        connection.commit()
    assert state_of(sqlite_url).applied == {"family"}


def test_inside_the_callers_transaction_with_foreign_keys_on_a_rebuild_that_would_cascade_is_refused(
    scripts: Scripts, sqlite_url: str
) -> None:
    scripts.go(sqlite_url)
    scripts.add("it", REBUILD)
    engine = with_foreign_keys(sqlite_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        with pytest.raises(BorrowedTransaction, match="rebuilt") as caught:
            scripts.go(connection)
        assert caught.value.hints
        assert connection.exec_driver_sql("SELECT count(*) FROM child").scalar() == 2
        assert connection.connection.dbapi_connection.in_transaction  # type: ignore[union-attr]
        connection.commit()
    engine.dispose()
    assert state_of(sqlite_url).applied == {"family"}


def test_inside_the_callers_transaction_a_table_that_nothing_references_can_be_rebuilt(
    scripts: Scripts, sqlite_url: str
) -> None:
    scripts.add("it", 'op.create_check_constraint("ck", "child", "id > 0")')
    engine = with_foreign_keys(sqlite_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        scripts.go(connection)
        connection.commit()
    engine.dispose()
    assert len(rows_of(sqlite_url, "SELECT * FROM child")) == 2


def test_an_in_memory_database_is_migrated_over_its_one_connection(scripts: Scripts) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    scripts.go(engine)
    assert state_of(engine).applied == {"family"}
    engine.dispose()


def test_on_a_full_disk_the_state_is_what_the_database_says(scripts: Scripts, sqlite_url: str) -> None:
    """SQLite rolls the whole transaction back by itself then, SAVEPOINTs and all."""
    scripts.add(
        "bad",
        """
        op.execute("CREATE TABLE big (x BLOB)")
        op.execute("PRAGMA max_page_count=20")
        op.execute("INSERT INTO big VALUES (zeroblob(1000000))")
        """,
    )
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(sqlite_url)
    applied = state_of(sqlite_url).applied
    place = "family" if applied else "base"
    assert f"the database is at {place}" in (caught.value.state or "")
    assert "full" in caught.value.message


def test_a_rebuild_that_stopped_on_its_way_leaves_no_pragma_behind(sqlite_url: str) -> None:
    """The script may catch the error and rename a table then, and its foreign keys must follow."""
    with connected(sqlite_url) as connection:
        session = SQLiteSession(connection)
        with session.run():
            session.execute("PRAGMA legacy_alter_table=ON")
            session.after_error()
            assert session.pragma("legacy_alter_table") == 0


def test_rows_that_only_have_other_numbers_are_not_new(scripts: Scripts, sqlite_url: str) -> None:
    """A rebuild by hand, as people wrote them for SQLite, numbers the rows anew."""
    scripts.go(sqlite_url)
    send(sqlite_url, "CREATE TABLE kid (a INTEGER REFERENCES parent (id))")
    send(sqlite_url, "INSERT INTO kid VALUES (1), (99)", "DELETE FROM kid WHERE a = 1")
    scripts.add(
        "it",
        """
        op.execute("CREATE TABLE kid2 (a INTEGER REFERENCES parent (id))")
        op.execute("INSERT INTO kid2 SELECT a FROM kid")
        op.execute("DROP TABLE kid")
        op.rename_table("kid2", "kid")
        """,
    )
    scripts.go(sqlite_url)
    assert state_of(sqlite_url).applied == {"family", "it"}


def test_an_interrupted_run_leaves_the_file_unlocked(scripts: Scripts, sqlite_url: str) -> None:
    scripts.add("bad", "raise KeyboardInterrupt")
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection, pytest.raises(KeyboardInterrupt):
        scripts.go(connection)
    other = sqlite3.connect(sa.make_url(sqlite_url).database or "", timeout=0)
    other.execute("BEGIN IMMEDIATE")
    other.close()
    engine.dispose()
