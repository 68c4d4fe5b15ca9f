"""The names by which SQL and options for a database are looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


def of_one_family(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of those of *names* that are two names of one server, both ways."""
    yield from permutations([name for name in names if name in _FAMILY], 2)


def plain(text: object) -> str:
    """Return *text* as a plain string. A member of a ``str`` enum is its value, which is what SQLAlchemy sends; its
    ``str()`` is ``Status.NEW``."""
    return str.__str__(text) if isinstance(text, str) else str(text)
