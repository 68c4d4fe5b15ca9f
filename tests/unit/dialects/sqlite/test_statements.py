"""Which operations a statement carries out."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from schemashift.dialects import dialect_for
from schemashift.operations import AddColumn, AlterColumn, CreateIndex, CreateTable, DropIndex, Operation
from schemashift.schema import Column, Index, IndexPart, Schema, Table, TableName, Type

T = TableName("t")
INTEGER = Type(sql="INTEGER", payload=sa.Integer())
TABLE = Table(
    name="t",
    columns=(Column(name="a", type=INTEGER), Column(name="b", type=INTEGER)),
    indexes=(Index(name="ix_a", parts=(IndexPart(column="a"),)),),
)
NEW = AddColumn(table=T, column=Column(name="new", type=INTEGER))
INDEX = CreateIndex(table=T, index=Index(name="ix_b", parts=(IndexPart(column="b"),)))
DROP = DropIndex(table=T, name="ix_a")
NOT_NULL = AlterColumn(table=T, name="b", set=(("nullable", False),))


def carried(operations: list[Operation], schema: Schema) -> dict[str, list[Operation]]:
    dialect = dialect_for(sqlite.dialect())
    with dialect.offline(schema) as database:
        statements = dialect.compile(operations, database.live)
        return {" ".join(str(each.sql).split()[:3]): list(each.operations) for each in statements}


def test_a_native_statement_carries_out_its_own() -> None:
    assert carried([NEW, INDEX, DROP], Schema([TABLE])) == {
        "DROP INDEX ix_a": [DROP],
        "ALTER TABLE t": [NEW],
        "CREATE INDEX ix_b": [INDEX],
    }


def test_every_statement_of_a_rebuild_carries_out_all() -> None:
    found = carried([NEW, INDEX, NOT_NULL], Schema([TABLE]))
    assert len(found) > 5
    assert all(operations == [NEW, INDEX, NOT_NULL] for operations in found.values())


def test_a_new_table_and_its_indexes() -> None:
    create = CreateTable(table=TABLE)
    assert carried([create, NEW, INDEX], Schema()) == {
        "CREATE TABLE t": [create, NEW, INDEX],
        "CREATE INDEX ix_a": [create],
        "CREATE INDEX ix_b": [INDEX],
    }
