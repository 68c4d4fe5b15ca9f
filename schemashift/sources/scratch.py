"""What the database makes of declared objects: it is asked about those that differ from what was read."""

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
    """The declared sides of the pairs *differing*, as the database itself would write them down.

    Only what has texts that a database rewrites is in the schema; for what it could not make there is a doubt.
    """
    pairs = [(old, new) for old, new in differing if new is not None]
    objects = [new for _, new in pairs if not isinstance(new, Table)]
    made = dialect.canonical_objects(connection, objects, kinds=kinds)
    settled = ((old, made.schema.get(new.key, new)) for old, new in pairs if not isinstance(new, Table))
    tables = [new for old, new in pairs if old is not None and isinstance(new, Table)]
    needed = [new for old, new in settled if new != old]
    return made.with_reading(dialect.canonical(connection, tables, objects=needed, kinds=kinds))
