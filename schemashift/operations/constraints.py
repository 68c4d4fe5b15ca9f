"""Constraints: add, alter, drop."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self, TypedDict
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
from schemashift.schema import (
    Check,
    Constraint,
    Exclude,
    ForeignKey,
    Key,
    Options,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Unique,
    options,
)

_NOUN = {PrimaryKey: "primary key", Unique: "unique", ForeignKey: "foreign key", Check: "check", Exclude: "exclusion"}

_REASONS = {
    PrimaryKey: (Why.NULL, Why.DUPLICATE),
    Unique: (Why.DUPLICATE,),
    ForeignKey: (Why.ORPHAN,),
    Check: (Why.CHECK,),
    Exclude: (Why.CONFLICT,),
}
"""The reasons why each kind of constraint may reject existing rows."""


def default_name(table: str, constraint: Constraint) -> str:
    """Return the name for an unnamed constraint that the database does not name either (SQLite).

    Scripts use this name for it. It follows PostgreSQL's pattern. The name of a CHECK contains a digest of its text: a
    table may have several on the same columns, and a name that depended on the others would change when one is dropped.
    """
    suffixes = {PrimaryKey: "pkey", Unique: "key", ForeignKey: "fkey", Check: "check", Exclude: "excl"}
    suffix = suffixes[type(constraint)]
    columns = () if isinstance(constraint, PrimaryKey) else constraint.columns
    digest = (f"{crc32(constraint.sql.encode()) & 0xFFFF:04x}",) if isinstance(constraint, Check) else ()
    return "_".join([table, *columns, suffix, *digest])


def find_constraint(table: Table, name: str, kind: type[Constraint] | None = None) -> Constraint | None:
    """Return the constraint *name*, or the unnamed one whose `default_name` is *name*. *kind* narrows the search."""
    candidates = [c for c in table.constraints if kind is None or isinstance(c, kind)]
    exact = next((c for c in candidates if c.name == name), None)
    return exact or next((c for c in candidates if c.name is None and default_name(table.name, c) == name), None)


def dependencies(table: TableName, constraint: Constraint) -> Keys:
    """Return the keys that a constraint depends on: its table and columns, and the target of a foreign key."""
    keys = {Key.of_table(table), *(Key.of_column(table, column) for column in constraint.columns)}
    if isinstance(constraint, ForeignKey):
        keys |= {Key.of_table(constraint.target), referable(constraint.target, constraint.target_columns)}
        keys |= {Key.of_column(constraint.target, column) for column in constraint.target_columns}
    return frozenset(keys)


def provides(table: TableName, constraint: Constraint) -> Keys:
    """Return the keys that a constraint provides: its name, and unique columns that a foreign key can reference."""
    keys = {Key.of_constraint(table, constraint.name)} if constraint.name else set()
    if isinstance(constraint, PrimaryKey):
        keys.add(_primary_key(table))
    if isinstance(constraint, PrimaryKey | Unique):
        keys.add(referable(table, constraint.columns))
    if isinstance(constraint, PrimaryKey | Unique | Exclude):
        # PostgreSQL and MySQL have an index of that name for it, among the table's other indexes.
        keys |= {Key.of_index(table, constraint.name)} if constraint.name else set()
    return frozenset(keys)


def _primary_key(table: TableName) -> Key:
    return Key("primary key", table.schema, table.name)


def describe_constraint(constraint: Constraint) -> str:
    """Return a description such as ``(team_id) -> teams(id) ON DELETE CASCADE`` or ``(age > 0)``."""
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


def rejections(table: TableName, constraint: Constraint) -> Facts:
    """Return the reasons for which existing rows may be rejected by a constraint that is checked now."""
    return tuple(MayFail(table=table, what=constraint, why=why) for why in _REASONS[type(constraint)])


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
    """Add a primary key, unique, foreign key, check or exclusion constraint to an existing table."""

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
        return rejections(self.table, self.constraint)

    def describe(self) -> Description:
        return _description("+", self.table, self.constraint.name, self.constraint)


class ConstraintChanges(TypedDict, total=False):
    """A new comment, and new values for dialect options: None or False for one that is removed."""

    comment: str | None
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterConstraint(Operation):
    """Change what a database can change of a constraint in place: its comment, and on PostgreSQL whether the existing
    rows have been checked.

    ``set`` has the new values by field ("comment", "options"), with only the options that change; ``changes`` is the
    same as a mapping. ``before`` is the constraint as it is.
    """

    rank = Rank.ADD_CONSTRAINT

    table: TableName
    name: str
    set: tuple[tuple[str, str | Options | None], ...]
    kind: type[Constraint] | None = None
    before: Constraint | None = None
    changes: ConstraintChanges = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", dict(self.set))

    @classmethod
    def between(cls, table: TableName, before: Constraint, after: Constraint) -> Self:
        """Return the change of a constraint, to one that has another comment or other options."""
        old, new = dict(before.options), dict(after.options)
        names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        changed = tuple((name, new.get(name)) for name in names)
        fields: list[tuple[str, str | Options | None]] = [("options", changed)] if changed else []
        fields += [("comment", after.comment)] if before.comment != after.comment else []
        return cls(
            table=table,
            name=before.name or default_name(table.name, before),
            kind=type(before),
            set=tuple(fields),
            before=before,
        )

    @property
    def after(self) -> Constraint | None:
        """The constraint afterwards; None if the one before is not known."""
        return None if self.before is None else self._applied(self.before)

    def _applied(self, constraint: Constraint) -> Constraint:
        comment = self.changes.get("comment", constraint.comment)
        merged = {**dict(constraint.options), **dict(self.changes.get("options", ()))}
        found = options((name, value) for name, value in merged.items() if value is not False)
        return replace(constraint, comment=comment, options=found)

    @property
    def uses(self) -> Keys:
        return frozenset({Key.of_table(self.table), Key.of_constraint(self.table, self.name)})

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    @property
    def changed_fields(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.set)

    def inverse(self) -> AlterConstraint:
        if self.before is None or self.after is None:
            raise Incomplete(f'the definition of constraint "{self.name}" of table "{self.table}" is not known')
        return AlterConstraint.between(self.table, self.after, self.before)

    def complete(self, schema: Schema) -> Self:
        if self.before is not None:
            return self
        constraint = find_constraint(need_table(schema, self.table), self.name, self.kind)
        if constraint is None:
            raise Incomplete(f'table "{self.table}" has no constraint "{self.name}"')
        return replace(self, before=constraint, kind=type(constraint))

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        altered = find_constraint(table, self.name, self.kind)
        if altered is None:
            raise Incomplete(f'table "{self.table}" has no constraint "{self.name}"')
        constraints = tuple(self._applied(c) if c is altered else c for c in table.constraints)
        return edit(schema, self.table, constraints=constraints)

    def describe(self) -> Description:
        noun = _NOUN[type(self.before)] if self.before is not None else "constraint"
        changed = [f"{name} {value!r}" for name, value in self.changes.get("options", ())]
        changed += [f"comment {self.changes['comment']!r}"] if "comment" in self.changes else []
        return Description("~", noun, f"{self.table}.{self.name}", ", ".join(changed))


@dataclass(frozen=True, slots=True, kw_only=True)
class DropConstraint(Operation):
    """Drop a constraint by name. ``kind`` is its class, where the caller knows it.

    ``name`` is the name of ``constraint`` in scripts. If several constraints of the table have the same name, which
    SQLite allows, ``name`` is an alias that none of them has.
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
            raise Incomplete(f'the definition of constraint "{self.name}" of table "{self.table}" is not known')
        return AddConstraint(table=self.table, constraint=self.constraint)

    def complete(self, schema: Schema) -> Self:
        if self.constraint is not None:
            return self
        constraint = find_constraint(need_table(schema, self.table), self.name, self.kind)
        if constraint is None:
            raise Incomplete(f'table "{self.table}" has no constraint "{self.name}"')
        return replace(self, constraint=constraint, kind=type(constraint))

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        dropped = find_constraint(table, self.name, self.kind)
        dropped = dropped or next((c for c in table.constraints if c == self.constraint), None)
        if dropped is None:
            raise Incomplete(f'table "{self.table}" has no constraint "{self.name}"')
        return edit(schema, self.table, constraints=tuple(c for c in table.constraints if c is not dropped))

    def describe(self) -> Description:
        return _description("-", self.table, self.name, self.constraint)
