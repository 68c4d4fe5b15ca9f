"""Directives for constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift.errors import NotSupported
from schemashift.op.aliases import ConstraintKind
from schemashift.op.given import lift_keywords, metadata_of, once, uppercase
from schemashift.op.naming import named
from schemashift.op.running import Running, current, full_name, origin
from schemashift.operations import AddConstraint, DropConstraint
from schemashift.schema import (
    Check,
    Constraint,
    Exclude,
    ForeignKey,
    PrimaryKey,
    Table,
    TableName,
    Unique,
    referential_action,
)
from schemashift.sqla.lift import lift_constraint

_KINDS: dict[str, type[Constraint]] = {
    "foreignkey": ForeignKey,
    "primary": PrimaryKey,
    "unique": Unique,
    "check": Check,
    "exclude": Exclude,
}


@once(name="constraint_name", source="source_table", referent="referent_table")
def create_foreign_key(
    constraint_name: str | None,
    source_table: str,
    referent_table: str,
    local_cols: Sequence[str],
    remote_cols: Sequence[str],
    *,
    onupdate: str | None = None,
    ondelete: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    match: str | None = None,
    source_schema: str | None = None,
    referent_schema: str | None = None,
    **kw: Any,
) -> None:
    """Add a foreign key to a table that is there. Without a name the database gives it one."""
    migration = current()
    key = ForeignKey(
        name=constraint_name,
        columns=tuple(map(str, local_cols)),
        target=full_name(migration, referent_table, referent_schema),
        target_columns=tuple(map(str, remote_cols)),
        on_delete=referential_action(ondelete),
        on_update=referential_action(onupdate),
        deferrable=deferrable,
        initially=uppercase(initially),
        match=uppercase(match),
        options=lift_keywords(migration, kw),
    )
    _name_and_add(migration, full_name(migration, source_table, source_schema), key)


@once(name="constraint_name", source="table_name", local_cols="columns")
def create_unique_constraint(
    constraint_name: str | None,
    table_name: str,
    columns: Sequence[str],
    *,
    schema: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    **kw: Any,
) -> None:
    """Add a UNIQUE to a table that is there. Without a name the database gives it one."""
    migration = current()
    unique = Unique(
        name=constraint_name,
        columns=tuple(map(str, columns)),
        deferrable=deferrable,
        initially=uppercase(initially),
        options=lift_keywords(migration, kw),
    )
    _name_and_add(migration, full_name(migration, table_name, schema), unique)


@once(name="constraint_name", cols="columns")
def create_primary_key(
    constraint_name: str | None, table_name: str, columns: Sequence[str], *, schema: str | None = None, **kw: Any
) -> None:
    """Add a primary key to a table that has none."""
    migration = current()
    key = PrimaryKey(name=constraint_name, columns=tuple(map(str, columns)), options=lift_keywords(migration, kw))
    _name_and_add(migration, full_name(migration, table_name, schema), key)


@once(name="constraint_name", source="table_name")
def create_check_constraint(
    constraint_name: str | None,
    table_name: str,
    condition: str | sa.TextClause | sa.ColumnElement[bool],
    *,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Add a CHECK to a table that is there. Without a name the database gives it one."""
    migration = current()
    own = {name: value for name, value in kw.items() if "_" in name}
    source = sa.Table(table_name, metadata_of(migration), schema=schema)
    check = sa.CheckConstraint(condition, name=constraint_name, **own)
    source.append_constraint(check)
    lifted = lift_constraint(check, migration.dialect)
    if lifted is not None:
        _add_constraint(migration, full_name(migration, table_name, schema), lifted)  # named by its MetaData


@once(name="constraint_name", tablename="table_name", type="type_")
def drop_constraint(
    constraint_name: str,
    table_name: str,
    type_: ConstraintKind | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
) -> None:
    """Drop a constraint by name. *type_* is not needed; where the database knows several kinds it spares a question."""
    if not constraint_name:
        raise ValueError("drop_constraint needs the constraint's name")
    if type_ is not None and type_ not in _KINDS:
        raise ValueError(f"type_ is one of {', '.join(_KINDS)}, not {type_!r}")
    migration = current()
    table, kind = full_name(migration, table_name, schema), _KINDS[type_] if type_ is not None else None
    if kind is Check:
        # A convention for CHECKs is made of the name that it is given.
        constraint_name = named(Check(sql="1", name=constraint_name), table, migration.convention).name or ""
    migration.submit(
        [
            DropConstraint(
                table=table,
                name=str(constraint_name),
                kind=kind,
                if_exists=bool(if_exists),
                origin=origin(),
            )
        ]
    )


def create_exclude_constraint(
    constraint_name: str | None,
    table_name: str,
    *elements: tuple[Any, str],
    where: Any = None,
    schema: str | None = None,
    using: str = "gist",
    ops: Mapping[str, str] | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
) -> None:
    """Add an EXCLUDE to a table that is there (PostgreSQL): ``("room", "="), (sa.text("during"), "&&")``."""
    migration = current()
    if migration.dialect.name != "postgresql":
        raise NotSupported(f"{migration.dialect.name} has no exclusion constraints")
    columns = (sa.Column(each, sa.Integer) for each, _ in elements if isinstance(each, str))
    table = sa.Table(table_name, metadata_of(migration), *columns, schema=schema)
    constraint = postgresql.ExcludeConstraint(
        *elements,
        name=constraint_name,
        where=where,
        using=using,
        ops=dict(ops or {}),
        deferrable=bool(deferrable),
        initially=initially,
    )
    table.append_constraint(constraint)
    lifted = lift_constraint(constraint, migration.dialect)
    if lifted is not None:
        _name_and_add(migration, full_name(migration, table_name, schema), lifted)


def _name_and_add(migration: Running, table: TableName, constraint: Constraint) -> None:
    constraint = named(constraint, table, migration.convention)
    name = None if constraint.name is None else str(constraint.name)
    _add_constraint(migration, table, replace(constraint, name=name))


def _add_constraint(migration: Running, table: TableName, constraint: Constraint) -> None:
    alone = migration.normal(Table(name=table.name, schema=table.schema, constraints=(constraint,)))
    migration.submit([AddConstraint(table=table, constraint=each, origin=origin()) for each in alone.constraints])
