"""Compile operations to statements. Nearly everything is an ALTER TABLE of one or more clauses, as the servers require:

- MODIFY repeats the whole definition of a column, so it is taken from the live schema;
- an AUTO_INCREMENT column must be the first column of a key at all times, so the operation that removes its key goes
  into the same statement as the one that adds the next (`has_keyed_auto_increment`);
- a foreign key must have an index at all times, so each ALTER also maintains the indexes that InnoDB created for
  foreign keys (`foreign_key_indexes`);
- some types cannot be converted directly, so the column has an intermediate type first (`convert_first`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from schemashift.dialects.compile import Compilation
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.mysql.convert import intermediate_type, relabelling
from schemashift.dialects.mysql.ddl import COLLATIONS, Clause, MySQLDDL, column_of_check
from schemashift.dialects.mysql.foreign_key_indexes import maintain_foreign_key_indexes
from schemashift.dialects.mysql.names import default_name, is_numbered_next
from schemashift.dialects.mysql.normal import is_column_level
from schemashift.dialects.mysql.renaming import renamed_in_texts, renamed_with_table
from schemashift.dialects.mysql.types import parse_type
from schemashift.dialects.statement import Statement, compiling
from schemashift.errors import NotSupported
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    ColumnChanges,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    Incomplete,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from schemashift.operations import default_name as standard_name
from schemashift.schema import (
    Check,
    Column,
    Constraint,
    ForeignKey,
    Index,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Type,
    Unique,
)

Alteration = AddColumn | DropColumn | AlterColumn | AddConstraint | DropConstraint | CreateIndex | DropIndex
_FOLLOWED = (CreateTable, RenameTable, RenameColumn, RenameIndex)
"""Operations for which the server does more than they declare: their own methods update the live schema."""


class MySQLCompilation(Compilation):
    """Compiles one list of operations."""

    ddl: MySQLDDL

    def __init__(self, ddl: MySQLDDL, live: LiveSchema) -> None:
        super().__init__(ddl, live)
        self.flavour = ddl.flavour
        self.pending: deque[Operation] = deque()
        """The operations that are still to be compiled."""

    def statements(self, operations: Sequence[Operation]) -> Iterator[Statement]:
        self.pending = deque(operations)
        while self.pending:
            operation = self.pending.popleft()
            with compiling(operation):
                yield from self.statement(operation)

    def statement(self, operation: Operation) -> Iterator[Statement]:
        if isinstance(operation, Alteration):
            yield from self.altered(operation)
        elif isinstance(operation, AlterTable) and operation.partial:
            yield from super().statement(self.completed_options(operation))
        else:
            yield from super().statement(operation)

    def texts(self, operation: Operation) -> Iterator[str | Statement]:
        match operation:
            case CreateTable():
                yield from self.create_table(operation)
            case AlterTable():
                yield from self.alter_table(operation)
            case RenameTable():
                yield from self.rename_table(operation)
            case RenameColumn():
                yield from self.rename_column(operation)
            case RenameIndex():
                yield from self.rename_index(operation)
            case _:
                yield from super().texts(operation)

    def follow(self, operation: Operation) -> None:
        if not isinstance(operation, _FOLLOWED):
            super().follow(operation)

    # Tables, and renames -------------------------------------------------------------------------------------------

    def create_table(self, operation: CreateTable) -> Iterator[str]:
        if operation.if_not_exists and self.live.table(operation.table.table_name) is not None:
            return
        yield self.ddl.create(operation.table)
        self.live.put(self.ddl.as_created(operation.table))

    def rename_table(self, operation: RenameTable) -> Iterator[str]:
        new = TableName(operation.new, operation.old.schema)
        yield f"ALTER TABLE {self.ddl.table(operation.old)} RENAME TO {self.ddl.table(new)}"
        self.live.apply(operation)
        table = self.live.table(new)
        if table is not None:
            constraints = (renamed_with_table(c, operation.old.name, operation.new) for c in table.constraints)
            self.live.put(replace(table, constraints=tuple(constraints)))

    def completed_options(self, operation: AlterTable) -> AlterTable:
        """Return a partial *operation* with the options that it does not change. Character set and collation are one
        setting: setting one replaces the other."""
        options = [dict(value) for field, value in operation.set if field == "options" and isinstance(value, tuple)]
        given = {name for each in options for name in each} & COLLATIONS
        past = COLLATIONS - given if given else frozenset()
        done = self.live.complete(operation)
        kept = (
            (field, tuple(pair for pair in value if pair[0] not in past) if isinstance(value, tuple) else value)
            for field, value in done.set
        )
        return replace(done, set=tuple(kept))

    def alter_table(self, operation: AlterTable) -> Iterator[str]:
        clauses: list[str] = []
        for field, value in operation.set:
            if field == "comment" and (value is None or isinstance(value, str)):
                clauses.append(f"COMMENT={self.ddl.literal(value or '')}")
            elif field == "options" and isinstance(value, tuple):
                clauses += self.ddl.new_settings(self.live.need(operation.table), value)
            else:
                raise NotSupported(f'{self.ddl.dialect.name} cannot change the {field} of table "{operation.table}"')
        if clauses:
            yield self.ddl.alter_text(operation.table, clauses)

    def rename_column(self, operation: RenameColumn) -> Iterator[str]:
        table = self.live.table(operation.table)
        rename = f"RENAME COLUMN {self.ddl.quote(operation.old)} TO {self.ddl.quote(operation.new)}"
        if table is None:
            yield self.ddl.alter_text(operation.table, [rename])
            self.live.apply(operation)
            return
        before, after = ([], []) if self.flavour.mariadb else self.ddl.rewritten(table, operation.old, operation.new)
        index = table.index(operation.old)
        follows = index is not None and index.implicit and not _has_index(table, operation.new)
        if follows:
            # Named after the column, as the server would name it now, so that it is still recognized as implicit.
            after.append(f"RENAME INDEX {self.ddl.quote(operation.old)} TO {self.ddl.quote(operation.new)}")
        yield self.ddl.alter_text(operation.table, [*before, rename, *after])
        self.live.apply(operation)
        table = renamed_in_texts(self.live.need(operation.table), operation.old, operation.new)
        if follows:
            named = (replace(i, name=operation.new) if i.name == operation.old else i for i in table.indexes)
            table = replace(table, indexes=tuple(named))
        self.live.put(table)

    def rename_index(self, operation: RenameIndex) -> Iterator[str]:
        table = self.live.table(operation.table)
        rename = f"RENAME INDEX {self.ddl.quote(operation.old)} TO {self.ddl.quote(operation.new)}"
        yield self.ddl.alter_text(operation.table, [rename])
        unique = table.constraint(operation.old) if table else None
        if table is None or not isinstance(unique, Unique):
            self.live.apply(operation)
            return
        constraints = tuple(replace(c, name=operation.new) if c is unique else c for c in table.constraints)
        self.live.put(replace(table, constraints=constraints))

    # The operations of one ALTER TABLE -----------------------------------------------------------------------------

    def altered(self, first: Alteration) -> Iterator[Statement]:
        """Yield one ALTER TABLE: *first*, and the following operations that are needed to leave a valid table."""
        carried: list[Operation] = [first]
        first = self.on_its_table(first)
        assert first.table is not None
        table = self.live.table(first.table) if _needs_table(first) else None
        completed = self.completed(first, table)
        if completed is None:
            return
        group = [completed]
        if table is not None:
            group = [*_drop_implicit_first(completed, table), completed]
            joined = self.joined(completed, table)
            group += [each for _, each in joined]
            carried += [operation for operation, _ in joined]
        with compiling(*carried):
            for sql in self.alter(group):
                yield Statement(sql=sql, operations=tuple(carried))
        left = self.live.table(first.table) if table is not None else None
        if table is not None and left is not None:
            self.forget_drops({i.name for i in table.indexes if i.implicit and left.index(i.name) is None}, left)

    def on_its_table(self, operation: Alteration) -> Alteration:
        """Return *operation* with its table: DROP INDEX may be given without one."""
        if isinstance(operation, DropIndex) and operation.table is None:
            return self.live.complete(operation)
        return operation

    def joined(self, first: Alteration, table: Table) -> list[tuple[Operation, Alteration]]:
        """Return the operations that must be in one statement with *first*, each as written and as completed. They are
        removed from the pending ones."""
        try:
            after = _applied(first, table)
        except Incomplete:
            return []
        if not has_keyed_auto_increment(table):
            return []
        taken: list[tuple[Operation, Alteration]] = []
        places: list[int] = []
        replaces_key = _replaces_key(first, self.pending)
        for place, operation in enumerate(self.pending):
            if has_keyed_auto_increment(after) and not (replaces_key and after.primary_key is None):
                break
            if not isinstance(operation, Alteration) or operation.table != first.table or _is_apart(operation):
                continue
            completed = self.completed(operation, after)
            places.append(place)
            if completed is not None:
                after = _applied(completed, after)
                taken.append((operation, completed))
        if not has_keyed_auto_increment(after):
            # No later operation makes the table valid: let the server refuse the statement.
            return []
        for place in reversed(places):
            del self.pending[place]
        return taken

    def forget_drops(self, gone: Collection[str], table: Table) -> None:
        """Remove from the pending operations the drops of indexes that were dropped with their foreign keys: many
        scripts drop them explicitly."""
        names = set(gone)
        for operation in [each for each in self.pending if table.table_name in each.touches]:
            if isinstance(operation, CreateIndex):
                # From here on the name refers to another index.
                names.discard(operation.index.name)
            elif isinstance(operation, DropIndex) and operation.name in names:
                names.discard(operation.name)
                self.pending.remove(operation)

    def completed(self, operation: Alteration, table: Table | None) -> Alteration | None:
        """Return *operation* with missing information taken from *table*; None if there is nothing to do."""
        if table is None:
            return operation
        match operation:
            case AddColumn():
                exists = operation.if_not_exists and table.column(operation.column.name) is not None
                return None if exists else operation
            case DropColumn():
                gone = operation.if_exists and table.column(operation.name) is None
                return None if gone else replace(operation, column=table.column(operation.name))
            case AlterColumn():
                # The existing column, not the comparison's form of it: attributes that models cannot declare must not
                # be lost.
                return replace(operation, before=table.column(operation.name) or operation.before)
            case AddConstraint():
                name = operation.constraint.name or default_name(table, operation.constraint, self.flavour)
                return replace(operation, constraint=replace(operation.constraint, name=name))
            case CreateIndex():
                exists = operation.if_not_exists and _has_index(table, operation.index.name)
                return None if exists or _is_implicit_there(operation.index, table) else operation
            case DropConstraint():
                return _completed_constraint(operation, table)
            case DropIndex():
                return _completed_index(operation, table)

    # ALTER TABLE -----------------------------------------------------------------------------------------------------

    def alter(self, operations: list[Alteration]) -> Iterator[str]:
        """Yield one ALTER TABLE for completed *operations* on one table, and apply all of its effects."""
        name = operations[0].table
        assert name is not None
        table = self.live.table(name) if any(map(_needs_table, operations)) else None
        for operation in operations:
            yield from self.convert_first(operation, table)
        if table is None:
            yield self.ddl.alter_text(name, [c.text for each in operations for c in self.clauses(each, None)])
            self.live.apply(operations)
            return
        clauses: list[Clause] = []
        after = table
        for operation in operations:
            _join(clauses, self.clauses(operation, after))
            try:
                after = _applied(operation, after)
            except Incomplete:
                # The operations do not fit the known table: let the server report that in its own words.
                yield self.ddl.alter_text(name, [clause.text for clause in clauses])
                self.live.forget()
                return
        maintained = maintain_foreign_key_indexes(table, after, self.flavour)
        texts = [clause.text for clause in clauses]
        texts += [f"DROP INDEX {self.ddl.quote(index.name)}" for index in maintained.dropped]
        texts += [f"ADD {self.ddl.index_clause(index)}" for index in maintained.added]
        yield self.as_statement(operations, texts)
        self.live.apply(operations)
        self.live.put(maintained.table)

    def as_statement(self, operations: list[Alteration], clauses: list[str]) -> str:
        """Return the statement for *clauses*. For a single index it is CREATE INDEX or DROP INDEX."""
        operation = operations[0]
        assert operation.table is not None
        if len(clauses) == 1 and isinstance(operation, CreateIndex):
            return self.ddl.index(operation.table, operation.index)
        if len(clauses) == 1 and isinstance(operation, DropIndex):
            return f"DROP INDEX {self.ddl.quote(operation.name)} ON {self.ddl.table(operation.table)}"
        return self.ddl.alter_text(operation.table, clauses)

    def clauses(self, operation: Alteration, table: Table | None) -> Iterator[Clause]:
        """Yield the clauses for one operation. *table* is the table before it."""
        match operation:
            case AddColumn():
                alone = table or Table(name=operation.table.name)
                yield Clause(f"ADD COLUMN {self.ddl.column(operation.column, alone)}", operation.column.name)
            case AlterColumn():
                column = altered_column(operation)
                yield Clause(f"MODIFY COLUMN {self.ddl.column(column, table or Table(name=''))}", operation.name)
            case DropColumn():
                yield from self.ddl.drop_dependents(operation.name, table)
                yield Clause(f"DROP COLUMN {self.ddl.quote(operation.name)}")
            case AddConstraint(constraint=constraint):
                if table is not None and is_numbered_next(constraint, table, self.flavour):
                    constraint = replace(constraint, name=None)
                yield Clause(f"ADD {self.ddl.constraint_of(constraint, operation.table)}")
            case DropConstraint():
                kind = type(operation.constraint) if operation.constraint is not None else operation.kind
                yield self.ddl.drop_clause(operation.name, kind, operation.constraint, table)
            case CreateIndex():
                yield Clause(f"ADD {self.ddl.index_clause(operation.index)}")
            case DropIndex():
                yield Clause(f"DROP INDEX {self.ddl.quote(operation.name)}")

    def convert_first(self, operation: Alteration, table: Table | None) -> Iterator[str]:
        """Yield the statements that must precede a change of type. See `schemashift.dialects.mysql.convert`."""
        if not isinstance(operation, AlterColumn):
            return
        before, after = _type_before(operation), altered_column(operation)
        between = None if before is None or after.computed else intermediate_type(before, after, self.flavour)
        if between is None:
            return
        # Without the CHECKs in its definition: they are repeated with the type that they are for.
        modify = f"MODIFY COLUMN {self.ddl.column(between.column, Table(name=''))}"
        yield self.ddl.alter_text(operation.table, [modify])
        for label in between.renames:
            yield self.relabelled(label, between.column, operation.table, table)

    def relabelled(self, label: tuple[str, str], column: Column, name: TableName, table: Table | None) -> str:
        """Return the UPDATE for a renamed *label* of *column*. Columns with ON UPDATE keep their values."""
        quote, base = self.ddl.quote, parse_type(column.type.sql, None, self.flavour).base
        value, rows = map(self.ddl.in_sql_mode, relabelling(label, quote(column.name), base))
        kept = self.ddl.kept(table, quote(column.name))
        return f"UPDATE {self.ddl.table(name)} SET {quote(column.name)} = {value}{kept} WHERE {rows}"


def altered_column(operation: AlterColumn) -> Column:
    """Return the column after *operation*. Where the table is not known, it is built from the script's arguments."""
    if operation.before is not None:
        return operation.after
    fields: ColumnChanges = {**operation.existing_values, **operation.changes}
    if "type" not in fields:
        where = f'"{operation.table}.{operation.name}"'
        raise NotSupported(
            f"the column {where} cannot be altered without knowing its type",
            hints=["pass existing_type=..., existing_nullable=... and existing_server_default=..."],
        )
    return Column(name=operation.name, **fields)


def has_keyed_auto_increment(table: Table) -> bool:
    """Whether at most one column is AUTO_INCREMENT, and is the first column of a key: servers accept no other table."""
    numbered = [column.name for column in table.columns if column.autoincrement]
    leaders = {c.columns[0] for c in table.constraints if isinstance(c, PrimaryKey | Unique)}
    leaders |= {index.parts[0].column or "" for index in table.indexes}
    return len(numbered) <= 1 and leaders.issuperset(numbered)


def _needs_table(operation: Alteration) -> bool:
    """Whether the table must be known: for a plain new column it need not be."""
    if isinstance(operation, AddColumn):
        return operation.if_not_exists or operation.column.autoincrement
    return True


def _applied(operation: Alteration, table: Table) -> Table:
    """Return *table* after *operation*."""
    after = operation.apply(Schema([table])).table(table.table_name)
    assert after is not None
    return after


def _drop_implicit_first(operation: Alteration, table: Table) -> Iterator[DropIndex]:
    """Yield the drop of an implicit index with the name of the new one, which replaces it in the same statement so that
    the foreign key always has an index."""
    standing = table.index(operation.index.name) if isinstance(operation, CreateIndex) else None
    if standing is not None and standing.implicit:
        yield DropIndex(table=table.table_name, name=standing.name, index=standing)


def _replaces_key(first: Alteration, pending: Iterable[Operation]) -> bool:
    """Whether an AUTO_INCREMENT column replaces the primary key that is dropped: in two statements, rows that cannot be
    numbered would leave a table without a key."""
    if not isinstance(first, DropConstraint) or first.kind is not PrimaryKey:
        return False
    here = (each for each in pending if not isinstance(each, Alteration) or each.table == first.table)
    following = next(here, None)
    return isinstance(following, AddColumn) and following.column.autoincrement


def _is_apart(operation: Alteration) -> bool:
    """Whether the operation is independent of AUTO_INCREMENT, as those on foreign keys and CHECKs are."""
    if isinstance(operation, AddConstraint):
        return isinstance(operation.constraint, ForeignKey | Check)
    return isinstance(operation, DropConstraint) and operation.kind in (ForeignKey, Check)


def _join(clauses: list[Clause], more: Iterable[Clause]) -> None:
    """Append *more*. A second definition of a column replaces the first, under the same verb."""
    for clause in more:
        first = next((i for i, each in enumerate(clauses) if clause.column and each.column == clause.column), None)
        if first is None:
            clauses.append(clause)
        else:
            verb = clauses[first].text.partition(" ")[0]
            clauses[first] = Clause(f"{verb} {clause.text.partition(' ')[2]}", clause.column)


def _is_implicit_there(index: Index, table: Table) -> bool:
    """Whether InnoDB already has the same index for a foreign key. The catalogue does not tell the two apart."""
    standing = table.index(index.name)
    return standing is not None and standing.implicit and standing == index


def _type_before(operation: AlterColumn) -> Type | None:
    """Return the current type of the column, as the script declares it where the table is not known; None for a
    generated column, whose values are not converted."""
    if operation.before is None:
        return operation.existing_values.get("type")
    return None if operation.before.computed else operation.before.type


def _has_index(table: Table, name: str) -> bool:
    return table.index(name) is not None or isinstance(table.constraint(name), Unique)


def _completed_constraint(operation: DropConstraint, table: Table) -> DropConstraint | DropIndex | None:
    """Return the drop of the constraint that is meant, which may be a primary key of another name, or a unique
    index."""
    name, kind = operation.name, operation.kind
    primary = table.primary_key
    if kind is PrimaryKey and primary is not None:
        found = standard_name(table.name, primary)
        return replace(operation, name=primary.name or found, constraint=primary)
    there = [c for c in table.constraints if kind is None or isinstance(c, kind)]
    exact = next((c for c in there if c.name == name), None)
    exact = exact or next((c for c in there if c.name is None and name in _nicknames(c, table)), None)
    if exact is not None:
        # Under the name that `DropConstraint.apply` looks for.
        return replace(
            operation, name=exact.name or standard_name(table.name, exact), constraint=exact, kind=type(exact)
        )
    index = table.index(name)
    if index is not None and index.unique and kind in (None, Unique):
        return DropIndex(table=operation.table, name=name, index=index, origin=operation.origin)
    return None if operation.if_exists else operation


def _nicknames(constraint: Constraint, table: Table) -> Iterator[str]:
    """Yield the names of an unnamed constraint: the one in scripts, and MariaDB's, which is the column's name."""
    yield standard_name(table.name, constraint)
    if isinstance(constraint, Check) and is_column_level(constraint):
        yield column_of_check(constraint)


def _completed_index(operation: DropIndex, table: Table) -> DropConstraint | DropIndex | None:
    """Return the drop of the index that is meant, which may be a unique constraint dropped as an index."""
    index = table.index(operation.name)
    if index is not None:
        return replace(operation, table=table.table_name, index=index)
    unique = table.constraint(operation.name)
    if isinstance(unique, Unique):
        return DropConstraint(
            table=table.table_name, name=operation.name, kind=Unique, constraint=unique, origin=operation.origin
        )
    return None if operation.if_exists else operation
