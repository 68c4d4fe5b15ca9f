"""A named type made anew in the old one's place: what PostgreSQL cannot change in place.

The old type steps aside under another name, the new one is made, every column moves over, the old one goes. What
the old type is written into is taken down before and put back after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from schemashift.errors import NotSupported
from schemashift.operations import AddConstraint, Compiler, CreateIndex, Live
from schemashift.operations.base import Statement
from schemashift.schema import Check, Column, Exclude, ForeignKey, Key, Schema, Table, TableName, mentioned

Move = Callable[[str, Column], Iterable[str]]
"""The statements that move one column: from ``ALTER TABLE t ALTER COLUMN c`` and the column as it is."""


def users(key: Key, schema: Schema) -> tuple[tuple[TableName, str], ...]:
    """The columns of *schema* that need the object *key*."""
    return tuple(
        (table.table_name, column.name)
        for table in schema.tables
        for column in table.columns
        if key in column.type.needs
    )


def rebuilt(compiler: Compiler[Statement], live: Live, key: Key, create: str, move: Move) -> Iterator[str | Statement]:
    """The statements that put the type that *create* makes in the place of the type *key*.

    Keys and plain indexes follow a column that gets another type; expressions and foreign keys do not. Rows that the
    new type cannot hold are PostgreSQL's error, and nothing is lost. Raises `NotSupported` for a column that others
    are generated from.
    """
    name = TableName(key.name, key.schema)
    columns = [(table, column) for table in live.schema.tables for column in table.columns if key in column.type.needs]
    _refuse_generated(columns)
    aside = list(_in_the_way(columns, live))
    for part in aside:
        yield from compiler.statements(part.inverse(), live)
    yield f"ALTER TYPE {compiler.table(name)} RENAME TO {compiler.quote(old_name(key))}"
    yield create
    for table, column in columns:
        head = f"ALTER TABLE {compiler.table(table.table_name)} ALTER COLUMN {compiler.quote(column.name)}"
        if column.default is not None:
            yield f"{head} DROP DEFAULT"
        yield from move(head, column)
        if column.default is not None:
            yield f"{head} SET DEFAULT {column.default.sql}"
    yield f"DROP TYPE {compiler.table(TableName(old_name(key), key.schema))}"
    for part in reversed(aside):
        yield from compiler.statements(part, live)


def old_name(key: Key) -> str:
    """What the old type is called while the new one takes its place."""
    return f"{key.name[:50]}__old"


def _in_the_way(columns: list[tuple[Table, Column]], live: Live) -> Iterator[AddConstraint | CreateIndex]:
    moving = {(table.table_name, column.name) for table, column in columns}
    tables = {table.table_name: table for table, _ in columns}
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
            if on and isinstance(constraint, Check | ForeignKey | Exclude):
                yield AddConstraint(table=name, constraint=constraint)
        for index in table.indexes:
            if {(name, column) for column in index.uses} & moving:
                yield CreateIndex(table=name, index=index)


def _refuse_generated(columns: list[tuple[Table, Column]]) -> None:
    moving = [(table.table_name, column.name) for table, column in columns]
    for table in {table.table_name: table for table, _ in columns}.values():
        name = table.table_name
        for column in table.columns:
            if column.computed and mentioned(column.computed.sql, [each for where, each in moving if where == name]):
                raise NotSupported(
                    f'the type of a column that "{name}.{column.name}" is generated from cannot be made anew',
                    hints=[f'drop the column "{column.name}" before, and add it again after'],
                )
