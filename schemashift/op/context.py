"""What ``op.get_context()`` gives: the parts of Alembic's context that scripts ask for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn

import sqlalchemy as sa

from schemashift.op.running import Running, origin
from schemashift.operations import Execute


class Settings:
    """``context.config``, for scripts that look something up in their ini file: here there is none but the URL."""

    def __init__(self, migration: Running) -> None:
        self._migration = migration
        self.attributes: dict[str, Any] = {}

    def get_main_option(self, name: str, default: str | None = None) -> str | None:
        """``sqlalchemy.url`` is the database's; everything else has its default."""
        if name != "sqlalchemy.url":
            return default
        return self._migration.bind().engine.url.render_as_string(hide_password=False)


class Context:
    """The migration that runs, as scripts see it. It is its own ``impl``."""

    as_sql = False

    def __init__(self, migration: Running) -> None:
        self._migration = migration

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect: ``op.get_context().dialect.name`` is "postgresql"."""
        return self._migration.dialect

    @property
    def bind(self) -> sa.Connection:
        """The connection, as `get_bind` gives it."""
        return self._migration.bind()

    @property
    def connection(self) -> sa.Connection:
        """The connection, as `get_bind` gives it."""
        return self._migration.bind()

    @property
    def version_table(self) -> str:
        """The name of the table that holds what is applied."""
        return self._migration.version_table.name

    @property
    def version_table_schema(self) -> str | None:
        """Its schema; None for the default one."""
        return self._migration.version_table.schema

    @property
    def opts(self) -> Mapping[str, Any]:
        """What an ``env.py`` would have said."""
        return {"version_table": self.version_table, "version_table_schema": self.version_table_schema}

    @property
    def config(self) -> Settings:
        """What scripts read from an ini file."""
        return Settings(self._migration)

    @property
    def impl(self) -> Context:
        """The context itself: it has the ``dialect``, ``execute()`` and ``transactional_ddl`` that are asked for."""
        return self

    @property
    def transactional_ddl(self) -> bool:
        """Whether DDL rolls back with its transaction."""
        return self.dialect.name not in ("mysql", "mariadb", "oracle")

    def execute(self, sql: str | sa.Executable, execution_options: Mapping[str, Any] | None = None) -> None:
        """The same as `op.execute`."""
        options = tuple((execution_options or {}).items())
        self._migration.execute(Execute(statement=sql, options=options, origin=origin()))

    def autocommit_block(self) -> AbstractContextManager[None]:
        """The same as `op.autocommit_block`."""
        return self._migration.autocommit_block()

    def begin_transaction(self) -> AbstractContextManager[None]:
        """A script runs in a transaction already."""
        return nullcontext()

    def get_x_argument(self) -> dict[str, str]:
        """The ``-x key=value`` arguments of the command line."""
        return dict(self._migration.x)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"the context has no {name!r}: a script may ask op.get_bind() for the connection instead")
