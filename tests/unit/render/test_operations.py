"""Each operation as it stands in a script: the text, one call of ``op`` or a few."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift.objects.domains import AlterDomain, CreateDomain, DropDomain, lift_domain
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
    CreateIndex,
    CreateTable,
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
from schemashift.render import body
from schemashift.schema import Check, Column, Constraint, Default, ForeignKey, Index, Table, TableName
from schemashift.sqla.lift import lift_table
from tests.support.operations import operations

DIALECT = postgresql.psycopg.dialect()
T, S = TableName("t"), TableName("t", "other")
SOURCE = sa.Table(
    "t",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("age", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("name", sa.String(50), comment="it's a name"),
    sa.Column("u_id", sa.Integer),
    sa.UniqueConstraint("name", name="uq"),
    sa.CheckConstraint("age > 0", name="ck"),
    sa.ForeignKeyConstraint(["u_id"], ["u.id"], name="fk", ondelete="CASCADE"),
    postgresql.ExcludeConstraint(("age", "="), name="ex"),
    sa.Index("ix", "name", postgresql_where=sa.text("age > 0")),
)
TABLE = lift_table(SOURCE, DIALECT)


def column(name: str) -> Column:
    found = TABLE.column(name)
    assert found is not None
    return found


def constraint(name: str) -> Constraint:
    found = TABLE.constraint(name)
    assert found is not None
    return found


def index() -> Index:
    (found,) = TABLE.indexes
    return found


def small() -> Table:
    source = sa.Table("v", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), schema="other", comment="c")
    sa.Index("ix_v", source.c.id)
    return lift_table(source, DIALECT)


def domain(**kw: Any) -> Any:
    return lift_domain(postgresql.DOMAIN("d", sa.Integer(), **kw), DIALECT)


LONGER = lift_table(sa.Table("t", sa.MetaData(), sa.Column("name", sa.String(90))), DIALECT).columns[0]

WRITTEN: list[tuple[Operation, str]] = [
    (
        CreateTable(table=small()),
        """
        op.create_table(
            "v",
            sa.Column("id", sa.Integer(), primary_key=True),
            schema="other",
            comment="c",
        )
        op.create_index("ix_v", "v", ["id"], schema="other")
        """,
    ),
    (DropTable(name=S), 'op.drop_table("t", schema="other")'),
    (RenameTable(old=T, new="u"), 'op.rename_table("t", "u")'),
    (
        AlterTable(table=T, set=(("comment", "new"),), before=(("comment", "old"),)),
        'op.create_table_comment("t", "new", existing_comment="old")',
    ),
    (AlterTable(table=T, set=(("comment", None),)), 'op.drop_table_comment("t")'),
    (
        AlterTable(table=T, set=(("options", (("postgresql_with", (("fillfactor", "70"),)),)),), before=()),
        'op.alter_table("t", postgresql_with={"fillfactor": 70})',
    ),
    (
        AddColumn(table=T, column=column("age")),
        'op.add_column("t", sa.Column("age", sa.Integer(), nullable=False, server_default=sa.text("0")))',
    ),
    (DropColumn(table=S, name="age"), 'op.drop_column("t", "age", schema="other")'),
    (
        AlterColumn(table=T, name="name", set=(("type", LONGER.type), ("nullable", False)), before=column("name")),
        'op.alter_column("t", "name", existing_type=sa.String(50), type_=sa.String(90), nullable=False)',
    ),
    (AlterColumn(table=T, name="age", set=(("default", None),)), 'op.alter_column("t", "age", server_default=None)'),
    (RenameColumn(table=T, old="a", new="b"), 'op.alter_column("t", "a", new_column_name="b")'),
    (
        AddConstraint(table=T, constraint=constraint("uq")),
        'op.create_unique_constraint("uq", "t", ["name"])',
    ),
    (
        AddConstraint(table=T, constraint=constraint("ck")),
        'op.create_check_constraint(op.f("ck"), "t", "age > 0")',
    ),
    (
        AddConstraint(table=T, constraint=constraint("fk")),
        'op.create_foreign_key("fk", "t", "u", ["u_id"], ["id"], ondelete="CASCADE")',
    ),
    (
        AddConstraint(table=T, constraint=constraint("ex")),
        'op.create_exclude_constraint("ex", "t", ("age", "="))',
    ),
    (
        AddConstraint(table=T, constraint=TABLE.constraints[0]),
        'op.create_primary_key("t_pkey", "t", ["id"])',
    ),
    (
        AlterConstraint(table=T, name="ck", kind=Check, set=(("options", (("postgresql_not_valid", None),)),)),
        'op.alter_constraint(op.f("ck"), "t", type_="check", postgresql_not_valid=False)',
    ),
    (
        AlterConstraint(table=S, name="uq", set=(("comment", None),)),
        'op.alter_constraint("uq", "t", comment=None, schema="other")',
    ),
    (
        DropConstraint(table=T, name="fk", kind=ForeignKey),
        'op.drop_constraint("fk", "t", type_="foreignkey")',
    ),
    (
        CreateIndex(table=T, index=index()),
        'op.create_index("ix", "t", ["name"], postgresql_where=sa.text("age > 0"))',
    ),
    (DropIndex(table=T, name="ix"), 'op.drop_index("ix", table_name="t")'),
    (RenameIndex(table=S, old="a", new="b"), 'op.rename_index("t", "a", "b", schema="other")'),
    (BackfillNumbers(table=T, column="age"), 'op.backfill_numbers("t", "age")'),
    (
        Backfill(table=T, column="name", value=Default(sql="'x'", payload="x")),
        'op.backfill("t", "name", "x")',
    ),
    (
        InsertMissingRows(table=T, values=(("age", None),), children=TableName("u"), keys=(("id", "t_id"),)),
        'op.insert_missing_rows("t", {"age": None}, children="u", keys={"id": "t_id"})',
    ),
    (Execute(statement="DELETE FROM t"), 'op.execute("DELETE FROM t")'),
    (CreateEnum(enum=Enum(name="e", labels=("a", "b"))), 'op.create_enum("e", ["a", "b"])'),
    (DropEnum(name=S), 'op.drop_enum("t", schema="other")'),
    (
        AlterEnum(name=T, labels=("a", "c"), before=("a", "b"), renames=(("b", "c"),)),
        'op.alter_enum("t", ["a", "c"], existing=["a", "b"], renames={"b": "c"})',
    ),
    (RenameEnum(old=T, new="u"), 'op.rename_enum("t", "u")'),
    (CreateDomain(domain=domain(not_null=True)), 'op.create_domain("d", sa.Integer(), nullable=False)'),
    (
        AlterDomain(before=domain(), after=domain(not_null=True)),
        'op.alter_domain("d", nullable=False, existing_nullable=True)',
    ),
    (DropDomain(name=T), 'op.drop_domain("t")'),
    (CreateSequence(sequence=NumberSequence(name="s", start=5)), 'op.create_sequence("s", start=5)'),
    (
        AlterSequence(before=NumberSequence(name="s", cache=9), after=NumberSequence(name="s")),
        'op.alter_sequence("s", cache=1)',
    ),
    (DropSequence(name=T), 'op.drop_sequence("t")'),
    (CreateSchema(name="other"), 'op.create_schema("other")'),
    (DropSchema(name="other"), 'op.drop_schema("other")'),
]


@pytest.mark.parametrize(("operation", "expected"), WRITTEN, ids=lambda each: type(each).__name__)
def test_an_operation_is_written(operation: Operation, expected: str) -> None:
    found = body([operation], [], DIALECT, width=100).upgrade
    indented = "\n".join(line.strip() for line in expected.strip().splitlines())
    assert "\n".join(line.strip() for line in found.strip().splitlines()) == indented


def test_every_operation_is_here() -> None:
    missing = {each.__name__ for each in operations()} - {type(operation).__name__ for operation, _ in WRITTEN}
    assert missing == {"BulkInsert"}, "which no comparison makes"


def test_a_note_is_a_comment_above() -> None:
    noted = DropTable(name=T, note="The rows go with it.")
    assert body([noted], [], DIALECT).upgrade == '    # The rows go with it.\n    op.drop_table("t")\n'


def test_nothing_is_pass_and_needs_no_import() -> None:
    assert body([], [], DIALECT) == ((), "    pass\n", "    pass\n")


def test_imports_are_those_that_the_calls_need() -> None:
    assert body([DropTable(name=T)], [], DIALECT).imports == ("from schemashift import op",)
    added = body([AddColumn(table=T, column=column("age"))], [], DIALECT)
    assert added.imports == ("import sqlalchemy as sa", "from schemashift import op")
