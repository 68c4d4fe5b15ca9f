"""The names that SQL is looked up by."""

from __future__ import annotations

import sqlalchemy as sa


def names_of(dialect: sa.Dialect) -> tuple[str, ...]:
    """The name of the database, and that of the one it is a variant of: MariaDB may be reached as ``mysql``."""
    return ("mariadb", "mysql") if getattr(dialect, "is_mariadb", False) else (dialect.name,)
