"""SQLite's DDL: the statements that it has, in its own spelling. For what it lacks see `rebuild`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from schemashift.dialects.ddl import DDL
from schemashift.dialects.sqlite.normal import has_autoincrement, written_name
from schemashift.dialects.sqlite.text import bare, enclosed, is_constant
from schemashift.dialects.sqlite.tokens import significant
from schemashift.schema import (
    SQL,
    Check,
    Column,
    Constraint,
    Default,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Table,
    TableName,
)


class SQLiteDDL(DDL):
    """Writes SQLite's statements and their parts, for values in normal form."""

    prefix = "sqlite_"

    def number_rows(self, table: Table, column: str) -> str:
        name, key = self.table(table.table_name), table.primary_key
        if key is None or ("sqlite_with_rowid", False) not in table.options:
            return f"UPDATE {name} SET {column} = rowid"
        mine, others = (", ".join(f"{each}.{self.quote(part)}" for part in key.columns) for each in (name, "o"))
        return f"UPDATE {name} SET {column} = (SELECT count(*) FROM {name} AS o WHERE ({others}) <= ({mine}))"

    def quote(self, name: str) -> str:
        # Two words that SQLite reserves and SQLAlchemy does not quote; and SQLite accepts an empty name.
        return f'"{name}"' if name.lower() in ("", "nothing", "returning") else super().quote(name)

    def type(self, column: Column) -> str:
        collation = column.type.collation
        # Always quoted, as SQLAlchemy does.
        return f'{column.type.sql} COLLATE "{collation}"'.strip() if collation else column.type.sql

    def column(self, column: Column, table: Table) -> str:
        text = " ".join(filter(None, [self.quote(column.name), self.type(column), *self.attributes(column)]))
        return text + self.autoincrement(column, table)

    def autoincrement(self, column: Column, table: Table) -> str:
        """Return AUTOINCREMENT, which SQLite accepts only with an inline PRIMARY KEY."""
        key = table.primary_key
        if key is None or key.columns != (column.name,) or not has_autoincrement(table):
            return ""
        return f" PRIMARY KEY{self.conflict(key)} AUTOINCREMENT"

    def attributes(self, column: Column) -> Iterator[str]:
        if column.default is not None:
            yield self.default(column.default)
        if not column.nullable:
            yield self.not_null(column)
        if column.computed is not None:
            yield self.generated(column)

    def default(self, default: Default) -> str:
        """Return DEFAULT, with parentheses around anything but a plain word or string, as SQLAlchemy writes it."""
        if default.sql.startswith("(") and default.written is not None:
            return f"DEFAULT {enclosed(bare(default.written))}"
        typed = default.written if (default.written or "").upper() == default.sql.upper() else None
        plain = default.sql[:1] in "'(" or re.fullmatch(r"\w+", default.sql)
        return f"DEFAULT {typed or default.sql}" if plain else f"DEFAULT ({typed or default.sql})"

    def not_null(self, column: Column) -> str:
        """Return NOT NULL with its ON CONFLICT."""
        conflict = self.option(column.options, "on_conflict_not_null")
        return "NOT NULL" + (f" ON CONFLICT {conflict}" if conflict else "")

    def generated(self, column: Column) -> str:
        """Return GENERATED ALWAYS AS."""
        assert column.computed is not None
        text = enclosed(column.computed.written or column.computed.sql)
        return f"GENERATED ALWAYS AS {text} {'STORED' if column.computed.stored else 'VIRTUAL'}"

    def conflict(self, constraint: Constraint) -> str:
        """Return ON CONFLICT, with a leading space."""
        found = self.option(constraint.options, "on_conflict")
        return f" ON CONFLICT {found}" if found else ""

    def constraint(self, constraint: Constraint) -> str:
        return super().constraint(replace(constraint, name=written_name(constraint)))

    def constraint_body(self, constraint: Constraint) -> str:
        if isinstance(constraint, Check):
            return f"CHECK {enclosed(constraint.written or constraint.sql)}" + self.conflict(constraint)
        return super().constraint_body(constraint) + self.conflict(constraint)

    def foreign_key(self, key: ForeignKey) -> str:
        # A foreign key stays in its database file: SQLite accepts no schema there.
        return super().foreign_key(_without_schema(key))

    def part(self, part: IndexPart) -> str:
        expression = part.written or part.expression or ""
        text = self.quote(part.column) if part.column is not None else _operand(expression)
        text += f" COLLATE {part.collation}" if part.collation else ""
        return text + (" DESC" if part.descending else "")

    def index(self, table: TableName, index: Index) -> str:
        unique = "UNIQUE " if index.unique else ""
        name = self.table(TableName(index.name, table.schema))
        parts = ", ".join(map(self.part, index.parts))
        where = self.option(index.options, "where")
        text = f"CREATE {unique}INDEX {name} ON {self.quote(table.name)} ({parts})"
        return text + (f" WHERE {where.written or where.text}" if isinstance(where, SQL) else "")

    def create(self, table: Table) -> str:
        items = [self.column(column, table) for column in table.columns]
        items += [self.constraint(constraint) for constraint in self.table_constraints(table)]
        inner = ",\n\t".join(items)
        return f"CREATE TABLE {self.table(table.table_name)} (\n\t{inner}\n){self.table_options(table)}"

    def table_constraints(self, table: Table) -> Iterator[Constraint]:
        """Yield the constraints that are not inline. Each is on its own line: SQLAlchemy's Inspector reads lines."""
        for constraint in table.constraints:
            if not (isinstance(constraint, PrimaryKey) and has_autoincrement(table)):
                yield constraint

    def table_options(self, table: Table) -> str:
        without = ["WITHOUT ROWID"] if self.option(table.options, "with_rowid") is False else []
        strict = ["STRICT"] if self.option(table.options, "strict") else []
        words = ", ".join(without + strict)
        return f" {words}" if words else ""

    def comments(self, table: Table) -> Iterator[str]:
        # SQLite has no comments.
        yield from ()


def addable(column: Column) -> bool:
    """Whether ALTER TABLE ADD COLUMN can add *column* to a table with rows."""
    if column.computed is not None:
        return not column.computed.stored
    if column.default is None:
        return column.nullable
    return is_constant(column.default.sql)


def _operand(expression: str) -> str:
    # Parentheses prevent a bare string or name from being read as a column.
    return enclosed(expression) if len(significant(expression)) == 1 else expression


def _without_schema(key: ForeignKey) -> ForeignKey:
    return replace(key, target=TableName(key.target.name))
