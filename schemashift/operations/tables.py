"""Tables: create, drop, rename, alter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self, TypedDict

from schemashift.operations.base import NOTHING, Description, Incomplete, Keys, Operation, Rank, edit, need_table
from schemashift.operations.columns import column_needs
from schemashift.operations.constraints import dependencies, provides
from schemashift.operations.facts import CreatesTable, DeletesRows, Facts
from schemashift.operations.indexes import index_provides
from schemashift.schema import ForeignKey, Key, Options, Schema, Table, TableName, options
from schemashift.words import plural


def _provided(table: Table) -> Keys:
    name = table.table_name
    keys = {table.key, *(Key.of_column(name, column.name) for column in table.columns)}
    return frozenset(keys).union(
        *(provides(name, constraint) for constraint in table.constraints),
        *(index_provides(name, index) for index in table.indexes),
    )


def _dependencies(table: Table) -> Keys:
    needed = (dependencies(table.table_name, constraint) for constraint in table.foreign_keys)
    objects = (column_needs(column) for column in table.columns)
    schema = {Key.of_schema(table.schema)} if table.schema else set()
    parents = (Key.of_table(TableName(name, table.schema)) for name in inherited(table))
    return frozenset(schema).union(parents, *needed, *objects) - _provided(table)


def inherited(table: Table) -> tuple[str, ...]:
    """Return the names of the tables that a table inherits from, where the database has that."""
    found = next((value for name, value in table.options if name.endswith("_inherits")), None)
    return (found,) if isinstance(found, str) else tuple(found) if isinstance(found, tuple) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable(Operation):
    """Create a table with all its parts, its indexes and comments included."""

    rank = Rank.CREATE_TABLE
    weight: ClassVar[int] = 7

    table: Table
    if_not_exists: bool = False

    @property
    def creates(self) -> Keys:
        return _provided(self.table)

    @property
    def uses(self) -> Keys:
        return _dependencies(self.table)

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table.table_name,)

    def inverse(self) -> DropTable:
        return DropTable(name=self.table.table_name, table=self.table)

    def apply(self, schema: Schema) -> Schema:
        if schema.table(self.table.table_name) is not None:
            if self.if_not_exists:
                return schema
            raise Incomplete(f'table "{self.table.table_name}" already exists')
        return schema.put(self.table)

    def effects(self) -> Facts:
        return (CreatesTable(table=self.table.table_name),)

    def describe(self) -> Description:
        keys = len(self.table.foreign_keys)
        detail = plural(len(self.table.columns), "column") + (f", {plural(keys, 'foreign key')}" if keys else "")
        return Description("+", "table", str(self.table.table_name), detail)

    def summary(self) -> str:
        return f"create {self.table.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable(Operation):
    """Drop a table. ``table`` is its definition, where the caller knows it."""

    rank = Rank.DROP_TABLE
    weight: ClassVar[int] = 5

    name: TableName
    table: Table | None = None
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        return _provided(self.table) if self.table else frozenset({Key.of_table(self.name)})

    @property
    def frees(self) -> Keys:
        return _dependencies(self.table) if self.table else NOTHING

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.name,)

    @property
    def changes_references(self) -> bool:
        return True

    def inverse(self) -> CreateTable:
        if self.table is None:
            raise Incomplete(f'the definition of table "{self.name}" is not known')
        return CreateTable(table=self.table)

    def complete(self, schema: Schema) -> Self:
        return self if self.table is not None else replace(self, table=need_table(schema, self.name))

    def apply(self, schema: Schema) -> Schema:
        if schema.table(self.name) is None and self.if_exists:
            return schema
        return schema.drop(need_table(schema, self.name).key)

    def effects(self) -> Facts:
        return (DeletesRows(table=self.name),)

    def describe(self) -> Description:
        return Description(
            "-", "table", str(self.name), plural(len(self.table.columns), "column") if self.table else ""
        )

    def summary(self) -> str:
        return f"drop {self.name.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTable(Operation):
    """Rename a table within its schema. Foreign keys that reference it follow."""

    weight: ClassVar[int] = 6

    old: TableName
    new: str

    @property
    def renamed(self) -> TableName:
        """The new name with its schema."""
        return TableName(self.new, self.old.schema)

    @property
    def creates(self) -> Keys:
        return frozenset({Key.of_table(self.renamed)})

    @property
    def drops(self) -> Keys:
        return frozenset({Key.of_table(self.old)})

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.old, self.renamed)

    @property
    def table_rename(self) -> tuple[TableName, TableName]:
        return self.old, self.renamed

    @property
    def changes_references(self) -> bool:
        return True

    def inverse(self) -> RenameTable:
        return RenameTable(old=self.renamed, new=self.old.name)

    def apply(self, schema: Schema) -> Schema:
        table = need_table(schema, self.old)
        moved = schema.drop(table.key).put(replace(table, name=self.new))
        return moved.put(*(self._repoint(each) for each in moved.tables))

    def _repoint(self, table: Table) -> Table:
        if not any(key.target == self.old for key in table.foreign_keys):
            return table
        constraints = tuple(
            replace(c, target=self.renamed) if isinstance(c, ForeignKey) and c.target == self.old else c
            for c in table.constraints
        )
        return replace(table, constraints=constraints)

    def describe(self) -> Description:
        return Description("~", "table", str(self.old), f"renamed to {self.new}")

    def summary(self) -> str:
        return f"rename {self.old.name} to {self.new}"


class TableChanges(TypedDict, total=False):
    """New values for the comment and the options of a table. Missing fields do not change."""

    comment: str | None
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterTable(Operation):
    """Change the comment or the options of a table.

    ``set`` has the new values by field ("comment", "options"); ``changes`` is the same as a mapping. With ``partial``,
    as in scripts, "options" has only the options that change, and None for one that is removed.
    """

    table: TableName
    set: tuple[tuple[str, str | Options | None], ...]
    before: tuple[tuple[str, str | Options | None], ...] | None = None
    partial: bool = False
    changes: TableChanges = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", dict(self.set))

    @property
    def uses(self) -> Keys:
        return frozenset({Key.of_table(self.table)})

    @property
    def alters(self) -> Keys:
        # Nothing depends on a comment; foreign keys of other tables depend on the character set.
        return self.uses if "options" in self.changes else NOTHING

    @property
    def touches(self) -> tuple[TableName, ...]:
        return (self.table,)

    @property
    def changed_fields(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.set)

    def inverse(self) -> AlterTable:
        if self.before is None or self.partial:
            raise Incomplete(f'the previous definition of table "{self.table}" is not known')
        return AlterTable(table=self.table, set=self.before, before=self.set)

    def complete(self, schema: Schema) -> Self:
        if self.before is not None and not self.partial:
            return self
        table = need_table(schema, self.table)
        merged = tuple((name, self._merged(table, name, value)) for name, value in self.set)
        before = tuple((name, getattr(table, name)) for name, _ in self.set)
        return replace(self, set=merged, before=before, partial=False)

    def _merged(self, table: Table, name: str, value: str | Options | None) -> str | Options | None:
        if not self.partial or name != "options" or not isinstance(value, tuple):
            return value
        return options(({**dict(table.options), **dict(value)}).items())

    def apply(self, schema: Schema) -> Schema:
        return edit(schema, self.table, **self.complete(schema).changes)

    def describe(self) -> Description:
        before = dict(self.before or ())
        details: list[str] = []
        for name, value in self.set:
            if name == "options" and isinstance(value, tuple):
                old = before.get(name)
                details += _option_changes(dict(old) if isinstance(old, tuple) else {}, dict(value))
            else:
                details.append(f"{name} {value!r}")
        return Description("~", "table", str(self.table), ", ".join(details))


def _option_changes(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    """Yield ``mysql_engine Aria -> none`` for each option that changes, and for each setting of one."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if any(isinstance(each, tuple) and each and isinstance(each[0], tuple) for each in (old, new)):
            settings = _option_changes(dict(old or ()), dict(new or ()))  # type: ignore[call-overload]
            yield f"{name}: {', '.join(settings)}"
        else:
            yield f"{name} {_shown(old)} -> {_shown(new)}"


def _shown(value: object) -> str:
    return "none" if value is None else ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
