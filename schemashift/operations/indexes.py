"""Indexes: create, drop, rename."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from schemashift.operations.base import (
    NOTHING,
    Description,
    Incomplete,
    Keys,
    Operation,
    Rank,
    edit,
    need_table,
    referable,
)
from schemashift.operations.facts import Facts, MayFail, Why
from schemashift.schema import Index, Key, Options, Schema, TableName


def _dependencies(table: TableName, index: Index) -> Keys:
    return frozenset({Key.of_table(table), *(Key.of_column(table, column) for column in index.columns)})


def index_provides(table: TableName, index: Index) -> Keys:
    """Return the keys that an index provides: its name, and unique columns that a foreign key can reference."""
    keys = {Key.of_index(table, index.name)}
    if index.unique and all(part.column for part in index.parts):
        keys.add(referable(table, index.columns))
    return frozenset(keys)


def describe_index(index: Index) -> str:
    """Return a description such as ``(status, lower(name) DESC) UNIQUE``."""
    parts = [(part.column or part.expression or "") + (" DESC" if part.descending else "") for part in index.parts]
    return f"({', '.join(parts)})" + (" UNIQUE" if index.unique else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex(Operation):
    """Create an index on an existing table. ``options`` are those of the statement (``postgresql_concurrently``)."""

    rank = Rank.CREATE_INDEX

    table: TableName
    index: Index
    if_not_exists: bool = False
    options: Options = ()

    @property
    def creates(self) -> Keys:
        return index_provides(self.table, self.index)

    @property
    def uses(self) -> Keys:
        return _dependencies(self.table, self.index)

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    @property
    def created_index(self) -> Index:
        return self.index

    def inverse(self) -> DropIndex:
        return DropIndex(table=self.table, name=self.index.name, index=self.index)

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        return edit(schema, self.table, indexes=(*table.indexes, self.index))

    def effects(self) -> Facts:
        return (MayFail(table=self.table, what=self.index, why=Why.DUPLICATE),) if self.index.unique else ()

    def describe(self) -> Description:
        return Description("+", "index", self.index.name, f"on {self.table} {describe_index(self.index)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex(Operation):
    """Drop an index by name. ``table`` is None if the caller omitted it (MySQL requires it)."""

    rank = Rank.DROP_INDEX

    table: TableName | None
    name: str
    index: Index | None = None
    schema: str | None = None
    if_exists: bool = False
    options: Options = ()

    @property
    def drops(self) -> Keys:
        if self.index is not None and self.table is not None:
            return index_provides(self.table, self.index)
        schema = self.table.schema if self.table else self.schema
        return frozenset({Key("index", schema, "", self.name)})

    @property
    def frees(self) -> Keys:
        if self.index is None or self.table is None:
            return NOTHING
        return _dependencies(self.table, self.index)

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,) if self.table else ()

    def inverse(self) -> CreateIndex:
        if self.index is None or self.table is None:
            raise Incomplete(f'the definition of index "{self.name}" is not known')
        return CreateIndex(table=self.table, index=self.index)

    def complete(self, schema: Schema) -> Self:
        if self.index is not None and self.table is not None:
            return self
        tables = [need_table(schema, self.table)] if self.table else schema.tables
        for table in tables:
            if (index := table.index(self.name)) is not None:
                return replace(self, table=table.table_name, index=index)
        raise Incomplete(f'there is no index "{self.name}"')

    def apply(self, schema: Schema) -> Schema:
        complete = self.complete(schema)
        assert complete.table is not None
        table = need_table(schema, complete.table)
        if table.index(self.name) is None:
            raise Incomplete(f'table "{table.table_name}" has no index "{self.name}"')
        return edit(schema, complete.table, indexes=tuple(i for i in table.indexes if i.name != self.name))

    def describe(self) -> Description:
        where = f"on {self.table}" if self.table else ""
        detail = f"{where} {describe_index(self.index)}" if self.index else where
        return Description("-", "index", self.name, detail.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameIndex(Operation):
    """Rename an index."""

    table: TableName
    old: str
    new: str

    @property
    def creates(self) -> Keys:
        return frozenset({Key.of_index(self.table, self.new)})

    @property
    def drops(self) -> Keys:
        return frozenset({Key.of_index(self.table, self.old)})

    @property
    def uses(self) -> Keys:
        return frozenset({Key.of_table(self.table)})

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    def inverse(self) -> RenameIndex:
        return RenameIndex(table=self.table, old=self.new, new=self.old)

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        if table.index(self.old) is None:
            raise Incomplete(f'table "{self.table}" has no index "{self.old}"')
        named = tuple(replace(i, name=self.new) if i.name == self.old else i for i in table.indexes)
        return edit(schema, self.table, indexes=named)

    def describe(self) -> Description:
        return Description("~", "index", self.old, f"renamed to {self.new}")
