"""The comments that a script has beside its operations."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift.dialects import dialect_for
from schemashift.effects.comments import with_comments
from schemashift.effects.notes import said_once
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
from schemashift.sqla.lift import lift_table

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
NEEDS_VALUES = (
    "Where t has rows, they have no value for a, b and c: "
    "give them a server_default, or add them as nullable and fill them first."
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


def test_no_comment_speaks_of_rows_that_there_are_none_of() -> None:
    """A new column holds NULL, and a new table has no rows."""
    add = AddColumn(table=T, column=OPTIONAL)
    filled = AddColumn(table=T, column=replace(OPTIONAL, default=Default(sql="1")))
    assert notes([MAKE_PARENT, add, KEY]) == ["", "", ""]
    assert notes([MAKE_PARENT, add, FILL, KEY]) == ["", "", "", NO_PARENTS]
    assert notes([MAKE_PARENT, filled, KEY]) == ["", "", NO_PARENTS]
    assert notes([MAKE_CHILD, AddColumn(table=T, column=REQUIRED), REQUIRE]) == ["", "", ""]


def test_a_default_that_only_python_can_make_is_named() -> None:
    column = sa.Column("a", sa.Uuid, default=uuid.uuid4, nullable=False)
    table = lift_table(sa.Table("t", sa.MetaData(), column), postgresql.dialect())
    add = AddColumn(table=T, column=table.columns[0])
    assert notes([add]) == [NEEDS_VALUE.replace("for a:", "for a (only Python can call uuid4):")]


def test_comments_that_repeat_each_other_are_joined() -> None:
    columns = [AddColumn(table=T, column=replace(REQUIRED, name=name)) for name in "abc"]
    drops = [DropColumn(table=table, name=name) for table, name in ((T, "a"), (T, "b"), (P, "a"))]
    assert notes(columns) == [
        NEEDS_VALUES,
        "",
        "",
    ]
    assert notes(drops)[0] == "Deletes the values of t.a, t.b and p.a: a downgrade cannot bring them back."
    assert notes([DropTable(name=T), DropTable(name=P)])[0] == (
        "Deletes t and p with their rows: a downgrade makes the tables again, without them."
    )
    # Something else on another table stands between them.
    assert notes([drops[0], CreateTable(table=Table(name="x")), drops[1]]) == [
        "Deletes the values of t.a: a downgrade cannot bring them back.",
        "",
        "Deletes the values of t.b: a downgrade cannot bring them back.",
    ]
    # A comment of another form stands between them.
    assert len(list(filter(None, notes([drops[0], REQUIRE, drops[1]])))) == 3


def notes(operations: list[Operation]) -> list[str]:
    return [operation.note for operation in said_once(with_comments(operations, POSTGRESQL, back=False))]
