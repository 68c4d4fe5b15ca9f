"""Enums: what is compiled where, and what their changes are, told without a server."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from schemashift.dialects import dialect_for
from schemashift.dialects.live import LiveSchema
from schemashift.objects.enums import KIND, AlterEnum, CreateEnum, DropEnum, Enum, RenameEnum, renamed_labels
from schemashift.operations import Incomplete, Operation
from schemashift.schema import Check, Column, Default, Key, Schema, Table, TableName, Type

MOOD = Enum(name="mood", labels=("a", "b"))
COLUMN = Column(name="m", type=Type(sql="mood", needs=(MOOD.key,)), default=Default(sql="'a'"))
USED = Table(name="t", columns=(COLUMN,), constraints=(Check(sql="m <> 'b'", columns=("m",), name="x"),))


def sent(operation: Operation, engine: str = "postgresql+psycopg", live: LiveSchema | None = None) -> list[str]:
    dialect = dialect_for(sa.create_engine(f"{engine}://").dialect)
    return [str(statement.sql) for statement in dialect.compile([operation], live or LiveSchema())]


def altered(before: tuple[str, ...], after: tuple[str, ...]) -> AlterEnum:
    old, new = (Enum(name="mood", labels=labels) for labels in (before, after))
    (found,) = KIND.alter(old, new, Schema([USED]), Schema([USED]))
    assert isinstance(found, AlterEnum)
    return found


@pytest.mark.parametrize("engine", ["sqlite", "mysql+pymysql"])
@pytest.mark.parametrize(
    "operation",
    [
        CreateEnum(enum=MOOD),
        DropEnum(name=MOOD.full_name),
        RenameEnum(old=MOOD.full_name, new="temper"),
        AlterEnum(name=MOOD.full_name, labels=("a",), before=("a", "b")),
    ],
    ids=lambda each: type(each).__name__,
)
def test_elsewhere_nothing_is_done(operation: Operation, engine: str) -> None:
    assert sent(operation, engine) == []


def test_what_postgresql_is_sent() -> None:
    assert sent(CreateEnum(enum=MOOD)) == ["CREATE TYPE mood AS ENUM ('a', 'b')"]
    assert sent(DropEnum(name=MOOD.full_name, if_exists=True)) == ["DROP TYPE IF EXISTS mood"]
    assert sent(RenameEnum(old=MOOD.full_name, new="temper")) == ["ALTER TYPE mood RENAME TO temper"]


def test_new_labels_are_added_in_place_outside_of_a_transaction() -> None:
    operation = altered(("b",), ("a", "b", "c"))
    assert not operation.rebuilds
    assert operation.retypes == frozenset()
    dialect = dialect_for(sa.create_engine("postgresql+psycopg://").dialect)
    statements = list(dialect.compile([operation], LiveSchema()))
    assert [(str(each.sql), each.transactional) for each in statements] == [
        ("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'a' BEFORE 'b'", False),
        ("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'c' AFTER 'b'", False),
    ]


def test_without_a_label_the_type_is_made_anew_and_what_depends_on_its_columns_is_put_back() -> None:
    operation = altered(("a", "b"), ("a",))
    assert operation.retypes == {Key.of_column(TableName("t"), "m")}
    assert sent(operation, live=LiveSchema(Schema([MOOD, USED]))) == [
        "ALTER TABLE t DROP CONSTRAINT x",
        "ALTER TYPE mood RENAME TO mood__old",
        "CREATE TYPE mood AS ENUM ('a')",
        "ALTER TABLE t ALTER COLUMN m DROP DEFAULT",
        "ALTER TABLE t ALTER COLUMN m TYPE mood USING m::text::mood",
        "ALTER TABLE t ALTER COLUMN m SET DEFAULT 'a'",
        "DROP TYPE mood__old",
        "ALTER TABLE t ADD CONSTRAINT x CHECK (m <> 'b')",
    ]


@pytest.mark.parametrize(
    ("before", "after", "renames"),
    [
        (("a", "b"), ("a", "c"), (("b", "c"),)),
        (("a", "b"), ("b", "a"), ()),
        (("a", "b"), ("a",), ()),
        (("a", "b"), ("c", "a"), ()),
    ],
)
def test_a_label_in_an_old_ones_place_is_a_new_name(
    before: tuple[str, ...], after: tuple[str, ...], renames: tuple[tuple[str, str], ...]
) -> None:
    assert renamed_labels(before, after) == renames


def test_it_is_managed_where_a_column_uses_it() -> None:
    assert KIND.is_managed(MOOD, Schema([USED]))
    assert not KIND.is_managed(MOOD, Schema())


def test_a_drop_takes_what_was_there_from_the_schema() -> None:
    drop = DropEnum(name=MOOD.full_name)
    with pytest.raises(Incomplete, match="is not known"):
        drop.inverse()
    assert drop.complete(Schema([MOOD])).inverse() == CreateEnum(enum=MOOD)
    with pytest.raises(Incomplete, match='there is no enum "mood"'):
        drop.complete(Schema())


def test_an_alteration_takes_its_labels_from_the_schema() -> None:
    said = AlterEnum(name=MOOD.full_name, labels=("a", "b", "c"))
    with pytest.raises(Incomplete, match="existing="):
        sent(said)
    assert said.complete(Schema([MOOD])).before == ("a", "b")


def test_it_is_made_in_the_scratch_place_under_its_name() -> None:
    assert [sent(each) for each in KIND.create(KIND.in_scratch(MOOD, "pg_temp"))] == [
        ["CREATE TYPE pg_temp.mood AS ENUM ('a', 'b')"]
    ]
