"""The effects of every operation: a class without a row in `EXPECTED` fails."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import pytest

from schemashift.effects.counts import DELETING
from schemashift.objects import KINDS
from schemashift.objects.domains import AlterDomain, CreateDomain, Domain, DropDomain
from schemashift.objects.enums import AlterEnum, CreateEnum, DropEnum, Enum, RenameEnum
from schemashift.objects.schemas import CreateSchema, DropSchema
from schemashift.objects.sequences import AlterSequence, CreateSequence, DropSequence, NumberSequence
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterConstraint,
    AlterTable,
    Backfill,
    BackfillNumbers,
    BulkInsert,
    CreateIndex,
    CreateTable,
    Description,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    InsertMissingRows,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from schemashift.operations.facts import (
    Conversion,
    CreatesTable,
    DeletesRows,
    DeletesValues,
    Fact,
    FillsValues,
    InsertsRows,
    MayFail,
    NeedsValue,
    RemovedLabels,
    Why,
)
from schemashift.schema import (
    SQL,
    Check,
    Column,
    Computed,
    Default,
    Exclude,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Type,
    Unique,
)

T, U = TableName("t"), TableName("u")
INTEGER, BIGINT, TEXT = Type(sql="INTEGER"), Type(sql="BIGINT"), Type(sql="TEXT")
REQUIRED = Column(name="a", type=INTEGER, nullable=False)
OPTIONAL = Column(name="a", type=INTEGER)
GENERATED = Column(name="a", type=INTEGER, computed=Computed(sql="b + 1", stored=True))
TABLE = Table(name="t", columns=(REQUIRED,))
UNIQUE, KEY = Unique(columns=("a",), name="q"), PrimaryKey(columns=("a",))
FOREIGN = ForeignKey(columns=("a",), target=U, target_columns=("id",))
CHECK = Check(sql="a > 0", columns=("a",))
EXCLUDE = Exclude(parts=(IndexPart(column="a"),), operators=("=",))
INDEX = Index(name="i", parts=(IndexPart(column="a"),))
UNIQUE_INDEX = Index(name="i", parts=(IndexPart(column="a"),), unique=True)
DOMAIN = Domain(name="d", type=INTEGER)
STRICTER = Domain(name="d", type=INTEGER, nullable=False, checks=(("c", SQL("VALUE > 0")),))
USERS = ((T, "a"), (U, "b"))
MOOD = TableName("mood")


def narrowed(nullable: bool | None = None) -> AlterColumn:
    changes: tuple[tuple[str, object], ...] = (("type", INTEGER),)
    changes += (("nullable", nullable),) if nullable is not None else ()
    return AlterColumn(table=T, name="a", set=changes, before=Column(name="a", type=BIGINT))


def altered(before: Column | None, **changes: object) -> AlterColumn:
    return AlterColumn(table=T, name="a", set=tuple(changes.items()), before=before)


def may_fail(what: str | Check | Exclude | ForeignKey | Index | PrimaryKey | Unique, why: Why) -> MayFail:
    return MayFail(table=T, what=what, why=why)


NARROWING = MayFail(table=T, what=Conversion("a", BIGINT, INTEGER), why=Why.CONVERSION)

EXPECTED: dict[type[Operation], list[tuple[Operation, list[Fact]]]] = {
    CreateTable: [(CreateTable(table=TABLE), [CreatesTable(table=T)])],
    DropTable: [(DropTable(name=T), [DeletesRows(table=T)])],
    RenameTable: [(RenameTable(old=T, new="u"), [])],
    AlterTable: [(AlterTable(table=T, set=(("comment", "x"),)), [])],
    AddColumn: [
        (AddColumn(table=T, column=REQUIRED), [NeedsValue(table=T, column="a")]),
        (AddColumn(table=T, column=OPTIONAL), []),
        (AddColumn(table=T, column=GENERATED), []),
        (AddColumn(table=T, column=Column(name="a", type=INTEGER, nullable=False, default=Default(sql="0"))), []),
        (AddColumn(table=T, column=Column(name="a", type=INTEGER, nullable=False, identity=Identity())), []),
        (AddColumn(table=T, column=Column(name="a", type=INTEGER, nullable=False, autoincrement=True)), []),
    ],
    DropColumn: [
        (DropColumn(table=T, name="a"), [DeletesValues(table=T, column="a")]),
        (DropColumn(table=T, name="a", column=REQUIRED), [DeletesValues(table=T, column="a")]),
        (DropColumn(table=T, name="a", column=GENERATED), []),
    ],
    AlterColumn: [
        (altered(OPTIONAL, nullable=False), [may_fail("a", Why.NULL)]),
        (altered(None, nullable=False), [may_fail("a", Why.NULL)]),
        (altered(REQUIRED, nullable=False), []),
        (altered(OPTIONAL, nullable=False, identity=Identity()), []),
        (altered(REQUIRED, nullable=True), []),
        (altered(OPTIONAL, default=Default(sql="0")), []),
        (altered(OPTIONAL, type=BIGINT), []),
        (altered(None, type=INTEGER), []),
        (narrowed(), [NARROWING]),
        (narrowed(nullable=False), [may_fail("a", Why.NULL), NARROWING]),
    ],
    RenameColumn: [(RenameColumn(table=T, old="a", new="b"), [])],
    AddConstraint: [
        (AddConstraint(table=T, constraint=KEY), [may_fail(KEY, Why.NULL), may_fail(KEY, Why.DUPLICATE)]),
        (AddConstraint(table=T, constraint=UNIQUE), [may_fail(UNIQUE, Why.DUPLICATE)]),
        (AddConstraint(table=T, constraint=FOREIGN), [may_fail(FOREIGN, Why.ORPHAN)]),
        (AddConstraint(table=T, constraint=CHECK), [may_fail(CHECK, Why.CHECK)]),
        (AddConstraint(table=T, constraint=EXCLUDE), [may_fail(EXCLUDE, Why.CONFLICT)]),
    ],
    AlterConstraint: [(AlterConstraint(table=T, name="q", set=(("comment", "x"),), before=UNIQUE), [])],
    DropConstraint: [(DropConstraint(table=T, name="q", constraint=UNIQUE), [])],
    CreateIndex: [
        (CreateIndex(table=T, index=INDEX), []),
        (CreateIndex(table=T, index=UNIQUE_INDEX), [may_fail(UNIQUE_INDEX, Why.DUPLICATE)]),
    ],
    DropIndex: [(DropIndex(table=T, name="i"), [])],
    RenameIndex: [(RenameIndex(table=T, old="i", new="j"), [])],
    Execute: [(Execute(statement="DELETE FROM t"), [])],
    Backfill: [(Backfill(table=T, column="a", value=Default(sql="0")), [FillsValues(table=T, column="a")])],
    BackfillNumbers: [(BackfillNumbers(table=T, column="a"), [FillsValues(table=T, column="a")])],
    InsertMissingRows: [(InsertMissingRows(table=T, children=U, keys=(("id", "t_id"),)), [InsertsRows(table=T)])],
    BulkInsert: [(BulkInsert(table=T, target=None, rows=({"a": 1},)), [InsertsRows(table=T)])],
    CreateSchema: [(CreateSchema(name="s"), [])],
    DropSchema: [(DropSchema(name="s"), [])],
    CreateEnum: [(CreateEnum(enum=Enum(name="mood", labels=("a",))), [])],
    DropEnum: [(DropEnum(name=MOOD), [])],
    RenameEnum: [(RenameEnum(old=MOOD, new="m"), [])],
    AlterEnum: [
        (AlterEnum(name=MOOD, labels=("a", "b"), before=("a",), users=USERS), []),
        (AlterEnum(name=MOOD, labels=("x",), before=("a",), renames=(("a", "x"),), users=USERS), []),
        (
            AlterEnum(name=MOOD, labels=("a",), before=("a", "b"), users=USERS),
            [
                MayFail(table=T, what=RemovedLabels("a", ("b",)), why=Why.LABEL),
                MayFail(table=U, what=RemovedLabels("b", ("b",)), why=Why.LABEL),
            ],
        ),
        (
            AlterEnum(name=MOOD, labels=("a",), before=("a", "b")),
            [MayFail(table=None, what=RemovedLabels("", ("b",)), why=Why.LABEL)],
        ),
    ],
    CreateDomain: [(CreateDomain(domain=DOMAIN), [])],
    DropDomain: [(DropDomain(name=TableName("d")), [])],
    AlterDomain: [
        (AlterDomain(before=DOMAIN, after=STRICTER), []),
        (AlterDomain(before=STRICTER, after=DOMAIN, users=USERS), []),
        (
            AlterDomain(before=DOMAIN, after=STRICTER, users=USERS[:1]),
            [
                may_fail(Check(sql="VALUE IS NOT NULL"), Why.NULL),
                may_fail(Check(sql="VALUE > 0", name="c"), Why.CHECK),
            ],
        ),
        (
            AlterDomain(before=Domain(name="d", type=TEXT), after=DOMAIN, users=USERS[:1]),
            [MayFail(table=T, what=Conversion("a", TEXT, INTEGER), why=Why.CONVERSION)],
        ),
    ],
    CreateSequence: [(CreateSequence(sequence=NumberSequence(name="n")), [])],
    DropSequence: [(DropSequence(name=TableName("n")), [])],
    AlterSequence: [(AlterSequence(after=NumberSequence(name="n", cache=9)), [])],
}


def operation_classes() -> set[type[Operation]]:
    """Every operation of the package. What a dialect derives from one of them has its effects."""
    assert KINDS, "their files define operations"
    found: set[type[Operation]] = set()
    classes: list[type[Operation]] = [Operation]
    while classes:
        for each in classes.pop().__subclasses__():
            classes.append(each)
            if not inspect.isabstract(each) and each.__module__.startswith(
                ("schemashift.operations", "schemashift.obj")
            ):
                found.add(each)
    return found


def test_every_operation_has_its_effects_here() -> None:
    # A dataclass with slots is made twice: the first one is not the one that the module has.
    names = {f"{each.__module__}.{each.__qualname__}" for each in operation_classes()}
    assert names == {f"{each.__module__}.{each.__qualname__}" for each in EXPECTED}


def test_a_script_that_deletes_is_known_by_the_directives_it_names() -> None:
    deleting = {
        kind.verb
        for kind, rows in EXPECTED.items()
        for _, facts in rows
        if any(isinstance(fact, DeletesRows | DeletesValues) for fact in facts)
    }
    assert deleting == DELETING


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param(*row, id=f"{kind.__name__}-{place}")
        for kind, rows in EXPECTED.items()
        for place, row in enumerate(rows)
    ],
)
def test_the_effects_of_an_operation(operation: Operation, expected: list[Fact]) -> None:
    assert list(operation.effects()) == expected


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_the_rows_are_of_their_class(kind: type[Operation]) -> None:
    assert {type(operation) for operation, _ in EXPECTED[kind]} == {kind}


def test_an_operation_has_no_effects_until_it_says_so() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Nothing(Operation):
        def inverse(self) -> Operation:
            return self

        def apply(self, schema: Schema) -> Schema:
            return schema

        def describe(self) -> Description:
            return Description("~", "nothing", "at all")

    assert Nothing().effects() == ()
    assert Nothing().summary() == "change nothing at all"
