"""DDL in standard SQL for every operation. A dialect overrides the methods in which its database differs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from schemashift.dialects.live import LiveSchema
from schemashift.dialects.statement import Statement
from schemashift.errors import NotSupported
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterConstraint,
    AlterTable,
    Backfill,
    BackfillNumbers,
    BulkInsert,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    InsertMissingRows,
    Live,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from schemashift.schema import (
    Check,
    Column,
    Constraint,
    Exclude,
    ForeignKey,
    Index,
    IndexPart,
    Options,
    PrimaryKey,
    Table,
    TableName,
    Type,
    Unique,
    option,
)
from schemashift.sqla.literals import escape_binds
from schemashift.sqla.names import names_of
from schemashift.sqla.private import type_affinity
from schemashift.sqla.texts import is_raw_text


def enclosed(text: str) -> str:
    """Return an expression in parentheses, which a comment at its end does not hide."""
    return f"({text}\n)" if "--" in text.rpartition("\n")[2] else f"({text})"


class DDL:
    """Writes operations and their parts as SQL text. Its only state is the SQLAlchemy dialect that it quotes with."""

    prefix = ""
    """The prefix of this dialect's options ("postgresql_")."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self.dialect = dialect
        self.preparer = dialect.identifier_preparer

    @property
    def databases(self) -> tuple[str, ...]:
        """The dialect names under which an operation's own SQL is looked up."""
        return names_of(self.dialect)

    def statements(self, operation: Operation, live: Live) -> Iterator[str | Statement]:
        """Yield the SQL of one operation, which *live* does not have yet: this dialect's, else the operation's own.

        Raises `NotSupported` where there is neither.
        """
        method: Callable[[Operation, Live], Iterator[str | Statement]] | None = getattr(self, operation.verb, None)
        yield from operation.sql(self, live) if method is None else method(operation, live)

    def outside_transaction(self, sql: str, operation: Operation) -> Statement:
        """A statement that cannot run inside a transaction block."""
        return Statement(sql=sql, operations=(operation,), transactional=False)

    # Names and texts ---------------------------------------------------------------------------------------------

    def quote(self, name: str) -> str:
        """Return an identifier, quoted where it must be."""
        return str(self.preparer.quote(name))

    def names(self, names: Iterable[str]) -> str:
        """``a, "order"``."""
        return ", ".join(map(self.quote, names))

    def table(self, name: TableName) -> str:
        """``"my schema".users``."""
        return f"{self.quote(name.schema)}.{self.quote(name.name)}" if name.schema else self.quote(name.name)

    def literal(self, text: str) -> str:
        """A string literal."""
        return "'" + text.replace("'", "''") + "'"

    def conversion(self, column: str, before: Type, after: Type) -> str | None:
        """Return the expression that converts *column* (quoted) to another type; None where none is needed."""
        del column, before, after
        return None

    def option(self, options: Options, name: str) -> Any:
        """Return this dialect's option *name* (without its prefix), or None."""
        return option(options, self.prefix + name)

    # Parts -------------------------------------------------------------------------------------------------------

    def type(self, column: Column) -> str:
        """The type with its collation."""
        collation = column.type.collation
        return column.type.sql + (f" COLLATE {self.quote(collation)}" if collation else "")

    def column(self, column: Column, table: Table) -> str:
        """Return the definition of a column for CREATE TABLE and ADD COLUMN."""
        del table
        return " ".join([self.quote(column.name), self.type(column), *self.attributes(column)])

    def attributes(self, column: Column) -> Iterator[str]:
        """Yield what follows the type: DEFAULT, GENERATED, NOT NULL."""
        if column.default is not None:
            yield f"DEFAULT {column.default.sql}"
        if column.computed is not None:
            text = enclosed(column.computed.sql)
            yield f"GENERATED ALWAYS AS {text} {'STORED' if column.computed.stored else 'VIRTUAL'}"
        if not column.nullable:
            yield "NOT NULL"

    def constraint(self, constraint: Constraint) -> str:
        """Return the definition of a constraint for CREATE TABLE and ADD."""
        name = f"CONSTRAINT {self.quote(constraint.name)} " if constraint.name else ""
        return name + self.constraint_body(constraint)

    def constraint_body(self, constraint: Constraint) -> str:
        """Return the definition of a constraint without its name."""
        match constraint:
            case PrimaryKey():
                return f"PRIMARY KEY ({self.names(constraint.columns)}){self.deferral(constraint)}"
            case Unique():
                return f"UNIQUE ({self.names(constraint.columns)}){self.deferral(constraint)}"
            case Check():
                return f"CHECK {enclosed(constraint.written or constraint.sql)}"
            case ForeignKey():
                return self.foreign_key(constraint)
            case Exclude():
                raise NotSupported(f"{self.dialect.name} has no exclusion constraints")

    def foreign_key(self, key: ForeignKey) -> str:
        """Return the definition of a foreign key without its name."""
        text = f"FOREIGN KEY ({self.names(key.columns)}) REFERENCES {self.table(key.target)}"
        text += f" ({self.names(key.target_columns)})" if key.target_columns else ""
        text += f" MATCH {key.match}" if key.match else ""
        text += f" ON DELETE {key.on_delete}" if key.on_delete else ""
        text += f" ON UPDATE {key.on_update}" if key.on_update else ""
        return text + self.deferral(key)

    def deferral(self, constraint: PrimaryKey | Unique | ForeignKey | Exclude) -> str:
        """Return DEFERRABLE and INITIALLY, with a leading space."""
        text = ""
        if constraint.deferrable is not None:
            text += " DEFERRABLE" if constraint.deferrable else " NOT DEFERRABLE"
        return text + (f" INITIALLY {constraint.initially}" if constraint.initially else "")

    def part(self, part: IndexPart) -> str:
        """Return one element of an index."""
        text = self.quote(part.column) if part.column is not None else self.index_expression(part)
        text += f" COLLATE {self.quote(part.collation)}" if part.collation else ""
        text += f" {part.opclass}" if part.opclass else ""
        text += " DESC" if part.descending else ""
        return text + (f" NULLS {part.nulls.upper()}" if part.nulls else "")

    def index_expression(self, part: IndexPart) -> str:
        """Return the expression of an element of an index: a text as it is, since only a dialect knows what may follow
        the expression in it, and anything else in parentheses."""
        return str(part.expression) if is_raw_text(part.payload) else enclosed(str(part.expression))

    def index(self, table: TableName, index: Index) -> str:
        """Return the CREATE INDEX statement."""
        unique = "UNIQUE " if index.unique else ""
        parts = ", ".join(map(self.part, index.parts))
        return f"CREATE {unique}INDEX {self.quote(index.name)} ON {self.table(table)} ({parts})"

    def create(self, table: Table) -> str:
        """Return the CREATE TABLE statement."""
        items = [self.column(column, table) for column in table.columns]
        items += [self.constraint(constraint) for constraint in table.constraints]
        inner = ",\n\t".join(items)
        return f"CREATE TABLE {self.table(table.table_name)} (\n\t{inner}\n){self.table_options(table)}"

    def table_options(self, table: Table) -> str:
        """Return what follows the closing parenthesis, with a leading space."""
        del table
        return ""

    # Operations --------------------------------------------------------------------------------------------------

    def create_table(self, operation: CreateTable, live: LiveSchema) -> Iterator[str | Statement]:
        table = operation.table
        if operation.if_not_exists and live.table(table.table_name) is not None:
            return
        yield self.create(table)
        for index in table.indexes:
            yield self.index(table.table_name, index)
        yield from self.comments(table)

    def comments(self, table: Table) -> Iterator[str]:
        """Yield the statements that comment on a new table, where comments are separate statements."""
        if table.comment is not None:
            yield self.comment_on_table(table.table_name, table.comment)
        for column in table.columns:
            if column.comment is not None:
                yield self.comment_on_column(table.table_name, column.name, column.comment)

    def comment_on_table(self, table: TableName, comment: str | None) -> str:
        """Return the statement that sets a table's comment or, with None, removes it."""
        return f"COMMENT ON TABLE {self.table(table)} IS {'NULL' if comment is None else self.literal(comment)}"

    def comment_on_column(self, table: TableName, column: str, comment: str | None) -> str:
        """Return the statement that sets a column's comment or, with None, removes it."""
        text = "NULL" if comment is None else self.literal(comment)
        return f"COMMENT ON COLUMN {self.table(table)}.{self.quote(column)} IS {text}"

    def comment_on_constraint(self, table: TableName, name: str, comment: str | None) -> str:
        """Return the statement that sets the comment of a constraint or, with None, removes it."""
        text = "NULL" if comment is None else self.literal(comment)
        return f"COMMENT ON CONSTRAINT {self.quote(name)} ON {self.table(table)} IS {text}"

    def drop_table(self, operation: DropTable, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        yield f"DROP TABLE {'IF EXISTS ' if operation.if_exists else ''}{self.table(operation.name)}"

    def rename_table(self, operation: RenameTable, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        yield f"ALTER TABLE {self.table(operation.old)} RENAME TO {self.quote(operation.new)}"

    def alter_table(self, operation: AlterTable, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        for field, value in operation.set:
            if field != "comment" or not (value is None or isinstance(value, str)):
                raise NotSupported(f'{self.dialect.name} cannot change the {field} of table "{operation.table}"')
            yield self.comment_on_table(operation.table, value)

    def add_column(self, operation: AddColumn, live: LiveSchema) -> Iterator[str | Statement]:
        column, table = operation.column, operation.table
        if operation.if_not_exists and live.need(table).column(column.name) is not None:
            return
        alone = Table(name=table.name, schema=table.schema, columns=(column,))
        yield f"ALTER TABLE {self.table(table)} ADD COLUMN {self.column(column, alone)}"
        yield from self.comments(alone)

    def drop_column(self, operation: DropColumn, live: LiveSchema) -> Iterator[str | Statement]:
        if operation.if_exists and live.need(operation.table).column(operation.name) is None:
            return
        yield f"ALTER TABLE {self.table(operation.table)} DROP COLUMN {self.quote(operation.name)}"

    def rename_column(self, operation: RenameColumn, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        old, new = self.quote(operation.old), self.quote(operation.new)
        yield f"ALTER TABLE {self.table(operation.table)} RENAME COLUMN {old} TO {new}"

    def alter_column(self, operation: AlterColumn, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        head = f"ALTER TABLE {self.table(operation.table)} ALTER COLUMN {self.quote(operation.name)}"
        changes = operation.changes
        for field in changes:
            match field:
                case "type":
                    yield f"{head} SET DATA TYPE {self.type(Column(name=operation.name, type=changes['type']))}"
                case "nullable":
                    yield f"{head} {'DROP' if changes['nullable'] else 'SET'} NOT NULL"
                case "default":
                    default = changes["default"]
                    yield f"{head} DROP DEFAULT" if default is None else f"{head} SET DEFAULT {default.sql}"
                case "comment":
                    yield self.comment_on_column(operation.table, operation.name, changes["comment"])
                case _:
                    raise NotSupported(
                        f'{self.dialect.name} cannot change the {field} of column "{operation.table}.{operation.name}"'
                    )

    def add_constraint(self, operation: AddConstraint, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        yield f"ALTER TABLE {self.table(operation.table)} ADD {self.constraint(operation.constraint)}"

    def alter_constraint(self, operation: AlterConstraint, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        if "options" in operation.changes:
            names = ", ".join(name for name, _ in operation.changes["options"])
            raise NotSupported(f'{self.dialect.name} cannot change {names} of constraint "{operation.name}"')
        yield self.comment_on_constraint(operation.table, operation.name, operation.changes["comment"])

    def drop_constraint(self, operation: DropConstraint, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        yield f"ALTER TABLE {self.table(operation.table)} DROP CONSTRAINT {self.quote(operation.name)}"

    def create_index(self, operation: CreateIndex, live: LiveSchema) -> Iterator[str | Statement]:
        if operation.if_not_exists and live.need(operation.table).index(operation.index.name) is not None:
            return
        yield self.index(operation.table, operation.index)

    def drop_index(self, operation: DropIndex, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        schema = operation.table.schema if operation.table else operation.schema
        exists = "IF EXISTS " if operation.if_exists else ""
        yield f"DROP INDEX {exists}{self.table(TableName(operation.name, schema))}"

    def rename_index(self, operation: RenameIndex, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        old = self.table(TableName(operation.old, operation.table.schema))
        yield f"ALTER INDEX {old} RENAME TO {self.quote(operation.new)}"

    def execute(self, operation: Execute, live: LiveSchema) -> Iterator[str | Statement]:
        live.forget()
        sql = operation.statement
        # A string can have no parameters, so that a colon in it is text.
        executable: Any = sa.text(escape_binds(sql)) if isinstance(sql, str) else sql
        yield Statement(sql=executable, operations=(operation,))

    def backfill(self, operation: Backfill, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        column = self.quote(operation.column)
        yield f"UPDATE {self.table(operation.table)} SET {column} = {operation.value.sql} WHERE {column} IS NULL"

    def backfill_numbers(self, operation: BackfillNumbers, live: LiveSchema) -> Iterator[str | Statement]:
        yield self.number_rows(live.need(operation.table), self.quote(operation.column))

    def insert_missing_rows(self, operation: InsertMissingRows, live: LiveSchema) -> Iterator[str | Statement]:
        yield self.insert_missing(operation, live.table(operation.table))

    def insert_missing(self, operation: InsertMissingRows, table: Table | None, overriding: str = "") -> str:
        """Return the INSERT of *operation*, with *overriding* before its SELECT."""
        name, keys = self.table(operation.table), {self.quote(a): self.quote(b) for a, b in operation.keys}
        values = {
            self.quote(each): self.next_number(name, each, table) if value is None else value.sql
            for each, value in operation.values
        }
        into = ", ".join((*keys, *values))
        items = ", ".join((*(f"c.{each}" for each in keys.values()), *values.values()))
        children = self.table(operation.children) if operation.children is not None else ""
        if not keys:
            where = f" WHERE EXISTS (SELECT * FROM {children})" if children else ""
            source, absent = f"SELECT 1 AS one{where}", f"SELECT * FROM {name}"
        else:
            # Several columns may have the same value.
            theirs = tuple(dict.fromkeys(keys.values()))
            where = " AND ".join(f"{each} IS NOT NULL" for each in theirs)
            source = f"SELECT DISTINCT {', '.join(theirs)} FROM {children} WHERE {where}"
            same = " AND ".join(f"p.{ours} = c.{theirs}" for ours, theirs in keys.items())
            absent = f"SELECT * FROM {name} AS p WHERE {same}"
        return (
            f"INSERT INTO {name} ({into}){overriding} SELECT {items} FROM ({source}) AS c WHERE NOT EXISTS ({absent})"
        )

    def next_number(self, name: str, column: str, table: Table | None) -> str:
        """Return an expression that numbers each new row, after the existing numbers."""
        there = table.column(column) if table is not None else None
        affinity = type_affinity(there.type.payload) if there is not None else None
        numeric = affinity is not None and issubclass(affinity, (sa.Integer, sa.Numeric, sa.Float))
        last = f"coalesce(max({self.quote(column)}), 0)" if numeric else "count(*)"
        return f"(SELECT {last} FROM {name}) + row_number() OVER ()"

    def number_rows(self, table: Table, column: str) -> str:
        """Return the statement that numbers all rows in *column* (quoted)."""
        raise NotSupported(f"{self.dialect.name} cannot number the rows of {table.table_name}.{column}")

    def bulk_insert(self, operation: BulkInsert, live: LiveSchema) -> Iterator[str | Statement]:
        del live
        if not operation.rows:
            return
        target: Any = operation.target
        if operation.multi:
            # A statement inserts the columns that its first row has, and no others.
            for _, rows in itertools.groupby(operation.rows, key=frozenset):
                yield Statement(sql=target.insert(), operations=(operation,), parameters=tuple(rows))
        else:
            for row in operation.rows:
                yield Statement(sql=target.insert().values(row), operations=(operation,))
