"""What a script says in keywords, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from schemashift.op.running import Running
from schemashift.schema import SQL, Options, options
from schemashift.sqla.private import copied

Function = TypeVar("Function", bound=Callable[..., Any])

_OF_THE_ACT = ("concurrently", "algorithm", "lock")
"""Options of creating or dropping an index, not of the index."""


def once(**names: str) -> Callable[[Function], Function]:
    """Take keywords by the names that Alembic once had for them, too: ``source`` for ``source_table``."""

    def take(function: Function) -> Function:
        @wraps(function)
        def call(*arguments: Any, **kw: Any) -> Any:
            return function(*arguments, **{names.get(name, name): value for name, value in kw.items()})

        return cast("Function", call)

    return take


def metadata_of(migration: Running) -> sa.MetaData:
    """A `MetaData` for one call, which names things as the models do."""
    return sa.MetaData(naming_convention=cast("Any", migration.convention))


def free(item: SchemaItem) -> SchemaItem:
    """*item*, or a copy where it belongs to a table already: scripts share columns between tables."""
    owner = getattr(item, "table" if isinstance(item, sa.Column) else "parent", None)
    return item if owner is None else cast("SchemaItem", copied(item))


_DATABASES = frozenset({"sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle"})


def check_keywords(migration: Running, kw: Mapping[str, Any]) -> None:
    """Keywords that no parameter took are options of a database, not spelling mistakes."""
    for name in kw:
        database, _, rest = name.partition("_")
        if not rest or database not in _DATABASES | {migration.dialect.name}:
            raise TypeError(f"unexpected keyword argument {name!r}")


_OF_SQLALCHEMY = frozenset({"use_alter", "link_to_name", "info", "comment", "quote"})
"""Keywords of SQLAlchemy's constraints and indexes that say nothing of what is in the database."""


OF_COLUMN = frozenset({"default", "onupdate", "index", "unique", "primary_key", "info", "key", "quote", "name"})
"""Keywords of `sa.Column` that change nothing of a column that is there; Alembic passes over them."""


def lift_keywords(migration: Running, pairs: Mapping[str, Any]) -> Options:
    """The dialect options among a script's keywords. Raises TypeError for a keyword that is none."""
    said = {name: value for name, value in pairs.items() if name not in _OF_SQLALCHEMY}
    check_keywords(migration, said)
    return options((name, lift_value(value)) for name, value in said.items())


def lift_value(value: Any) -> object:
    """*value* as an option has it: comparable, with SQL text told from a string."""
    if isinstance(value, sa.TextClause):
        return SQL(value.text, payload=value)
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), lift_value(each)) for key, each in value.items()))
    if isinstance(value, (list, tuple, set)):
        return tuple(lift_value(each) for each in value)
    return value


def split_index_options(kw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of creating or dropping an index, and those of the index itself."""
    act = {name: value for name, value in kw.items() if name.partition("_")[2] in _OF_THE_ACT}
    return act, {name: value for name, value in kw.items() if name not in act}


def uppercase(word: str | None) -> str | None:
    """SQL's own words, however a script spells them."""
    return word.upper() if word else None
