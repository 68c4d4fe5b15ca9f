"""Replace a named type, for changes that PostgreSQL cannot make in place.

The old type is renamed, the new one is created, every column is moved to it, and the old type is dropped. Parts of
tables that contain the old type are dropped before and created again after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from schemashift.operations import AddColumn, AddConstraint, Compiler, CreateIndex, Live
from schemashift.operations.base import Statement
from schemashift.schema import Check, Column, Exclude, ForeignKey, Key, Schema, Table, TableName, mentioned

Move = Callable[[str, Column], Iterable[str]]
"""Return the statements that move one column, given ``ALTER TABLE t ALTER COLUMN c`` and the existing column."""


def columns_using(key: Key, schema: Schema) -> tuple[tuple[TableName, str], ...]:
    """Return the columns of *schema* whose type needs the object *key*."""
    return tuple(
        (table.table_name, column.name)
        for table in schema.tables
        for column in table.columns
        if key in column.type.needs
    )


def rebuild_type(
    compiler: Compiler[Statement], live: Live, key: Key, create: str, move: Move
) -> Iterator[str | Statement]:
    """Return the statements that replace the type *key* with the one that the statement *create* creates.

    Keys and plain indexes follow a column that gets another type; expressions and foreign keys do not. PostgreSQL
    raises an error for rows that the new type does not accept, and nothing is lost. A column that is generated from
    one of the columns is dropped and added again, which computes the same values.
    """
    name = TableName(key.name, key.schema)
    columns = [(table, column) for table in live.schema.tables for column in table.columns if key in column.type.needs]
    dependents = list(_dependents(columns, live))
    for part in dependents:
        yield from compiler.statements(part.inverse(), live)
    yield f"ALTER TYPE {compiler.table(name)} RENAME TO {compiler.quote(temporary_name(key))}"
    yield create
    for table, column in columns:
        if column.computed is not None:
            continue
        head = f"ALTER TABLE {compiler.table(table.table_name)} ALTER COLUMN {compiler.quote(column.name)}"
        if column.default is not None:
            yield f"{head} DROP DEFAULT"
        yield from move(head, column)
        if column.default is not None:
            yield f"{head} SET DEFAULT {column.default.sql}"
    yield f"DROP TYPE {compiler.table(TableName(temporary_name(key), key.schema))}"
    for part in reversed(dependents):
        yield from compiler.statements(part, live)


def temporary_name(key: Key) -> str:
    """Return the name that the old type has until it is dropped."""
    return f"{key.name[:50]}__old"


def _dependents(columns: list[tuple[Table, Column]], live: Live) -> Iterator[AddColumn | AddConstraint | CreateIndex]:
    """Return the parts of tables that do not follow when *columns* get another type, as operations creating them."""
    moving = {(table.table_name, column.name) for table, column in columns}
    tables = {table.table_name: table for table, _ in columns}
    generated = list(_generated_from(moving, tables.values()))
    dropped = {(table.table_name, column.name) for table, column in generated}
    moving |= dropped
    for name in tables:
        for other, key in live.references_to(name):
            if other.table_name not in tables and {(name, column) for column in key.target_columns} & moving:
                yield AddConstraint(table=other.table_name, constraint=key)
    for name, table in tables.items():
        for constraint in table.constraints:
            on = {(name, column) for column in constraint.columns} & moving
            if isinstance(constraint, ForeignKey):
                on |= {(constraint.target, column) for column in constraint.target_columns} & moving
            if isinstance(constraint, Exclude):
                on = {(name, column) for column in constraint.uses} & moving
            if on and (isinstance(constraint, Check | ForeignKey | Exclude) or on & dropped):
                yield AddConstraint(table=name, constraint=constraint)
        for index in table.indexes:
            if {(name, column) for column in index.uses} & moving:
                yield CreateIndex(table=name, index=index)
    # Last, so that they are dropped after everything that uses them, and added again before it.
    yield from (AddColumn(table=table.table_name, column=column) for table, column in generated)


def _generated_from(moving: set[tuple[TableName, str]], tables: Iterable[Table]) -> Iterator[tuple[Table, Column]]:
    """Yield the columns that are generated from those of *moving*, or are generated and among them: USING is refused
    for these. PostgreSQL lets no generated column use another."""
    for table in tables:
        names = [column for name, column in moving if name == table.table_name]
        for column in table.columns:
            if column.computed and (column.name in names or mentioned(column.computed.sql, names)):
                yield table, column
