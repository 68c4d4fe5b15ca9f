"""Directives for tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from schemashift.op.arguments import check_keywords, lift_value, metadata_of, unattached
from schemashift.op.running import current, full_name, origin
from schemashift.op.types import missing_types
from schemashift.operations import AlterTable, CreateTable, DropTable, RenameTable
from schemashift.sqla.lift import lift_table
from schemashift.sqla.names import option_prefixes


def create_table(
    table_name: str,
    *columns: SchemaItem,
    if_not_exists: bool | None = None,
    schema: str | None = None,
    comment: str | None = None,
    info: dict[Any, Any] | None = None,
    prefixes: Sequence[str] | None = None,
    **kw: Any,
) -> sa.Table:
    """Create a table from columns, constraints and indexes, and return it as ``sa.Table``.

    ::

        users = op.create_table(
            "users",
            sa.Column("id", sa.Integer(), primary_key=True),
            sa.Column("email", sa.String(200), nullable=False, unique=True),
        )
        op.bulk_insert(users, [{"id": 1, "email": "ann@example.com"}])

    The arguments are those of ``sa.Table``; other keywords are dialect options, such as ``mysql_engine="InnoDB"``. An
    enum or domain that a column needs is created first if it does not exist. Constraints without a name are named by
    the naming convention of the models, or else by the database.

    As with SQLAlchemy's CREATE TABLE, a foreign key marked ``use_alter`` is left out, to be added with
    `create_foreign_key`; on SQLite, which cannot add it later, it is part of the table.

    With *if_not_exists*, an existing table is left as it is. Otherwise the database's own error is raised for it.
    """
    migration = current()
    table = sa.Table(
        table_name,
        metadata_of(migration),
        *(unattached(column) for column in columns),
        schema=schema,
        comment=comment,
        info=info,
        prefixes=prefixes,
        **kw,
    )
    if migration.dialect.supports_alter:
        table.constraints -= {key for key in table.foreign_key_constraints if key.use_alter}
    value = migration.normal(lift_table(table, migration.dialect))
    needed = missing_types(migration, [column.type for column in table.columns])
    migration.submit([*needed, CreateTable(table=value, if_not_exists=bool(if_not_exists), origin=origin())])
    return table


def drop_table(table_name: str, *, schema: str | None = None, if_exists: bool | None = None, **kw: Any) -> None:
    """Drop a table, with its rows, indexes and constraints.

    PostgreSQL, MySQL and MariaDB refuse to drop a table that a foreign key of another table refers to: drop the key
    first. With *if_exists*, a missing table is no error.
    """
    migration = current()
    check_keywords(migration, kw)
    name = full_name(migration, table_name, schema)
    migration.submit([DropTable(name=name, if_exists=bool(if_exists), origin=origin())])


def rename_table(old_table_name: str, new_table_name: str, *, schema: str | None = None) -> None:
    """Rename a table within its schema. Its rows, indexes and constraints are kept, and foreign keys of other tables
    follow."""
    migration = current()
    old = full_name(migration, old_table_name, schema)
    migration.submit([RenameTable(old=old, new=str(new_table_name), origin=origin())])


def alter_table(table_name: str, *, schema: str | None = None, **options: Any) -> None:
    """Change dialect options of a table.

    ::

        op.alter_table("users", mysql_engine="InnoDB", prefixes=["UNLOGGED"])

    Only the options given change; None removes one. Options of other databases are ignored. On SQLite, the table is
    rebuilt, once for all changes to it. Raises TypeError for a keyword that is not an option of any database.
    """
    migration = current()
    check_keywords(migration, {name: value for name, value in options.items() if name != "prefixes"})
    relevant = (*option_prefixes(migration.dialect), "prefixes")
    changed = tuple(sorted((key, lift_value(value)) for key, value in options.items() if key.startswith(relevant)))
    if changed:
        name = full_name(migration, table_name, schema)
        migration.submit([AlterTable(table=name, set=(("options", changed),), partial=True, origin=origin())])


def create_table_comment(
    table_name: str, comment: str | None, *, existing_comment: str | None = None, schema: str | None = None
) -> None:
    """Set the comment of a table; None or an empty string removes it. SQLite has no comments and ignores it."""
    _set_comment(table_name, schema, comment or None, existing_comment)


def drop_table_comment(table_name: str, *, existing_comment: str | None = None, schema: str | None = None) -> None:
    """Remove the comment of a table. SQLite has no comments and ignores it."""
    _set_comment(table_name, schema, None, existing_comment)


def _set_comment(table_name: str, schema: str | None, comment: str | None, existing: str | None) -> None:
    migration = current()
    migration.submit(
        [
            AlterTable(
                table=full_name(migration, table_name, schema),
                set=(("comment", comment),),
                before=(("comment", existing),) if existing is not None else None,
                origin=origin(),
            )
        ]
    )
