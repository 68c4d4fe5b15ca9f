"""Facts about databases that SQLAlchemy's dialect objects do not have, and that lifting depends on: one table."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from schemashift.sqla.names import names_of, plain
from schemashift.sqla.percent_signs import without_percent_doubling


class Traits(NamedTuple):
    """The facts about one database. The defaults are for a database that is not in the table."""

    named_types: bool = False
    """Named enums and domains are objects of a schema, which are created before the tables that use them."""
    exclusion_constraints: bool = False
    names_in_bytes: bool = False
    """The longest name is measured in bytes; SQLAlchemy counts characters."""
    folds_unquoted_names: bool = False
    """A name that is not quoted is changed to lower case."""
    numbers_integer_keys: bool = False
    """An integer primary key numbers its rows, whether or not the column is declared to."""
    nullable_keys: bool = False
    """A column of the primary key may hold NULL, and is declared so by ``nullable=True``."""
    stored_since: tuple[int, ...] = ()
    """The first version with stored computed columns."""
    virtual_since: tuple[int, ...] = ()
    """The first version with virtual computed columns."""


_TRAITS = {
    "postgresql": Traits(
        named_types=True,
        exclusion_constraints=True,
        names_in_bytes=True,
        folds_unquoted_names=True,
        stored_since=(12,),
        virtual_since=(18,),
    ),
    "mysql": Traits(stored_since=(5, 7), virtual_since=(5, 7)),
    "mariadb": Traits(stored_since=(5, 2), virtual_since=(5, 2)),
    "sqlite": Traits(numbers_integer_keys=True, nullable_keys=True, stored_since=(3, 31), virtual_since=(3, 31)),
}


def traits_of(dialect: sa.Dialect) -> Traits:
    """Return the facts about the database of *dialect*."""
    return _TRAITS.get(names_of(dialect)[0], Traits())


def stored_name(name: object, dialect: sa.Dialect) -> str:
    """Return a name of SQLAlchemy's as the database stores it: with ``quote=False``, it may be folded."""
    text = plain(name)
    return text.lower() if getattr(name, "quote", None) is False and traits_of(dialect).folds_unquoted_names else text


DATABASES = tuple(_TRAITS)
"""The databases that scripts are written for, by the names of SQLAlchemy's dialects."""


@cache
def offline_dialect(name: str) -> sa.Dialect | None:
    """Return SQLAlchemy's dialect of that name, to compile with and not connected; None if it is not installed."""
    try:
        return without_percent_doubling(sa.make_url(f"{name}://").get_dialect()())
    except (sa.exc.ArgumentError, ImportError):
        # NoSuchModuleError is an ArgumentError.
        return None
