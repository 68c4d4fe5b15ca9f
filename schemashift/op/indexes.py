"""Directives for indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from schemashift.op.arguments import lift_keywords, metadata_of, old_keywords, split_index_options
from schemashift.op.running import current, full_name, origin
from schemashift.operations import CreateIndex, DropIndex, RenameIndex
from schemashift.schema import Table
from schemashift.sqla.lift import lift_index


@old_keywords(name="index_name", tablename="table_name")
def create_index(
    index_name: str,
    table_name: str,
    columns: Sequence[str | sa.TextClause | sa.ColumnElement[Any]],
    *,
    schema: str | None = None,
    unique: bool = False,
    if_not_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Create an index on columns and expressions of a table.

    ::

        op.create_index("ix_users_name", "users", ["name", sa.text("lower(email)")], unique=True)
        op.create_index("ix_users_age", "users", ["age"], postgresql_concurrently=True)

    *columns* are names, or expressions given as ``sa.text()`` or as SQLAlchemy expressions. Other keywords are dialect
    options, which other databases ignore: ``postgresql_where=sa.text("active")``, ``mysql_length=20``. With
    *postgresql_concurrently*, the statement runs outside any transaction, so what the revision did before it is
    committed.

    With *if_not_exists*, an existing index of that name is left as it is.
    """
    migration = current()
    statement_options, index_options = split_index_options(kw)
    index = sa.Index(index_name, *columns, unique=unique, **index_options)
    if index.table is None:
        names = dict.fromkeys(column for column in columns if isinstance(column, str))
        sa.Table(table_name, metadata_of(migration), *(sa.Column(name) for name in names), index)
    name = full_name(migration, table_name, schema)
    lifted = Table(name=name.name, schema=name.schema, indexes=(lift_index(index, migration.dialect),))
    table = migration.normal(lifted)
    migration.submit(
        [
            CreateIndex(
                table=table.table_name,
                index=table.indexes[0],
                if_not_exists=bool(if_not_exists),
                options=lift_keywords(migration, statement_options),
                origin=origin(),
            )
        ]
    )


@old_keywords(name="index_name", tablename="table_name")
def drop_index(
    index_name: str,
    table_name: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Drop an index by its name.

    ::

        op.drop_index("ix_users_name", table_name="users")

    *table_name* is not required, but on MySQL and MariaDB the table has to be looked up without it. With
    *if_exists*, a missing index is no error. With ``postgresql_concurrently=True``, the statement runs outside
    any transaction, so what the revision did before it is committed.
    """
    migration = current()
    table = full_name(migration, table_name, schema) if table_name is not None else None
    migration.submit(
        [
            DropIndex(
                table=table,
                name=str(index_name),
                schema=full_name(migration, "", schema).schema,
                if_exists=bool(if_exists),
                options=lift_keywords(migration, split_index_options(kw)[0]),
                origin=origin(),
            )
        ]
    )


def rename_index(table_name: str, old_index_name: str, new_index_name: str, *, schema: str | None = None) -> None:
    """Rename an index. SQLite has no statement for it: there the index is dropped and created again."""
    migration = current()
    table = full_name(migration, table_name, schema)
    migration.submit([RenameIndex(table=table, old=str(old_index_name), new=str(new_index_name), origin=origin())])
