"""Directives for the rows of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from schemashift.op.aliases import ServerDefault
from schemashift.op.running import current, full_name, origin
from schemashift.operations import Backfill, BackfillNumbers, BulkInsert, InsertMissingRows
from schemashift.sqla.lift import lift_default


def backfill(table_name: str, column_name: str, value: ServerDefault, *, schema: str | None = None) -> None:
    """Set a column to a value in all rows where it is NULL.

    ::

        op.backfill("users", "age", "18")
        op.backfill("users", "nick", sa.text("lower(name)"))

    As in ``server_default=``, a string is a value, and ``sa.text(...)`` or any other SQLAlchemy expression is SQL,
    which is evaluated for each row: ``"md5(name)"`` sets the text ``md5(name)``, and ``sa.text("md5(name)")`` the
    result of the function. Raises ValueError if *value* is None.
    """
    migration = current()
    table = full_name(migration, table_name, schema)
    default = lift_default(value, migration.dialect)
    if default is None:
        raise ValueError(f"backfill needs a value, not {value!r}")
    migration.submit([Backfill(table=table, column=str(column_name), value=default, origin=origin())])


def backfill_numbers(table_name: str, column_name: str, *, schema: str | None = None) -> None:
    """Set a column to a different number in each row: 1, 2, 3 and so on, in no particular order.

    Every row is set, whether or not the column was NULL. On SQLite, the number is the row's ``rowid`` where the table
    has one, so there may be gaps.
    """
    migration = current()
    table = full_name(migration, table_name, schema)
    migration.submit([BackfillNumbers(table=table, column=str(column_name), origin=origin())])


def insert_missing_rows(
    table_name: str,
    values: Mapping[str, ServerDefault | None] | None = None,
    *,
    children: str | None = None,
    keys: Mapping[str, str] | None = None,
    schema: str | None = None,
    children_schema: str | None = None,
) -> None:
    """Insert the rows that a foreign key of another table refers to and that do not exist.

    ::

        op.insert_missing_rows("users", {"name": "unknown"}, children="posts", keys={"id": "author_id"})

    With *keys*, a mapping from columns of this table to columns of the table *children*, one row is inserted for each
    combination of values that *children* has there and this table lacks; NULLs are left out. Without *keys*, a single
    row is inserted if this table is empty and *children*, where given, is not.

    *values* are for the other columns: a value as for `backfill`, where a string is a value and ``sa.text(...)`` is
    SQL, or None for a different number in each row.
    *children_schema* is the schema of *children*.

    Raises ValueError if neither *values* nor *keys* are given, if *keys* are given without *children*, and for a value
    that cannot be written as SQL.
    """
    migration = current()
    lifted = {
        str(name): None if value is None else lift_default(value, migration.dialect)
        for name, value in (values or {}).items()
    }
    if not lifted and not keys:
        raise ValueError("insert_missing_rows needs values, or keys")
    if any(default is None and (values or {}).get(name) is not None for name, default in lifted.items()):
        raise ValueError("insert_missing_rows needs values that can be written as SQL")
    if keys and not children:
        raise ValueError("insert_missing_rows needs the table whose columns the keys name: children=")
    migration.submit(
        [
            InsertMissingRows(
                table=full_name(migration, table_name, schema),
                values=tuple(lifted.items()),
                children=full_name(migration, children, children_schema) if children else None,
                keys=tuple((str(column), str(of_children)) for column, of_children in (keys or {}).items()),
                origin=origin(),
            )
        ]
    )


def bulk_insert(
    table: sa.Table | sa.TableClause, rows: Sequence[Mapping[str, Any]], *, multiinsert: bool = True
) -> None:
    """Insert rows, given as dictionaries from column names to values.

    ::

        users = sa.table("users", sa.column("id", sa.Integer), sa.column("name", sa.String))
        op.bulk_insert(users, [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}])

    *table* may be the result of `create_table`. Operations before the call are executed first. Rows with the
    same keys are inserted by one ``execute()`` with many parameter sets, unless *multiinsert* is False or a value is an
    SQL expression such as `inline_literal`: then there is one INSERT for each row. A column that a row has no key for
    gets its default. Raises TypeError if *rows* is not a list of dictionaries.
    """
    if isinstance(rows, (str, bytes, Mapping)) or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError("bulk_insert needs a list of dictionaries")
    migration = current()
    has_expressions = any(isinstance(value, sa.ClauseElement) for row in rows for value in row.values())
    migration.execute(
        BulkInsert(
            table=full_name(migration, table.name, getattr(table, "schema", None)),
            target=table,
            rows=tuple(rows),
            multi=multiinsert and not has_expressions,
            origin=origin(),
        )
    )
