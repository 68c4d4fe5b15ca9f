"""A type that is nothing but its text: for what a database has and SQLAlchemy has no name for."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import UserDefinedType


class SQLType(UserDefinedType[Any]):
    """A column type given as SQL text, written into DDL as it is: ``op.sql_type("geometry(Point,4326)")``."""

    cache_ok = True

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def get_col_spec(self, **_: Any) -> str:
        """The text."""
        return self.sql

    def __repr__(self) -> str:
        return f"SQLType({self.sql!r})"
