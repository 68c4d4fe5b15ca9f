"""Each operation on a schema of two tables: what it makes of it, what takes it back, what it says, what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

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
    Incomplete,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from schemashift.schema import (
    Check,
    Column,
    Default,
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

INTEGER, TEXT = Type(sql="INTEGER"), Type(sql="TEXT")
T, U = TableName("t"), TableName("u")
AGE = Column(name="age", type=INTEGER, nullable=False, default=Default(sql="0"))
NAME = Column(name="name", type=TEXT)
ID = Column(name="id", type=INTEGER, nullable=False)
KEY = PrimaryKey(columns=("id",), name="pk_t")
UNIQUE = Unique(columns=("name",), name="uq")
POINTS = ForeignKey(columns=("t_id",), target=T, target_columns=("id",), name="fk")
ADULT = Check(sql="age > 17", columns=("age",))
INDEX = Index(name="ix", parts=(IndexPart(column="name"),))
TABLE = Table(
    name="t",
    columns=(ID, NAME, AGE),
    constraints=(KEY, UNIQUE, ADULT),
    indexes=(INDEX,),
    comment="before",
    options=(("mysql_engine", "InnoDB"),),
)
CHILD = Table(name="u", columns=(Column(name="t_id", type=INTEGER),), constraints=(POINTS,))
SCHEMA = Schema([TABLE, CHILD])
MAIL = Column(name="mail", type=TEXT)


def t(schema: Schema, name: str = "t") -> Table:
    found = schema.table(TableName(name))
    assert found is not None
    return found


class Case(NamedTuple):
    """An operation, something that is so after it and not before, and what it says."""

    operation: Operation
    done: Callable[[Schema], bool]
    says: str


CASES = [
    Case(CreateTable(table=replace(CHILD, name="v")), lambda s: s.table(TableName("v")) is not None,
         "+ table v  1 column, 1 foreign key"),
    Case(DropTable(name=U, table=CHILD), lambda s: s.table(U) is None, "- table u  1 column"),
    Case(RenameTable(old=T, new="people"), lambda s: t(s, "u").foreign_keys[0].target == TableName("people"),
         "~ table t  renamed to people"),
    Case(AlterTable(table=T, set=(("comment", "after"),), before=(("comment", "before"),)),
         lambda s: t(s).comment == "after", "~ table t  comment 'after'"),
    Case(AddColumn(table=T, column=MAIL), lambda s: t(s).columns[-1] == MAIL, "+ column t.mail  TEXT"),
    Case(DropColumn(table=U, name="t_id", column=CHILD.columns[0]), lambda s: t(s, "u").columns == (),
         "- column u.t_id  INTEGER"),
    Case(AlterColumn.between(T, AGE, replace(AGE, type=TEXT)), lambda s: t(s).columns[2].type == TEXT,
         "~ type t.age  INTEGER -> TEXT"),
    Case(RenameColumn(table=T, old="id", new="no"), lambda s: t(s, "u").foreign_keys[0].target_columns == ("no",),
         "~ rename t.id  -> no"),
    Case(AddConstraint(table=T, constraint=Unique(columns=("age",), name="uq2")),
         lambda s: t(s).constraint("uq2") is not None, "+ unique t.uq2  (age)"),
    Case(DropConstraint(table=U, name="fk", kind=ForeignKey, constraint=POINTS), lambda s: t(s, "u").constraints == (),
         "- foreign key u.fk  (t_id) -> t(id)"),
    Case(CreateIndex(table=T, index=replace(INDEX, name="ix2", unique=True)), lambda s: t(s).index("ix2") is not None,
         "+ index ix2  on t (name) UNIQUE"),
    Case(DropIndex(table=T, name="ix", index=INDEX), lambda s: t(s).indexes == (), "- index ix  on t (name)"),
    Case(RenameIndex(table=T, old="ix", new="ix2"), lambda s: t(s).indexes == (replace(INDEX, name="ix2"),),
         "~ index ix  renamed to ix2"),
]  # fmt: skip
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: type(case.operation).__name__)


@each_case
def test_what_it_makes_of_a_schema(case: Case) -> None:
    assert not case.done(SCHEMA)
    assert case.done(case.operation.apply(SCHEMA))


@each_case
def test_its_inverse_takes_it_back(case: Case) -> None:
    after = case.operation.apply(SCHEMA)
    back = case.operation.inverse().apply(after)
    assert back.table(T) == TABLE
    if not isinstance(case.operation, DropColumn):  # what stood on the column alone went with it
        assert back == SCHEMA
    assert case.operation.inverse().inverse() == case.operation


@each_case
def test_what_it_says(case: Case) -> None:
    assert str(case.operation.describe()) == case.says


@each_case
def test_with_both_ends_nothing_is_left_to_complete(case: Case) -> None:
    assert case.operation.complete(SCHEMA) == case.operation
    assert case.operation.complete(Schema()) == case.operation


HALVES = [
    (DropTable(name=T), DropTable(name=T, table=TABLE)),
    (DropColumn(table=T, name="age"), DropColumn(table=T, name="age", column=AGE)),
    (
        AlterColumn(table=T, name="age", set=(("nullable", True),)),
        AlterColumn(table=T, name="age", set=(("nullable", True),), before=AGE),
    ),
    (
        AlterTable(table=T, set=(("comment", None),)),
        AlterTable(table=T, set=(("comment", None),), before=(("comment", "before"),)),
    ),
    (
        AlterTable(table=T, set=(("options", (("mysql_charset", "latin1"),)),), partial=True),
        AlterTable(
            table=T,
            set=(("options", (("mysql_charset", "latin1"), ("mysql_engine", "InnoDB"))),),
            before=(("options", (("mysql_engine", "InnoDB"),)),),
        ),
    ),
    (
        DropConstraint(table=T, name="uq"),
        DropConstraint(table=T, name="uq", kind=Unique, constraint=UNIQUE),
    ),
    (DropIndex(table=None, name="ix"), DropIndex(table=T, name="ix", index=INDEX)),
]
each_half = pytest.mark.parametrize(("half", "whole"), HALVES, ids=lambda each: type(each).__name__)


@each_half
def test_the_other_end_comes_from_the_schema(half: Operation, whole: Operation) -> None:
    assert half.complete(SCHEMA) == whole
    assert half.apply(SCHEMA) == whole.apply(SCHEMA)


@each_half
def test_without_the_other_end_there_is_no_way_back(half: Operation, whole: Operation) -> None:
    with pytest.raises(Incomplete):
        half.inverse()
    with pytest.raises(Incomplete):
        half.complete(Schema())


LACKING = [
    CreateTable(table=TABLE),
    AddColumn(table=T, column=AGE),
    AddColumn(table=TableName("v"), column=AGE),
    DropColumn(table=T, name="mail"),
    AlterColumn(table=T, name="mail", set=(("nullable", True),)),
    RenameColumn(table=T, old="mail", new="post"),
    RenameColumn(table=T, old="name", new="age"),
    DropConstraint(table=T, name="ck"),
    DropIndex(table=T, name="ix2"),
    RenameIndex(table=T, old="ix2", new="ix3"),
    RenameTable(old=TableName("v"), new="w"),
    DropTable(name=TableName("v")),
    AlterTable(table=TableName("v"), set=(("comment", "x"),)),
]


@pytest.mark.parametrize("operation", LACKING, ids=lambda operation: str(operation.describe()))
def test_what_is_not_there_cannot_be_changed_and_what_is_not_made_again(operation: Operation) -> None:
    with pytest.raises(Incomplete):
        operation.apply(SCHEMA)


@pytest.mark.parametrize(
    "operation",
    [
        CreateTable(table=TABLE, if_not_exists=True),
        DropTable(name=TableName("v"), if_exists=True),
        AddColumn(table=T, column=AGE, if_not_exists=True),
        DropColumn(table=T, name="mail", if_exists=True),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_where_it_may_be_so_already_nothing_happens(operation: Operation) -> None:
    assert operation.apply(SCHEMA) == SCHEMA


def test_what_stands_on_a_column_alone_goes_with_it() -> None:
    after = t(DropColumn(table=T, name="name").apply(SCHEMA))
    assert after.constraint("uq") is None
    assert after.indexes == ()


def test_a_constraint_without_a_name_is_found_by_the_one_that_scripts_use() -> None:
    added = AddConstraint(table=U, constraint=Unique(columns=("t_id",)))
    dropped = added.inverse()
    assert dropped.name == "u_t_id_key"
    assert replace(dropped, constraint=None, kind=None).complete(added.apply(SCHEMA)) == dropped


# Order: what comes before what -------------------------------------------------------------------------------------


def key(table: TableName, column: str) -> Key:
    return Key.of_column(table, column)


@pytest.mark.parametrize(
    ("operation", "creates", "uses"),
    [
        (AddColumn(table=T, column=MAIL), {key(T, "mail")}, {Key.of_table(T)}),
        (RenameColumn(table=T, old="name", new="called"), {key(T, "called")}, {Key.of_table(T)}),
        (
            CreateIndex(table=T, index=INDEX),
            {Key.of_index(T, "ix")},
            {Key.of_table(T), key(T, "name")},
        ),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_it_creates_and_what_must_be_there(operation: Operation, creates: set[Key], uses: set[Key]) -> None:
    assert operation.creates == creates
    assert operation.uses == uses


def test_a_foreign_key_needs_its_target_to_be_unique() -> None:
    needed = AddConstraint(table=U, constraint=POINTS).uses
    made = AddConstraint(table=T, constraint=KEY).creates
    assert needed & made, "so the key comes after what it points to"
    assert DropConstraint(table=U, name="fk", constraint=POINTS).frees & made, "and goes before it"


def test_dropping_is_the_mirror_of_creating() -> None:
    for case in CASES:
        forth, back = case.operation, case.operation.inverse()
        if isinstance(forth, (CreateTable, AddColumn, AddConstraint, CreateIndex)):
            assert back.drops == forth.creates
            assert back.frees >= forth.uses - {Key.of_table(name) for name in forth.touches}


def test_a_table_with_a_generated_column_of_its_own_needs_nothing_from_outside() -> None:
    assert CreateTable(table=TABLE).uses == frozenset()
    assert {key.kind for key in CreateTable(table=CHILD).uses} >= {"table", "column", "unique"}


def test_an_alteration_says_which_fields_in_their_order() -> None:
    change = AlterColumn.between(T, AGE, replace(AGE, comment="c", default=None, nullable=True))
    assert [field for field, _ in change.set] == ["nullable", "default", "comment"]
    assert change.after == replace(AGE, comment="c", default=None, nullable=True)
    assert str(change.describe()) == "~ column t.age  NOT NULL -> NULL, DEFAULT 0 -> no default, no comment -> 'c'"


def test_autoincrement_is_described_in_the_words_of_no_database() -> None:
    change = AlterColumn.between(T, AGE, replace(AGE, autoincrement=True))
    assert str(change.describe()) == "~ autoincrement t.age  no autoincrement -> autoincrement"
