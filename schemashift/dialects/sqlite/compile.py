"""Compile operations to statements: consecutive operations on one table become one physical change.

Operations on a table are collected until something depends on their effect (SQL of the script, or the end), and the
difference between the table as it is and as it will be decides what is executed: nothing, a few native ALTERs, or one
rebuild. Only DROP TABLE, and the RENAMEs, which SQLite applies to all views, triggers and foreign keys, are executed
immediately. With foreign keys off, operations on different tables are independent, so a table's change may be executed
after another's.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from schemashift.dialects.compile import Compilation
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.sqlite.ddl import SQLiteDDL
from schemashift.dialects.sqlite.names import default_name
from schemashift.dialects.sqlite.native import Native
from schemashift.dialects.sqlite.normal import ON_CONFLICT_NOT_NULL, alias_of, written_name
from schemashift.dialects.sqlite.parse import TableText, parse_table
from schemashift.dialects.sqlite.read import CatalogueEntry
from schemashift.dialects.sqlite.rebuild import PREFIX, Rebuild
from schemashift.dialects.sqlite.renaming import renamed_in_texts
from schemashift.dialects.sqlite.unknown_names import refuse_unknown_names
from schemashift.dialects.statement import Statement, compiling
from schemashift.errors import NotSupported
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Incomplete,
    Named,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
    those_named,
)
from schemashift.operations.base import need_table
from schemashift.schema import Column, Constraint, Index, Options, PrimaryKey, Schema, Table, TableName

FLOOR = (3, 26)
"""Since this version, RENAME updates foreign keys with ``foreign_keys`` off, and ``legacy_alter_table`` exists."""
DROP_COLUMN = (3, 35)


@dataclass(slots=True)
class TableChange:
    """A table with changes that are not executed yet.

    ``after`` is in normal form except for its ``options``, which are applied last: AUTOINCREMENT may need a key that is
    added later, and it removes the key's name.
    """

    after: Table
    options: Options
    physical: set[str]
    """The names of the columns that the table has in the database."""
    created: CreateTable | None = None
    fresh: set[str] = field(default_factory=set)
    operations: list[Operation] = field(default_factory=list)
    dropped_indexes: set[str] = field(default_factory=set)

    @property
    def result(self) -> Table:
        """The table after the changes, with its options as they were declared."""
        return replace(self.after, options=self.options)


class SQLiteCompilation(Compilation):
    """Compiles one list of operations."""

    ddl: SQLiteDDL

    def __init__(self, ddl: SQLiteDDL, live: LiveSchema, normal: Callable[[Table], Table]) -> None:
        super().__init__(ddl, live)
        self.normal = normal
        """Returns the normal form of a table, cached by the dialect."""
        self.pending: dict[TableName, TableChange] = {}
        self.written_options: dict[TableName, Options] = {}
        """The declared options of tables, where a table could not have them all when it was changed."""
        self.dropped_columns: frozenset[tuple[TableName, str]] = frozenset()
        """The columns that these operations drop."""
        version = getattr(ddl.dialect, "server_version_info", None)
        self.version: tuple[int, ...] = version or sqlite3.sqlite_version_info

    def statements(self, operations: Sequence[Operation]) -> Iterator[Statement]:
        """Yield the statements for *operations*. Each is executed before the next one is asked for."""
        self.check_version()
        self.dropped_columns = frozenset((each.table, each.name) for each in operations if isinstance(each, DropColumn))
        for operation in operations:
            with compiling(operation):
                yield from self.statement(operation)
        yield from self.flush_all()

    def reached(self, operation: Operation) -> Schema:
        """Return the schema after *operation*. Tables keep their declared options: a later operation may add the key
        that AUTOINCREMENT needs."""
        tables = (self.live.table(name) for name in operation.touches)
        self.written_options.update((table.table_name, table.options) for table in tables if table is not None)
        deque(self.statement(operation), maxlen=0)
        return self.live.schema.put(*(each.result for each in self.pending.values()))

    def check_version(self) -> None:
        """Raise `NotSupported` on a SQLite that is too old."""
        if self.version < FLOOR:
            found = ".".join(map(str, self.version))
            raise NotSupported(f"SQLite {found} is too old", cause="schemashift needs SQLite 3.26 or later")

    def statement(self, operation: Operation) -> Iterator[Statement]:
        """Collect one operation, and yield the statements that must be executed immediately."""
        match operation:
            case CreateTable():
                yield from self.create_table(operation)
            case DropTable():
                yield from self.drop_table(operation)
            case RenameTable():
                yield from self.rename_table(operation)
            case RenameColumn():
                yield from self.rename_column(operation)
            case DropIndex(table=None):
                yield from self.drop_index_anywhere(operation)
            case AlterColumn() if self.fills(operation):
                yield from self.flush(operation.table)
                self.collect(operation.table, operation)
            case CreateIndex():
                yield from self.free_index_name(operation)
                self.collect(operation.table, operation)
            case (
                AddColumn() | AlterColumn() | DropColumn() | AddConstraint() | DropConstraint() | AlterTable()
            ) | RenameIndex():
                self.collect(operation.table, operation)
            case DropIndex() if operation.table is not None:
                self.collect(operation.table, operation)
            case _:
                yield from self.flush_all()
                yield from super().statement(operation)

    # Collecting --------------------------------------------------------------------------------------------------

    def table_change(self, name: TableName) -> TableChange:
        """Return the collected changes of a table. Raises `Incomplete` if it does not exist."""
        if name not in self.pending:
            table = self.normal(self.live.need(name))
            physical = {column.name for column in table.columns}
            options = self.written_options.get(name, table.options)
            self.pending[name] = TableChange(after=self.without_options(table), options=options, physical=physical)
        return self.pending[name]

    def without_options(self, table: Table) -> Table:
        """Return a table in normal form without its options."""
        return self.normal(replace(table, options=()))

    def collect(self, name: TableName, operation: Operation) -> None:
        """Collect an operation that changes one table."""
        pending = self.table_change(name)
        table = pending.result
        match operation:
            case AddColumn() if operation.if_not_exists and _has(table, operation.column.name):
                return
            case DropColumn() if operation.if_exists and table.column(operation.name) is None:
                return
            case DropIndex() if operation.if_exists and table.index(operation.name) is None:
                return
            case DropIndex() if self.went_with_column(pending, self.before(pending).index(operation.name)):
                return
            case CreateIndex() if operation.if_not_exists and table.index(operation.index.name) is not None:
                return
            case DropConstraint():
                self.drop_constraint(pending, operation)
                return
            case AddConstraint(constraint=PrimaryKey()):
                # A table has one primary key at most: a new one replaces the existing one, as SQLite cannot drop it by
                # ALTER.
                kept = tuple(each for each in table.constraints if not isinstance(each, PrimaryKey))
                table = replace(table, constraints=kept)
            case AddColumn():
                pending.fresh.add(operation.column.name)
            case DropColumn():
                pending.fresh.discard(operation.name)
            case DropIndex():
                pending.dropped_indexes.add(operation.name)
            case RenameIndex():
                pending.dropped_indexes.add(operation.old)
            case _:
                pass
        changed = _with_conflict(operation).apply(Schema([table])).table(name)
        assert changed is not None
        self.change(pending, changed, operation)

    def fills(self, operation: AlterColumn) -> bool:
        """Whether a column that is not added yet loses the default which the existing rows need."""
        pending = self.pending.get(operation.table)
        if pending is None or pending.created is not None or operation.name not in pending.fresh:
            return False
        column = pending.after.column(operation.name)
        return "default" in operation.changes and column is not None and column.default is not None

    def went_with_column(self, pending: TableChange, part: Index | Constraint | None) -> bool:
        """Whether *part* of the existing table was dropped with one of its columns: Alembic's batches drop it again."""
        if part is None or part in (*pending.after.indexes, *pending.after.constraints):
            return False
        return any(pending.after.column(name) is None for name in part.columns)

    def change(self, pending: TableChange, after: Table, operation: Operation) -> None:
        """Record the table after an operation."""
        pending.after, pending.options = self.without_options(after), after.options
        pending.operations.append(operation)

    def drop_constraint(self, pending: TableChange, operation: DropConstraint) -> None:
        """Collect the drop of a constraint by its name, or by the default name of an unnamed one."""
        table = pending.after
        found = self.constraint(pending, operation)
        if found is None:
            if operation.if_exists or self.went_with_column(pending, self.named(self.before(pending), operation)):
                return
            raise Incomplete(f'table "{table.table_name}" has no constraint "{operation.name}"')
        kept = tuple(constraint for constraint in table.constraints if constraint != found)
        self.change(pending, replace(pending.result, constraints=kept), operation)

    def constraint(self, pending: TableChange, operation: DropConstraint) -> Constraint | None:
        """Return the constraint that is meant; None if there is none. The default names of several unnamed ones are
        numbered, and change when one is dropped: the names before these operations are accepted as well."""
        table = pending.after
        if operation.constraint is not None:
            live = replace(table, constraints=(operation.constraint,))
            wanted = self.normal(live).constraints
            if wanted and wanted[0] in table.constraints and wanted[0].name in (None, operation.name):
                return wanted[0]
        return self.named(table, operation) or self.named(self.before(pending), operation, among=table)

    def named(self, table: Table, operation: DropConstraint, among: Table | None = None) -> Constraint | None:
        """Return the constraint of *table* with the operation's name, if *among* has it as well.

        Of several with that name, the one on a column that these operations drop, else the first.
        """
        kinds = [c for c in table.constraints if operation.kind is None or isinstance(c, operation.kind)]
        kinds = [c for c in kinds if among is None or c in among.constraints]
        exact = [constraint for constraint in kinds if written_name(constraint) == operation.name]
        if exact:
            gone = {name for table, name in self.dropped_columns if table == operation.table}
            return next((c for c in exact if gone.intersection(c.columns)), exact[0])
        unnamed = (c for c in kinds if c.name is None and default_name(table, c) == operation.name)
        return next((c for c in kinds if alias_of(c) == operation.name), None) or next(unnamed, None)

    def before(self, pending: TableChange) -> Table:
        """Return the table as it is in the database."""
        if pending.created is not None:
            return pending.after
        return self.normal(self.live.need(pending.after.table_name))

    # Executed immediately
    # -----------------------------------------------------------------------------------------------------

    def create_table(self, operation: CreateTable) -> Iterator[Statement]:
        """Collect a new table: constraints and indexes that are added to it become a part of its CREATE TABLE."""
        name = operation.table.table_name
        if name in self.pending:
            if operation.if_not_exists:
                return
            yield from self.flush(name)
        if operation.if_not_exists and self.live.table(name) is not None:
            return
        table = self.without_options(operation.table)
        self.pending[name] = TableChange(
            after=table,
            options=operation.table.options,
            physical=set(),
            created=operation,
            fresh={c.name for c in table.columns},
            operations=[operation],
        )

    def drop_table(self, operation: DropTable) -> Iterator[Statement]:
        """Drop a table. Its collected changes are discarded."""
        pending = self.pending.pop(operation.name, None)
        self.written_options.pop(operation.name, None)
        if pending is not None and pending.created is not None:
            return
        exists = "IF EXISTS " if operation.if_exists else ""
        yield Statement(sql=f"DROP TABLE {exists}{self.ddl.table(operation.name)}", operations=(operation,))
        if not operation.if_exists or self.live.table(operation.name) is not None:
            self.live.apply(operation)

    def rename_table(self, operation: RenameTable) -> Iterator[Statement]:
        """Rename a table. SQLite renames it in foreign keys, views and triggers."""
        yield from self.flush_all()
        steps = [(operation.old, operation.new)]
        if operation.old.name.lower() == operation.new.lower():
            # To SQLite both names are the same.
            between = TableName(PREFIX + operation.new, operation.old.schema)
            steps = [(operation.old, between.name), (between, operation.new)]
        for old, new in steps:
            yield Statement(
                sql=f"ALTER TABLE {self.ddl.table(old)} RENAME TO {self.ddl.quote(new)}", operations=(operation,)
            )
        self.live.apply(operation)
        if operation.old in self.written_options:
            renamed = TableName(operation.new, operation.old.schema)
            self.written_options[renamed] = self.written_options.pop(operation.old)
        # The texts of other tables, and of triggers and views, have changed.
        self.live.forget()

    def rename_column(self, operation: RenameColumn) -> Iterator[Statement]:
        """Rename a column. SQLite renames it everywhere in the catalogue; collected changes are renamed here."""
        pending = self.pending.get(operation.table)
        if pending is not None and operation.new in pending.physical:
            yield from self.flush(operation.table)
            pending = None
        if pending is None or operation.old not in pending.fresh:
            table, old, new = self.ddl.table(operation.table), operation.old, operation.new
            yield Statement(
                sql=f"ALTER TABLE {table} RENAME COLUMN {self.ddl.quote(old)} TO {self.ddl.quote(new)}",
                operations=(operation,),
            )
            self.live.change(operation.table, partial(self.renamed_in_texts, operation))
            self.live.apply(operation)
            self.live.forget()
        if pending is not None:
            _swap(pending.fresh, operation.old, operation.new)
            _swap(pending.physical, operation.old, operation.new)
            pending.operations.append(operation)
            renamed = operation.apply(Schema([self.renamed_in_texts(operation, pending.after)]))
            pending.after = self.without_options(need_table(renamed, operation.table))
        for other in self.pending.values():
            other.after = self.without_options(operation.retargeted(other.after))

    def renamed_in_texts(self, operation: RenameColumn, table: Table) -> Table:
        """Return *table* with a column renamed in its expressions, as SQLite does it."""
        return renamed_in_texts(self.normal(table), operation.old, operation.new, self.ddl.quote)

    def drop_index_anywhere(self, operation: DropIndex) -> Iterator[Statement]:
        """Drop an index by its name alone, which is unique in a SQLite database."""
        for name, pending in self.pending.items():
            if name.schema == operation.schema and pending.after.index(operation.name) is not None:
                self.collect(name, replace(operation, table=name))
                return
        exists = "IF EXISTS " if operation.if_exists else ""
        index = self.ddl.table(TableName(operation.name, operation.schema))
        yield Statement(sql=f"DROP INDEX {exists}{index}", operations=(operation,))
        self.live.apply(operation)

    def free_index_name(self, operation: CreateIndex) -> Iterator[Statement]:
        """Execute the changes of another table that drop an index of the same name."""
        for name in [
            name
            for name, pending in self.pending.items()
            if name != operation.table and operation.index.name in pending.dropped_indexes
        ]:
            yield from self.flush(name)

    # Executing collected changes
    # -------------------------------------------------------------------------------------------------------

    def flush_all(self) -> Iterator[Statement]:
        """Yield the statements for all collected changes, in their order."""
        for name in list(self.pending):
            yield from self.flush(name)

    def flush(self, name: TableName) -> Iterator[Statement]:
        """Yield the statements for the collected changes of one table."""
        pending = self.pending.pop(name)
        operations = tuple(pending.operations)
        with compiling(*operations):
            for sql, about in self.sql_for(pending):
                yield Statement(sql=sql, operations=those_named(operations, about))

    def sql_for(self, pending: TableChange) -> Iterator[tuple[str, Named]]:
        """Yield the SQL for the collected changes of one table, each with what it is about, if not all of them."""
        after = self.normal(pending.result)
        self.written_options[after.table_name] = pending.options
        if pending.created is not None:
            refuse_unknown_names(None, after, self.ddl.quote)
            return self.created(after)
        before = self.before(pending)
        refuse_unknown_names(before, after, self.ddl.quote)
        return self.changed(before, after, pending.fresh)

    def created(self, table: Table) -> Iterator[tuple[str, Named]]:
        """Yield the creation of a new table with its indexes."""
        yield self.ddl.create(table), Named()
        for index in table.indexes:
            yield self.ddl.index(table.table_name, index), Named(constraint=index.name)
        self.live.apply(CreateTable(table=table))

    def changed(self, before: Table, after: Table, fresh: Collection[str]) -> Iterator[tuple[str, Named]]:
        """Yield native ALTERs where they suffice, else a rebuild."""
        native = Native(before, after, fresh, self.ddl, self.normal)
        if native.possible(self.texts_for(before, native)):
            yield from native.statements()
            self.live.put(after)
            return
        before, entry = self.source(before)
        if entry is not None and entry.fault is not None:
            raise NotSupported(
                f'table "{after.table_name}" cannot be rebuilt: its CREATE statement is not understood',
                cause=entry.fault,
            )
        for sql in Rebuild(before, after, fresh, entry, self.ddl).statements(self.columns_of):
            yield sql, Named()
        self.live.put(after)
        self.live.forget()

    def texts_for(self, before: Table, native: Native) -> TableText | None:
        """Return the table's statement where a native DROP COLUMN may be possible; else None."""
        if not native.dropped or self.version < DROP_COLUMN:
            return None
        before, entry = self.source(before)
        return entry.text if entry is not None else parse_table(self.ddl.create(before))

    def columns_of(self, name: str) -> tuple[Column, ...]:
        """Return the columns of a table by its unqualified name; none if it is not a table."""
        table = self.live.table(TableName(name))
        return table.columns if table is not None else ()

    def source(self, before: Table) -> tuple[Table, CatalogueEntry | None]:
        """Return the table and the texts that it was read from, read again if these are stale."""
        for again in (False, True):
            if again:
                self.live.forget()
                before = self.live.need(before.table_name)
            entry = before.payload
            if isinstance(entry, CatalogueEntry) and entry.table == before:
                return before, entry
        entry = before.payload
        if isinstance(entry, CatalogueEntry) and (entry.triggers or entry.fault):
            raise NotSupported(
                f'table "{before.table_name}" cannot be rebuilt without reading it again',
                cause="it has triggers, whose current form is not known without a connection",
            )
        return before, None


def _swap(names: set[str], old: str, new: str) -> None:
    if old in names:
        names.remove(old)
        names.add(new)


def _has(table: Table, column: str) -> bool:
    return any(each.name.lower() == column.lower() for each in table.columns)


def _with_conflict(operation: Operation) -> Operation:
    """Return *operation* with the ON CONFLICT that a script passes for NOT NULL as an option of the column."""
    if not isinstance(operation, AlterColumn):
        return operation
    conflict = tuple(pair for pair in operation.options if pair[0] == ON_CONFLICT_NOT_NULL)
    return replace(operation, set=(*operation.set, ("options", conflict))) if conflict else operation
