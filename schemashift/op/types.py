"""Directives for types that have a name of their own, and for types that are nothing but text.

On a database that has no such objects they do nothing, so that a script runs everywhere.
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
from schemashift.sqla.lift import named_types, type_key
from schemashift.sqla.types import SQLType


def sql_type(sql: str) -> SQLType:
    """A column type given as SQL text, for what SQLAlchemy has no name for: ``op.sql_type("ltree")``."""
    return SQLType(sql)


# Enums -------------------------------------------------------------------------------------------------------------


def create_enum(name: str, labels: Sequence[str], *, schema: str | None = None, if_not_exists: bool = False) -> None:
    """Create an enum type (PostgreSQL)."""
    full = full_name(current(), name, schema)
    enum = Enum(name=full.name, schema=full.schema, labels=tuple(labels))
    submit(CreateEnum(enum=enum, if_not_exists=if_not_exists))


def drop_enum(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop an enum type (PostgreSQL)."""
    submit(DropEnum(name=full_name(current(), name, schema), if_exists=if_exists))


def alter_enum(
    name: str,
    labels: Sequence[str],
    *,
    existing: Sequence[str],
    renames: Mapping[str, str] | None = None,
    schema: str | None = None,
) -> None:
    """Give an enum type other labels (PostgreSQL).

    *existing* are the labels it has, *renames* says which of them go on under another name. New labels are added in
    place. Where labels go or change places the type is made anew and its columns are moved over; rows that have a
    label that goes are an error, and nothing is lost.
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
    """Give an enum type another name (PostgreSQL). Its columns follow."""
    submit(RenameEnum(old=full_name(current(), old_name, schema), new=str(new_name)))


def missing_types(migration: Running, types: Iterable[Any]) -> list[Operation]:
    """The enums and domains that columns of *types* need, made where they are not there.

    SQLAlchemy makes a named type with the first table that uses it, and scripts rely on it.
    """
    found: list[Operation] = []
    for each in (named for type_ in types for named in named_types(type_, migration.dialect)):
        if not getattr(each, "create_type", True) or type_key(each, migration.dialect) in migration.created_types:
            continue
        made = next(filter(None, (kind.needed_by_type(each, migration.dialect) for kind in KINDS)), None)
        if made is not None:
            migration.created_types.update(made.creates)
            found.append(replace(made, origin=origin()))
    return found


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
    """Create a domain (PostgreSQL). *checks* are conditions on VALUE by their names."""
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
    """Change a domain (PostgreSQL); what is not said stays as it is.

    *checks* are all that it has afterwards, *existing_checks* all that it has before: what is only in one of them is
    added or dropped. With *type_* the domain is made anew and its columns move over: say everything that it has.
    Raises ValueError where *checks* comes without *existing_checks*.
    """
    migration = current()
    arguments = DomainArguments(type=type_, default=server_default, nullable=nullable, checks=checks)
    existing = DomainArguments(
        type=existing_type, default=existing_server_default, nullable=existing_nullable, checks=existing_checks
    )
    submit(alter_operation(full_name(migration, name, schema), arguments, existing, migration.dialect))


def drop_domain(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop a domain (PostgreSQL)."""
    submit(DropDomain(name=full_name(current(), name, schema), if_exists=if_exists))
