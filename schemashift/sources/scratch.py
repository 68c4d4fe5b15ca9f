"""Read declared objects back from a scratch place of the database, for those that differ from the existing ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.diff import Pair
from schemashift.objects import KINDS, AnyKind
from schemashift.schema import Reading, Table


def read_scratch(
    connection: sa.Connection, dialect: Dialect, differing: Iterable[Pair], *, kinds: Sequence[AnyKind] = KINDS
) -> Reading:
    """Return the declared sides of the pairs *differing*, as the database itself would write them.

    The schema holds only objects with texts that a database rewrites. There is a doubt for each object that could not
    be created.
    """
    pairs = [(old, new) for old, new in differing if new is not None]
    objects = [new for _, new in pairs if not isinstance(new, Table)]
    reading = dialect.canonical_objects(connection, objects, kinds=kinds)
    canonical = ((old, reading.schema.get(new.key, new)) for old, new in pairs if not isinstance(new, Table))
    tables = [new for old, new in pairs if old is not None and isinstance(new, Table)]
    needed = [new for old, new in canonical if new != old]
    return reading.with_reading(dialect.canonical(connection, tables, objects=needed, kinds=kinds))
