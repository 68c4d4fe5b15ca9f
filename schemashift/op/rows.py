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
    """Give the rows that have none a value in a column.

    A string is a value; ``sa.text(...)`` is SQL, and so is any other SQL expression: with ``"lower(name)"`` each row
    gets this text, with ``sa.text("lower(name)")`` its own name in lower case.
    """
    migration = current()
    table = full_name(migration, table_name, schema)
    default = lift_default(value, migration.dialect)
    if default is None:
        raise ValueError(f"backfill needs a value, not {value!r}")
    migration.submit([Backfill(table=table, column=str(column_name), value=default, origin=origin())])


def backfill_numbers(table_name: str, column_name: str, *, schema: str | None = None) -> None:
    """Give every row a number of its own in a column: 1, 2, 3 and so on, in no particular order."""
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
    """Insert the rows that foreign keys of another table point to and that are not there.

    There is one row for each value that *children* hold in the columns of *keys*, a mapping of this table's columns to
    theirs; without *keys* it is one row, where the table has none and *children*, if given, has some. *values* are for
    the other columns: as for :func:`backfill`, or None for a number of their own. Raises ValueError for keys without
    children, for neither values nor keys, and for a value that is none.
    """
    migration = current()
    given = {
        str(name): None if each is None else lift_default(each, migration.dialect)
        for name, each in (values or {}).items()
    }
    if not given and not keys:
        raise ValueError("insert_missing_rows needs values, or keys")
    if any(each is None and (values or {}).get(name) is not None for name, each in given.items()):
        raise ValueError("insert_missing_rows needs values that SQL can say")
    if keys and not children:
        raise ValueError("insert_missing_rows needs the table whose columns the keys name: children=")
    migration.submit(
        [
            InsertMissingRows(
                table=full_name(migration, table_name, schema),
                values=tuple(given.items()),
                children=full_name(migration, children, children_schema) if children else None,
                keys=tuple((str(ours), str(theirs)) for ours, theirs in (keys or {}).items()),
                origin=origin(),
            )
        ]
    )


def bulk_insert(
    table: sa.Table | sa.TableClause, rows: Sequence[Mapping[str, Any]], *, multiinsert: bool = True
) -> None:
    """Insert rows: dictionaries from column name to value, or to an `inline_literal`."""
    if isinstance(rows, (str, bytes, Mapping)) or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError("bulk_insert takes a list of dictionaries")
    migration = current()
    plain = not any(isinstance(value, sa.ClauseElement) for row in rows for value in row.values())
    migration.execute(
        BulkInsert(
            table=full_name(migration, table.name, getattr(table, "schema", None)),
            target=table,
            rows=tuple(rows),
            multi=multiinsert and plain,
            origin=origin(),
        )
    )
