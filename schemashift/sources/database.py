"""Read the schema of a database: the dialect reads the tables, and each kind its own objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.objects import KINDS, AnyKind
from schemashift.schema import Doubt, Reading


def read_database(
    connection: sa.Connection,
    dialect: Dialect,
    *,
    schemas: Iterable[str] = (),
    kinds: Sequence[AnyKind] = KINDS,
) -> Reading:
    """Return all objects of the connection's default schema and of *schemas*."""
    names = list(schemas)
    tables = dialect.read(connection, schemas=names)
    others = Reading.of(
        thing if isinstance(thing, Doubt) else kind.normal(thing, dialect)
        for kind in kinds
        for thing in kind.read(connection, names)
    )
    return tables.with_reading(others)
