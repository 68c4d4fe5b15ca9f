"""Which statements can leave rows that point nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from schemashift.dialects.sqlite.session import SQLiteSession
from schemashift.runner.references import described

HARMLESS = [
    "CREATE TABLE t (a INTEGER)",
    "  select 1",
    "\n\tALTER TABLE t ADD COLUMN a INTEGER",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t ADD COLUMN a INTEGER REFERENCES p (id)",
    "PRAGMA foreign_keys",
    "SAVEPOINT a",
    "-- DELETE\n/* a comment */ SELECT 1",
]
HARMFUL = [
    "DROP TABLE t",
    "DELETE FROM t",
    "insert into t values (1)",
    "UPDATE t SET a = 1",
    "REPLACE INTO t VALUES (1)",
    "WITH x AS (SELECT 1) DELETE FROM t",
    "/* a comment */ DELETE FROM t",
    "ALTER TABLE t ADD COLUMN a INTEGER DEFAULT 5 REFERENCES p (id)",
    "ALTER TABLE t ADD COLUMN a INTEGER REFERENCES p (id) DEFAULT 5",
]


@pytest.fixture(scope="module")
def session() -> Iterator[SQLiteSession]:
    with sa.create_engine("sqlite://").connect() as connection:
        yield SQLiteSession(connection)


@pytest.mark.parametrize("sql", HARMLESS)
def test_statements_that_break_no_reference_are_not_paid_for(session: SQLiteSession, sql: str) -> None:
    assert not session.may_break_references(sql)


@pytest.mark.parametrize("sql", HARMFUL)
def test_statements_that_may_break_a_reference_are_watched(session: SQLiteSession, sql: str) -> None:
    assert session.may_break_references(sql)


def test_five_rows_are_named_and_the_rest_counted() -> None:
    lines = described([("c", number, "p") for number in range(8)])
    assert lines[0] == 'row 0 of "c" points to a row of "p" that does not exist'
    assert len(lines) == 6
    assert lines[-1] == "and 3 more"
