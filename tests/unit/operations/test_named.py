"""Which of several operations are named."""

from __future__ import annotations

import pytest

from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    Named,
    Operation,
    RenameColumn,
    those_named,
)
from schemashift.schema import Check, Column, ForeignKey, Index, IndexPart, PrimaryKey, Table, TableName, Type, Unique

T = TableName("t")
INTEGER = Type(sql="INTEGER")


def alter(name: str, **changes: object) -> AlterColumn:
    return AlterColumn(table=T, name=name, set=tuple(changes.items()))


def add(name: str, **rest: object) -> AddColumn:
    return AddColumn(table=T, column=Column(name=name, type=INTEGER, **rest))  # type: ignore[arg-type]


def unique(*columns: str, name: str | None = None) -> AddConstraint:
    return AddConstraint(table=T, constraint=Unique(columns=columns, name=name))


def check(sql: str, name: str | None = None) -> AddConstraint:
    return AddConstraint(table=T, constraint=Check(sql=sql, name=name))


def index(name: str, *columns: str, is_unique: bool = False) -> CreateIndex:
    parts = tuple(IndexPart(column=column) for column in columns)
    return CreateIndex(table=T, index=Index(name=name, parts=parts, unique=is_unique))


PRIMARY = AddConstraint(table=T, constraint=PrimaryKey(columns=("a",)))
FOREIGN = AddConstraint(
    table=T, constraint=ForeignKey(columns=("b",), target=TableName("p"), target_columns=("id",), name="fk")
)
TABLE = CreateTable(table=Table(name="t", columns=(Column(name="a", type=INTEGER), Column(name="b", type=INTEGER))))

# The operations, what is named, and the places of those that are meant.
CASES: dict[str, tuple[list[Operation], Named, list[int]]] = {
    "a constraint by its name": (
        [unique("a", name="uq"), check("a > 0", "ck")],
        Named(constraint="ck", violates="check"),
        [1],
    ),
    "an index by its name": ([unique("a", name="uq"), index("ix", "a")], Named(constraint="ix"), [1]),
    "an index that is dropped": ([DropIndex(table=T, name="ix"), index("iy", "a")], Named(constraint="ix"), [0]),
    "the name before the column": (
        [alter("a", nullable=False), unique("a", name="uq")],
        Named(constraint="uq", columns=("a",), violates="unique"),
        [1],
    ),
    "names in other capitals": ([alter("A", nullable=False), alter("b", nullable=False)], Named(columns=("a",)), [0]),
    "a key by its columns, in whatever order": (
        [unique("a"), unique("a", "b")],
        Named(table="t", columns=("b", "a"), violates="unique"),
        [1],
    ),
    "a unique index by its columns": (
        [index("ix", "a"), index("ux", "a", is_unique=True)],
        Named(table="t", columns=("a",), violates="unique"),
        [1],
    ),
    "a key that was there, under a column that changes": (
        [alter("a", default=None), alter("b", type=INTEGER), unique("c")],
        Named(table="t", columns=("b",), violates="unique"),
        [1],
    ),
    "the primary key": ([unique("a"), PRIMARY], Named(violates="primary key"), [1]),
    "the primary key by its column": (
        [alter("a", default=None), PRIMARY],
        Named(table="t", columns=("a",), violates="unique"),
        [1],
    ),
    "a CHECK by its text": ([check("a > 0"), check("b > 0")], Named(constraint="b  >  0", violates="check"), [1]),
    "a constraint that the database named": (
        [unique("a", name="uq"), unique("b")],
        Named(constraint="b_2", violates="unique"),
        [1],
    ),
    "a CHECK that was there already": (
        [alter("a", default=None), check("b > 0", "new")],
        Named(constraint="old", violates="check"),
        [0, 1],
    ),
    "a foreign key, without its name": ([alter("b", default=None), FOREIGN], Named(violates="foreign key"), [1]),
    "what makes a column NOT NULL, and not what else it changes": (
        [alter("b", nullable=False), alter("b", default=None)],
        Named(table="t", columns=("b",), violates="not null"),
        [0],
    ),
    "a new column and what sets it NOT NULL": (
        [add("b"), alter("b", nullable=False)],
        Named(columns=("b",), violates="not null"),
        [1],
    ),
    "a new column that is NOT NULL": (
        [alter("a", nullable=False), add("b", nullable=False)],
        Named(columns=("b",), violates="not null"),
        [1],
    ),
    "two that set it NOT NULL": (
        [PRIMARY, alter("a", nullable=False), alter("b", nullable=False)],
        Named(columns=("a",), violates="not null"),
        [0, 1],
    ),
    "a column that two change": (
        [alter("a", type=INTEGER), alter("b", type=INTEGER), alter("a", nullable=False)],
        Named(columns=("a",)),
        [0, 2],
    ),
    "a column by the name it got later": (
        [alter("a", nullable=False), RenameColumn(table=T, old="a", new="c"), alter("b", nullable=False)],
        Named(table="t", columns=("c",), violates="not null"),
        [0],
    ),
    "a column that had its name before": (
        [DropColumn(table=T, name="a"), RenameColumn(table=T, old="b", new="a"), add("z")],
        Named(columns=("b",)),
        [1],
    ),
    "a column that is only used": ([alter("a", default=None), index("ix", "c")], Named(columns=("c",)), [1]),
    "a column of another table": (
        [alter("a", nullable=False), alter("b", nullable=False)],
        Named(table="other", columns=("a",)),
        [0, 1],
    ),
    "the table": ([TABLE, unique("a", name="uq")], Named(table="t"), [0]),
    "nothing": ([alter("a", nullable=False), unique("b")], Named(), [0, 1]),
    "nothing of these": ([alter("a", nullable=False), unique("b")], Named(constraint="x", columns=("y",)), [0, 1]),
    "one alone": ([alter("a", nullable=False)], Named(columns=("b",)), [0]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_operation_that_is_named_else_all(case: str) -> None:
    operations, named, places = CASES[case]
    assert those_named(operations, named) == tuple(operations[place] for place in places)
