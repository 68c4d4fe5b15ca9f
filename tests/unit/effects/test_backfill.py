"""Which operations bring values for rows with them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from schemashift.dialects import dialect_for
from schemashift.effects.backfill import RowValues
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    Backfill,
    BackfillNumbers,
    CreateTable,
    InsertMissingRows,
    Operation,
)
from schemashift.schema import Column, Default, Schema, TableName
from schemashift.sqla.lift import lift_metadata

METADATA = sa.MetaData()
sa.Table("p", METADATA, sa.Column("id", sa.Integer, primary_key=True))
sa.Table(
    "t",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("plain", sa.Integer, nullable=False),
    sa.Column("declared", sa.Integer, nullable=False, default=7),
    sa.Column("unique", sa.String(20), nullable=False, unique=True),
    sa.Column("p_id", sa.ForeignKey("p.id"), nullable=False),
    sa.Column("optional", sa.Integer),
)
T, P = TableName("t"), TableName("p")
DIALECT = dialect_for(sqlite.dialect())
TARGET = Schema(DIALECT.normal(table) for table in lift_metadata([METADATA], sqlite.dialect()).tables)


def column(name: str) -> Column:
    table = TARGET.table(T)
    assert table is not None
    found = table.column(name)
    assert found is not None
    return found


def add(name: str) -> AddColumn:
    return AddColumn(table=T, column=column(name))


def filled(operations: Sequence[Operation], *, back: bool) -> list[str]:
    values = RowValues(target=TARGET, back=back, dialect=DIALECT, accepts=lambda check, column, value: True)
    return [described(operation) for operation in values.added_to(operations)]


def described(operation: Operation) -> str:
    match operation:
        case AddColumn():
            default = operation.column.default
            words = f"default {default}" if default else ("nullable" if operation.column.nullable else "required")
            return f"add {operation.column.name} {words}"
        case AlterColumn():
            return f"alter {operation.name} {operation.set}"
        case Backfill():
            return f"fill {operation.column} {operation.value}"
        case BackfillNumbers():
            return f"fill {operation.column} numbers"
        case InsertMissingRows():
            return f"insert {operation.table} {dict(operation.keys)}"
    return operation.verb


def required(name: str) -> str:
    return f"alter {name} (('nullable', False),)"


def no_default(name: str) -> str:
    return f"alter {name} (('default', None),)"


@pytest.mark.parametrize(
    ("name", "forward", "back"),
    [
        ("optional", ["add optional nullable"], ["add optional nullable"]),
        ("plain", ["add plain required"], ["add plain default 0", no_default("plain")]),
        (
            "declared",
            ["add declared default 7", no_default("declared")],
            ["add declared default 7", no_default("declared")],
        ),
        ("unique", ["add unique required"], ["add unique nullable", "fill unique numbers", required("unique")]),
        (
            "p_id",
            ["add p_id required"],
            [
                "add p_id nullable",
                "fill p_id (SELECT p.id FROM p AS p ORDER BY p.id LIMIT 1)",
                required("p_id"),
            ],
        ),
    ],
)
def test_a_new_column(name: str, forward: list[str], back: list[str]) -> None:
    assert filled([add(name)], back=False) == forward
    assert filled([add(name)], back=True) == back


def require(name: str, **more: object) -> AlterColumn:
    before = AddColumn(table=T, column=column(name)).column
    optional = Column(name=name, type=before.type, payload=before.payload)
    return AlterColumn(table=T, name=name, set=(*more.items(), ("nullable", False)), before=optional)


def test_rows_get_the_default_of_a_column_that_becomes_required() -> None:
    assert filled([require("declared")], back=False) == ["fill declared 7", required("declared")]
    assert filled([require("plain")], back=False) == [required("plain")]


def test_a_default_of_the_new_type_comes_after_it() -> None:
    default = Default(sql="1")
    first, fill, last = filled([require("plain", type=column("plain").type, default=default)], back=False)
    assert first.startswith("alter plain (('type'")
    assert fill == "fill plain 1"
    assert last == required("plain")


def test_rows_that_kept_a_key_get_the_rows_that_it_points_to() -> None:
    table, parent = TARGET.table(T), TARGET.table(P)
    assert table is not None
    assert parent is not None
    key = AddConstraint(table=T, constraint=table.foreign_keys[0])
    assert filled([CreateTable(table=parent), key], back=True) == [
        "create_table",
        "insert p {'id': 'p_id'}",
        "add_constraint",
    ]
    assert filled([CreateTable(table=parent), key], back=False) == ["create_table", "add_constraint"]
    assert filled([key], back=True) == ["add_constraint"]
