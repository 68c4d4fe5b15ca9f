"""The result of ``op.get_context()``: the parts of Alembic's ``MigrationContext`` that scripts use."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn

import sqlalchemy as sa

from schemashift.op.running import Running, origin
from schemashift.operations import Execute


class Settings:
    """``context.config``, for scripts that read their ini file: only ``sqlalchemy.url`` has a value."""

    def __init__(self, migration: Running) -> None:
        self._migration = migration
        self.attributes: dict[str, Any] = {}

    def get_main_option(self, name: str, default: str | None = None) -> str | None:
        """Return the URL of the database for ``sqlalchemy.url``, and *default* for every other name."""
        if name != "sqlalchemy.url":
            return default
        return self._migration.bind().engine.url.render_as_string(hide_password=False)


class Context:
    """The running migration, as scripts see it. It is also its own ``impl``."""

    as_sql = False

    def __init__(self, migration: Running) -> None:
        self._migration = migration

    @property
    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect: ``op.get_context().dialect.name`` is "postgresql"."""
        return self._migration.dialect

    @property
    def bind(self) -> sa.Connection:
        """The connection, as returned by `op.get_bind`."""
        return self._migration.bind()

    @property
    def connection(self) -> sa.Connection:
        """The connection, as returned by `op.get_bind`."""
        return self._migration.bind()

    @property
    def version_table(self) -> str:
        """The name of the table that holds the applied revisions."""
        return self._migration.version_table.name

    @property
    def version_table_schema(self) -> str | None:
        """Its schema; None for the default one."""
        return self._migration.version_table.schema

    @property
    def opts(self) -> Mapping[str, Any]:
        """The options that an ``env.py`` would have set."""
        return {"version_table": self.version_table, "version_table_schema": self.version_table_schema}

    @property
    def config(self) -> Settings:
        """The settings that scripts read from an ini file."""
        return Settings(self._migration)

    @property
    def impl(self) -> Context:
        """The context itself, which has the ``dialect``, ``execute()`` and ``transactional_ddl`` that scripts use."""
        return self

    @property
    def transactional_ddl(self) -> bool:
        """Whether DDL is rolled back with its transaction."""
        return self._migration.transactional_ddl

    def execute(self, sql: str | sa.Executable, execution_options: Mapping[str, Any] | None = None) -> None:
        """Execute a statement, as `op.execute` does."""
        options = tuple((execution_options or {}).items())
        self._migration.execute(Execute(statement=sql, options=options, origin=origin()))

    def autocommit_block(self) -> AbstractContextManager[None]:
        """Return a block outside any transaction, as `op.autocommit_block` does."""
        return self._migration.autocommit_block()

    def begin_transaction(self) -> AbstractContextManager[None]:
        """Do nothing: a script runs in a transaction already."""
        return nullcontext()

    def get_x_argument(self) -> dict[str, str]:
        """Return the ``-x key=value`` arguments of the command line."""
        return dict(self._migration.x)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"the context has no {name!r}: use the connection that op.get_bind() returns instead")
