"""The comments that a script has beside its operations."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import postgresql

from schemashift.dialects import dialect_for
from schemashift.effects.comments import with_comments
from schemashift.objects.enums import AlterEnum
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    Backfill,
    CreateTable,
    DropColumn,
    DropTable,
    InsertMissingRows,
    Operation,
)
from schemashift.schema import Column, Computed, Default, ForeignKey, PrimaryKey, Table, TableName, Type

POSTGRESQL = dialect_for(postgresql.dialect())
T, P = TableName("t"), TableName("p")
INTEGER = Type(sql="INTEGER")
OPTIONAL, REQUIRED = Column(name="a", type=INTEGER), Column(name="a", type=INTEGER, nullable=False)
GENERATED = Column(name="a", type=INTEGER, computed=Computed(sql="1", stored=True))
REQUIRE = AlterColumn(table=T, name="a", set=(("nullable", False),), before=OPTIONAL)
FILL = Backfill(table=T, column="a", value=Default(sql="1"))
KEY = AddConstraint(table=T, constraint=ForeignKey(columns=("a",), target=P, target_columns=("id",)))
MAKE_PARENT, MAKE_CHILD = CreateTable(table=Table(name="p")), CreateTable(table=Table(name="t"))
DROP, DROP_COLUMN = DropTable(name=T), DropColumn(table=T, name="a")

NO_VALUE = "Fails where a row has no a: fill it before."
NEEDS_VALUE = (
    "Where t has rows, they have no value for a: give it a server_default, or add it as nullable and fill it first."
)
NO_PARENTS = "Fails where t has rows that point somewhere: p has none yet."


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([DROP], ["Deletes t with its rows: a downgrade makes the table again, without them."]),
        ([DROP_COLUMN], ["Deletes the values of t.a: a downgrade cannot bring them back."]),
        ([DropColumn(table=T, name="a", column=GENERATED)], [""]),
        ([REQUIRE], [NO_VALUE]),
        ([FILL, REQUIRE], ["", ""]),
        ([REQUIRE, FILL], [NO_VALUE, ""]),
        ([Backfill(table=P, column="a", value=Default(sql="1")), REQUIRE], ["", NO_VALUE]),
        ([AddConstraint(table=T, constraint=PrimaryKey(columns=("a",)))], [""]),
        ([KEY], [""]),
        ([MAKE_PARENT, KEY], ["", NO_PARENTS]),
        ([MAKE_PARENT, MAKE_CHILD, KEY], ["", "", ""]),
        ([MAKE_PARENT, InsertMissingRows(table=P, children=T), KEY], ["", "", ""]),
        (
            [AddColumn(table=T, column=REQUIRED)],
            [NEEDS_VALUE],
        ),
        (
            [AlterEnum(name=TableName("mood"), labels=("a",), before=("a", "b", "c"), users=((T, "a"), (P, "a")))],
            ["Fails where a row has 'b', 'c': give it another label before."],
        ),
    ],
)
def test_what_is_said(operations: list[Operation], expected: list[str]) -> None:
    assert [operation.note for operation in with_comments(operations, POSTGRESQL, back=False)] == expected


@pytest.mark.parametrize("operation", [DROP, DROP_COLUMN])
def test_that_the_way_back_drops_goes_without_saying(operation: Operation) -> None:
    assert next(with_comments([operation], POSTGRESQL, back=True)).note == ""


def test_the_way_back_may_fail() -> None:
    assert next(with_comments([REQUIRE], POSTGRESQL, back=True)).note == NO_VALUE


def test_what_is_noted_already_stays() -> None:
    noted = DropTable(name=T, note="as agreed")
    assert next(with_comments([noted], POSTGRESQL, back=False)) is noted
