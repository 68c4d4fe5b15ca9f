"""Directives for indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from schemashift.op.given import lift_keywords, metadata_of, once, split_index_options
from schemashift.op.running import current, full_name, origin
from schemashift.operations import CreateIndex, DropIndex, RenameIndex
from schemashift.schema import Table
from schemashift.sqla.lift import lift_index


@once(name="index_name", tablename="table_name")
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
    """Create an index on columns and expressions. Keywords are dialect options: ``postgresql_where=sa.text(...)``."""
    migration = current()
    act, own = split_index_options(kw)
    index = sa.Index(index_name, *columns, unique=unique, **own)
    if index.table is None:
        used = dict.fromkeys(each for each in columns if isinstance(each, str))
        sa.Table(table_name, metadata_of(migration), *(sa.Column(each) for each in used), index)
    name = full_name(migration, table_name, schema)
    lifted = Table(name=name.name, schema=name.schema, indexes=(lift_index(index, migration.dialect),))
    table = migration.normal(lifted)
    migration.submit(
        [
            CreateIndex(
                table=table.table_name,
                index=table.indexes[0],
                if_not_exists=bool(if_not_exists),
                options=lift_keywords(migration, act),
                origin=origin(),
            )
        ]
    )


@once(name="index_name", tablename="table_name")
def drop_index(
    index_name: str,
    table_name: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Drop an index. *table_name* is not needed; it spares the database a question."""
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
    """Give an index another name."""
    migration = current()
    table = full_name(migration, table_name, schema)
    migration.submit([RenameIndex(table=table, old=str(old_index_name), new=str(new_index_name), origin=origin())])
