"""What a kind of object is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import sqlalchemy as sa

from schemashift.operations import Operation
from schemashift.schema import Doubt, Keyed, Schema


class Kind(Protocol):
    """One kind of object: how it is found on both sides, and how it comes, goes and changes."""

    name: str
    """The ``kind`` of its keys."""

    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterable[Keyed]:
        """Those that the models declare; none where *dialect* has no such objects."""

    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterable[Keyed | Doubt]:
        """Those of the database's default schema and of *schemas*; a doubt in place of one that cannot be read."""

    def is_ours(self, thing: Keyed, tables: Schema) -> bool:
        """Whether one that no model declares belongs to *tables*, so that it goes when they do not need it."""

    def create(self, thing: Keyed) -> Iterable[Operation]:
        """The operations that make it."""

    def drop(self, thing: Keyed) -> Iterable[Operation]:
        """The operations that take it away."""

    def alter(self, before: Keyed, after: Keyed, old: Schema, new: Schema) -> Iterable[Operation]:
        """The operations that make *after* of *before*, which stand in the schemas *old* and *new*."""
