"""Directives for tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from schemashift.op.given import check_keywords, free, lift_value, metadata_of
from schemashift.op.running import Running, current, full_name, origin
from schemashift.op.types import missing_types
from schemashift.operations import AlterTable, CreateTable, DropTable, RenameTable
from schemashift.sqla.lift import lift_table


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
    """Create a table from columns, constraints and indexes.

    Returns the ``sa.Table``, for `bulk_insert`. Keywords are dialect options: ``mysql_engine="InnoDB"``.

    A foreign key marked ``use_alter`` waits for its own `create_foreign_key`, as with SQLAlchemy's CREATE TABLE; on
    SQLite, which has no other way, it is made here.
    """
    migration = current()
    table = sa.Table(
        table_name,
        metadata_of(migration),
        *(free(column) for column in columns),
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
    """Drop a table."""
    migration = current()
    check_keywords(migration, kw)
    name = full_name(migration, table_name, schema)
    migration.submit([DropTable(name=name, if_exists=bool(if_exists), origin=origin())])


def rename_table(old_table_name: str, new_table_name: str, *, schema: str | None = None) -> None:
    """Give a table another name in the same schema."""
    migration = current()
    old = full_name(migration, old_table_name, schema)
    migration.submit([RenameTable(old=old, new=str(new_table_name), origin=origin())])


def alter_table(table_name: str, *, schema: str | None = None, **options: Any) -> None:
    """Change a table's dialect options: ``mysql_engine="InnoDB"``, ``prefixes=["UNLOGGED"]``. None takes one away."""
    migration = current()
    check_keywords(migration, {name: value for name, value in options.items() if name != "prefixes"})
    own = (*_own_prefixes(migration), "prefixes")
    changed = tuple(sorted((key, lift_value(value)) for key, value in options.items() if key.startswith(own)))
    if changed:
        name = full_name(migration, table_name, schema)
        migration.submit([AlterTable(table=name, set=(("options", changed),), partial=True, origin=origin())])


def _own_prefixes(migration: Running) -> tuple[str, ...]:
    """Other databases' options are for the other databases."""
    name = migration.dialect.name
    return ("mysql_", "mariadb_") if name in ("mysql", "mariadb") else (f"{name}_",)


def create_table_comment(
    table_name: str, comment: str | None, *, existing_comment: str | None = None, schema: str | None = None
) -> None:
    """Set a table's comment."""
    _set_comment(table_name, schema, comment or None, existing_comment)


def drop_table_comment(table_name: str, *, existing_comment: str | None = None, schema: str | None = None) -> None:
    """Take a table's comment away."""
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
