"""Domains: their changes, their normal form, and what a script says of them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift.dialects import dialect_for
from schemashift.dialects.live import LiveSchema
from schemashift.errors import NotSupported
from schemashift.objects.domains import (
    KIND,
    AlterDomain,
    CreateDomain,
    Domain,
    DomainArguments,
    DropDomain,
    alter_operation,
    create_operation,
    lift_domain,
)
from schemashift.operations import Operation
from schemashift.schema import SQL, Column, Default, Key, Schema, Table, TableName, Type

INTEGER, BIGINT = Type(sql="INTEGER", payload=sa.Integer()), Type(sql="BIGINT", payload=sa.BigInteger())
ID = Domain(name="id", type=INTEGER)
USED = Table(name="t", columns=(Column(name="a", type=Type(sql="id", needs=(ID.key,))),))
POSTGRESQL = dialect_for(postgresql.dialect())
NAME = TableName("id")


def sent(operation: Operation, live: LiveSchema | None = None) -> list[str]:
    return [str(statement.sql) for statement in POSTGRESQL.compile([operation], live or LiveSchema())]


def domain(type_: Type = INTEGER, *, default: str | None = None, nullable: bool = True, **checks: str) -> Domain:
    return Domain(
        name="id",
        type=type_,
        default=Default(sql=default) if default is not None else None,
        nullable=nullable,
        checks=tuple((name, SQL(text)) for name, text in checks.items()),
    )


def test_elsewhere_nothing_is_done() -> None:
    sqlite = dialect_for(sa.create_engine("sqlite://").dialect)
    operations = [CreateDomain(domain=ID), DropDomain(name=NAME), AlterDomain(before=ID, after=domain(BIGINT))]
    assert list(sqlite.compile(operations, LiveSchema())) == []


def test_what_changes_in_place() -> None:
    before, after = domain(default="1", low="VALUE > 0", same="VALUE < 9"), domain(nullable=False, same="VALUE < 9")
    assert sent(AlterDomain(before=before, after=after)) == [
        "ALTER DOMAIN id DROP CONSTRAINT low",
        "ALTER DOMAIN id DROP DEFAULT",
        "ALTER DOMAIN id SET NOT NULL",
    ]
    assert sent(AlterDomain(before=after, after=before)) == [
        "ALTER DOMAIN id SET DEFAULT 1",
        "ALTER DOMAIN id DROP NOT NULL",
        "ALTER DOMAIN id ADD CONSTRAINT low CHECK (VALUE > 0)",
    ]


def test_another_type_moves_its_columns() -> None:
    (operation,) = KIND.alter(ID, domain(BIGINT), Schema([ID, USED]), Schema([ID, USED]))
    assert operation.retypes == {Key.of_column(TableName("t"), "a")}
    assert operation.alters == operation.retypes | {ID.key}
    assert sent(operation, LiveSchema(Schema([ID, USED]))) == [
        "ALTER DOMAIN id RENAME TO id__old".replace("DOMAIN", "TYPE"),
        "CREATE DOMAIN id AS BIGINT",
        "ALTER TABLE t ALTER COLUMN a TYPE id",
        "DROP TYPE id__old",
    ]


def test_not_while_another_is_made_of_it() -> None:
    above = Domain(name="even", type=Type(sql="id", needs=(ID.key,)))
    with pytest.raises(NotSupported, match='domain "even" is based on it'):
        list(KIND.alter(ID, domain(BIGINT), Schema([ID, above]), Schema([ID, above])))


def test_the_normal_form_is_the_databases_spelling() -> None:
    found = KIND.normal(domain(Type(sql="INT"), default="('1'::text)", low="(VALUE > 0)"), POSTGRESQL)
    assert (found.type.sql, found.default, found.checks) == (
        "INTEGER",
        Default(sql="'1'"),
        (("low", SQL("VALUE > 0")),),
    )
    assert found.type.payload is not None, "a type that nobody wrote can be rendered"
    assert KIND.normal(found, POSTGRESQL) == found


def test_the_text_is_the_servers_and_the_words_their_authors() -> None:
    written = sa.text("VALUE IN (1, 2)")
    declared = Domain(name="id", schema="x", type=INTEGER, checks=(("c", SQL("VALUE IN (1, 2)", payload=written)),))
    made = Domain(name="id", schema=None, type=Type(sql="INTEGER"), checks=(("c", SQL("VALUE = ANY (...)")),))
    found = KIND.with_server_text(made, declared)
    assert (found.schema, found.checks) == ("x", (("c", SQL("VALUE = ANY (...)")),))
    assert found.checks[0][1].payload is written
    assert found.type.payload is INTEGER.payload


def test_a_type_of_a_column_needs_it() -> None:
    found = KIND.needed_by_type(postgresql.DOMAIN("id", sa.Integer), POSTGRESQL.sa)
    assert found == CreateDomain(
        domain=lift_domain(postgresql.DOMAIN("id", sa.Integer), POSTGRESQL.sa), if_not_exists=True
    )
    assert KIND.needed_by_type(sa.Enum("a", name="id"), POSTGRESQL.sa) is None


def test_a_script_that_says_little_changes_little() -> None:
    found = alter_operation(NAME, DomainArguments(nullable=False), DomainArguments(), POSTGRESQL.sa)
    assert found is not None
    assert found.changes == ("nullable",)
    found = alter_operation(NAME, DomainArguments(default="2"), DomainArguments(default="1"), POSTGRESQL.sa)
    assert found is not None
    assert (found.changes, found.before.default, found.after.default) == (
        ("default",),
        Default(sql="'1'"),
        Default(sql="'2'"),
    )
    found = alter_operation(NAME, DomainArguments(default=None), DomainArguments(default=""), POSTGRESQL.sa)
    assert found is not None
    assert (found.before.default, found.after.default) == (Default(sql="''"), None)


def test_checks_need_those_that_are_there() -> None:
    with pytest.raises(ValueError, match="existing_checks="):
        alter_operation(NAME, DomainArguments(checks={"a": "VALUE > 0"}), DomainArguments(), POSTGRESQL.sa)


def test_a_script_says_nothing_of_it_where_there_are_none() -> None:
    sqlite = sa.create_engine("sqlite://").dialect
    words = DomainArguments(type=postgresql.INET)
    assert create_operation(NAME, words, sqlite, if_not_exists=False) is None
    assert alter_operation(NAME, words, DomainArguments(), sqlite) is None
