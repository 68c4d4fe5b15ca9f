"""Domains, as PostgreSQL has them: named types with their own default, NOT NULL and CHECKs.

On a database without domains the operations of this file do nothing, so that a script runs everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self, TypeAlias

import sqlalchemy as sa

from schemashift.diff import RELATION
from schemashift.errors import NotSupported
from schemashift.objects.kind import Kind, Spelling, within
from schemashift.objects.rebuild import columns_using, rebuild_type
from schemashift.objects.uses import names_type
from schemashift.operations import Compiler, Description, Incomplete, Live, Operation, Sql, Writer, by_name, no_sql
from schemashift.operations.base import NOTHING, Keys, Node, Statement, need_object, without
from schemashift.operations.facts import Conversion, Facts, MayFail, Why
from schemashift.operations.fits import always_fits
from schemashift.schema import SQL, Check, Column, Default, Key, Schema, TableName, Type
from schemashift.sqla.lift import lift_default, lift_expression
from schemashift.sqla.lift_types import declared_types, domain_key, enum_key, is_domain, lift_type, type_key
from schemashift.sqla.names import names_of, plain
from schemashift.sqla.types import ColumnType, ServerDefault

Checks = tuple[tuple[str, SQL], ...]
"""Names and expressions, in the order of the names."""
DomainChecks: TypeAlias = Mapping[str, str | sa.TextClause | sa.ColumnElement[bool]]
"""The same as a script passes it."""

FIELDS = ("type", "default", "nullable", "checks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A domain. ``type`` is its underlying type; in ``checks`` the value that is checked is called VALUE."""

    name: str
    schema: str | None = None
    type: Type
    default: Default | None = None
    nullable: bool = True
    checks: Checks = ()

    @property
    def key(self) -> Key:
        """The object's key in a `Schema`."""
        return domain_key(self.name, self.schema)

    @property
    def full_name(self) -> TableName:
        """Name and schema, for quoting."""
        return TableName(self.name, self.schema)

    def __str__(self) -> str:
        clauses = [
            str(self.type),
            f"DEFAULT {self.default}" if self.default is not None else "",
            "" if self.nullable else "NOT NULL",
            *(f"CHECK ({check.text})" for _, check in self.checks),
        ]
        return " ".join(clause for clause in clauses if clause)


def default_name(domain: str) -> str:
    """Return PostgreSQL's name for an unnamed CHECK of a domain; it shortens the domain's name to stay in 63 bytes."""
    suffix = "_check"
    return domain.encode()[: 63 - len(suffix)].decode(errors="ignore") + suffix


# Operations --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDomain(Operation):
    """Create a domain."""

    domain: Domain
    if_not_exists: bool = False

    @property
    def creates(self) -> Keys:
        return frozenset({self.domain.key})

    @property
    def uses(self) -> Keys:
        return within(self.domain.schema).union(self.domain.type.needs)

    def inverse(self) -> DropDomain:
        return DropDomain(name=self.domain.full_name, domain=self.domain)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(self.domain)

    def describe(self) -> Description:
        return Description("+", "domain", str(self.domain.full_name), str(self.domain))

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._create, "*": no_sql}

    def _create(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        del live
        sql = create_sql(compiler, self.domain)
        if self.if_not_exists:
            # CREATE DOMAIN has no IF NOT EXISTS; asking first would need a query, which a file of SQL cannot have.
            caught = "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL"
            sql = f"DO $schemashift$ BEGIN {sql}; {caught}; END $schemashift$"
        yield sql

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        domain = self.domain
        declared = [field for field in FIELDS if getattr(domain, field) not in (None, True, ())]
        yield writer.compose(
            "op.create_domain",
            [
                writer.value(domain.name),
                writer.type_(domain.type),
                *_keywords(writer, domain, declared[1:]),
                *writer.schema(domain.full_name),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDomain(Operation):
    """Drop a domain. ``domain`` is its definition, where the caller knows it."""

    name: TableName
    domain: Domain | None = None
    if_exists: bool = False

    @property
    def drops(self) -> Keys:
        return frozenset({domain_key(*self.name)})

    @property
    def frees(self) -> Keys:
        return within(self.name.schema).union(self.domain.type.needs if self.domain else ())

    def inverse(self) -> CreateDomain:
        if self.domain is None:
            raise Incomplete(f'the definition of domain "{self.name}" is not known')
        return CreateDomain(domain=self.domain)

    def complete(self, schema: Schema) -> Self:
        return self if self.domain else replace(self, domain=need_object(schema, domain_key(*self.name), Domain))

    def apply(self, schema: Schema) -> Schema:
        return without(schema, domain_key(*self.name))

    def describe(self) -> Description:
        return Description("-", "domain", str(self.name), str(self.domain or ""))

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._drop, "*": no_sql}

    def _drop(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        del live
        yield f"DROP DOMAIN {'IF EXISTS ' if self.if_exists else ''}{compiler.table(self.name)}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.drop_domain", [self.name.name], schema=self.name.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterDomain(Operation):
    """Change the fields of a domain that differ in ``before`` and ``after``.

    Both have to be complete only where the type changes: then the domain is created again and its columns are moved to
    it. ``users`` are those columns, where the caller knows them.
    """

    before: Domain
    after: Domain
    users: tuple[tuple[TableName, str], ...] = ()

    @property
    def alters(self) -> Keys:
        return self.retypes | {self.after.key}

    @property
    def retypes(self) -> Keys:
        if "type" not in self.changes:
            return NOTHING
        return frozenset(Key.of_column(table, column) for table, column in self.users)

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
        return tuple(fact for table, column in self.users for fact in self._may_fail(table, column))

    def _may_fail(self, table: TableName, column: str) -> Iterator[MayFail]:
        """Return the conditions that the values of one column have to meet from now on."""
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

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"postgresql": self._alter, "*": no_sql}

    def _alter(self, compiler: Compiler[Statement], live: Live) -> Iterator[str | Statement]:
        yield from self._rebuild(compiler, live) if "type" in self.changes else self._in_place(compiler)

    def _in_place(self, compiler: Compiler[object]) -> Iterator[str]:
        head = f"ALTER DOMAIN {compiler.table(self.after.full_name)}"
        old, new = dict(self.before.checks), dict(self.after.checks)
        for name, check in old.items():
            if new.get(name) != check:
                yield f"{head} DROP CONSTRAINT {compiler.quote(name)}"
        if "default" in self.changes:
            default = self.after.default
            yield f"{head} DROP DEFAULT" if default is None else f"{head} SET DEFAULT {default.sql}"
        if "nullable" in self.changes:
            yield f"{head} {'DROP' if self.after.nullable else 'SET'} NOT NULL"
        for name, check in new.items():
            if old.get(name) != check:
                yield f"{head} ADD CONSTRAINT {compiler.quote(name)} CHECK ({check.text})"

    def _rebuild(self, compiler: Compiler[Statement], live: Live) -> Iterator[str | Statement]:
        name = compiler.table(self.after.full_name)

        def move(head: str, column: Column) -> Iterator[str]:
            brackets = "[]" if column.type.sql.endswith("[]") else ""
            quoted = compiler.quote(column.name)
            old, new = (replace(each.type, sql=each.type.sql + brackets) for each in (self.before, self.after))
            expression = compiler.conversion(quoted, old, new)
            yield f"{head} TYPE {name}{brackets}" + (f" USING {expression}" if expression else "")

        yield from rebuild_type(compiler, live, self.after.key, create_sql(compiler, self.after), move)

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        changes = FIELDS if "type" in self.changes else self.changes
        yield writer.compose(
            "op.alter_domain",
            [
                writer.value(self.after.name),
                *_keywords(writer, self.after, changes),
                *_keywords(writer, self.before, changes, "existing_"),
                *writer.schema(self.after.full_name),
            ],
        )


def _keywords(writer: Writer[Node], domain: Domain, fields: Sequence[str], prefix: str = "") -> Iterator[str]:
    """Return the *fields* of *domain* as keyword arguments."""
    if "type" in fields:
        yield f"{prefix or ''}type{'' if prefix else '_'}={writer.type_(domain.type)}"
    if "default" in fields:
        default = None if domain.default is None else writer.default(domain.default)
        yield f"{prefix}server_default={default}"
    if "nullable" in fields:
        yield f"{prefix}nullable={domain.nullable}"
    if "checks" in fields:
        texts = {name: writer.text(check.payload, check.text) for name, check in domain.checks}
        yield f"{prefix}checks={writer.value(texts)}"


def create_sql(compiler: Compiler[object], domain: Domain) -> str:
    """Return the CREATE DOMAIN statement."""
    clauses = [
        f"CREATE DOMAIN {compiler.table(domain.full_name)} AS {compiler.type(Column(name='', type=domain.type))}",
        f"DEFAULT {domain.default.sql}" if domain.default is not None else "",
        "" if domain.nullable else "NOT NULL",
        *(f"CONSTRAINT {compiler.quote(name)} CHECK ({check.text})" for name, check in domain.checks),
    ]
    return " ".join(clause for clause in clauses if clause)


# Lifting and reading -----------------------------------------------------------------------------------------------


def lift_domain(type_: Any, dialect: sa.Dialect) -> Domain:
    """Lift a `sqlalchemy.dialects.postgresql.DOMAIN`.

    SQLAlchemy writes ``constraint_name`` before NOT NULL where there is one: then it is not the name of the CHECK.
    """
    data_type = type_.data_type
    if type_.collation is not None:
        # A model declares it on the domain, scripts on the underlying type.
        data_type = copy(data_type)
        data_type.collation = type_.collation
    key = type_key(type_, dialect)
    check = None
    if type_.check is not None:
        name = default_name(key.name) if type_.not_null or type_.constraint_name is None else type_.constraint_name
        check = (plain(name), SQL(lift_expression(type_.check, dialect), payload=type_.check))
    return Domain(
        name=key.name,
        schema=key.schema,
        type=lift_type(data_type, dialect),
        default=lift_default(type_.default, dialect) if type_.default is not None else None,
        nullable=not type_.not_null,
        checks=() if check is None else (check,),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainArguments:
    """The arguments of a directive for a domain. An omitted default is False, another omitted argument None."""

    type: ColumnType | None = None
    default: ServerDefault | Literal[False] | None = False
    nullable: bool | None = None
    checks: DomainChecks | None = None

    def or_else(self, fallback: DomainArguments) -> DomainArguments:
        """Return these arguments, with those of *fallback* in place of omitted ones."""
        return DomainArguments(
            type=self.type if self.type is not None else fallback.type,
            default=self.default if self.default is not False else fallback.default,
            nullable=self.nullable if self.nullable is not None else fallback.nullable,
            checks=self.checks if self.checks is not None else fallback.checks,
        )

    def domain(self, name: TableName, dialect: sa.Dialect) -> Domain:
        """Return the domain that the arguments describe; it may be incomplete."""
        type_ = self.type() if isinstance(self.type, type) else self.type
        checks = {
            plain(each): sa.text(sql) if isinstance(sql, str) else sql for each, sql in (self.checks or {}).items()
        }
        return Domain(
            name=name.name,
            schema=name.schema,
            type=Type(sql="") if type_ is None else lift_type(type_, dialect),
            default=None if self.default is False else lift_default(self.default, dialect),
            nullable=self.nullable is not False,
            checks=tuple(
                (each, SQL(lift_expression(sql, dialect), payload=sql)) for each, sql in sorted(checks.items())
            ),
        )


_HAVE_DOMAINS = {"postgresql": True, "*": False}


def create_operation(
    name: TableName, arguments: DomainArguments, dialect: sa.Dialect, *, if_not_exists: bool
) -> CreateDomain | None:
    """Return the operation of ``op.create_domain``; None where *dialect* has no domains.

    There the types are not lifted either, since *dialect* may not have them.
    """
    if not by_name(_HAVE_DOMAINS, names_of(dialect)):
        return None
    return CreateDomain(domain=arguments.domain(name, dialect), if_not_exists=if_not_exists)


def alter_operation(
    name: TableName, arguments: DomainArguments, existing: DomainArguments, dialect: sa.Dialect
) -> AlterDomain | None:
    """Return the operation of ``op.alter_domain``; None where *dialect* has no domains.

    Omitted *arguments* are those of *existing*. Raises ValueError for ``checks`` without the existing ones.
    """
    if not by_name(_HAVE_DOMAINS, names_of(dialect)):
        return None
    if arguments.checks is not None and existing.checks is None:
        raise ValueError("checks= requires existing_checks=; pass {} if the domain has none")
    if existing.nullable is None and arguments.nullable is not None:
        existing = replace(existing, nullable=not arguments.nullable)
    after = arguments.or_else(existing)
    return AlterDomain(before=existing.domain(name, dialect), after=after.domain(name, dialect))


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


class Domains(Kind[Domain]):
    """The kind of domains."""

    name = "domain"
    namespace = RELATION
    has_text = True
    name_parameters: ClassVar = {"create_domain": "name"}

    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterator[Domain]:
        for type_ in declared_types(metadatas, dialect):
            if is_domain(type_):
                yield lift_domain(type_, dialect)

    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterator[Domain]:
        read = by_name({"postgresql": _read_schemas}, names_of(connection.dialect))
        return read(connection, schemas) if read is not None else iter(())

    def normal(self, thing: Domain, spelling: Spelling) -> Domain:
        """Return *thing* with its type, default and CHECKs as the database stores them.

        A type that was read from the database gets a payload.
        """
        checks = ((name, replace(check, text=spelling.normal_expression(check.text))) for name, check in thing.checks)
        type_ = spelling.normal_type(thing.type)
        return replace(
            thing,
            type=type_,
            default=spelling.normal_default(thing.default, type_),
            checks=tuple(checks),
        )

    def is_managed(self, thing: Domain, tables: Schema) -> bool:
        """Return True if a column of *tables* uses it: a domain is dropped with the last such column."""
        return bool(columns_using(thing.key, tables))

    def is_named_in(self, text: str, thing: Domain, *, anywhere: bool = False) -> bool:
        return names_type(text, thing.name, anywhere=anywhere)

    def needed_by_type(self, type_: object, dialect: sa.Dialect) -> CreateDomain | None:
        if not is_domain(type_):
            return None
        return CreateDomain(domain=lift_domain(type_, dialect), if_not_exists=True)

    def create(self, thing: Domain) -> Iterator[Operation]:
        yield CreateDomain(domain=thing)

    def drop(self, thing: Domain) -> Iterator[Operation]:
        yield DropDomain(name=thing.full_name, domain=thing)

    def alter(self, before: Domain, after: Domain, old: Schema, new: Schema) -> Iterator[Operation]:
        dependents = [each for each in old.values() if isinstance(each, Domain) and before.key in each.type.needs]
        if before.type != after.type and dependents:
            raise NotSupported(
                f'the type of domain "{before.full_name}" cannot be changed while domain "{dependents[0].full_name}" '
                "is based on it",
                hints=["create a new domain under another name, and change the columns to it"],
            )
        both = tuple(user for user in columns_using(after.key, old) if user in columns_using(after.key, new))
        yield AlterDomain(before=before, after=after, users=both)

    def in_scratch(self, thing: Domain, place: str) -> Domain:
        return replace(thing, schema=place)

    def read_scratch(self, connection: sa.Connection) -> Iterator[Domain]:
        return _read(connection, "n.oid = pg_my_temp_schema()", {})

    def with_server_text(self, created: Domain, declared: Domain) -> Domain:
        payloads = {name: check.payload for name, check in declared.checks}
        default = created.default and declared.default and replace(created.default, payload=declared.default.payload)
        return replace(
            created,
            schema=declared.schema,
            type=replace(created.type, payload=declared.type.payload, needs=declared.type.needs),
            default=default,
            checks=tuple((name, replace(check, payload=payloads.get(name))) for name, check in created.checks),
        )


def _read_schemas(connection: sa.Connection, schemas: Iterable[str]) -> Iterator[Domain]:
    values = {"schemas": [connection.dialect.default_schema_name, *schemas]}
    return _read(connection, "n.nspname = ANY(CAST(:schemas AS text[]))", values)


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
    """Return the underlying type of a domain; it has a payload only if it is a named type or an array of one."""
    if row.named is None:
        return Type(sql=row.type, collation=row.collation)
    schema = None if row.named_schema == default_schema else row.named_schema
    named: Any = sa.Enum(*row.labels, name=row.named, schema=schema)
    if row.named_kind == "d":
        # Imported here because only connections to PostgreSQL need it.
        from sqlalchemy.dialects import postgresql

        named = postgresql.DOMAIN(row.named, sa.Text(), schema=schema, create_type=False)
    key = (domain_key if row.named_kind == "d" else enum_key)(row.named, schema)
    payload = sa.ARRAY(named) if row.type.endswith("[]") else named
    return Type(sql=row.type, collation=row.collation, needs=(key,), payload=payload)


KIND = Domains()
