"""Which SQL deletes rows or values."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from schemashift.effects.deleting import MAY_DELETE, is_deleting, is_renaming

T = sa.table("t", sa.column("a"))
TABLE = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE t",
        "drop  table if exists t",
        "/* why */ DELETE FROM t",
        "-- why\nTRUNCATE t",
        "DELETE t FROM t JOIN u USING (id)",
        "UPDATE t SET a = 1; DELETE FROM t",
        "WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM gone",
        "ALTER TABLE t DROP COLUMN a",
        "ALTER TABLE t ADD b INT, DROP a",
        "ALTER TABLE t DROP PARTITION p",
        "DROP SCHEMA s CASCADE",
        "DROP TYPE mood CASCADE",
        "CREATE OR REPLACE TABLE t (a INT)",
        "DO $$ BEGIN EXECUTE 'DROP TABLE t'; END $$",
        sa.text("DELETE FROM t"),
        sa.delete(T),
        sa.schema.DropTable(TABLE),
    ],
)
def test_what_deletes(statement: object) -> None:
    assert is_deleting(statement, sqlite.dialect())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE t SET a = TRUNCATE(a, 2)",
        "INSERT INTO t SELECT * FROM u",
        "DROP INDEX i",
        "DROP TYPE mood",
        "DROP VIEW v",
        "ALTER TABLE t DROP CONSTRAINT c",
        "ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u ON DELETE SET NULL",
        "CREATE TRIGGER g AFTER DELETE ON t BEGIN DELETE FROM u; END",
        "CREATE OR REPLACE FUNCTION f() RETURNS void AS 'DELETE FROM t' LANGUAGE sql",
        "-- not DROP TABLE t\nSELECT 1",
        sa.update(T).values(a=1),
        sa.schema.CreateTable(TABLE),
    ],
)
def test_what_does_not(statement: object) -> None:
    assert not is_deleting(statement, sqlite.dialect())


@pytest.mark.parametrize("text", ["DROP TABLE ", " DROP ", "drop_table", "DELETE FROM "])
def test_parts_of_statements_in_a_script(text: str) -> None:
    assert MAY_DELETE.search(text)


@pytest.mark.parametrize("text", ["ALTER TABLE ", "Drop users", "drop_index", "deleted_at"])
def test_other_strings_of_a_script(text: str) -> None:
    assert not MAY_DELETE.search(text)


def test_what_renames() -> None:
    assert is_renaming("ALTER TABLE t RENAME TO u", sqlite.dialect())
    assert is_renaming("ALTER TABLE t CHANGE a b INT", sqlite.dialect())
    assert not is_renaming("ALTER TABLE t ADD a INT", sqlite.dialect())
