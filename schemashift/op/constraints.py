"""Directives for constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift.errors import NotSupported
from schemashift.op.aliases import ConstraintKind
from schemashift.op.arguments import column_names, lift_keywords, metadata_of, old_keywords, uppercase
from schemashift.op.naming import named
from schemashift.op.running import Running, current, full_name, origin
from schemashift.operations import AddConstraint, AlterConstraint, DropConstraint
from schemashift.schema import (
    Check,
    Constraint,
    Exclude,
    ForeignKey,
    Options,
    PrimaryKey,
    Table,
    TableName,
    Unique,
    option,
    referential_action,
)
from schemashift.sqla.lift import lift_constraint
from schemashift.sqla.traits import traits_of

_KINDS: dict[str, type[Constraint]] = {
    "foreignkey": ForeignKey,
    "primary": PrimaryKey,
    "unique": Unique,
    "check": Check,
    "exclude": Exclude,
}


@old_keywords(name="constraint_name", source="source_table", referent="referent_table")
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
    comment: str | None = None,
    source_schema: str | None = None,
    referent_schema: str | None = None,
    **kw: Any,
) -> None:
    """Add a foreign key to an existing table.

    ::

        op.create_foreign_key("fk_posts_author", "posts", "users", ["author_id"], ["id"], ondelete="CASCADE")

    Without a name, the naming convention of the models applies, or else the database chooses one (SQLite does not). On
    SQLite, the table is rebuilt, once for all changes to it. Other keywords are dialect options:
    ``postgresql_not_valid=True``.

    The database's own error is raised if a row has no counterpart in *referent_table*; on SQLite, rows that this
    revision leaves without one make it fail at its end.
    """
    migration = current()
    key = ForeignKey(
        name=constraint_name,
        columns=column_names(local_cols, "a foreign key"),
        target=full_name(migration, referent_table, referent_schema),
        target_columns=column_names(remote_cols, "a foreign key"),
        on_delete=referential_action(ondelete),
        on_update=referential_action(onupdate),
        match=uppercase(match),
        **_common(migration, kw, deferrable=deferrable, initially=initially, comment=comment),
    )
    _name_and_add(migration, full_name(migration, source_table, source_schema), key)


@old_keywords(name="constraint_name", source="table_name", local_cols="columns")
def create_unique_constraint(
    constraint_name: str | None,
    table_name: str,
    columns: Sequence[str],
    *,
    schema: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    comment: str | None = None,
    **kw: Any,
) -> None:
    """Add a UNIQUE constraint to an existing table.

    ::

        op.create_unique_constraint("uq_users_email", "users", ["email"])

    Without a name, the naming convention of the models applies, or else the database chooses one (SQLite does not). On
    SQLite, the table is rebuilt, once for all changes to it. Other keywords are dialect options:
    ``postgresql_nulls_not_distinct=True``. The database's own error is raised if two rows have the same values.
    Raises TypeError if *columns* has an expression, which only a unique index can have: see `create_index`.
    """
    migration = current()
    unique = Unique(
        name=constraint_name,
        columns=column_names(columns, "a UNIQUE constraint"),
        **_common(migration, kw, deferrable=deferrable, initially=initially, comment=comment),
    )
    _name_and_add(migration, full_name(migration, table_name, schema), unique)


@old_keywords(name="constraint_name", cols="columns")
def create_primary_key(
    constraint_name: str | None,
    table_name: str,
    columns: Sequence[str],
    *,
    schema: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    comment: str | None = None,
    **kw: Any,
) -> None:
    """Add a primary key to a table that has none.

    ::

        op.create_primary_key("pk_users", "users", ["id"])

    MySQL and MariaDB keep no name for it. On SQLite, the table is rebuilt, once for all changes to it, and an existing
    primary key is replaced. The database's own error is raised if two rows have the same values, or one a NULL.
    """
    migration = current()
    key = PrimaryKey(
        name=constraint_name,
        columns=column_names(columns, "a primary key"),
        **_common(migration, kw, deferrable=deferrable, initially=initially, comment=comment),
    )
    _name_and_add(migration, full_name(migration, table_name, schema), key)


@old_keywords(name="constraint_name", source="table_name")
def create_check_constraint(
    constraint_name: str | None,
    table_name: str,
    condition: str | sa.TextClause | sa.ColumnElement[bool],
    *,
    schema: str | None = None,
    comment: str | None = None,
    **kw: Any,
) -> None:
    """Add a CHECK constraint to an existing table.

    ::

        op.create_check_constraint("age_positive", "users", "age >= 0")

    *condition* is SQL text or an SQLAlchemy expression. A naming convention of the models applies to the name, which is
    part of it for most conventions (``ck_%(table_name)s_%(constraint_name)s``); mark a final name with `f`. On SQLite,
    the table is rebuilt, once for all changes to it. The database's own error is raised if a row does not meet the
    condition.
    """
    migration = current()
    dialect_options = {name: value for name, value in kw.items() if "_" in name}
    source = sa.Table(table_name, metadata_of(migration), schema=schema)
    check = sa.CheckConstraint(condition, name=constraint_name, comment=comment, **dialect_options)
    source.append_constraint(check)
    lifted = lift_constraint(check, migration.dialect)
    if lifted is not None:
        _add_constraint(migration, full_name(migration, table_name, schema), lifted)  # named by its MetaData


def alter_constraint(
    constraint_name: str,
    table_name: str,
    type_: ConstraintKind | None = None,
    *,
    comment: str | Literal[False] | None = False,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Change what a database can change of a constraint in place (PostgreSQL).

    ::

        op.alter_constraint("age_positive", "users", comment="nobody is younger")
        op.alter_constraint("fk_posts_author", "posts", postgresql_not_valid=False)

    *comment* None removes the comment. ``postgresql_not_valid=False`` checks the existing rows with a constraint that
    was added with ``postgresql_not_valid=True``; the database's own error is raised if one of them does not meet it.
    Databases that keep no such comments and options are left as they are. For *type_* see `drop_constraint`.

    Raises ValueError if *constraint_name* is empty or *type_* is unknown.
    """
    kind = _kind(constraint_name, type_, "alter_constraint")
    migration = current()
    table = full_name(migration, table_name, schema)
    changes = _changes(migration, comment, lift_keywords(migration, kw))
    if changes:
        name = _final_name(migration, constraint_name, table, kind)
        migration.submit([AlterConstraint(table=table, name=name, kind=kind, set=changes, origin=origin())])


def _changes(
    migration: Running, comment: str | Literal[False] | None, given: Options
) -> tuple[tuple[str, str | Options | None], ...]:
    """Return the changes of a constraint that the database keeps: shown by one that is thrown away."""
    probe = Check(sql="1", comment="x", options=tuple((name, True) for name, _ in given))
    (kept,) = migration.normal(Table(name="t", constraints=(probe,))).constraints
    own = tuple((name, value or None) for name, value in given if option(kept.options, name))
    changes: list[tuple[str, str | Options | None]] = [("options", own)] if own else []
    if comment is not False and kept.comment is not None:
        changes.append(("comment", comment or None))
    return tuple(changes)


@old_keywords(name="constraint_name", tablename="table_name", type="type_")
def drop_constraint(
    constraint_name: str,
    table_name: str,
    type_: ConstraintKind | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
) -> None:
    """Drop a constraint by its name.

    ::

        op.drop_constraint("uq_users_email", "users", type_="unique")

    *type_* is one of ``"foreignkey"``, ``"primary"``, ``"unique"``, ``"check"`` and ``"exclude"``. It is not required;
    where constraints of different types may have the same name, it tells which one is meant. A constraint
    without a name is found by the name that PostgreSQL would give it, such as ``users_email_key``. On SQLite, the table
    is rebuilt, once for all changes to it. With *if_exists*, a missing constraint is no error.

    Raises ValueError if *constraint_name* is empty or *type_* is none of these.
    """
    kind = _kind(constraint_name, type_, "drop_constraint")
    migration = current()
    table = full_name(migration, table_name, schema)
    migration.submit(
        [
            DropConstraint(
                table=table,
                name=_final_name(migration, constraint_name, table, kind),
                kind=kind,
                if_exists=bool(if_exists),
                origin=origin(),
            )
        ]
    )


def _kind(constraint_name: str, type_: str | None, directive: str) -> type[Constraint] | None:
    if not constraint_name:
        raise ValueError(f"{directive} needs the constraint's name")
    if type_ is not None and type_ not in _KINDS:
        raise ValueError(f"type_ is one of {', '.join(_KINDS)}, not {type_!r}")
    return _KINDS[type_] if type_ is not None else None


def _final_name(migration: Running, name: str, table: TableName, kind: type[Constraint] | None) -> str:
    """Return the name of an existing constraint: a convention for CHECKs builds on the name given in the script."""
    return str(named(Check(sql="1", name=name), table, migration.convention).name or "") if kind is Check else str(name)


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
    comment: str | None = None,
) -> None:
    """Add an EXCLUDE constraint to an existing table (PostgreSQL).

    ::

        op.create_exclude_constraint("no_overlap", "bookings", ("room", "="), (sa.text("during"), "&&"))

    *elements* are pairs of a column or expression and an operator. *where* limits the constraint to some of the rows.
    *ops* gives the operator class of a column. Raises `NotSupported` on any other database.
    """
    migration = current()
    if not traits_of(migration.dialect).exclusion_constraints:
        raise NotSupported(f"{migration.dialect.name} has no exclusion constraints")
    columns = (sa.Column(element, sa.Integer) for element, _ in elements if isinstance(element, str))
    constraint = postgresql.ExcludeConstraint(
        *elements,
        name=constraint_name,
        where=where,
        using=using,
        ops=dict(ops or {}),
        deferrable=bool(deferrable),
        initially=initially,
    )
    constraint.comment = comment  # SQLAlchemy has no argument for it
    sa.Table(table_name, metadata_of(migration), *columns, schema=schema).append_constraint(constraint)
    lifted = lift_constraint(constraint, migration.dialect)
    if lifted is not None:
        _name_and_add(migration, full_name(migration, table_name, schema), lifted)


def _common(
    migration: Running, kw: Mapping[str, Any], *, deferrable: bool | None, initially: str | None, comment: str | None
) -> dict[str, Any]:
    """Return the fields that several kinds of constraints have."""
    return {
        "deferrable": deferrable,
        "initially": uppercase(initially),
        "comment": comment or None,
        "options": lift_keywords(migration, kw),
    }


def _name_and_add(migration: Running, table: TableName, constraint: Constraint) -> None:
    constraint = named(constraint, table, migration.convention)
    name = None if constraint.name is None else str(constraint.name)
    _add_constraint(migration, table, replace(constraint, name=name))


def _add_constraint(migration: Running, table: TableName, constraint: Constraint) -> None:
    normal = migration.normal(Table(name=table.name, schema=table.schema, constraints=(constraint,))).constraints
    migration.submit([AddConstraint(table=table, constraint=normalized, origin=origin()) for normalized in normal])
