"""What changes each pair, with values alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemashift.diff import diff, match
from schemashift.diff.traits import Standard
from schemashift.operations import Operation
from schemashift.schema import Check, Column, Computed, ForeignKey, Index, IndexPart, Schema, Table, TableName, Type
from schemashift.schema import PrimaryKey as Primary

INTEGER, TEXT = Type(sql="INTEGER"), Type(sql="TEXT")
ID = Column(name="id", type=INTEGER, nullable=False)
KEY = Primary(columns=("id",), name="pk")
A = Column(name="a", type=INTEGER)
T = Table(name="t", columns=(ID, A), constraints=(KEY,))


def said(before: Schema, after: Schema) -> list[str]:
    return [line(each) for each in diff(match(before, after))]


def line(operation: Operation) -> str:
    found = operation.describe()
    return f"{found.sign} {found.noun} {found.name}"


CHANGES = {
    "nothing": (T, T, []),
    "a column comes": (T, replace(T, columns=(ID, A, replace(A, name="b"))), ["+ column t.b"]),
    "a column goes": (T, replace(T, columns=(ID,)), ["- column t.a"]),
    "another type": (T, replace(T, columns=(ID, replace(A, type=TEXT))), ["~ type t.a"]),
    "a check comes": (
        T,
        replace(T, constraints=(KEY, Check(sql="a > 0", name="ck"))),
        ["+ check t.ck"],
    ),
    "an index comes": (T, replace(T, indexes=(Index(name="ix", parts=(IndexPart(column="a"),)),)), ["+ index ix"]),
    "an index that comes by itself": (
        T,
        replace(T, indexes=(Index(name="ix", parts=(IndexPart(column="a"),), implicit=True),)),
        [],
    ),
    "a comment": (T, replace(T, comment="x"), ["~ table t"]),
    "the order of columns": (T, replace(T, columns=(A, ID)), []),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_its_operation(what: str) -> None:
    before, after, expected = CHANGES[what]
    assert said(Schema([before]), Schema([after])) == expected
    assert bool(match(Schema([before]), Schema([after])).differing) == bool(expected)


def test_tables_come_and_go_in_the_order_of_their_foreign_keys() -> None:
    points = ForeignKey(columns=("a",), target=TableName("u"), target_columns=("id",), name="fk")
    child, parent = replace(T, constraints=(KEY, points)), replace(T, name="u")
    assert said(Schema(), Schema([child, parent])) == ["+ table u", "+ table t"]
    assert said(Schema([child, parent]), Schema()) == ["- table t", "- table u"]


def test_keys_in_a_circle_come_after_both_tables() -> None:
    one = ForeignKey(columns=("a",), target=TableName("u"), target_columns=("id",), name="one")
    other = ForeignKey(columns=("a",), target=TableName("t"), target_columns=("id",), name="other")
    both = Schema([replace(T, constraints=(KEY, one)), replace(T, name="u", constraints=(KEY, other))])
    assert said(Schema(), both) == ["+ table t", "+ table u", "+ foreign key t.one", "+ foreign key u.other"]


def test_what_uses_a_dropped_column_is_dropped_before_it() -> None:
    check = Check(sql="a > 0", name="ck", columns=("a",))
    before = Schema([replace(T, constraints=(KEY, check))])
    assert said(before, Schema([replace(T, columns=(ID,))])) == ["- check t.ck", "- column t.a"]


def test_a_column_that_can_only_be_made_anew_is_dropped_and_added() -> None:
    class Replacing(Standard):
        def replaces_column(self, before: Column, after: Column) -> bool:
            return before.computed != after.computed

    computed = replace(A, computed=Computed(sql="id * 2", stored=True))
    pairs = match(Schema([T]), Schema([replace(T, columns=(ID, computed))]))
    assert [line(each) for each in diff(pairs, traits=Replacing())] == ["- column t.a", "+ column t.a"]
    assert [line(each) for each in diff(pairs)] == ["~ computed t.a"]


def test_renames_come_first_and_everything_else_says_the_new_names() -> None:
    after = Schema([replace(T, name="u", columns=(replace(ID, name="key"), A), constraints=())])
    names = {T.key: "u"}
    pairs = match(Schema([T]), after, renames=names)
    assert line(diff(pairs)[0]) == "~ table t"
    assert {each.touches[-1] for each in diff(pairs)} == {TableName("u")}
