"""What does not change but depends on what does, told with values alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from schemashift.diff import STANDARD, diff, match
from schemashift.diff.traits import Standard
from schemashift.objects import KINDS
from schemashift.objects.enums import Enum
from schemashift.schema import (
    Check,
    Column,
    Computed,
    Constraint,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Type,
)

INTEGER, BIGINT = Type(sql="INTEGER"), Type(sql="BIGINT")


class Strict(Standard):
    """A database that alters no column under anything."""

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        return False

    def keeps_generated(self, before: Column, after: Column) -> bool:
        return False

    def keeps_expression(self, before: Column, after: Column, text: str) -> bool:
        return False


def t(*constraints: Constraint, type_: Type = INTEGER, doubled: bool = False, index: str = "") -> Table:
    columns = [Column(name="a", type=type_), Column(name="c", type=INTEGER)]
    if doubled:
        columns.append(Column(name="b", type=INTEGER, computed=Computed(sql="a * 2", stored=True)))
    indexes = (Index(name="by_it", parts=(IndexPart(column=index),)),) if index else ()
    return Table(name="t", columns=tuple(columns), constraints=constraints, indexes=indexes)


def changes(make: Callable[[Type], Table], *others: Table, traits: Standard | None = None) -> list[str]:
    """What is done where column ``a`` of the table becomes a BIGINT."""
    pairs = match(Schema([make(INTEGER), *others]), Schema([make(BIGINT), *others]))
    found = diff(pairs, traits=traits or Strict())
    return [str(each.describe()).partition("  ")[0] for each in found]


def test_a_check_is_dropped_and_created_again() -> None:
    check = Check(sql="a > 0", columns=("a",), name="positive")
    assert changes(lambda type_: t(check, type_=type_)) == ["- check t.positive", "~ type t.a", "+ check t.positive"]


def test_a_check_on_another_column_stays() -> None:
    assert changes(lambda type_: t(Check(sql="c > 0", columns=("c",), name="x"), type_=type_)) == ["~ type t.a"]


def test_what_the_database_keeps_stays() -> None:
    check = Check(sql="a > 0", columns=("a",), name="positive")
    found = changes(lambda type_: t(check, type_=type_, doubled=True), traits=STANDARD)
    assert found == ["~ type t.a"]


def test_a_generated_column_and_then_the_index_on_it() -> None:
    found = changes(lambda type_: t(type_=type_, doubled=True, index="b"))
    assert found == ["- index by_it", "- column t.b", "~ type t.a", "+ column t.b", "+ index by_it"]


def test_a_foreign_key_of_another_table() -> None:
    key = ForeignKey(columns=("a",), target=TableName("t"), target_columns=("a",), name="up")
    child = Table(name="child", columns=(Column(name="a", type=INTEGER),), constraints=(key,))
    found = changes(lambda type_: t(PrimaryKey(columns=("a",), name="pk"), type_=type_), child)
    assert found[0] == "- foreign key child.up"
    assert found[-1] == "+ foreign key child.up"


def test_a_type_that_columns_have_is_never_dropped_for_a_change() -> None:
    before = Enum(name="mood", labels=("a", "b"))
    column = Column(name="m", type=Type(sql="mood", needs=(before.key,)))
    table = Table(name="t", columns=(column,), constraints=(Check(sql="m <> 'b'", columns=("m",), name="x"),))
    pairs = match(Schema([before, table]), Schema([replace(before, labels=("a",)), table]))
    found = diff(pairs, kinds=KINDS, traits=Strict())
    assert [str(each.describe()) for each in found] == ["~ enum mood  a, b -> a"]
