"""Enums as PostgreSQL has them: types with a name, a schema and an order of labels.

MySQL's ENUM is a column's type and needs no object; elsewhere an enum is a VARCHAR, with a CHECK where the model asks
for one. There the operations of this file say nothing, so that a script runs everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from schemashift.objects.rebuild import rebuilt, users
from schemashift.operations import Description, Incomplete, ObjectOperation, Operation
from schemashift.operations.base import Keys
from schemashift.operations.facts import Facts, MayFail, RemovedLabels, Why
from schemashift.schema import Column, Key, Keyed, Schema, TableName
from schemashift.sqla.lift import declared_types, enum_key, is_domain


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """An enum type with its labels in order."""

    name: str
    schema: str | None = None
    labels: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Its key in a `Schema`."""
        return enum_key(self.name, self.schema)

    @property
    def full_name(self) -> TableName:
        """Name and schema, for quoting."""
        return TableName(self.name, self.schema)


# Operations --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEnum(ObjectOperation):
    """Create an enum type."""

    enum: Enum
    if_not_exists: bool = False

    @property
    def creates(self) -> Keys:
        return frozenset({self.enum.key})

    @property
    def uses(self) -> Keys:
        return frozenset({Key.of_schema(self.enum.schema)}) if self.enum.schema else frozenset()

    def inverse(self) -> DropEnum:
        return DropEnum(name=self.enum.full_name, enum=self.enum)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(self.enum)

    def describe(self) -> Description:
        return Description("+", "enum", str(self.enum.full_name), ", ".join(self.enum.labels))

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if ddl.dialect.name != "postgresql":
            return
        if self.if_not_exists:
            # CREATE TYPE has no IF NOT EXISTS; asking first would need a query, which a file of SQL cannot have.
            yield (
                f"DO $$ BEGIN {_create(ddl, self.enum)}; "
                "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        else:
            yield _create(ddl, self.enum)

    def source(self, printer: Any) -> Iterator[Any]:
        yield printer.call("op.create_enum", [self.enum.name, list(self.enum.labels)], schema=self.enum.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropEnum(ObjectOperation):
    """Drop an enum type. ``enum`` is what it was, where the caller knows."""

    name: TableName
    enum: Enum | None = None
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        return frozenset({enum_key(*self.name)})

    @property
    def frees(self) -> Keys:
        return frozenset({Key.of_schema(self.name.schema)}) if self.name.schema else frozenset()

    def inverse(self) -> CreateEnum:
        if self.enum is None:
            raise Incomplete(f'what the enum "{self.name}" was is not known')
        return CreateEnum(enum=self.enum)

    def apply(self, schema: Schema) -> Schema:
        key = enum_key(*self.name)
        return schema.drop(key) if key in schema else schema

    def describe(self) -> Description:
        return Description("-", "enum", str(self.name), ", ".join(self.enum.labels) if self.enum else "")

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if ddl.dialect.name == "postgresql":
            yield f"DROP TYPE {'IF EXISTS ' if self.if_exists else ''}{ddl.table(self.name)}"

    def source(self, printer: Any) -> Iterator[Any]:
        yield printer.call("op.drop_enum", [self.name.name], schema=self.name.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterEnum(ObjectOperation):
    """Change an enum's labels.

    ``renames`` are pairs (old, new). What only adds labels adds them in place; what takes labels away or reorders
    them makes the type anew and moves every column over. ``users`` are those columns, where the caller knows them.
    """

    name: TableName
    labels: tuple[str, ...]
    before: tuple[str, ...] | None = None
    renames: tuple[tuple[str, str], ...] = ()
    users: tuple[tuple[TableName, str], ...] = field(default=(), compare=False)

    @property
    def changes_values(self) -> bool:
        return True

    @property
    def alters(self) -> Keys:
        # What stands on a column (a CHECK, a generated column) may say a new label.
        return frozenset({enum_key(*self.name), *(Key.of_column(table, column) for table, column in self.users)})

    @property
    def uses(self) -> Keys:
        # Columns that are dropped or get another type in the same step are gone before: see their ``frees``.
        return frozenset({enum_key(*self.name)})

    @property
    def renamed(self) -> tuple[str, ...]:
        """The old labels after the renames."""
        return tuple(dict(self.renames).get(label, label) for label in self.before or ())

    @property
    def gone(self) -> tuple[str, ...]:
        """The labels that are taken away."""
        return tuple(label for label in self.renamed if label not in self.labels)

    @property
    def rebuilds(self) -> bool:
        """Whether it takes more than ADD VALUE and RENAME VALUE."""
        kept = [label for label in self.labels if label in self.renamed]
        return self.before is not None and tuple(kept) != self.renamed

    def inverse(self) -> AlterEnum:
        if self.before is None:
            raise Incomplete(f'what the enum "{self.name}" was before is not known')
        back = tuple((new, old) for old, new in self.renames)
        return replace(self, labels=self.before, before=self.labels, renames=back)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(Enum(name=self.name.name, schema=self.name.schema, labels=self.labels))

    def effects(self) -> Facts:
        if not self.gone:
            return ()
        users = self.users or ((None, ""),)
        return tuple(
            MayFail(table=table, what=RemovedLabels(column, self.gone), why=Why.LABEL) for table, column in users
        )

    def describe(self) -> Description:
        old = ", ".join(self.before) if self.before is not None else "?"
        return Description("~", "enum", str(self.name), f"{old} -> {', '.join(self.labels)}")

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if ddl.dialect.name != "postgresql":
            return
        if self.before is None:
            raise Incomplete(f'what the enum "{self.name}" is now is not known: say existing=[...]')
        name = ddl.table(self.name)
        for old, new in self.renames:
            yield f"ALTER TYPE {name} RENAME VALUE {ddl.literal(old)} TO {ddl.literal(new)}"
        if self.rebuilds:
            yield from self._rebuild(ddl, known)
        else:
            yield from self._add(ddl)

    def _add(self, ddl: Any) -> Iterator[Any]:
        """ADD VALUE for each new label, placed after the one before it.

        A label cannot be used in the transaction that added it, so these run outside: what follows in the script
        may use it. IF NOT EXISTS makes a second try possible where what follows failed.
        """
        there = list(self.renamed)
        for place, label in enumerate(self.labels):
            if label in there:
                continue
            where = f" AFTER {ddl.literal(self.labels[place - 1])}" if place else f" BEFORE {ddl.literal(there[0])}"
            where = where if there else ""
            sql = f"ALTER TYPE {ddl.table(self.name)} ADD VALUE IF NOT EXISTS {ddl.literal(label)}{where}"
            yield ddl.statement(sql, self, transactional=False)
            there.insert(place, label)

    def _rebuild(self, ddl: Any, known: Any) -> Iterator[Any]:
        """A new type in the old one's place; rows whose label is gone are PostgreSQL's error, and nothing is lost."""
        yield from rebuilt(
            ddl,
            known,
            enum_key(*self.name),
            _create(ddl, Enum(name=self.name.name, schema=self.name.schema, labels=self.labels)),
            lambda head, column: self._move(ddl, head, column),
        )

    def _move(self, ddl: Any, head: str, column: Column) -> Iterator[str]:
        brackets = "[]" if column.type.sql.endswith("[]") else ""
        target = f"{ddl.table(self.name)}{brackets}"
        yield f"{head} TYPE {target} USING {ddl.quote(column.name)}::text{brackets}::{target}"

    def source(self, printer: Any) -> Iterator[Any]:
        words: dict[str, Any] = {"existing": list(self.before) if self.before is not None else None}
        words["renames"] = dict(self.renames) or None
        yield printer.call("op.alter_enum", [self.name.name, list(self.labels)], **words, schema=self.name.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameEnum(ObjectOperation):
    """Give an enum type another name; the columns follow."""

    old: TableName
    new: str

    @property
    def creates(self) -> Keys:
        return frozenset({enum_key(self.new, self.old.schema)})

    @property
    def drops(self) -> Keys:
        return frozenset({enum_key(*self.old)})

    def inverse(self) -> RenameEnum:
        return RenameEnum(old=TableName(self.new, self.old.schema), new=self.old.name)

    def apply(self, schema: Schema) -> Schema:
        enum = schema.get(enum_key(*self.old))
        if not isinstance(enum, Enum):
            return schema
        return schema.drop(enum.key).put(replace(enum, name=self.new))

    def describe(self) -> Description:
        return Description("~", "enum", str(self.old), f"renamed to {self.new}")

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if ddl.dialect.name == "postgresql":
            known.forget()
            yield f"ALTER TYPE {ddl.table(self.old)} RENAME TO {ddl.quote(self.new)}"

    def source(self, printer: Any) -> Iterator[Any]:
        yield printer.call("op.rename_enum", [self.old.name, self.new], schema=self.old.schema)


def _create(ddl: Any, enum: Enum) -> str:
    return f"CREATE TYPE {ddl.table(enum.full_name)} AS ENUM ({', '.join(map(ddl.literal, enum.labels))})"


# Lifting and reading -----------------------------------------------------------------------------------------------


def lift_enum(type_: sa.Enum, dialect: sa.Dialect) -> Enum:
    """The value of a named enum; the default schema goes without saying."""
    schema = None if type_.schema == dialect.default_schema_name else type_.schema
    return Enum(name=str(type_.name), schema=schema, labels=tuple(type_.enums))


_ENUMS = """
SELECT t.typname AS name, n.nspname AS schema,
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid
              ORDER BY e.enumsortorder) AS labels
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype = 'e' AND n.nspname = ANY(CAST(:schemas AS text[]))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
 ORDER BY 2, 1
"""


class Enums:
    """The kind."""

    name = "enum"

    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterator[Enum]:
        for found in declared_types(metadatas, dialect):
            if not is_domain(found):
                yield lift_enum(found, dialect)

    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterator[Enum]:
        if connection.dialect.name != "postgresql":
            return
        default = connection.dialect.default_schema_name
        for row in connection.execute(sa.text(_ENUMS), {"schemas": [default, *schemas]}):
            yield Enum(name=row.name, schema=None if row.schema == default else row.schema, labels=tuple(row.labels))

    def is_ours(self, thing: Keyed, tables: Schema) -> bool:
        """An enum is dropped with its last user: where a column of ours uses it."""
        return bool(users(thing.key, tables))

    def create(self, thing: Keyed) -> Iterator[Operation]:
        assert isinstance(thing, Enum)
        yield CreateEnum(enum=thing)

    def drop(self, thing: Keyed) -> Iterator[Operation]:
        assert isinstance(thing, Enum)
        yield DropEnum(name=thing.full_name, enum=thing)

    def alter(self, before: Keyed, after: Keyed, old: Schema, new: Schema) -> Iterator[Operation]:
        assert isinstance(before, Enum)
        assert isinstance(after, Enum)
        yield AlterEnum(
            name=after.full_name,
            labels=after.labels,
            before=before.labels,
            renames=renamed_labels(before.labels, after.labels),
            users=tuple(user for user in users(after.key, old) if user in users(after.key, new)),
        )


def renamed_labels(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Labels that changed in place: as many as before, and each new one where an old one was.

    Renaming keeps the rows; taking the old label away would fail on them.
    """
    if len(before) != len(after):
        return ()
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    fresh = all(old not in after and new not in before for old, new in pairs)
    return tuple(pairs) if fresh else ()


KIND = Enums()
