"""Decision 4 on PostgreSQL: temporary tables in a transaction that is rolled back.

A role that may create nothing else may create these. A read-only replica refuses even that; then the texts are compared
as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from schemashift.dialects.base import Dialect
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.postgresql.read import read_temporary
from schemashift.dialects.scratch import scratch_copy, with_server_text
from schemashift.dialects.session import RAW
from schemashift.objects import AnyKind
from schemashift.schema import Doubt, Keyed, Table
from schemashift.sqla.errors import driver_message

_STRING = re.compile(r"('(?:[^']|'')*')")
PLACE = "pg_temp"
"""The schema of temporary objects."""
Kinds = Mapping[str, AnyKind]


def canonical(
    dialect: Dialect, connection: sa.Connection, tables: Sequence[Table], objects: Sequence[Keyed], kinds: Kinds
) -> Iterator[Table | Doubt]:
    """Yield *tables* as PostgreSQL writes them. Tables with the same name in several schemas are created one after the
    other, because all temporary tables are in one schema."""
    remaining = {table.table_name: table for table in tables}
    while remaining:
        batch = {table.name: table for table in reversed(remaining.values())}
        for table in batch.values():
            del remaining[table.table_name]
        yield from _in_one_savepoint(dialect, connection, tuple(batch.values()), objects, kinds)


def _in_one_savepoint(
    dialect: Dialect, connection: sa.Connection, tables: Sequence[Table], objects: Sequence[Keyed], kinds: Kinds
) -> Iterator[Table | Doubt]:
    """Create all tables in one SAVEPOINT; if that fails, each in its own, so that one error does not affect others."""
    try:
        yield from _create_and_read(dialect, connection, tables, objects, kinds)
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        if len(tables) == 1:
            yield _doubt(tables[0], driver_message(error))
            return
        for table in tables:
            yield from _in_one_savepoint(dialect, connection, [table], objects, kinds)


def _doubt(thing: Keyed, reason: str) -> Doubt:
    return Doubt(about=thing.key, what="compared exactly", reason=reason)


def _create_and_read(
    dialect: Dialect, connection: sa.Connection, tables: Sequence[Table], objects: Sequence[Keyed], kinds: Kinds
) -> list[Table]:
    savepoint = connection.begin_nested()
    try:
        _create_missing(dialect, connection, objects, kinds)
        default = dialect.sa.default_schema_name
        for statement in _statements(dialect, tables):
            connection.exec_driver_sql(_unqualified(statement, default), execution_options=RAW)
        found = {table.name: table for table in read_temporary(connection, [t.name for t in tables])}
    finally:
        savepoint.rollback()
    return [with_server_text(found[table.name], table) for table in tables]


def _unqualified(statement: str, schema: str | None) -> str:
    """Return *statement* without the default *schema* before names.

    A type of the temporary schema hides the one of the default schema; the server would write the hidden one with its
    schema, and the texts would differ from those of the existing table.
    """
    if not schema:
        return statement
    parts = _STRING.split(statement)
    qualifier = re.compile(rf"""(?<![\w".])(?:{re.escape(schema)}|"{re.escape(schema)}")\.(?=[\w"])""")
    parts[::2] = [qualifier.sub("", part) for part in parts[::2]]
    return "".join(parts)


def _statements(dialect: Dialect, tables: Iterable[Table]) -> Iterable[str]:
    for table in tables:
        copy = scratch_copy(table)
        yield dialect.ddl.create(copy).replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1)
        for index in copy.indexes:
            yield dialect.ddl.index(copy.table_name, index)


def _create_missing(dialect: Dialect, connection: sa.Connection, objects: Sequence[Keyed], kinds: Kinds) -> None:
    """Create what the tables need and the database lacks. Errors are ignored: the object may not be needed.

    An object of the default schema may exist in another form: those of the temporary schema are found first.
    """
    for thing in sorted(objects, key=lambda each: each.key.kind != "schema"):
        kind = kinds[thing.key.kind]
        _create(dialect, connection, kind, thing if thing.key.schema else kind.in_scratch(thing, PLACE))


def _create(dialect: Dialect, connection: sa.Connection, kind: AnyKind, thing: Keyed) -> str | None:
    """Create *thing*, and return the error if it could not be created; else None."""
    failed = None
    for operation in kind.create(thing):
        savepoint = connection.begin_nested()
        try:
            for statement in dialect.ddl.statements(operation, LiveSchema()):
                connection.exec_driver_sql(str(statement), execution_options=RAW)
            savepoint.commit()
        except sa.exc.DBAPIError as error:
            savepoint.rollback()
            failed = driver_message(error)
    return failed


def canonical_objects(
    dialect: Dialect, connection: sa.Connection, objects: Sequence[Keyed], kinds: Kinds
) -> Iterator[Keyed | Doubt]:
    """Yield those of *objects* that contain expressions (a CHECK or a default) as PostgreSQL writes them."""
    for thing in objects:
        kind = kinds[thing.key.kind]
        if not kind.has_text:
            continue
        savepoint = connection.begin_nested()
        try:
            # The others first: a domain may be based on an enum, or on another domain.
            _create_missing(dialect, connection, [each for each in objects if each is not thing], kinds)
            failed = _create(dialect, connection, kind, kind.in_scratch(thing, PLACE))
            created = [each for each in kind.read_scratch(connection) if each.key.name == thing.key.name]
        finally:
            savepoint.rollback()
        if created and failed is None:
            yield kind.with_server_text(kind.normal(created[0], dialect), thing)
        else:
            yield _doubt(thing, failed or "the server does not show it")
