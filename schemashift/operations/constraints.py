"""Constraints: add, drop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self
from zlib import crc32

from schemashift.operations.base import (
    NOTHING,
    Description,
    Incomplete,
    Keys,
    Operation,
    Rank,
    SortKey,
    edit,
    need_table,
    referable,
)
from schemashift.operations.facts import Facts, MayFail, Why
from schemashift.schema import Check, Constraint, Exclude, ForeignKey, Key, PrimaryKey, Schema, Table, TableName, Unique

_NOUN = {PrimaryKey: "primary key", Unique: "unique", ForeignKey: "foreign key", Check: "check", Exclude: "exclusion"}

_REFUSES = {
    PrimaryKey: (Why.NULL, Why.DUPLICATE),
    Unique: (Why.DUPLICATE,),
    ForeignKey: (Why.ORPHAN,),
    Check: (Why.CHECK,),
    Exclude: (Why.CONFLICT,),
}
"""The rows that each kind of constraint does not accept."""


def default_name(table: str, constraint: Constraint) -> str:
    """The name for a constraint that has none, where the database gives it none either (SQLite).

    Scripts call it by this one. It is PostgreSQL's pattern; a CHECK has a digest of its text in it, since a table may
    have several on the same columns, and a name that depended on the others would change when one of them goes.
    """
    suffixes = {PrimaryKey: "pkey", Unique: "key", ForeignKey: "fkey", Check: "check", Exclude: "excl"}
    suffix = suffixes[type(constraint)]
    columns = () if isinstance(constraint, PrimaryKey) else constraint.columns
    digest = (f"{crc32(constraint.sql.encode()) & 0xFFFF:04x}",) if isinstance(constraint, Check) else ()
    return "_".join([table, *columns, suffix, *digest])


def find_constraint(table: Table, name: str, kind: type[Constraint] | None = None) -> Constraint | None:
    """The constraint called *name*, or the unnamed one whose `default_name` it is. *kind* narrows the search."""
    wanted = [c for c in table.constraints if kind is None or isinstance(c, kind)]
    exact = next((c for c in wanted if c.name == name), None)
    return exact or next((c for c in wanted if c.name is None and default_name(table.name, c) == name), None)


def dependencies(table: TableName, constraint: Constraint) -> Keys:
    """What a constraint depends on: its table and columns, and a foreign key's target."""
    keys = {Key.of_table(table), *(Key.of_column(table, column) for column in constraint.columns)}
    if isinstance(constraint, ForeignKey):
        keys |= {Key.of_table(constraint.target), referable(constraint.target, constraint.target_columns)}
        keys |= {Key.of_column(constraint.target, column) for column in constraint.target_columns}
    return frozenset(keys)


def provides(table: TableName, constraint: Constraint) -> Keys:
    """What a constraint provides: its name, and something a foreign key can point to."""
    keys = {Key.of_constraint(table, constraint.name)} if constraint.name else set()
    if isinstance(constraint, PrimaryKey):
        keys.add(_primary_key(table))
    if isinstance(constraint, PrimaryKey | Unique):
        keys.add(referable(table, constraint.columns))
    if isinstance(constraint, PrimaryKey | Unique | Exclude):
        # PostgreSQL and MySQL keep an index of that name beside the tables' other indexes.
        keys |= {Key.of_index(table, constraint.name)} if constraint.name else set()
    return frozenset(keys)


def _primary_key(table: TableName) -> Key:
    return Key("primary key", table.schema, table.name)


def describe_constraint(constraint: Constraint) -> str:
    """``(team_id) -> teams(id) ON DELETE CASCADE``, ``(age > 0)``."""
    if isinstance(constraint, Check):
        return f"({constraint.sql})"
    if isinstance(constraint, Exclude):
        pairs = zip(constraint.parts, constraint.operators, strict=True)
        return f"({', '.join(f'{part.column or part.expression} WITH {operator}' for part, operator in pairs)})"
    text = f"({', '.join(constraint.columns)})"
    if isinstance(constraint, ForeignKey):
        text += f" -> {constraint.target}({', '.join(constraint.target_columns)})"
        text += f" ON DELETE {constraint.on_delete}" if constraint.on_delete else ""
        text += f" ON UPDATE {constraint.on_update}" if constraint.on_update else ""
    return text


def _description(sign: str, table: TableName, name: str | None, constraint: Constraint | None) -> Description:
    noun = _NOUN[type(constraint)] if constraint is not None else "constraint"
    return Description(
        sign,
        noun,
        f"{table}.{name}" if name else str(table),
        describe_constraint(constraint) if constraint is not None else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddConstraint(Operation):
    """Add a primary key, unique, foreign key, check or exclusion constraint to a table that is there."""

    rank = Rank.ADD_CONSTRAINT

    table: TableName
    constraint: Constraint

    @property
    def sort_key(self) -> SortKey:
        return self._ranked(Rank.ADD_FOREIGN_KEY if isinstance(self.constraint, ForeignKey) else self.rank)

    @property
    def creates(self) -> Keys:
        return provides(self.table, self.constraint)

    @property
    def uses(self) -> Keys:
        return dependencies(self.table, self.constraint)

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    @property
    def required_columns(self) -> tuple[str, ...]:
        return self.constraint.columns if isinstance(self.constraint, PrimaryKey) else ()

    @property
    def added_constraint(self) -> Constraint:
        return self.constraint

    def inverse(self) -> DropConstraint:
        name = self.constraint.name or default_name(self.table.name, self.constraint)
        return DropConstraint(table=self.table, name=name, kind=type(self.constraint), constraint=self.constraint)

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        return edit(schema, self.table, constraints=(*table.constraints, self.constraint))

    def effects(self) -> Facts:
        why = _REFUSES[type(self.constraint)]
        return tuple(MayFail(table=self.table, what=self.constraint, why=each) for each in why)

    def describe(self) -> Description:
        return _description("+", self.table, self.constraint.name, self.constraint)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropConstraint(Operation):
    """Drop a constraint by name. ``kind`` is its class where the caller knows it.

    ``name`` is what scripts call ``constraint``. Where its table has several of one name, as SQLite lets it, that is an
    alias, which no constraint of the table is called.
    """

    rank = Rank.DROP_CONSTRAINT

    table: TableName
    name: str
    kind: type[Constraint] | None = None
    constraint: Constraint | None = None
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        if self.constraint is not None:
            return provides(self.table, self.constraint)
        key = {_primary_key(self.table)} if self.kind is PrimaryKey else set()
        return frozenset({Key.of_constraint(self.table, self.name), *key})

    @property
    def frees(self) -> Keys:
        return dependencies(self.table, self.constraint) if self.constraint is not None else NOTHING

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    @property
    def dropped_constraint(self) -> str:
        return self.name

    def inverse(self) -> AddConstraint:
        if self.constraint is None:
            raise Incomplete(f'what the constraint "{self.name}" of "{self.table}" was is not known')
        return AddConstraint(table=self.table, constraint=self.constraint)

    def complete(self, schema: Schema) -> Self:
        if self.constraint is not None:
            return self
        found = find_constraint(need_table(schema, self.table), self.name, self.kind)
        if found is None:
            raise Incomplete(f'table "{self.table}" has no constraint "{self.name}"')
        return replace(self, constraint=found, kind=type(found))

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        found = find_constraint(table, self.name, self.kind)
        found = found or next((c for c in table.constraints if c == self.constraint), None)
        if found is None:
            raise Incomplete(f'table "{self.table}" has no constraint "{self.name}"')
        return edit(schema, self.table, constraints=tuple(c for c in table.constraints if c is not found))

    def describe(self) -> Description:
        return _description("-", self.table, self.name, self.constraint)
