"""MariaDB 10.6 and later, MySQL 8.0 and later: one dialect, because what they differ in is known by the version."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence

import sqlalchemy as sa

from schemashift.dialects.base import Dialect
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.mysql.ddl import ALTERATIONS, COLLATIONS, Alteration, MySQLDDL
from schemashift.dialects.mysql.match import spelled_like
from schemashift.dialects.mysql.names import default_name
from schemashift.dialects.mysql.normal import normal_table
from schemashift.dialects.mysql.read import read_tables, unreadable
from schemashift.dialects.mysql.scratch import canonical
from schemashift.dialects.mysql.session import MySQLSession
from schemashift.dialects.mysql.types import flavour_of, parse_type
from schemashift.dialects.statement import Statement
from schemashift.errors import NotSupported
from schemashift.objects import KINDS, AnyKind
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterTable,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
    Incomplete,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from schemashift.schema import (
    Check,
    Column,
    Constraint,
    ForeignKey,
    Keyed,
    Options,
    PrimaryKey,
    Schema,
    Table,
    TableName,
)


class MySQL(Dialect):
    """MariaDB and MySQL."""

    name = "mysql"
    session_class = MySQLSession
    ddl_class = MySQLDDL
    ddl: MySQLDDL

    def normal(self, table: Table) -> Table:
        """See `schemashift.dialects.mysql.normal`."""
        return normal_table(table, flavour_of(self.sa))

    def read(
        self, connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
    ) -> Schema:
        """See `schemashift.dialects.mysql.read`."""
        return Schema(read_tables(connection, names, schemas=schemas))

    def require(self, connection: sa.Connection, declared: Schema, database: str) -> None:
        """A schema is a database, which no script makes."""
        wanted = {table.schema: table for table in reversed(declared.tables) if table.schema is not None}
        if not wanted:
            return
        rows = connection.exec_driver_sql("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA")
        there = {str(row[0]) for row in rows}
        if connection.exec_driver_sql("SELECT @@lower_case_table_names").scalar():
            there |= {name for name in wanted if name.lower() in {each.lower() for each in there}}
        for schema, table in sorted(wanted.items()):
            if schema not in there:
                raise NotSupported(
                    f'table "{table.table_name}" stands in the schema "{schema}", which {database} does not have',
                    cause="a schema is a database there, and this one is not there or may not be seen",
                    hints=[f"CREATE DATABASE {self.ddl.quote(schema)}"],
                )

    def unreadable(self, connection: sa.Connection, names: Collection[TableName]) -> dict[TableName, str]:
        """See `schemashift.dialects.mysql.read`."""
        return unreadable(connection, names)

    def spelled_like(self, read: Table, declared: Table) -> Table:
        """*read* in the terms of *declared*, wherever both mean the same."""
        return spelled_like(read, declared)

    def canonical(
        self,
        connection: sa.Connection,
        tables: Sequence[Table],
        *,
        objects: Sequence[Keyed] = (),
        kinds: Sequence[AnyKind] = KINDS,
    ) -> dict[TableName, Table]:
        """See `schemashift.dialects.mysql.scratch`."""
        del objects, kinds
        return canonical(connection, tables, self.ddl)

    def default_name(self, table: Table, constraint: Constraint) -> str | None:
        """See `schemashift.dialects.mysql.names`."""
        return default_name(table, constraint, flavour_of(self.sa))

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        """Only what is beside the type may change. MySQL also lets a VARCHAR grow, but not shrink on the way back;
        and where it is pointed to it leaves AUTO_INCREMENT as it is. A text is another where its table's character
        set is, which stands among the column's options then."""
        if not flavour_of(self.sa).mariadb and before.autoincrement != after.autoincrement:
            return False
        return before.type == after.type and self._follows(before) == self._follows(after)

    def _follows(self, column: Column) -> Options:
        """The options of its table that decide what a column is, where it leaves that to them."""
        if column.type.collation is not None or not parse_type(column.type.sql, None, flavour_of(self.sa)).is_text:
            return ()
        return tuple(pair for pair in column.options if pair[0] in COLLATIONS)

    def is_same_name(self, one: str, other: str) -> bool:
        """Names of columns are the same in capitals."""
        return one.lower() == other.lower()

    def replaces_column(self, before: Column, after: Column) -> bool:
        """A column cannot become VIRTUAL or cease to be; STORED and ordinary ones turn into each other."""
        return _is_virtual(before) != _is_virtual(after)

    def keeps_generated(self, before: Column, after: Column) -> bool:
        """Generated columns follow the columns they use."""
        del before, after
        return True

    def keeps_readers(self, before: Column, after: Column) -> bool:
        """Views are read again when they are used."""
        del before, after
        return True

    def compile(self, operations: Sequence[Operation], known: LiveSchema) -> Iterator[Statement]:
        """See `schemashift.dialects.mysql.ddl`."""
        pending = deque(operations)
        while pending:
            operation = pending.popleft()
            if isinstance(operation, ALTERATIONS):
                yield from self._altered(operation, pending, known)
                continue
            if isinstance(operation, AlterTable) and operation.partial:
                operation = self.ddl.whole(operation, known)
            for sql in self.ddl.statements(operation, known):
                yield sql if isinstance(sql, Statement) else Statement(sql=sql, operation=operation)
            if not isinstance(operation, _FOLLOWED):
                known.apply(operation)

    def _altered(self, first: Alteration, pending: deque[Operation], known: LiveSchema) -> Iterator[Statement]:
        """One ALTER TABLE: *first*, with as many of the *pending* as it takes to leave the table legal."""
        first = _on_its_table(first, known)
        assert first.table is not None
        table = known.table(first.table) if self.ddl.needs_table(first) else None
        settled = self.ddl.settled(first, table)
        if settled is None:
            return
        group = [settled]
        if table is not None:
            group = [*self.ddl.making_room(settled, table), settled]
            group += self._completing(settled, table, pending)
        for sql in self.ddl.alter(group, known):
            yield Statement(sql=sql, operation=first)
        left = known.table(first.table) if table is not None else None
        if table is not None and left is not None:
            _forget_drops({i.name for i in table.indexes if i.implicit and left.index(i.name) is None}, left, pending)

    def _completing(self, first: Alteration, table: Table, pending: deque[Operation]) -> list[Alteration]:
        """Those of *pending* that must go together with *first*, taken out of it."""
        try:
            after = self.ddl.applied(first, table)
        except Incomplete:
            return []
        if not self.ddl.legal(table):
            return []
        taken: list[Alteration] = []
        places: list[int] = []
        replaces_key = _replaces_key(first, pending)
        for place, operation in enumerate(pending):
            if self.ddl.legal(after) and not (replaces_key and after.primary_key is None):
                break
            if not isinstance(operation, ALTERATIONS) or operation.table != first.table or _is_apart(operation):
                continue
            settled = self.ddl.settled(operation, after)
            places.append(place)
            if settled is not None:
                after = self.ddl.applied(settled, after)
                taken.append(settled)
        if not self.ddl.legal(after):
            # Nothing that comes makes it legal: the server shall say so.
            return []
        for place in reversed(places):
            del pending[place]
        return taken


_FOLLOWED = (CreateTable, RenameTable, RenameColumn, RenameIndex)
"""The operations whose SQL tells what is known by itself."""


def _on_its_table(operation: Alteration, known: LiveSchema) -> Alteration:
    """An index may be dropped without saying where it is."""
    return known.complete(operation) if isinstance(operation, DropIndex) and operation.table is None else operation


def _replaces_key(first: Alteration, pending: Iterable[Operation]) -> bool:
    """Whether a column that counts takes over from the primary key that goes: one statement, or rows that cannot be
    counted leave a table without a key."""
    if not isinstance(first, DropConstraint) or first.kind is not PrimaryKey:
        return False
    here = (each for each in pending if not isinstance(each, ALTERATIONS) or each.table == first.table)
    following = next(here, None)
    return isinstance(following, AddColumn) and following.column.autoincrement


def _is_apart(operation: Alteration) -> bool:
    """Foreign keys and CHECKs have nothing to do with counting."""
    if isinstance(operation, AddConstraint):
        return isinstance(operation.constraint, ForeignKey | Check)
    return isinstance(operation, DropConstraint) and operation.kind in (ForeignKey, Check)


def _forget_drops(gone: Collection[str], table: Table, pending: deque[Operation]) -> None:
    """Take out of *pending* the drops of indexes that went with their foreign keys: many a script says it itself."""
    names = set(gone)
    for operation in [each for each in pending if table.table_name in each.touches]:
        if isinstance(operation, CreateIndex):
            # From here on the name means another one.
            names.discard(operation.index.name)
        elif isinstance(operation, DropIndex) and operation.name in names:
            names.discard(operation.name)
            pending.remove(operation)


def _is_virtual(column: Column) -> bool:
    return column.computed is not None and not column.computed.stored
