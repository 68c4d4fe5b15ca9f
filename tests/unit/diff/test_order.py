"""Order is data, told with values alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from schemashift.diff import STANDARD, Tables, by_kind, order
from schemashift.diff.kind import Kinds
from schemashift.objects import KINDS
from schemashift.objects.enums import CreateEnum, DropEnum, Enum
from schemashift.objects.sequences import CreateSequence, DropSequence, NumberSequence
from schemashift.operations import (
    AddColumn,
    AlterColumn,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    Operation,
)
from schemashift.schema import (
    Column,
    Computed,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Type,
)

INTEGER = Type(sql="INTEGER")
EVERY: Kinds = by_kind((Tables(Schema(), Schema(), STANDARD), *KINDS))


def table(name: str, *constraints: PrimaryKey | ForeignKey) -> Table:
    return Table(name=name, columns=(Column(name="id", type=INTEGER, nullable=False),), constraints=constraints)


def to(target: str) -> ForeignKey:
    return ForeignKey(columns=("id",), target=TableName(target), target_columns=("id",), name=f"to_{target}")


def index(name: str, column: str) -> Index:
    return Index(name=name, parts=(IndexPart(column=column),))


def ordered(operations: Iterable[Operation]) -> list[str]:
    """The descriptions in order, the same whatever order *operations* come in."""
    operations = tuple(operations)
    found = {tuple(str(each.describe()) for each in order(some, EVERY)) for some in itertools.permutations(operations)}
    assert len(found) == 1, "the order depends on the order they came in"
    return [words.partition("  ")[0] for words in found.pop()]


def test_a_table_is_created_after_what_it_points_to() -> None:
    parent, child = table("z", PrimaryKey(columns=("id",))), table("a", to("z"))
    assert ordered([CreateTable(table=child), CreateTable(table=parent)]) == ["+ table z", "+ table a"]


def test_and_dropped_before_it() -> None:
    parent, child = table("a", PrimaryKey(columns=("id",))), table("z", to("a"))
    drops = [CreateTable(table=each).inverse() for each in (parent, child)]
    assert ordered(drops) == ["- table z", "- table a"]


def test_a_circle_is_an_error_that_names_its_operations() -> None:
    one, other = table("a", PrimaryKey(columns=("id",)), to("b")), table("b", PrimaryKey(columns=("id",)), to("a"))
    with pytest.raises(ValueError, match=r"wait for each other: \+ table a.*; \+ table b"):
        order([CreateTable(table=one), CreateTable(table=other)], EVERY)


def test_a_column_is_altered_while_nothing_depends_on_it() -> None:
    name, old, new = TableName("t"), Column(name="a", type=INTEGER), Column(name="a", type=Type(sql="BIGINT"))
    doubled = Column(name="b", type=INTEGER, computed=Computed(sql="a * 2", stored=True))
    add = AddColumn(table=name, column=doubled)
    found = ordered([add, add.inverse(), AlterColumn.between(name, old, new)])
    assert found == ["- column t.b", "~ type t.a", "+ column t.b"]


def test_a_name_is_free_before_it_is_taken_whoever_had_it() -> None:
    """Tables, indexes, sequences and types share their names."""
    sequence, enum = NumberSequence(name="x"), Enum(name="x", labels=("a",))
    name = TableName("x")
    makes: list[Operation] = [
        CreateTable(table=table("x")),
        CreateSequence(sequence=sequence),
        CreateEnum(enum=enum),
        CreateIndex(table=TableName("t"), index=index("x", "a")),
    ]
    drops: list[Operation] = [
        DropTable(name=name, table=table("x")),
        DropSequence(name=name, sequence=sequence),
        DropEnum(name=name, enum=enum),
        DropIndex(table=TableName("t"), name="x", index=index("x", "a")),
    ]
    for make, drop in itertools.product(makes, drops):
        assert order([make, drop], EVERY) == (drop, make)


def test_names_of_other_schemas_and_of_parts_are_their_own() -> None:
    elsewhere = CreateSequence(sequence=NumberSequence(name="a", schema="other"))
    drop = DropTable(name=TableName("a"), table=table("a"))
    assert order([drop, elsewhere], EVERY) == order([elsewhere, drop], EVERY) == (elsewhere, drop)
    column = DropColumn(table=TableName("t"), name="a", column=Column(name="a", type=INTEGER))
    create = CreateTable(table=table("a"))
    assert order([column, create], EVERY) == (create, column)


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two kinds of objects are called 'enum'"):
        by_kind((*KINDS, type(KINDS[1])()))
