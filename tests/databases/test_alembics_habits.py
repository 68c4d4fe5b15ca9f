"""What scripts written for Alembic do: look into errors, misspell keywords, commit on their own."""

from __future__ import annotations

from pathlib import Path

import pytest

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
