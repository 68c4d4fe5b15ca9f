"""Domains as PostgreSQL has them: a type with a name, a default, NOT NULL and CHECKs of its own.

On a database that has none the operations of this file do nothing, so that a script runs everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from schemashift.errors import NotSupported
from schemashift.objects.rebuild import rebuilt, users
from schemashift.operations import Description, Incomplete, ObjectOperation, Operation
from schemashift.operations.base import Keys
from schemashift.operations.facts import Conversion, Facts, MayFail, Why
from schemashift.operations.fits import always_fits
from schemashift.schema import SQL, Check, Column, Default, Key, Keyed, Schema, TableName, Type
from schemashift.sqla.lift import (
    declared_types,
    domain_key,
    enum_key,
    is_domain,
    lift_default,
    lift_expression,
    lift_type,
    type_key,
)

Checks = tuple[tuple[str, SQL], ...]
"""Names and expressions, in the order of the names."""


FIELDS = ("type", "default", "nullable", "checks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A domain. ``type`` is what it is made of; in ``checks`` the value that is looked at is called VALUE."""

    name: str
    schema: str | None = None
    type: Type
    default: Default | None = None
    nullable: bool = True
    checks: Checks = ()

    @property
    def key(self) -> Key:
        """Its key in a `Schema`."""
        return domain_key(self.name, self.schema)

    @property
    def full_name(self) -> TableName:
        """Name and schema, for quoting."""
        return TableName(self.name, self.schema)

    def __str__(self) -> str:
        words = [
            str(self.type),
            f"DEFAULT {self.default}" if self.default is not None else "",
            "" if self.nullable else "NOT NULL",
            *(f"CHECK ({check.text})" for _, check in self.checks),
        ]
        return " ".join(word for word in words if word)


def default_name(domain: str) -> str:
    """What PostgreSQL calls a domain's CHECK that nobody named; it cuts the domain's name to keep to 63 bytes."""
    tail = "_check"
    return domain.encode()[: 63 - len(tail)].decode(errors="ignore") + tail


# Operations --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDomain(ObjectOperation):
    """Create a domain."""

    domain: Domain
    if_not_exists: bool = False

    @property
    def creates(self) -> Keys:
        return frozenset({self.domain.key})

    @property
    def uses(self) -> Keys:
        schema = {Key.of_schema(self.domain.schema)} if self.domain.schema else set()
        return frozenset({*schema, *self.domain.type.needs})

    def inverse(self) -> DropDomain:
        return DropDomain(name=self.domain.full_name, domain=self.domain)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(self.domain)

    def describe(self) -> Description:
        return Description("+", "domain", str(self.domain.full_name), str(self.domain))

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if ddl.dialect.name != "postgresql":
            return
        if self.if_not_exists:
            # CREATE DOMAIN has no IF NOT EXISTS; asking first would need a query, which a file of SQL cannot have.
            yield (
                f"DO $schemashift$ BEGIN {create_sql(ddl, self.domain)}; "
                "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $schemashift$"
            )
        else:
            yield create_sql(ddl, self.domain)

    def source(self, printer: Any) -> Iterator[Any]:
        domain = self.domain
        given = [field for field in FIELDS if getattr(domain, field) not in (None, True, ())]
        yield printer.compose(
            "op.create_domain",
            [
                printer.value(domain.name),
                printer.source.type_(domain.type.payload),
                *_words(printer, domain, given[1:]),
                *printer.schema(domain.full_name),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDomain(ObjectOperation):
    """Drop a domain. ``domain`` is what it was, where the caller knows."""

    name: TableName
    domain: Domain | None = None
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        return frozenset({domain_key(*self.name)})

    @property
    def frees(self) -> Keys:
        schema = {Key.of_schema(self.name.schema)} if self.name.schema else set()
        return frozenset({*schema, *(self.domain.type.needs if self.domain else ())})

    def inverse(self) -> CreateDomain:
        if self.domain is None:
            raise Incomplete(f'what the domain "{self.name}" was is not known')
        return CreateDomain(domain=self.domain)

    def apply(self, schema: Schema) -> Schema:
        key = domain_key(*self.name)
        return schema.drop(key) if key in schema else schema

    def describe(self) -> Description:
        return Description("-", "domain", str(self.name), str(self.domain or ""))

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if ddl.dialect.name == "postgresql":
            yield f"DROP DOMAIN {'IF EXISTS ' if self.if_exists else ''}{ddl.table(self.name)}"

    def source(self, printer: Any) -> Iterator[Any]:
        yield printer.call("op.drop_domain", [self.name.name], schema=self.name.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterDomain(ObjectOperation):
    """Change a domain: what is not the same in ``before`` and ``after``.

    Only another type needs the whole of both: the domain is made anew and its columns move over. ``users`` are those
    columns, where the caller knows them.
    """

    before: Domain
    after: Domain
    users: tuple[tuple[TableName, str], ...] = ()

    @property
    def alters(self) -> Keys:
        columns = {Key.of_column(table, column) for table, column in self.users} if "type" in self.changes else set()
        return frozenset({self.after.key, *columns})

    @property
    def uses(self) -> Keys:
        return frozenset({self.after.key, *self.after.type.needs})

    @property
    def frees(self) -> Keys:
        return frozenset(self.before.type.needs) - frozenset(self.after.type.needs)

    @property
    def changes(self) -> tuple[str, ...]:
        """The fields that change."""
        return tuple(field for field in FIELDS if getattr(self.before, field) != getattr(self.after, field))

    @property
    def rewrites_defaults(self) -> bool:
        return "type" in self.changes

    def inverse(self) -> AlterDomain:
        return replace(self, before=self.after, after=self.before)

    def apply(self, schema: Schema) -> Schema:
        current = schema.get(self.after.key)
        if not isinstance(current, Domain):
            return schema.put(self.after)
        return schema.put(replace(current, **{field: getattr(self.after, field) for field in self.changes}))

    def effects(self) -> Facts:
        return tuple(fact for table, column in self.users for fact in self._refuses(table, column))

    def _refuses(self, table: TableName, column: str) -> Iterator[MayFail]:
        """What the values of one column must be from now on."""
        if not always_fits(self.before.type, self.after.type):
            what = Conversion(column, self.before.type, self.after.type)
            yield MayFail(table=table, what=what, why=Why.CONVERSION)
        if self.before.nullable and not self.after.nullable:
            required = Check(sql="VALUE IS NOT NULL", columns=(column,))
            yield MayFail(table=table, what=required, why=Why.NULL)
        for name, check in self.after.checks:
            if (name, check) not in self.before.checks:
                yield MayFail(table=table, what=Check(sql=check.text, name=name, columns=(column,)), why=Why.CHECK)

    def describe(self) -> Description:
        return Description("~", "domain", str(self.after.full_name), f"{self.before} -> {self.after}")

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        if ddl.dialect.name != "postgresql":
            return
        if "type" in self.changes:
            yield from self._rebuild(ddl, known)
            return
        head = f"ALTER DOMAIN {ddl.table(self.after.full_name)}"
        old, new = dict(self.before.checks), dict(self.after.checks)
        for name, check in old.items():
            if new.get(name) != check:
                yield f"{head} DROP CONSTRAINT {ddl.quote(name)}"
        if "default" in self.changes:
            default = self.after.default
            yield f"{head} DROP DEFAULT" if default is None else f"{head} SET DEFAULT {default.sql}"
        if "nullable" in self.changes:
            yield f"{head} {'DROP' if self.after.nullable else 'SET'} NOT NULL"
        for name, check in new.items():
            if old.get(name) != check:
                yield f"{head} ADD CONSTRAINT {ddl.quote(name)} CHECK ({check.text})"

    def _rebuild(self, ddl: Any, known: Any) -> Iterator[Any]:
        name = ddl.table(self.after.full_name)

        def move(head: str, column: Column) -> Iterator[str]:
            brackets = "[]" if column.type.sql.endswith("[]") else ""
            quoted = ddl.quote(column.name)
            old, new = (replace(each.type, sql=each.type.sql + brackets) for each in (self.before, self.after))
            expression = ddl.conversion(quoted, old, new)
            yield f"{head} TYPE {name}{brackets}" + (f" USING {expression}" if expression else "")

        yield from rebuilt(ddl, known, self.after.key, create_sql(ddl, self.after), move)

    def source(self, printer: Any) -> Iterator[Any]:
        changes = FIELDS if "type" in self.changes else self.changes
        yield printer.compose(
            "op.alter_domain",
            [
                printer.value(self.after.name),
                *_words(printer, self.after, changes),
                *_words(printer, self.before, changes, "existing_"),
                *printer.schema(self.after.full_name),
            ],
        )


def _words(printer: Any, domain: Domain, fields: Sequence[str], prefix: str = "") -> Iterator[str]:
    """The *fields* of *domain* as keywords."""
    if "type" in fields:
        yield f"{prefix or ''}type{'' if prefix else '_'}={printer.source.type_(domain.type.payload)}"
    if "default" in fields:
        default = None if domain.default is None else printer.source.default(domain.default)
        yield f"{prefix}server_default={default}"
    if "nullable" in fields:
        yield f"{prefix}nullable={domain.nullable}"
    if "checks" in fields:
        texts = {name: printer.text(check.payload, check.text) for name, check in domain.checks}
        yield f"{prefix}checks={printer.value(texts)}"


def create_sql(ddl: Any, domain: Domain) -> str:
    """The CREATE DOMAIN statement."""
    words = [
        f"CREATE DOMAIN {ddl.table(domain.full_name)} AS {ddl.type(Column(name='', type=domain.type))}",
        f"DEFAULT {domain.default.sql}" if domain.default is not None else "",
        "" if domain.nullable else "NOT NULL",
        *(f"CONSTRAINT {ddl.quote(name)} CHECK ({check.text})" for name, check in domain.checks),
    ]
    return " ".join(word for word in words if word)


# Lifting and reading -----------------------------------------------------------------------------------------------


def lift_domain(type_: Any, dialect: sa.Dialect) -> Domain:
    """The value of a `sqlalchemy.dialects.postgresql.DOMAIN`.

    A constraint's name that SQLAlchemy writes before NOT NULL names that: the CHECK behind it has none.
    """
    data_type = type_.data_type
    if type_.collation is not None:
        # Said of the domain, not of what it is made of: scripts say it of that.
        data_type = copy(data_type)
        data_type.collation = type_.collation
    key = type_key(type_, dialect)
    check = None
    if type_.check is not None:
        name = default_name(key.name) if type_.not_null or type_.constraint_name is None else type_.constraint_name
        check = (str(name), SQL(lift_expression(type_.check, dialect), payload=type_.check))
    return Domain(
        name=key.name,
        schema=key.schema,
        type=lift_type(data_type, dialect),
        default=lift_default(type_.default, dialect) if type_.default is not None else None,
        nullable=not type_.not_null,
        checks=() if check is None else (check,),
    )


_DOMAINS = """
SELECT t.typname AS name, CASE WHEN n.oid <> pg_my_temp_schema() THEN n.nspname END AS schema,
       format_type(t.typbasetype, t.typtypmod) AS type,
       CASE WHEN t.typcollation <> b.typcollation THEN co.collname END AS collation,
       t.typdefault AS default, t.typnotnull AS not_null,
       e.typname AS named, e.typtype AS named_kind, en.nspname AS named_schema,
       ARRAY(SELECT l.enumlabel::text FROM pg_catalog.pg_enum l WHERE l.enumtypid = e.oid
              ORDER BY l.enumsortorder) AS labels,
       ARRAY(SELECT c.conname::text FROM pg_catalog.pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'
              ORDER BY c.conname) AS names,
       ARRAY(SELECT pg_get_expr(c.conbin, 0) FROM pg_catalog.pg_constraint c
              WHERE c.contypid = t.oid AND c.contype = 'c' ORDER BY c.conname) AS checks
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
  LEFT JOIN pg_catalog.pg_type e ON e.typtype IN ('e', 'd')
       AND e.oid = CASE WHEN b.typtype = 'b' AND b.typelem <> 0 THEN b.typelem ELSE b.oid END
  LEFT JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace
  LEFT JOIN pg_catalog.pg_collation co ON co.oid = t.typcollation
 WHERE t.typtype = 'd' AND {where}
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
 ORDER BY t.oid
"""


class Domains:
    """The kind."""

    name = "domain"

    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterator[Domain]:
        for found in declared_types(metadatas, dialect):
            if is_domain(found):
                yield lift_domain(found, dialect)

    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterator[Domain]:
        if connection.dialect.name == "postgresql":
            values = {"schemas": [connection.dialect.default_schema_name, *schemas]}
            yield from _read(connection, "n.nspname = ANY(CAST(:schemas AS text[]))", values)

    def is_ours(self, thing: Keyed, tables: Schema) -> bool:
        """A domain is dropped with its last user: where a column of ours uses it."""
        return bool(users(thing.key, tables))

    def create(self, thing: Keyed) -> Iterator[Operation]:
        assert isinstance(thing, Domain)
        yield CreateDomain(domain=thing)

    def drop(self, thing: Keyed) -> Iterator[Operation]:
        assert isinstance(thing, Domain)
        yield DropDomain(name=thing.full_name, domain=thing)

    def alter(self, before: Keyed, after: Keyed, old: Schema, new: Schema) -> Iterator[Operation]:
        assert isinstance(before, Domain)
        assert isinstance(after, Domain)
        above = [each for each in old.values() if isinstance(each, Domain) and before.key in each.type.needs]
        if before.type != after.type and above:
            raise NotSupported(
                f'the type of domain "{before.full_name}" cannot be changed while domain "{above[0].full_name}" '
                "is made of it",
                hints=["make a new domain under another name, and give it to the columns"],
            )
        both = tuple(user for user in users(after.key, old) if user in users(after.key, new))
        yield AlterDomain(before=before, after=after, users=both)


def read_temporary(connection: sa.Connection) -> tuple[Domain, ...]:
    """The domains of this session's temporary schema, as if they stood in the default schema."""
    return tuple(_read(connection, "n.oid = pg_my_temp_schema()", {}))


def _read(connection: sa.Connection, where: str, values: dict[str, Any]) -> Iterator[Domain]:
    default = connection.dialect.default_schema_name
    for row in connection.execute(sa.text(_DOMAINS.format(where=where)), values):
        yield Domain(
            name=row.name,
            schema=None if row.schema == default else row.schema,
            type=_base(row, default),
            default=Default(sql=row.default) if row.default is not None else None,
            nullable=not row.not_null,
            checks=tuple((name, SQL(text)) for name, text in zip(row.names, row.checks, strict=True)),
        )


def _base(row: Any, default_schema: str | None) -> Type:
    """What a domain is made of; without a payload where that is none of the types with a name of their own."""
    if row.named is None:
        return Type(sql=row.type, collation=row.collation)
    schema = None if row.named_schema == default_schema else row.named_schema
    named: Any = sa.Enum(*row.labels, name=row.named, schema=schema)
    if row.named_kind == "d":
        # Loaded where PostgreSQL is connected to, and not wanted elsewhere.
        from sqlalchemy.dialects import postgresql

        named = postgresql.DOMAIN(row.named, sa.Text(), schema=schema, create_type=False)
    key = (domain_key if row.named_kind == "d" else enum_key)(row.named, schema)
    payload = sa.ARRAY(named) if row.type.endswith("[]") else named
    return Type(sql=row.type, collation=row.collation, needs=(key,), payload=payload)


KIND = Domains()
