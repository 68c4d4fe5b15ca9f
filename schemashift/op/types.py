"""Directives for types that have a name of their own, and for types that are nothing but text.

On a database that has no such objects they do nothing, so that a script runs everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from schemashift.objects.domains import AlterDomain, CreateDomain, Domain, DropDomain, lift_domain
from schemashift.objects.enums import AlterEnum, CreateEnum, DropEnum, Enum, RenameEnum, lift_enum
from schemashift.op.aliases import ColumnType, ServerDefault
from schemashift.op.running import Running, current, full_name, origin
from schemashift.operations import Operation
from schemashift.schema import SQL, Key, Type
from schemashift.sqla.lift import (
    domain_key,
    enum_key,
    is_domain,
    lift_default,
    lift_expression,
    lift_type,
    named_types,
    type_key,
)
from schemashift.sqla.types import SQLType

DomainChecks: TypeAlias = Mapping[str, str | sa.TextClause | sa.ColumnElement[bool]]


def sql_type(sql: str) -> SQLType:
    """A column type given as SQL text, for what SQLAlchemy has no name for: ``op.sql_type("ltree")``."""
    return SQLType(sql)


# Enums -------------------------------------------------------------------------------------------------------------


def create_enum(name: str, labels: Sequence[str], *, schema: str | None = None, if_not_exists: bool = False) -> None:
    """Create an enum type (PostgreSQL)."""
    migration = current()
    full = full_name(migration, name, schema)
    enum = Enum(name=full.name, schema=full.schema, labels=tuple(labels))
    migration.created_types.add(enum.key)
    migration.submit([CreateEnum(enum=enum, if_not_exists=if_not_exists, origin=origin())])


def drop_enum(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop an enum type (PostgreSQL)."""
    migration = current()
    full = full_name(migration, name, schema)
    migration.created_types.discard(enum_key(*full))
    migration.submit([DropEnum(name=full, if_exists=if_exists, origin=origin())])


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
    migration = current()
    migration.submit(
        [
            AlterEnum(
                name=full_name(migration, name, schema),
                labels=tuple(labels),
                before=tuple(existing),
                renames=tuple((renames or {}).items()),
                origin=origin(),
            )
        ]
    )


def rename_enum(old_name: str, new_name: str, *, schema: str | None = None) -> None:
    """Give an enum type another name (PostgreSQL). Its columns follow."""
    migration = current()
    migration.submit([RenameEnum(old=full_name(migration, old_name, schema), new=str(new_name), origin=origin())])


def missing_types(migration: Running, types: Iterable[Any]) -> list[Operation]:
    """The enums and domains that columns of *types* need, made where they are not there.

    SQLAlchemy makes a named type with the first table that uses it, and scripts rely on it.
    """
    dialect = migration.dialect
    found: dict[Key, Operation] = {}
    for each in (named for type_ in types for named in named_types(type_, dialect)):
        if not getattr(each, "create_type", True) or type_key(each, dialect) in migration.created_types:
            continue
        if is_domain(each):
            domain = lift_domain(each, dialect)
            found[domain.key] = CreateDomain(domain=domain, if_not_exists=True, origin=origin())
        else:
            enum = lift_enum(each, dialect)
            found[enum.key] = CreateEnum(enum=enum, if_not_exists=True, origin=origin())
    migration.created_types.update(found)
    return list(found.values())


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
    if migration.dialect.name != "postgresql":
        return
    domain = _domain(migration, name, schema, type_, server_default, nullable, checks)
    migration.created_types.add(domain.key)
    migration.submit([CreateDomain(domain=domain, if_not_exists=if_not_exists, origin=origin())])


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
    if migration.dialect.name != "postgresql":
        return
    if checks is not None and existing_checks is None:
        raise ValueError("checks= needs existing_checks= beside it: {} where the domain has none")
    unknown = sa.types.NullType()
    before_default = existing_server_default if existing_server_default is not False else None
    before = _domain(
        migration,
        name,
        schema,
        existing_type or unknown,
        before_default,
        existing_nullable if existing_nullable is not None else (not nullable if nullable is not None else True),
        existing_checks,
    )
    after = _domain(
        migration,
        name,
        schema,
        type_ or existing_type or unknown,
        server_default if server_default is not False else before_default,
        nullable if nullable is not None else before.nullable,
        checks if checks is not None else existing_checks,
    )
    migration.submit([AlterDomain(before=before, after=after, origin=origin())])


def drop_domain(name: str, *, schema: str | None = None, if_exists: bool = False) -> None:
    """Drop a domain (PostgreSQL)."""
    migration = current()
    full = full_name(migration, name, schema)
    migration.created_types.discard(domain_key(*full))
    migration.submit([DropDomain(name=full, if_exists=if_exists, origin=origin())])


def _domain(
    migration: Running,
    name: str,
    schema: str | None,
    type_: ColumnType,
    server_default: ServerDefault | None,
    nullable: bool,  # noqa: FBT001
    checks: DomainChecks | None,
) -> Domain:
    full = full_name(migration, name, schema)
    base = type_() if isinstance(type_, type) else type_
    found = {str(each): sa.text(text) if isinstance(text, str) else text for each, text in (checks or {}).items()}
    return Domain(
        name=full.name,
        schema=full.schema,
        type=Type(sql="") if isinstance(base, sa.types.NullType) else lift_type(base, migration.dialect),
        default=lift_default(server_default, migration.dialect),
        nullable=nullable,
        checks=tuple(
            (each, SQL(lift_expression(text, migration.dialect), payload=text)) for each, text in sorted(found.items())
        ),
    )
