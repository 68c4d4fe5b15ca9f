"""Lift SQLAlchemy's types, and find the named types among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine

from schemashift.schema import Key, TableName, Type
from schemashift.sqla.names import plain
from schemashift.sqla.percent_signs import without_percent_doubling
from schemashift.sqla.refusal import no_type
from schemashift.sqla.traits import stored_name, traits_of

_COLLATE = re.compile(
    r"""\s+COLLATE\s+(?:(?:"(?:[^"]|"")+"|pg_catalog)\.)?(?:"((?:[^"]|"")+)"|`([^`]+)`|([\w.@-]+))$""", re.IGNORECASE
)


def lift_type(type_: Any, dialect: sa.Dialect, column: sa.Column[Any] | None = None) -> Type:
    """Lift a type, as *dialect* spells it. Raises `NotSupported` if *dialect* has no such type."""
    clone = without_percent_doubling(dialect)
    try:
        sql = plain(clone.type_compiler_instance.process(type_, type_expression=column))
    except Exception as error:
        raise no_type(error, type_, dialect, column) from error
    if (match := _COLLATE.search(sql)) is None:
        return Type(sql=sql, needs=_needs(type_, clone), payload=type_)
    return Type(sql=sql[: match.start()], collation=next(filter(None, match.groups())), payload=type_)


def enum_key(name: str, schema: str | None) -> Key:
    """Return the key of the enum type *name*."""
    return Key("enum", schema, name)


def domain_key(name: str, schema: str | None) -> Key:
    """Return the key of the domain *name*."""
    return Key("domain", schema, name)


def named_types(type_: Any, dialect: sa.Dialect) -> Iterator[Any]:
    """Yield the named types that *type_* consists of on *dialect*, each after those that it is based on itself.

    They are PostgreSQL's named enums (`sqlalchemy.Enum`) and domains (`sqlalchemy.dialects.postgresql.DOMAIN`).
    """
    if not traits_of(dialect).named_types:
        return
    type_ = unwrapped(type_() if isinstance(type_, type) else type_, dialect)
    inner = getattr(type_, "item_type", None) or (type_.data_type if is_domain(type_) else None)
    if isinstance(inner, TypeEngine):
        yield from named_types(inner, dialect)
    named = isinstance(type_, sa.Enum) and getattr(type_, "native_enum", True) and type_.name
    if named or is_domain(type_):
        yield type_


def declared_types(metadatas: Iterable[sa.MetaData], dialect: sa.Dialect) -> Iterator[Any]:
    """Yield `named_types` of every column, and of the types that were attached to a MetaData (SQLAlchemy 2.1)."""
    for metadata in metadatas:
        types = [each for each in getattr(metadata, "_objects", ()) if isinstance(each, TypeEngine)]
        types.sort(key=lambda each: str(getattr(each, "name", "")))
        types += [column.type for table in metadata.tables.values() for column in table.columns]
        for type_ in types:
            yield from named_types(type_, dialect)


def is_domain(type_: Any) -> bool:
    """Return True if *type_* is PostgreSQL's DOMAIN, without importing its dialect."""
    return getattr(type_, "__visit_name__", "") == "DOMAIN"


def type_key(type_: Any, dialect: sa.Dialect) -> Key:
    """Return the key of one of `named_types`. Its schema is None if it is the default schema."""
    name = stored_type_name(type_, dialect)
    return (domain_key if is_domain(type_) else enum_key)(name.name, name.schema)


def stored_type_name(type_: Any, dialect: sa.Dialect) -> TableName:
    """Return the name of a type as the database stores it. Its schema is None if it is the default schema."""
    schema = None if type_.schema is None else stored_name(type_.schema, dialect)
    return TableName(stored_name(type_.name, dialect), None if schema == dialect.default_schema_name else schema)


def unwrapped(type_: Any, dialect: sa.Dialect, is_decorator: Callable[[Any], bool] | None = None) -> Any:
    """Return the type that *type_* stands for on *dialect*: its variant, and the one that a TypeDecorator chooses.

    *is_decorator* tells which types are unwrapped as decorators; by default all `TypeDecorator`.
    """
    variants = getattr(type_, "_variant_mapping", None) or {}
    type_ = variants.get(dialect.name, type_)
    if is_decorator(type_) if is_decorator is not None else isinstance(type_, TypeDecorator):
        chosen = type_.load_dialect_impl(dialect)
        return unwrapped(chosen() if isinstance(chosen, type) else chosen, dialect, is_decorator)
    return type_


def _needs(type_: Any, dialect: sa.Dialect) -> tuple[Key, ...]:
    """Return the object that a column of *type_* needs, without those that this object is based on."""
    *_, last = (None, *named_types(type_, dialect))
    return () if last is None else (type_key(last, dialect),)
