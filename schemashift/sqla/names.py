"""The names by which SQL and options for a database are looked up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import permutations

import sqlalchemy as sa

_FAMILY = ("mariadb", "mysql")
"""SQLAlchemy has a dialect name for each of the two, and either can connect to MariaDB."""


def names_of(dialect: sa.Dialect) -> tuple[str, ...]:
    """Return the name of the database, and of the one that it is a variant of: MariaDB may be used as ``mysql``."""
    return _FAMILY if getattr(dialect, "is_mariadb", False) else (dialect.name,)


def option_prefixes(dialect: sa.Dialect) -> tuple[str, ...]:
    """Return the prefixes of the database's options: those for MySQL and MariaDB mean the same."""
    return tuple(f"{name}_" for name in (_FAMILY if dialect.name in _FAMILY else (dialect.name,)))


def own_option(name: str, given: Collection[str], dialect: sa.Dialect) -> str | None:
    """Return the name of an option in the schema, where MariaDB's are called as MySQL's; None for one that SQLAlchemy
    ignores on *dialect*. *given* are the names of all options of the thing.

    The prefix is the name in the URL: https://docs.sqlalchemy.org/en/21/dialects/mysql.html#mariadb-only-mode
    """
    prefix, _, rest = name.partition("_")
    if prefix not in _FAMILY or dialect.name not in _FAMILY:
        return name
    # SQLAlchemy warns that this will not stay so.
    falls_back = rest in ("using", "with_parser") and prefix == _FAMILY[-1] and f"{dialect.name}_{rest}" not in given
    return f"{_FAMILY[-1]}_{rest}" if prefix == dialect.name or falls_back else None


def option_for(name: str, dialect: sa.Dialect) -> str:
    """Return the name by which a script gives an option of the schema to *dialect*."""
    prefix, _, rest = name.partition("_")
    return f"{dialect.name}_{rest}" if prefix in _FAMILY and dialect.name in _FAMILY else name


def of_one_family(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of those of *names* that are two names of one server, both ways."""
    yield from permutations([name for name in names if name in _FAMILY], 2)


def plain(text: object) -> str:
    """Return *text* as a plain string. A member of a ``str`` enum is its value, which is what SQLAlchemy sends; its
    ``str()`` is ``Status.NEW``."""
    return str.__str__(text) if isinstance(text, str) else str(text)
