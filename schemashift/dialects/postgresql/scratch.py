"""Decision 4 on PostgreSQL: temporary tables in a transaction that is rolled back.

A role that may create nothing else may create these; a read-only replica refuses even that, and then the texts are
compared as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from schemashift.dialects.graft import for_scratch, graft
from schemashift.objects.enums import Enum
from schemashift.schema import Keyed, Table, TableName

from .normal import normal_table
from .read import read_temporary

if TYPE_CHECKING:
    from . import PostgreSQL

log = logging.getLogger("schemashift")
UNCHECKED = {"no_parameters": True}


def canonical(
    dialect: PostgreSQL, connection: sa.Connection, tables: Sequence[Table], objects: Sequence[Keyed]
) -> dict[TableName, Table]:
    """What PostgreSQL makes of *tables*, those of one name in turn: temporary tables have no schema of their own."""
    made: dict[TableName, Table] = {}
    waiting = list(tables)
    while waiting:
        batch = list({table.name: table for table in reversed(waiting)}.values())
        waiting = [table for table in waiting if table not in batch]
        made.update(_together(dialect, connection, batch, objects))
    return made


def _together(
    dialect: PostgreSQL, connection: sa.Connection, tables: Sequence[Table], objects: Sequence[Keyed]
) -> dict[TableName, Table]:
    """All in one SAVEPOINT; where that fails, one by one, so that one table's trouble stays its own."""
    try:
        return _make(dialect, connection, tables, objects)
    except sa.exc.DBAPIError as error:
        if len(tables) == 1:
            log.warning("%s could not be compared exactly: %s", tables[0].table_name, error.orig)
            return {}
        return {
            name: each for table in tables for name, each in _together(dialect, connection, [table], objects).items()
        }


def _make(
    dialect: PostgreSQL, connection: sa.Connection, tables: Sequence[Table], objects: Sequence[Keyed]
) -> dict[TableName, Table]:
    savepoint = connection.begin_nested()
    try:
        for statement in _statements(dialect, tables, objects):
            connection.exec_driver_sql(statement, execution_options=UNCHECKED)
        found = {table.name: normal_table(table) for table in read_temporary(connection, [t.name for t in tables])}
    finally:
        savepoint.rollback()
    return {table.table_name: graft(found[table.name], table) for table in tables if table.name in found}


def _statements(dialect: PostgreSQL, tables: Iterable[Table], objects: Iterable[Keyed]) -> Iterable[str]:
    for thing in objects:
        if isinstance(thing, Enum) and thing.schema is None:
            # Types of the temporary schema are found first, as its tables are.
            labels = ", ".join(map(dialect.ddl.literal, thing.labels))
            yield f"CREATE TYPE pg_temp.{dialect.ddl.quote(thing.name)} AS ENUM ({labels})"
    for table in tables:
        copy = for_scratch(table)
        yield dialect.ddl.create(copy).replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1)
        for index in copy.indexes:
            yield dialect.ddl.index(copy.table_name, index)
