"""The names by which SQL for a database is looked up."""

from __future__ import annotations

import sqlalchemy as sa


def names_of(dialect: sa.Dialect) -> tuple[str, ...]:
    """Return the name of the database, and of the one that it is a variant of: MariaDB may be used as ``mysql``."""
    return ("mariadb", "mysql") if getattr(dialect, "is_mariadb", False) else (dialect.name,)
