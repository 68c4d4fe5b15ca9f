"""Directives for named types (enums and domains), and column types and expressions given as SQL text.

On a database that has no named types they do nothing, so that the same script runs on every database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from schemashift.objects import KINDS
from schemashift.objects.domains import (
    DomainArguments,
    DomainChecks,
    DropDomain,
    alter_operation,
    create_operation,
)
from schemashift.objects.enums import AlterEnum, CreateEnum, DropEnum, Enum, RenameEnum
from schemashift.op.aliases import ColumnType, ServerDefault
from schemashift.op.objects import submit
from schemashift.op.running import Running, current, full_name, origin
from schemashift.operations import Operation
from schemashift.sqla.lift_types import named_types, type_key
from schemashift.sqla.types import SQLText, SQLType


def sql_type(sql: str) -> SQLType:
    """Return a column type given as SQL text, for types that SQLAlchemy has no class for: ``op.sql_type("ltree")``."""
    return SQLType(sql)


def sql_text(sql: str, **databases: str) -> SQLText:
    """Return an expression given as SQL text, which is another one on some *databases*.

    ::

        key = op.sql_text("gen_random_uuid()", mysql="uuid()")
        op.add_column("users", sa.Column("key", sa.Uuid(), server_default=key))

    For a server default, a CHECK and a computed column. The names are those of SQLAlchemy's dialects; a text for MySQL
    is also that for MariaDB. Where all databases have the same expression, ``sa.text(...)`` is enough.
    """
    return SQLText(sql, databases)


# Enums -------------------------------------------------------------------------------------------------------------


def create_enum(name: str, labels: Sequence[str], *, schema: str | None = None, if_not_exists: bool = False) -> None:
    """Create an enum type (PostgreSQL); does nothing on other databases, whose enums belong to a column.

    ::

        op.create_enum("status", ["new", "paid"])

    `create_table`, `add_column` and `alter_column` create the enums of their columns themselves. With *if_not_exists*,
    an existing type is left as it is.
    """
    full = full_name(current(), name, schema)
    enum = Enum(name=full.name, schema=full.schema, labels=tuple(labels))
    submit(CreateEnum(enum=enum, if_not_exists=if_not_exists))


def drop_enum(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop an enum type (PostgreSQL); does nothing on other databases.

    The database's own error is raised if a column still uses it. With *if_exists*, a missing type is no error.
    """
    submit(DropEnum(name=full_name(current(), name, schema), if_exists=if_exists))


def alter_enum(
    name: str,
    labels: Sequence[str],
    *,
    existing: Sequence[str],
    renames: Mapping[str, str] | None = None,
    schema: str | None = None,
) -> None:
    """Change the labels of an enum type (PostgreSQL); does nothing on other databases.

    ::

        op.alter_enum("status", ["new", "paid", "sent"], existing=["new", "paid"])
        op.alter_enum("status", ["open", "paid"], existing=["new", "paid"], renames={"new": "open"})

    *labels* are all labels that it has afterwards, in order, and *existing* all that it has before. *renames* is a
    mapping from old to new labels. Labels are renamed and added in place. If labels are removed or reordered, the type
    is created again and its columns are converted to it.

    The database's own error is raised if a row still has a label that is removed; no data is lost.
    """
    submit(
        AlterEnum(
            name=full_name(current(), name, schema),
            labels=tuple(labels),
            before=tuple(existing),
            renames=tuple((renames or {}).items()),
        )
    )


def rename_enum(old_name: str, new_name: str, *, schema: str | None = None) -> None:
    """Rename an enum type (PostgreSQL); its columns keep it. Does nothing on other databases."""
    submit(RenameEnum(old=full_name(current(), old_name, schema), new=str(new_name)))


def missing_types(migration: Running, types: Iterable[Any]) -> list[Operation]:
    """Return operations that create the enums and domains needed by columns of *types*, unless they exist.

    SQLAlchemy creates a named type with the first table that uses it, and scripts rely on that.
    """
    operations: list[Operation] = []
    needed = (named for type_ in types for named in named_types(type_, migration.dialect))
    for named in needed:
        if not getattr(named, "create_type", True) or type_key(named, migration.dialect) in migration.created_types:
            continue
        create = next(filter(None, (kind.needed_by_type(named, migration.dialect) for kind in KINDS)), None)
        if create is not None:
            migration.created_types.update(create.creates)
            operations.append(replace(create, origin=origin()))
    return operations


# Domains -----------------------------------------------------------------------------------------------------------


def create_domain(
    name: str,
    type_: ColumnType,
    *,
    server_default: ServerDefault | None = None,
    nullable: bool = True,
    checks: DomainChecks | None = None,
    schema: str | None = None,
    if_not_exists: bool = False,
) -> None:
    """Create a domain (PostgreSQL); does nothing on other databases.

    ::

        op.create_domain("email", sa.String(200), nullable=False, checks={"email_has_at": "VALUE LIKE '%@%'"})

    *checks* is a mapping from names of CHECK constraints to conditions on VALUE, given as SQL text or as SQLAlchemy
    expressions. With *if_not_exists*, an existing domain is left as it is.
    """
    migration = current()
    arguments = DomainArguments(type=type_, default=server_default, nullable=nullable, checks=checks)
    full = full_name(migration, name, schema)
    submit(create_operation(full, arguments, migration.dialect, if_not_exists=if_not_exists))


def alter_domain(
    name: str,
    *,
    type_: ColumnType | None = None,
    server_default: ServerDefault | Literal[False] | None = False,
    nullable: bool | None = None,
    checks: DomainChecks | None = None,
    existing_type: ColumnType | None = None,
    existing_server_default: ServerDefault | Literal[False] | None = False,
    existing_nullable: bool | None = None,
    existing_checks: DomainChecks | None = None,
    schema: str | None = None,
) -> None:
    """Change a domain (PostgreSQL); does nothing on other databases. Only what is given changes.

    ::

        op.alter_domain("age", checks={"age_positive": "VALUE >= 0"}, existing_checks={})

    For *server_default*, None removes the default, and False, the default, leaves it as it is. *checks* are all CHECK
    constraints that the domain has afterwards, and *existing_checks* all that it has before; the difference is added
    and dropped.

    To change the type, the domain is created again and its columns are converted to it: with *type_*, give everything
    that the domain has. Raises ValueError if *checks* is given without *existing_checks*.
    """
    migration = current()
    arguments = DomainArguments(type=type_, default=server_default, nullable=nullable, checks=checks)
    existing = DomainArguments(
        type=existing_type, default=existing_server_default, nullable=existing_nullable, checks=existing_checks
    )
    submit(alter_operation(full_name(migration, name, schema), arguments, existing, migration.dialect))


def drop_domain(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop a domain (PostgreSQL); does nothing on other databases.

    The database's own error is raised if a column still uses it. With *if_exists*, a missing domain is no error.
    """
    submit(DropDomain(name=full_name(current(), name, schema), if_exists=if_exists))
