"""One file or folder, one database. `dialect_for` picks it by SQLAlchemy's name for it."""

from __future__ import annotations

from importlib import import_module

import sqlalchemy as sa

from schemashift.dialects.base import Dialect as Dialect
from schemashift.dialects.statement import Statement as Statement

DIALECTS: dict[str, str] = {
    "sqlite": "schemashift.dialects.sqlite:SQLite",
    "postgresql": "schemashift.dialects.postgresql:PostgreSQL",
    "mysql": "schemashift.dialects.mysql:MySQL",
    "mariadb": "schemashift.dialects.mysql:MySQL",
}
"""By SQLAlchemy's dialect name; imported when it is needed."""


def dialect_for(dialect: sa.Dialect) -> Dialect:
    """Our dialect for SQLAlchemy's; the default one for a database that has no file here."""
    place = DIALECTS.get(dialect.name)
    if place is None:
        return Dialect(dialect)
    module, _, name = place.partition(":")
    found: type[Dialect] = getattr(import_module(module), name)
    return found(dialect)
