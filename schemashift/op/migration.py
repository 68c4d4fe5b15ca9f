"""The migration that runs, names, values and statements."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import conv

from schemashift.op.aliases import ColumnType
from schemashift.op.context import Context
from schemashift.op.running import current, origin
from schemashift.operations import Execute


def get_context() -> Context:
    """The migration's context: ``.dialect``, ``.bind``, ``.autocommit_block()``, ``.get_x_argument()``."""
    return Context(current())


def get_bind() -> sa.Connection:
    """The connection of the run, with everything before this line already done on the database.

    It stays usable: whatever is sent over it later, operations written before are sent first.
    """
    return current().bind()


def autocommit_block() -> AbstractContextManager[None]:
    """For statements that refuse a transaction (VACUUM): what came before is committed, what follows begins anew.

    ::

        with op.autocommit_block():
            op.execute("VACUUM users")
    """
    return current().autocommit_block()


def f(name: str) -> str:
    """*name*, final: no naming convention is applied to it."""
    return conv(name)


def inline_literal(value: Any, type_: ColumnType | None = None) -> sa.ColumnElement[Any]:
    """A value written into the SQL text instead of being sent as a parameter."""
    return sa.literal(value, type_, literal_execute=True)


def execute(sqltext: str | sa.Executable, execution_options: Mapping[str, Any] | None = None) -> None:
    """Run a statement. A string is ``sa.text``: ``:name`` is a parameter, ``\\:`` a colon."""
    current().execute(Execute(statement=sqltext, options=tuple((execution_options or {}).items()), origin=origin()))
