"""Enums, as PostgreSQL has them: types with a name, a schema and ordered labels.

MySQL's ENUM is the type of a column and needs no object; elsewhere an enum is a VARCHAR, with a CHECK where the model
asks for one. There the operations of this file do nothing, so that a script runs everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import sqlalchemy as sa

from schemashift.diff import RELATION
from schemashift.objects.kind import Kind, within
from schemashift.objects.rebuild import columns_using, rebuild_type
from schemashift.objects.uses import names_type
from schemashift.operations import Compiler, Description, Incomplete, Live, Operation, Sql, Writer, by_name, no_sql
from schemashift.operations.base import NOTHING, Keys, Node, Statement, need_object, without
from schemashift.operations.facts import Facts, MayFail, RemovedLabels, Why
from schemashift.schema import Column, Key, Schema, TableName
from schemashift.sqla.lift_types import declared_types, enum_key, is_domain, stored_type_name
from schemashift.sqla.names import names_of, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """An enum type with its labels in order."""

    name: str
    schema: str | None = None
    labels: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """The object's key in a `Schema`."""
        return enum_key(self.name, self.schema)

    @property
    def full_name(self) -> TableName:
        """Name and schema, for quoting."""
        return TableName(self.name, self.schema)


# Operations --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEnum(Operation):
    """Create an enum type."""

    enum: Enum
    if_not_exists: bool = False

    @property
    def creates(self) -> Keys:
        return frozenset({self.enum.key})

    @property
    def uses(self) -> Keys:
        return within(self.enum.schema)

    def inverse(self) -> DropEnum:
        return DropEnum(name=self.enum.full_name, enum=self.enum)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(self.enum)

    def describe(self) -> Description:
        return Description("+", "enum", str(self.enum.full_name), ", ".join(self.enum.labels))

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._create, "*": no_sql}

    def _create(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        del live
        sql = create_sql(compiler, self.enum)
        if self.if_not_exists:
            # CREATE TYPE has no IF NOT EXISTS; asking first would need a query, which a file of SQL cannot have.
            sql = f"DO $$ BEGIN {sql}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        yield sql

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.create_enum", [self.enum.name, list(self.enum.labels)], schema=self.enum.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropEnum(Operation):
    """Drop an enum type. ``enum`` is its definition, where the caller knows it."""

    name: TableName
    enum: Enum | None = None
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        return frozenset({enum_key(*self.name)})

    @property
    def frees(self) -> Keys:
        return within(self.name.schema)

    def inverse(self) -> CreateEnum:
        if self.enum is None:
            raise Incomplete(f'the definition of enum "{self.name}" is not known')
        return CreateEnum(enum=self.enum)

    def complete(self, schema: Schema) -> Self:
        return self if self.enum else replace(self, enum=need_object(schema, enum_key(*self.name), Enum))

    def apply(self, schema: Schema) -> Schema:
        return without(schema, enum_key(*self.name))

    def describe(self) -> Description:
        return Description("-", "enum", str(self.name), ", ".join(self.enum.labels) if self.enum else "")

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._drop, "*": no_sql}

    def _drop(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        del live
        yield f"DROP TYPE {'IF EXISTS ' if self.if_exists else ''}{compiler.table(self.name)}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.drop_enum", [self.name.name], schema=self.name.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterEnum(Operation):
    """Change an enum's labels.

    ``renames`` are pairs (old, new). Labels are added and renamed in place; where some are removed or reordered, the
    type is created again and every column is moved to it. ``users`` are those columns, where the caller knows them.
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
        # A dependent of a column (a CHECK, a generated column) may contain a new label.
        return frozenset({enum_key(*self.name), *(Key.of_column(table, column) for table, column in self.users)})

    @property
    def retypes(self) -> Keys:
        return frozenset(Key.of_column(table, column) for table, column in self.users) if self.rebuilds else NOTHING

    @property
    def uses(self) -> Keys:
        # Columns that are dropped or get another type in the same revision come first: see their ``frees``.
        return frozenset({enum_key(*self.name)})

    @property
    def renamed(self) -> tuple[str, ...]:
        """The old labels, with the renames applied."""
        return tuple(dict(self.renames).get(label, label) for label in self.before or ())

    @property
    def removed(self) -> tuple[str, ...]:
        """The labels that are removed."""
        return tuple(label for label in self.renamed if label not in self.labels)

    @property
    def rebuilds(self) -> bool:
        """True if ADD VALUE and RENAME VALUE are not enough."""
        kept = [label for label in self.labels if label in self.renamed]
        return self.before is not None and tuple(kept) != self.renamed

    def inverse(self) -> AlterEnum:
        if self.before is None:
            raise Incomplete(f'the previous labels of enum "{self.name}" are not known')
        back = tuple((new, old) for old, new in self.renames)
        return replace(self, labels=self.before, before=self.labels, renames=back)

    def complete(self, schema: Schema) -> Self:
        if self.before is not None:
            return self
        return replace(self, before=need_object(schema, enum_key(*self.name), Enum).labels)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(Enum(name=self.name.name, schema=self.name.schema, labels=self.labels))

    def effects(self) -> Facts:
        if not self.removed:
            return ()
        users = self.users or ((None, ""),)
        return tuple(
            MayFail(table=table, what=RemovedLabels(column, self.removed), why=Why.LABEL) for table, column in users
        )

    def describe(self) -> Description:
        old = ", ".join(self.before) if self.before is not None else "?"
        return Description("~", "enum", str(self.name), f"{old} -> {', '.join(self.labels)}")

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._alter, "*": no_sql}

    def _alter(self, compiler: Compiler[Statement], live: Live) -> Iterator[str | Statement]:
        if self.before is None:
            raise Incomplete(f'the existing labels of enum "{self.name}" are not known: pass existing=[...]')
        name = compiler.table(self.name)
        for old, new in self.renames:
            yield f"ALTER TYPE {name} RENAME VALUE {compiler.literal(old)} TO {compiler.literal(new)}"
        if self.rebuilds:
            yield from self._rebuild(compiler, live)
        else:
            yield from self._add(compiler)

    def _add(self, compiler: Compiler[Statement]) -> Iterator[Statement]:
        """Return an ADD VALUE for each new label, which puts it after its predecessor.

        A label cannot be used in the transaction that added it, so these statements run outside of one: later
        operations of the script may use it. With IF NOT EXISTS the script can be run again if one of those failed.
        """
        existing = list(self.renamed)
        for position, label in enumerate(self.labels):
            if label in existing:
                continue
            where = (
                f" AFTER {compiler.literal(self.labels[position - 1])}"
                if position
                else f" BEFORE {compiler.literal(existing[0])}"
            )
            where = where if existing else ""
            sql = f"ALTER TYPE {compiler.table(self.name)} ADD VALUE IF NOT EXISTS {compiler.literal(label)}{where}"
            yield compiler.outside_transaction(sql, self)
            existing.insert(position, label)

    def _rebuild(self, compiler: Compiler[Statement], live: Live) -> Iterator[str | Statement]:
        """Replace the type. PostgreSQL raises an error if a row has a removed label, and nothing is lost."""
        yield from rebuild_type(
            compiler,
            live,
            enum_key(*self.name),
            create_sql(compiler, Enum(name=self.name.name, schema=self.name.schema, labels=self.labels)),
            lambda head, column: self._move(compiler, head, column),
        )

    def _move(self, compiler: Compiler[object], head: str, column: Column) -> Iterator[str]:
        brackets = "[]" if column.type.sql.endswith("[]") else ""
        target = f"{compiler.table(self.name)}{brackets}"
        yield f"{head} TYPE {target} USING {compiler.quote(column.name)}::text{brackets}::{target}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        keywords: dict[str, object] = {"existing": list(self.before) if self.before is not None else None}
        keywords["renames"] = dict(self.renames) or None
        yield writer.call("op.alter_enum", [self.name.name, list(self.labels)], **keywords, schema=self.name.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameEnum(Operation):
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

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._rename, "*": no_sql}

    def _rename(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        live.forget()
        yield f"ALTER TYPE {compiler.table(self.old)} RENAME TO {compiler.quote(self.new)}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.rename_enum", [self.old.name, self.new], schema=self.old.schema)


def create_sql(compiler: Compiler[object], enum: Enum) -> str:
    """Return the CREATE TYPE statement."""
    return f"CREATE TYPE {compiler.table(enum.full_name)} AS ENUM ({', '.join(map(compiler.literal, enum.labels))})"


# Lifting and reading -----------------------------------------------------------------------------------------------


def lift_enum(type_: sa.Enum, dialect: sa.Dialect) -> Enum:
    """Lift a named enum. Its schema is None if it is the default schema."""
    name = stored_type_name(type_, dialect)
    return Enum(name=name.name, schema=name.schema, labels=tuple(map(plain, type_.enums)))


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


class Enums(Kind[Enum]):
    """The kind of enums."""

    name = "enum"
    namespace = RELATION
    name_parameters: ClassVar = {"create_enum": "name", "rename_enum": "new_name"}

    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterator[Enum]:
        for type_ in declared_types(metadatas, dialect):
            if not is_domain(type_):
                yield lift_enum(type_, dialect)

    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterator[Enum]:
        read = by_name({"postgresql": _read}, names_of(connection.dialect))
        return read(connection, schemas) if read is not None else iter(())

    def is_managed(self, thing: Enum, tables: Schema) -> bool:
        """Return True if a column of *tables* uses it: an enum is dropped with the last such column."""
        return bool(columns_using(thing.key, tables))

    def is_named_in(self, text: str, thing: Enum, *, anywhere: bool = False) -> bool:
        return names_type(text, thing.name, anywhere=anywhere)

    def needed_by_type(self, type_: object, dialect: sa.Dialect) -> CreateEnum | None:
        if not isinstance(type_, sa.Enum):
            return None
        return CreateEnum(enum=lift_enum(type_, dialect), if_not_exists=True)

    def create(self, thing: Enum) -> Iterator[Operation]:
        yield CreateEnum(enum=thing)

    def drop(self, thing: Enum) -> Iterator[Operation]:
        yield DropEnum(name=thing.full_name, enum=thing)

    def alter(self, before: Enum, after: Enum, old: Schema, new: Schema) -> Iterator[Operation]:
        yield AlterEnum(
            name=after.full_name,
            labels=after.labels,
            before=before.labels,
            renames=renamed_labels(before.labels, after.labels),
            users=tuple(user for user in columns_using(after.key, old) if user in columns_using(after.key, new)),
        )

    def in_scratch(self, thing: Enum, place: str) -> Enum:
        return replace(thing, schema=place)


def _read(connection: sa.Connection, schemas: Iterable[str]) -> Iterator[Enum]:
    default = connection.dialect.default_schema_name
    for row in connection.execute(sa.text(_ENUMS), {"schemas": [default, *schemas]}):
        yield Enum(name=row.name, schema=None if row.schema == default else row.schema, labels=tuple(row.labels))


def renamed_labels(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the labels that were renamed, as pairs (old, new): there are as many labels as before, and each new one is
    in the position of an old one.

    A rename keeps the rows; removing the old label would fail on them.
    """
    if len(before) != len(after):
        return ()
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    are_renames = all(old not in after and new not in before for old, new in pairs)
    return tuple(pairs) if are_renames else ()


KIND = Enums()
