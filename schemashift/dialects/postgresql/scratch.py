"""Decision 4 on PostgreSQL: temporary tables in a transaction that is rolled back.

A role that may create nothing else may create these; a read-only replica refuses even that, and then the texts are
compared as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from schemashift.dialects.live import Known
from schemashift.dialects.postgresql.normal import normal_domain
from schemashift.dialects.postgresql.read import read_temporary
from schemashift.dialects.scratch import scratch_copy, with_server_text
from schemashift.dialects.session import RAW
from schemashift.objects import KINDS
from schemashift.objects.domains import Domain
from schemashift.objects.domains import read_temporary as read_temporary_domains
from schemashift.objects.enums import Enum
from schemashift.schema import Keyed, Table, TableName

if TYPE_CHECKING:
    from schemashift.dialects.postgresql import PostgreSQL

log = logging.getLogger("schemashift")


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
        _provide(dialect, connection, objects)
        for statement in _statements(dialect, tables):
            connection.exec_driver_sql(statement, execution_options=RAW)
        found = {table.name: table for table in read_temporary(connection, [t.name for t in tables])}
    finally:
        savepoint.rollback()
    return {table.table_name: with_server_text(found[table.name], table) for table in tables if table.name in found}


def _statements(dialect: PostgreSQL, tables: Iterable[Table]) -> Iterable[str]:
    for table in tables:
        copy = scratch_copy(table)
        yield dialect.ddl.create(copy).replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1)
        for index in copy.indexes:
            yield dialect.ddl.index(copy.table_name, index)


def _provide(dialect: PostgreSQL, connection: sa.Connection, objects: Sequence[Keyed]) -> None:
    """Make what the tables need and the database lacks. What cannot be made may not be needed: the tables will say."""
    kinds = {kind.name: kind for kind in KINDS}
    for thing in sorted(objects, key=lambda each: each.key.kind != "schema"):
        for operation in kinds[thing.key.kind].create(thing):
            savepoint = connection.begin_nested()
            try:
                for statement in dialect.ddl.statements(operation, Known()):
                    connection.exec_driver_sql(_temporary(str(statement), thing), execution_options=RAW)
                savepoint.commit()
            except sa.exc.DBAPIError:
                savepoint.rollback()


def _temporary(statement: str, thing: Keyed) -> str:
    """A type of the default schema may be there as it was before: those of the temporary schema are found first."""
    if isinstance(thing, Enum | Domain) and thing.schema is None:
        word = "TYPE" if isinstance(thing, Enum) else "DOMAIN"
        return statement.replace(f"CREATE {word} ", f"CREATE {word} pg_temp.", 1)
    return statement


def canonical_domains(dialect: PostgreSQL, connection: sa.Connection, objects: Sequence[Keyed]) -> tuple[Keyed, ...]:
    """What PostgreSQL makes of the domains among *objects*: it writes their CHECKs and defaults in its own way."""
    found: list[Keyed] = []
    for domain in (each for each in objects if isinstance(each, Domain)):
        savepoint = connection.begin_nested()
        try:
            # The others first: a domain may be made of an enum, or of another domain.
            _provide(dialect, connection, [each for each in objects if each is not domain])
            _provide(dialect, connection, [replace(domain, schema=None)])
            made = [each for each in read_temporary_domains(connection) if each.name == domain.name]
        finally:
            savepoint.rollback()
        found += [_declared(normal_domain(each), domain) for each in made]
        if not made:
            log.warning("domain %s could not be compared exactly", domain.full_name)
    return tuple(found)


def _declared(made: Domain, domain: Domain) -> Domain:
    """*made* in the place of *domain*, with the words of its author kept for writing it down."""
    authors = {name: check.payload for name, check in domain.checks}
    return replace(
        made,
        schema=domain.schema,
        type=replace(made.type, payload=domain.type.payload, needs=domain.type.needs),
        default=made.default and domain.default and replace(made.default, payload=domain.default.payload),
        checks=tuple((name, replace(check, payload=authors.get(name))) for name, check in made.checks),
    )
