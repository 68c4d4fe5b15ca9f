"""What scripts written for Alembic do: look into errors, misspell keywords, commit on their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemashift.errors import MigrationFailed
from tests.support.scripts import Scripts, rows_of, state_of

TABLE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))'
SEEN = {
    'op.add_column("t", sa.Column("a", sa.Integer))': ("duplicate column", "already exists"),
    'op.drop_column("t", "zz")': ("no such column", "does not exist", "check that"),
    'op.drop_index("zz", table_name="t")': ("no such index", "does not exist", "check that"),
    'op.create_table("t", sa.Column("id", sa.Integer))': ("already exists",),
    'op.drop_table("zz")': ("no such table", "does not exist", "unknown table"),
    'op.alter_column("zz", "a", new_column_name="b")': ("no such table", "does not exist", "doesn't exist"),
}


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    scripts = Scripts(tmp_path / "migrations")
    scripts.add("t", TABLE)
    return scripts


@pytest.mark.parametrize("call", SEEN)
def test_an_error_has_the_databases_own_words(scripts: Scripts, database_url: str, call: str) -> None:
    scripts.add(
        "looks",
        f"""
        try:
            {call}
        except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
            text = str(error).lower()
            if not any(words in text for words in {SEEN[call]!r}):
                raise
        else:
            raise AssertionError("no error")
        """,
    )
    scripts.go(database_url)
    assert state_of(database_url).applied == {"t", "looks"}


@pytest.mark.parametrize("act", ["op.get_bind().commit()", 'op.execute("SELECT 1"); op.get_bind().commit()'])
def test_a_script_that_only_commits(scripts: Scripts, database_url: str, act: str) -> None:
    scripts.add("commits", act)
    scripts.add("after", 'op.execute("INSERT INTO t (id) VALUES (1)")')
    scripts.go(database_url)
    assert state_of(database_url).applied == {"t", "commits", "after"}
    assert rows_of(database_url, "SELECT id FROM t") == [(1,)]


def test_a_batch_that_restates_constraints(tmp_path: Path, sqlite_url: str) -> None:
    """What is there already is not there twice, what is new is added, and what ``copy_from`` leaves out is gone."""
    scripts = Scripts(tmp_path / "migrations")
    scripts.add(
        "tables",
        """
        op.execute("CREATE TABLE s (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, CHECK (a > 0), UNIQUE (b))")
        op.execute("CREATE TABLE c (id INTEGER PRIMARY KEY, code VARCHAR(10) UNIQUE, n INTEGER CHECK (n > 1))")
        """,
    )
    scripts.add(
        "batches",
        """
        more = (sa.CheckConstraint("a > 0"), sa.UniqueConstraint("b"), sa.UniqueConstraint("a", "b", name="uq_ab"))
        with op.batch_alter_table("s", recreate="always", table_args=more) as batch:
            batch.add_column(sa.Column("d", sa.Integer))
        columns = [sa.Column("code", sa.String(10)), sa.Column("n", sa.Integer), sa.CheckConstraint("n > 1")]
        plain = sa.Table("c", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)
        with op.batch_alter_table("c", recreate="always", copy_from=plain) as batch:
            batch.alter_column("n", existing_type=sa.Integer(), nullable=False)
        """,
    )
    scripts.go(sqlite_url)
    s, c = (rows_of(sqlite_url, f"SELECT sql FROM sqlite_master WHERE name = '{name}'")[0][0] for name in "sc")
    assert (s.count("CHECK"), s.count("UNIQUE"), "uq_ab" in s) == (1, 2, True)
    assert (c.count("CHECK"), c.count("UNIQUE"), "NOT NULL" in c) == (1, 0, True)
    scripts.add(
        "other",
        """
        plain = sa.Table("c", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
        with op.batch_alter_table("c", recreate="always", copy_from=plain) as batch:
            batch.add_column(sa.Column("x", sa.Integer))
        """,
    )
    with pytest.raises(MigrationFailed, match="copy_from has other columns"):
        scripts.go(sqlite_url)
