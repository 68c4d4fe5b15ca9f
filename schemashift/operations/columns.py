"""Columns: add, drop, alter, rename."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self, TypedDict, cast

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
)
from schemashift.operations.facts import Conversion, DeletesValues, Facts, MayFail, NeedsValue, Why
from schemashift.operations.fits import always_fits
from schemashift.schema import (
    Column,
    Computed,
    Constraint,
    Default,
    ForeignKey,
    Identity,
    Key,
    Options,
    Schema,
    Table,
    TableName,
    Type,
    identifiers,
    renamed,
)

CHANGEABLE = ("type", "nullable", "default", "computed", "identity", "autoincrement", "comment", "options")
"""The fields of a column that `AlterColumn` can set, in the order in which they are displayed."""


class ColumnChanges(TypedDict, total=False):
    """New values for fields of a column. Missing fields do not change; None drops a default or a comment."""

    type: Type
    nullable: bool
    default: Default | None
    computed: Computed | None
    identity: Identity | None
    autoincrement: bool
    comment: str | None
    options: Options


def describe_column(column: Column) -> str:
    """Return a description such as ``INTEGER NOT NULL DEFAULT 0``."""
    text = str(column.type) + ("" if column.nullable else " NOT NULL")
    if column.computed is not None:
        return f"{text} GENERATED ({column.computed.sql})"
    return text + (f" DEFAULT {column.default}" if column.default is not None else "")


def column_needs(column: Column) -> Keys:
    """Return the objects other than tables that the type and the default of a column need."""
    return frozenset({*column.type.needs, *(column.default.needs if column.default is not None else ())})


def column_dependencies(table: TableName, column: Column) -> Keys:
    """Return the keys that a column depends on: its table, type, default, and the columns it is generated from."""
    keys = {Key.of_table(table), *column_needs(column)}
    if column.computed is not None:
        keys |= {Key.of_column(table, word) for word in identifiers(column.computed.sql)}
    return frozenset(keys - {Key.of_column(table, column.name)})


def needs_value(column: Column) -> bool:
    """Return True if existing rows need a value for a new column that it does not provide itself."""
    sources = (column.default, column.computed, column.identity)
    return not column.nullable and not column.autoincrement and all(source is None for source in sources)


def need_column(table: Table, name: str) -> Column:
    """Return the column *name*. Raises `Incomplete` if the table has none."""
    column = table.column(name)
    if column is None:
        raise Incomplete(f'table "{table.table_name}" has no column "{name}"')
    return column


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn(Operation):
    """Add a column at the end of a table."""

    rank = Rank.ADD_COLUMN
    weight: ClassVar[int] = 4

    table: TableName
    column: Column
    if_not_exists: bool = False

    @property
    def creates(self) -> Keys:
        return frozenset({Key.of_column(self.table, self.column.name)})

    @property
    def sort_key(self) -> SortKey:
        # Columns keep the order of the model.
        return self.rank, str(self.table), ""

    @property
    def uses(self) -> Keys:
        return column_dependencies(self.table, self.column)

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    @property
    def column_change(self) -> tuple[None, Column]:
        return None, self.column

    @property
    def required_columns(self) -> tuple[str, ...]:
        return () if self.column.nullable else (self.column.name,)

    def inverse(self) -> DropColumn:
        return DropColumn(table=self.table, name=self.column.name, column=self.column)

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        if table.column(self.column.name) is not None:
            if self.if_not_exists:
                return schema
            raise Incomplete(f'table "{self.table}" already has a column "{self.column.name}"')
        return edit(schema, self.table, columns=(*table.columns, self.column))

    def effects(self) -> Facts:
        return (NeedsValue(table=self.table, column=self.column.name),) if needs_value(self.column) else ()

    def describe(self) -> Description:
        return Description("+", "column", f"{self.table}.{self.column.name}", describe_column(self.column))

    def summary(self) -> str:
        return f"add {self.column.name} to {self.table.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn(Operation):
    """Drop a column. ``column`` is its definition, where the caller knows it."""

    rank = Rank.DROP_COLUMN
    weight: ClassVar[int] = 2

    table: TableName
    name: str
    column: Column | None = None
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        return frozenset({Key.of_column(self.table, self.name)})

    @property
    def frees(self) -> Keys:
        return column_dependencies(self.table, self.column) if self.column else frozenset({Key.of_table(self.table)})

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    @property
    def column_change(self) -> tuple[Column | None, None]:
        return self.column, None

    def inverse(self) -> AddColumn:
        if self.column is None:
            raise Incomplete(f'the definition of column "{self.table}.{self.name}" is not known')
        return AddColumn(table=self.table, column=self.column)

    def complete(self, schema: Schema) -> Self:
        if self.column is not None:
            return self
        return replace(self, column=need_column(need_table(schema, self.table), self.name))

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        if table.column(self.name) is None and self.if_exists:
            return schema
        need_column(table, self.name)
        return schema.put(
            replace(
                table.with_column(self.name, None),
                # As in the databases, constraints and indexes on the column are dropped with it.
                constraints=tuple(c for c in table.constraints if self.name not in c.columns),
                indexes=tuple(i for i in table.indexes if self.name not in i.columns),
            )
        )

    def effects(self) -> Facts:
        """Return the loss of the values, unless they are generated and can be generated again."""
        is_generated = self.column is not None and self.column.computed is not None
        return () if is_generated else (DeletesValues(table=self.table, column=self.name),)

    def describe(self) -> Description:
        detail = describe_column(self.column) if self.column else ""
        return Description("-", "column", f"{self.table}.{self.name}", detail)

    def summary(self) -> str:
        return f"drop {self.name} from {self.table.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterColumn(Operation):
    """Change a column in place.

    ``set`` has the new values by field of `Column`, in the order of `CHANGEABLE`; ``changes`` is the same as a mapping.
    ``existing`` has the existing values that the caller passed, ``before`` is the whole column, where it is known.
    ``options`` are dialect options of the change itself (``postgresql_using``).
    """

    weight: ClassVar[int] = 1

    table: TableName
    name: str
    set: tuple[tuple[str, object], ...]
    before: Column | None = None
    existing: tuple[tuple[str, object], ...] = field(default=(), compare=False)
    options: Options = ()
    changes: ColumnChanges = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", dict(self.set))

    @property
    def existing_values(self) -> ColumnChanges:
        """``existing`` as a mapping."""
        return cast(ColumnChanges, dict(self.existing))

    @classmethod
    def between(cls, table: TableName, before: Column, after: Column) -> AlterColumn:
        """Return the change from *before* to *after*; both have the same name."""
        changes = tuple(
            (name, getattr(after, name)) for name in CHANGEABLE if getattr(before, name) != getattr(after, name)
        )
        return cls(table=table, name=before.name, set=changes, before=before)

    @property
    def after(self) -> Column:
        """The column after the change. Raises `Incomplete` if ``before`` is not known."""
        if self.before is None:
            raise Incomplete(f'the existing definition of column "{self.table}.{self.name}" is not known')
        return replace(self.before, **self.changes)

    @property
    def uses(self) -> Keys:
        new = (self.changes.get("type"), self.changes.get("default"))
        needed = [value.needs for value in new if value is not None]
        if self._drops_default:
            return frozenset({Key.of_table(self.table)}).union(*needed)
        if self.before is not None and self.changes.get("default") is not None:
            # The default may be a new label of an enum.
            needed.append(self.after.type.needs)
        return frozenset({Key.of_table(self.table), Key.of_column(self.table, self.name)}).union(*needed)

    @property
    def _drops_default(self) -> bool:
        """True if it only drops a default, which may be a label that the type is about to lose."""
        before = self.before
        return before is not None and bool(before.type.needs) and self.set == (("default", None),)

    @property
    def frees(self) -> Keys:
        if self.before is None:
            return NOTHING
        freed = column_needs(self.before) - column_needs(self.after)
        return freed.union(self.before.type.needs) if self._drops_default else freed

    @property
    def alters(self) -> Keys:
        return frozenset({Key.of_column(self.table, self.name)})

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    @property
    def column_change(self) -> tuple[Column | None, Column | None]:
        return (None, None) if self.before is None else (self.before, self.after)

    @property
    def required_columns(self) -> tuple[str, ...]:
        return (self.name,) if self.changes.get("nullable") is False else ()

    @property
    def changed_fields(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.set)

    def inverse(self) -> AlterColumn:
        after = self.after
        old_values = tuple((name, getattr(self.before, name)) for name, _ in self.set)
        return AlterColumn(table=self.table, name=self.name, set=old_values, before=after)

    def complete(self, schema: Schema) -> Self:
        if self.before is not None:
            return self
        return replace(self, before=need_column(need_table(schema, self.table), self.name))

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        column = need_column(table, self.name)
        return schema.put(table.with_column(self.name, replace(column, **self.changes)))

    @property
    def becomes_required(self) -> bool:
        """True if a column that may be NULL becomes NOT NULL."""
        nullable = self.before is None or self.before.nullable
        return nullable and self.changes.get("nullable") is False and self.changes.get("identity") is None

    def effects(self) -> Facts:
        facts: Facts = ()
        if self.becomes_required:
            facts += (MayFail(table=self.table, what=self.name, why=Why.NULL),)
        type_ = self.changes.get("type")
        if self.before is not None and type_ is not None and not always_fits(self.before.type, type_):
            what = Conversion(self.name, self.before.type, type_)
            facts += (MayFail(table=self.table, what=what, why=Why.CONVERSION),)
        return facts

    def describe(self) -> Description:
        return Description("~", self._noun, f"{self.table}.{self.name}", ", ".join(self._details()))

    def summary(self) -> str:
        return f"alter {self.name} of {self.table.name}"

    @property
    def _noun(self) -> str:
        return self.set[0][0] if len(self.set) == 1 else "column"

    def _details(self) -> list[str]:
        known = dict(self.existing)
        details = []
        for name, value in self.set:
            before = getattr(self.before, name) if self.before else known.get(name)
            change = _display_value(name, value)
            known_before = self.before is not None or name in known
            details.append(f"{_display_value(name, before)} -> {change}" if known_before else change)
        return details


def _display_value(name: str, value: object) -> str:
    if name == "nullable":
        return "NULL" if value else "NOT NULL"
    if name in ("default", "comment"):
        return f"no {name}" if value is None else (f"DEFAULT {value}" if name == "default" else repr(value))
    if name == "autoincrement":
        return "autoincrement" if value else "no autoincrement"
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameColumn(Operation):
    """Rename a column. Constraints, indexes and foreign keys to it follow."""

    weight: ClassVar[int] = 3

    table: TableName
    old: str
    new: str

    @property
    def creates(self) -> Keys:
        return frozenset({Key.of_column(self.table, self.new)})

    @property
    def drops(self) -> Keys:
        return frozenset({Key.of_column(self.table, self.old)})

    @property
    def uses(self) -> Keys:
        return frozenset({Key.of_table(self.table)})

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    @property
    def column_rename(self) -> tuple[str, str]:
        return self.old, self.new

    @property
    def changes_references(self) -> bool:
        return True

    def inverse(self) -> RenameColumn:
        return RenameColumn(table=self.table, old=self.new, new=self.old)

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.table)
        column = replace(need_column(table, self.old), name=self.new)
        if table.column(self.new) is not None:
            raise Incomplete(f'table "{self.table}" already has a column "{self.new}"')
        table = replace(
            table.with_column(self.old, column),
            constraints=tuple(renamed(c, self.old, self.new) for c in table.constraints),
            indexes=tuple(renamed(i, self.old, self.new) for i in table.indexes),
        )
        schema = schema.put(table)
        return schema.put(*(self.retargeted(each) for each in schema.tables))

    def retargeted(self, table: Table) -> Table:
        """Return *table* with the new name in its foreign keys to the column."""
        if not any(key.target == self.table for key in table.foreign_keys):
            return table
        return replace(table, constraints=tuple(self._retarget(c) for c in table.constraints))

    def _retarget(self, constraint: Constraint) -> Constraint:
        if not isinstance(constraint, ForeignKey) or constraint.target != self.table:
            return constraint
        columns = tuple(self.new if column == self.old else column for column in constraint.target_columns)
        return replace(constraint, target_columns=columns)

    def describe(self) -> Description:
        return Description("~", "rename", f"{self.table}.{self.old}", f"-> {self.new}")

    def summary(self) -> str:
        return f"rename {self.old} of {self.table.name} to {self.new}"
