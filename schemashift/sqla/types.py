"""Types and expressions that are given as SQL text, and aliases for annotations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

from schemashift.sqla.literals import escape_binds
from schemashift.sqla.names import of_one_family
from schemashift.sqla.traits import DATABASES

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


class SQLText(sa.TextClause):
    """SQL text, with another text for some databases: ``op.sql_text("gen_random_uuid()", mysql="uuid()")``.

    A text for MySQL is also that for MariaDB, and the other way, unless both are given.
    """

    def __init__(self, sql: str, databases: Mapping[str, str]) -> None:
        super().__init__(escape_binds(sql))
        self.databases = dict(databases)
        for name, other in of_one_family(DATABASES):
            if other in databases:
                self.databases.setdefault(name, databases[other])

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        """Compile the text for the database of *visitor*, a compiler of SQLAlchemy's."""
        own = self.databases.get(visitor.dialect.name)
        text = self.text if own is None else escape_binds(own)
        return str(visitor.process(sa.text(text), **kw))
