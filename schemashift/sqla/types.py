"""A type given as SQL text, for types that SQLAlchemy does not have, and aliases for annotations."""

from __future__ import annotations

from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

ServerDefault: TypeAlias = str | sa.ColumnElement[Any] | sa.TextClause | sa.FetchedValue | sa.Identity | sa.Computed
ColumnType: TypeAlias = sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]]


class SQLType(UserDefinedType[Any]):
    """A column type given as SQL text, used unchanged in DDL: ``op.sql_type("geometry(Point,4326)")``."""

    cache_ok = True

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def get_col_spec(self, **_: Any) -> str:
        """Return the text."""
        return self.sql

    def __repr__(self) -> str:
        return f"SQLType({self.sql!r})"
