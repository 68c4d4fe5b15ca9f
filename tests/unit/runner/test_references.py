"""Which statements can leave rows that point nowhere."""

from __future__ import annotations

import pytest

from schemashift.runner.references import _HARMLESS, described

HARMLESS = [
    "CREATE TABLE t (a INTEGER)",
    "  select 1",
    "\n\tALTER TABLE t ADD COLUMN a INTEGER",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t ADD COLUMN a INTEGER REFERENCES p (id)",
    "PRAGMA foreign_keys",
    "SAVEPOINT a",
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


@pytest.mark.parametrize("sql", HARMLESS)
def test_statements_that_break_no_reference_are_not_paid_for(sql: str) -> None:
    assert _HARMLESS.match(sql)


@pytest.mark.parametrize("sql", HARMFUL)
def test_statements_that_may_break_a_reference_are_watched(sql: str) -> None:
    assert not _HARMLESS.match(sql)


def test_five_rows_are_named_and_the_rest_counted() -> None:
    lines = described([("c", number, "p") for number in range(8)])
    assert lines[0] == 'row 0 of "c" points to a row of "p" that is not there'
    assert len(lines) == 6
    assert lines[-1] == "and 3 more"
