"""What operations answer when they are asked what they change: whoever needs it knows no class of operation."""

from __future__ import annotations

from typing import Any

import pytest

from schemashift.objects.enums import RenameEnum
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from schemashift.schema import Check, Column, Index, IndexPart, Key, PrimaryKey, Table, TableName, Type, Unique

T = TableName("t")
OPTIONAL = Column(name="a", type=Type(sql="INTEGER"))
REQUIRED = Column(name="a", type=Type(sql="INTEGER"), nullable=False)
TABLE = Table(name="t", columns=(REQUIRED,), constraints=(PrimaryKey(columns=("a",), name="k"),))
CHECK, KEY = Check(sql="a > 0", columns=("a",)), PrimaryKey(columns=("a", "b"), name="k")
INDEX = Index(name="i", parts=(IndexPart(column="a"),))

NOTHING: dict[str, Any] = {
    "column_change": (None, None),
    "table_rename": None,
    "column_rename": None,
    "required_columns": (),
    "added_constraint": None,
    "dropped_constraint": None,
    "created_index": None,
    "changed_fields": (),
    "changes_references": False,
}

CASES: list[tuple[Operation, dict[str, Any]]] = [
    (AddColumn(table=T, column=OPTIONAL), {"column_change": (None, OPTIONAL)}),
    (AddColumn(table=T, column=REQUIRED), {"column_change": (None, REQUIRED), "required_columns": ("a",)}),
    (DropColumn(table=T, name="a", column=REQUIRED), {"column_change": (REQUIRED, None)}),
    (DropColumn(table=T, name="a"), {}),
    (
        AlterColumn.between(T, OPTIONAL, REQUIRED),
        {"column_change": (OPTIONAL, REQUIRED), "required_columns": ("a",), "changed_fields": ("nullable",)},
    ),
    (
        AlterColumn.between(T, REQUIRED, OPTIONAL),
        {"column_change": (REQUIRED, OPTIONAL), "changed_fields": ("nullable",)},
    ),
    (
        AlterColumn(table=T, name="a", set=(("nullable", False), ("comment", "x"))),
        {"required_columns": ("a",), "changed_fields": ("nullable", "comment")},
    ),
    (RenameColumn(table=T, old="a", new="b"), {"column_rename": ("a", "b"), "changes_references": True}),
    (AddConstraint(table=T, constraint=CHECK), {"added_constraint": CHECK}),
    (AddConstraint(table=T, constraint=KEY), {"added_constraint": KEY, "required_columns": ("a", "b")}),
    (DropConstraint(table=T, name="c"), {"dropped_constraint": "c"}),
    # A name that the database does not know of: a script calls a constraint without one by it.
    (AddConstraint(table=T, constraint=Unique(columns=("a",))).inverse(), {"dropped_constraint": "t_a_key"}),
    (CreateIndex(table=T, index=INDEX), {"created_index": INDEX}),
    (DropIndex(table=T, name="i", index=INDEX), {}),
    (RenameIndex(table=T, old="i", new="j"), {}),
    (CreateTable(table=TABLE), {}),
    (DropTable(name=T, table=TABLE), {"changes_references": True}),
    (RenameTable(old=T, new="u"), {"table_rename": (T, TableName("u")), "changes_references": True}),
    (AlterTable(table=T, set=(("comment", "x"),)), {"changed_fields": ("comment",)}),
    (RenameEnum(old=TableName("mood"), new="m"), {}),
]


@pytest.mark.parametrize(("operation", "expected"), CASES, ids=lambda each: type(each).__name__)
def test_what_an_operation_changes(operation: Operation, expected: dict[str, Any]) -> None:
    assert {name: getattr(operation, name) for name in NOTHING} == {**NOTHING, **expected}


def test_a_primary_key_is_dropped_even_where_only_its_class_is_known() -> None:
    key = Key("primary key", None, "t")
    assert key in DropConstraint(table=T, name="k", kind=PrimaryKey).drops
    assert key in AddConstraint(table=T, constraint=KEY).inverse().drops
    assert key not in DropConstraint(table=T, name="k").drops
