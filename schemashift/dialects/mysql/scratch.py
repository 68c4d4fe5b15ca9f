"""Decision 4 on MariaDB and MySQL: a temporary table, read back with SHOW CREATE TABLE.

Nothing stays behind, and nothing is committed: CREATE TEMPORARY TABLE and DROP TEMPORARY TABLE are the two statements
of DDL that leave a transaction alone. Foreign keys, FULLTEXT indexes and partitions cannot be had there; what they are
has no text that the server would rewrite.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

import sqlalchemy as sa

from schemashift.dialects.mysql.ddl import MySQLDDL
from schemashift.dialects.mysql.normal import is_column_level
from schemashift.dialects.mysql.read import Reader, ask
from schemashift.dialects.scratch import scratch_copy, with_server_text
from schemashift.schema import Check, Options, Table, TableName

log = logging.getLogger("schemashift")

NAME = "schemashift_scratch"
_NOT_THERE = ("mysql_row_format", "mysql_key_block_size", "mysql_engine", "mysql_tablespace", "mysql_data_directory")


def canonical(connection: sa.Connection, tables: Iterable[Table], ddl: MySQLDDL) -> dict[TableName, Table]:
    """*tables* as this server writes them down; those that it does not make are left out, and named in the log."""
    return dict(_made(connection, tables, ddl))


def _made(connection: sa.Connection, tables: Iterable[Table], ddl: MySQLDDL) -> Iterator[tuple[TableName, Table]]:
    reader = Reader(connection)
    for table in tables:
        try:
            made = _make(connection, table, ddl, reader)
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            log.warning('table "%s" cannot be compared by its texts: %s', table.table_name, error.orig)
            continue
        if made is not None:
            yield table.table_name, with_server_text(made, table)


def _make(connection: sa.Connection, table: Table, ddl: MySQLDDL, reader: Reader) -> Table | None:
    copy = temporary_copy(table)
    place = ddl.table(copy.table_name)
    ask(connection, ddl.create_as(copy, "CREATE TEMPORARY TABLE"))
    try:
        text = reader.text(copy.table_name)
        return reader.table(text, copy.schema) if text is not None else None
    finally:
        ask(connection, f"DROP TEMPORARY TABLE IF EXISTS {place}")


def temporary_copy(table: Table) -> Table:
    """*table* as a temporary table can be: every CHECK named, to be found again."""
    copy = scratch_copy(table)
    return replace(
        copy,
        name=NAME,
        # In the same schema, whose default collation it has.
        schema=table.schema,
        constraints=tuple(
            replace(c, payload=None) if isinstance(c, Check) and is_column_level(c) else c for c in copy.constraints
        ),
        indexes=tuple(i for i in table.indexes if not i.implicit and "mysql_prefix" not in dict(i.options)),
        options=_possible(table.options),
    )


def _possible(given: Options) -> Options:
    return tuple(
        pair for pair in given if pair[0] not in _NOT_THERE and not pair[0].startswith(("mysql_part", "mysql_subpart"))
    )
