"""What there is to delete, counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from schemashift.dialects import dialect_for
from schemashift.effects.counts import warnings_for
from schemashift.operations import AddColumn, DropColumn, DropTable, Operation, RenameColumn, RenameTable
from schemashift.schema import Column, Computed, TableName, Type

T = TableName("t")
INTEGER = Type(sql="INTEGER")
REQUIRED = Column(name="n", type=INTEGER, nullable=False)
GENERATED = Column(name="g", type=INTEGER, computed=Computed(sql="a + 1", stored=False))

LACKING = (
    "t.n is NOT NULL without a server default, and t has 2 rows: give it one, or add it nullable and fill it first"
)


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER, b INTEGER, g INTEGER GENERATED ALWAYS AS (a + 1))")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, NULL), (2, 2)")
        connection.exec_driver_sql("CREATE TABLE empty (a INTEGER)")
        connection.exec_driver_sql("CREATE VIRTUAL TABLE words USING fts5 (word)")
        connection.exec_driver_sql("INSERT INTO words VALUES ('a')")
        yield connection


def deletes(what: str) -> str:
    return f"this deletes {what}, which a downgrade cannot bring back"


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([DropTable(name=T)], [deletes("t (2 rows)")]),
        ([DropTable(name=TableName("T"))], [deletes("T (2 rows)")]),
        ([DropTable(name=TableName("words"))], [deletes("words (1 row)")]),
        ([DropTable(name=TableName("empty")), DropTable(name=TableName("absent"))], []),
        (
            [DropColumn(table=T, name="a"), DropColumn(table=T, name="b")],
            [deletes("t.a (2 values)"), deletes("t.b (1 value)")],
        ),
        ([DropColumn(table=T, name="a"), DropColumn(table=T, name="a")], [deletes("t.a (2 values)")]),
        ([DropColumn(table=T, name="absent"), DropColumn(table=TableName("absent"), name="a")], []),
        ([DropColumn(table=T, name="g", column=GENERATED)], []),
        ([RenameTable(old=T, new="u"), DropTable(name=TableName("u"))], [deletes("t (2 rows)")]),
        ([RenameTable(old=T, new="u"), DropTable(name=T)], []),
        (
            [RenameTable(old=T, new="u"), RenameTable(old=TableName("empty"), new="t"), DropTable(name=T)],
            [],
        ),
        ([RenameColumn(table=T, old="b", new="c"), DropColumn(table=T, name="c")], [deletes("t.b (1 value)")]),
        (
            [
                RenameColumn(table=T, old="a", new="x"),
                RenameTable(old=T, new="u"),
                RenameColumn(table=TableName("u"), old="b", new="a"),
                DropColumn(table=TableName("u"), name="a"),
            ],
            [deletes("t.b (1 value)")],
        ),
        (
            [AddColumn(table=T, column=REQUIRED)],
            [LACKING],
        ),
        (
            [
                AddColumn(table=TableName("empty"), column=REQUIRED),
                AddColumn(table=TableName("absent"), column=REQUIRED),
            ],
            [],
        ),
    ],
)
def test_what_a_new_script_is_warned_of(
    connection: sa.Connection, operations: list[Operation], expected: list[str]
) -> None:
    assert list(warnings_for(connection, operations, dialect_for(connection.dialect))) == expected
