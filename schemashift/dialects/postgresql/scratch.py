"""Decision 4 on PostgreSQL: temporary tables in a transaction that is rolled back.

A role that may create nothing else may create these; a read-only replica refuses even that, and then the texts are
compared as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from schemashift.schema import Doubt, Key, Keyed, Table
from schemashift.sqla.errors import driver_message

if TYPE_CHECKING:
    from schemashift.dialects.postgresql import PostgreSQL


def canonical(
    dialect: PostgreSQL, connection: sa.Connection, tables: Sequence[Table], objects: Sequence[Keyed]
) -> Iterator[Table | Doubt]:
    """What PostgreSQL makes of *tables*, those of one name in turn: temporary tables have no schema of their own."""
    waiting = {table.table_name: table for table in tables}
    while waiting:
        batch = {table.name: table for table in reversed(waiting.values())}
        for table in batch.values():
            del waiting[table.table_name]
        yield from _together(dialect, connection, tuple(batch.values()), objects)


def _together(
    dialect: PostgreSQL, connection: sa.Connection, tables: Sequence[Table], objects: Sequence[Keyed]
) -> Iterator[Table | Doubt]:
    """All in one SAVEPOINT; where that fails, one by one, so that one table's trouble stays its own."""
    try:
        yield from _make(dialect, connection, tables, objects)
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        if len(tables) == 1:
            yield _doubt(tables[0], driver_message(error))
            return
        for table in tables:
            yield from _together(dialect, connection, [table], objects)


def _doubt(thing: Keyed, reason: str) -> Doubt:
    return Doubt(about=thing.key, what="compared exactly", reason=reason)


def _make(
    dialect: PostgreSQL, connection: sa.Connection, tables: Sequence[Table], objects: Sequence[Keyed]
) -> list[Table]:
    savepoint = connection.begin_nested()
    try:
        _provide(dialect, connection, objects)
        for statement in _statements(dialect, tables):
            connection.exec_driver_sql(statement, execution_options=RAW)
        found = {table.name: table for table in read_temporary(connection, [t.name for t in tables])}
    finally:
        savepoint.rollback()
    return [with_server_text(found[table.name], table) for table in tables]


def _statements(dialect: PostgreSQL, tables: Iterable[Table]) -> Iterable[str]:
    for table in tables:
        copy = scratch_copy(table)
        yield dialect.ddl.create(copy).replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1)
        for index in copy.indexes:
            yield dialect.ddl.index(copy.table_name, index)


def _provide(dialect: PostgreSQL, connection: sa.Connection, objects: Sequence[Keyed]) -> dict[Key, str]:
    """Make what the tables need and the database lacks, and return why each of what could not be made was not. That may
    not be needed: the tables will say."""
    failed: dict[Key, str] = {}
    kinds = {kind.name: kind for kind in KINDS}
    for thing in sorted(objects, key=lambda each: each.key.kind != "schema"):
        for operation in kinds[thing.key.kind].create(thing):
            savepoint = connection.begin_nested()
            try:
                for statement in dialect.ddl.statements(operation, Known()):
                    connection.exec_driver_sql(_temporary(str(statement), thing), execution_options=RAW)
                savepoint.commit()
            except sa.exc.DBAPIError as error:
                savepoint.rollback()
                failed[thing.key] = driver_message(error)
    return failed


def _temporary(statement: str, thing: Keyed) -> str:
    """A type of the default schema may be there as it was before: those of the temporary schema are found first."""
    if isinstance(thing, Enum | Domain) and thing.schema is None:
        word = "TYPE" if isinstance(thing, Enum) else "DOMAIN"
        return statement.replace(f"CREATE {word} ", f"CREATE {word} pg_temp.", 1)
    return statement


def canonical_domains(
    dialect: PostgreSQL, connection: sa.Connection, objects: Sequence[Keyed]
) -> Iterator[Domain | Doubt]:
    """What PostgreSQL makes of the domains among *objects*: it writes their CHECKs and defaults in its own way."""
    for domain in (each for each in objects if isinstance(each, Domain)):
        copy = replace(domain, schema=None)
        savepoint = connection.begin_nested()
        try:
            # The others first: a domain may be made of an enum, or of another domain.
            _provide(dialect, connection, [each for each in objects if each is not domain])
            failed = _provide(dialect, connection, [copy])
            made = [each for each in read_temporary_domains(connection) if each.name == domain.name]
        finally:
            savepoint.rollback()
        if made and not failed:
            yield _declared(normal_domain(made[0]), domain)
        else:
            yield _doubt(domain, failed.get(copy.key, "the server does not show it"))


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
