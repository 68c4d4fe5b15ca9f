"""What the database holds: tables as its dialect reads them, all other objects as their kinds do."""

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
    """All objects of the connection's default schema and of *schemas*."""
    wanted = list(schemas)
    tables = dialect.read(connection, schemas=wanted)
    others = Reading.of(
        each if isinstance(each, Doubt) else kind.normal(each, dialect)
        for kind in kinds
        for each in kind.read(connection, wanted)
    )
    return tables.with_reading(others)
