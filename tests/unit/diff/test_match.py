"""Which object is which, with values alone."""

from __future__ import annotations

import pytest

from schemashift.diff import STANDARD, Pair, match, named
from schemashift.diff.traits import Standard
from schemashift.operations import Operation
from schemashift.schema import (
    Check,
    Column,
    Constraint,
    ForeignKey,
    Index,
    IndexPart,
    Key,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Type,
    Unique,
)

INTEGER = Type(sql="INTEGER")


def table(name: str, *columns: str, constraints: tuple[Constraint, ...] = (), indexes: tuple[Index, ...] = ()) -> Table:
    return Table(
        name=name,
        columns=tuple(Column(name=column, type=INTEGER) for column in columns),
        constraints=constraints,
        indexes=indexes,
    )


def index(name: str, column: str, *, implicit: bool = False) -> Index:
    return Index(name=name, parts=(IndexPart(column=column),), implicit=implicit)


def key(name: str, column: str = "") -> Key:
    return Key.of_column(TableName(name), column) if column else Key.of_table(TableName(name))


def said(operations: tuple[Operation, ...]) -> list[str]:
    return [" ".join(str(operation.describe()).split()) for operation in operations]


def names(pair: Pair) -> tuple[str | None, str | None]:
    return (pair.before and pair.before.key.name) or None, (pair.after and pair.after.key.name) or None


def test_objects_of_one_name_are_a_pair_in_the_order_of_their_names() -> None:
    pairs = match(Schema([table("b"), table("a")]), Schema([table("c"), table("b")]))
    assert [names(pair) for pair in pairs] == [("a", None), ("b", "b"), (None, "c")]
    assert [(old.name, new.name) for old, new in pairs.tables] == [("b", "b")]
    assert pairs.renames == ()


def test_a_given_rename_makes_a_pair_of_two_names() -> None:
    before = Schema([table("teams", "id"), table("people", "id")])
    after = Schema([table("crews", "id"), table("people", "id")])
    pairs = match(before, after, renames={key("teams"): "crews"})
    assert said(pairs.renames) == ["~ table teams renamed to crews"]
    assert [names(pair) for pair in pairs] == [("crews", "crews"), ("people", "people")]
    assert pairs.differing == ()


def test_columns_are_renamed_under_the_new_name_of_their_table_and_foreign_keys_follow() -> None:
    def schema(teams: str, code: str) -> Schema:
        points = ForeignKey(columns=("t",), target=TableName(teams), target_columns=(code,), name="fk")
        unique = Unique(columns=(code,), name="uq")
        return Schema([table(teams, code, constraints=(unique,)), table("people", "t", constraints=(points,))])

    renames = {key("teams", "code"): "slug", key("teams"): "crews"}
    pairs = match(schema("teams", "code"), schema("crews", "slug"), renames=renames)
    assert said(pairs.renames) == ["~ table teams renamed to crews", "~ rename crews.code -> slug"]
    assert pairs.differing == ()


def test_an_index_is_renamed_in_the_table_that_has_it_under_the_new_name() -> None:
    before = Schema([table("a", "x", indexes=(index("old", "x"),)), table("b", "x", indexes=(index("old", "x"),))])
    after = Schema([table("a", "x", indexes=(index("old", "x"),)), table("b", "x", indexes=(index("new", "x"),))])
    pairs = match(before, after, renames={Key.of_index(TableName("b"), "old"): "new"})
    assert [(type(each).__name__, each.touches) for each in pairs.renames] == [("RenameIndex", (TableName("b"),))]
    assert pairs.differing == ()


@pytest.mark.parametrize("given", [("a", "b"), ("b", "a")])
def test_names_that_move_on_come_in_an_order_that_runs(given: tuple[str, str]) -> None:
    new = {"a": "b", "b": "c"}
    before, after = Schema([table("a", "x"), table("b", "y")]), Schema([table("b", "x"), table("c", "y")])
    pairs = match(before, after, renames={key(old): new[old] for old in given})
    assert said(pairs.renames) == ["~ table b renamed to c", "~ table a renamed to b"]
    assert pairs.differing == ()


WRONG = {
    "taken": ({key("a"): "b"}, "the new name is taken: a to b"),
    "swapped": ({key("a"): "b", key("b"): "a"}, "the new name is taken: a to b, b to a"),
    "absent table": ({key("z"): "c"}, "there is no table z"),
    "absent column": ({key("a", "z"): "c"}, "there is no column a.z"),
    "absent index": ({Key.of_index(TableName("a"), "z"): "c"}, "there is no index z"),
    "new table absent after": ({key("a"): "zz"}, "the new schema has no table zz"),
    "new column absent after": ({key("a", "x"): "zz"}, "the new schema has no column a.zz"),
    "new index absent after": ({Key.of_index(TableName("a"), "ix"): "zz"}, "the new schema has no index zz"),
    "taken column": ({key("a", "x"): "y"}, "the new name is taken: a.x to y"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_rename_that_cannot_be_done_is_refused(what: str) -> None:
    renames, message = WRONG[what]
    schema = Schema([table("a", "x", "y", indexes=(index("ix", "x"),)), table("b")])
    with pytest.raises(ValueError, match="^" + message + "$"):
        match(schema, schema, renames=renames)


def test_names_that_are_one_to_the_database_are_a_rename() -> None:
    class Folding(Standard):
        def is_same_name(self, one: str, other: str) -> bool:
            return one.lower() == other.lower()

    before, after = Schema([table("t", "ID", "x")]), Schema([table("t", "id", "x")])
    assert said(match(before, after, traits=Folding()).renames) == ["~ rename t.ID -> id"]
    assert match(before, after).renames == ()


SAME = {
    "order of columns": (table("t", "a", "b"), table("t", "b", "a")),
    "implicit index": (table("t", "a", indexes=(index("i", "a", implicit=True),)), table("t", "a")),
    "order of unnamed constraints": (
        table("t", "a", constraints=(Check(sql="a > 0"), Check(sql="a < 9"))),
        table("t", "a", constraints=(Check(sql="a < 9"), Check(sql="a > 0"))),
    ),
}
DIFFERENT = {
    "column": (table("t", "a"), table("t", "b")),
    "constraint": (table("t", "a", constraints=(PrimaryKey(columns=("a",)),)), table("t", "a")),
    "index": (table("t", "a", indexes=(index("i", "a"),)), table("t", "a")),
}


@pytest.mark.parametrize("what", SAME)
def test_what_is_no_change_does_not_differ(what: str) -> None:
    assert not Pair(*SAME[what]).differs


@pytest.mark.parametrize("what", DIFFERENT)
def test_what_is_a_change_differs(what: str) -> None:
    assert Pair(*DIFFERENT[what]).differs
    assert Pair(*reversed(DIFFERENT[what])).differs
    assert Pair(None, DIFFERENT[what][0]).differs


def test_unnamed_constraints_take_the_name_that_is_there_or_the_databases() -> None:
    there = table("t", "a", "b", constraints=(Unique(columns=("a",), name="theirs"),))
    declared = table("t", "a", "b", constraints=(Unique(columns=("a",)), Unique(columns=("b",))))
    (pair,) = named(match(Schema([there]), Schema([declared])), STANDARD)
    assert isinstance(pair.after, Table)
    assert [each.name for each in pair.after.constraints] == ["t_b_key", "theirs"]
    assert pair.before == there
