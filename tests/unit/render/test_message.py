"""The message of a revision that was given none."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from schemashift.operations import (
    AddColumn,
    AlterColumn,
    Backfill,
    CreateTable,
    DropTable,
    InsertMissingRows,
    Operation,
)
from schemashift.render import message
from schemashift.schema import Default, Schema, TableName
from schemashift.sqla.lift import lift_metadata


def table(name: str) -> CreateTable:
    metadata = sa.MetaData()
    sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("age", sa.Integer))
    found = Schema(lift_metadata([metadata], sqlite.dialect()).tables).table(TableName(name))
    assert found is not None
    return CreateTable(table=found)


AGE = table("users").table.column("age")
assert AGE is not None
ADD = AddColumn(table=TableName("users"), column=AGE)
FILL = Backfill(table=TableName("users"), column="age", value=Default(sql="1"))
REQUIRE = AlterColumn(table=TableName("users"), name="age", set=(("nullable", False),), before=AGE)
PARENTS = InsertMissingRows(table=TableName("teams"))


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([], "empty"),
        ([table("users")], "create users"),
        ([table("a"), table("b")], "create a and b"),
        ([table("a"), table("b"), table("c"), table("d")], "create a, b and 2 more"),
        ([DropTable(name=TableName("a"))], "drop a"),
        ([DropTable(name=TableName("a")), ADD], "drop a and 1 more"),
        ([ADD], "add age to users"),
        ([ADD, FILL, REQUIRE], "add age to users"),
        ([PARENTS, table("a"), ADD, REQUIRE], "create a and 1 more"),
        ([FILL, REQUIRE], "alter age of users"),
    ],
)
def test_a_message_is_taken_from_what_changes(operations: list[Operation], expected: str) -> None:
    assert message(operations) == expected
