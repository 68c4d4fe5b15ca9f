"""The keyword arguments of a script, checked and lifted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import registry
from sqlalchemy.schema import SchemaItem

from schemashift.op.running import Running
from schemashift.schema import SQL, Options, options
from schemashift.sqla.private import copied
from schemashift.sqla.texts import is_raw_text

Function = TypeVar("Function", bound=Callable[..., Any])

_STATEMENT_OPTIONS = ("concurrently", "algorithm", "lock")
"""Options of CREATE INDEX and DROP INDEX rather than of the index."""


def old_keywords(**names: str) -> Callable[[Function], Function]:
    """Let a function accept former names of Alembic's keywords: ``source`` for ``source_table``."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def call(*arguments: Any, **kw: Any) -> Any:
            return function(*arguments, **{names.get(name, name): value for name, value in kw.items()})

        return cast("Function", call)

    return decorate


def metadata_of(migration: Running) -> sa.MetaData:
    """Return a `MetaData` for one call, with the naming convention of the models."""
    return sa.MetaData(naming_convention=cast("Any", migration.convention))


def unattached(item: SchemaItem) -> SchemaItem:
    """Return *item*, or a copy if it belongs to a table already: scripts share columns between tables."""
    owner = getattr(item, "table" if isinstance(item, sa.Column) else "parent", None)
    return item if owner is None else cast("SchemaItem", copied(item))


def check_keywords(migration: Running, kw: Mapping[str, Any]) -> None:
    """Raise TypeError for a keyword that is not an option of any database: it is a spelling mistake."""
    for name in unknown_keywords(migration, kw):
        raise TypeError(f"unexpected keyword argument {name!r}")


def unknown_keywords(migration: Running, kw: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keywords that are not an option of any database."""
    for name in kw:
        database, _, rest = name.partition("_")
        if not rest or not (database == migration.dialect.name or _is_dialect(database)):
            yield name


def without_unknown(migration: Running, kw: Mapping[str, Any]) -> dict[str, Any]:
    """Return *kw* without the keywords that are not an option of any database, each with a warning: published scripts
    have some (``_type=``) that Alembic passes over."""
    unknown = set(unknown_keywords(migration, kw))
    for name in sorted(unknown):
        warnings.warn(f"the keyword {name!r} is not known, and ignored", stacklevel=4)
    return {name: value for name, value in kw.items() if name not in unknown}


def _is_dialect(name: str) -> bool:
    """Return True if SQLAlchemy has a dialect of this name, or one is installed."""
    try:
        return bool(registry.load(name))
    except exc.NoSuchModuleError:
        return False


_IGNORED = frozenset({"use_alter", "link_to_name", "info", "comment", "quote"})
"""Keywords of SQLAlchemy's constraints and indexes that do not affect the database."""


IGNORED_COLUMN_KEYWORDS = frozenset(
    {"default", "onupdate", "index", "unique", "primary_key", "info", "key", "quote", "name"}
)
"""Keywords of `sa.Column` that do not change an existing column; Alembic ignores them, too."""


def lift_keywords(migration: Running, pairs: Mapping[str, Any]) -> Options:
    """Return the dialect options among a script's keywords. Raises TypeError for any other keyword."""
    dialect_options = {name: value for name, value in pairs.items() if name not in _IGNORED}
    check_keywords(migration, dialect_options)
    return options((name, lift_value(value)) for name, value in dialect_options.items())


def lift_value(value: Any) -> object:
    """Return *value* in a form that can be compared, with SQL text distinguished from a string."""
    if isinstance(value, sa.TextClause):
        return SQL(value.text, payload=value)
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), lift_value(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple, set)):
        return tuple(lift_value(item) for item in value)
    return value


def split_index_options(kw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split *kw* into the options of the CREATE or DROP INDEX statement and those of the index itself."""
    of_statement = {name: value for name, value in kw.items() if name.partition("_")[2] in _STATEMENT_OPTIONS}
    return of_statement, {name: value for name, value in kw.items() if name not in of_statement}


def column_names(columns: Iterable[Any], where: str) -> tuple[str, ...]:
    """Return the names in *columns*: strings, or columns. Raises TypeError for an expression, which *where* (such as "a
    primary key") cannot have."""
    if isinstance(columns, str):
        raise TypeError(f"the columns of {where} are a list of names, not {columns!r}")
    names = []
    for column in columns:
        if is_raw_text(column) or (isinstance(column, sa.ClauseElement) and not isinstance(column, sa.ColumnClause)):
            raise TypeError(
                f'{where} has columns only, not an expression such as "{column}": use a unique index, '
                "op.create_index(..., unique=True)"
            )
        names.append(str(column.name) if isinstance(column, sa.ColumnClause) else str(column))
    return tuple(names)


def uppercase(word: str | None) -> str | None:
    """Return an SQL keyword in upper case; None if it is None or empty."""
    return word.upper() if word else None
