"""Directives for the running migration, names, values and statements."""

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
    """Return the context of the migration: ``.dialect``, ``.bind``, ``.autocommit_block()``, ``.get_x_argument()``."""
    return Context(current())


def get_bind() -> sa.Connection:
    """Return the connection of the run, after executing all operations before this call.

    It may be kept and used later: before each statement sent over it, the operations that the script has called by then
    are executed. A commit by the script ends the revision's transaction: if the revision fails afterwards, the
    statements before the commit stay applied.
    """
    return current().bind()


def autocommit_block() -> AbstractContextManager[None]:
    """Return a context manager for statements that cannot run in a transaction, such as VACUUM.

    ::

        with op.autocommit_block():
            op.execute("VACUUM users")

    Operations before the block are executed and committed; a new transaction begins after it. If the revision fails
    later, the statements up to the end of the block stay applied.

    Raises `BorrowedTransaction` if the run takes place in a transaction of the caller.
    """
    return current().autocommit_block()


def f(name: str) -> str:
    """Mark *name* as final: no naming convention is applied to it.

    ::

        op.create_check_constraint(op.f("ck_users_age"), "users", "age >= 0")
    """
    return conv(name)


def inline_literal(value: Any, type_: ColumnType | None = None) -> sa.ColumnElement[Any]:
    """Return an expression for *value* that is written into the SQL text rather than sent as a parameter.

    *type_* is the type that renders it, by default the one SQLAlchemy derives from the value.
    """
    return sa.literal(value, type_, literal_execute=True)


def execute(sqltext: str | sa.Executable, execution_options: Mapping[str, Any] | None = None) -> None:
    """Execute a statement: SQL text or any SQLAlchemy executable.

    ::

        op.execute("UPDATE users SET active = true")
        op.execute(users.update().values(active=True))

    A string is executed as it is: it has no parameters, and a colon in it is text (``\\:`` is a colon too, as in
    ``sa.text()``). Operations before the call are executed first. Nothing is returned; use `get_bind` to read rows.
    """
    current().execute(Execute(statement=sqltext, options=tuple((execution_options or {}).items()), origin=origin()))
