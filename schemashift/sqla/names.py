"""The names by which SQL and options for a database are looked up."""

from __future__ import annotations

import sqlalchemy as sa

_FAMILY = ("mariadb", "mysql")
"""SQLAlchemy has a dialect name for each of the two, and either can connect to MariaDB."""


def names_of(dialect: sa.Dialect) -> tuple[str, ...]:
    """Return the name of the database, and of the one that it is a variant of: MariaDB may be used as ``mysql``."""
    return _FAMILY if getattr(dialect, "is_mariadb", False) else (dialect.name,)


def option_prefixes(dialect: sa.Dialect) -> tuple[str, ...]:
    """Return the prefixes of the database's options: those for MySQL and MariaDB mean the same."""
    return tuple(f"{name}_" for name in (_FAMILY if dialect.name in _FAMILY else (dialect.name,)))
