"""The dialects: one file or folder for each database. `dialect_for` picks one by SQLAlchemy's dialect name."""

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
"""The class of each dialect, by SQLAlchemy's dialect name. It is imported when it is needed."""


def class_for(dialect: sa.Dialect) -> type[Dialect]:
    """Return the class of our dialect for SQLAlchemy's: the default one for a database that has no module here."""
    place = DIALECTS.get(dialect.name)
    if place is None:
        return Dialect
    module, _, name = place.partition(":")
    found: type[Dialect] = getattr(import_module(module), name)
    return found


def dialect_for(dialect: sa.Dialect) -> Dialect:
    """Return our dialect for SQLAlchemy's."""
    return class_for(dialect)(dialect)
