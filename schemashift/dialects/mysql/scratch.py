"""Decision 4 on MariaDB and MySQL: a temporary table, read back with SHOW CREATE TABLE.

Nothing is left behind, and nothing is committed: CREATE TEMPORARY TABLE and DROP TEMPORARY TABLE are the two DDL
statements without an implicit commit. Temporary tables have no foreign keys, FULLTEXT indexes or partitions; none of
these contains an expression that the server would rewrite.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import sqlalchemy as sa

from schemashift.dialects.mysql.ddl import MySQLDDL
from schemashift.dialects.mysql.normal import is_column_level
from schemashift.dialects.mysql.read import Reader, Refused, ask
from schemashift.dialects.scratch import scratch_copy, with_server_text
from schemashift.schema import Check, Doubt, Options, Reading, Table
from schemashift.sqla.errors import driver_message

NAME = "schemashift_scratch"
_PERMANENT_ONLY = (
    "mysql_row_format",
    "mysql_key_block_size",
    "mysql_engine",
    "mysql_tablespace",
    "mysql_data_directory",
)


def canonical(connection: sa.Connection, tables: Iterable[Table], ddl: MySQLDDL) -> Reading:
    """Return *tables* as this server writes them, and a doubt for each that it does not create."""
    return Reading.of(_created(connection, tables, ddl))


def _created(connection: sa.Connection, tables: Iterable[Table], ddl: MySQLDDL) -> Iterator[Table | Doubt]:
    reader = Reader(connection)
    for table in tables:
        try:
            created = _create_and_read(connection, table, ddl, reader)
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            yield _doubt(table, driver_message(error))
        except Refused as refused:
            yield _doubt(table, str(refused))
        else:
            yield with_server_text(created, table)


def _doubt(table: Table, reason: str) -> Doubt:
    return Doubt(about=table.key, what="compared exactly", reason=reason)


def _create_and_read(connection: sa.Connection, table: Table, ddl: MySQLDDL, reader: Reader) -> Table:
    copy = temporary_copy(table)
    name = ddl.table(copy.table_name)
    ask(connection, ddl.create_as(copy, "CREATE TEMPORARY TABLE"))
    try:
        created = reader.read(copy.table_name)
        assert created is not None, "it was created just now"
        return created
    finally:
        ask(connection, f"DROP TEMPORARY TABLE IF EXISTS {name}")


def temporary_copy(table: Table) -> Table:
    """Return *table* as a temporary table can be: every CHECK is named, so that it can be found again."""
    copy = scratch_copy(table)
    return replace(
        copy,
        name=NAME,
        # In the same schema, for its default collation.
        schema=table.schema,
        constraints=tuple(
            replace(c, payload=None) if isinstance(c, Check) and is_column_level(c) else c for c in copy.constraints
        ),
        indexes=tuple(i for i in table.indexes if not i.implicit and "mysql_prefix" not in dict(i.options)),
        options=_temporary_options(table.options),
    )


def _temporary_options(given: Options) -> Options:
    return tuple(
        pair
        for pair in given
        if pair[0] not in _PERMANENT_ONLY and not pair[0].startswith(("mysql_part", "mysql_subpart"))
    )
